/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The worker thread: one GThread with its own GMainContext, and the two ways to hand work over.
 *
 * Main to worker is a queue with a turn of the context each, worker to main a queue with one
 * eventfd in sd-event. What is handed over belongs to the other side from then on: nothing is
 * shared, so nothing is locked. An idle worker causes no wake-up on either side. */

#include <glib.h>

#include "loop/timers.h"

typedef struct sd_event sd_event;
typedef struct OmgWorker OmgWorker;

typedef void (*OmgWorkFunc)(gpointer data);

/* Starts the thread. The event loop is referenced until omg_worker_stop(). Main thread only, with
 * every signal of interest blocked already: the thread inherits the mask. Errors: UNAVAILABLE. */
OmgWorker *omg_worker_new(sd_event *event, GError **error);

/* The worker's context, for sources of its own. Borrowed. It is the thread-default context of the
 * worker thread. */
GMainContext *omg_worker_get_context(OmgWorker *worker);

/* The timers of all that lives on the worker, for its thread alone. Borrowed. */
OmgTimers *omg_worker_get_timers(OmgWorker *worker);

/* Runs on_worker(data), then destroy(data) (NULL: nothing), on the worker thread, in the order of
 * the calls; from the worker thread itself later, never at once. Any thread. After
 * omg_worker_stop() only destroy(data) is called. */
void omg_worker_run(OmgWorker *worker, OmgWorkFunc on_worker, gpointer data,
                    GDestroyNotify destroy);

/* As omg_worker_run(), but once the worker has nothing else to do: for a step of something long,
 * that begins the next one in the same way, and holds up nobody for longer than a step takes. What
 * has not begun when the worker stops does not. */
void omg_worker_run_idle(OmgWorker *worker, OmgWorkFunc on_worker, gpointer data,
                         GDestroyNotify destroy);

/* Runs on_main(data), then destroy(data) (NULL: nothing), on the main thread from its event loop,
 * in the order of the calls. Any thread. After omg_worker_stop() only destroy(data) is called. */
void omg_worker_post(OmgWorker *worker, OmgWorkFunc on_main, gpointer data, GDestroyNotify destroy);

/* Runs what was handed to the worker before, ends the thread, waits for it, and empties both
 * queues: of what was handed over later, and of all that waits for the main thread, only the
 * destroy function is called, here. So a last omg_worker_run() is the place where the worker's own
 * objects are freed; sources that are still attached do not run again. Main thread only; may be
 * called from on_main; again is harmless. */
void omg_worker_stop(OmgWorker *worker);

/* Stops, then frees; not from on_main. NULL is harmless. No other thread may still hold the worker.
 */
void omg_worker_free(OmgWorker *worker);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgWorker, omg_worker_free)
