/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* A few threads for what would hold up the main thread for longer than 1 ms and does not belong to
 * the worker: long answers. They are made when work comes, and end when none has come for some
 * seconds.
 *
 * A job is run on one of them, in the order in which jobs came, and told to main when it is done.
 * Between the two its data belongs to the pool's thread alone; what it reads besides must be
 * immutable. Everything here is called on main, but for omg_pool_job_is_cancelled(). */

#include "loop/worker.h"

#define OMG_POOL_THREADS 2

typedef struct OmgPool OmgPool;
typedef struct OmgPoolJob OmgPoolJob;

/* On a thread of the pool. Should look now and then whether it goes on for nothing. */
typedef void (*OmgPoolWork)(const OmgPoolJob *job, gpointer data);

/* The jobs' end reaches main by the worker's queue; @worker must outlive the pool. */
OmgPool *omg_pool_new(OmgWorker *worker);

/* Borrowed. */
OmgWorker *omg_pool_get_worker(const OmgPool *pool);

/* Runs work(job, data) on a thread of the pool, then done(data) on main, then destroy(data) (NULL:
 * nothing). After omg_pool_stop() only destroy(data) is called, here, and NULL returned. The job is
 * valid until done is called or it is cancelled. */
OmgPoolJob *omg_pool_run(OmgPool *pool, OmgPoolWork work, OmgWorkFunc done, gpointer data,
                         GDestroyNotify destroy);

/* The job is not wanted any more: it does not begin, and destroy is called here, or it is told by
 * omg_pool_job_is_cancelled(), and destroy is called on some thread once the work has returned. In
 * any case done is not. */
void omg_pool_job_cancel(OmgPoolJob *job);

/* From the work. */
gboolean omg_pool_job_is_cancelled(const OmgPoolJob *job);

/* Much memory was freed on main: what malloc keeps of it goes back to the kernel some seconds
 * later, once for many. Harmless with NULL, and after omg_pool_stop(). */
void omg_pool_trim_later(OmgPool *pool);

/* Cancels all jobs and waits for those that run. No done is called any more. Before the worker is
 * stopped; again is harmless. */
void omg_pool_stop(OmgPool *pool);

/* Stops, then frees; not from done. NULL is harmless. */
void omg_pool_free(OmgPool *pool);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgPool, omg_pool_free)
