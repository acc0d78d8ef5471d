/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What the parts of refresh.h share, on the worker: refresh.c (requests, and one after the other),
 * refresh-sources.c (pacman.conf, what is watched), refresh-run.c (index files, join),
 * refresh-advisories.c (their index, the audit), refresh-aur.c (the AUR), refresh-retry.c (what may
 * mend by itself), refresh-post.c (what main is told). */

#include "loop/indexer.h"
#include "loop/mirror-pass.h"
#include "loop/refresh-advisories.h"
#include "loop/refresh-aur.h"
#include "loop/refresh-feeds.h"
#include "loop/refresh-mirrors.h"
#include "loop/refresh-request.h"
#include "loop/refresh-slot.h"
#include "loop/watch.h"

enum { SLOT_SYNC, SLOT_LOCAL, SLOT_LOCAL_FILES, SLOT_SYNC_FILES, N_SLOTS };

/* Everything below the first three members belongs to the worker thread. */
struct OmgRefresh {
        OmgWorker *worker;
        const OmgPaths *paths;
        OmgRefreshEvents events;

        void (*on_end)(const OmgRefreshOutcome *outcome, gpointer data); /* or NULL */
        gpointer on_end_data;
        GQueue requests;  /* OmgRefreshRequest; */
        gboolean running; /* the head */
        /* While servers are asked for one, which may take minutes, others run. In requests again
         * when they have answered; or NULL. */
        OmgRefreshRequest *fetching; /* the mirrors */
        OmgMirrorPass *pass;
        OmgRefreshRequest *scanning;     /* the security feeds */
        OmgRefreshRequest *fetching_aur; /* the AUR, or its layer is made */
        OmgWatch *watch;
        OmgSlot slots[N_SLOTS];
        OmgCheckedFiles *known;          /* index files that need not be checked again */
        guint wanted;                    /* OmgRefreshWhat: what is kept true */
        OmgSnapshot *snapshot, *shown;   /* the one posted last; main's alone: delivered last */
        OmgPacmanConf *last_conf;        /* the last good configuration */
        char *warnings, *copies_warning; /* of pacman.conf, sync-copies.h: as logged last */
        OmgRefreshMirrors mirrors_settings;
        OmgMirrorNotes *notes; /* NULL: mirrors are not asked */
        GError *mirrors_error; /* why they could not even be asked, the last time */
        OmgRefreshAudit audit;
        OmgRefreshAur aur;
        GSource *retry; /* set while something failed that may mend by itself */
        guint n_retries;

        /* Of the refresh that runs. */
        OmgPacmanConf *conf;
        OmgIndexer *indexer;
        guint slot; /* the one at hand */
        GPtrArray *errors;
        GPtrArray *files_errors[OMG_FILES_N];
        gboolean files_outdated; /* those of the repositories, to be made by the next refresh */
        GError *failure;         /* of the first whole source */
        guint rebuilt[N_SLOTS], rejected, n_joins;
        guint64 begun_usec;
};

/* Without a caller. One of ours that waits already sees what this one would; a caller's may be
 * cancelled before. */
void omg_refresh_enqueue_own(OmgRefresh *refresh, guint what);

/* Reads pacman.conf and watches all that it names; without one what was read last stays, with the
 * one it was joined with, and refresh->failure is set. */
void omg_refresh_read_configuration(OmgRefresh *refresh);

/* To the errors of META; the first is the failure of the refresh. */
void omg_refresh_add_failure(OmgRefresh *refresh, const char *source, const GError *error);

/* The one that waited for these (OmgRefreshWhat), mirrors, feeds or AUR, runs next, or is over
 * because it was cancelled. */
void omg_refresh_unpark(OmgRefresh *refresh, OmgRefreshRequest **parked, guint asked,
                        gboolean is_cancelled);

/* From the first slot to the join. */
void omg_refresh_run(OmgRefresh *refresh);

/* Joins what there is. */
void omg_refresh_finish(OmgRefresh *refresh);

/* The refresh that runs has ended: tells main, and begins the next. @snapshot (borrowed) NULL:
 * cancelled; @changes is taken. */
void omg_refresh_end(OmgRefresh *refresh, OmgSnapshot *snapshot, OmgChanges *changes);
void omg_refresh_end_cancelled(OmgRefresh *refresh);

/* After a refresh: when to look again at what may mend without a watched file changing. */
void omg_refresh_plan_retry(OmgRefresh *refresh);
void omg_refresh_stop_retry(OmgRefresh *refresh);

/* To main. @progress below 0: not known; the outcome is taken, with all in it. */
void omg_refresh_post_progress(OmgRefresh *refresh, const char *stage, double progress);
void omg_refresh_post_progress_of(OmgRefresh *refresh, guint64 id, const char *stage,
                                  double progress);
void omg_refresh_post_locked(OmgRefresh *refresh, gboolean is_locked);
void omg_refresh_post_outcome(OmgRefresh *refresh, const OmgRefreshOutcome *outcome);
