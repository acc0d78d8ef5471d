/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Sorts NUL-terminated texts by their bytes, of which many begin alike: as the suffixes of words
 * do. */

#include <glib.h>

/* Sorts @n offsets into @text by the bytes there (unsigned) up to NUL; equal texts come in any
 * order, the same for the same input. */
void omg_suffix_sort(const guint8 *text, guint32 *offsets, gsize n);
