/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/changes.h"

#include <string.h>

#include "base/text.h"
#include "engine/audit-changes.h"
#include "engine/rows.h"
#include "engine/security-known.h"

void omg_changes_free(OmgChanges *changes)
{
        if (!changes)
                return;
        g_ptr_array_unref(changes->installed);
        g_ptr_array_unref(changes->repositories);
        g_ptr_array_unref(changes->new_findings);
        g_ptr_array_unref(changes->maintainers);
        g_free(changes);
}

static const OmgPackageRecord *record_by_name(const OmgLayer *layer, guint position)
{
        return omg_layer_get_record(layer, omg_layer_get_by_name(layer, position));
}

static int compare_records(const OmgLayer *a, const OmgPackageRecord *x, const OmgLayer *b,
                           const OmgPackageRecord *y)
{
        int r = strcmp(omg_layer_get_text(a, x->folded_name),
                       omg_layer_get_text(b, y->folded_name));
        return r != 0 ? r : strcmp(omg_layer_get_text(a, x->name), omg_layer_get_text(b, y->name));
}

static gboolean same_package(const OmgLayer *a, const OmgPackageRecord *x, const OmgLayer *b,
                             const OmgPackageRecord *y)
{
        const guint reason = OMG_PACKAGE_EXPLICIT;

        return strcmp(omg_layer_get_text(a, x->version), omg_layer_get_text(b, y->version)) == 0 &&
               (x->flags & reason) == (y->flags & reason);
}

static void add_name(GPtrArray *names, const OmgLayer *layer, const OmgPackageRecord *record)
{
        g_ptr_array_add(names, g_strdup(omg_layer_get_text(layer, record->name)));
}

/* Merges the two lists, both by name. */
static void compare_installed(const OmgLayer *before, const OmgLayer *after, GPtrArray *names)
{
        guint n = before ? omg_layer_get_n_packages(before) : 0;
        guint m = after ? omg_layer_get_n_packages(after) : 0;

        for (guint i = 0, j = 0; i < n || j < m;) {
                const OmgPackageRecord *x = i < n ? record_by_name(before, i) : NULL;
                const OmgPackageRecord *y = j < m ? record_by_name(after, j) : NULL;
                int order = !x ? 1 : !y ? -1 : compare_records(before, x, after, y);
                if (order < 0)
                        add_name(names, before, x);
                else if (order > 0 || !same_package(before, x, after, y))
                        add_name(names, after, y);
                i += order <= 0;
                j += order >= 0;
        }
}

GPtrArray *omg_changes_list_installed(const OmgLayer *before, const OmgLayer *after)
{
        GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

        if (before != after)
                compare_installed(before, after, names);
        return names;
}

/* For each repository of a layer a digest of its content: place and each package. */
static GHashTable *digest_repositories(const OmgLayer *layer)
{
        guint n = layer ? omg_layer_get_n_repositories(layer) : 0;
        GHashTable *table = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        g_autofree guint64 *digests = g_new0(guint64, n + 1);

        for (guint id = 0; n > 0 && id < omg_layer_get_n_packages(layer); id++) {
                const OmgPackageRecord *r = omg_layer_get_record(layer, id);
                if (r->repository >= n)
                        continue;
                guint64 *digest = &digests[r->repository];
                *digest = *digest * 31 + g_str_hash(omg_layer_get_text(layer, r->name));
                *digest = *digest * 31 + g_str_hash(omg_layer_get_text(layer, r->version));
                *digest = *digest * 31 + g_str_hash(omg_layer_get_text(layer, r->description));
                *digest = *digest * 31 + r->details_size + r->installed_size + r->download_size;
        }
        for (guint i = 0; i < n; i++) {
                const OmgRepositoryRecord *r = omg_layer_get_repository(layer, i);
                g_hash_table_insert(table, g_strdup(omg_layer_get_text(layer, r->name)),
                                    g_strdup_printf("%u %u %" G_GINT64_MODIFIER "x", i,
                                                    r->n_packages, digests[i]));
        }
        return table;
}

