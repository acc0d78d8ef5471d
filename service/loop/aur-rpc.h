/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The AUR's RPC for all callers of this omgd: questions wait in their order and are asked one at a
 * time, equal ones once; one that was answered not long ago is answered from memory. Not asked,
 * with the reason: while the AUR is off, without a network, beyond the day's budget, or while its
 * server wants to be left alone (loop/aur-budget.h). Worker only. */

#include "base/paths.h"
#include "loop/aur-answer.h"
#include "loop/launcher.h"
#include "loop/refresh.h"
#include "loop/timers.h"
#include "sources/omgd-conf.h"
#include "store/cache-db.h"

typedef struct OmgAurRpc OmgAurRpc;

typedef struct {
        guint64 id;
        OmgAurQuestion *question;
        guint max_age_sec;  /* an answer that is younger will do */
        OmgRefreshWhat how; /* FOREGROUND, ALLOW_METERED */
} OmgAurRequest;

typedef struct {
        guint64 id;
        OmgAurAnswer *answer; /* NULL: */
        GError *error;
        gboolean is_cached; /* nobody was asked */
        guint64 until_usec; /* not before, µs since 1970: of an error that says so; else 0 */
        guint n_used;       /* requests of the day that is over at */
        guint64 day_usec;   /* this time, µs since 1970 */
} OmgAurOutcome;

typedef struct {
        const OmgPaths *paths;
        OmgLauncher *launcher; /* of omgd-fetch; NULL: none */
        OmgCacheDb *cache;
        OmgTimers *timers;
        /* NULL, or why servers elsewhere may not be asked: as of OmgRefreshMirrors. */
        GError *(*may_ask)(OmgRefreshWhat what, gpointer data);
        void (*on_progress)(guint64 id, const char *stage, double progress, gpointer data);
        /* For each request once, perhaps before omg_aur_rpc_ask() returns; borrowed. */
        void (*on_done)(const OmgAurOutcome *outcome, gpointer data);
        gpointer data;
} OmgAurRpcSetup;

/* What setup points to is borrowed until the end. Nothing is asked before omg_aur_rpc_set_conf().
 */
OmgAurRpc *omg_aur_rpc_new(const OmgAurRpcSetup *setup);

/* Ends it; nothing is called any more. NULL is harmless. */
void omg_aur_rpc_free(OmgAurRpc *rpc);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgAurRpc, omg_aur_rpc_free)

/* For the questions that are not asked yet. */
void omg_aur_rpc_set_conf(OmgAurRpc *rpc, const OmgConf *conf);

/* The question is referenced. */
void omg_aur_rpc_ask(OmgAurRpc *rpc, const OmgAurRequest *request);

/* Ends the request with CANCELLED; an unknown id is harmless. What others wait for goes on. */
void omg_aur_rpc_cancel(OmgAurRpc *rpc, guint64 id);

/* As in the outcome. */
void omg_aur_rpc_get_used(OmgAurRpc *rpc, guint *ret_used, guint64 *ret_day_usec);
