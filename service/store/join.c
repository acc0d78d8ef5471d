/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/join.h"

#include <fnmatch.h>
#include <string.h>

#include "base/depend.h"
#include "base/version.h"

/* alpm matches with fnmatch and flags 0. */
static gboolean matches_any(GStrv patterns, const char *name)
{
        for (char **p = patterns; p && *p; p++)
                if (fnmatch(*p, name, 0) == 0)
                        return TRUE;
        return FALSE;
}

static const char *get_name(const OmgLayer *layer, guint32 id)
{
        return omg_layer_get_text(layer, omg_layer_get_record(layer, id)->name);
}

static const char *get_version(const OmgLayer *layer, guint32 id)
{
        return omg_layer_get_text(layer, omg_layer_get_record(layer, id)->version);
}

static void set_bit(guint8 *bits, guint n, guint32 id)
{
        if (id < n)
                bits[id / 8] |= 1u << (id % 8);
}

static void ignore_pattern(const OmgLayer *layer, const char *pattern, guint8 *bits)
{
        guint n = omg_layer_get_n_packages(layer);

        if (!strpbrk(pattern, "*?[\\")) {
                guint64 cursor = 0;
                guint id;
                while ((id = omg_layer_find(layer, pattern, strlen(pattern), &cursor)) !=
                       OMG_NO_PACKAGE)
                        set_bit(bits, n, id);
                return;
        }
        for (guint id = 0; id < n; id++)
                if (fnmatch(pattern, get_name(layer, id), 0) == 0)
                        set_bit(bits, n, id);
}

/* A bit for each package that alpm_pkg_should_ignore holds back; NULL when there is nothing to
 * ignore. */
static guint8 *find_ignored(const OmgLayer *layer, const OmgPacmanConf *conf)
{
        gboolean any = (conf->ignore_packages && conf->ignore_packages[0]) ||
                       (conf->ignore_groups && conf->ignore_groups[0]);
        if (!layer || !any)
                return NULL;

        guint n = omg_layer_get_n_packages(layer);
        guint8 *bits = g_malloc0(n / 8 + 1);
        for (char **p = conf->ignore_packages; p && *p; p++)
                ignore_pattern(layer, *p, bits);

        gsize groups_size, members_size;
        const OmgGroupRecord *groups =
                omg_layer_get_section(layer, OMG_SECTION_GROUPS, &groups_size);
        const guint32 *members =
                omg_layer_get_section(layer, OMG_SECTION_GROUP_MEMBERS, &members_size);
        gsize n_members = members_size / sizeof(guint32);
        for (gsize i = 0; i < groups_size / sizeof(OmgGroupRecord); i++) {
                if (!matches_any(conf->ignore_groups, omg_layer_get_text(layer, groups[i].name)))
                        continue;
                for (gsize m = groups[i].first;
                     m < (gsize)groups[i].first + groups[i].count && m < n_members; m++)
                        set_bit(bits, n, members[m]);
        }
        return bits;
}

static gboolean has_bit(const guint8 *bits, guint32 id)
{
        return bits && (bits[id / 8] & (1u << (id % 8)));
}

typedef struct {
        OmgSnapshot *snapshot;
        guint8 *local_ignored;
        guint n_repositories;
        guint *usage;          /* by repository of the sync layer */
        GHashTable *replacers; /* name of a replaced package → GArray of sync ids, in id order */
} Join;

static guint get_repository(const Join *join, guint32 sync_id)
{
        return omg_layer_get_record(join->snapshot->sync, sync_id)->repository;
}

static gboolean may_upgrade(const Join *join, guint repository)
{
        return repository < join->n_repositories && (join->usage[repository] & OMG_USAGE_UPGRADE);
}

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

