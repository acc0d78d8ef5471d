/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/cache-budget.h"

#include "store/database-private.h"

typedef struct {
        const char *name;
        OmgBudgetRow row;
} Call;

static gboolean get(OmgDatabase *db, gpointer data, GError **error)
{
        Call *call = data;
        sqlite3_stmt *row = omg_database_query(
                db, error, "SELECT day, used FROM budget WHERE name = ?", "s", call->name);
        int r = row ? omg_database_step(db, row, error) : -1;

        call->row = (OmgBudgetRow){0};
        if (r > 0)
                call->row = (OmgBudgetRow){.day = omg_statement_get_number(row, 0),
                                           .used = omg_statement_get_number(row, 1)};
        return r >= 0;
}

gboolean omg_cache_budget_get(OmgCacheDb *cache, const char *name, OmgBudgetRow *ret_row,
                              GError **error)
{
        Call call = {.name = name};

        if (!omg_database_read(omg_cache_db_get_database(cache), get, &call, error))
                return FALSE;
        *ret_row = call.row;
        return TRUE;
}

static gboolean put(OmgDatabase *db, gpointer data, GError **error)
{
        const Call *call = data;

        return omg_database_execute(
                db, error, "INSERT OR REPLACE INTO budget (name, day, used) VALUES (?, ?, ?)",
                "suu", call->name, call->row.day, call->row.used);
}

gboolean omg_cache_budget_put(OmgCacheDb *cache, const char *name, const OmgBudgetRow *row,
                              GError **error)
{
        Call call = {name, *row};

        return omg_database_write(omg_cache_db_get_database(cache), put, &call, error);
}
