/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/rows.h"

#include <string.h>

#include "engine/reboot.h"
#include "engine/security.h"
#include "engine/vcs.h"

const char *omg_row_get_repository(const OmgSnapshot *snapshot, const OmgPackageRecord *record)
{
        return omg_layer_get_text(
                snapshot->sync, omg_layer_get_repository(snapshot->sync, record->repository)->name);
}

gboolean omg_rows_check_repositories(const OmgSnapshot *snapshot, const char *const *names,
                                     GError **error)
{
        static const char *const others[] = {"local", "aur", NULL};

        for (; names && *names; names++)
                if (!g_strv_contains(others, *names) &&
                    !(snapshot->conf && omg_pacman_conf_get_repository(snapshot->conf, *names))) {
                        g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS,
                                    "repositories: pacman.conf has no repository \"%.64s\"",
                                    *names);
                        return FALSE;
                }
        return TRUE;
}

gboolean omg_rows_check_aur(const OmgSnapshot *snapshot, const char *const *names, GError **error)
{
        if (snapshot->aur || !names || !names[0] || names[1] ||
            strcmp(names[0], OMG_REPOSITORY_AUR) != 0 ||
            (snapshot->conf && omg_pacman_conf_get_repository(snapshot->conf, OMG_REPOSITORY_AUR)))
                return TRUE;
        omg_aur_feed_set_missing(&snapshot->aur_feed, error);
        return FALSE;
}

const OmgLayer *omg_row_get_layer(const OmgSnapshot *snapshot, OmgRowSource source)
{
        switch (source) {
        case OMG_ROW_SYNC:
                return snapshot->sync;
        case OMG_ROW_AUR:
                return snapshot->aur;
        case OMG_ROW_LOCAL:
                return snapshot->local;
        case OMG_ROW_N:
                break;
        }
        g_assert_not_reached();
}

static const OmgPackageRecord *get_record(const OmgSnapshot *snapshot, const OmgRow *row,
                                          const OmgLayer **ret_layer)
{
        *ret_layer = omg_row_get_layer(snapshot, row->source);
        return omg_layer_get_record(*ret_layer, row->id);
}

/* Equally good ones: the ids of a layer are in order of the name's length, repository and name. */
static int compare_places(const OmgRow *x, const OmgRow *y)
{
        if (x->source != y->source)
                return x->source < y->source ? -1 : 1;
        return x->id < y->id ? -1 : x->id > y->id;
}

int omg_row_compare_by_rank(gconstpointer a, gconstpointer b, gpointer snapshot)
{
        const OmgRow *x = a, *y = b;
        const OmgLayer *layer;
        const OmgPackageRecord *p = get_record(snapshot, x, &layer);
        const OmgPackageRecord *q = get_record(snapshot, y, &layer);

        if (x->rank != y->rank)
                return x->rank < y->rank ? -1 : 1;
        if (p->folded_name_len != q->folded_name_len)
                return p->folded_name_len < q->folded_name_len ? -1 : 1;
        return compare_places(x, y);
}

int omg_row_compare_by_name(gconstpointer a, gconstpointer b, gpointer snapshot)
{
        const OmgRow *x = a, *y = b;
        const OmgLayer *u, *v;
        const OmgPackageRecord *p = get_record(snapshot, x, &u), *q = get_record(snapshot, y, &v);
        int r = strcmp(omg_layer_get_text(u, p->folded_name),
                       omg_layer_get_text(v, q->folded_name));

        if (r == 0)
                r = strcmp(omg_layer_get_text(u, p->name), omg_layer_get_text(v, q->name));
        return r != 0 ? r : compare_places(x, y);
}

void omg_rows_sort(GArray *rows, const OmgSnapshot *snapshot, gboolean by_name)
{
        GCompareDataFunc compare = by_name ? omg_row_compare_by_name : omg_row_compare_by_rank;

        /* One layer's ids come in order already: often there is nothing to sort. */
        for (guint i = 1; i < rows->len; i++)
                if (compare(&g_array_index(rows, OmgRow, i - 1), &g_array_index(rows, OmgRow, i),
                            (gpointer)snapshot) > 0) {
                        g_array_sort_with_data(rows, compare, (gpointer)snapshot);
                        return;
                }
}

/* What a layer itself says of a package that can be had. */
static guint32 get_offered_flags(const OmgSnapshot *snapshot, OmgRow row, const char *name)
{
        guint flags;

        if (row.source == OMG_ROW_SYNC)
                return omg_snapshot_is_ignored(snapshot, row.id) ? OMG_PKG_IGNORED : 0;
        flags = omg_layer_get_record(snapshot->aur, row.id)->flags;
        return (omg_snapshot_is_name_ignored(snapshot, name) ? OMG_PKG_IGNORED : 0) |
               (flags & OMG_PACKAGE_OUT_OF_DATE ? OMG_PKG_OUT_OF_DATE : 0) |
               (flags & OMG_PACKAGE_NO_MAINTAINER ? OMG_PKG_NO_MAINTAINER : 0);
}

