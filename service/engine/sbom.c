/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/sbom.h"

#include "base/error.h"
#include "base/limits-score.h"
#include "engine/purl.h"
#include "engine/sbom-private.h"

static gboolean check(const OmgSnapshot *snapshot, const OmgSbomParams *params, GError **error)
{
        if (!params->uuid || !g_uuid_string_is_valid(params->uuid)) {
                g_set_error_literal(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS,
                                    "the serial number is no UUID");
                return FALSE;
        }
        if (!snapshot->local) {
                omg_snapshot_set_missing(snapshot, "local", error);
                return FALSE;
        }
        return TRUE;
}

static char *dup_package_ref(const OmgSbomWork *work, const OmgPackage *package)
{
        const OmgFieldValue *architecture = &package->fields[OMG_FIELD_ARCHITECTURE];

        return omg_purl_dup_alpm(work->params->system ? work->params->system : "arch",
                                 package->name, package->version,
                                 architecture->present ? architecture->string : NULL);
}

/* A reference is taken once: names that differ in case alone, which pacman allows, are one package
 * URL. */
static char *make_unique(GHashTable *taken, char *ref)
{
        char *unique = ref;

        for (guint n = 2; g_hash_table_contains(taken, unique); n++) {
                if (unique != ref)
                        g_free(unique);
                unique = g_strdup_printf("%s#%u", ref, n);
        }
        if (unique != ref)
                g_free(ref);
        g_hash_table_add(taken, unique);
        return unique;
}

static void add_runtime_refs(OmgSbomWork *work, GHashTable *taken)
{
        for (guint i = 0; i < work->params->n_runtimes; i++) {
                const OmgSbomRuntime *runtime = &work->params->runtimes[i];
                char *ref = omg_purl_dup_generic(runtime->name, runtime->version);
                if (g_hash_table_contains(taken, ref))
                        g_clear_pointer(&ref, g_free);
                else
                        g_hash_table_add(taken, ref);
                g_ptr_array_add(work->runtime_refs, ref);
        }
}

static gboolean add_refs(OmgSbomWork *work, GError **error)
{
        g_autoptr(GHashTable) taken = g_hash_table_new(g_str_hash, g_str_equal);
        const OmgLayer *local = work->snapshot->local;

        for (guint id = 0; id < omg_layer_get_n_packages(local); id++) {
                g_autoptr(OmgPackage) package = omg_layer_dup_package(local, id, error);
                if (!package)
                        return FALSE;
                g_ptr_array_add(work->refs, make_unique(taken, dup_package_ref(work, package)));
        }
        add_runtime_refs(work, taken);
        return TRUE;
}

static char *dup_time(guint64 usec)
{
        g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc((gint64)(usec / G_USEC_PER_SEC));

        return time ? g_date_time_format(time, "%Y-%m-%dT%H:%M:%SZ") : NULL;
}

static void write_time(OmgJsonStream *json, guint64 usec)
{
        g_autofree char *text = dup_time(usec);

        omg_json_stream_add_string(json, "timestamp", text);
}

/* What can be said of flaws, and how old that is: who reads a document without any must know. */
static void write_knowledge(OmgJsonStream *json, const OmgSbomParams *params)
{
        g_autofree char *time = params->scan_usec > 0 ? dup_time(params->scan_usec) : NULL;

        if (!params->knowledge)
                return;
        omg_json_stream_open_array(json, "properties");
        omg_sbom_write_property(json, "org.omgd1:vulnerabilities", params->knowledge);
        omg_sbom_write_property(json, "org.omgd1:scan-state", params->scan_state);
        omg_sbom_write_property(json, "org.omgd1:scan-time", time);
        omg_json_stream_close(json);
}

