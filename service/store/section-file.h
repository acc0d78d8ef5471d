/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What all index files have in common: a header, a table of sections, the sections, each with a
 * checksum. Mapped and checked before any reader sees a byte; what stands inside the sections is
 * the business of the reader.
 *
 *   header | section table | sections, each at a multiple of 8, zeros between, nothing after
 *
 * Native byte order: an index never leaves the machine; another order fails the magic number. */

#include "store/checked-files.h"

typedef struct {
        guint64 magic;
        guint32 version;
        guint32 kind; /* OmgLayerKind */
        guint64 file_size;
        guint64 built_usec; /* when its sources were read, µs since 1970 */
        guint32 n_sections;
        guint32 reserved;
        guint64 checksum; /* XXH3 of header and section table with this field 0 */
} OmgLayerHeader;

typedef struct {
        guint64 offset;
        guint64 size;
        guint64 checksum; /* XXH3 of the section's bytes */
} OmgSectionEntry;

/* What a reader expects in the header. */
typedef struct {
        guint64 magic;
        guint32 version;
        guint32 kind;
        guint n_sections;
} OmgSectionFormat;

/* All members may be read; the last ones are section-file.c's own. */
typedef struct {
        const guint8 *data;
        gsize size;
        guint64 built_usec;
        struct stat st; /* of what was opened; zeros for memory */
        guint n_sections;
        OmgSectionEntry *sections; /* checked: inside the file, in order, without overlap */
        /* Where the bytes come from: a map, registered with base/sigbus.c, or memory. */
        gsize map_size;
        int sigbus;
        GBytes *bytes;
        gint malformed; /* atomic */
} OmgSectionFile;

/* Maps the file and checks owner (this process's user or root), type, size, version, kind and the
 * checksum of each section. Errors: DATABASE_MISSING when there is no such file; DATABASE_CORRUPT
 * for all that is wrong with it; the message says what, without the path. The checksums of
 * sections of a file among @known (NULL: none) are not read again. */
OmgSectionFile *omg_section_file_open(const char *path, const OmgSectionFormat *format,
                                      const OmgCheckedFiles *known, GError **error);

/* The same for bytes in memory, which it keeps. */
OmgSectionFile *omg_section_file_new_from_bytes(GBytes *bytes, const OmgSectionFormat *format,
                                                GError **error);

void omg_section_file_free(OmgSectionFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgSectionFile, omg_section_file_free)

/* A reader met, inside of sections whose checksums are right, what no builder writes. From any
 * thread; for good. */
void omg_section_file_set_malformed(OmgSectionFile *file);
gboolean omg_section_file_is_malformed(const OmgSectionFile *file);

/* TRUE once the file was shortened under the map (what was read since may be zeros) or was found
 * malformed: answers from it are to be thrown away, and the file is to be made anew. */
gboolean omg_section_file_is_damaged(const OmgSectionFile *file);

/* Lets go of the pages that were touched; they stay in the page cache and come back when read. */
void omg_section_file_trim(const OmgSectionFile *file);

/* The end of a reader's own checks: DATABASE_CORRUPT when the file was shortened meanwhile. Else
 * the pages that checking touched, most of which are never needed again, are let go. */
gboolean omg_section_file_finish_checks(const OmgSectionFile *file, GError **error);

/* TRUE when that section holds exactly these bytes. */
gboolean omg_section_file_has_bytes(const OmgSectionFile *file, guint section, GBytes *bytes);

/* TRUE when all sections but one have the same content. */
gboolean omg_section_file_has_content_of(const OmgSectionFile *file, const OmgSectionFile *other,
                                         guint except);

/* The pieces (GBytes) that make up a file of these sections when written one after the other: a
 * large index never stands in memory twice. LIMITS_EXCEEDED when it would be larger than
 * base/limits.h allows. */
GPtrArray *omg_section_file_make(const OmgSectionFormat *format, guint64 built_usec,
                                 GBytes *const *sections, GError **error);
