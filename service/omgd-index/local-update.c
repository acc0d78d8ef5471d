/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "omgd-index/local-update.h"

#include <string.h>

#include "omgd-index/alpm-reader.h"
#include "sources/stamps.h"

/* The coarsest clock a file system has for mtimes (FAT). */
#define MTIME_TICK_USECS 2000000

/* Which folders changed since the layer was made; NULL: not known. */
static GHashTable *compare(const OmgLayer *previous, GBytes *stamps)
{
        guint64 built = omg_layer_get_built_usec(previous);
        gsize size;

        if (omg_layer_get_states(previous) != 1u << OMG_REPOSITORY_OK || built > G_MAXINT64 / 1000)
                return NULL;
        gconstpointer before = omg_layer_get_section(previous, OMG_SECTION_STAMPS, &size);
        return omg_stamps_compare_local(stamps, before, size,
                                        ((gint64)built - MTIME_TICK_USECS) * 1000);
}

static GPtrArray *list_changed(GHashTable *folders)
{
        GPtrArray *changed = g_ptr_array_new_with_free_func(g_free);
        GHashTableIter iter;
        gpointer name, is_changed;

        g_hash_table_iter_init(&iter, folders);
        while (g_hash_table_iter_next(&iter, &name, &is_changed))
                if (GPOINTER_TO_INT(is_changed))
                        g_ptr_array_add(changed, g_strdup(name));
        return changed;
}

/* A layer that is damaged now ends the update, as does a package that is not all in it. */
static gboolean take_unchanged(const OmgLayer *previous, GHashTable *folders, GPtrArray *packages)
{
        for (guint id = 0; id < omg_layer_get_n_packages(previous); id++) {
                g_autofree char *folder = g_strconcat(omg_layer_get_name(previous, id), "-",
                                                      omg_layer_get_version(previous, id), NULL);
                gpointer is_changed;
                if (!g_hash_table_lookup_extended(folders, folder, NULL, &is_changed) ||
                    GPOINTER_TO_INT(is_changed))
                        continue;
                OmgPackage *package = omg_layer_dup_package(previous, id, NULL);
                if (!package)
                        return FALSE;
                package->flags &= ~(guint)OMG_PACKAGE_ORPHAN;
                g_ptr_array_add(packages, package);
        }
        return !omg_layer_is_damaged(previous);
}

static gboolean read_changed(const OmgPacmanConf *conf, const char *work_dir,
                             const GPtrArray *changed, GPtrArray *packages)
{
        g_autoptr(GError) flaw = NULL;

        if (changed->len == 0)
                return TRUE;
        g_autoptr(OmgAlpmReader) reader =
                omg_alpm_reader_new_partial(conf, work_dir, changed, NULL);
        return reader && omg_alpm_reader_read_local(reader, packages, &flaw, NULL) && !flaw;
}

static int compare_names(gconstpointer a, gconstpointer b)
{
        return strcmp((*(OmgPackage *const *)a)->name, (*(OmgPackage *const *)b)->name);
}

/* As libalpm sorts them. FALSE when a name is there twice, or is none that sorts as its bytes did
 * before they were made valid text. */
static gboolean sort_packages(GPtrArray *packages)
{
        g_ptr_array_sort(packages, compare_names);
        for (guint i = 0; i < packages->len; i++)
                if (!g_str_is_ascii(((OmgPackage *)g_ptr_array_index(packages, i))->name) ||
                    (i > 0 && compare_names(&packages->pdata[i - 1], &packages->pdata[i]) == 0))
                        return FALSE;
        return TRUE;
}

GPtrArray *omg_local_update(const OmgLayer *previous, GBytes *stamps, const OmgPacmanConf *conf,
                            const char *work_dir, guint *ret_reused)
{
        g_autoptr(GHashTable) folders = compare(previous, stamps);
        g_autoptr(GPtrArray) changed = folders ? list_changed(folders) : NULL;
        g_autoptr(GPtrArray) packages =
                g_ptr_array_new_with_free_func((GDestroyNotify)omg_package_free);

        if (!folders || changed->len > g_hash_table_size(folders) / 2)
                return NULL;
        guint unchanged = g_hash_table_size(folders) - changed->len;
        /* A folder that the layer does not speak of by its name is one that libalpm passed over. */
        if (!take_unchanged(previous, folders, packages) || packages->len != unchanged ||
            !read_changed(conf, work_dir, changed, packages) ||
            packages->len != g_hash_table_size(folders) || !sort_packages(packages))
                return NULL;
        *ret_reused = unchanged;
        return g_steal_pointer(&packages);
}
