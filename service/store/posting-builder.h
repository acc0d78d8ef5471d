/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Collects posting sets (store/postings.h) in memory, about as small as they will be in the file:
 * those of 100,000 packages in 20 MB. */

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

/* How many bytes the set will have. @n_packages: as the layer will have. */
gsize omg_posting_builder_get_size(const OmgPostingBuilder *builder, guint32 set, guint n_packages);

/* Appends the set. */
void omg_posting_builder_write(const OmgPostingBuilder *builder, guint32 set, guint n_packages,
                               GByteArray *postings);
