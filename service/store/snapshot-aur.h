/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What is known of the feed that the packages of the AUR come from. What is wrong with it is no
 * matter of an answer that the AUR is not in. */

#include "store/source-error.h"

typedef struct {
        gboolean is_on;    /* omgd.conf lets the AUR be known */
        guint64 good_usec; /* its server last confirmed what is here, µs since 1970; 0: never */
        gboolean is_stale; /* older than it should be, or its server offered something older, or the
                              index is not of what is here */
        OmgSourceError *error; /* of "aur": why it is stale, or why the last try failed; NULL */
} OmgAurFeed;

/* Of an installed package with OMG_PKG_MAINTAINER_CHANGED: who maintained it when it was built, and
 * who does now; "": nobody. */
typedef struct {
        char *before;
        char *now;
} OmgMaintainerMark;

/* Of copies; NULL is nobody. */
OmgMaintainerMark *omg_maintainer_mark_new(const char *before, const char *now);
void omg_maintainer_mark_free(OmgMaintainerMark *mark);

/* Of two snapshots' tables; NULL is an empty one. */
gboolean omg_maintainer_marks_equal(GHashTable *a, GHashTable *b);

/* A copy, to be cleared. */
void omg_aur_feed_init(OmgAurFeed *feed, const OmgAurFeed *from);
void omg_aur_feed_clear(OmgAurFeed *feed);

/* Sets the error that says why nothing is known of the AUR: that it is off, the feed's own, or that
 * it was not asked yet. */
void omg_aur_feed_set_missing(const OmgAurFeed *feed, GError **error);
