/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/records.h"

#include <string.h>

#include "base/version.h"
#include "loop/log.h"
#include "store/cache-events.h"
#include "store/cache-status.h"
#include "store/cache-tasks.h"

#define KIND "feed"

/* A task that is taken is ours until it is done: at the next start it waits again. */
typedef struct {
        guint64 id;
        guint64 expires_usec;
} Task;

struct OmgRecords {
        OmgCacheDb *db;
        OmgSnapshot *last;      /* what the next refresh is compared with */
        OmgDatabaseState state; /* as it was said last */
        GHashTable *tasks;      /* name to Task */
};

/* ---- the file ---- */

/* After each use: a disk that is full stays so for a while, and is said once. */
static void watch_state(OmgRecords *records)
{
        OmgDatabase *db = omg_cache_db_get_database(records->db);
        g_autofree char *notice = omg_database_steal_notice(db);
        const char *why;
        OmgDatabaseState state = omg_database_get_state(db, &why);

        if (notice)
                omg_log_warning("%s", notice);
        if (state == records->state)
                return;
        records->state = state;
        if (state == OMG_DATABASE_OK)
                omg_log_notice("%s can be written again", omg_database_get_path(db));
        else
                omg_log_warning("%s: %s; what omgd knows is not kept over a restart, ignoring",
                                omg_database_get_path(db), why);
}

/* What fails for another reason than the state of the file. */
static void finish(OmgRecords *records, const GError *error)
{
        const gboolean was_ok = records->state == OMG_DATABASE_OK;

        watch_state(records);
        if (error && was_ok && records->state == OMG_DATABASE_OK)
                omg_log_warning("%s, ignoring", error->message);
}

OmgCacheDb *omg_records_get_db(OmgRecords *records)
{
        return records->db;
}

const char *omg_records_get_state(OmgRecords *records)
{
        return omg_database_state_to_string(records->state);
}

/* ---- the status ---- */

gboolean omg_records_get_status(OmgRecords *records, OmgStatus *ret_status)
{
        g_auto(OmgStoredStatus) stored = {};
        g_autoptr(GError) error = NULL;
        gboolean is_found = FALSE;
        gboolean done = omg_cache_status_get(records->db, &stored, &is_found, &error);

        finish(records, error);
        if (!done || !is_found)
                return FALSE;
        omg_status_compute(NULL, 0, ret_status);
        ret_status->total_packages = stored.total;
        ret_status->explicit_packages = stored.explicit;
        ret_status->orphan_packages = stored.orphans;
        ret_status->foreign_packages = stored.foreign;
        ret_status->updates_available = stored.updates;
        ret_status->aur_updates_available = stored.aur_updates;
        ret_status->security_updates = stored.security;
        ret_status->ignored_updates = stored.ignored;
        ret_status->vulnerable_packages = stored.vulnerable;
        ret_status->highest_severity = g_intern_string(stored.highest_severity);
        ret_status->as_of_usec = stored.as_of_usec;
        return TRUE;
}

static void put_status(OmgRecords *records, const OmgSnapshot *snapshot)
{
        g_autoptr(GError) error = NULL;
        OmgStatus status;

        omg_status_compute(snapshot, 0, &status);
        if (status.total_packages == OMG_UNKNOWN && status.indexed_packages == OMG_UNKNOWN)
                return;
        (void)omg_cache_status_put(records->db,
                                   &(OmgStoredStatus){
                                           .total = status.total_packages,
                                           .explicit = status.explicit_packages,
                                           .orphans = status.orphan_packages,
                                           .foreign = status.foreign_packages,
                                           .updates = status.updates_available,
                                           .aur_updates = status.aur_updates_available,
                                           .security = status.security_updates,
                                           .ignored = status.ignored_updates,
                                           .vulnerable = status.vulnerable_packages,
                                           .highest_severity = (char *)status.highest_severity,
                                           .as_of_usec = status.as_of_usec,
                                           .generation = status.index_generation,
                                   },
                                   &error);
        finish(records, error);
}

/* ---- packages that came and went ---- */

static char *dup_version(const OmgSnapshot *snapshot, const char *name)
{
        guint id = snapshot->local ? omg_layer_find(snapshot->local, name, strlen(name), NULL)
                                   : OMG_NO_PACKAGE;

        if (id == OMG_NO_PACKAGE)
                return NULL;
        return g_strdup(omg_layer_get_version(snapshot->local, id));
}

