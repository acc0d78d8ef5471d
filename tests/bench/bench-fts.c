/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench-fts.h"

#include <sqlite3.h>
#include <string.h>

#include "bench-queries.h"

struct BenchFts {
        sqlite3 *db;
        GHashTable *statements; /* SQL → sqlite3_stmt: each shape of query is prepared once */
};

static void finalize(gpointer statement)
{
        (void)sqlite3_finalize(statement);
}

static gboolean run(sqlite3 *db, const char *sql)
{
        return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static void fill(BenchFts *fts, const OmgSnapshot *snapshot)
{
        sqlite3_stmt *insert = NULL;

        (void)sqlite3_prepare_v2(fts->db, "INSERT INTO p VALUES (?, ?)", -1, &insert, NULL);
        (void)run(fts->db, "BEGIN");
        for (guint i = 0; i < bench_count_packages(snapshot); i++) {
                gsize len;
                (void)sqlite3_bind_text(insert, 1, bench_get_text(snapshot, i, TRUE, &len), -1,
                                        SQLITE_STATIC);
                (void)sqlite3_bind_text(insert, 2, bench_get_text(snapshot, i, FALSE, &len), -1,
                                        SQLITE_STATIC);
                if (sqlite3_step(insert) != SQLITE_DONE)
                        g_error("SQLite: %s", sqlite3_errmsg(fts->db));
                (void)sqlite3_reset(insert);
        }
        (void)sqlite3_finalize(insert);
        if (!run(fts->db, "COMMIT") || !run(fts->db, "INSERT INTO p(p) VALUES ('optimize')"))
                g_error("SQLite: %s", sqlite3_errmsg(fts->db));
}

BenchFts *bench_fts_new(const OmgSnapshot *snapshot)
{
        g_autoptr(BenchFts) fts = g_new0(BenchFts, 1);

        fts->statements = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, finalize);
        if (sqlite3_open(":memory:", &fts->db) != SQLITE_OK ||
            !run(fts->db, "CREATE VIRTUAL TABLE p USING "
                          "fts5(name, description, tokenize='trigram')")) {
                g_print("# SQLite FTS5: skipped, %s\n", sqlite3_errmsg(fts->db));
                return NULL;
        }
        fill(fts, snapshot);
        return g_steal_pointer(&fts);
}

void bench_fts_free(BenchFts *fts)
{
        if (!fts)
                return;
        g_hash_table_unref(fts->statements);
        (void)sqlite3_close(fts->db);
        g_free(fts);
}

static sqlite3_stmt *get_statement(BenchFts *fts, gboolean match, guint n_short)
{
        g_autoptr(GString) sql = g_string_new("SELECT rowid FROM p WHERE ");

        g_string_append(sql, match ? "p MATCH ?1" : "1");
        for (guint i = 0; i < n_short; i++)
                g_string_append_printf(sql,
                                       " AND (name LIKE ?%u ESCAPE '\\' OR "
                                       "description LIKE ?%u ESCAPE '\\')",
                                       i + 2, i + 2);
        g_string_append(sql, match ? " ORDER BY rank LIMIT 50" : " ORDER BY length(name) LIMIT 50");
        sqlite3_stmt *statement = g_hash_table_lookup(fts->statements, sql->str);
        if (statement)
                return statement;
        if (sqlite3_prepare_v2(fts->db, sql->str, -1, &statement, NULL) != SQLITE_OK)
                g_error("SQLite: %s", sqlite3_errmsg(fts->db));
        g_hash_table_insert(fts->statements, g_strdup(sql->str), statement);
        return statement;
}

static char *make_pattern(const char *word)
{
        g_autoptr(GString) pattern = g_string_new("%");

        for (const char *p = word; *p; p++) {
                if (strchr("%_\\", *p))
                        g_string_append_c(pattern, '\\');
                g_string_append_c(pattern, *p);
        }
        g_string_append_c(pattern, '%');
        return g_string_free(g_steal_pointer(&pattern), FALSE);
}

guint bench_fts_search(BenchFts *fts, const char *query)
{
        g_auto(GStrv) words = g_strsplit(query, " ", -1);
        g_autoptr(GString) match = g_string_new(NULL);
        g_autoptr(GPtrArray) patterns = g_ptr_array_new_with_free_func(g_free);
        guint n = 0;

        for (char **word = words; *word; word++)
                if (g_utf8_strlen(*word, -1) < 3)
                        g_ptr_array_add(patterns, make_pattern(*word));
                else
                        g_string_append_printf(match, "%s\"%s\"", match->len > 0 ? " " : "", *word);
        sqlite3_stmt *statement = get_statement(fts, match->len > 0, patterns->len);
        if (match->len > 0)
                (void)sqlite3_bind_text(statement, 1, match->str, -1, SQLITE_STATIC);
        for (guint i = 0; i < patterns->len; i++)
                (void)sqlite3_bind_text(statement, (int)i + 2, patterns->pdata[i], -1,
                                        SQLITE_STATIC);
        while (sqlite3_step(statement) == SQLITE_ROW)
                n++;
        if (sqlite3_reset(statement) != SQLITE_OK)
                g_error("SQLite: %s: %s", query, sqlite3_errmsg(fts->db));
        return n;
}