static void compare_repositories(const OmgLayer *before, const OmgLayer *after, GPtrArray *names)
{
        g_autoptr(GHashTable) old = digest_repositories(before);
        g_autoptr(GHashTable) new = digest_repositories(after);
        GHashTableIter iter;
        gpointer name, digest;

        g_hash_table_iter_init(&iter, old);
        while (g_hash_table_iter_next(&iter, &name, NULL))
                if (!g_hash_table_contains(new, name))
                        g_ptr_array_add(names, g_strdup(name));
        g_hash_table_iter_init(&iter, new);
        while (g_hash_table_iter_next(&iter, &name, &digest))
                if (g_strcmp0(g_hash_table_lookup(old, name), digest) != 0)
                        g_ptr_array_add(names, g_strdup(name));
        g_ptr_array_sort(names, omg_text_compare_pointers);
}

/* What a row of the AUR says beside its versions. */
static void describe_aur(const OmgPackage *aur, GString *text)
{
        const OmgFieldValue *maintainer = &aur->fields[OMG_FIELD_MAINTAINER];
        const OmgFieldValue *out_of_date = &aur->fields[OMG_FIELD_OUT_OF_DATE];

        if (maintainer->present)
                g_string_append_printf(text, " of %s", maintainer->string);
        if (out_of_date->present)
                g_string_append_printf(text, " since %" G_GUINT64_FORMAT, out_of_date->number);
}

/* The rows of ListUpdates as text: equal exactly when the list is. */
static char *describe_updates(const OmgSnapshot *s)
{
        GString *text = g_string_new(NULL);

        for (guint i = 0; s && i < s->updates->len; i++) {
                OmgUpdateView v;
                omg_update_view(s, &g_array_index(s->updates, OmgUpdate, i), &v);
                g_string_append_printf(text, "%s %s %s %s %u", v.name, v.old_version, v.new_version,
                                       v.repository, v.flags);
                for (guint j = 0; v.replaces && j < v.replaces->len; j++)
                        g_string_append_printf(text, " -%s", (char *)v.replaces->pdata[j]);
                if (v.replaced_by)
                        g_string_append_printf(text, " +%s", v.replaced_by);
                if (v.aur)
                        describe_aur(v.aur, text);
                g_string_append_c(text, '\n');
                omg_update_view_clear(&v);
        }
        return g_string_free(text, FALSE);
}

static void compare_findings(OmgChanges *changes, const OmgSnapshot *before,
                             const OmgSnapshot *after)
{
        const OmgAudit *old = omg_security_get_audit(before, NULL);
        const OmgAudit *new = omg_security_get_audit(after, NULL);

        changes->findings = !omg_audit_equal(old, new);
        if (!changes->findings)
                return;
        g_ptr_array_unref(changes->new_findings);
        changes->new_findings = omg_audit_list_new(old, new);
}

OmgChanges *omg_changes_new(const OmgSnapshot *before, const OmgSnapshot *after)
{
        OmgChanges *changes = g_new0(OmgChanges, 1);
        changes->repositories = g_ptr_array_new_with_free_func(g_free);
        changes->new_findings = g_ptr_array_new();
        changes->maintainers = g_ptr_array_new();
        changes->any = !before || before->generation != after->generation;
        if (!before) {
                changes->installed = g_ptr_array_new_with_free_func(g_free);
                return changes;
        }
        changes->installed = omg_changes_list_installed(before->local, after->local);
        changes->security = !omg_security_equal(before->security, after->security);
        compare_findings(changes, before, after);
        if (before->sync != after->sync)
                compare_repositories(before->sync, after->sync, changes->repositories);
        if (before->aur != after->aur &&
            !(before->aur && after->aur && omg_layer_has_content_of(before->aur, after->aur)))
                g_ptr_array_add(changes->repositories, g_strdup(OMG_REPOSITORY_AUR));
        g_autofree char *old_updates = describe_updates(before);
        g_autofree char *new_updates = describe_updates(after);
        changes->updates = strcmp(old_updates, new_updates) != 0;
        return changes;
}