static const char *get_action(const char *before, const char *after)
{
        int order;

        if (!before || !after)
                return after ? "installed" : "removed";
        order = omg_version_compare(before, after);
        /* The reason it is installed for, which is in the signal, too. */
        return order == 0 ? "changed" : order < 0 ? "upgraded" : "downgraded";
}

static OmgPackageEvent *event_new(const OmgSnapshot *before, const OmgSnapshot *after,
                                  const char *name, guint64 now)
{
        OmgPackageEvent *event = g_new0(OmgPackageEvent, 1);

        event->seen_usec = now;
        event->name = g_strdup(name);
        event->old = dup_version(before, name);
        event->new = dup_version(after, name);
        event->action = g_strdup(get_action(event->old, event->new));
        return event;
}

/* Not what was found damaged meanwhile: nobody knows what was there. */
static void put_events(OmgRecords *records, const OmgRefreshOutcome *outcome)
{
        const GPtrArray *names = outcome->changes->installed;
        g_autoptr(GPtrArray) events =
                g_ptr_array_new_with_free_func((GDestroyNotify)omg_package_event_free);
        guint64 now = (guint64)g_get_real_time();
        g_autoptr(GError) error = NULL;

        for (guint i = 0; i < names->len; i++)
                g_ptr_array_add(events,
                                event_new(records->last, outcome->snapshot, names->pdata[i], now));
        if (events->len == 0 || omg_snapshot_is_damaged(records->last) ||
            omg_snapshot_is_damaged(outcome->snapshot))
                return;
        (void)omg_cache_events_add(records->db, events, &error);
        finish(records, error);
}

void omg_records_take_refresh(OmgRecords *records, const OmgRefreshOutcome *outcome)
{
        if (!outcome->snapshot)
                return;
        if (records->last && outcome->changes)
                put_events(records, outcome);
        put_status(records, outcome->snapshot);
        omg_snapshot_unref(records->last);
        records->last = omg_snapshot_ref(outcome->snapshot);
}

/* ---- tasks ---- */

/* All of them are ours, so the only one that can be taken is a new one. */
static void take_tasks(OmgRecords *records)
{
        for (;;) {
                g_autoptr(OmgTask) task = NULL;
                g_autoptr(GError) error = NULL;
                gboolean done = omg_cache_tasks_take(records->db, (guint64)g_get_real_time(), &task,
                                                     &error);
                Task *own;

                finish(records, error);
                if (!done || !task)
                        return;
                if (!g_str_equal(task->kind, KIND))
                        continue; /* of another omgd, which may come back */
                own = g_new(Task, 1);
                *own = (Task){task->id, task->expires_usec};
                g_hash_table_replace(records->tasks, g_strdup(task->argument), own);
        }
}

guint64 omg_records_get_task(OmgRecords *records, const char *feed)
{
        const Task *task = g_hash_table_lookup(records->tasks, feed);

        return task ? task->expires_usec : 0;
}

static void add_task(OmgRecords *records, const char *feed, guint64 expires_usec)
{
        g_autofree char *key = g_strconcat(KIND ":", feed, NULL);
        g_autoptr(GError) error = NULL;
        const OmgTask task = {
                .key = key,
                .kind = (char *)KIND,
                .argument = (char *)feed,
                .queued_usec = (guint64)g_get_real_time(),
                .expires_usec = expires_usec,
        };

        (void)omg_cache_tasks_add(records->db, &task, NULL, &error);
        finish(records, error);
        take_tasks(records);
}

void omg_records_set_task(OmgRecords *records, const char *feed, gboolean is_queued,
                          guint64 expires_usec)
{
        g_autoptr(GError) error = NULL;
        const Task *task;

        if (is_queued) {
                add_task(records, feed, expires_usec);
                return;
        }
        task = g_hash_table_lookup(records->tasks, feed);
        if (!task)
                return;
        (void)omg_cache_tasks_done(records->db, task->id, &error);
        finish(records, error);
        (void)g_hash_table_remove(records->tasks, feed);
}

OmgRecords *omg_records_new(const char *data_dir)
{
        OmgRecords *records = g_new0(OmgRecords, 1);

        records->db = omg_cache_db_new(data_dir);
        records->tasks = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        take_tasks(records);
        return records;
}

void omg_records_free(OmgRecords *records)
{
        if (!records)
                return;
        omg_cache_db_free(records->db);
        omg_snapshot_unref(records->last);
        g_hash_table_unref(records->tasks);
        g_free(records);
}
