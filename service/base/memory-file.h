/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* A file in memory to hand to somebody else: written, then sealed for good, then open for reading
 * only. */

#include <glib.h>

typedef struct OmgMemoryFile OmgMemoryFile;

/* @name is what /proc shows; @max: bytes it may hold. UNAVAILABLE when there is no memory for it.
 */
OmgMemoryFile *omg_memory_file_new(const char *name, guint64 max, GError **error);
void omg_memory_file_free(OmgMemoryFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgMemoryFile, omg_memory_file_free)

/* LIMITS_EXCEEDED when it would hold more than max, UNAVAILABLE without memory. */
gboolean omg_memory_file_write(OmgMemoryFile *file, gconstpointer data, gsize size, GError **error);

/* Seals it against every change and returns a descriptor, open for reading, at the beginning; the
 * caller's. -1 with UNAVAILABLE. The file can only be freed afterwards. */
int omg_memory_file_seal(OmgMemoryFile *file, GError **error);
