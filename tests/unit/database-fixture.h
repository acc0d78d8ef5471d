/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* A database of three migrations in a folder of its own, for the tests of store/database*. */

#include "store/database-private.h"

typedef struct {
        char *dir;
        char *path;
        const OmgDatabaseFormat *format;
        OmgDatabase *db;
} Fixture;

typedef void (*FixtureTest)(Fixture *f, gconstpointer data);

extern const char *const migrations[];
extern const OmgDatabaseFormat test_format;

void fixture_add(const char *path, FixtureTest test, gconstpointer data);

/* Opens, and checks that all is well; or that something was set aside for that reason. */
OmgDatabase *open_good(Fixture *f);
OmgDatabase *open_anew(Fixture *f, const char *why, const char *suffix);
void close_database(Fixture *f);

gboolean try_add_row(OmgDatabase *db, guint n, GError **error);
void add_row(OmgDatabase *db, guint n);
guint count_rows(OmgDatabase *db);
guint get_pragma(OmgDatabase *db, const char *sql);

/* With SQLite alone, as another program would. */
void run_sqlite(const char *path, const char *sql);

/* The first file by name with that suffix, or NULL; and how many there are. */
char *find_aside(Fixture *f, const char *suffix);
guint count_files(Fixture *f, const char *suffix);
