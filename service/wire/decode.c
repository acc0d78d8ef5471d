/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/type.h"
#include "wire/unpack.h"

#include "base/error.h"
#include "wire/message.h"

/* A body is read along its type, depth first. Each path of the type that occurs has a node, made
 * when it is first met; then its column is opened, which checks it wholly and tells how many values
 * the paths below it have.
 *
 * List items beyond the caps are walked over, not made: they matter only as far as they are the
 * first at some path, because that is where the next column begins. A node knows which of the paths
 * below it have not been met (pending); when there are none, nothing below it needs walking, be it
 * four million items. So a body costs as much as its columns are long, and no memory but the nodes:
 * their number depends on the type and the depth alone. */

typedef struct Node Node;

typedef struct {
        Node *node;     /* NULL: not met yet */
        gsize expected; /* values there, in the whole body */
} Branch;

struct Node {
        const OmgWireType *type;
        const Node *parent;
        const char *name; /* of the field; NULL: ask the parent */
        gsize n;          /* values here, in the whole body */
        guint depth;      /* lists around it */
        gboolean is_open;
        guint32 pending; /* bit i: in branch i there are columns that were not opened yet */
        union {
                OmgWireDigits tags; /* ENUM, OPTION */
                OmgWireIntegers integers;
                OmgWireLengths lengths; /* STRING, LIST */
        };
        const char *text; /* STRING: of the next one */
        Branch branches[];
};

typedef struct {
        OmgWireReader reader;
        OmgWireArena *arena;
        gsize items_left;
        guint max_depth;
        gboolean is_cut;
} Decoder;

static gboolean make(Decoder *d, Node *node, gpointer value);
static gboolean skip(Decoder *d, Node *node, gsize n);

static Node *node_new(Decoder *d, const OmgWireType *type, const char *name, gsize n)
{
        Node *node = omg_wire_arena_alloc(d->arena, sizeof(Node) + type->n_fields * sizeof(Branch));

        node->type = type;
        node->name = name;
        node->n = n;
        return node;
}

static const Node *named(const Node *node)
{
        while (node && !node->name)
                node = node->parent;
        return node;
}

static void name_column(Decoder *d, const Node *node)
{
        const Node *what = named(node), *of = named(what->parent);

        d->reader.what = what->name;
        d->reader.of = of ? of->name : NULL;
}

static void expect(Node *node, guint i, gsize n)
{
        node->branches[i].expected = n;
        if (n > 0)
                node->pending |= 1u << i;
}

static gboolean open_tags(Decoder *d, Node *node)
{
        const gboolean is_option = node->type->kind == OMG_WIRE_KIND_OPTION;
        const guint n_tags = is_option ? 2 : node->type->n_fields;
        gsize tally[256];
        const guint8 *at;
        guint tag;

        if (!omg_wire_digits_open(&d->reader, node->n, &node->tags))
                return FALSE;
        omg_wire_digits_tally(node->tags, node->n, tally);
        for (guint i = n_tags; i < 256; i++)
                if (tally[i] > 0) {
                        at = omg_wire_digits_find(node->tags, node->n, n_tags, &tag);
                        return omg_wire_reader_fail(&d->reader, at,
                                                    "tag %u of a%s %s is out of range", tag,
                                                    is_option ? "n" : "", node->type->name);
                }
        if (is_option)
                expect(node, 0, tally[1]);
        else
                for (guint i = 0; i < n_tags; i++)
                        expect(node, i, tally[i]);
        return TRUE;
}

static gboolean open_list(Decoder *d, Node *node)
{
        const guint8 *at = d->reader.next;
        guint64 total, left;

        if (node->depth >= d->max_depth)
                return omg_wire_reader_fail(&d->reader, at, "more than %u lists within lists",
                                            d->max_depth);
        if (!omg_wire_lengths_open(&d->reader, node->n, &node->lengths, &total))
                return FALSE;
        /* An item has a bit at least; later columns would find out, but memory is had before. */
        left = (guint64)(d->reader.end - d->reader.next);
        if (total / 8 > left)
                return omg_wire_reader_fail(&d->reader, at,
                                            "%" G_GUINT64_FORMAT " items do not fit into "
                                            "the %" G_GUINT64_FORMAT " bytes that are left",
                                            total, left);
        expect(node, 0, (gsize)total);
        return TRUE;
}

