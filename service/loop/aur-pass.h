/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Asks the AUR once for its archive of all packages, and makes aur.idx of what is here. Fetched by
 * omgd-fetch into staging as it is sent, judged by omgd-index, which makes the layer from it there,
 * then both put in place by rename:
 *
 *   <cache>/aur/packages-meta-ext-v1.json.gz     the archive (sources/aur-files.h)
 *   <data>/aur.idx                               the layer
 *
 * An archive that is no good, or older than the one at hand, leaves both. One that is here and not
 * what the layer was made from is made one of, whatever the server says; when it cannot be read it
 * goes, and comes whole the next time.
 *
 * The server is asked at most once in OMG_LIMIT_INTERVAL_AUR, counted from the last archive that
 * came, or was confirmed, over restarts too; with force, and when the archive is gone, once in
 * OMG_AUR_FORCE_SEC. What is known of the feed goes into cache.db (cache-feeds.h: "aur"),
 * validators and the server's wish for a pause too (cache-http.h). Worker thread only; one pass at
 * a time. */

#include "base/paths.h"
#include "loop/launcher.h"
#include "store/cache-db.h"
#include "store/layer.h"

typedef struct OmgAurPass OmgAurPass;

typedef struct {
        const OmgPaths *paths;
        OmgLauncher *launcher; /* of omgd-fetch; NULL: none */
        OmgCacheDb *cache;
        const char *url;       /* without "/" at the end, as in omgd.conf */
        OmgLayer *layer;       /* the one that counts; NULL: none */
        gboolean only_index;   /* nobody is asked */
        gboolean force;        /* soon after the last time, and though it is older */
        const GError *why_not; /* NULL, or why only a server on this machine is asked */
        guint limit_sec;       /* of the way; 0: OMG_LIMIT_AUR_FETCH_SEC */
} OmgAurPassSetup;

typedef struct {
        gboolean was_asked; /* the server, now */
        OmgLayer *layer;    /* made now; NULL: what counted counts on */
        GError *error; /* NULL: what the AUR has, or had within the hour, is here. Else why not,
                          or CANCELLED */
        GError *index_error; /* NULL: the layer is that of the archive, or there is no archive */
        guint64 pause_sec;   /* not to be asked again for so long; 0: the schedule knows */
} OmgAurReport;

typedef struct {
        /* @stage: "fetching", "reading"; @progress 0 to 1, below 0: not known. */
        void (*on_progress)(const char *stage, double progress, gpointer data);
        /* Once, later than omg_aur_pass_start(). The report is borrowed; the pass may be freed from
         * here. */
        void (*on_done)(const OmgAurReport *report, gpointer data);
        gpointer data;
} OmgAurPassEvents;

/* Begins. Of what @setup points to paths, launcher and cache are borrowed until the end. Errors:
 * those of the folders. */
OmgAurPass *omg_aur_pass_start(const OmgAurPassSetup *setup, const OmgAurPassEvents *events,
                               GError **error);

/* on_done follows with CANCELLED; what is put in place already stays. */
void omg_aur_pass_cancel(OmgAurPass *pass);

/* Ends it; on_done is not called any more. NULL is harmless. */
void omg_aur_pass_free(OmgAurPass *pass);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgAurPass, omg_aur_pass_free)
