/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Tells main when something changed in the places where runtimes are: loop/watch.h on the worker.
 * Nothing wakes up while nothing happens. */

#include "loop/worker.h"

typedef struct OmgRuntimesWatch OmgRuntimesWatch;

/* All on main. */
typedef struct {
        void (*on_change)(gpointer userdata);
        /* The paths that were set are under watch: what happened before may have gone unseen. */
        void (*on_set)(gpointer userdata);
        /* Something cannot be watched, and why; told once. */
        void (*on_error)(const char *message, gpointer userdata);
        gpointer userdata;
} OmgRuntimesWatchEvents;

/* Main thread only, as everything here. Watches nothing yet. */
OmgRuntimesWatch *omg_runtimes_watch_new(OmgWorker *worker, const OmgRuntimesWatchEvents *events);

/* Replaces the paths (strings, copied). */
void omg_runtimes_watch_set(OmgRuntimesWatch *watch, const GPtrArray *paths);

/* Nothing is told any more. Before the worker is stopped. NULL is harmless. */
void omg_runtimes_watch_free(OmgRuntimesWatch *watch);
