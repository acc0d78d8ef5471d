/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The tracker in a pass: its list, then the details that are wanted and not at hand as the list
 * says, OMG_LIMIT_TRACKER_AT_ONCE a second. Details that do not come are left for a later pass, and
 * are no error: no finding hangs on them. */

#include "loop/feed-part.h"

OmgFeedPart *omg_feed_tracker_new(const OmgAdvisoryPassSetup *setup);

typedef struct {
        guint64 newest;   /* the highest number of a group */
        guint64 previous; /* that of the list at hand; OMG_JSON_NONE: none that can be read */
        gint64 modified_sec, previous_modified_sec; /* Last-Modified, Unix time; -1: not known */
        guint64 confirmed_sec; /* so long ago the one at hand was what the server had */
} OmgTrackerAge;

/* Whether a list is older than the one at hand: by what the server says of both, else by their
 * newest groups. A group leaves the list with its packages, so after OMG_TRACKER_OLDER_SEC of lists
 * without the newest of ours they are believed. */
gboolean omg_tracker_is_older(const OmgTrackerAge *age);
