/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The bodies of data/wire.xz: what the reference writes, reads and refuses. */

#include "wire/response.h"
#include "wire/type.h"

typedef struct {
        const char *name, *value; /* value: JSON, "" if it is refused */
        const OmgWireType *type;
        char form; /* '=': written so; '~': only read; '!': refused */
        GBytes *body;
} WireBody;

/* Of WireBody; once for a program. @path: of wire.xz. */
const GArray *wire_bodies_get(const char *path);

/* Room for a value of either type. */
typedef union {
        OmgWireRequest request;
        OmgWireResponse response;
} WireValue;

/* No caps but that on depth. */
extern const OmgWireCaps wire_all;

/* omg_wire_decode() of a copy that is exactly so long, so that a sanitizer sees a byte too many.
 * The copy is freed: the strings of the value are not to be looked at. Resets the arena. */
gboolean wire_decode(const OmgWireType *type, const guint8 *bytes, gsize length,
                     const OmgWireCaps *caps, OmgWireArena *arena, WireValue *ret,
                     gboolean *ret_is_cut, GError **error);
