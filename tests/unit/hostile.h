/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Index files that somebody damaged or made to harm: refused, or read within their bounds. What is
 * tried on every kind of index file alike. The bytes are in blocks of exactly their length, so that
 * the address sanitizer sees each step outside. */

#include "store/section-file.h"

typedef struct {
        guint n_sections;
        guint32 other_kind;    /* an OmgLayerKind that the good file is not */
        GBytes *(*make)(void); /* a good file, with something in every section */
        /* Whether these bytes are taken; nothing of them may be kept. */
        gboolean (*open)(GBytes *bytes, GError **error);
} HostileFormat;

typedef struct {
        guint8 *data;
        gsize size;
} HostileFile;

/* The good file. */
HostileFile hostile_file_new(const HostileFormat *format);
void hostile_file_clear(HostileFile *file);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HostileFile, hostile_file_clear)

OmgSectionEntry hostile_file_get_entry(const HostileFile *file, guint section);

/* Puts a value @at bytes into a section. */
void hostile_file_set_word(HostileFile *file, guint section, gsize at, guint32 value);

/* Puts the size in the header and all checksums right. */
void hostile_file_mend(const HostileFormat *format, HostileFile *file);

/* Adds tests below @path, of a @format that outlives them: a thousand flipped bits, padding, cuts
 * at every border, sections in impossible places and of other sizes, header fields, values that
 * overflow. */
void hostile_add_tests(const char *path, const HostileFormat *format);

/* The fuzz target of this kind of file: mends the bytes, opens them, and asks all there is. */
int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);
