/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Writes an index file of sections (store/section-file.h) one after the other, as they come to be,
 * so that a large one is never in memory as a whole. An error stays with the writer: what follows
 * writes nothing, and the end tells it. */

#include "store/section-file.h"

typedef struct OmgSectionWriter OmgSectionWriter;

/* @fd: an empty file, which stays the caller's; -1: into memory. @built_usec: as in the header. */
OmgSectionWriter *omg_section_writer_new(const OmgSectionFormat *format, guint64 built_usec,
                                         int fd);
void omg_section_writer_free(OmgSectionWriter *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgSectionWriter, omg_section_writer_free)

/* Adds bytes to the section at hand. */
void omg_section_writer_append(OmgSectionWriter *writer, gconstpointer data, gsize size);

/* Adds the first @size bytes of a file. */
void omg_section_writer_append_file(OmgSectionWriter *writer, int fd, guint64 size);

/* The section at hand is whole, and the next one comes. */
void omg_section_writer_end_section(OmgSectionWriter *writer);

/* Both steps for a section that is at hand; takes the bytes. */
void omg_section_writer_take_section(OmgSectionWriter *writer, GBytes *bytes);

/* After the last section: writes the head. *ret_bytes: the file, when it is in memory, else NULL.
 * UNAVAILABLE when it could not be written, LIMITS_EXCEEDED when it would be larger than
 * base/limits.h allows. */
gboolean omg_section_writer_finish(OmgSectionWriter *writer, GBytes **ret_bytes, GError **error);
