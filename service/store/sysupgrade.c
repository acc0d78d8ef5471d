/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/sysupgrade.h"

#include <string.h>

#include "base/depend.h"
#include "base/version.h"

typedef struct {
        const OmgSnapshot *snapshot;
        const guint8 *local_ignored;
        guint n_repositories;
        guint *usage;          /* OmgUsage by repository of the sync layer */
        GHashTable *replacers; /* name of a replaced package → GArray of OmgReplaceRecord */
        GHashTable *names;     /* name → its OmgTarget; both borrowed */
        OmgSysupgrade *result;
} Upgrade;

static guint *get_usages(const OmgSnapshot *snapshot, guint n)
{
        guint *usage = g_new0(guint, n + 1);

        for (guint i = 0; i < n; i++) {
                const OmgRepositoryRecord *record = omg_layer_get_repository(snapshot->sync, i);
                const OmgRepository *repository = omg_pacman_conf_get_repository(
                        snapshot->conf, omg_layer_get_text(snapshot->sync, record->name));
                usage[i] = repository ? repository->usage : OMG_USAGE_ALL;
        }
        return usage;
}

static GHashTable *index_replacers(const OmgLayer *sync)
{
        GHashTable *table = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                                  (GDestroyNotify)g_array_unref);
        gsize size;
        const OmgReplaceRecord *records = omg_layer_get_section(sync, OMG_SECTION_REPLACES, &size);

        for (gsize i = 0; i < size / sizeof(OmgReplaceRecord); i++) {
                OmgDepend depend;
                if (records[i].package >= omg_layer_get_n_packages(sync))
                        continue;
                omg_depend_parse(omg_layer_get_text(sync, records[i].replaced), -1, &depend);
                g_autofree char *name = g_strndup(depend.name, depend.name_length);
                GArray *list = g_hash_table_lookup(table, name);
                if (!list) {
                        list = g_array_new(FALSE, FALSE, sizeof(OmgReplaceRecord));
                        g_hash_table_insert(table, g_steal_pointer(&name), list);
                }
                g_array_append_val(list, records[i]);
        }
        return table;
}

static void target_free(OmgTarget *target)
{
        g_array_unref(target->replaced);
        g_free(target);
}

static OmgTarget *add_target(GPtrArray *targets, guint32 sync_id)
{
        OmgTarget *target = g_new(OmgTarget, 1);

        target->sync_id = sync_id;
        target->replaced = g_array_new(FALSE, FALSE, sizeof(guint32));
        g_ptr_array_add(targets, target);
        return target;
}

/* A replacement that is held back shows once, with all that it would replace. */
static void hold(Upgrade *upgrade, guint32 local_id, guint32 sync_id)
{
        GPtrArray *held = upgrade->result->held;
        OmgTarget *target = NULL;

        for (guint i = 0; i < held->len && !target; i++)
                if (((OmgTarget *)g_ptr_array_index(held, i))->sync_id == sync_id)
                        target = g_ptr_array_index(held, i);
        if (!target)
                target = add_target(held, sync_id);
        if (target->replaced->len == 0 ||
            g_array_index(target->replaced, guint32, target->replaced->len - 1) != local_id)
                g_array_append_val(target->replaced, local_id);
}

/* Makes the package replace the installed one. FALSE when it was a target before: libalpm then goes
 * on to look for the installed package's own name. */
static gboolean replace(Upgrade *upgrade, guint32 local_id, guint32 sync_id)
{
        const OmgLayer *sync = upgrade->snapshot->sync;
        OmgTarget *before = g_hash_table_lookup(upgrade->names, omg_layer_get_name(sync, sync_id));

        if (!before) {
                OmgTarget *target = add_target(upgrade->result->targets, sync_id);
                g_array_append_val(target->replaced, local_id);
                g_hash_table_insert(upgrade->names, (gpointer)omg_layer_get_name(sync, sync_id),
                                    target);
                return TRUE;
        }
        /* The same name of another repository is left alone. */
        if (omg_layer_get_record(sync, before->sync_id)->repository ==
            omg_layer_get_record(sync, sync_id)->repository)
                g_array_append_val(before->replaced, local_id);
        return FALSE;
}

static int compare_replacers(gconstpointer a, gconstpointer b, gpointer sync)
{
        return strcmp(omg_layer_get_name(sync, ((const OmgReplaceRecord *)a)->package),
                      omg_layer_get_name(sync, ((const OmgReplaceRecord *)b)->package));
}

