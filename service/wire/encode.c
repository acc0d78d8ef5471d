/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/message.h"
#include "wire/type.h"

#include "base/error.h"
#include "base/limits.h"
#include "wire/pack.h"

/* A value is walked once. Each path that occurs gets a node, in the order in which they are met,
 * and remembers where its items stand in the value: runs of them, nothing is copied. Then the
 * columns are written, node after node. */

typedef struct Run Run;
struct Run {
        const guint8 *first;
        gsize n, stride;
        Run *next;
};

typedef struct Node Node;
struct Node {
        const OmgWireType *type;
        Node *next; /* of those with a column, in the order of the wire */
        gsize n;    /* items of all runs */
        Run *first, *last;
        guint depth;
        Node *branches[];
};

struct OmgWireEncoder {
        OmgWireArena *arena;
        Node *first, **end; /* of the columns */
        /* A column's items together, for packing. */
        guint64 *numbers;
        guint8 *digits;
        gsize n_allocated;
};

/* Larger buffers are not kept for the next value. */
#define KEPT_ITEMS 4096u

OmgWireEncoder *omg_wire_encoder_new(void)
{
        OmgWireEncoder *encoder = g_new0(OmgWireEncoder, 1);

        encoder->arena = omg_wire_arena_new();
        return encoder;
}

static void drop_buffers(OmgWireEncoder *encoder)
{
        g_clear_pointer(&encoder->numbers, g_free);
        g_clear_pointer(&encoder->digits, g_free);
        encoder->n_allocated = 0;
}

void omg_wire_encoder_free(OmgWireEncoder *encoder)
{
        if (!encoder)
                return;
        drop_buffers(encoder);
        omg_wire_arena_free(encoder->arena);
        g_free(encoder);
}

static void reserve_buffers(OmgWireEncoder *encoder, gsize n)
{
        if (n <= encoder->n_allocated)
                return;
        drop_buffers(encoder);
        encoder->n_allocated = MAX(n, 64);
        encoder->numbers = g_new(guint64, encoder->n_allocated);
        encoder->digits = g_new(guint8, encoder->n_allocated);
}

static Node *node_new(OmgWireEncoder *e, const OmgWireType *type, guint depth)
{
        Node *node = omg_wire_arena_alloc(e->arena, sizeof(Node) + type->n_fields * sizeof(Node *));

        node->type = type;
        node->depth = depth;
        return node;
}

static void note(OmgWireEncoder *e, Node *node, const guint8 *first, gsize n, gsize stride)
{
        Run *run = omg_wire_arena_alloc(e->arena, sizeof(Run));

        *run = (Run){first, n, stride, NULL};
        if (node->last) {
                node->last->next = run;
        } else {
                node->first = run;
                *e->end = node;
                e->end = &node->next;
        }
        node->last = run;
        node->n += n;
}

static gboolean walk(OmgWireEncoder *e, Node *node, const guint8 *first, gsize n, gsize stride);

static gboolean walk_field(OmgWireEncoder *e, Node *node, guint i, const guint8 *first, gsize n,
                           gsize stride)
{
        const OmgWireField *field = &node->type->fields[i];

        if (!node->branches[i])
                node->branches[i] = node_new(
                        e, field->type, node->depth + (node->type->kind == OMG_WIRE_KIND_LIST));
        return walk(e, node->branches[i], first + field->offset, n, stride);
}

static gboolean walk_structs(OmgWireEncoder *e, Node *node, const guint8 *first, gsize n,
                             gsize stride)
{
        gboolean is_flat = TRUE;

        for (guint i = 0; i < node->type->n_fields; i++)
                is_flat &= node->type->fields[i].type->kind <= OMG_WIRE_KIND_STRING;
        /* Without anything below the fields the order of columns is theirs, whatever the values:
         * field by field, which is one run each. */
        if (!is_flat && n > 1) {
                for (gsize j = 0; j < n; j++)
                        if (!walk_structs(e, node, first + j * stride, 1, stride))
                                return FALSE;
                return TRUE;
        }
        for (guint i = 0; i < node->type->n_fields; i++)
                if (!walk_field(e, node, i, first, n, stride))
                        return FALSE;
        return TRUE;
}

static gboolean walk_lists(OmgWireEncoder *e, Node *node, const guint8 *first, gsize n,
                           gsize stride)
{
        for (; n > 0; n--, first += stride) {
                OmgWireItems list = omg_wire_items_get(first);
                if (list.n > 0 &&
                    !walk_field(e, node, 0, list.items, list.n, node->type->fields[0].type->size))
                        return FALSE;
        }
        return TRUE;
}

/* Takes down n values of a path, which stand stride bytes apart. FALSE: too deep. */
static gboolean walk(OmgWireEncoder *e, Node *node, const guint8 *first, gsize n, gsize stride)
{
        const OmgWireKind kind = node->type->kind;

        if (kind == OMG_WIRE_KIND_STRUCT)
                return walk_structs(e, node, first, n, stride);
        if (kind == OMG_WIRE_KIND_LIST && node->depth >= OMG_LIMIT_DEPTH)
                return FALSE;
        note(e, node, first, n, stride);
        if (kind == OMG_WIRE_KIND_LIST)
                return walk_lists(e, node, first, n, stride);
        if (kind < OMG_WIRE_KIND_LIST)
                return TRUE;
        for (; n > 0; n--, first += stride) {
                guint32 tag = *(const guint32 *)first;
                if (kind == OMG_WIRE_KIND_OPTION && tag == 0)
                        continue;
                if (kind == OMG_WIRE_KIND_OPTION)
                        tag = 0;
                g_assert(tag < node->type->n_fields);
                if (!walk_field(e, node, tag, first, 1, 0))
                        return FALSE;
        }
        return TRUE;
}

