/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The desc file of one package in a sync database, read only when it is plainly what repo-add
 * writes:
 *
 *   %KEY%
 *   value, one line or, of a list, one line each
 *   (an empty line)
 *
 * libalpm takes much more, and warns, repairs or refuses by rules of its own; whatever might meet
 * one of them is not read here but left to libalpm: an unknown or repeated key, an empty value, a
 * line or an empty line missing, NUL, bytes that are no UTF-8, a number that is not all digits, a
 * name, version or file name that it looks at twice. What is read has the very values it would
 * give. */

#include "store/package.h"

/* Room that omg_desc_parse may need in @slots for a text of @size bytes. */
#define OMG_DESC_SLOTS(size) ((size) / 2 + 8)

/* @text: the file, which becomes strings in place; @folder: its folder in the database, which must
 * be name and version; @with_md5: whether this libalpm knows %MD5SUM%. *ret_package (cleared
 * before) then borrows all from @text and @slots, of which it uses *ret_used: nothing of it is to
 * be freed. FALSE: not for us; text, slots and package are in no particular state. */
gboolean omg_desc_parse(char *text, gsize size, const char *folder, gboolean with_md5, char **slots,
                        gsize *ret_used, OmgPackage *ret_package);
