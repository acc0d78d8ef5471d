/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Asks the mirrors for all sync databases once: fetched by omgd-fetch into staging/, judged by
 * omgd-index, then put in place (loop/sync-copies.h); never older ones, nor any that libalpm would
 * not take as SigLevel says. What fails leaves the last good one. Two runs of omgd-fetch at least
 * where signatures are wanted, which come from the mirror that gave the database, and one more for
 * each try when a mirror gave something that is not good. Worker thread only. */

#include "base/paths.h"
#include "loop/launcher.h"
#include "loop/mirror-notes.h"
#include "sources/pacman-conf.h"
#include "store/layer.h"

typedef struct OmgMirrorPass OmgMirrorPass;

typedef struct {
        const OmgPaths *paths;
        OmgLauncher *launcher; /* of omgd-fetch; NULL: none */
        OmgPacmanConf *conf;   /* with its place for copies */
        OmgMirrorNotes *notes;
        const OmgLayer *sync;  /* says of which databases none can be read; NULL: not known */
        gboolean force;        /* the whole of each, though nothing may have changed */
        const GError *why_not; /* NULL, or why only mirrors on this machine are asked */
} OmgMirrorPassSetup;

typedef struct {
        guint n_asked;     /* repositories: those with servers, and Sync in Usage */
        guint n_known;     /* of these, whose database is today's now */
        guint n_new;       /* of these, those that were replaced */
        GPtrArray *errors; /* OmgSourceError, "mirrors/NAME", of the others; never NULL */
        /* NULL when one is known or there was none to ask; else why not, or CANCELLED. */
        const GError *error;
        guint64 pause_sec; /* a mirror wants not to be asked for so long; 0: none said so */
} OmgMirrorReport;

typedef struct {
        void (*on_progress)(double progress, gpointer data); /* 0 to 1 */
        /* Once, later than omg_mirror_pass_start(); the report is borrowed. The pass may be freed
         * from here. */
        void (*on_done)(const OmgMirrorReport *report, gpointer data);
        gpointer data;
} OmgMirrorPassEvents;

/* Begins. What @setup points to is borrowed until the end, but for why_not, which is copied.
 * Errors: those of omg_sync_copies_prepare(). */
OmgMirrorPass *omg_mirror_pass_start(const OmgMirrorPassSetup *setup,
                                     const OmgMirrorPassEvents *events, GError **error);

/* on_done follows with CANCELLED; what is put in place already stays. */
void omg_mirror_pass_cancel(OmgMirrorPass *pass);

/* Ends it; on_done is not called any more. NULL is harmless. */
void omg_mirror_pass_free(OmgMirrorPass *pass);
