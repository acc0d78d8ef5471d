/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* How often somebody may do something: `rate` times a second on average, `burst` times at once
 * after a while of silence. Kept as one time: when the bucket will be full again, so that nothing
 * has to be refilled. Times in µs, of any one clock. */

#include <glib.h>

typedef struct {
        guint64 full_at; /* zeroed: full */
} OmgTokenBucket;

/* Takes a token at the time now; FALSE, and nothing is taken, when there is none. rate 0: there
 * always is one. A burst of 0 counts as 1. The rate may change from call to call. */
static inline gboolean omg_token_bucket_take(OmgTokenBucket *bucket, guint64 now, guint rate,
                                             guint burst)
{
        if (rate == 0)
                return TRUE;

        const guint64 price =
                G_USEC_PER_SEC / rate; /* above a million a second there is no limit */
        const guint64 most = price * MAX(burst, 1);
        /* Never emptier than empty: the rate may have been lower before. */
        const guint64 lacking = bucket->full_at > now ? MIN(bucket->full_at - now, most) : 0;
        const gboolean is_there = lacking + price <= most;

        bucket->full_at = now + lacking + (is_there ? price : 0);
        return is_there;
}