/* The row of the package @sync_id that replaces others; made when there is none yet. */
static void add_replacement(Join *join, GHashTable *rows, guint32 local_id, guint32 sync_id)
{
        GArray *replaced = g_hash_table_lookup(rows, GUINT_TO_POINTER(sync_id + 1));

        if (!replaced) {
                replaced = g_array_new(FALSE, FALSE, sizeof(guint32));
                g_hash_table_insert(rows, GUINT_TO_POINTER(sync_id + 1), replaced);
        }
        g_array_append_val(replaced, local_id);
}

/* libalpm's check_replacers for one database. Sets *ret_held when a replacement is held back. */
static gboolean find_replacements(Join *join, GHashTable *rows, GHashTable *held_rows,
                                  guint32 local_id, guint repository)
{
        const OmgSnapshot *s = join->snapshot;
        const GArray *list = g_hash_table_lookup(join->replacers, get_name(s->local, local_id));
        gboolean found = FALSE;

        for (guint i = 0; list && i < list->len; i++) {
                const OmgReplaceRecord *r = &g_array_index(list, OmgReplaceRecord, i);
                OmgDepend depend;
                if (get_repository(join, r->package) != repository)
                        continue;
                omg_depend_parse(omg_layer_get_text(s->sync, r->replaced), -1, &depend);
                if (!omg_depend_matches_literal(&depend, get_name(s->local, local_id),
                                                get_version(s->local, local_id)))
                        continue;
                gboolean held =
                        has_bit(s->ignored, r->package) || has_bit(join->local_ignored, local_id);
                add_replacement(join, held ? held_rows : rows, local_id, r->package);
                found = found || !held;
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

/* The package that pacman -Su would install for this one, by alpm_sync_sysupgrade: in the order of
 * the repositories that may upgrade, first what replaces it, else what has its name. */
static guint32 find_upgrade(Join *join, GHashTable *rows, GHashTable *held_rows, guint32 local_id,
                            gboolean *ret_replaced)
{
        const OmgSnapshot *s = join->snapshot;
        const char *name = get_name(s->local, local_id);

        for (guint repository = 0; repository < join->n_repositories; repository++) {
                if (!may_upgrade(join, repository))
                        continue;
                if (find_replacements(join, rows, held_rows, local_id, repository)) {
                        *ret_replaced = TRUE;
                        return OMG_NO_PACKAGE;
                }
                guint32 id = find_in_repository(s->sync, name, repository);
                if (id != OMG_NO_PACKAGE)
                        return omg_version_compare(get_version(s->sync, id),
                                                   get_version(s->local, local_id)) > 0
                                       ? id
                                       : OMG_NO_PACKAGE;
        }
        return OMG_NO_PACKAGE;
}

static void add_update(OmgSnapshot *s, OmgUpdate update)
{
        g_array_append_val(s->updates, update);
        if (update.replaced)
                return;
        if (update.flags & OMG_UPD_IGNORED)
                s->n_ignored_updates++;
        else
                s->n_updates++;
}

static void join_package(Join *join, GHashTable *rows, GHashTable *held_rows, guint32 local_id)
{
        OmgSnapshot *s = join->snapshot;
        OmgInstalled *installed = &s->installed[local_id];
        gboolean replaced = FALSE, held = has_bit(join->local_ignored, local_id);

        if (held)
                installed->flags |= OMG_PKG_IGNORED;
        if (!s->sync)
                return;
        const char *name = get_name(s->local, local_id);
        guint32 first = omg_layer_find(s->sync, name, strlen(name), NULL);
        installed->sync_id = first;
        if (first == OMG_NO_PACKAGE) {
                installed->flags |= OMG_PKG_FOREIGN;
                s->n_foreign++;
        }

        guint32 upgrade = find_upgrade(join, rows, held_rows, local_id, &replaced);
        /* pacman -Qu looks at the first repository only, whatever its Usage. What it shows beyond
         * the upgrade is held back. */
        if (upgrade == OMG_NO_PACKAGE && first != OMG_NO_PACKAGE &&
            omg_version_compare(get_version(s->sync, first), get_version(s->local, local_id)) > 0) {
                upgrade = first;
                held = held || !may_upgrade(join, get_repository(join, first));
        }
        if (upgrade == OMG_NO_PACKAGE)
                return;
        held = held || has_bit(s->ignored, upgrade);
        installed->flags |= OMG_PKG_UPGRADABLE;
        add_update(s, (OmgUpdate){.local_id = local_id,
                                  .sync_id = upgrade,
                                  .flags = held ? OMG_UPD_IGNORED : 0,
                                  .replaced = replaced});
}

static void add_replacement_rows(OmgSnapshot *s, GHashTable *rows, guint flags)
{
        GHashTableIter iter;
        gpointer key, value;

        g_hash_table_iter_init(&iter, rows);
        while (g_hash_table_iter_next(&iter, &key, &value)) {
                const GArray *ids = value;
                OmgUpdate update = {
                        .local_id = g_array_index(ids, guint32, 0),
                        .sync_id = GPOINTER_TO_UINT(key) - 1,
                        .flags = flags | OMG_UPD_REPLACES,
                        .replaces_first = s->replaced->len,
                        .n_replaces = ids->len,
                };
                g_array_append_vals(s->replaced, ids->data, ids->len);
                add_update(s, update);
        }
}

static int compare_updates(gconstpointer a, gconstpointer b, gpointer userdata)
{
        const OmgSnapshot *s = userdata;
        const OmgUpdate *x = a, *y = b;
        int r = strcmp(get_name(s->sync, x->sync_id), get_name(s->sync, y->sync_id));

        if (r == 0)
                r = (int)(x->flags & OMG_UPD_REPLACES) - (int)(y->flags & OMG_UPD_REPLACES);
        if (r == 0)
                r = x->sync_id < y->sync_id ? -1 : x->sync_id > y->sync_id;
        return r;
}

static void join_local(Join *join)
{
        OmgSnapshot *s = join->snapshot;
        guint n = omg_layer_get_n_packages(s->local);
        g_autoptr(GHashTable) rows =
                g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_array_unref);
        g_autoptr(GHashTable) held_rows =
                g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_array_unref);

        s->installed = g_new0(OmgInstalled, n + 1);
        for (guint position = 0; position < n; position++) {
                /* By name, so that the first of several replaced packages is the first by name. */
                guint id = omg_layer_get_by_name(s->local, position);
                if (id == OMG_NO_PACKAGE)
                        continue;
                guint flags = omg_layer_get_record(s->local, id)->flags;
                s->installed[id] = (OmgInstalled){OMG_NO_PACKAGE, OMG_PKG_INSTALLED};
                if (flags & OMG_PACKAGE_EXPLICIT)
                        s->installed[id].flags |= OMG_PKG_EXPLICIT;
                if (flags & OMG_PACKAGE_ORPHAN)
                        s->installed[id].flags |= OMG_PKG_ORPHAN;
                s->n_explicit += (flags & OMG_PACKAGE_EXPLICIT) != 0;
                s->n_orphans += (flags & OMG_PACKAGE_ORPHAN) != 0;
                join_package(join, rows, held_rows, id);
        }
        if (!s->sync)
                return;
        add_replacement_rows(s, rows, 0);
        add_replacement_rows(s, held_rows, OMG_UPD_IGNORED);
        g_array_sort_with_data(s->updates, compare_updates, s);
}

void omg_join(OmgSnapshot *snapshot)
{
        Join join = {.snapshot = snapshot};

        if (!snapshot->conf)
                return;
        snapshot->ignored = find_ignored(snapshot->sync, snapshot->conf);
        if (!snapshot->local)
                return;
        if (snapshot->sync) {
                join.n_repositories = omg_layer_get_n_repositories(snapshot->sync);
                join.replacers = index_replacers(snapshot->sync);
        }
        join.usage = get_usages(snapshot, join.n_repositories);
        join.local_ignored = find_ignored(snapshot->local, snapshot->conf);
        join_local(&join);
        g_free(join.local_ignored);
        g_free(join.usage);
        g_clear_pointer(&join.replacers, g_hash_table_unref);
}
