/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/spdx.h"
#include "engine/rows.h"
#include "engine/sbom-private.h"

void omg_sbom_write_property(OmgJsonStream *json, const char *name, const char *value)
{
        if (!value || !*value)
                return;
        omg_json_stream_open_object(json, NULL);
        omg_json_stream_add_string(json, "name", name);
        omg_json_stream_add_string(json, "value", value);
        omg_json_stream_close(json);
}

gboolean omg_sbom_is_url(const char *text)
{
        return text && *text && g_uri_is_valid(text, G_URI_FLAGS_NONE, NULL) &&
               g_str_is_ascii(text) && !strpbrk(text, " \"<>\\^`{|}");
}

gboolean omg_sbom_is_version(const char *version)
{
        enum { LONGEST = 1024 };

        return version && *version && g_utf8_strlen(version, -1) <= LONGEST;
}

static const char *get_string(const OmgPackage *package, OmgField field)
{
        return package->fields[field].present ? package->fields[field].string : NULL;
}

static void write_licenses(OmgJsonStream *json, const OmgPackage *package)
{
        const OmgFieldValue *licenses = &package->fields[OMG_FIELD_LICENSES];
        g_autoptr(OmgSpdx) spdx =
                licenses->present ? omg_spdx_from_package((const char *const *)licenses->strv)
                                  : NULL;

        if (!spdx)
                return;
        g_autofree char *expression = omg_spdx_dup_text(spdx);
        omg_json_stream_open_array(json, "licenses");
        omg_json_stream_open_object(json, NULL);
        omg_json_stream_add_string(json, "expression", expression);
        omg_json_stream_add_string(json, "acknowledgement", "declared");
        omg_json_stream_close(json);
        omg_json_stream_close(json);
}

static gboolean is_sha256(const char *text)
{
        return text && strlen(text) == 64 && strspn(text, "0123456789abcdefABCDEF") == 64;
}

/* That of the file which a repository holds, if it is the build that is installed. */
static void write_hash(OmgSbomWork *work, guint32 local_id, const OmgPackage *package)
{
        const OmgSnapshot *snapshot = work->snapshot;
        guint32 sync_id = snapshot->installed[local_id].sync_id;
        const OmgFieldValue *date = &package->fields[OMG_FIELD_BUILD_DATE];

        if (sync_id == OMG_NO_PACKAGE || !snapshot->sync || !date->present)
                return;
        g_autoptr(OmgPackage) sync = omg_layer_dup_package(snapshot->sync, sync_id, NULL);
        if (!sync || strcmp(sync->version, package->version) != 0 ||
            !sync->fields[OMG_FIELD_BUILD_DATE].present ||
            sync->fields[OMG_FIELD_BUILD_DATE].number != date->number ||
            !is_sha256(get_string(sync, OMG_FIELD_SHA256SUM)))
                return;
        omg_json_stream_open_array(work->json, "hashes");
        omg_json_stream_open_object(work->json, NULL);
        omg_json_stream_add_string(work->json, "alg", "SHA-256");
        omg_json_stream_add_string(work->json, "content", get_string(sync, OMG_FIELD_SHA256SUM));
        omg_json_stream_close(work->json);
        omg_json_stream_close(work->json);
}

static void write_url(OmgJsonStream *json, const char *url)
{
        if (!omg_sbom_is_url(url))
                return;
        omg_json_stream_open_array(json, "externalReferences");
        omg_json_stream_open_object(json, NULL);
        omg_json_stream_add_string(json, "type", "website");
        omg_json_stream_add_string(json, "url", url);
        omg_json_stream_close(json);
        omg_json_stream_close(json);
}

/* A licence as the package has it, where the expression says it in other words. */
static void write_license_property(OmgJsonStream *json, const char *license)
{
        g_autoptr(OmgSpdx) spdx = omg_spdx_parse_name(license, NULL);
        g_autofree char *text = spdx ? omg_spdx_dup_text(spdx) : NULL;

        if (!text || strcmp(text, license) != 0)
                omg_sbom_write_property(json, "org.omgd1:license", license);
}

static void write_properties(OmgSbomWork *work, guint32 local_id, const OmgPackage *package)
{
        const OmgFieldValue *validation = &package->fields[OMG_FIELD_VALIDATION];
        const OmgFieldValue *licenses = &package->fields[OMG_FIELD_LICENSES];
        OmgPackageView view;

        omg_installed_view(work->snapshot, local_id, &view);
        omg_json_stream_open_array(work->json, "properties");
        omg_sbom_write_property(work->json, "org.omgd1:repository", view.repository);
        omg_sbom_write_property(work->json, "org.omgd1:base", get_string(package, OMG_FIELD_BASE));
        if (package->flags & (OMG_PACKAGE_EXPLICIT | OMG_PACKAGE_DEPENDENCY))
                omg_sbom_write_property(work->json, "org.omgd1:install-reason",
                                        package->flags & OMG_PACKAGE_EXPLICIT ? "explicit"
                                                                              : "dependency");
        for (guint i = 0; validation->present && validation->strv[i]; i++)
                omg_sbom_write_property(work->json, "org.omgd1:validation", validation->strv[i]);
        for (guint i = 0; licenses->present && licenses->strv[i]; i++)
                write_license_property(work->json, licenses->strv[i]);
        omg_json_stream_close(work->json);
}

/* "library", which is what the specification advises where nobody knows better. */
void omg_sbom_write_package(OmgSbomWork *work, guint32 local_id, const OmgPackage *package)
{
        OmgJsonStream *json = work->json;
        const char *ref = work->refs->pdata[local_id];
        gsize purl = strcspn(ref, "#");
        g_autofree char *purl_text = g_strndup(ref, purl);

        omg_json_stream_open_object(json, NULL);
        omg_json_stream_add_string(json, "type", "library");
        omg_json_stream_add_string(json, "bom-ref", ref);
        omg_json_stream_add_string(json, "publisher", get_string(package, OMG_FIELD_PACKAGER));
        omg_json_stream_add_string(json, "name", package->name);
        if (omg_sbom_is_version(package->version))
                omg_json_stream_add_string(json, "version", package->version);
        omg_json_stream_add_string(json, "description", package->description);
        write_hash(work, local_id, package);
        write_licenses(json, package);
        omg_json_stream_add_string(json, "purl", purl_text);
        write_url(json, get_string(package, OMG_FIELD_URL));
        write_properties(work, local_id, package);
        omg_json_stream_close(json);
        work->file->n_components++;
}