static void gather_numbers(const Node *node, guint64 *to)
{
        const gboolean is_i32 = node->type->kind == OMG_WIRE_KIND_I32;

        for (const Run *run = node->first; run; run = run->next)
                for (gsize i = 0; i < run->n; i++) {
                        const guint8 *item = run->first + i * run->stride;
                        *to++ = is_i32 ? (guint64)(gint64) * (const gint32 *)item
                                       : *(const guint64 *)item;
                }
}

static void gather_tags(const Node *node, guint8 *to)
{
        const gboolean is_option = node->type->kind == OMG_WIRE_KIND_OPTION;

        for (const Run *run = node->first; run; run = run->next)
                for (gsize i = 0; i < run->n; i++) {
                        guint32 tag = *(const guint32 *)(run->first + i * run->stride);
                        *to++ = is_option ? tag != 0 : (guint8)tag;
                }
}

/* What a byte cannot hold goes into @large. Returns how many these are. */
static gsize gather_lengths(const Node *node, guint8 *to, guint64 *large, guint64 *ret_total)
{
        const gsize offset = node->type->kind == OMG_WIRE_KIND_LIST
                                     ? offsetof(OmgWireItems, n)
                                     : offsetof(OmgWireString, length);
        gsize n_large = 0;
        guint64 total = 0;

        for (const Run *run = node->first; run; run = run->next)
                for (gsize i = 0; i < run->n; i++) {
                        gsize length = *(const gsize *)(run->first + i * run->stride + offset);
                        *to++ = (guint8)MIN(length, 255);
                        if (length >= 255)
                                large[n_large++] = length;
                        total += length;
                }
        *ret_total = total;
        return n_large;
}

static void append_text(GByteArray *out, const Node *node, gsize total)
{
        guint length = out->len;
        guint8 *to;

        g_byte_array_set_size(out, length + (guint)total);
        to = out->data + length;
        for (const Run *run = node->first; run; run = run->next)
                for (gsize i = 0; i < run->n; i++) {
                        const OmgWireString *string =
                                (const OmgWireString *)(run->first + i * run->stride);
                        if (string->length > 0)
                                memcpy(to, string->bytes, string->length);
                        to += string->length;
                }
}

/* FALSE: would be longer than room. */
static gboolean append_column(OmgWireEncoder *e, const Node *node, gsize room, GByteArray *out)
{
        const OmgWireKind kind = node->type->kind;
        guint64 total;
        gsize n_large;

        /* Even of the smallest items 8 are a byte. */
        if (node->n / 8 > room)
                return FALSE;
        reserve_buffers(e, node->n);
        switch (kind) {
        case OMG_WIRE_KIND_U64:
        case OMG_WIRE_KIND_I64:
        case OMG_WIRE_KIND_I32:
                gather_numbers(node, e->numbers);
                omg_wire_pack_integers(out, e->numbers, node->n, kind == OMG_WIRE_KIND_I32 ? 4 : 8,
                                       kind != OMG_WIRE_KIND_U64);
                return TRUE;
        case OMG_WIRE_KIND_OPTION:
        case OMG_WIRE_KIND_ENUM:
                gather_tags(node, e->digits);
                omg_wire_pack_digits(out, e->digits, node->n);
                return TRUE;
        case OMG_WIRE_KIND_STRING:
        case OMG_WIRE_KIND_LIST:
                n_large = gather_lengths(node, e->digits, e->numbers, &total);
                if (total > room && kind == OMG_WIRE_KIND_STRING)
                        return FALSE;
                omg_wire_pack_digits(out, e->digits, node->n);
                if (n_large > 0)
                        omg_wire_pack_integers(out, e->numbers, n_large, 8, FALSE);
                if (kind == OMG_WIRE_KIND_STRING)
                        append_text(out, node, (gsize)total);
                return TRUE;
        case OMG_WIRE_KIND_STRUCT:
                break;
        }
        g_assert_not_reached();
}

/* All columns, or nothing. */
static gboolean append_columns(OmgWireEncoder *e, gsize max_length, GByteArray *out)
{
        const guint before = out->len;

        for (const Node *node = e->first; node; node = node->next) {
                gsize length = out->len - before;
                if (!append_column(e, node, max_length - length, out) ||
                    out->len - before > max_length) {
                        g_byte_array_set_size(out, before);
                        return FALSE;
                }
        }
        return TRUE;
}

gboolean omg_wire_encode(OmgWireEncoder *encoder, const OmgWireType *type, gconstpointer value,
                         gsize max_length, GByteArray *out, GError **error)
{
        gboolean is_shallow, fits;

        encoder->first = NULL;
        encoder->end = &encoder->first;
        /* A GByteArray ends at 4 GiB, and room for a column is made as if its items were 8 bytes.
         */
        max_length = MIN(max_length, G_MAXUINT / 128);
        is_shallow = walk(encoder, node_new(encoder, type, 0), value, 1, type->size);
        fits = is_shallow && append_columns(encoder, max_length, out);
        omg_wire_arena_reset(encoder->arena);
        if (encoder->n_allocated > KEPT_ITEMS)
                drop_buffers(encoder);
        if (!is_shallow)
                g_set_error(error, OMG_ERROR, OMG_ERROR_LIMITS_EXCEEDED,
                            "The message has more than %u lists within lists.", OMG_LIMIT_DEPTH);
        else if (!fits)
                g_set_error(error, OMG_ERROR, OMG_ERROR_LIMITS_EXCEEDED,
                            "The message has more than %" G_GSIZE_FORMAT " bytes.", max_length);
        return fits;
}