/* libalpm's check_replacers, for one repository. TRUE: something new replaces the package. */
static gboolean check_replacers(Upgrade *upgrade, guint32 local_id, guint repository)
{
        const OmgSnapshot *s = upgrade->snapshot;
        const char *name = omg_layer_get_name(s->local, local_id);
        GArray *list = g_hash_table_lookup(upgrade->replacers, name);
        guint32 last = OMG_NO_PACKAGE;
        gboolean found = FALSE;

        if (!list)
                return FALSE;
        g_array_sort_with_data(list, compare_replacers, s->sync);
        for (guint i = 0; i < list->len; i++) {
                const OmgReplaceRecord *r = &g_array_index(list, OmgReplaceRecord, i);
                OmgDepend depend;
                if (omg_layer_get_record(s->sync, r->package)->repository != repository ||
                    r->package == last)
                        continue;
                omg_depend_parse(omg_layer_get_text(s->sync, r->replaced), -1, &depend);
                if (!omg_depend_matches_literal(&depend, name,
                                                omg_layer_get_version(s->local, local_id)))
                        continue;
                last = r->package;
                if (omg_snapshot_is_ignored(s, r->package) ||
                    omg_bits_has(upgrade->local_ignored, local_id))
                        hold(upgrade, local_id, r->package);
                else
                        found = replace(upgrade, local_id, r->package) || found;
        }
        return found;
}

static guint32 find_in_repository(const OmgLayer *sync, const char *name, guint repository)
{
        guint64 cursor = 0;
        guint32 id;

        while ((id = omg_layer_find(sync, name, strlen(name), &cursor)) != OMG_NO_PACKAGE)
                if (omg_layer_get_record(sync, id)->repository == repository)
                        return id;
        return OMG_NO_PACKAGE;
}

/* libalpm's check_literal. */
static void check_literal(Upgrade *upgrade, guint32 local_id, guint32 sync_id)
{
        const OmgSnapshot *s = upgrade->snapshot;

        if (omg_version_compare(omg_layer_get_version(s->sync, sync_id),
                                omg_layer_get_version(s->local, local_id)) <= 0 ||
            omg_snapshot_is_ignored(s, sync_id) || omg_bits_has(upgrade->local_ignored, local_id))
                return;
        g_hash_table_insert(upgrade->names, (gpointer)omg_layer_get_name(s->sync, sync_id),
                            add_target(upgrade->result->targets, sync_id));
}

static void upgrade_package(Upgrade *upgrade, guint32 local_id)
{
        const OmgSnapshot *s = upgrade->snapshot;
        const char *name = omg_layer_get_name(s->local, local_id);

        if (g_hash_table_contains(upgrade->names, name))
                return;
        for (guint i = 0; i < upgrade->n_repositories; i++) {
                if (!(upgrade->usage[i] & OMG_USAGE_UPGRADE))
                        continue;
                if (check_replacers(upgrade, local_id, i))
                        return;
                guint32 id = find_in_repository(s->sync, name, i);
                if (id == OMG_NO_PACKAGE)
                        continue;
                check_literal(upgrade, local_id, id);
                return;
        }
}

OmgSysupgrade *omg_sysupgrade_new(const OmgSnapshot *snapshot, const guint8 *local_ignored,
                                  const GArray *by_name)
{
        guint n = omg_layer_get_n_repositories(snapshot->sync);
        g_autofree guint *usage = get_usages(snapshot, n);
        g_autoptr(GHashTable) replacers = index_replacers(snapshot->sync);
        g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
        OmgSysupgrade *result = g_new(OmgSysupgrade, 1);
        Upgrade upgrade = {snapshot, local_ignored, n, usage, replacers, names, result};

        result->targets = g_ptr_array_new_with_free_func((GDestroyNotify)target_free);
        result->held = g_ptr_array_new_with_free_func((GDestroyNotify)target_free);
        for (guint i = 0; i < by_name->len; i++)
                upgrade_package(&upgrade, g_array_index(by_name, guint32, i));
        return result;
}

void omg_sysupgrade_free(OmgSysupgrade *upgrade)
{
        if (!upgrade)
                return;
        g_ptr_array_unref(upgrade->targets);
        g_ptr_array_unref(upgrade->held);
        g_free(upgrade);
}
