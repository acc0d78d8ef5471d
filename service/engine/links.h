/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Who needs whom, as numbers: what is strongly connected, what closes a circle, and an order. All
 * in time linear in the links (the order: and a logarithm), and without recursion. */

#include <glib.h>

typedef struct {
        guint32 from, to;
        guint32 data;     /* the caller's */
        guint8 strength;  /* likewise */
        gboolean is_soft; /* passed over by all but omg_links_order() and omg_links_find_path() */
} OmgLink;

typedef struct OmgLinks OmgLinks;

/* Between @n_vertices; links are taken in the order in which they are added. */
OmgLinks *omg_links_new(guint n_vertices);
void omg_links_free(OmgLinks *links);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgLinks, omg_links_free)
void omg_links_add(OmgLinks *links, const OmgLink *link);

/* After the last was added: they are sorted by from. To be called before all below. */
void omg_links_finish(OmgLinks *links);
guint omg_links_get_n(const OmgLinks *links);
OmgLink *omg_links_at(OmgLinks *links, guint index);

/* Numbers the strongly connected components by Tarjan's algorithm, what is needed before what needs
 * it; @ret_position (NULL: not wanted): such an order of the vertices, those of a component
 * together. Both have n_vertices elements, new. Returns how many components there are. */
guint omg_links_find_components(OmgLinks *links, guint32 **ret_component, guint32 **ret_position);

/* Makes those soft that lead back to a vertex on the way here, in a walk from the first vertex on:
 * then there is no circle any more. */
void omg_links_soften_back(OmgLinks *links);

/* An order in which what a vertex needs stands before it; of soft links as many as can easily be
 * had. Of those that could be next the one with the lowest @rank comes, then the first. There is no
 * circle of links that are not soft. n_vertices elements, new. */
guint32 *omg_links_order(OmgLinks *links, const guint8 *rank);

/* The shortest way between two vertices, over links at least so strong, soft or not: their indices,
 * new; NULL: there is none. */
GArray *omg_links_find_path(OmgLinks *links, guint32 from, guint32 to, guint8 strength);
