/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The queue of what is to be done when the network is there. It survives omgd: a task goes when it
 * is done or has expired, not when it is taken. */

#include "store/cache-db.h"

typedef struct {
        guint64 id;     /* never used twice */
        char *key;      /* equal tasks have equal keys */
        char *kind;     /* the caller's word: "sync", "advisories" */
        char *argument; /* the caller's, "" for none */
        guint64 queued_usec;
        guint64 expires_usec;
        guint64 not_before_usec; /* 0: at once */
        guint32 n_attempts;      /* begun so far, with this one */
        char *message;           /* why the last one failed, or NULL */
} OmgTask;

void omg_task_free(OmgTask *task);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgTask, omg_task_free)

/* Queues it, with key, kind, argument and the three times of @task. One with that key that waits
 * already stays as it is, but lives as long as the longer-lived of the two and may begin as soon as
 * the sooner (ret_added FALSE, may be NULL). INVALID_ARGS: key, kind and argument together longer
 * than OMG_LIMIT_TASK_TEXT; LIMITS_EXCEEDED: OMG_LIMIT_TASKS are waiting. */
gboolean omg_cache_tasks_add(OmgCacheDb *cache, const OmgTask *task, gboolean *ret_added,
                             GError **error);

/* The one that waits longest of those that may begin now, or NULL; it counts as being worked on
 * until done, fail, or the next omg_cache_db_new(). Expired ones are removed first. */
gboolean omg_cache_tasks_take(OmgCacheDb *cache, guint64 now_usec, OmgTask **ret_task,
                              GError **error);

/* Removes it. One that is no longer there is no error, in both. */
gboolean omg_cache_tasks_done(OmgCacheDb *cache, guint64 id, GError **error);

/* Lets it wait again. */
gboolean omg_cache_tasks_fail(OmgCacheDb *cache, guint64 id, guint64 not_before_usec,
                              const char *message, GError **error);

/* Removes those that have expired and are not being worked on; ret_n, may be NULL: how many. */
gboolean omg_cache_tasks_expire(OmgCacheDb *cache, guint64 now_usec, guint *ret_n, GError **error);

/* How many there are, those being worked on too (Manager.QueuedTasks). */
gboolean omg_cache_tasks_count(OmgCacheDb *cache, guint *ret_n, GError **error);

/* When the next may begin (not_before_usec, at least 1), or 0: none waits. For a timer. */
gboolean omg_cache_tasks_get_next(OmgCacheDb *cache, guint64 *ret_usec, GError **error);
