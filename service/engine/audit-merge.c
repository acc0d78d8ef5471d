/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "engine/audit-private.h"

static gboolean lists_meet(GStrv a, GStrv b)
{
        for (char **text = a; *text; text++)
                if (g_strv_contains((const char *const *)b, *text))
                        return TRUE;
        return FALSE;
}

/* Whether two findings of OSV are about one flaw: an id of one is among those of the other. */
static gboolean is_same(const OmgFinding *a, const OmgFinding *b)
{
        return strcmp(a->id, b->id) == 0 || lists_meet(a->cves, b->cves) ||
               lists_meet(a->aliases, b->aliases) ||
               g_strv_contains((const char *const *)a->aliases, b->id) ||
               g_strv_contains((const char *const *)b->aliases, a->id);
}

/* Adds what is not there; @except is not added. */
static void add_all(GStrv *list, GStrv more, const char *except)
{
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

        g_strv_builder_addv(builder, (const char **)*list);
        for (char **text = more; *text; text++)
                if (strcmp(*text, except) != 0 &&
                    !g_strv_contains((const char *const *)*list, *text))
                        g_strv_builder_add(builder, *text);
        g_strfreev(*list);
        *list = g_strv_builder_end(builder);
}

/* What @other says of the flaw beside @into. */
static void absorb(OmgFinding *into, const OmgFinding *other)
{
        char *const id[] = {other->id, NULL};

        add_all(&into->cves, other->cves, into->id);
        add_all(&into->aliases, other->aliases, into->id);
        if (!g_str_has_prefix(other->id, "CVE-"))
                add_all(&into->aliases, (GStrv)id, into->id);
        if (other->score != OMG_NO_SCORE &&
            (into->score == OMG_NO_SCORE || other->score > into->score)) {
                into->score = other->score;
                g_free(into->vector);
                into->vector = g_strdup(other->vector);
        }
        if (into->is_osv)
                into->severity = MAX(into->severity, other->severity);
        if (!*into->summary && *other->summary) {
                g_free(into->summary);
                into->summary = g_strdup(other->summary);
        }
}

/* What is known best first, then by id: the first of a flaw speaks for it. */
static int compare(gconstpointer a, gconstpointer b)
{
        const OmgFinding *x = *(const OmgFinding *const *)a;
        const OmgFinding *y = *(const OmgFinding *const *)b;

        return x->state != y->state ? (x->state < y->state ? -1 : 1) : strcmp(x->id, y->id);
}

/* Until no two are the same: one may join two that did not know of each other. */
static void merge_osv(GPtrArray *osv)
{
        gboolean merged = TRUE;

        g_ptr_array_sort(osv, compare);
        while (merged) {
                merged = FALSE;
                for (guint i = 0; i < osv->len; i++)
                        for (guint j = i + 1; j < osv->len; j++) {
                                OmgFinding *into = g_ptr_array_index(osv, i);
                                if (!is_same(into, g_ptr_array_index(osv, j)))
                                        continue;
                                absorb(into, g_ptr_array_index(osv, j));
                                g_ptr_array_remove_index(osv, j--);
                                merged = TRUE;
                        }
        }
}

/* What the tracker leaves open, OSV may know: then its finding stands beside the group, which
 * counts for nothing. */
static gboolean speaks_for(const OmgFinding *group, const OmgFinding *finding)
{
        return omg_finding_is_confirmed(group) || !omg_finding_is_confirmed(finding);
}

/* Whether the tracker says of each of its CVEs that this version has it no more. */
static gboolean is_clean(const OmgFinding *finding, GHashTable *clean)
{
        for (char **cve = finding->cves; *cve; cve++)
                if (!g_hash_table_contains(clean, *cve))
                        return FALSE;
        return finding->cves[0] != NULL;
}

void omg_audit_merge(GPtrArray *tracker, GPtrArray *osv, GHashTable *clean)
{
        merge_osv(osv);
        for (guint i = 0; i < osv->len; i++) {
                const OmgFinding *finding = g_ptr_array_index(osv, i);
                gboolean known = is_clean(finding, clean);
                for (guint j = 0; j < tracker->len; j++) {
                        OmgFinding *group = g_ptr_array_index(tracker, j);
                        if (!lists_meet(group->cves, finding->cves))
                                continue;
                        absorb(group, finding);
                        known = known || speaks_for(group, finding);
                }
                if (known)
                        g_ptr_array_remove_index(osv, i--);
        }
}
