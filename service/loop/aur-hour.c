/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/aur-hour.h"

#include "base/error.h"
#include "base/limits-network.h"
#include "loop/log.h"
#include "store/cache-feeds.h"
#include "store/cache-http.h"

static OmgHttpRow *get_row(const OmgFeedPart *part)
{
        OmgHttpRow *row = NULL;

        (void)omg_cache_http_get(part->setup->cache, part->url, &row, NULL);
        return row;
}

void omg_aur_hour_note(OmgFeedPart *part)
{
        const guint64 now = (guint64)g_get_real_time();
        g_autoptr(OmgHttpRow) row = get_row(part);
        g_autoptr(GError) error = NULL;

        if (!row) {
                row = g_new0(OmgHttpRow, 1);
                row->url = g_strdup(part->url);
        }
        row->fetched_usec = now;
        if (!omg_cache_http_put(part->setup->cache, row, now, &error))
                omg_log_warning("%s: when the AUR was asked is not kept, ignoring", error->message);
}

/* Nothing came by the last try. */
static gboolean has_failed_since(const OmgFeedPart *part, const OmgHttpRow *row)
{
        g_autoptr(OmgFeedRow) feed = NULL;

        return omg_cache_feeds_get(part->setup->cache, part->name, &feed, NULL) &&
               feed->state == OMG_FEED_FAILED && feed->checked_usec > row->fetched_usec;
}

/* A time in the future is the work of a clock that was wrong. */
guint64 omg_aur_hour_get_rest(const OmgFeedPart *part, gboolean is_soon)
{
        const guint64 now = (guint64)g_get_real_time();
        g_autoptr(OmgHttpRow) row = get_row(part);
        guint64 least;

        if (!row || row->fetched_usec == 0 || row->fetched_usec > now)
                return 0;
        least = is_soon || has_failed_since(part, row) ? OMG_AUR_FORCE_SEC : OMG_LIMIT_INTERVAL_AUR;
        if (now >= row->fetched_usec + least * G_USEC_PER_SEC)
                return 0;
        return least - (now - row->fetched_usec) / G_USEC_PER_SEC;
}

gboolean omg_aur_hour_repeat(OmgFeedPart *part, gboolean has_archive, guint64 rest)
{
        g_autoptr(OmgFeedRow) row = NULL;

        if (!has_archive) {
                omg_feed_part_fail(part, OMG_ERROR_UNAVAILABLE,
                                   "%s: what came is gone; it is asked again in "
                                   "%" G_GUINT64_FORMAT " s",
                                   part->url, rest);
                return FALSE;
        }
        if (!omg_cache_feeds_get(part->setup->cache, part->name, &row, NULL) ||
            row->state == OMG_FEED_OK)
                return TRUE;
        omg_feed_part_fail(part, (int)omg_feed_row_get_code(row),
                           "%s; it is asked again in %" G_GUINT64_FORMAT " s at the soonest",
                           row->message ? row->message : part->url, rest);
        return FALSE;
}
