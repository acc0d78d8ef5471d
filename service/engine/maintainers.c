/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/maintainers.h"

#include <string.h>

#include "base/limits-store.h"
#include "base/text.h"

const char *omg_maintainer_event_get_word(OmgMaintainerEvent event)
{
        static const char *const words[] = {
                [OMG_MAINTAINER_ADOPTED] = "adopted", [OMG_MAINTAINER_ORPHANED] = "orphaned",
                [OMG_MAINTAINER_CHANGED] = "changed", [OMG_MAINTAINER_OTHERS] = "co-maintainers",
                [OMG_MAINTAINER_GONE] = "vanished",   [OMG_MAINTAINER_BACK] = "reappeared",
        };

        return words[event];
}

void omg_maintainer_change_free(OmgMaintainerChange *change)
{
        if (!change)
                return;
        g_free(change->name);
        g_free(change->old);
        g_free(change->new);
        g_free(change->old_others);
        g_free(change->new_others);
        g_free(change);
}

OmgMaintainers *omg_maintainers_new(GHashTable *rows)
{
        OmgMaintainers *maintainers = g_new0(OmgMaintainers, 1);

        maintainers->rows = rows;
        maintainers->dirty = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        return maintainers;
}

void omg_maintainers_free(OmgMaintainers *maintainers)
{
        if (!maintainers)
                return;
        g_hash_table_unref(maintainers->rows);
        g_hash_table_unref(maintainers->dirty);
        g_free(maintainers);
}

/* ---- what the snapshot says ---- */

static gboolean is_whole(const OmgLayer *layer)
{
        return layer && (omg_layer_get_states(layer) & 1u << OMG_REPOSITORY_ABSENT) == 0;
}

/* Sorted, one a line, as many as there is room for; NULL: none. */
static char *dup_others(const OmgFieldValue *value)
{
        g_autoptr(GPtrArray) names = g_ptr_array_new();
        GString *lines = NULL;

        for (char **name = value->present ? value->strv : NULL; name && *name; name++)
                g_ptr_array_add(names, *name);
        g_ptr_array_sort(names, omg_text_compare_pointers);
        for (guint i = 0; i < names->len; i++) {
                const char *name = names->pdata[i];
                if ((lines ? lines->len + 1 : 0) + strlen(name) > OMG_LIMIT_AUR_OTHERS)
                        break;
                if (!lines)
                        lines = g_string_new(name);
                else
                        g_string_append_printf(lines, "\n%s", name);
        }
        return lines ? g_string_free(lines, FALSE) : NULL;
}

/* FALSE: the record is malformed. */
static gboolean read_aur(const OmgSnapshot *snapshot, guint32 aur_id, OmgAurRow *row)
{
        g_autoptr(OmgPackage) package = omg_layer_dup_package(snapshot->aur, aur_id, NULL);
        const OmgFieldValue *fields = package ? package->fields : NULL;

        if (!package)
                return FALSE;
        row->maintainer = fields[OMG_FIELD_MAINTAINER].present
                                  ? g_strdup(fields[OMG_FIELD_MAINTAINER].string)
                                  : NULL;
        row->others = dup_others(&fields[OMG_FIELD_CO_MAINTAINERS]);
        row->modified_sec = fields[OMG_FIELD_LAST_MODIFIED].present
                                    ? fields[OMG_FIELD_LAST_MODIFIED].number
                                    : 0;
        return TRUE;
}

static guint64 get_install_date(const OmgLayer *local, guint32 local_id)
{
        g_autoptr(OmgPackage) package = omg_layer_dup_package(local, local_id, NULL);
        const OmgFieldValue *date = package ? &package->fields[OMG_FIELD_INSTALL_DATE] : NULL;

        return date && date->present ? date->number : 0;
}

/* Without the AUR's part. */
static OmgAurRow *read_installed(const OmgSnapshot *snapshot, guint32 local_id)
{
        OmgAurRow *row = g_new0(OmgAurRow, 1);

        row->name = g_strdup(omg_layer_get_name(snapshot->local, local_id));
        row->version = g_strdup(omg_layer_get_version(snapshot->local, local_id));
        row->installed_sec = get_install_date(snapshot->local, local_id);
        return row;
}

static gboolean is_same_build(const OmgAurRow *a, const OmgAurRow *b)
{
        return g_str_equal(a->version, b->version) && a->installed_sec == b->installed_sec;
}

static gboolean is_marked(const OmgAurRow *row)
{
        return g_strcmp0(row->trusted, row->maintainer) != 0;
}

/* ---- the look ---- */

