/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/backoff.h"

#include "base/limits-fetch.h"

/* A part of span: random of 2^32. */
static guint64 take_part(guint64 span, guint32 random)
{
        return (guint64)((double)span * random / 4294967296.0);
}

static guint64 get_delay(guint failures, guint32 random)
{
        guint64 delay = OMG_BACKOFF_FIRST_SEC;

        for (guint i = 1; i < failures && delay < OMG_LIMIT_BACKOFF_SEC; i++)
                delay *= 2;
        delay = MIN(delay, OMG_LIMIT_BACKOFF_SEC) * G_USEC_PER_SEC;
        return delay / 2 + take_part(delay / 2, random);
}

void omg_backoff_fail(OmgBackoff *backoff, guint64 now, guint64 retry_after, guint32 random)
{
        guint64 delay;

        if (backoff->failures < G_MAXUINT)
                backoff->failures++;
        delay = get_delay(backoff->failures, random);
        if (retry_after != G_MAXUINT64) {
                const guint64 asked = MIN(retry_after, OMG_LIMIT_RETRY_AFTER_SEC) * G_USEC_PER_SEC;
                delay = MAX(delay, asked + take_part(asked / 10, random));
        }
        backoff->next = now + delay;
}

void omg_backoff_succeed(OmgBackoff *backoff)
{
        *backoff = (OmgBackoff){0};
}

gboolean omg_backoff_is_due(const OmgBackoff *backoff, guint64 now)
{
        const guint64 most = (OMG_LIMIT_RETRY_AFTER_SEC + OMG_LIMIT_RETRY_AFTER_SEC / 10) *
                             (guint64)G_USEC_PER_SEC;

        return now >= backoff->next || backoff->next - now > most;
}
