/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The security audit in a refresh: the index of advisories is made anew when the files of the feeds
 * are others, and each snapshot is audited before it is posted. Worker thread, but for what says
 * otherwise. */

#include "engine/security.h"
#include "loop/refresh.h"
#include "store/cache-db.h"

/* What is known of the feeds beside their files. */
typedef struct {
        gboolean is_enabled[OMG_ADVISORY_SOURCE_N];
        guint interval_sec[OMG_ADVISORY_SOURCE_N]; /* at which each is asked; 0: never by itself */
        OmgCacheDb *db; /* where the state of each stands; borrowed; NULL: not known */
} OmgRefreshFeeds;

/* For the refreshes that begin later; until then no feed is on. */
void omg_refresh_set_feeds(OmgRefresh *refresh, const OmgRefreshFeeds *feeds);

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
} OmgRefreshAudit;

void omg_refresh_audit_clear(OmgRefreshAudit *audit);

/* Whether the index of advisories has to be made, which then goes on with omg_refresh_finish(). */
gboolean omg_refresh_make_advisories(OmgRefresh *refresh);

/* The audit of a snapshot that is to be posted in the place of refresh->snapshot. */
void omg_refresh_audit(OmgRefresh *refresh, OmgSnapshot *snapshot, guint64 now_usec);

/* What may be named to OSV, of the last snapshot; "" where nothing is known. Questions as
 * engine/osv-questions.h has them. */
GPtrArray *omg_refresh_list_osv_questions(OmgRefresh *refresh);

/* The paths of osv-names.conf: the installed one and the user's. NULL-terminated, new. */
GStrv omg_refresh_dup_names_paths(const OmgPaths *paths);
