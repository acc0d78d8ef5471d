/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Asks the AUR's RPC one question: one request after the other by omgd-fetch into
 * <cache>/aur/rpc/, then omgd-index makes a small index layer of all replies, which is mapped and
 * loses its name. What its server says about being asked goes into the budget. Worker only, one at
 * a time. */

#include "base/paths.h"
#include "loop/aur-answer.h"
#include "loop/aur-budget.h"
#include "loop/launcher.h"

typedef struct OmgAurAsk OmgAurAsk;

typedef struct {
        const OmgPaths *paths;
        OmgLauncher *launcher; /* of omgd-fetch; NULL: none */
        OmgAurBudget *budget;
        const char *server;       /* the address in omgd.conf */
        OmgAurQuestion *question; /* referenced */
        /* "fetching" or "reading"; @progress 0 to 1, below 0: not known. */
        void (*on_progress)(const char *stage, double progress, gpointer data);
        /* Once, later than omg_aur_ask_start(). @answer NULL: with @error: CANCELLED; NETWORK,
         * UPSTREAM_INVALID, UPSTREAM_RATE_LIMITED, LIMITS_EXCEEDED and UNAVAILABLE of the helpers
         * and of the budget. The ask may be freed from here. */
        void (*on_done)(OmgAurAnswer *answer, const GError *error, gpointer data);
        gpointer data;
} OmgAurAskSetup;

/* How many requests it will take. */
guint omg_aur_ask_count(const char *server, const OmgAurQuestion *question);

/* The server in cache.db and in errors. New string. */
char *omg_aur_ask_dup_url(const char *server);

/* Begins. All but server and question is borrowed until the end. Errors: of the folder,
 * UNAVAILABLE.
 */
OmgAurAsk *omg_aur_ask_start(const OmgAurAskSetup *setup, GError **error);

/* on_done follows with CANCELLED. */
void omg_aur_ask_cancel(OmgAurAsk *ask);

/* Ends it; nothing is called any more. NULL is harmless. */
void omg_aur_ask_free(OmgAurAsk *ask);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgAurAsk, omg_aur_ask_free)
