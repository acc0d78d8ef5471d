/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/audit-changes.h"

#include <string.h>

#include "base/text.h"

/* ---- the same ---- */

static gboolean same_text_lists(char *const *a, char *const *b)
{
        return g_strv_equal((const char *const *)a, (const char *const *)b);
}

static gboolean same_finding(const OmgFinding *a, const OmgFinding *b)
{
        return a == b ||
               (strcmp(a->package, b->package) == 0 && strcmp(a->installed, b->installed) == 0 &&
                strcmp(a->fixed, b->fixed) == 0 && strcmp(a->id, b->id) == 0 &&
                a->severity == b->severity && a->state == b->state && a->score == b->score &&
                strcmp(a->vector, b->vector) == 0 && strcmp(a->type, b->type) == 0 &&
                strcmp(a->status, b->status) == 0 && strcmp(a->summary, b->summary) == 0 &&
                strcmp(a->repo_version, b->repo_version) == 0 &&
                strcmp(a->reason, b->reason) == 0 && same_text_lists(a->cves, b->cves) &&
                same_text_lists(a->advisories, b->advisories) &&
                same_text_lists(a->aliases, b->aliases) && a->is_osv == b->is_osv &&
                a->is_runtime == b->is_runtime);
}

gboolean omg_audit_equal(const OmgAudit *a, const OmgAudit *b)
{
        if (a == b || !a || !b)
                return a == b;
        if (a->findings->len != b->findings->len)
                return FALSE;
        for (guint i = 0; i < a->findings->len; i++)
                if (!same_finding(a->findings->pdata[i], b->findings->pdata[i]))
                        return FALSE;
        return TRUE;
}

/* ---- what is other ---- */

static guint hash_finding(gconstpointer key)
{
        const OmgFinding *finding = key;

        return g_str_hash(finding->package) * 31 + g_str_hash(finding->id);
}

static gboolean is_about_same(gconstpointer a, gconstpointer b)
{
        const OmgFinding *x = a, *y = b;

        return x->is_runtime == y->is_runtime && strcmp(x->id, y->id) == 0 &&
               strcmp(x->package, y->package) == 0;
}

static guint get_weight(const OmgFinding *finding)
{
        return !finding                                    ? 0
               : omg_finding_is_confirmed(finding)         ? 2
               : finding->state == OMG_FINDING_UNCONFIRMED ? 1
                                                           : 0;
}

/* Of two about the same, such as two installed versions of a runtime, the one that counts most. */
static GHashTable *map_findings(const OmgAudit *audit)
{
        GHashTable *map = g_hash_table_new(hash_finding, is_about_same);

        for (guint i = 0; audit && i < audit->findings->len; i++) {
                OmgFinding *finding = audit->findings->pdata[i];
                const OmgFinding *other = g_hash_table_lookup(map, finding);
                if (!other || get_weight(other) < get_weight(finding))
                        (void)g_hash_table_replace(map, finding, finding);
        }
        return map;
}

GPtrArray *omg_audit_list_new(const OmgAudit *before, const OmgAudit *after)
{
        GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)omg_finding_unref);
        g_autoptr(GHashTable) old = map_findings(before);
        g_autoptr(GHashTable) new = map_findings(after);
        GHashTableIter iter;
        gpointer finding;

        g_hash_table_iter_init(&iter, new);
        while (g_hash_table_iter_next(&iter, NULL, &finding))
                if (get_weight(finding) > get_weight(g_hash_table_lookup(old, finding)))
                        g_ptr_array_add(list, omg_finding_ref(finding));
        g_ptr_array_sort(list, omg_finding_compare);
        return list;
}

GPtrArray *omg_findings_list_ids(const GPtrArray *findings, guint max)
{
        GPtrArray *ids = g_ptr_array_new();

        for (guint i = 0; i < findings->len; i++)
                g_ptr_array_add(ids, ((const OmgFinding *)findings->pdata[i])->id);
        g_ptr_array_sort(ids, omg_text_compare_pointers);
        for (guint i = 1; i < ids->len; i++)
                if (strcmp(ids->pdata[i - 1], ids->pdata[i]) == 0)
                        g_ptr_array_remove_index(ids, i--);
        if (ids->len > max)
                g_ptr_array_set_size(ids, (int)max);
        return ids;
}
