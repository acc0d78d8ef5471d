/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* One flaw of one package: a row of ListVulnerabilities. Immutable once an audit holds it,
 * reference-counted, and all its texts are its own: it outlives the index it was made from. */

#include <glib.h>

#include "base/severity.h"

typedef enum {
        OMG_FINDING_FIX_AVAILABLE, /* an enabled repository holds a version that is not affected */
        OMG_FINDING_FIX_PENDING,   /* there is one, but in no enabled repository */
        OMG_FINDING_NO_FIX,        /* there is none */
        OMG_FINDING_UNCONFIRMED,   /* nobody knows whether this version is affected */
        OMG_FINDING_IGNORED,       /* a rule of the policy says so */
        OMG_FINDING_STATE_N
} OmgFindingState;

/* The score of a flaw that has none. */
#define OMG_NO_SCORE G_MAXUINT

typedef struct {
        gatomicrefcount ref_count;
        char *package;   /* or the runtime */
        char *installed; /* version; of OSV's findings with epoch and pkgrel, too */
        char *fixed;     /* pacman's version; of OSV's findings the upstream's; "" none */
        char *id;        /* "AVG-2805", "GHSA-..." */
        OmgSeverity severity;
        OmgFindingState state;
        guint score;        /* CVSS in tenths, 0 to 100, or OMG_NO_SCORE */
        char *vector;       /* of that score; "" none */
        char *type;         /* the tracker's; "" */
        char *status;       /* the tracker's; "" */
        char *summary;      /* OSV's; "" */
        char *repo_version; /* in the first enabled repository that has the fix, else in the first
                             * that has the package; "" none */
        char *reason;       /* of the rule that ignores it; "" */
        GStrv cves;         /* newest first as the tracker has them; may be empty */
        GStrv advisories;   /* "ASA-..." */
        GStrv aliases;      /* other ids of the flaw: "PYSEC-...", "GHSA-..." */
        gboolean is_osv;    /* else the tracker's */
        gboolean is_runtime;
} OmgFinding;

OmgFinding *omg_finding_new(const char *package, const char *installed, const char *id);
OmgFinding *omg_finding_ref(OmgFinding *finding);
void omg_finding_unref(OmgFinding *finding);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgFinding, omg_finding_unref)

/* "fix-available", "fix-pending", "no-fix", "unconfirmed", "ignored"; static. */
const char *omg_finding_state_get_name(OmgFindingState state);

/* FALSE: there is no such state. */
gboolean omg_finding_state_find(const char *name, OmgFindingState *ret_state);

/* Whether the installed version is known to be affected: neither ignored nor unconfirmed. */
gboolean omg_finding_is_confirmed(const OmgFinding *finding);

/* How bad it is, for who asks for what is so bad or worse: the severity, or what its score stands
 * for where that is worse. */
OmgSeverity omg_finding_get_rank(const OmgFinding *finding);

/* Score of 7.0 or more, or the tracker's High or Critical. */
gboolean omg_finding_is_high(const OmgFinding *finding);

/* For g_ptr_array_sort: by severity, the worst first and unknown last, package, id. */
int omg_finding_compare(gconstpointer a, gconstpointer b);

/* The page about an advisory: the tracker's for AVG-, ASA- and CVE-, else OSV's. New. */
char *omg_advisory_dup_url(const char *id);