static gboolean open_strings(Decoder *d, Node *node)
{
        guint64 total;

        return omg_wire_lengths_open(&d->reader, node->n, &node->lengths, &total) &&
               omg_wire_text_open(&d->reader, node->lengths, node->n, total, &node->text);
}

static gboolean open_column(Decoder *d, Node *node)
{
        node->is_open = TRUE;
        name_column(d, node);
        switch (node->type->kind) {
        case OMG_WIRE_KIND_U64:
        case OMG_WIRE_KIND_I64:
                return omg_wire_integers_open(&d->reader, node->n, 8, &node->integers);
        case OMG_WIRE_KIND_I32:
                return omg_wire_integers_open(&d->reader, node->n, 4, &node->integers);
        case OMG_WIRE_KIND_STRING:
                return open_strings(d, node);
        case OMG_WIRE_KIND_LIST:
                return open_list(d, node);
        case OMG_WIRE_KIND_OPTION:
        case OMG_WIRE_KIND_ENUM:
                return open_tags(d, node);
        case OMG_WIRE_KIND_STRUCT:
                for (guint i = 0; i < node->type->n_fields; i++)
                        expect(node, i, node->n);
                return TRUE;
        }
        g_assert_not_reached();
}

static Node *get_branch(Decoder *d, Node *node, guint i)
{
        Branch *branch = &node->branches[i];

        if (!branch->node) {
                const OmgWireField *field = &node->type->fields[i];
                branch->node = node_new(d, field->type, field->name, branch->expected);
                branch->node->parent = node;
                branch->node->depth = node->depth + (node->type->kind == OMG_WIRE_KIND_LIST);
        }
        return branch->node;
}

/* After a walk into branch i. */
static void settle(Node *node, guint i)
{
        const Node *branch = node->branches[i].node;

        if (branch->is_open && branch->pending == 0)
                node->pending &= ~(1u << i);
}

static gboolean make_field(Decoder *d, Node *node, guint i, gpointer value)
{
        if (!make(d, get_branch(d, node, i), (guint8 *)value + node->type->fields[i].offset))
                return FALSE;
        settle(node, i);
        return TRUE;
}

static gboolean make_list(Decoder *d, Node *node, gpointer value)
{
        const gsize n = (gsize)omg_wire_lengths_next(&node->lengths);
        const gsize kept = MIN(n, d->items_left), size = node->type->fields[0].type->size;
        guint8 *items;
        Node *item;

        if (n == 0)
                return TRUE; /* the value is all zero: an empty list */
        d->items_left -= kept;
        d->is_cut |= kept < n;
        items = kept > 0 ? omg_wire_arena_alloc_n(d->arena, kept, size) : NULL;
        omg_wire_items_set(value, items, kept);
        item = get_branch(d, node, 0);
        for (gsize i = 0; i < kept; i++)
                if (!make(d, item, items + i * size))
                        return FALSE;
        if (!skip(d, item, n - kept))
                return FALSE;
        settle(node, 0);
        return TRUE;
}

