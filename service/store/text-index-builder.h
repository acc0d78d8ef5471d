/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Makes the search sections of a layer (store/text-index.h) out of folded names and descriptions.
 */

#include "store/section-writer.h"

typedef struct OmgTextIndexBuilder OmgTextIndexBuilder;

OmgTextIndexBuilder *omg_text_index_builder_new(void);
void omg_text_index_builder_free(OmgTextIndexBuilder *builder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgTextIndexBuilder, omg_text_index_builder_free)

/* Adds the texts of a package (folded; lengths in bytes, without NUL inside). Ids ascend from call
 * to call. */
void omg_text_index_builder_add(OmgTextIndexBuilder *builder, guint32 id, const char *name,
                                gsize name_len, const char *description, gsize description_len);

/* The finished sections but for the postings, which are written afterwards, in pieces: they are the
 * larger half. The caller owns them. */
typedef struct {
        GByteArray *runs, *suffixes, *words;
} OmgTextIndexSections;

void omg_text_index_builder_finish(OmgTextIndexBuilder *builder, guint n_packages,
                                   OmgTextIndexSections *ret_sections);
void omg_text_index_builder_write_postings(const OmgTextIndexBuilder *builder, guint n_packages,
                                           OmgSectionWriter *writer);
