/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Columns of a body, as they are written: the very bytes of the reference for any items. All append
 * to @out. */

#include <glib.h>

void omg_wire_pack_digits(GByteArray *out, const guint8 *items, gsize n);

/* own_width: 8 or 4. Signed items are sign-extended, and are compared as such. At least one;
 * their memory is used up. */
void omg_wire_pack_integers(GByteArray *out, guint64 *items, gsize n, guint own_width,
                            gboolean is_signed);