/* Puts the next value of the path into @value, which is all zero. */
static gboolean make(Decoder *d, Node *node, gpointer value)
{
        guint tag;

        if (!node->is_open && !open_column(d, node))
                return FALSE;
        switch (node->type->kind) {
        case OMG_WIRE_KIND_U64:
        case OMG_WIRE_KIND_I64:
                *(guint64 *)value = omg_wire_integers_next(&node->integers);
                return TRUE;
        case OMG_WIRE_KIND_I32:
                *(guint32 *)value = (guint32)omg_wire_integers_next(&node->integers);
                return TRUE;
        case OMG_WIRE_KIND_STRING: {
                OmgWireString string = {node->text, (gsize)omg_wire_lengths_next(&node->lengths)};
                node->text += string.length;
                *(OmgWireString *)value = string;
                return TRUE;
        }
        case OMG_WIRE_KIND_LIST:
                return make_list(d, node, value);
        case OMG_WIRE_KIND_OPTION:
                tag = omg_wire_digits_next(&node->tags);
                *(gboolean *)value = tag == 1;
                return tag == 0 || make_field(d, node, 0, value);
        case OMG_WIRE_KIND_ENUM:
                tag = omg_wire_digits_next(&node->tags);
                *(guint32 *)value = tag;
                return make_field(d, node, tag, value);
        case OMG_WIRE_KIND_STRUCT:
                for (guint i = 0; i < node->type->n_fields; i++)
                        if (!make_field(d, node, i, value))
                                return FALSE;
                return TRUE;
        }
        g_assert_not_reached();
}

static gboolean skip_field(Decoder *d, Node *node, guint i, gsize n)
{
        if (!(node->pending & 1u << i))
                return TRUE;
        if (!skip(d, get_branch(d, node, i), n))
                return FALSE;
        settle(node, i);
        return TRUE;
}

/* Walks over n values of tags, as long as something is pending. */
static gboolean skip_tags(Decoder *d, Node *node, gsize n)
{
        const gboolean is_option = node->type->kind == OMG_WIRE_KIND_OPTION;

        for (; n > 0 && node->pending; n--) {
                guint tag = omg_wire_digits_next(&node->tags);
                if (is_option && tag == 0)
                        continue;
                if (!skip_field(d, node, is_option ? 0 : tag, 1))
                        return FALSE;
        }
        return TRUE;
}

/* Walks over the next n values. Whatever is walked over, nothing is made at that path any more:
 * items_left is 0 for good. So where nothing is pending the columns need not even move on. */
static gboolean skip(Decoder *d, Node *node, gsize n)
{
        if (n == 0)
                return TRUE;
        if (!node->is_open && !open_column(d, node))
                return FALSE;
        if (node->type->kind == OMG_WIRE_KIND_OPTION || node->type->kind == OMG_WIRE_KIND_ENUM)
                return skip_tags(d, node, n);
        for (; n > 0 && node->pending; n--) {
                if (node->type->kind == OMG_WIRE_KIND_LIST) {
                        gsize length = (gsize)omg_wire_lengths_next(&node->lengths);
                        if (length > 0 && !skip_field(d, node, 0, length))
                                return FALSE;
                        continue;
                }
                for (guint i = 0; i < node->type->n_fields; i++)
                        if (!skip_field(d, node, i, 1))
                                return FALSE;
        }
        return TRUE;
}

gboolean omg_wire_decode(const OmgWireType *type, const guint8 *body, gsize length,
                         const OmgWireCaps *caps, OmgWireArena *arena, gpointer ret_value,
                         gboolean *ret_is_cut, GError **error)
{
        const guint8 *begin = length > 0 ? body : (const guint8 *)"";
        Decoder d = {
                .reader = {.body = begin, .next = begin, .end = begin + length, .error = error},
                .arena = arena,
                .items_left = caps->max_items,
                .max_depth = caps->max_depth,
        };
        gpointer value = omg_wire_arena_alloc(arena, type->size);

        if (!make(&d, node_new(&d, type, type->name, 1), value))
                return FALSE;
        if (d.reader.next < d.reader.end) {
                d.reader.what = type->name;
                d.reader.of = NULL;
                return omg_wire_reader_fail(&d.reader, d.reader.next,
                                            "it ends here, but %" G_GSIZE_FORMAT " bytes follow",
                                            (gsize)(d.reader.end - d.reader.next));
        }
        memcpy(ret_value, value, type->size);
        if (ret_is_cut)
                *ret_is_cut = d.is_cut;
        return TRUE;
}
