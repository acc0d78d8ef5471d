/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The security audit in a refresh: the index of advisories is made anew when the files of the feeds
 * are others, and each snapshot is audited before it is posted. Worker thread, but for what says
 * otherwise. */

#include "engine/security.h"
#include "loop/advisory-pass.h"
#include "loop/aur-watch.h"
#include "loop/refresh-feeds.h"

/* What a look at policy.toml came to; another refresh follows. */
void omg_refresh_set_policy(OmgRefresh *refresh, OmgPolicyState *policy);

/* Likewise the runtimes of this machine. Main thread. */
void omg_refresh_set_runtimes(OmgRefresh *refresh, OmgRuntimeList *runtimes);

/* ---- for refresh*.c ---- */

/* What a refresh knows of it. */
typedef struct {
        OmgRefreshFeeds feeds;
        OmgAdvisoryLayer *layer; /* the last good index; NULL: none yet */
        GError *error;           /* why it is not what the files say */
        OmgOsvNames *names;      /* the last good ones */
        char *names_stamp;       /* of the files they were read from */
        GError *names_error;     /* why they are not what the files say */
        OmgPolicyState *policy;
        OmgRuntimeList *runtimes;
        OmgTimer *timer; /* when a rule of the policy ends */
        guint rebuilt;
        OmgAurWatch *aur_watch; /* borrowed; NULL: nobody watches */
        OmgAdvisoryPass *pass;  /* feeds are being asked, these: */
        guint asked;            /* 1 << OmgAdvisoryOrigin */
        GPtrArray *questions;   /* OSV is being asked these; NULL: none */
        GHashTable *answered;   /* a set: those of the last answer; NULL: none yet */
} OmgRefreshAudit;

void omg_refresh_audit_clear(OmgRefreshAudit *audit);

/* Whether the index of advisories has to be made, which then goes on with omg_refresh_finish(). */
gboolean omg_refresh_make_advisories(OmgRefresh *refresh);

/* The audit of a snapshot that is to be posted in the place of refresh->snapshot. */
void omg_refresh_audit(OmgRefresh *refresh, OmgSnapshot *snapshot, guint64 now_usec);

/* What OSV may be asked about the last snapshot, OmgOsvQuestion (engine/osv-questions.h); none
 * where nothing is known. */
GPtrArray *omg_refresh_list_osv_questions(OmgRefresh *refresh);

/* The paths of osv-names.conf: the installed one and the user's. NULL-terminated, new. */
GStrv omg_refresh_dup_names_paths(const OmgPaths *paths);
