/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Who needs a package, and what a package needs: RequiredBy and DependsOn. */

#include "engine/interrupt.h"
#include "engine/lookup.h"
#include "store/relation-index.h"

/* The packages of a layer that need package @id of it, by @relation (not PROVIDES): what
 * alpm_pkg_compute_requiredby and alpm_pkg_compute_optionalfor answer. Names borrowed from the
 * layer, by their bytes, each once; new. */
GPtrArray *omg_dependents_find(const OmgLayer *layer, guint32 id, OmgRelation relation);

typedef struct {
        const char *const *names; /* as omg_lookup takes them; at most OMG_LIMIT_ROWS */
        OmgSource source;
        OmgRelation relation; /* not PROVIDES */
        gboolean recursive;   /* of DependsOn: also what the dependencies depend on */
} OmgRelationQuery;

/* All texts are borrowed, from the snapshot or from the query; unsatisfied is its own. */
typedef struct {
        GPtrArray *found;       /* the names asked for that exist, each once, in the order asked */
        GPtrArray *lists;       /* GPtrArray of names for each of them */
        GPtrArray *missing;     /* the others, each once */
        GPtrArray *unsatisfied; /* of DependsOn: dependencies that nothing satisfies, each once */
} OmgRelationAnswer;

void omg_relation_answer_free(OmgRelationAnswer *answer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgRelationAnswer, omg_relation_answer_free)

/* Who needs each. Errors: those of omg_lookup; INVALID_ARGS when the answer would have more than
 * OMG_LIMIT_RELATION_NAMES names; CANCELLED. */
OmgRelationAnswer *omg_required_by(const OmgSnapshot *snapshot, const OmgRelationQuery *query,
                                   const OmgInterrupt *interrupt, GError **error);

/* What satisfies the dependencies of each (omg_satisfier_choose), in the order in which they stand;
 * recursive: nearest first, and without the package itself. What is below the first level is
 * followed by DEPENDS. Errors as above. */
OmgRelationAnswer *omg_depends_on(const OmgSnapshot *snapshot, const OmgRelationQuery *query,
                                  const OmgInterrupt *interrupt, GError **error);
