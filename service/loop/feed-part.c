/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/feed-part.h"

#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/limits-advisories.h"
#include "base/limits-fetch.h"
#include "fetch/json-line.h"
#include "loop/log.h"
#include "loop/network-state.h"
#include "sources/advisory-files.h"
#include "store/cache-feeds.h"
#include "store/cache-http.h"

/* ---- what is remembered ---- */

static void ignore(const GError *error)
{
        if (error)
                omg_log_warning("%s: what is known of a feed is not kept, ignoring",
                                error->message);
}

/* NULL: nothing is known. */
static OmgHttpRow *get_row(OmgFeedPart *part, const char *url)
{
        g_autoptr(GError) error = NULL;
        OmgHttpRow *row = NULL;

        (void)omg_cache_http_get(part->setup->cache, url, &row, &error);
        ignore(error);
        return row;
}

static void put_row(OmgFeedPart *part, const OmgHttpRow *row)
{
        g_autoptr(GError) error = NULL;

        (void)omg_cache_http_put(part->setup->cache, row, (guint64)g_get_real_time(), &error);
        ignore(error);
}

/* ---- the beginning ---- */

void omg_feed_part_begin(OmgFeedPart *part)
{
        const guint64 now = (guint64)g_get_real_time();
        g_autoptr(OmgHttpRow) row = get_row(part, part->url);
        const guint64 pause =
                row && row->next_usec > now ? (row->next_usec - now) / G_USEC_PER_SEC + 1 : 0;

        if (part->setup->why_not && !omg_network_is_local(part->url)) {
                part->report.error = g_error_copy(part->setup->why_not);
        } else if (pause > 0 && pause <= OMG_LIMIT_RETRY_AFTER_SEC) {
                part->report.pause_sec = pause;
                omg_feed_part_fail(part, OMG_ERROR_UPSTREAM_RATE_LIMITED,
                                   "%s: wants not to be asked for another %" G_GUINT64_FORMAT " s",
                                   part->url, pause);
        } else {
                part->report.was_asked = TRUE;
                return;
        }
        part->step = OMG_FEED_STEP_DONE;
}

void omg_feed_part_init(OmgFeedPart *part, const OmgFeedPartType *type,
                        const OmgAdvisoryPassSetup *setup, OmgAdvisoryOrigin origin,
                        const char *path)
{
        const gboolean is_tracker = origin == OMG_ADVISORY_TRACKER;

        part->type = type;
        part->setup = setup;
        part->name = is_tracker ? "tracker" : "osv";
        part->base_url = is_tracker ? setup->tracker_url : setup->osv_url;
        part->url = g_strconcat(part->base_url, path, NULL);
        part->staging = omg_advisory_files_dup_staging(setup->paths->cache_dir);
        omg_feed_part_begin(part);
}

void omg_feed_part_clear(OmgFeedPart *part)
{
        g_free(part->url);
        g_free(part->staging);
        g_clear_error(&part->report.error);
}

char *omg_feed_part_dup_staged(const OmgFeedPart *part, const char *name)
{
        return g_build_filename(part->staging, name, NULL);
}

/* ---- errors ---- */

void omg_feed_part_fail(OmgFeedPart *part, int code, const char *format, ...)
{
        va_list args;

        if (part->report.error || part->is_known)
                return;
        va_start(args, format);
        part->report.error = g_error_new_valist(OMG_ERROR, code, format, args);
        va_end(args);
}

void omg_feed_part_fail_stale(OmgFeedPart *part, const char *what)
{
        if (part->report.error)
                return;
        part->is_stale = TRUE;
        omg_feed_part_fail(part, OMG_ERROR_UPSTREAM_INVALID, "%s: stale: %s", part->url, what);
}

/* What one answer after the other costs is not waited for a thousand times. */
static gboolean is_to_stop(OmgFeedPart *part, const OmgFetchResult *result, int code)
{
        if (result->outcome == OMG_FETCH_LIMITED || code == OMG_ERROR_UPSTREAM_RATE_LIMITED ||
            code == OMG_ERROR_UNAVAILABLE)
                return TRUE;
        return code == OMG_ERROR_NETWORK && ++part->n_failures >= OMG_LIMIT_FEED_FAILURES;
}

