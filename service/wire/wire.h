/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The bodies that omg and omg-fast send and understand: bitcode 0.6.9, serde flavour. A body holds
 * one value, written column by column: all items that stand at one path of the type, packed on
 * their own, in the order in which the paths are first met. Nothing in it tells the type: both
 * sides have the same table (message.c). Pure: bytes in, values out, and back. Any thread. */

#include <glib.h>

typedef struct OmgWireType OmgWireType; /* type.h */

/* Memory of a decoded value, or of one that is being put together: many small pieces, freed
 * together. Grows by blocks; what was reserved is never moved. */
typedef struct OmgWireArena OmgWireArena;
OmgWireArena *omg_wire_arena_new(void);
void omg_wire_arena_free(OmgWireArena *arena);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgWireArena, omg_wire_arena_free)

/* Forgets all pieces, keeps one block for the next value. */
void omg_wire_arena_reset(OmgWireArena *arena);

/* Bytes held now, with what is not handed out yet. */
gsize omg_wire_arena_get_size(const OmgWireArena *arena);

/* size bytes, zeroed, aligned for any type, until reset or free. n * size must not overflow for
 * alloc_n (a bug of the caller's: aborts). */
gpointer omg_wire_arena_alloc(OmgWireArena *arena, gsize size);
gpointer omg_wire_arena_alloc_n(OmgWireArena *arena, gsize n, gsize size);

/* A copy of length bytes, with a NUL behind them. */
char *omg_wire_arena_dup(OmgWireArena *arena, const char *bytes, gsize length);

/* What a decoder spends on a body that says much in few bytes: a byte can stand for 8 requests. */
typedef struct {
        gsize max_items; /* list items made into values, in all; of the others only the form is
                            checked */
        guint max_depth; /* lists within lists (a batch in a batch is one more); deeper is an error
                          */
} OmgWireCaps;

/* Reads a whole body as a value of @type into ret_value (type.h says how large; untouched on
 * failure). Strings point into @body, lists into @arena, which also holds what the decoder needs
 * meanwhile, after a failure, too. *ret_is_cut (NULL: not wanted): max_items
 * was reached: lists are shorter than they were on the wire, all else is there. Whatever the format
 * allows is accepted, also what no writer produces. Error: UNDECODABLE, with what is wrong at which
 * byte. */
gboolean omg_wire_decode(const OmgWireType *type, const guint8 *body, gsize length,
                         const OmgWireCaps *caps, OmgWireArena *arena, gpointer ret_value,
                         gboolean *ret_is_cut, GError **error);

/* Appends the body of a value, the very bytes that the reference writes. FALSE, and nothing
 * appended, when it has more than max_length bytes or lists within lists deeper than
 * OMG_LIMIT_DEPTH: LIMITS_EXCEEDED. Strings must be valid UTF-8: the caller's business. An encoder
 * keeps its buffers for the next value; not for two threads at once. */
typedef struct OmgWireEncoder OmgWireEncoder;
OmgWireEncoder *omg_wire_encoder_new(void);
void omg_wire_encoder_free(OmgWireEncoder *encoder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgWireEncoder, omg_wire_encoder_free)

gboolean omg_wire_encode(OmgWireEncoder *encoder, const OmgWireType *type, gconstpointer value,
                         gsize max_length, GByteArray *out, GError **error);
