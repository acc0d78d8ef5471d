/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "omgd-index/check-staged.h"

#include "base/error.h"
#include "omgd-index/alpm-reader.h"
#include "sources/sync-copy.h"

/* When each package of a database was built, by name; in seconds, which fit a pointer. */
typedef struct {
        GHashTable *built;
        guint64 newest;
} Dates;

static gboolean take_date(OmgPackage *package, gpointer userdata, GError **error)
{
        Dates *dates = userdata;
        const OmgFieldValue *field = &package->fields[OMG_FIELD_BUILD_DATE];
        guint64 built = field->present ? field->number : 0;

        dates->newest = MAX(dates->newest, built);
        g_hash_table_insert(dates->built, g_strdup(package->name), GSIZE_TO_POINTER((gsize)built));
        return TRUE;
}

/* NULL @path: of the one that counts. A handle of libalpm's knows a repository once: each database
 * has its own. */
static gboolean read_dates(const OmgPacmanConf *conf, const OmgRepository *repository,
                           const char *path, Dates *dates, GError **error)
{
        g_autofree char *work_dir = g_strconcat(conf->copy_dir, "staging", NULL);
        g_autoptr(OmgAlpmReader) reader = omg_alpm_reader_new(conf, work_dir, FALSE, error);
        gboolean quick;

        return reader && omg_alpm_reader_read_sync(reader, repository, path, FALSE, take_date,
                                                   dates, &quick, error);
}

/* A package whose date is not known says nothing. */
static void compare(const Dates *now, const Dates *before, OmgTaskResult *result)
{
        GHashTableIter iter;
        gpointer name, value;
        guint both = 0;

        g_hash_table_iter_init(&iter, now->built);
        while (g_hash_table_iter_next(&iter, &name, &value)) {
                gpointer other;
                if (!g_hash_table_lookup_extended(before->built, name, NULL, &other))
                        continue;
                gsize a = GPOINTER_TO_SIZE(value), b = GPOINTER_TO_SIZE(other);
                both++;
                result->newer += a > 0 && b > 0 && a > b;
                result->older += a > 0 && b > 0 && a < b;
        }
        result->added = g_hash_table_size(now->built) - both;
        result->removed = g_hash_table_size(before->built) - both;
}

gboolean omg_check_staged(const OmgTask *task, OmgPacmanConf *conf, OmgTaskResult *result,
                          GError **error)
{
        const OmgRepository *repository = omg_pacman_conf_get_repository(conf, task->repository);
        g_autofree char *path =
                g_strdup_printf("%sstaging/%s.db", conf->copy_dir, task->repository);
        g_autoptr(GHashTable) now = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_autoptr(GHashTable) before = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        Dates dates = {now}, dates_before = {before};

        if (!repository) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS, "%s: no such repository",
                            task->repository);
                return FALSE;
        }
        if (!read_dates(conf, repository, path, &dates, error))
                return FALSE;
        result->packages = g_hash_table_size(now);
        result->newest = dates.newest;
        /* One that cannot be read is worse than any that can. */
        (void)read_dates(conf, repository, NULL, &dates_before, NULL);
        compare(&dates, &dates_before, result);
        return TRUE;
}
