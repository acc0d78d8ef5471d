/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/providers.h"

#include <string.h>

#include "store/relation-index.h"

static gboolean provides(const OmgLayer *layer, guint32 id, const OmgDepend *depend)
{
        OmgStrvCursor cursor = omg_layer_get_strv(layer, id, OMG_FIELD_PROVIDES);
        const char *text;
        gsize len;

        while (omg_strv_cursor_next(&cursor, &text, &len)) {
                OmgDepend provision;
                omg_depend_parse(text, (gssize)len, &provision);
                if (omg_depend_matches_provision(depend, &provision))
                        return TRUE;
        }
        return FALSE;
}

static int compare_ids(gconstpointer a, gconstpointer b)
{
        const OmgSatisfier *x = a, *y = b;

        return x->id < y->id ? -1 : x->id > y->id;
}

static gboolean has_name(const OmgLayer *layer, guint32 id, const OmgDepend *depend)
{
        return omg_depend_has_name(depend, omg_layer_get_name(layer, id));
}

GArray *omg_satisfiers_find(const OmgLayer *layer, const OmgDepend *depend)
{
        GArray *found = g_array_new(FALSE, FALSE, sizeof(OmgSatisfier));
        guint64 cursor = 0;
        guint32 id;

        while ((id = omg_layer_find(layer, depend->name, depend->name_length, &cursor)) !=
               OMG_NO_PACKAGE) {
                OmgSatisfier satisfier = {id, TRUE};
                if (omg_depend_matches_literal(depend, omg_layer_get_name(layer, id),
                                               omg_layer_get_version(layer, id)))
                        g_array_append_val(found, satisfier);
        }
        guint n_by_name = found->len;
        OmgRelationList list =
                omg_relation_find(layer, OMG_RELATION_PROVIDES, depend->name, depend->name_length);
        for (guint i = 0; i < list.n; i++) {
                OmgSatisfier satisfier = {list.ids[i], FALSE};
                if (satisfier.id >= omg_layer_get_n_packages(layer) ||
                    !provides(layer, satisfier.id, depend))
                        continue;
                /* One that provides itself, and has the right version anyway, is there already. */
                if (has_name(layer, satisfier.id, depend) &&
                    omg_depend_matches_literal(depend, omg_layer_get_name(layer, satisfier.id),
                                               omg_layer_get_version(layer, satisfier.id)))
                        continue;
                g_array_append_val(found, satisfier);
        }
        if (n_by_name > 0 && found->len > n_by_name)
                g_array_sort(found, compare_ids);
        return found;
}

/* Whether resolvedep looks into a repository at all. */
static gboolean may_install_from(const OmgSnapshot *snapshot, guint32 id)
{
        const OmgPackageRecord *record = omg_layer_get_record(snapshot->sync, id);
        const OmgRepository *repository = omg_pacman_conf_get_repository(
                snapshot->conf, omg_row_get_repository(snapshot, record));

        return !repository || (repository->usage & (OMG_USAGE_INSTALL | OMG_USAGE_UPGRADE));
}

/* In the order in which libalpm comes to them: repositories as pacman.conf has them, and in each
 * the packages by the bytes of their names. */
static gboolean comes_before(const OmgLayer *layer, guint32 a, guint32 b)
{
        guint x = omg_layer_get_record(layer, a)->repository;
        guint y = omg_layer_get_record(layer, b)->repository;

        if (x != y)
                return x < y;
        return strcmp(omg_layer_get_name(layer, a), omg_layer_get_name(layer, b)) < 0;
}

static gboolean is_installed(const OmgSnapshot *snapshot, guint32 sync_id)
{
        const char *name = omg_layer_get_name(snapshot->sync, sync_id);

        return snapshot->local &&
               omg_layer_find(snapshot->local, name, strlen(name), NULL) != OMG_NO_PACKAGE;
}

/* Smaller is better. */
static guint get_preference(const OmgSnapshot *snapshot, const OmgSatisfier *satisfier)
{
        if (satisfier->by_name)
                return 0;
        return is_installed(snapshot, satisfier->id) ? 1 : 2;
}

guint32 omg_provider_choose(const OmgSnapshot *snapshot, const OmgDepend *depend,
                            gboolean skip_ignored)
{
        guint32 best = OMG_NO_PACKAGE;
        guint best_preference = 0;

        if (!snapshot->sync)
                return OMG_NO_PACKAGE;
        g_autoptr(GArray) found = omg_satisfiers_find(snapshot->sync, depend);
        for (guint i = 0; i < found->len; i++) {
                const OmgSatisfier *satisfier = &g_array_index(found, OmgSatisfier, i);
                if (!may_install_from(snapshot, satisfier->id) ||
                    (skip_ignored && omg_snapshot_is_ignored(snapshot, satisfier->id)))
                        continue;
                /* libalpm does not look at the provisions of what has the dependency's own name. */
                if (!satisfier->by_name && has_name(snapshot->sync, satisfier->id, depend))
                        continue;
                guint preference = get_preference(snapshot, satisfier);
                if (best != OMG_NO_PACKAGE &&
                    (preference > best_preference ||
                     (preference == best_preference &&
                      !comes_before(snapshot->sync, satisfier->id, best))))
                        continue;
                best = satisfier->id;
                best_preference = preference;
        }
        return best;
}

guint32 omg_installed_choose(const OmgSnapshot *snapshot, const OmgDepend *depend)
{
        guint32 best = OMG_NO_PACKAGE;

        if (!snapshot->local)
                return OMG_NO_PACKAGE;
        g_autoptr(GArray) found = omg_satisfiers_find(snapshot->local, depend);
        for (guint i = 0; i < found->len; i++) {
                const OmgSatisfier *satisfier = &g_array_index(found, OmgSatisfier, i);
                if (satisfier->by_name)
                        return satisfier->id;
                if (best == OMG_NO_PACKAGE || comes_before(snapshot->local, satisfier->id, best))
                        best = satisfier->id;
        }
        return best;
}

void omg_satisfier_choose(const OmgSnapshot *snapshot, const OmgDepend *depend, OmgRow *ret_row)
{
        OmgRow row = {.id = omg_installed_choose(snapshot, depend), .source = OMG_ROW_LOCAL};

        if (row.id == OMG_NO_PACKAGE)
                row = (OmgRow){.id = omg_provider_choose(snapshot, depend, TRUE)};
        if (row.id == OMG_NO_PACKAGE)
                row = (OmgRow){.id = omg_provider_choose(snapshot, depend, FALSE)};
        *ret_row = row;
}
