/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/cvss.h"
#include "engine/sbom-private.h"

/* One entry of the document: findings that differ in the package alone. */
typedef struct {
        const OmgSbomFinding *finding;
        GPtrArray *affected; /* const OmgSbomFinding */
        GPtrArray *refs;     /* their components, borrowed */
} Entry;

static const struct {
        const char *name;
        const char *state;
        const char *response;
        const char *status; /* of the installed version */
} states[OMG_SBOM_STATE_N] = {
        [OMG_SBOM_FIX_AVAILABLE] = {"fix-available", "exploitable", "update", "affected"},
        [OMG_SBOM_FIX_PENDING] = {"fix-pending", "exploitable", NULL, "affected"},
        [OMG_SBOM_NO_FIX] = {"no-fix", "exploitable", NULL, "affected"},
        [OMG_SBOM_UNCONFIRMED] = {"unconfirmed", "in_triage", NULL, "unknown"},
        [OMG_SBOM_IGNORED] = {"ignored", "exploitable", "will_not_fix", "affected"},
};

static void entry_free(gpointer data)
{
        Entry *entry = data;

        g_ptr_array_unref(entry->affected);
        g_ptr_array_unref(entry->refs);
        g_free(entry);
}

/* ---- which components ---- */

static const char *find_runtime(const OmgSbomWork *work, const OmgSbomFinding *finding)
{
        for (guint i = 0; i < work->params->n_runtimes; i++) {
                const OmgSbomRuntime *runtime = &work->params->runtimes[i];
                if (strcmp(runtime->name, finding->package) == 0 &&
                    g_strcmp0(runtime->version, finding->version) == 0)
                        return work->runtime_refs->pdata[i];
        }
        return NULL;
}

/* The component that a finding is about; NULL: it is not installed (any more) in that version. */
static const char *find_ref(const OmgSbomWork *work, const OmgSbomFinding *finding)
{
        const OmgLayer *local = work->snapshot->local;

        if (finding->is_runtime)
                return find_runtime(work, finding);
        guint32 id = omg_layer_find(local, finding->package, strlen(finding->package), NULL);
        if (id == OMG_NO_PACKAGE || id >= work->refs->len ||
            (finding->version && *finding->version &&
             strcmp(finding->version, omg_layer_get_version(local, id)) != 0))
                return NULL;
        return work->refs->pdata[id];
}

static gboolean texts_equal(const char *a, const char *b)
{
        return g_strcmp0(a ? a : "", b ? b : "") == 0;
}

static gboolean is_same(const OmgSbomFinding *a, const OmgSbomFinding *b)
{
        return a->state == b->state && texts_equal(a->source, b->source) &&
               texts_equal(a->severity, b->severity) && texts_equal(a->vector, b->vector) &&
               texts_equal(a->fixed, b->fixed) && texts_equal(a->reason, b->reason);
}

/* The entry that the finding belongs to; a new one goes to the end of both. */
static Entry *get_entry(GPtrArray *entries, GHashTable *by_id, const OmgSbomFinding *finding)
{
        GPtrArray *of_id = g_hash_table_lookup(by_id, finding->id);

        if (!of_id) {
                of_id = g_ptr_array_new();
                g_hash_table_insert(by_id, (gpointer)finding->id, of_id);
        }
        for (guint i = 0; i < of_id->len; i++) {
                Entry *entry = of_id->pdata[i];
                if (is_same(entry->finding, finding))
                        return entry;
        }
        Entry *entry = g_new0(Entry, 1);
        entry->finding = finding;
        entry->affected = g_ptr_array_new();
        entry->refs = g_ptr_array_new();
        g_ptr_array_add(of_id, entry);
        g_ptr_array_add(entries, entry);
        return entry;
}

static GPtrArray *collect(OmgSbomWork *work)
{
        GPtrArray *entries = g_ptr_array_new_with_free_func(entry_free);
        g_autoptr(GHashTable) by_id = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
                                                            (GDestroyNotify)g_ptr_array_unref);

        for (guint i = 0; i < work->params->n_findings; i++) {
                const OmgSbomFinding *finding = &work->params->findings[i];
                const char *ref = find_ref(work, finding);
                if (!ref) {
                        work->file->n_left_out++;
                        continue;
                }
                Entry *entry = get_entry(entries, by_id, finding);
                if (g_ptr_array_find(entry->refs, ref, NULL))
                        continue;
                g_ptr_array_add(entry->affected, (gpointer)finding);
                g_ptr_array_add(entry->refs, (gpointer)ref);
        }
        return entries;
}

/* ---- writing ---- */

static void write_source(OmgJsonStream *json, const char *name, const char *url)
{
        omg_json_stream_open_object(json, "source");
        omg_json_stream_add_string(json, "name", name);
        if (omg_sbom_is_url(url))
                omg_json_stream_add_string(json, "url", url);
        omg_json_stream_close(json);
}

static void write_reference(OmgJsonStream *json, const char *id)
{
        gboolean is_cve = g_str_has_prefix(id, "CVE-");
        g_autofree char *url = g_strconcat(is_cve ? "https://nvd.nist.gov/vuln/detail/"
                                                  : "https://osv.dev/vulnerability/",
                                           id, NULL);

        omg_json_stream_open_object(json, NULL);
        omg_json_stream_add_string(json, "id", id);
        write_source(json, is_cve ? "NVD" : "OSV", url);
        omg_json_stream_close(json);
}

