/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Any bytes as an index file: refused, or read to the last field without a fault. Checksums would
 * keep the fuzzer out, so they are put right first: a hostile file has good ones too. */

#include <stdint.h>
#include <string.h>

#include "base/depend.h"
#include "engine/changes.h"
#include "engine/dependents.h"
#include "engine/details.h"
#include "engine/search-scan.h"
#include "engine/suggest.h"
#include "store/layer.h"
#include "store/relation-index.h"
#include "tests/fuzz/mend-sections.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every string that the package names, and who else names it so. */
static void read_relations(const OmgLayer *layer, guint id)
{
        for (guint relation = 0; relation < OMG_RELATION_N; relation++) {
                OmgStrvCursor cursor =
                        omg_layer_get_strv(layer, id, omg_relation_get_field(relation));
                const char *text;
                gsize len;
                for (guint i = 0; i < 20 && omg_strv_cursor_next(&cursor, &text, &len); i++) {
                        OmgDepend depend;
                        omg_depend_parse(text, (gssize)len, &depend);
                        OmgRelationList list =
                                omg_relation_find(layer, relation, depend.name, depend.name_length);
                        for (guint k = 0; k < MIN(list.n, 20); k++)
                                (void)omg_layer_get_name(layer, list.ids[k]);
                }
        }
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
                read_relations(layer, id);
        }
}

static void ask(OmgSnapshot *snapshot)
{
        static const char *const queries[] = {"a", "li", "lib", "libr", "lib x", "é"};
        g_autoptr(OmgSearch) search = omg_search_new();

        for (gsize i = 0; i < G_N_ELEMENTS(queries); i++) {
                OmgSearchParams params = {
                        .query = queries[i],
                        .installed = (OmgSearchInstalled)(i % 3),
                        .limit = 50,
                };
                OmgSearchResult result;
                if (!omg_search_run(search, snapshot, &params, &result, NULL))
                        continue;
                for (guint k = 0; k < result.n_rows; k++) {
                        OmgPackageView view;
                        omg_row_view(snapshot, result.rows[k], &view);
                }
                g_autoptr(GArray) G_GNUC_UNUSED found = omg_suggest(snapshot, queries[i], 10, NULL);
        }
}

static void scan(const OmgSnapshot *snapshot)
{
        static const OmgSearchParams params[] = {
                {.mode = OMG_SEARCH_MODE_GLOB, .query = "*l[i-z]?*"},
                {.mode = OMG_SEARCH_MODE_REGEX, .query = "^l|[0-9]+"},
                {.mode = OMG_SEARCH_MODE_PROVIDES, .query = "sh"},
                {.mode = OMG_SEARCH_MODE_PROVIDES,
                 .query = "zlib>=1",
                 .installed = OMG_SEARCH_ONLY_INSTALLED},
                {.mode = OMG_SEARCH_MODE_GROUP, .query = "base"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(params); i++) {
                g_autoptr(GArray) G_GNUC_UNUSED rows =
                        omg_search_scan(snapshot, &params[i], NULL, NULL);
        }
}

static void relate(const OmgSnapshot *snapshot)
{
        static const char *const names[] = {"zlib", "glibc", "bash", "sh", "local/zlib", NULL};
        OmgRelationQuery query = {.names = names, .recursive = TRUE};

        for (query.relation = OMG_RELATION_DEPENDS; query.relation < OMG_RELATION_N;
             query.relation++) {
                omg_relation_answer_free(omg_required_by(snapshot, &query, NULL, NULL));
                omg_relation_answer_free(omg_depends_on(snapshot, &query, NULL, NULL));
        }
}

static gboolean read_conf(const char *path, GBytes **ret_bytes, GError **error, void *userdata)
{
        static const char text[] =
                "[options]\nIgnorePkg = a* zlib\nIgnoreGroup = base\n[core]\n[extra]\n";

        *ret_bytes = g_bytes_new_static(text, sizeof(text) - 1);
        return TRUE;
}

static void list(const OmgSnapshot *snapshot)
{
        OmgListParams all = {.flag = OMG_PKG_INSTALLED, .limit = 1000};
        g_autoptr(GArray) ids = NULL;
        guint total;

        if (omg_list_installed(snapshot, &all, &ids, &total, NULL))
                for (guint i = 0; i < ids->len; i++) {
                        OmgPackageView view;
                        omg_installed_view(snapshot, g_array_index(ids, guint32, i), &view);
                        g_autoptr(OmgDetails) details = NULL;
                        (void)omg_details_get(snapshot, view.name, &details, NULL);
                }
        for (guint i = 0; i < snapshot->updates->len; i++) {
                OmgUpdateView view;
                omg_update_view(snapshot, &g_array_index(snapshot->updates, OmgUpdate, i), &view);
                omg_update_view_clear(&view);
        }
}

/* A snapshot of one hostile layer, or of the same bytes on both sides. */
static void join(OmgLayer *sync, OmgLayer *local)
{
        OmgPacmanConfReader reader = {.read_file = read_conf};
        OmgSnapshotParts parts = {
                .conf = omg_pacman_conf_load_with(&reader, "/f", NULL, NULL, NULL),
                .sync = sync,
                .local = local,
        };
        g_autoptr(OmgSnapshot) snapshot = omg_snapshot_new(&parts, 1);
        g_autoptr(OmgChanges) G_GNUC_UNUSED changes = omg_changes_new(snapshot, snapshot);

        ask(snapshot);
        list(snapshot);
        scan(snapshot);
        relate(snapshot);
}

static OmgLayer *open_as(guint8 *copy, gsize size, OmgLayerKind kind)
{
        /* The kind is in the header: the same bytes serve as both. */
        if (size >= sizeof(OmgLayerHeader)) {
                guint32 value = kind;
                memcpy(copy + offsetof(OmgLayerHeader, kind), &value, sizeof(value));
        }
        mend_sections(copy, size, OMG_SECTION_N);
        g_autoptr(GBytes) bytes = g_bytes_new(copy, size);
        return omg_layer_new_from_bytes(bytes, kind, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_autofree guint8 *copy = g_memdup2(data, size);
        g_autoptr(OmgLayer) sync = copy ? open_as(copy, size, OMG_LAYER_SYNC) : NULL;
        g_autoptr(OmgLayer) local = copy ? open_as(copy, size, OMG_LAYER_LOCAL) : NULL;

        if (!sync || !local)
                return 0;
        read_everything(sync);
        join(sync, NULL);
        join(NULL, local);
        join(sync, local);
        return 0;
}
