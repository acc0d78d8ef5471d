/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* When the AUR may be asked for its archive again: once in OMG_LIMIT_INTERVAL_AUR, counted from the
 * last one that came, or was confirmed, as cache.db knows (cache-http.h), over restarts too. */

#include "loop/feed-part.h"

/* Seconds until then; 0: now. OMG_AUR_FORCE_SEC counts with @is_soon (somebody insists, or what
 * came is gone), and when a try since has failed, of which the schedule knows when to try again. */
guint64 omg_aur_hour_get_rest(const OmgFeedPart *part, gboolean is_soon);

/* An archive came, or was confirmed; one that is no good counts too. Behind omg_feed_part_save(),
 * so that a try that failed later is one since. */
void omg_aur_hour_note(OmgFeedPart *part);

/* What came last is all that anybody gets: FALSE if it was no good, or is gone; then the part's
 * error says so, and that it is asked again in @rest seconds. */
gboolean omg_aur_hour_repeat(OmgFeedPart *part, gboolean has_archive, guint64 rest);
