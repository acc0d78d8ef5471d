/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Collects posting sets (store/postings.h) in memory, about as small as they will be in the file.
 */

#include "store/postings.h"

typedef struct OmgPostingBuilder OmgPostingBuilder;

OmgPostingBuilder *omg_posting_builder_new(void);
void omg_posting_builder_free(OmgPostingBuilder *builder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgPostingBuilder, omg_posting_builder_free)

/* A new set without ids; sets are numbered from 0. */
guint32 omg_posting_builder_add_set(OmgPostingBuilder *builder);

/* Adds an id. Ids of a set never descend, and of one id the best class comes first: what comes
 * after it is left out. */
void omg_posting_builder_add(OmgPostingBuilder *builder, guint32 set, OmgMatch match, guint32 id);

/* Appends the set and returns where it begins. @n_packages: as the layer will have. */
guint32 omg_posting_builder_write(const OmgPostingBuilder *builder, guint32 set, guint n_packages,
                                  GByteArray *postings);
