/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Any bytes as a file list index: refused, or asked everything without a fault. */

#include "store/files-layer.h"
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

        (void)omg_files_layer_find_package(layer, omg_files_layer_get_text(layer, package->name));
        (void)omg_files_layer_get_text(layer, package->version);
        (void)omg_files_layer_get_repository(layer, package->repository);
        for (guint i = 0; i < MIN(package->count, MAX_ASKED); i++) {
                g_string_truncate(path, 0);
                if (!omg_files_layer_append_path(layer, package->first + i, path))
                        break;
                ask(layer, path->str, path->len);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_autofree guint8 *copy = g_memdup2(data, size);

        if (!copy)
                return 0;
        mend_sections(copy, size, OMG_FILES_SECTION_N);
        g_autoptr(GBytes) bytes = g_bytes_new(copy, size);
        g_autoptr(OmgFilesLayer) layer =
                omg_files_layer_new_from_bytes(bytes, OMG_LAYER_SYNC_FILES, NULL);
        if (!layer)
                return 0;
        for (guint id = 0; id < MIN(omg_files_layer_get_n_packages(layer), MAX_ASKED) + 1; id++)
                read_package(layer, id);
        for (guint i = 0; i < omg_files_layer_get_n_repositories(layer) && i < MAX_ASKED; i++)
                (void)omg_files_layer_get_text(layer,
                                               omg_files_layer_get_repository(layer, i)->message);
        ask(layer, "usr/bin/a", 9);
        ask(layer, "", 0);
        return 0;
}