void omg_row_view(const OmgSnapshot *snapshot, OmgRow row, OmgPackageView *ret_view)
{
        if (row.source == OMG_ROW_LOCAL) {
                omg_installed_view(snapshot, row.id, ret_view);
                return;
        }

        const OmgLayer *layer = omg_row_get_layer(snapshot, row.source);
        const OmgPackageRecord *record = omg_layer_get_record(layer, row.id);
        gsize name_len = record->name_len;
        OmgPackageView view = {
                .name = omg_layer_get_span(layer, record->name, &name_len),
                .version = omg_layer_get_text(layer, record->version),
                .repository = row.source == OMG_ROW_AUR ? OMG_REPOSITORY_AUR
                                                        : omg_row_get_repository(snapshot, record),
                .description = omg_layer_get_text(layer, record->description),
                .installed_version = "",
        };
        view.flags = get_offered_flags(snapshot, row, view.name);
        if (row.source == OMG_ROW_AUR) {
                view.aur = record;
                view.vcs = omg_vcs_find(view.name);
        }
        guint32 local_id = snapshot->local
                                   ? omg_layer_find(snapshot->local, view.name, name_len, NULL)
                                   : OMG_NO_PACKAGE;
        if (local_id != OMG_NO_PACKAGE) {
                view.installed_version = omg_layer_get_text(
                        snapshot->local, omg_layer_get_record(snapshot->local, local_id)->version);
                view.flags |= snapshot->installed[local_id].flags |
                              omg_security_get_installed_flags(snapshot, local_id);
        } else {
                view.flags |= row.source == OMG_ROW_AUR
                                      ? omg_security_get_aur_flags(snapshot, row.id)
                                      : omg_security_get_candidate_flags(snapshot, row.id);
        }
        *ret_view = view;
}

void omg_installed_view(const OmgSnapshot *snapshot, guint32 local_id, OmgPackageView *ret_view)
{
        const OmgLayer *local = snapshot->local;
        const OmgPackageRecord *record = omg_layer_get_record(local, local_id);
        gboolean exists = local_id < omg_layer_get_n_packages(local);
        guint32 sync_id = exists ? snapshot->installed[local_id].sync_id : OMG_NO_PACKAGE;
        const char *version = omg_layer_get_text(local, record->version);
        /* Without sync databases nobody knows whether some repository holds it. */
        const char *repository = snapshot->sync ? "local" : "";

        const OmgPackageRecord *aur = NULL;

        if (sync_id != OMG_NO_PACKAGE)
                repository = omg_row_get_repository(snapshot,
                                                    omg_layer_get_record(snapshot->sync, sync_id));
        else if (exists && snapshot->installed[local_id].aur_id != OMG_NO_PACKAGE) {
                repository = OMG_REPOSITORY_AUR;
                aur = omg_layer_get_record(snapshot->aur, snapshot->installed[local_id].aur_id);
        }
        *ret_view = (OmgPackageView){
                .name = omg_layer_get_text(local, record->name),
                .version = version,
                .repository = repository,
                .description = omg_layer_get_text(local, record->description),
                .installed_version = version,
                .flags = exists ? snapshot->installed[local_id].flags |
                                          omg_security_get_installed_flags(snapshot, local_id)
                                : 0,
                .aur = aur,
        };
        if (ret_view->flags & OMG_PKG_FOREIGN)
                ret_view->vcs = omg_vcs_find(ret_view->name);
}

gboolean omg_list_installed(const OmgSnapshot *snapshot, const OmgListParams *params,
                            GArray **ret_ids, guint *ret_total, GError **error)
{
        if (!snapshot->local) {
                omg_snapshot_set_missing(snapshot, "local", error);
                return FALSE;
        }
        if (!omg_rows_check_repositories(snapshot, params->repositories, error) ||
            !omg_rows_check_aur(snapshot, params->repositories, error))
                return FALSE;
        if ((params->flag == OMG_PKG_FOREIGN || params->repositories) && !snapshot->sync) {
                omg_snapshot_set_missing(snapshot, "sync", error);
                return FALSE;
        }

        GArray *ids = g_array_new(FALSE, FALSE, sizeof(guint32));
        guint total = 0;
        for (guint i = 0; i < snapshot->by_name->len; i++) {
                guint32 id = g_array_index(snapshot->by_name, guint32, i);
                if (!(snapshot->installed[id].flags & params->flag))
                        continue;
                if (params->repositories) {
                        OmgPackageView view;
                        omg_installed_view(snapshot, id, &view);
                        if (!g_strv_contains(params->repositories, view.repository))
                                continue;
                }
                if (total >= params->offset && ids->len < params->limit)
                        g_array_append_val(ids, id);
                total++;
        }
        *ret_ids = ids;
        *ret_total = total;
        return TRUE;
}

