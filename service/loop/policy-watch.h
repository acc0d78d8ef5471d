/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Reads policy.toml on the worker, at the start and whenever it changes, comes or goes, and tells
 * main. Nothing wakes up while nothing happens. */

#include "loop/worker.h"
#include "sources/policy-state.h"

typedef struct OmgPolicyWatch OmgPolicyWatch;

/* All on main but the first. */
typedef struct {
        /* On the worker: the same as on_state, earlier, and perhaps once more after the watch was
         * freed. Borrowed. NULL: nobody there. */
        void (*on_look)(OmgPolicyState *state, gpointer look_data);
        gpointer look_data; /* outlives the worker's queue */
        /* The first look, and every later one that came to something else. Borrowed. */
        void (*on_state)(OmgPolicyState *state, gpointer userdata);
        /* Changes will not be noticed, and why; told once. */
        void (*on_error)(const char *message, gpointer userdata);
        gpointer userdata;
} OmgPolicyWatchEvents;

/* What omg_policy_watch_reload() came to. Borrowed; after on_state, where that is told. */
typedef void (*OmgPolicyReloadFunc)(OmgPolicyState *state, gpointer data);

/* Begins with the first look. What is in force is kept at @copy (a path; NULL: nowhere) for the
 * next start, as omg_policy_state_keep(). Main thread only, as everything here that does not say
 * otherwise. */
OmgPolicyWatch *omg_policy_watch_new(OmgWorker *worker, const char *path, const char *copy,
                                     const OmgPolicyWatchEvents *events);

/* Borrowed; any thread. */
const char *omg_policy_watch_get_path(const OmgPolicyWatch *watch);
const char *omg_policy_watch_get_copy(const OmgPolicyWatch *watch);

/* Looks now. @done, may be NULL: called unless omg_policy_watch_free() comes first; @destroy, may
 * be NULL: of @data, in any case and on main. */
void omg_policy_watch_reload(OmgPolicyWatch *watch, OmgPolicyReloadFunc done, gpointer data,
                             GDestroyNotify destroy);

/* While on_state runs: it tells of a look that omg_policy_watch_look() was. */
gboolean omg_policy_watch_is_asked(const OmgPolicyWatch *watch);

/* Looks now, on the worker thread; main is told as ever. What it came to, a new reference. For
 * whoever holds a reference to the watch, which it needs to go there. */
OmgPolicyState *omg_policy_watch_look(OmgPolicyWatch *watch);
OmgPolicyWatch *omg_policy_watch_ref(OmgPolicyWatch *watch);
void omg_policy_watch_unref(OmgPolicyWatch *watch);

/* Nothing is told any more. Before the worker is stopped. NULL is harmless. */
void omg_policy_watch_free(OmgPolicyWatch *watch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgPolicyWatch, omg_policy_watch_free)
