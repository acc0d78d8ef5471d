/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Any bytes as an index file: refused, or read to the last field without a fault. Checksums would
 * keep the fuzzer out, so they are put right first: a hostile file has good ones too. */

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "engine/search.h"
#include "engine/suggest.h"
#include "store/layer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void mend_checksums(guint8 *data, gsize size)
{
        gsize head = sizeof(OmgLayerHeader) + OMG_SECTION_N * sizeof(OmgSectionEntry);
        OmgLayerHeader header;

        if (size < head)
                return;
        memcpy(&header, data, sizeof(header));
        for (guint i = 0; i < OMG_SECTION_N; i++) {
                guint8 *at = data + sizeof(header) + i * sizeof(OmgSectionEntry);
                OmgSectionEntry entry;
                memcpy(&entry, at, sizeof(entry));
                if (entry.offset <= size && entry.size <= size - entry.offset)
                        entry.checksum = XXH3_64bits(data + entry.offset, entry.size);
                memcpy(at, &entry, sizeof(entry));
        }
        header.file_size = size;
        header.checksum = 0;
        memcpy(data, &header, sizeof(header));
        header.checksum = XXH3_64bits(data, head);
        memcpy(data, &header, sizeof(header));
}

static void read_everything(const OmgLayer *layer)
{
        guint n = omg_layer_get_n_packages(layer);

        for (guint id = 0; id < MIN(n, 1000); id++) {
                omg_package_free(omg_layer_dup_package(layer, id, NULL));
                const OmgPackageRecord *r = omg_layer_get_record(layer, id);
                const char *name = omg_layer_get_text(layer, r->name);
                guint64 cursor = 0;
                for (guint i = 0; i < 10; i++)
                        (void)omg_layer_find(layer, name, strlen(name), &cursor);
                (void)omg_layer_get_by_name(layer, id);
                (void)omg_layer_get_repository(layer, r->repository);
        }
}

static void ask(OmgSnapshot *snapshot)
{
        static const char *const queries[] = {"a", "li", "lib", "libr", "lib x", "é"};
        g_autoptr(OmgSearch) search = omg_search_new();

        for (gsize i = 0; i < G_N_ELEMENTS(queries); i++) {
                OmgSearchParams params = {.query = queries[i], .limit = 50};
                OmgSearchResult result;
                if (!omg_search_run(search, snapshot, &params, &result, NULL))
                        continue;
                for (guint k = 0; k < result.n_rows; k++) {
                        OmgPackageView view;
                        omg_row_view(snapshot, result.rows[k], &view);
                }
                g_autoptr(GArray) found = omg_suggest(snapshot, queries[i], 10, NULL);
        }
}

static void read_as(GBytes *bytes, OmgLayerKind kind)
{
        g_autoptr(OmgLayer) layer = omg_layer_new_from_bytes(bytes, kind, NULL);

        if (!layer)
                return;
        read_everything(layer);
        OmgPacmanConf *conf = g_new0(OmgPacmanConf, 1);
        g_atomic_ref_count_init(&conf->ref_count);
        conf->repositories = g_ptr_array_new();
        OmgSnapshotParts parts = {.conf = conf,
                                  .sync = kind == OMG_LAYER_SYNC ? layer : NULL,
                                  .local = kind == OMG_LAYER_LOCAL ? layer : NULL};
        g_autoptr(OmgSnapshot) snapshot = omg_snapshot_new(&parts, 1);
        ask(snapshot);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        guint8 *copy = g_memdup2(data, size);

        if (copy)
                mend_checksums(copy, size);
        g_autoptr(GBytes) bytes = g_bytes_new_take(copy, size);
        read_as(bytes, OMG_LAYER_SYNC);
        read_as(bytes, OMG_LAYER_LOCAL);
        return 0;
}
