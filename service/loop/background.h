/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What omgd does by itself, beside what watches of files begin: the worker's schedule, the state of
 * the network that it waits for, and the queue of tasks. Functions are main's; all work is done on
 * the worker, and what main shows of it is posted to main. */

#include "engine/status.h"
#include "loop/audit-log.h"
#include "loop/aur-rpc.h"
#include "loop/launcher.h"
#include "loop/network-state.h"
#include "loop/refresh.h"
#include "loop/worker.h"
#include "sources/omgd-conf.h"

/* What org.omgd1.Manager shows. */
typedef struct {
        OmgNetworkState network;
        guint n_tasks; /* wait for the network */
        /* Of cache.db, where all this is kept: "ok", "read-only", "full", "failed"; static. */
        const char *store_state;
} OmgBackgroundState;

typedef struct {
        /* It became another, or is known for the first time. On main. */
        void (*on_state)(const OmgBackgroundState *state, gpointer userdata);
        /* At the start: the status that an omgd before this one has left, as it was. On main. */
        void (*on_restored)(const OmgStatus *status, gpointer userdata);
        /* Of questions to the AUR (background-aur.h), on main; both may be NULL. The first outcome
         * is of no request (id 0) and says what of the day was used before. */
        void (*on_aur_progress)(guint64 id, const char *stage, double progress, gpointer userdata);
        void (*on_aur_done)(const OmgAurOutcome *outcome, gpointer userdata);
        gpointer userdata;
} OmgBackgroundEvents;

typedef struct OmgBackground OmgBackground;

/* Everything after the first look at the machine, which is its owner's to ask for: whoever waits
 * for an answer waits for that one. @refresh, @paths and @launcher (of omgd-fetch; NULL: none) must
 * outlive it. */
OmgBackground *omg_background_new(OmgWorker *worker, OmgRefresh *refresh, const OmgPaths *paths,
                                  OmgLauncher *launcher, const OmgConf *conf,
                                  const OmgBackgroundEvents *events);

/* What refreshes come to goes into the log, too. Before the first is asked for. */
void omg_background_set_audit_log(OmgBackground *background, OmgAuditLog *log);

void omg_background_set_conf(OmgBackground *background, const OmgConf *conf);
void omg_background_set_manager(OmgBackground *background, const OmgNetworkManagerFacts *facts);

/* Somebody holds an inhibitor: "refresh": nothing begins by itself meanwhile; "network": nothing
 * that asks somebody's server. */
void omg_background_set_inhibited(OmgBackground *background, gboolean refresh, gboolean network);

/* Ends all of it on the worker, which must be stopped after it. NULL is harmless. */
void omg_background_free(OmgBackground *background);
