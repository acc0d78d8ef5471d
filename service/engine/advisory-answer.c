/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/advisory-answer.h"

#include <string.h>

#include "base/error.h"
#include "base/limits-advisories.h"
#include "engine/finding-list.h"
#include "engine/security-known.h"

void omg_advisory_answer_free(OmgAdvisoryAnswer *answer)
{
        if (!answer)
                return;
        g_array_unref(answer->groups);
        g_array_unref(answer->records);
        g_ptr_array_unref(answer->findings);
        g_free(answer);
}

static gboolean is_cve(const char *id)
{
        return g_str_has_prefix(id, "CVE-");
}

/* Whether one of a list's texts is in a set. */
static gboolean list_meets(const OmgAdvisoryLayer *layer, OmgAdvisoryRun run, GHashTable *ids)
{
        OmgAdvisoryRun list = omg_advisory_layer_clip(layer, OMG_ADVISORY_LISTS, run);

        for (guint i = 0; i < list.count; i++)
                if (g_hash_table_contains(ids, omg_advisory_layer_get_listed(layer, &list, i)))
                        return TRUE;
        return FALSE;
}

static void add_cves(const OmgAdvisoryLayer *layer, OmgAdvisoryRun run, GHashTable *ids)
{
        OmgAdvisoryRun list = omg_advisory_layer_clip(layer, OMG_ADVISORY_LISTS, run);

        for (guint i = 0; i < list.count; i++) {
                const char *id = omg_advisory_layer_get_listed(layer, &list, i);
                if (is_cve(id))
                        (void)g_hash_table_add(ids, (char *)id);
        }
}

static void find_groups(OmgAdvisoryAnswer *answer, GHashTable *ids)
{
        const OmgAdvisoryLayer *layer = answer->layer;

        for (guint i = 0; i < omg_advisory_layer_get_n_groups(layer); i++) {
                const OmgAdvisoryGroup *group = omg_advisory_layer_get_group(layer, i);
                if (g_hash_table_contains(ids, omg_advisory_layer_get_text(layer, group->id)) ||
                    list_meets(layer, group->issues, ids) ||
                    list_meets(layer, group->advisories, ids))
                        g_array_append_val(answer->groups, i);
        }
}

static void find_records(OmgAdvisoryAnswer *answer, GHashTable *ids)
{
        const OmgAdvisoryLayer *layer = answer->layer;

        for (guint i = 0; i < omg_advisory_layer_get_n_records(layer); i++) {
                const OmgAdvisoryRecord *record = omg_advisory_layer_get_record(layer, i);
                if (g_hash_table_contains(ids, omg_advisory_layer_get_text(layer, record->id)) ||
                    list_meets(layer, record->aliases, ids))
                        g_array_append_val(answer->records, i);
        }
}

/* What the other source says of the same flaws. */
static void find_related(OmgAdvisoryAnswer *answer)
{
        const OmgAdvisoryLayer *layer = answer->layer;
        g_autoptr(GHashTable) cves = g_hash_table_new(g_str_hash, g_str_equal);

        for (guint i = 0; i < answer->groups->len; i++)
                add_cves(
                        layer,
                        omg_advisory_layer_get_group(layer, g_array_index(answer->groups, guint, i))
                                ->issues,
                        cves);
        for (guint i = 0; i < answer->records->len; i++)
                add_cves(layer,
                         omg_advisory_layer_get_record(layer,
                                                       g_array_index(answer->records, guint, i))
                                 ->aliases,
                         cves);
        if (answer->groups->len == 0)
                find_groups(answer, cves);
        else if (answer->records->len == 0)
                find_records(answer, cves);
}

OmgAdvisoryAnswer *omg_advisory_look_up(const OmgSnapshot *snapshot, const char *id, GError **error)
{
        g_autoptr(OmgAdvisoryAnswer) answer = g_new0(OmgAdvisoryAnswer, 1);
        g_autoptr(GHashTable) ids = g_hash_table_new(g_str_hash, g_str_equal);
        OmgAuditParams params;

        answer->groups = g_array_new(FALSE, FALSE, sizeof(guint));
        answer->records = g_array_new(FALSE, FALSE, sizeof(guint));
        answer->findings = g_ptr_array_new();
        if (!*id || strlen(id) > OMG_LIMIT_ADVISORY_ID) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS,
                            "an id has 1 to %u bytes, this one %" G_GSIZE_FORMAT,
                            OMG_LIMIT_ADVISORY_ID, strlen(id));
                return NULL;
        }
        if (!omg_security_get_params(snapshot, &params, error))
                return NULL;
        answer->layer = params.advisories;
        answer->audit = omg_security_get_audit(snapshot, NULL);
        (void)g_hash_table_add(ids, (char *)id);
        find_groups(answer, ids);
        find_records(answer, ids);
        if (answer->groups->len == 0 && answer->records->len == 0) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_NOT_FOUND,
                            "nothing on this machine tells of %s", id);
                return NULL;
        }
        find_related(answer);
        for (guint i = 0; answer->audit && i < answer->audit->findings->len; i++)
                if (omg_finding_has_id(answer->audit->findings->pdata[i], id))
                        g_ptr_array_add(answer->findings, answer->audit->findings->pdata[i]);
        return g_steal_pointer(&answer);
}

static const OmgFinding *find_finding(const OmgAudit *audit, const char *package, const char *id)
{
        for (guint i = 0; i < audit->findings->len; i++) {
                const OmgFinding *finding = audit->findings->pdata[i];
                if (!finding->is_runtime && strcmp(finding->package, package) == 0 &&
                    strcmp(finding->id, id) == 0)
                        return finding;
        }
        return NULL;
}

const char *omg_advisory_answer_get_state(const OmgAdvisoryAnswer *answer,
                                          const OmgSnapshot *snapshot, guint group,
                                          const char *package, const char **ret_installed)
{
        const OmgLayer *local = snapshot->local;
        const OmgAdvisoryGroup *record = omg_advisory_layer_get_group(answer->layer, group);
        guint32 id = local ? omg_layer_find(local, package, strlen(package), NULL) : OMG_NO_PACKAGE;
        const OmgFinding *finding;

        *ret_installed = id == OMG_NO_PACKAGE ? "" : omg_layer_get_version(local, id);
        if (!answer->audit || snapshot->security->skip_tracker)
                return local && id == OMG_NO_PACKAGE ? "" : "unknown";
        if (id == OMG_NO_PACKAGE)
                return "";
        finding = find_finding(answer->audit, package,
                               omg_advisory_layer_get_text(answer->layer, record->id));
        return finding ? omg_finding_state_get_name(finding->state) : "not-affected";
}
