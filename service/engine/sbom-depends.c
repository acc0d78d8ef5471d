/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "engine/providers.h"
#include "engine/sbom-private.h"
#include "store/relation-index.h"

/* Of several that satisfy it the package of that name, else the first by name. */
static guint32 choose(const OmgLayer *local, const OmgDepend *depend)
{
        g_autoptr(GArray) found = omg_satisfiers_find(local, depend);
        guint32 best = OMG_NO_PACKAGE;

        for (guint i = 0; i < found->len; i++) {
                const OmgSatisfier *satisfier = &g_array_index(found, OmgSatisfier, i);
                if (satisfier->by_name)
                        return satisfier->id;
                if (best == OMG_NO_PACKAGE || strcmp(omg_layer_get_name(local, satisfier->id),
                                                     omg_layer_get_name(local, best)) < 0)
                        best = satisfier->id;
        }
        return best;
}

static void write_depends_on(OmgSbomWork *work, guint32 id)
{
        const OmgLayer *local = work->snapshot->local;
        OmgStrvCursor cursor = omg_layer_get_strv(local, id, OMG_FIELD_DEPENDS);
        g_autoptr(GHashTable) written = g_hash_table_new(NULL, NULL);
        const char *text;
        gsize length;

        while (omg_strv_cursor_next(&cursor, &text, &length)) {
                OmgDepend depend;
                omg_depend_parse(text, (gssize)length, &depend);
                guint32 other = choose(local, &depend);
                if (other != OMG_NO_PACKAGE && other != id && other < work->refs->len &&
                    g_hash_table_add(written, GUINT_TO_POINTER(other)))
                        omg_json_stream_add_string(work->json, NULL, work->refs->pdata[other]);
        }
}

static void open_dependency(OmgJsonStream *json, const char *ref)
{
        omg_json_stream_open_object(json, NULL);
        omg_json_stream_add_string(json, "ref", ref);
        omg_json_stream_open_array(json, "dependsOn");
}

static void close_dependency(OmgJsonStream *json)
{
        omg_json_stream_close(json);
        omg_json_stream_close(json);
}

static void write_machine(OmgSbomWork *work)
{
        const OmgSnapshot *snapshot = work->snapshot;

        open_dependency(work->json, OMG_SBOM_MACHINE);
        for (guint i = 0; i < snapshot->by_name->len; i++) {
                guint32 id = g_array_index(snapshot->by_name, guint32, i);
                if (snapshot->installed[id].flags & OMG_PKG_EXPLICIT)
                        omg_json_stream_add_string(work->json, NULL, work->refs->pdata[id]);
        }
        for (guint i = 0; i < work->runtime_refs->len; i++)
                if (work->runtime_refs->pdata[i])
                        omg_json_stream_add_string(work->json, NULL, work->runtime_refs->pdata[i]);
        close_dependency(work->json);
}

/* All are there, those without dependencies with an empty list: one that is not would be unknown.
 */
void omg_sbom_write_dependencies(OmgSbomWork *work)
{
        const OmgSnapshot *snapshot = work->snapshot;

        omg_json_stream_open_array(work->json, "dependencies");
        write_machine(work);
        for (guint i = 0; omg_json_stream_is_good(work->json) && i < snapshot->by_name->len; i++) {
                guint32 id = g_array_index(snapshot->by_name, guint32, i);
                open_dependency(work->json, work->refs->pdata[id]);
                write_depends_on(work, id);
                close_dependency(work->json);
        }
        for (guint i = 0; i < work->runtime_refs->len; i++)
                if (work->runtime_refs->pdata[i]) {
                        open_dependency(work->json, work->runtime_refs->pdata[i]);
                        close_dependency(work->json);
                }
        omg_json_stream_close(work->json);
}
