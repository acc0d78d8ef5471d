/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "omgd-index/build-advisories.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "base/limits-advisories.h"
#include "base/text.h"
#include "sources/advisory-files.h"
#include "store/advisory-builder.h"

/* When a file was written, µs since 1970. */
static guint64 get_time(const char *path)
{
        struct stat info;

        if (stat(path, &info) < 0 || info.st_mtim.tv_sec < 0)
                return 0;
        return (guint64)info.st_mtim.tv_sec * G_USEC_PER_SEC + (guint64)info.st_mtim.tv_nsec / 1000;
}

/* What the list does not say of a group, from the details as they were fetched last. They may be of
 * another day than the list, which decides what both say. */
static void add_details(OmgTrackerGroup *group, const char *folder)
{
        g_autofree char *name = g_strconcat(group->id, ".json", NULL);
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_autoptr(GBytes) bytes = NULL;

        if (!omg_file_read(path, OMG_LIMIT_TRACKER_GROUP, &bytes, NULL))
                return;
        g_autoptr(OmgTrackerGroup) details = omg_tracker_group_parse(bytes, NULL);
        if (!details || strcmp(details->id, group->id) != 0)
                return;
        g_strfreev(group->references);
        g_free(group->notes);
        group->references = g_steal_pointer(&details->references);
        group->notes = g_steal_pointer(&details->notes);
}

static OmgTrackerFeed *read_tracker(const char *path, OmgAdvisoryFeed *feed, GError **error)
{
        g_autoptr(GBytes) bytes = NULL;

        if (!omg_file_read(path, OMG_LIMIT_TRACKER_FEED, &bytes, error))
                return NULL;
        OmgTrackerFeed *groups = omg_tracker_parse(bytes, error);
        if (groups)
                *feed = (OmgAdvisoryFeed){get_time(path), groups->n_dropped, groups->reason};
        return groups;
}

/* The names of the folder's records, sorted: what is dropped must not hang on the file system. */
static GPtrArray *list_files(const char *folder, GError **error)
{
        g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GDir) dir = NULL;
        const char *name;

        errno = 0;
        dir = g_dir_open(folder, 0, NULL);
        if (!dir) {
                omg_error_set_errno(error, errno, "cannot read %s", folder);
                return NULL;
        }
        while ((name = g_dir_read_name(dir)))
                if (g_str_has_suffix(name, ".json") && name[0] != '.')
                        g_ptr_array_add(names, g_strdup(name));
        g_ptr_array_sort(names, omg_text_compare_pointers);
        return g_steal_pointer(&names);
}

typedef struct {
        GHashTable *records; /* id → OmgOsvRecord */
        guint n_dropped;
        char *reason;
        guint64 time_usec; /* of the newest file */
} OsvFolder;

/* Takes the record over. */
static void keep_record(OsvFolder *osv, OmgOsvRecord *record)
{
        const OmgOsvRecord *other = g_hash_table_lookup(osv->records, record->id);

        if (other && other->modified_usec >= record->modified_usec)
                omg_osv_record_free(record);
        else
                g_hash_table_replace(osv->records, record->id, record);
}

static void read_record(OsvFolder *osv, const char *folder, const char *name)
{
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_autoptr(GBytes) bytes = NULL;
        g_autoptr(GError) fault = NULL;
        OmgOsvRecord *record = NULL;

        if (omg_file_read(path, OMG_LIMIT_OSV_RECORD, &bytes, &fault) &&
            omg_osv_parse(bytes, &record, &fault)) {
                osv->time_usec = MAX(osv->time_usec, get_time(path));
                if (record)
                        keep_record(osv, record);
        } else if (osv->n_dropped++ == 0)
                osv->reason = g_strdup_printf("%s: %s", name, fault->message);
}

static gboolean read_osv(const char *folder, OsvFolder *osv, GError **error)
{
        g_autoptr(GPtrArray) names = list_files(folder, error);

        if (!names)
                return FALSE;
        if (names->len > OMG_LIMIT_OSV_RECORDS) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_LIMITS_EXCEEDED,
                            "%s has more than %u records", folder, OMG_LIMIT_OSV_RECORDS);
                return FALSE;
        }
        for (guint i = 0; i < names->len; i++)
                read_record(osv, folder, g_ptr_array_index(names, i));
        return TRUE;
}

static GPtrArray *list_values(GHashTable *table)
{
        GPtrArray *list = g_ptr_array_new();
        GHashTableIter iter;
        gpointer value;

        g_hash_table_iter_init(&iter, table);
        while (g_hash_table_iter_next(&iter, NULL, &value))
                g_ptr_array_add(list, value);
        return list;
}

/* Whichever of the cache's files are there. Their identity is taken before they are read: what
 * changes meanwhile makes the index outdated, not wrong. */
static void find_in_cache(const char *cache, char **ret_tracker, char **ret_osv,
                          GBytes **ret_stamps)
{
        g_autofree char *tracker = omg_advisory_files_dup_tracker(cache);
        g_autofree char *osv = omg_advisory_files_dup_osv(cache);

        *ret_stamps = omg_advisory_files_take_stamps(cache);
        *ret_tracker = g_file_test(tracker, G_FILE_TEST_EXISTS) ? g_steal_pointer(&tracker) : NULL;
        *ret_osv = g_file_test(osv, G_FILE_TEST_EXISTS) ? g_steal_pointer(&osv) : NULL;
}

static void add_all_details(const GPtrArray *groups, const char *cache)
{
        g_autofree char *folder = omg_advisory_files_dup_groups(cache);

        for (guint i = 0; i < groups->len; i++)
                add_details(groups->pdata[i], folder);
}

GPtrArray *omg_build_advisories(const OmgTask *task, OmgTaskResult *result, GError **error)
{
        g_autoptr(OmgTrackerFeed) tracker = NULL;
        g_autoptr(GHashTable) records = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
                                                              (GDestroyNotify)omg_osv_record_free);
        g_autoptr(GPtrArray) no_groups = g_ptr_array_new();
        OmgAdvisoryParts parts = {};
        OsvFolder osv = {records};
        g_autofree char *tracker_path = task->cache ? NULL : g_strdup(task->tracker);
        g_autofree char *osv_path = task->cache ? NULL : g_strdup(task->osv);
        g_autoptr(GBytes) stamps = NULL;

        if (task->cache)
                find_in_cache(task->cache, &tracker_path, &osv_path, &stamps);
        if (tracker_path) {
                tracker = read_tracker(tracker_path, &parts.feeds[OMG_ADVISORY_TRACKER], error);
                if (!tracker)
                        return NULL;
        }
        if (osv_path && !read_osv(osv_path, &osv, error)) {
                g_free(osv.reason);
                return NULL;
        }
        g_autofree char *reason = osv.reason;
        g_autoptr(GPtrArray) list = list_values(records);
        parts.groups = tracker ? tracker->groups : no_groups;
        if (task->cache)
                add_all_details(parts.groups, task->cache);
        parts.records = list;
        parts.stamps = stamps;
        parts.feeds[OMG_ADVISORY_OSV] = (OmgAdvisoryFeed){osv.time_usec, osv.n_dropped, reason};
        result->groups = parts.groups->len;
        result->records = list->len;
        result->dropped = osv.n_dropped + parts.feeds[OMG_ADVISORY_TRACKER].n_dropped;
        return omg_advisory_layer_make(&parts, result->built_usec, error);
}
