/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Frames of the socket as they are written: the length of the body, 4 bytes, big-endian, and the
 * body. And how the id of one that is made already is found, or becomes another: the first byte is
 * the reply's tag, then comes the column of the id, which is as wide as the id is large; what
 * follows is the same whatever the id. */

#include "base/error.h"

/* Appends a head whose length is not known yet; returns where it stands. */
gsize omg_socket_reply_begin(GByteArray *out);

/* All behind the head is its body. */
void omg_socket_reply_end(GByteArray *out, gsize head);

/* Takes back what was begun there. */
void omg_socket_reply_drop(GByteArray *out, gsize head);

/* What stands behind the id of a Success, whose frame begins there. Borrowed until out changes. */
const guint8 *omg_socket_reply_get_rest(const GByteArray *out, gsize head, gsize *ret_size);

/* Appends the frame of a Success with this id and such a rest. */
void omg_socket_reply_append(GByteArray *out, guint64 id, gconstpointer rest, gsize size);

/* Puts an error in the place of the reply whose frame begins there and ends where out ends; it has
 * the reply's id. */
void omg_socket_reply_replace(GByteArray *out, gsize head, OmgError code, const char *message);
