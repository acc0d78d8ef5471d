/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The cold fields of a package as bytes: for each field present its tag (OmgField, one byte), the
 * size of its payload (LEB128) and the payload. STRING: the bytes. NUMBER: LEB128. STRV: for each
 * string its length (LEB128) and its bytes. A reader skips tags it does not know. */

#include <glib.h>

#include "store/package.h"

/* Appends the fields of a package to @bytes. */
void omg_package_encode(GByteArray *bytes, const OmgPackage *package);

/* Sets the fields of @package that the bytes hold. FALSE when they are malformed (the package then
 * has the fields before the fault). */
gboolean omg_package_decode(const guint8 *bytes, gsize size, OmgPackage *package);

/* LEB128: appends a number; reads one and advances *cursor, FALSE when it does not end before @end
 * or does not fit. */
void omg_varint_append(GByteArray *bytes, guint64 value);
gboolean omg_varint_read(const guint8 **cursor, const guint8 *end, guint64 *ret_value);