void omg_update_view(const OmgSnapshot *snapshot, const OmgUpdate *update, OmgUpdateView *ret_view)
{
        const OmgLayer *layer = omg_snapshot_get_update_layer(snapshot, update);
        const OmgPackageRecord *to = omg_layer_get_record(layer, update->sync_id);
        const OmgPackageRecord *from = omg_layer_get_record(snapshot->local, update->local_id);
        OmgUpdateView view = {
                .name = omg_layer_get_text(layer, to->name),
                .old_version = omg_layer_get_text(snapshot->local, from->version),
                .new_version = omg_layer_get_text(layer, to->version),
                .flags = update->flags | omg_security_get_update_flags(snapshot, update),
        };
        if (update->flags & OMG_UPD_AUR) {
                view.repository = OMG_REPOSITORY_AUR; /* which knows of no sizes */
                view.vcs = omg_vcs_find(view.name);
                /* In vain only where the index is damaged, which is told by itself. */
                view.aur = omg_layer_dup_package(layer, update->sync_id, NULL);
        } else {
                view.repository = omg_row_get_repository(snapshot, to);
                view.download_size = to->download_size;
                view.installed_size_diff = (gint64)(to->installed_size - from->installed_size);
        }

        if (omg_reboot_is_needed_by(view.name))
                view.flags |= OMG_UPD_REBOOT;
        if (update->n_replaces > 0) {
                guint64 replaced_size = 0;
                view.replaces = g_ptr_array_new();
                for (guint i = 0; i < update->n_replaces; i++) {
                        guint32 id = g_array_index(snapshot->replaced, guint32,
                                                   update->replaces_first + i);
                        from = omg_layer_get_record(snapshot->local, id);
                        replaced_size += from->installed_size;
                        g_ptr_array_add(view.replaces,
                                        (gpointer)omg_layer_get_text(snapshot->local, from->name));
                }
                if (update->flags & OMG_UPD_REPLACES)
                        view.installed_size_diff = (gint64)(to->installed_size - replaced_size);
                else
                        view.installed_size_diff -= (gint64)replaced_size;
        }
        for (guint i = 0; update->replaced && i < snapshot->updates->len && !view.replaced_by;
             i++) {
                const OmgUpdate *other = &g_array_index(snapshot->updates, OmgUpdate, i);
                for (guint j = 0; j < other->n_replaces; j++)
                        if (g_array_index(snapshot->replaced, guint32, other->replaces_first + j) ==
                            update->local_id)
                                view.replaced_by = omg_layer_get_text(
                                        snapshot->sync,
                                        omg_layer_get_record(snapshot->sync, other->sync_id)->name);
        }
        *ret_view = view;
}

void omg_update_view_clear(OmgUpdateView *view)
{
        g_clear_pointer(&view->replaces, g_ptr_array_unref);
        g_clear_pointer(&view->aur, omg_package_free);
}

static gboolean has_update(const OmgUpdatesParams *params, const OmgUpdate *update)
{
        if ((update->flags & OMG_UPD_IGNORED) && params->skip_ignored)
                return FALSE;
        return update->flags & OMG_UPD_AUR ? !params->skip_aur : !params->skip_repo;
}

gboolean omg_list_updates(const OmgSnapshot *snapshot, const OmgUpdatesParams *params,
                          GArray **ret_indices, guint *ret_total, GError **error)
{
        if (!snapshot->local || !snapshot->sync) {
                omg_snapshot_set_missing(snapshot, snapshot->local ? "sync" : "local", error);
                return FALSE;
        }
        if (params->skip_repo && !params->skip_aur && !snapshot->aur) {
                omg_aur_feed_set_missing(&snapshot->aur_feed, error);
                return FALSE;
        }

        GArray *indices = g_array_new(FALSE, FALSE, sizeof(guint));
        guint total = 0;
        for (guint i = 0; i < snapshot->updates->len; i++) {
                if (!has_update(params, &g_array_index(snapshot->updates, OmgUpdate, i)))
                        continue;
                if (total >= params->offset && indices->len < params->limit)
                        g_array_append_val(indices, i);
                total++;
        }
        *ret_indices = indices;
        *ret_total = total;
        return TRUE;
}
