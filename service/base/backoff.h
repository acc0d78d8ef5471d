/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* When to ask somebody again who failed: after twice as long each time, with jitter, so that those
 * who failed together do not come back together, and not before a server that said when. One for
 * each source or host. Pure: time and chance come from the caller. Times in µs, of any one clock,
 * also of the day where they are kept over a restart. */

#include <glib.h>

typedef struct {
        guint failures; /* in a row; zeroed: none */
        guint64 next;   /* not before; 0: at once */
} OmgBackoff;

/* Notes a failure and sets next: now and from half to all of OMG_BACKOFF_FIRST_SEC doubled with
 * each failure before, at most OMG_LIMIT_BACKOFF_SEC. retry_after: seconds that the server asked
 * for (G_MAXUINT64: it did not), counted up to OMG_LIMIT_RETRY_AFTER_SEC: next is then up to a
 * tenth later than that, never earlier. random: any of its values alike. */
void omg_backoff_fail(OmgBackoff *backoff, guint64 now, guint64 retry_after, guint32 random);

void omg_backoff_succeed(OmgBackoff *backoff);

/* Whether it may be asked now. A next further away than any failure can set, as by a clock that was
 * put back, does not count. */
gboolean omg_backoff_is_due(const OmgBackoff *backoff, guint64 now);
