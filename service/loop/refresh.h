/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Keeps the snapshot true, on the worker: reads pacman.conf, compares the identity of its databases
 * with that of the index layers, has the helper omgd-index rebuild the ones that differ, checks and
 * maps what it wrote, joins a new snapshot and posts it to main. Also by itself whenever a watched
 * file changes. One refresh runs at a time. */

#include "base/paths.h"
#include "engine/changes.h"
#include "loop/refresh-what.h"
#include "loop/worker.h"
#include "store/advisory-layer-format.h"
#include "store/snapshot.h"

/* What came of asking a server. */
typedef struct {
        gboolean is_asked; /* the rest counts */
        GError *error;     /* NULL: what it has is here now */
        guint pause_sec;   /* it wants not to be asked for so long */
        gboolean is_sent;  /* of the AUR: a request went out; what it said lately may do */
} OmgRefreshAnswer;

/* What a refresh came to. Posted to main; owned by the callee's caller (freed after on_done). */
typedef struct {
        guint64 id; /* of omg_refresh_request(); 0: the watch began it, or the start */
        OmgSnapshot
                *snapshot; /* never NULL but when cancelled; the one before when nothing changed */
        OmgChanges *changes; /* against the snapshot posted before; NULL when cancelled */
        GError *error;       /* NULL, or why a whole source could not be read, or CANCELLED */
        OmgRefreshWhat what; /* what was asked for; SYNC and LOCAL are looked at in any case */
        guint64 begun_usec;  /* when it began to look, omg_clock_now() */
        guint rebuilt_sync;  /* how often the layer was rebuilt */
        guint rebuilt_local;
        guint rebuilt_files;
        guint rebuilt_advisories;
        guint rebuilt_aur;
        guint rejected; /* index files found unusable */
        struct {
                gboolean is_asked; /* the rest counts */
                guint n_asked;     /* repositories */
                guint n_known;     /* of these, whose databases are today's now */
                GError *error;     /* why none is; NULL: one is, or there was none to ask for */
                guint pause_sec;   /* a mirror wants not to be asked for so long */
        } mirrors;
        OmgRefreshAnswer feeds[OMG_ADVISORY_SOURCE_N];
        OmgRefreshAnswer aur;
} OmgRefreshOutcome;

typedef struct {
        /* All on main; on_progress only for requests with an id. @stage: "fetching", "checking",
         * "reading", "joining"; @progress 0 to 1, below 0: not known. */
        void (*on_progress)(guint64 id, const char *stage, double progress, gpointer userdata);
        void (*on_done)(const OmgRefreshOutcome *outcome, gpointer userdata);
        void (*on_locked)(gboolean is_locked, gpointer userdata); /* pacman's db.lck came or went */
        gpointer userdata;
} OmgRefreshEvents;

typedef struct OmgRefresh OmgRefresh;

/* Main thread. Nothing is read until the first request. @paths must outlive it. */
OmgRefresh *omg_refresh_new(OmgWorker *worker, const OmgPaths *paths,
                            const OmgRefreshEvents *events);

/* Queues a refresh; one without an id joins one that waits already. Runs after the one under
 * way, but need not wait while that asks the mirrors.
 * @force rebuilds even what has not changed. File lists that were asked for once are looked after
 * by every refresh from then on; only those of the repositories, which take seconds, are made anew
 * by a refresh of their own when a watch or a call that did not ask for them finds them outdated:
 * what else is new is posted before. */
void omg_refresh_request(OmgRefresh *refresh, guint64 id, OmgRefreshWhat what, gboolean force);

/* On the worker: each refresh that ends, before main hears of it; what is in the outcome is
 * borrowed. NULL: nobody any more. */
void omg_refresh_set_on_end(OmgRefresh *refresh,
                            void (*on_end)(const OmgRefreshOutcome *outcome, gpointer data),
                            gpointer data);

/* Ends the refresh with that id, queued or running; on_done follows with CANCELLED. */
void omg_refresh_cancel(OmgRefresh *refresh, guint64 id);

/* Stops the worker (omg_worker_stop), kills a running helper and forgets the rest; no callback
 * follows. NULL is harmless. */
void omg_refresh_free(OmgRefresh *refresh);
