/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Where in its type a value stands, as the decoder sees it: every path that occurs in a body has
 * one of these, with its column and how far that was read. */

#include "wire/type.h"
#include "wire/unpack.h"

typedef struct OmgWirePath OmgWirePath;

typedef struct {
        OmgWirePath *path; /* NULL: not met yet */
        gsize expected;    /* values there, in the whole body */
} OmgWireBranch;

struct OmgWirePath {
        const OmgWireType *type;
        const OmgWirePath *parent;
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
        OmgWireBranch branches[];
};

typedef struct {
        OmgWireReader reader;
        OmgWireArena *arena;
        gsize items_left;
        guint max_depth;
        gboolean is_cut;
} OmgWireWalk;

/* The root has a name, the type's; n: values there. */
OmgWirePath *omg_wire_path_new(OmgWireWalk *walk, const OmgWireType *type, const char *name,
                               gsize n);

/* Opens the column, which is the next of the body. It is checked wholly: form, length, tags, sums,
 * UTF-8. From then on the numbers of values in the branches are known. */
gboolean omg_wire_path_open(OmgWireWalk *walk, OmgWirePath *path);

/* The path of field i, not opened yet if this is the first time. */
OmgWirePath *omg_wire_path_get_branch(OmgWireWalk *walk, OmgWirePath *path, guint i);
