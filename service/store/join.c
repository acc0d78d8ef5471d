/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/join.h"

#include <fnmatch.h>
#include <string.h>

#include "base/version.h"
#include "store/run-filter.h"
#include "store/sysupgrade.h"

/* alpm matches with fnmatch and flags 0. */
static gboolean matches_any(GStrv patterns, const char *name)
{
        for (char **p = patterns; p && *p; p++)
                if (fnmatch(*p, name, 0) == 0)
                        return TRUE;
        return FALSE;
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
                if (fnmatch(pattern, omg_layer_get_name(layer, id), 0) == 0)
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

/* The row of pacman -Qu for the package, whatever Usage says; OMG_NO_PACKAGE: it is not outdated
 * there. */
static guint32 find_newer_in_first(const OmgSnapshot *s, guint32 local_id)
{
        guint32 first = s->installed[local_id].sync_id;

        return first != OMG_NO_PACKAGE &&
                               omg_version_compare(omg_layer_get_version(s->sync, first),
                                                   omg_layer_get_version(s->local, local_id)) > 0
                       ? first
                       : OMG_NO_PACKAGE;
}

/* Counts a row that is not there for information. */
static void count_update(OmgSnapshot *s, const OmgUpdate *update)
{
        if (update->flags & OMG_UPD_IGNORED)
                s->n_ignored_updates++;
        else if (update->flags & OMG_UPD_AUR)
                s->n_aur_updates++;
        else
                s->n_updates++;
}

static void add_update(OmgSnapshot *s, OmgUpdate update)
{
        g_array_append_val(s->updates, update);
        if (!(update.flags & OMG_UPD_REPLACES))
                s->installed[update.local_id].flags |= OMG_PKG_UPGRADABLE;
        if (!update.replaced)
                count_update(s, &update);
}

/* The row of a target. One that is installed and gets newer is an upgrade, whatever it replaces
 * too. */
static void add_target(OmgSnapshot *s, const OmgTarget *target, guint flags)
{
        const char *name = omg_layer_get_name(s->sync, target->sync_id);
        guint32 own = omg_layer_find(s->local, name, strlen(name), NULL);
        gboolean newer = own != OMG_NO_PACKAGE &&
                         omg_version_compare(omg_layer_get_version(s->sync, target->sync_id),
                                             omg_layer_get_version(s->local, own)) > 0;
        /* Only a damaged index does not find the package that is to be upgraded: its hash is
         * wrong, or it holds the name twice. */
        if (!newer && target->replaced->len == 0)
                return;
        OmgUpdate update = {
                .local_id = newer ? own : g_array_index(target->replaced, guint32, 0),
                .sync_id = target->sync_id,
                .flags = newer ? flags : flags | OMG_UPD_REPLACES,
                .replaces_first = s->replaced->len,
                .n_replaces = target->replaced->len,
        };

        g_array_append_vals(s->replaced, target->replaced->data, target->replaced->len);
        add_update(s, update);
}

/* A replacement that is held back; nothing when its package comes anyway. */
static void add_held(OmgSnapshot *s, const OmgTarget *target)
{
        const char *name = omg_layer_get_name(s->sync, target->sync_id);

        for (guint i = 0; i < s->updates->len; i++)
                if (strcmp(omg_layer_get_name(s->sync,
                                              g_array_index(s->updates, OmgUpdate, i).sync_id),
                           name) == 0)
                        return;
        add_target(s, target, OMG_UPD_IGNORED);
}

/* What the user would see of each installed package: by pacman -Su, else by pacman -Qu. */
static void join_updates(OmgSnapshot *s, const guint8 *local_ignored, const GArray *by_name)
{
        g_autoptr(OmgSysupgrade) upgrade = omg_sysupgrade_new(s, local_ignored, by_name);
        g_autofree gboolean *replaced = g_new0(gboolean, by_name->len + 1);

        for (guint i = 0; i < upgrade->targets->len; i++)
                add_target(s, g_ptr_array_index(upgrade->targets, i), 0);
        for (guint i = 0; i < s->replaced->len; i++)
                replaced[g_array_index(s->replaced, guint32, i)] = TRUE;
        for (guint i = 0; i < by_name->len; i++) {
                guint32 id = g_array_index(by_name, guint32, i);
                guint32 newer = find_newer_in_first(s, id);
                if (newer != OMG_NO_PACKAGE && !(s->installed[id].flags & OMG_PKG_UPGRADABLE))
                        add_update(s, (OmgUpdate){.local_id = id,
                                                  .sync_id = newer,
                                                  .flags = replaced[id] ? 0 : OMG_UPD_IGNORED,
                                                  .replaced = replaced[id]});
        }
        for (guint i = 0; i < upgrade->held->len; i++)
                add_held(s, g_ptr_array_index(upgrade->held, i));
}

static int compare_updates(gconstpointer a, gconstpointer b, gpointer userdata)
{
        const OmgSnapshot *s = userdata;
        const OmgUpdate *x = a, *y = b;
        int r = strcmp(omg_layer_get_name(omg_snapshot_get_update_layer(s, x), x->sync_id),
                       omg_layer_get_name(omg_snapshot_get_update_layer(s, y), y->sync_id));

        if (r == 0)
                r = (int)(x->flags & OMG_UPD_AUR) - (int)(y->flags & OMG_UPD_AUR);
        if (r == 0)
                r = (int)(x->flags & OMG_UPD_REPLACES) - (int)(y->flags & OMG_UPD_REPLACES);
        if (r == 0)
                r = x->sync_id < y->sync_id ? -1 : x->sync_id > y->sync_id;
        return r;
}

static int compare_names(gconstpointer a, gconstpointer b, gpointer layer)
{
        return strcmp(omg_layer_get_name(layer, *(const guint32 *)a),
                      omg_layer_get_name(layer, *(const guint32 *)b));
}

/* The ids of a layer in pacman's order, which is that of the bytes of the names. */
static GArray *sort_by_name(OmgLayer *layer)
{
        guint n = omg_layer_get_n_packages(layer);
        GArray *ids = g_array_sized_new(FALSE, FALSE, sizeof(guint32), n);

        for (guint32 id = 0; id < n; id++)
                g_array_append_val(ids, id);
        g_array_sort_with_data(ids, compare_names, layer);
        return ids;
}

static void add_foreign_runs(OmgSnapshot *s, const OmgPackageRecord *record)
{
        gsize len = record->folded_name_len;
        const char *text = omg_layer_get_span(s->local, record->folded_name, &len);

        omg_run_filter_add(s->foreign_runs, text, len);
        len = record->folded_description_len;
        text = omg_layer_get_span(s->local, record->folded_description, &len);
        omg_run_filter_add(s->foreign_runs, text, len);
}

static void join_installed(OmgSnapshot *s, const guint8 *local_ignored, guint32 id)
{
        OmgInstalled *installed = &s->installed[id];
        guint flags = omg_layer_get_record(s->local, id)->flags;

        *installed = (OmgInstalled){OMG_NO_PACKAGE, OMG_NO_PACKAGE, OMG_PKG_INSTALLED};
        if (flags & OMG_PACKAGE_EXPLICIT)
                installed->flags |= OMG_PKG_EXPLICIT;
        if (flags & OMG_PACKAGE_ORPHAN)
                installed->flags |= OMG_PKG_ORPHAN;
        if (omg_bits_has(local_ignored, id))
                installed->flags |= OMG_PKG_IGNORED;
        s->n_explicit += (flags & OMG_PACKAGE_EXPLICIT) != 0;
        s->n_orphans += (flags & OMG_PACKAGE_ORPHAN) != 0;
        if (!s->sync)
                return;
        const char *name = omg_layer_get_name(s->local, id);
        guint64 cursor = 0;
        guint32 sync_id = omg_layer_find(s->sync, name, strlen(name), &cursor);
        installed->sync_id = sync_id;
        if (sync_id == OMG_NO_PACKAGE) {
                installed->flags |= OMG_PKG_FOREIGN;
                s->foreign[id / 64] |= 1ull << (id % 64);
                add_foreign_runs(s, omg_layer_get_record(s->local, id));
                s->n_foreign++;
        }
        for (; sync_id != OMG_NO_PACKAGE;
             sync_id = omg_layer_find(s->sync, name, strlen(name), &cursor))
                s->sync_installed[sync_id / 64] |= 1ull << (sync_id % 64);
}

/* The packages of repositories that pacman -Ss searches; NULL when it searches all. */
static guint64 *find_searchable(const OmgLayer *sync, const OmgPacmanConf *conf)
{
        guint n = sync ? omg_layer_get_n_repositories(sync) : 0, n_hidden = 0;
        gsize n_words = sync ? omg_bitmap_words(omg_layer_get_n_packages(sync)) : 0;
        g_autofree guint64 *bits = g_new0(guint64, n_words);

        for (guint r = 0; r < n; r++) {
                const char *name =
                        omg_layer_get_text(sync, omg_layer_get_repository(sync, r)->name);
                const OmgRepository *repository = omg_pacman_conf_get_repository(conf, name);
                const guint64 *own = omg_layer_get_repository_bits(sync, r);
                if (repository && !(repository->usage & OMG_USAGE_SEARCH)) {
                        n_hidden++;
                        continue;
                }
                for (gsize i = 0; i < n_words; i++)
                        bits[i] |= own[i];
        }
        return n_hidden > 0 ? g_steal_pointer(&bits) : NULL;
}

/* ---- the AUR ---- */

/* A foreign package against the AUR. Other than a repository's it is nothing that pacman would
 * upgrade, whatever the policy for versions of that are. */
static void join_foreign(OmgSnapshot *s, guint32 local_id, guint32 aur_id, gboolean is_replaced)
{
        OmgInstalled *installed = &s->installed[local_id];
        guint flags = omg_layer_get_record(s->aur, aur_id)->flags;

        installed->aur_id = aur_id;
        s->only_local[local_id / 64] &= ~(1ull << (local_id % 64));
        s->n_only_local--;
        if (flags & OMG_PACKAGE_OUT_OF_DATE)
                installed->flags |= OMG_PKG_OUT_OF_DATE;
        if (flags & OMG_PACKAGE_NO_MAINTAINER)
                installed->flags |= OMG_PKG_NO_MAINTAINER;
        if (omg_version_compare(omg_layer_get_version(s->aur, aur_id),
                                omg_layer_get_version(s->local, local_id)) > 0)
                add_update(s, (OmgUpdate){
                                      .local_id = local_id,
                                      .sync_id = aur_id,
                                      .replaced = is_replaced,
                                      .flags = OMG_UPD_AUR |
                                               (installed->flags & OMG_PKG_IGNORED ? OMG_UPD_IGNORED
                                                                                   : 0),
                              });
}

/* What a repository's package replaces is gone before anybody builds it anew. A bit for each local
 * id. */
static guint64 *find_replaced(const OmgSnapshot *s)
{
        guint64 *bits = g_new0(guint64, omg_bitmap_words(omg_layer_get_n_packages(s->local)));

        for (guint i = 0; i < s->updates->len; i++) {
                const OmgUpdate *update = &g_array_index(s->updates, OmgUpdate, i);
                for (guint j = 0; j < update->n_replaces && !(update->flags & OMG_UPD_IGNORED);
                     j++) {
                        guint32 id =
                                g_array_index(s->replaced, guint32, update->replaces_first + j);
                        bits[id / 64] |= 1ull << (id % 64);
                }
        }
        return bits;
}

static void join_aur(OmgSnapshot *s)
{
        g_autofree guint64 *replaced = find_replaced(s);
        guint n = omg_layer_get_n_packages(s->local), n_aur = omg_layer_get_n_packages(s->aur);

        s->aur_installed = g_new0(guint64, omg_bitmap_words(n_aur));
        for (guint32 id = 0; id < n; id++) {
                const char *name = omg_layer_get_name(s->local, id);
                guint32 aur_id = omg_layer_find(s->aur, name, strlen(name), NULL);
                if (aur_id == OMG_NO_PACKAGE)
                        continue;
                s->aur_installed[aur_id / 64] |= 1ull << (aur_id % 64);
                if (omg_bitmap_has(s->foreign, id))
                        join_foreign(s, id, aur_id, omg_bitmap_has(replaced, id));
        }
}

void omg_join(OmgSnapshot *snapshot)
{
        if (!snapshot->conf)
                return;
        snapshot->searchable = find_searchable(snapshot->sync, snapshot->conf);
        snapshot->ignored = find_ignored(snapshot->sync, snapshot->conf);
        if (!snapshot->local)
                return;

        guint n = omg_layer_get_n_packages(snapshot->local);
        g_autofree guint8 *local_ignored = find_ignored(snapshot->local, snapshot->conf);
        snapshot->installed = g_new0(OmgInstalled, n + 1);
        snapshot->by_name = sort_by_name(snapshot->local);
        if (snapshot->sync) {
                snapshot->foreign = g_new0(guint64, omg_bitmap_words(n));
                snapshot->foreign_runs = g_malloc0(OMG_RUN_FILTER_SIZE);
                snapshot->sync_installed =
                        g_new0(guint64, omg_bitmap_words(omg_layer_get_n_packages(snapshot->sync)));
        }
        for (guint32 id = 0; id < n; id++)
                join_installed(snapshot, local_ignored, id);
        if (!snapshot->sync)
                return;
        join_updates(snapshot, local_ignored, snapshot->by_name);
        snapshot->only_local =
                g_memdup2(snapshot->foreign, omg_bitmap_words(n) * sizeof(*snapshot->foreign));
        snapshot->n_only_local = snapshot->n_foreign;
        if (snapshot->aur)
                join_aur(snapshot);
        g_array_sort_with_data(snapshot->updates, compare_updates, snapshot);
}
