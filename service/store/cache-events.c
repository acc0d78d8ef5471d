/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/cache-events.h"

#include "base/limits-store.h"
#include "store/database-private.h"

void omg_package_event_free(OmgPackageEvent *event)
{
        if (!event)
                return;
        g_free(event->name);
        g_free(event->action);
        g_free(event->old);
        g_free(event->new);
        g_free(event);
}

static gboolean add(OmgDatabase *db, gpointer data, GError **error)
{
        const GPtrArray *events = data;

        for (guint i = 0; i < events->len; i++) {
                const OmgPackageEvent *event = events->pdata[i];
                if (!omg_database_execute(db, error,
                                          "INSERT INTO events (seen, name, action, old, new)"
                                          " VALUES (?, ?, ?, ?, ?)",
                                          "tssss", event->seen_usec, event->name, event->action,
                                          event->old, event->new))
                        return FALSE;
        }
        return omg_database_execute(db, error,
                                    "DELETE FROM events WHERE id <="
                                    " (SELECT max(id) FROM events) - ?",
                                    "u", OMG_LIMIT_EVENTS);
}

gboolean omg_cache_events_add(OmgCacheDb *cache, GPtrArray *events, GError **error)
{
        return events->len == 0 ||
               omg_database_write(omg_cache_db_get_database(cache), add, events, error);
}

typedef struct {
        guint64 since_usec;
        guint limit;
        guint offset;
        GPtrArray *events;
} List;

static gboolean list(OmgDatabase *db, gpointer data, GError **error)
{
        const List *call = data;
        sqlite3_stmt *row = omg_database_query(
                db, error,
                "SELECT id, seen, name, action, old, new FROM events WHERE seen >= ?"
                " ORDER BY id DESC LIMIT ? OFFSET ?",
                "tuu", call->since_usec, call->limit, call->offset);
        int r = -1;

        g_ptr_array_set_size(call->events, 0);
        while (row && (r = omg_database_step(db, row, error)) > 0) {
                OmgPackageEvent *event = g_new0(OmgPackageEvent, 1);
                *event = (OmgPackageEvent){
                        .id = omg_statement_get_time(row, 0),
                        .seen_usec = omg_statement_get_time(row, 1),
                        .name = omg_statement_dup_text(row, 2),
                        .action = omg_statement_dup_text(row, 3),
                        .old = omg_statement_dup_text(row, 4),
                        .new = omg_statement_dup_text(row, 5),
                };
                g_ptr_array_add(call->events, event);
        }
        return r == 0;
}

gboolean omg_cache_events_list(OmgCacheDb *cache, guint64 since_usec, guint limit, guint offset,
                               GPtrArray **ret_events, GError **error)
{
        g_autoptr(GPtrArray) events =
                g_ptr_array_new_with_free_func((GDestroyNotify)omg_package_event_free);
        List call = {since_usec, limit, offset, events};

        if (!omg_database_read(omg_cache_db_get_database(cache), list, &call, error))
                return FALSE;
        *ret_events = g_steal_pointer(&events);
        return TRUE;
}