typedef struct {
        OmgMaintainers *maintainers;
        const OmgSnapshot *snapshot;
        guint64 now_usec;
        guint32 n_aur;
        GHashTable *rows; /* those that are to be there afterwards */
        GPtrArray *changes;
} Look;

/* What the AUR says now against what it said before; -1: the same. */
static int find_event(const OmgAurRow *old, const OmgAurRow *new)
{
        if (old->is_gone != new->is_gone)
                return new->is_gone ? OMG_MAINTAINER_GONE : OMG_MAINTAINER_BACK;
        if (g_strcmp0(old->maintainer, new->maintainer) != 0)
                return !old->maintainer   ? OMG_MAINTAINER_ADOPTED
                       : !new->maintainer ? OMG_MAINTAINER_ORPHANED
                                          : OMG_MAINTAINER_CHANGED;
        return g_strcmp0(old->others, new->others) != 0 ? OMG_MAINTAINER_OTHERS : -1;
}

static void add_change(Look *look, const OmgAurRow *old, const OmgAurRow *new,
                       OmgMaintainerEvent event)
{
        OmgMaintainerChange *change = g_new(OmgMaintainerChange, 1);

        *change = (OmgMaintainerChange){
                .name = g_strdup(new->name),
                .event = event,
                .old = g_strdup(old->maintainer),
                .new = g_strdup(new->is_gone ? NULL : new->maintainer),
                .old_others = g_strdup(old->others),
                .new_others = g_strdup(new->is_gone ? NULL : new->others),
                .modified_sec = new->modified_sec,
                .is_marked = is_marked(new),
                .since_usec = old->seen_usec,
        };
        g_ptr_array_add(look->changes, change);
}

/* The AUR's part of @new is to be what it was, as far as anybody knows. */
static void keep_aur(const OmgAurRow *old, OmgAurRow *new)
{
        new->maintainer = g_strdup(old->maintainer);
        new->others = g_strdup(old->others);
        new->modified_sec = old->modified_sec;
        new->n_aur = old->n_aur;
        new->is_gone = old->is_gone;
}

static void compare(Look *look, const OmgAurRow *old, OmgAurRow *new)
{
        int event;

        if (!old) {
                new->trusted = g_strdup(new->maintainer);
                new->seen_usec = look->now_usec;
                return;
        }
        new->trusted = g_strdup(is_same_build(old, new) ? old->trusted : old->maintainer);
        event = find_event(old, new);
        new->seen_usec = event >= 0 || !is_same_build(old, new) ? look->now_usec : old->seen_usec;
        if (event >= 0)
                add_change(look, old, new, (OmgMaintainerEvent)event);
}

/* An archive that has lost half of what it had when the package was in it, or more, says nothing
 * of what is gone. */
static gboolean is_gone(const Look *look, const OmgAurRow *old)
{
        return old->is_gone || look->n_aur > old->n_aur / 2;
}

/* Not each hour's: nothing is to be written because somebody else's package came or went. */
static guint32 choose_size(const Look *look, const OmgAurRow *old)
{
        const guint32 n = look->n_aur, before = old ? old->n_aur : 0;

        return n > before + before / 10 || n < before - before / 10 ? n : before;
}

/* FALSE: the AUR never had it. */
static gboolean read_row(const Look *look, const OmgAurRow *old, guint32 aur_id, OmgAurRow *new)
{
        if (aur_id != OMG_NO_PACKAGE && read_aur(look->snapshot, aur_id, new)) {
                new->n_aur = choose_size(look, old);
                return TRUE;
        }
        if (!old)
                return FALSE;
        keep_aur(old, new);
        new->is_gone = aur_id == OMG_NO_PACKAGE ? is_gone(look, old) : old->is_gone;
        return TRUE;
}

static void look_at(Look *look, guint32 local_id)
{
        const OmgInstalled *installed = &look->snapshot->installed[local_id];
        const char *name = omg_layer_get_name(look->snapshot->local, local_id);
        const OmgAurRow *old = g_hash_table_lookup(look->maintainers->rows, name);
        const gboolean is_foreign = (installed->flags & OMG_PKG_FOREIGN) != 0;
        g_autoptr(OmgAurRow) new = NULL;

        if ((!is_foreign && !old) || g_hash_table_size(look->rows) >= OMG_LIMIT_AUR_ROWS)
                return;
        new = read_installed(look->snapshot, local_id);
        if (!is_foreign)
                keep_aur(old, new);
        else if (!read_row(look, old, installed->aur_id, new))
                return;
        compare(look, old, new);
        (void)g_hash_table_replace(look->rows, new->name, new);
        g_steal_pointer(&new);
}