char *omg_feed_part_take_failure(OmgFeedPart *part, const OmgFetchResult *result, const char *url)
{
        const int known = omg_error_from_dbus_name(result->error);
        const int code = known >= 0 ? known : OMG_ERROR_NETWORK;
        const char *text = result->message ? result->message : "not there";

        if (code == OMG_ERROR_CANCELLED)
                return NULL;
        if (result->outcome == OMG_FETCH_LIMITED && result->retry_after != OMG_JSON_NONE)
                part->report.pause_sec = MAX(part->report.pause_sec, result->retry_after);
        if (is_to_stop(part, result, code))
                part->is_stopped = TRUE;
        char *message = strstr(text, url) ? g_strdup(text) : g_strdup_printf("%s: %s", url, text);
        omg_feed_part_fail(part, code, "%s", message);
        return message;
}

/* ---- requests ---- */

OmgFetchRequest omg_feed_part_make_request(OmgFeedPart *part, guint64 id, const char *url,
                                           const char *output, gboolean has_file)
{
        g_autoptr(OmgHttpRow) row = has_file && !part->setup->force ? get_row(part, url) : NULL;
        char **urls = g_new0(char *, 2);

        urls[0] = g_strdup(url);
        return (OmgFetchRequest){
                .id = id,
                .urls = urls,
                .output = g_strdup(output),
                .kind = OMG_FETCH_API,
                .accept = OMG_FETCH_JSON,
                .max_bytes = OMG_JSON_NONE,
                .etag = row ? g_strdup(row->etag) : NULL,
                .last_modified = row ? g_strdup(row->modified) : NULL,
        };
}

void omg_feed_part_keep_validators(OmgFeedPart *part, const char *url, const char *etag,
                                   const char *last_modified)
{
        const OmgHttpRow row = {
                .url = (char *)url,
                .etag = (char *)etag,
                .modified = (char *)last_modified,
                .fetched_usec = (guint64)g_get_real_time(),
        };
        g_autoptr(OmgHttpRow) old = get_row(part, url);

        /* Most servers of records say nothing: no row for each. */
        if (old || etag || last_modified)
                put_row(part, &row);
}

/* ---- age ---- */

gint64 omg_feed_part_get_mtime(const char *path)
{
        struct stat st;

        return stat(path, &st) == 0 ? (gint64)st.st_mtim.tv_sec : -1;
}

gint64 omg_feed_part_get_at_hand_sec(const OmgFeedPart *part, const char *path)
{
        const gint64 at_hand = omg_feed_part_get_mtime(path);
        g_autoptr(OmgHttpRow) row = NULL;

        (void)omg_cache_http_get(part->setup->cache, part->url, &row, NULL);
        return row && row->modified && at_hand <= g_get_real_time() / G_USEC_PER_SEC ? at_hand : -1;
}

guint64 omg_feed_part_get_as_of(const OmgFeedPart *part, const char *path)
{
        const gint64 seconds = omg_feed_part_get_at_hand_sec(part, path);

        return seconds > 0 ? (guint64)seconds * G_USEC_PER_SEC : (guint64)g_get_real_time();
}

/* ---- the end ---- */

static void keep_pause(OmgFeedPart *part)
{
        g_autoptr(OmgHttpRow) row = get_row(part, part->url);

        if (!row) {
                row = g_new0(OmgHttpRow, 1);
                row->url = g_strdup(part->url);
        }
        row->next_usec = (guint64)g_get_real_time() + part->report.pause_sec * G_USEC_PER_SEC;
        put_row(part, row);
}

void omg_feed_part_save(OmgFeedPart *part, guint64 as_of_usec)
{
        const guint64 now = (guint64)g_get_real_time();
        const GError *failure = part->report.error;
        g_autoptr(GError) error = NULL;

        if (!part->report.was_asked || g_error_matches(failure, OMG_ERROR, OMG_ERROR_CANCELLED))
                return;
        if (part->report.pause_sec > 0)
                keep_pause(part);
        if (failure)
                (void)(part->is_stale ? omg_cache_feeds_set_stale : omg_cache_feeds_set_failed)(
                        part->setup->cache, part->name, now, omg_error_get_dbus_name(failure->code),
                        failure->message, &error);
        else
                (void)omg_cache_feeds_set_ok(part->setup->cache, part->name, as_of_usec, now,
                                             &error);
        ignore(error);
}
