/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The Arch security tracker's list of groups, issues/all.json. The shape of an entry, from the
 * tracker's own code (github.com/archlinux/arch-security-tracker, tracker/view/json.py):
 *
 *   name, packages[], status, severity, type, affected, fixed|null, ticket|null, issues[],
 *   advisories[]
 *
 * Its lists come in any order, an advisory may stand twice: what is made of them is sorted and has
 * each once. */

#include <glib.h>

#include "base/severity.h"

typedef struct {
        char *id;       /* "AVG-2805" */
        GStrv packages; /* at least one */
        OmgTrackerStatus status;
        OmgSeverity severity;
        char *type;       /* "denial of service"; "unknown" when it does not say */
        char *affected;   /* a version */
        char *fixed;      /* a version, or NULL */
        char *ticket;     /* digits, or NULL */
        GStrv issues;     /* CVE ids, newest first */
        GStrv advisories; /* "ASA-202106-42", by their bytes */
        /* Of AVG-N.json alone: */
        GStrv references; /* pages about it; may be empty */
        char *notes;      /* "": none */
} OmgTrackerGroup;

typedef struct {
        GPtrArray *groups; /* OmgTrackerGroup, in the order of their numbers */
        guint n_dropped;   /* entries that make no sense */
        char *reason;      /* of the first of them, with its place and name; NULL: none */
} OmgTrackerFeed;

void omg_tracker_group_free(OmgTrackerGroup *group);
void omg_tracker_feed_free(OmgTrackerFeed *feed);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgTrackerGroup, omg_tracker_group_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgTrackerFeed, omg_tracker_feed_free)

/* Reads the whole list. A status or severity of another word counts as "Unknown", so that it is
 * never taken for clean. What makes no sense is dropped and counted; of two groups of one name the
 * first counts. UPSTREAM_INVALID: no JSON, no list, an empty one, nothing but what makes no sense,
 * or more than base/limits-advisories.h allows. */
OmgTrackerFeed *omg_tracker_parse(GBytes *bytes, GError **error);

/* Reads AVG-N.json: one group, beside "references" and "notes", which are not read.
 * UPSTREAM_INVALID as above, and for a group that makes no sense. */
OmgTrackerGroup *omg_tracker_group_parse(GBytes *bytes, GError **error);

/* Whether both say the same, but for references and notes, which a list has not. */
gboolean omg_tracker_group_equal(const OmgTrackerGroup *a, const OmgTrackerGroup *b);

/* Whether a text is an "AVG-<number>" of reasonable length. */
gboolean omg_tracker_id_check(const char *id);

/* Its number; what is beyond G_MAXINT64 is that. */
guint64 omg_tracker_id_get_number(const char *id);