static gboolean is_same_row(const OmgAurRow *a, const OmgAurRow *b)
{
        return a && b && is_same_build(a, b) && g_strcmp0(a->trusted, b->trusted) == 0 &&
               g_strcmp0(a->maintainer, b->maintainer) == 0 &&
               g_strcmp0(a->others, b->others) == 0 && a->modified_sec == b->modified_sec &&
               a->is_gone == b->is_gone && a->n_aur == b->n_aur && a->seen_usec == b->seen_usec;
}

/* The names of rows of @from that are not the same in @to. */
static void add_dirty(GHashTable *dirty, GHashTable *from, GHashTable *to)
{
        GHashTableIter iter;
        gpointer name, row;

        g_hash_table_iter_init(&iter, from);
        while (g_hash_table_iter_next(&iter, &name, &row))
                if (!is_same_row(row, g_hash_table_lookup(to, name)))
                        (void)g_hash_table_add(dirty, g_strdup(name));
}

static void take_over(OmgMaintainers *maintainers, GHashTable *rows)
{
        add_dirty(maintainers->dirty, maintainers->rows, rows);
        add_dirty(maintainers->dirty, rows, maintainers->rows);
        g_hash_table_unref(maintainers->rows);
        maintainers->rows = g_hash_table_ref(rows);
}

GPtrArray *omg_maintainers_look(OmgMaintainers *maintainers, const OmgSnapshot *snapshot,
                                guint64 now_usec)
{
        g_autoptr(GHashTable) rows = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
                                                           (GDestroyNotify)omg_aur_row_free);
        g_autoptr(GPtrArray) changes =
                g_ptr_array_new_with_free_func((GDestroyNotify)omg_maintainer_change_free);
        Look look = {maintainers, snapshot, now_usec, 0, rows, changes};

        if (!snapshot->aur || !snapshot->sync || !is_whole(snapshot->local))
                return g_steal_pointer(&changes);
        look.n_aur = omg_layer_get_n_packages(snapshot->aur);
        for (guint i = 0; i < snapshot->by_name->len; i++)
                look_at(&look, g_array_index(snapshot->by_name, guint32, i));
        if (omg_snapshot_is_damaged(snapshot))
                g_ptr_array_set_size(changes, 0);
        else
                take_over(maintainers, rows);
        return g_steal_pointer(&changes);
}

/* ---- marks ---- */

/* The installed package that a row is about; OMG_NO_PACKAGE: it is another build, or in a
 * repository now. */
static guint32 find_build(const OmgSnapshot *snapshot, const OmgAurRow *row)
{
        guint32 id = omg_layer_find(snapshot->local, row->name, strlen(row->name), NULL);

        if (id == OMG_NO_PACKAGE || !(snapshot->installed[id].flags & OMG_PKG_FOREIGN) ||
            !g_str_equal(omg_layer_get_version(snapshot->local, id), row->version) ||
            get_install_date(snapshot->local, id) != row->installed_sec)
                return OMG_NO_PACKAGE;
        return id;
}

static void mark_updates(OmgSnapshot *snapshot)
{
        for (guint i = 0; i < snapshot->updates->len; i++) {
                OmgUpdate *update = &g_array_index(snapshot->updates, OmgUpdate, i);
                if ((update->flags & OMG_UPD_AUR) &&
                    (snapshot->installed[update->local_id].flags & OMG_PKG_MAINTAINER_CHANGED))
                        update->flags |= OMG_UPD_MAINTAINER_CHANGED;
        }
}

void omg_maintainers_mark(const OmgMaintainers *maintainers, OmgSnapshot *snapshot)
{
        GHashTableIter iter;
        gpointer value;

        if (!snapshot->aur_feed.is_on || !snapshot->local || !snapshot->sync)
                return;
        g_hash_table_iter_init(&iter, maintainers->rows);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                const OmgAurRow *row = value;
                guint32 id = is_marked(row) ? find_build(snapshot, row) : OMG_NO_PACKAGE;
                if (id == OMG_NO_PACKAGE)
                        continue;
                if (!snapshot->maintainer_marks)
                        snapshot->maintainer_marks = g_hash_table_new_full(
                                NULL, NULL, NULL, (GDestroyNotify)omg_maintainer_mark_free);
                snapshot->installed[id].flags |= OMG_PKG_MAINTAINER_CHANGED;
                (void)g_hash_table_insert(snapshot->maintainer_marks, GUINT_TO_POINTER(id),
                                          omg_maintainer_mark_new(row->trusted, row->maintainer));
        }
        if (snapshot->maintainer_marks)
                mark_updates(snapshot);
}
