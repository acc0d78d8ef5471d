/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What the service knows of the audit log and of the policy. */

#include "loop/audit-log.h"
#include "loop/policy-watch.h"

typedef struct {
        OmgAuditLog *log;       /* borrowed; NULL: there is none */
        guint64 head;           /* its last record, as it was told; 0: nothing was told yet */
        guint64 signalled;      /* the head of the last LogAppended */
        guint64 signalled_usec; /* when that was, omg_clock_now() */
        struct sd_event_source *timer; /* of the next one; made when first needed */
        OmgPolicyWatch *policy;        /* borrowed; NULL: nobody looks */
        OmgAuditEvents *reloaded; /* what a ReloadPolicy has changed, until its caller is known */
} OmgServiceAudit;
