/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Asks the security feeds once: the tracker for its list and the details of some of its groups, OSV
 * its questions and for the records that its answers name. Fetched by omgd-fetch into staging,
 * judged by omgd-index (loop/feed-judge.h), then put in place by rename:
 *
 *   <cache>/advisories/tracker.json          the list
 *   <cache>/advisories/tracker/AVG-N.json    details of a group
 *   <cache>/advisories/osv/ID.json           a record
 *
 * What fails leaves what was there; what is older is refused. What is known of each feed goes into
 * cache.db (cache-feeds.h: "tracker", "osv"), validators and requests for a pause too
 * (cache-http.h). Worker thread only; one pass at a time. */

#include "base/paths.h"
#include "loop/launcher.h"
#include "store/advisory-layer-format.h"
#include "store/cache-db.h"

typedef struct OmgAdvisoryPass OmgAdvisoryPass;

typedef struct {
        const OmgPaths *paths;
        OmgLauncher *launcher; /* of omgd-fetch; NULL: none */
        OmgCacheDb *cache;
        guint what;              /* bits 1 << OMG_ADVISORY_TRACKER, 1 << OMG_ADVISORY_OSV */
        const char *tracker_url; /* without "/" at the end, as in omgd.conf */
        const char *osv_url;
        const char *const *groups; /* ids "AVG-N" whose details are wanted; NULL: none */
        gboolean only_details;     /* the tracker is not asked for its list, if that is here */
        GPtrArray *questions;      /* OmgOsvQuestion (engine/osv-questions.h); NULL: none */
        gboolean force;            /* the whole of each, though older or unchanged */
        const GError *why_not;     /* NULL, or why only servers on this machine are asked */
        guint limit_sec;           /* of one feed; 0: OMG_LIMIT_FEED_SEC */
} OmgAdvisoryPassSetup;

typedef struct {
        gboolean was_asked; /* FALSE: not at all, and cache.db says what it said before */
        guint n_asked;      /* tracker: the list and details; OSV: questions */
        guint n_new;        /* files that came into place, were replaced or went */
        guint n_refused;    /* questions that OSV does not take; error does not speak of them */
        guint n_older;      /* list or records that were refused, being older than those at hand */
        guint n_left;       /* details or records that a later pass asks for */
        guint64 pause_sec;  /* the server wants not to be asked for so long; 0: it did not say */
        /* NULL: all that the feed says is at hand now (of the tracker: its list). Else the first
         * reason why not, or CANCELLED; cache.db has it too, unless it was not asked or cancelled.
         * LIMITS_EXCEEDED: only n_left is missing: ask again soon. */
        GError *error;
} OmgAdvisoryReport;

typedef struct {
        void (*on_progress)(double progress, gpointer data); /* 0 to 1 */
        /* Once, later than omg_advisory_pass_start(); the reports, by OmgAdvisoryOrigin, are
         * borrowed. The pass may be freed from here. */
        void (*on_done)(const OmgAdvisoryReport reports[OMG_ADVISORY_SOURCE_N], gpointer data);
        gpointer data;
} OmgAdvisoryPassEvents;

/* Begins. What @setup points to is borrowed until the end, but for groups and why_not, which are
 * copied, and questions, which are referenced. Errors: those of the folders. */
OmgAdvisoryPass *omg_advisory_pass_start(const OmgAdvisoryPassSetup *setup,
                                         const OmgAdvisoryPassEvents *events, GError **error);

/* on_done follows with CANCELLED; what is put in place already stays. */
void omg_advisory_pass_cancel(OmgAdvisoryPass *pass);

/* Ends it; on_done is not called any more. NULL is harmless. */
void omg_advisory_pass_free(OmgAdvisoryPass *pass);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgAdvisoryPass, omg_advisory_pass_free)
