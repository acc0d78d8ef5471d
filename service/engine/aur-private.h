/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Shared by the files of aur-resolve.h: the packages met, what each needs, and what was found for
 * it. Nothing here calls itself: how deep a chain of dependencies is, is up to the AUR. */

#include "base/depend.h"
#include "engine/aur-resolve.h"

typedef struct {
        OmgRow row;
        const char *name, *version; /* borrowed from the layer */
        const char *base;           /* NULL when not of the AUR */
        gboolean requested;
        guint first_need, n_needs; /* in the graph's needs */
        GPtrArray *alternatives;   /* names; NULL: none */
        GPtrArray *conflicts;      /* names; NULL: none */
} OmgAurNode;

/* One dependency of a package that something satisfies. */
typedef struct {
        guint32 from, to;    /* nodes */
        OmgAurNeedKind kind; /* one of them */
        guint32 len;
        const char *text; /* len bytes, borrowed from the layer */
} OmgAurNeed;

typedef struct {
        const OmgSnapshot *snapshot;
        GArray *nodes;      /* OmgAurNode, in the order met: nearest first */
        GArray *needs;      /* OmgAurNeed, by from */
        GHashTable *rows;   /* layer and id → node + 1 */
        GHashTable *offers; /* name → GArray of nodes so called, or that provide it; not of what
                               is installed */
        GHashTable *conflicts; /* those of the plan, as text */
        GStringChunk *texts;   /* keys of offers, bases */
        guint n_offers;        /* provisions read */
        guint64 steps;         /* comparisons done */
        const OmgInterrupt *interrupt;
} OmgAurGraph;

static inline OmgAurNode *omg_aur_node_at(const OmgAurGraph *graph, guint node)
{
        return &g_array_index(graph->nodes, OmgAurNode, node);
}

static inline OmgAurNeed *omg_aur_need_at(const OmgAurGraph *graph, guint need)
{
        return &g_array_index(graph->needs, OmgAurNeed, need);
}

/* Whether two nodes are built by one run of makepkg. */
static inline gboolean omg_aur_is_sibling(const OmgAurNode *a, const OmgAurNode *b)
{
        return a->base && a->base == b->base; /* texts are kept once */
}

/* Steps that looking something up in a layer is taken for. */
#define OMG_AUR_STEPS_PER_SEARCH 16u

/* ---- aur-graph.c ---- */

void omg_aur_graph_init(OmgAurGraph *graph, const OmgSnapshot *snapshot,
                        const OmgInterrupt *interrupt);
void omg_aur_graph_clear(OmgAurGraph *graph);

/* The node of a package, new when it was not met yet; what it provides can be chosen from now on.
 * FALSE: too many. */
gboolean omg_aur_graph_add(OmgAurGraph *graph, OmgRow row, guint *ret_node, GError **error);

/* The nodes that may offer that name; NULL: none. */
const GArray *omg_aur_graph_find(const OmgAurGraph *graph, const char *name, gsize len);

/* The node of that name which is no installed one; G_MAXUINT: none. */
guint omg_aur_graph_find_named(const OmgAurGraph *graph, const char *name);

/* Whether a package satisfies a dependency, by name or by provision. */
gboolean omg_aur_graph_satisfies(OmgAurGraph *graph, const OmgLayer *layer, guint32 id,
                                 const OmgDepend *depend);

/* FALSE with an error: too much was compared already, or nobody waits any more. */
gboolean omg_aur_graph_check(const OmgAurGraph *graph, GError **error);

/* ---- aur-choose.c ---- */

/* What satisfies the dependency of a node; ret_row->id OMG_NO_PACKAGE: nothing. @ret_alternatives:
 * names, new, or NULL. */
void omg_aur_choose(OmgAurGraph *graph, guint from, OmgAurNeedKind kind, const OmgDepend *depend,
                    OmgRow *ret_row, GPtrArray **ret_alternatives);

/* ---- aur-order.c ---- */

/* The nodes (guint32, new) in build order, and the plan's cycles. */
GArray *omg_aur_order(const OmgAurGraph *graph, OmgAurPlan *plan);

/* ---- aur-conflicts.c ---- */

/* Finds who cannot be beside whom: the nodes' conflicts and the plan's. */
gboolean omg_aur_find_conflicts(OmgAurGraph *graph, OmgAurPlan *plan, GError **error);
void omg_aur_add_conflict(OmgAurGraph *graph, OmgAurPlan *plan, const char *a, const char *b);
