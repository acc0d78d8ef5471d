/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Any bytes as a file list index: refused, or asked everything without a fault. */

#include <stdint.h>
#include <string.h>

#include "engine/files.h"
#include "store/files-layer.h"
#include "store/snapshot.h"
#include "tests/fuzz/mend-sections.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_ASKED 200u

static void read_range(const OmgFilesLayer *layer, OmgFilesRange range)
{
        for (guint i = range.from; i < range.to && i - range.from < MAX_ASKED; i++) {
                guint position = omg_files_layer_get_hit(layer, i);
                guint owner = omg_files_layer_get_owner(layer, position);
                (void)omg_files_layer_get_package(layer, owner);
                (void)omg_files_layer_is_top(layer, position);
        }
}

static void ask(const OmgFilesLayer *layer, const char *path, gsize len)
{
        gsize folder = omg_path_split(path, len);

        read_range(layer, omg_files_layer_find_path(layer, path, len));
        read_range(layer, omg_files_layer_find_base(layer, path + folder, len - folder));
}

static void read_package(const OmgFilesLayer *layer, guint id)
{
        const OmgFilesPackageRecord *package = omg_files_layer_get_package(layer, id);
        g_autoptr(GString) path = g_string_new(NULL);

        (void)omg_files_layer_find_package(layer, omg_files_layer_get_text(layer, package->name),
                                           "core", 4);
        (void)omg_files_layer_get_text(layer, package->version);
        (void)omg_files_layer_get_repository(layer, package->repository);
        for (guint i = 0; i < MIN(package->count, MAX_ASKED); i++) {
                g_string_truncate(path, 0);
                if (!omg_files_layer_append_path(layer, package->first + i, path))
                        break;
                ask(layer, path->str, path->len);
        }
}

static void read_layer(const OmgFilesLayer *layer)
{
        for (guint id = 0; id < MIN(omg_files_layer_get_n_packages(layer), MAX_ASKED) + 1; id++)
                read_package(layer, id);
        for (guint i = 0; i < omg_files_layer_get_n_repositories(layer) && i < MAX_ASKED; i++)
                (void)omg_files_layer_get_text(layer,
                                               omg_files_layer_get_repository(layer, i)->message);
        ask(layer, "usr/bin/a", 9);
        ask(layer, "", 0);
}

static gboolean read_conf(const char *path, GBytes **ret_bytes, GError **error, void *userdata)
{
        static const char text[] = "[options]\n[core]\n[extra]\n";

        *ret_bytes = g_bytes_new_static(text, sizeof(text) - 1);
        return TRUE;
}

static void list(const OmgSnapshot *snapshot, OmgFilesSource source)
{
        static const char *const names[] = {"zlib", "bash", "", "odd"};
        static const char *const paths[] = {"usr/", "usr/bin/sh", "usr/lib", ""};

        for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
                g_autoptr(GPtrArray) listed = NULL;
                guint total;
                (void)omg_files_list(snapshot, source, names[i], i, MAX_ASKED, &listed, &total,
                                     NULL);
        }
        for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
                g_autoptr(GPtrArray) owners = g_ptr_array_new_with_free_func(g_free);
                omg_files_add_owners(snapshot, source, paths[i], i % 2, owners);
        }
}

/* What the engine answers, where no database tells which packages there are. */
static void read_snapshot(OmgFilesLayer *sync, OmgFilesLayer *local)
{
        static const char *const queries[] = {"usr/bin/sh", "libz.so", "usr/", "a"};
        OmgPacmanConfReader reader = {.read_file = read_conf};
        OmgSnapshotParts parts = {
                .conf = omg_pacman_conf_load_with(&reader, "/f", NULL, NULL, NULL),
                .files = {[OMG_FILES_LOCAL] = {.layer = local}, [OMG_FILES_REPO] = {.layer = sync}},
        };
        g_autoptr(OmgSnapshot) snapshot = omg_snapshot_new(&parts, 1);

        for (OmgFilesSource source = OMG_FILES_LOCAL; source < OMG_FILES_N; source++)
                list(snapshot, source);
        for (gsize i = 0; i < G_N_ELEMENTS(queries); i++) {
                OmgSearchParams params = {.query = queries[i]};
                g_autoptr(GArray) G_GNUC_UNUSED rows =
                        omg_files_search(snapshot, &params, NULL, NULL);
        }
}

static OmgFilesLayer *open_as(guint8 *copy, gsize size, OmgLayerKind kind)
{
        /* The kind is in the header: the same bytes serve as both. */
        if (size >= sizeof(OmgLayerHeader)) {
                guint32 value = kind;
                memcpy(copy + offsetof(OmgLayerHeader, kind), &value, sizeof(value));
        }
        mend_sections(copy, size, OMG_FILES_SECTION_N);
        g_autoptr(GBytes) bytes = g_bytes_new(copy, size);
        return omg_files_layer_new_from_bytes(bytes, kind, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_autofree guint8 *copy = g_memdup2(data, size);
        g_autoptr(OmgFilesLayer) sync = copy ? open_as(copy, size, OMG_LAYER_SYNC_FILES) : NULL;
        g_autoptr(OmgFilesLayer) local = copy ? open_as(copy, size, OMG_LAYER_LOCAL_FILES) : NULL;

        if (!sync || !local)
                return 0;
        read_layer(sync);
        read_snapshot(sync, local);
        return 0;
}