static void write_metadata(OmgSbomWork *work)
{
        OmgJsonStream *json = work->json;
        const OmgSbomParams *params = work->params;
        const char *machine =
                params->machine && *params->machine ? params->machine : OMG_SBOM_MACHINE;

        omg_json_stream_open_object(json, "metadata");
        write_time(json, params->time_usec);
        omg_json_stream_open_array(json, "lifecycles");
        omg_json_stream_open_object(json, NULL);
        omg_json_stream_add_string(json, "phase", "operations");
        omg_json_stream_close(json);
        omg_json_stream_close(json);
        omg_json_stream_open_object(json, "tools");
        omg_json_stream_open_array(json, "components");
        omg_json_stream_open_object(json, NULL);
        omg_json_stream_add_string(json, "type", "application");
        omg_json_stream_add_string(json, "name", "omgd");
        omg_json_stream_add_string(json, "version", params->omgd_version);
        omg_json_stream_close(json);
        omg_json_stream_close(json);
        omg_json_stream_close(json);
        omg_json_stream_open_object(json, "component");
        omg_json_stream_add_string(json, "type", "operating-system");
        omg_json_stream_add_string(json, "bom-ref", OMG_SBOM_MACHINE);
        omg_json_stream_add_string(json, "name", machine);
        omg_json_stream_close(json);
        write_knowledge(json, params);
        omg_json_stream_close(json);
}

static void write_runtime(OmgSbomWork *work, guint i)
{
        const OmgSbomRuntime *runtime = &work->params->runtimes[i];
        const char *ref = work->runtime_refs->pdata[i];

        if (!ref)
                return;
        omg_json_stream_open_object(work->json, NULL);
        omg_json_stream_add_string(work->json, "type", "platform");
        omg_json_stream_add_string(work->json, "bom-ref", ref);
        omg_json_stream_add_string(work->json, "name", runtime->name);
        if (omg_sbom_is_version(runtime->version))
                omg_json_stream_add_string(work->json, "version", runtime->version);
        omg_json_stream_add_string(work->json, "purl", ref);
        omg_json_stream_close(work->json);
        work->file->n_components++;
}

static gboolean write_components(OmgSbomWork *work, GError **error)
{
        const OmgSnapshot *snapshot = work->snapshot;

        omg_json_stream_open_array(work->json, "components");
        for (guint i = 0; omg_json_stream_is_good(work->json) && i < snapshot->by_name->len; i++) {
                guint32 id = g_array_index(snapshot->by_name, guint32, i);
                g_autoptr(OmgPackage) package = omg_layer_dup_package(snapshot->local, id, error);
                if (!package)
                        return FALSE;
                omg_sbom_write_package(work, id, package);
        }
        for (guint i = 0; i < work->params->n_runtimes; i++)
                write_runtime(work, i);
        omg_json_stream_close(work->json);
        return TRUE;
}

static gboolean write_document(OmgSbomWork *work, GError **error)
{
        OmgJsonStream *json = work->json;
        g_autofree char *uuid = g_ascii_strdown(work->params->uuid, -1);
        g_autofree char *serial = g_strconcat("urn:uuid:", uuid, NULL);

        omg_json_stream_open_object(json, NULL);
        omg_json_stream_add_string(json, "bomFormat", "CycloneDX");
        omg_json_stream_add_string(json, "specVersion", "1.6");
        omg_json_stream_add_string(json, "serialNumber", serial);
        omg_json_stream_add_unsigned(json, "version", 1);
        write_metadata(work);
        if (!write_components(work, error))
                return FALSE;
        omg_sbom_write_dependencies(work);
        if (!work->params->has_no_findings)
                omg_sbom_write_vulnerabilities(work);
        omg_json_stream_close(json);
        work->file->fd = omg_json_stream_finish(json, error);
        return work->file->fd >= 0;
}

gboolean omg_sbom_write(const OmgSnapshot *snapshot, const OmgSbomParams *params,
                        OmgSbomFile *ret_file, GError **error)
{
        if (!check(snapshot, params, error))
                return FALSE;
        g_autoptr(OmgJsonStream) json = omg_json_stream_new(
                "omgd-sbom", OMG_LIMIT_SBOM, params->is_cancelled, params->cancel_data, error);
        if (!json)
                return FALSE;

        g_autoptr(GPtrArray) refs = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GPtrArray) runtime_refs = g_ptr_array_new_with_free_func(g_free);
        OmgSbomFile file = {.fd = -1};
        OmgSbomWork work = {
                .snapshot = snapshot,
                .params = params,
                .json = json,
                .refs = refs,
                .runtime_refs = runtime_refs,
                .file = &file,
        };
        if (!add_refs(&work, error) || !write_document(&work, error))
                return FALSE;
        *ret_file = file;
        return TRUE;
}
