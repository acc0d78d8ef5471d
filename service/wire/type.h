/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* How types are described to the codec: what stands on the wire, and where in a C struct. All code
 * that reads, writes, compares or prints values is driven by these; no message has code of its
 * own. */

#include <glib.h>
#include <string.h>

#include "wire/wire.h"

typedef enum {
        OMG_WIRE_KIND_U64,
        OMG_WIRE_KIND_I64,
        OMG_WIRE_KIND_I32,
        OMG_WIRE_KIND_STRING, /* OmgWireString */
        OMG_WIRE_KIND_LIST,   /* as OMG_WIRE_LIST: the items, and how many; one field: the item */
        OMG_WIRE_KIND_OPTION, /* a gboolean first; one field: what is there if it is TRUE */
        OMG_WIRE_KIND_ENUM,   /* a guint32 first: which field is there */
        OMG_WIRE_KIND_STRUCT, /* all fields */
} OmgWireKind;

/* Types have at most so many fields: sets of them are bits of a guint32. */
#define OMG_WIRE_FIELDS_MAX 32u

typedef struct {
        const char *name; /* NULL: of an item, an option's value, a part of a tuple */
        gsize offset;     /* in the struct of the type that has the field */
        const OmgWireType *type;
} OmgWireField;

struct OmgWireType {
        OmgWireKind kind;
        const char *name; /* for messages */
        gsize size;       /* of the C value */
        guint n_fields;
        const OmgWireField *fields;
};

/* Any list, whatever its items are. */
typedef struct {
        gpointer items;
        gsize n;
} OmgWireItems;

/* By memcpy: to the compiler, pointers to two types are two types. */
static inline OmgWireItems omg_wire_items_get(gconstpointer list)
{
        OmgWireItems items;

        memcpy(&items, list, sizeof items);
        return items;
}

static inline void omg_wire_items_set(gpointer list, gpointer items, gsize n)
{
        memcpy(list, &(OmgWireItems){items, n}, sizeof(OmgWireItems));
}