static void write_references(OmgJsonStream *json, const OmgSbomFinding *finding)
{
        omg_json_stream_open_array(json, "references");
        for (gsize i = 0; finding->aliases && finding->aliases[i]; i++)
                if (*finding->aliases[i] && strcmp(finding->aliases[i], finding->id) != 0)
                        write_reference(json, finding->aliases[i]);
        omg_json_stream_close(json);
}

static const char *get_method(OmgCvssVersion version)
{
        static const char *const methods[] = {
                [OMG_CVSS_2_0] = "CVSSv2",
                [OMG_CVSS_3_0] = "CVSSv3",
                [OMG_CVSS_3_1] = "CVSSv31",
                [OMG_CVSS_4_0] = "CVSSv4",
        };

        return methods[version];
}

static void write_cvss(OmgJsonStream *json, const char *vector)
{
        OmgCvssRating rating;
        OmgCvss cvss;

        if (!vector || !omg_cvss_parse(vector, &cvss, NULL))
                return;
        guint score = omg_cvss_score(&cvss, &rating);
        omg_json_stream_open_object(json, NULL);
        omg_json_stream_add_tenths(json, "score", score);
        omg_json_stream_add_string(json, "severity", omg_cvss_rating_get_name(rating));
        omg_json_stream_add_string(json, "method", get_method(cvss.version));
        omg_json_stream_add_string(json, "vector", vector);
        omg_json_stream_close(json);
}

/* The source's own word first, then what its vector says. */
static void write_ratings(OmgJsonStream *json, const OmgSbomFinding *finding)
{
        static const char *const words[] = {"critical", "high", "medium", "low", NULL};
        g_autofree char *word = g_ascii_strdown(finding->severity ? finding->severity : "", -1);

        omg_json_stream_open_array(json, "ratings");
        omg_json_stream_open_object(json, NULL);
        if (finding->source && *finding->source)
                write_source(json, finding->source, NULL);
        omg_json_stream_add_string(json, "severity",
                                   g_strv_contains(words, word) ? word : "unknown");
        omg_json_stream_add_string(json, "method", "other");
        omg_json_stream_close(json);
        write_cvss(json, finding->vector);
        omg_json_stream_close(json);
}

static char *dup_recommendation(const OmgSbomFinding *finding)
{
        if (!finding->fixed || !*finding->fixed)
                return NULL;
        if (finding->state == OMG_SBOM_FIX_AVAILABLE)
                return g_strdup_printf("Update to %s or later.", finding->fixed);
        return g_strdup_printf("Fixed in %s.", finding->fixed);
}

static void write_analysis(OmgJsonStream *json, const OmgSbomFinding *finding)
{
        g_autofree char *detail = NULL;

        if (finding->state == OMG_SBOM_IGNORED)
                detail = g_strconcat("Ignored by the policy of this machine",
                                     finding->reason && *finding->reason ? ": " : ".",
                                     finding->reason, NULL);
        omg_json_stream_open_object(json, "analysis");
        omg_json_stream_add_string(json, "state", states[finding->state].state);
        if (states[finding->state].response) {
                omg_json_stream_open_array(json, "response");
                omg_json_stream_add_string(json, NULL, states[finding->state].response);
                omg_json_stream_close(json);
        }
        omg_json_stream_add_string(json, "detail", detail);
        omg_json_stream_close(json);
}

static void write_affects(OmgSbomWork *work, const Entry *entry)
{
        OmgJsonStream *json = work->json;

        omg_json_stream_open_array(json, "affects");
        for (guint i = 0; i < entry->refs->len; i++) {
                const OmgSbomFinding *finding = entry->affected->pdata[i];
                omg_json_stream_open_object(json, NULL);
                omg_json_stream_add_string(json, "ref", entry->refs->pdata[i]);
                if (omg_sbom_is_version(finding->version)) {
                        omg_json_stream_open_array(json, "versions");
                        omg_json_stream_open_object(json, NULL);
                        omg_json_stream_add_string(json, "version", finding->version);
                        omg_json_stream_add_string(json, "status", states[finding->state].status);
                        omg_json_stream_close(json);
                        omg_json_stream_close(json);
                }
                omg_json_stream_close(json);
        }
        omg_json_stream_close(json);
}

static void write_entry(OmgSbomWork *work, const Entry *entry)
{
        const OmgSbomFinding *finding = entry->finding;
        g_autofree char *recommendation = dup_recommendation(finding);
        OmgJsonStream *json = work->json;

        omg_json_stream_open_object(json, NULL);
        omg_json_stream_add_string(json, "id", finding->id);
        write_source(json, finding->source, finding->url);
        write_references(json, finding);
        write_ratings(json, finding);
        omg_json_stream_add_string(json, "description", finding->description);
        omg_json_stream_add_string(json, "recommendation", recommendation);
        write_analysis(json, finding);
        write_affects(work, entry);
        omg_json_stream_open_array(json, "properties");
        omg_sbom_write_property(json, "org.omgd1:state", states[finding->state].name);
        omg_json_stream_close(json);
        omg_json_stream_close(json);
}

void omg_sbom_write_vulnerabilities(OmgSbomWork *work)
{
        g_autoptr(GPtrArray) entries = collect(work);

        omg_json_stream_open_array(work->json, "vulnerabilities");
        for (guint i = 0; omg_json_stream_is_good(work->json) && i < entries->len; i++)
                write_entry(work, entries->pdata[i]);
        omg_json_stream_close(work->json);
        work->file->n_vulnerabilities = entries->len;
}
