/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/message.h"
#include "wire/path.h"

/* A body is read along its type, depth first. Each path of the type is opened when it is first met,
 * which checks its column wholly and tells how many values the paths below it have.
 *
 * List items beyond the caps are walked over, not made: they matter only as far as they are the
 * first at some path, because that is where the next column begins. A path knows which of the paths
 * below it have not been met (pending); when there are none, nothing below it needs walking, be it
 * four million items. So a body costs as much as its columns are long, and no memory but the paths:
 * their number depends on the type and the depth alone. */

static gboolean make(OmgWireWalk *walk, OmgWirePath *path, gpointer value);
static gboolean skip(OmgWireWalk *walk, OmgWirePath *path, gsize n);

/* After a walk into branch i. */
static void settle(OmgWirePath *path, guint i)
{
        const OmgWirePath *branch = path->branches[i].path;

        if (branch->is_open && branch->pending == 0)
                path->pending &= ~(1u << i);
}

static gboolean make_field(OmgWireWalk *walk, OmgWirePath *path, guint i, gpointer value)
{
        if (!make(walk, omg_wire_path_get_branch(walk, path, i),
                  (guint8 *)value + path->type->fields[i].offset))
                return FALSE;
        settle(path, i);
        return TRUE;
}

static gboolean make_list(OmgWireWalk *walk, OmgWirePath *path, gpointer value)
{
        const gsize n = (gsize)omg_wire_lengths_next(&path->lengths);
        const gsize kept = MIN(n, walk->items_left), size = path->type->fields[0].type->size;
        guint8 *items;
        OmgWirePath *item;

        if (n == 0)
                return TRUE; /* the value is all zero: an empty list */
        walk->items_left -= kept;
        walk->is_cut |= kept < n;
        items = kept > 0 ? omg_wire_arena_alloc_n(walk->arena, kept, size) : NULL;
        omg_wire_items_set(value, items, kept);
        item = omg_wire_path_get_branch(walk, path, 0);
        for (gsize i = 0; i < kept; i++)
                if (!make(walk, item, items + i * size))
                        return FALSE;
        if (!skip(walk, item, n - kept))
                return FALSE;
        settle(path, 0);
        return TRUE;
}

/* Puts the next value of the path into @value, which is all zero. */
static gboolean make(OmgWireWalk *walk, OmgWirePath *path, gpointer value)
{
        guint tag;

        if (!path->is_open && !omg_wire_path_open(walk, path))
                return FALSE;
        switch (path->type->kind) {
        case OMG_WIRE_KIND_U64:
        case OMG_WIRE_KIND_I64:
                *(guint64 *)value = omg_wire_integers_next(&path->integers);
                return TRUE;
        case OMG_WIRE_KIND_I32:
                *(guint32 *)value = (guint32)omg_wire_integers_next(&path->integers);
                return TRUE;
        case OMG_WIRE_KIND_STRING: {
                OmgWireString string = {path->text, (gsize)omg_wire_lengths_next(&path->lengths)};
                path->text += string.length;
                *(OmgWireString *)value = string;
                return TRUE;
        }
        case OMG_WIRE_KIND_LIST:
                return make_list(walk, path, value);
        case OMG_WIRE_KIND_OPTION:
                tag = omg_wire_digits_next(&path->tags);
                *(gboolean *)value = tag == 1;
                return tag == 0 || make_field(walk, path, 0, value);
        case OMG_WIRE_KIND_ENUM:
                tag = omg_wire_digits_next(&path->tags);
                *(guint32 *)value = tag;
                return make_field(walk, path, tag, value);
        case OMG_WIRE_KIND_STRUCT:
                for (guint i = 0; i < path->type->n_fields; i++)
                        if (!make_field(walk, path, i, value))
                                return FALSE;
                return TRUE;
        }
        g_assert_not_reached();
}

static gboolean skip_field(OmgWireWalk *walk, OmgWirePath *path, guint i, gsize n)
{
        if (!(path->pending & 1u << i))
                return TRUE;
        if (!skip(walk, omg_wire_path_get_branch(walk, path, i), n))
                return FALSE;
        settle(path, i);
        return TRUE;
}

/* Equal tags are walked over together: nothing else can be met between them. */
static gboolean skip_tags(OmgWireWalk *walk, OmgWirePath *path, gsize n)
{
        const gboolean is_option = path->type->kind == OMG_WIRE_KIND_OPTION;
        guint tag, next = omg_wire_digits_next(&path->tags);

        while (n > 0 && path->pending) {
                gsize run = 0;
                tag = next;
                do
                        run++;
                while (--n > 0 && (next = omg_wire_digits_next(&path->tags)) == tag);
                if (is_option && tag == 0)
                        continue;
                if (!skip_field(walk, path, is_option ? 0 : tag, run))
                        return FALSE;
        }
        return TRUE;
}

static gboolean skip_lists(OmgWireWalk *walk, OmgWirePath *path, gsize n)
{
        gsize total = 0;

        for (; n > 0; n--)
                total += (gsize)omg_wire_lengths_next(&path->lengths);
        return total == 0 || skip_field(walk, path, 0, total);
}

static gboolean skip_structs(OmgWireWalk *walk, OmgWirePath *path, gsize n)
{
        for (; n > 0 && path->pending; n--) {
                const gboolean is_last = (path->pending & (path->pending - 1)) == 0;
                /* With one field left nothing comes between: all at once. */
                if (is_last)
                        return skip_field(walk, path, (guint)__builtin_ctz(path->pending), n);
                for (guint i = 0; i < path->type->n_fields; i++)
                        if (!skip_field(walk, path, i, 1))
                                return FALSE;
        }
        return TRUE;
}

/* Walks over the next n values. Whatever is walked over, nothing is made at that path any more:
 * items_left is 0 for good. So where nothing is pending the columns need not even move on. */
static gboolean skip(OmgWireWalk *walk, OmgWirePath *path, gsize n)
{
        if (n == 0)
                return TRUE;
        if (!path->is_open && !omg_wire_path_open(walk, path))
                return FALSE;
        if (path->pending == 0)
                return TRUE;
        switch (path->type->kind) {
        case OMG_WIRE_KIND_LIST:
                return skip_lists(walk, path, n);
        case OMG_WIRE_KIND_OPTION:
        case OMG_WIRE_KIND_ENUM:
                return skip_tags(walk, path, n);
        default:
                return skip_structs(walk, path, n);
        }
}

gboolean omg_wire_decode(const OmgWireType *type, const guint8 *body, gsize length,
                         const OmgWireCaps *caps, OmgWireArena *arena, gpointer ret_value,
                         gboolean *ret_is_cut, GError **error)
{
        const guint8 *begin = length > 0 ? body : (const guint8 *)"";
        OmgWireWalk walk = {
                .reader = {.body = begin, .next = begin, .end = begin + length, .error = error},
                .arena = arena,
                .items_left = caps->max_items,
                .max_depth = caps->max_depth,
        };
        gpointer value = omg_wire_arena_alloc(arena, type->size);

        if (!make(&walk, omg_wire_path_new(&walk, type, type->name, 1), value))
                return FALSE;
        if (walk.reader.next < walk.reader.end) {
                walk.reader.what = type->name;
                walk.reader.of = NULL;
                return omg_wire_reader_fail(&walk.reader, walk.reader.next,
                                            "ends here; bytes that follow: %" G_GSIZE_FORMAT,
                                            (gsize)(walk.reader.end - walk.reader.next));
        }
        memcpy(ret_value, value, type->size);
        if (ret_is_cut)
                *ret_is_cut = walk.is_cut;
        return TRUE;
}
