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

/* The payload of one field, without a look at the others; NULL when it is not there. FALSE when
 * what stands before it is malformed. */
gboolean omg_package_find_field(const guint8 *bytes, gsize size, OmgField field,
                                const guint8 **ret_payload, gsize *ret_size);

/* A run of bytes with its length (LEB128) before it, as payloads and the strings of a STRV are;
 * advances *cursor. FALSE when it does not end before @end. */
gboolean omg_run_read(const guint8 **cursor, const guint8 *end, const guint8 **ret_run,
                      gsize *ret_size);

/* LEB128: appends a number; reads one and advances *cursor, FALSE when it does not end before @end
 * or does not fit. */
void omg_varint_append(GByteArray *bytes, guint64 value);
gboolean omg_varint_read(const guint8 **cursor, const guint8 *end, guint64 *ret_value);
