/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Who names whom: for a name, the packages of a layer that provide it, depend on it, and so on.
 *
 * The index only narrows down: OMG_SECTION_RELATION_KEYS has 32 bits of a hash for each name of
 * each kind, so a list may hold a package that does not name it. The texts themselves, with their
 * versions, are in DETAILS: whoever asks reads them (omg_layer_get_strv) and decides by
 * base/depend.h. */

#include "store/layer.h"

typedef enum {
        OMG_RELATION_PROVIDES,
        OMG_RELATION_DEPENDS,
        OMG_RELATION_OPTDEPENDS,
        OMG_RELATION_MAKEDEPENDS,
        OMG_RELATION_CHECKDEPENDS,
        OMG_RELATION_N
} OmgRelation;

/* The field that holds a relation's texts. */
OmgField omg_relation_get_field(OmgRelation relation);

/* ---- the section: OmgRelationKey[], by key ---- */

typedef struct {
        guint32 key; /* hash of name and relation */
        guint32 end; /* behind its last id in RELATION_IDS; the first is the end of the key before
                      */
} OmgRelationKey;

/* ---- building ---- */

typedef struct OmgRelationBuilder OmgRelationBuilder;
OmgRelationBuilder *omg_relation_builder_new(void);
void omg_relation_builder_free(OmgRelationBuilder *builder);

/* Adds what a package names; @position: any number for it below 2^32. */
void omg_relation_builder_add(OmgRelationBuilder *builder, guint32 position,
                              const OmgPackage *package);

/* Makes the sections; @id_of: the id of each position. The builder is used up. */
void omg_relation_builder_finish(OmgRelationBuilder *builder, const guint32 *id_of,
                                 GBytes **ret_keys, GBytes **ret_ids);

/* ---- reading ---- */

/* Ascending ids, borrowed from the layer. */
typedef struct {
        const guint32 *ids;
        guint n;
} OmgRelationList;

/* The packages that may name @name so; maybe none. Ids that a damaged layer does not have are
 * possible: every accessor of a layer takes them. */
OmgRelationList omg_relation_find(const OmgLayer *layer, OmgRelation relation, const char *name,
                                  gsize len);

/* The strings of one field of a package, one after the other, without a copy. */
typedef struct {
        const guint8 *cursor;
        const guint8 *end;
} OmgStrvCursor;

/* Nothing to read when the package does not exist, lacks the field or is malformed. */
OmgStrvCursor omg_layer_get_strv(const OmgLayer *layer, guint id, OmgField field);

/* The next string, which does not end in NUL; FALSE at the end. */
gboolean omg_strv_cursor_next(OmgStrvCursor *cursor, const char **ret_text, gsize *ret_len);
