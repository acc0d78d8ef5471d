/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/refresh-aur.h"

#include <glib/gstdio.h>

#include "base/error.h"
#include "loop/log-ids.h"
#include "loop/log.h"
#include "loop/network-state.h"
#include "loop/refresh-private.h"
#include "sources/aur-files.h"
#include "store/cache-feeds.h"
#include "store/cache-http.h"

void omg_refresh_aur_clear(OmgRefreshAur *aur)
{
        g_clear_pointer(&aur->pass, omg_aur_pass_free);
        g_clear_pointer(&aur->layer, omg_layer_unref);
        g_clear_error(&aur->error);
}

void omg_refresh_set_aur(OmgRefresh *refresh, const OmgRefreshAurSettings *settings)
{
        refresh->aur.settings = *settings;
        /* Whoever has it ends: what asks now has nothing to ask with any more. */
        if (!settings->db)
                g_clear_pointer(&refresh->aur.pass, omg_aur_pass_free);
}

/* ---- what is known of it ---- */

gboolean omg_refresh_aur_is_near(OmgRefresh *refresh)
{
        return omg_network_is_local(refresh->aur.settings.url);
}

static gboolean has_archive(OmgRefresh *refresh)
{
        g_autofree char *archive = omg_aur_files_dup_archive(refresh->paths->cache_dir);

        return g_file_test(archive, G_FILE_TEST_IS_REGULAR);
}

static guint64 read_good_usec(OmgRefresh *refresh)
{
        g_autoptr(OmgFeedRow) row = NULL;
        OmgCacheDb *db = refresh->aur.settings.db;

        return db && omg_cache_feeds_get(db, OMG_REFRESH_AUR_NAME, &row, NULL) ? row->good_usec : 0;
}

gboolean omg_refresh_aur_is_lost(OmgRefresh *refresh)
{
        return !has_archive(refresh) && read_good_usec(refresh) > 0;
}

guint64 omg_refresh_get_aur_fetched_usec(OmgRefresh *refresh)
{
        const OmgRefreshAurSettings *settings = &refresh->aur.settings;
        g_autofree char *url = g_strconcat(settings->url, "/" OMG_AUR_ARCHIVE_NAME, NULL);
        g_autoptr(OmgHttpRow) row = NULL;

        if (!settings->db || omg_refresh_aur_is_lost(refresh) ||
            !omg_cache_http_get(settings->db, url, &row, NULL) || !row)
                return 0;
        return row->fetched_usec;
}

/* ---- the layer ---- */

static void set_error(OmgRefreshAur *aur, const GError *error)
{
        if (error && (!aur->error || strcmp(aur->error->message, error->message) != 0))
                omg_log(LOG_WARNING, OMG_LOG_ID_REFRESH_FAILED, "AUR: %s", error->message);
        g_clear_error(&aur->error);
        aur->error = error ? g_error_copy(error) : NULL;
}

/* One that was cut or is malformed is no last good one. */
static void drop_damaged(OmgRefreshAur *aur, const char *path)
{
        if (!aur->layer || !omg_layer_is_damaged(aur->layer))
                return;
        omg_log(LOG_WARNING, OMG_LOG_ID_INDEX_REJECTED,
                "Index file %s was damaged while in use, rebuilding it", path);
        g_clear_pointer(&aur->layer, omg_layer_unref);
        (void)g_unlink(path);
}

static void load(OmgRefresh *refresh)
{
        OmgRefreshAur *aur = &refresh->aur;
        g_autofree char *path = omg_indexer_dup_path(refresh->paths, OMG_LAYER_AUR);
        g_autoptr(GError) error = NULL;

        drop_damaged(aur, path);
        if (aur->layer)
                return;
        aur->layer = omg_layer_open_known(path, OMG_LAYER_AUR, refresh->known, &error);
        if (aur->layer || error->code == OMG_ERROR_DATABASE_MISSING)
                return;
        omg_log(LOG_WARNING, OMG_LOG_ID_INDEX_REJECTED, "Index file %s: %s, rebuilding it", path,
                error->message);
        refresh->rejected++;
        /* What cannot be used is said once. */
        (void)g_unlink(path);
}

void omg_refresh_remember_aur(OmgRefresh *refresh)
{
        g_autofree char *path = omg_indexer_dup_path(refresh->paths, OMG_LAYER_AUR);
        const OmgLayer *layer = refresh->aur.layer;

        if (layer)
                omg_checked_files_add(refresh->known, path, &omg_layer_get_file(layer)->st);
}

/* The cache may be deleted at any time: what was made from it is still what is known. */
static gboolean is_outdated(OmgRefresh *refresh)
{
        g_autofree char *archive = omg_aur_files_dup_archive(refresh->paths->cache_dir);
        g_autoptr(GBytes) stamps = omg_aur_files_take_stamps(archive);
        const OmgLayer *layer = refresh->aur.layer;

        return stamps && !(layer && omg_layer_has_stamps(layer, stamps));
}

void omg_refresh_look_at_aur(OmgRefresh *refresh)
{
        OmgRefreshAur *aur = &refresh->aur;

        if (!aur->settings.is_on) {
                g_clear_pointer(&aur->layer, omg_layer_unref);
                g_clear_error(&aur->error);
                return;
        }
        load(refresh);
        if (!is_outdated(refresh))
                set_error(aur, NULL);
        else if (!aur->pass && !(omg_refresh_get_request(refresh)->asked &
                                 (OMG_REFRESH_AUR | OMG_REFRESH_AUR_INDEX)))
                omg_refresh_enqueue_own(refresh, OMG_REFRESH_ALL | OMG_REFRESH_AUR_INDEX);
}

/* ---- asking ---- */

static guint get_wanted(OmgRefresh *refresh)
{
        const OmgRefreshRequest *request = omg_refresh_get_request(refresh);
        const OmgRefreshAurSettings *settings = &refresh->aur.settings;

        if (!settings->is_on || !settings->db)
                return 0;
        return request->what & ~request->asked & (OMG_REFRESH_AUR | OMG_REFRESH_AUR_INDEX);
}

gboolean omg_refresh_wants_aur(OmgRefresh *refresh)
{
        return (get_wanted(refresh) & OMG_REFRESH_AUR) != 0;
}

static void on_progress(const char *stage, double progress, gpointer data)
{
        OmgRefresh *refresh = data;

        omg_refresh_post_progress_of(refresh, refresh->fetching_aur->id, stage, progress);
}

static OmgRefreshAnswer answer_new(const GError *error, guint64 pause_sec)
{
        return (OmgRefreshAnswer){
                .is_asked = TRUE,
                .error = error ? g_error_copy(error) : NULL,
                .pause_sec = (guint)MIN(pause_sec, G_MAXUINT),
        };
}

static void on_done(const OmgAurReport *report, gpointer data)
{
        OmgRefresh *refresh = data;
        OmgRefreshAur *aur = &refresh->aur;
        const gboolean is_cancelled =
                g_error_matches(report->error, OMG_ERROR, OMG_ERROR_CANCELLED);

        if (report->layer) {
                omg_layer_unref(aur->layer);
                aur->layer = omg_layer_ref(report->layer);
                aur->rebuilt++;
        }
        if (!is_cancelled)
                set_error(aur, report->index_error);
        if (aur->has_asked)
                refresh->fetching_aur->aur =
                        answer_new(report->error ?: report->index_error, report->pause_sec);
        refresh->fetching_aur->aur.is_sent = report->was_asked;
        g_clear_pointer(&aur->pass, omg_aur_pass_free);
        omg_refresh_unpark(refresh, &refresh->fetching_aur, OMG_REFRESH_AUR | OMG_REFRESH_AUR_INDEX,
                           is_cancelled);
}

/* Who wants the AUR alone is told when it is off. */
static void say_off(OmgRefresh *refresh)
{
        const OmgRefreshRequest *request = omg_refresh_get_request(refresh);

        if (request->id != 0 && (request->what & ~request->asked & OMG_REFRESH_AUR) &&
            !(request->what & OMG_REFRESH_MIRRORS) && !refresh->failure)
                refresh->failure = g_error_new_literal(
                        OMG_ERROR, OMG_ERROR_UNAVAILABLE,
                        "omgd.conf does not let the AUR be asked: enabled of [aur] is false, or "
                        "aur of [sync] is 0");
}

gboolean omg_refresh_ask_aur(OmgRefresh *refresh)
{
        OmgRefreshAur *aur = &refresh->aur;
        const OmgRefreshAurSettings *settings = &aur->settings;
        OmgRefreshRequest *request = omg_refresh_get_request(refresh);
        const OmgAurPassEvents events = {on_progress, on_done, refresh};
        const guint wanted = get_wanted(refresh);
        g_autoptr(GError) hindrance = NULL;
        g_autoptr(GError) error = NULL;

        if (wanted == 0) {
                say_off(refresh);
                return FALSE;
        }
        load(refresh);
        aur->has_asked = (wanted & OMG_REFRESH_AUR) != 0;
        hindrance = settings->may_ask ? settings->may_ask(request->what, settings->data) : NULL;
        aur->pass = omg_aur_pass_start(
                &(OmgAurPassSetup){
                        .paths = refresh->paths,
                        .launcher = settings->launcher,
                        .cache = settings->db,
                        .url = settings->url,
                        .layer = aur->layer,
                        .only_index = !aur->has_asked,
                        .force = request->force,
                        .why_not = hindrance,
                },
                &events, &error);
        if (!aur->pass && aur->has_asked)
                request->aur = answer_new(error, 0);
        return aur->pass != NULL;
}

/* ---- what a snapshot has of it ---- */

/* Of the last try; NULL: it was well, or there was none. */
static GError *dup_failure(const OmgFeedRow *row)
{
        if (row->state == OMG_FEED_OK || row->state == OMG_FEED_NEVER)
                return NULL;
        return g_error_new_literal(OMG_ERROR, (int)omg_feed_row_get_code(row),
                                   row->message ? row->message : "the AUR did not answer");
}

static GError *dup_age(const OmgRefreshAurSettings *settings, guint64 good_usec, guint64 now_usec)
{
        const guint64 most = (guint64)settings->interval_sec * OMG_FEED_STALE_INTERVALS *
                             (guint64)G_USEC_PER_SEC;

        if (good_usec == 0 || now_usec <= good_usec || now_usec - good_usec <= most)
                return NULL;
        return g_error_new(OMG_ERROR, OMG_ERROR_UNAVAILABLE,
                           "%s confirmed the list of packages %" G_GUINT64_FORMAT " s ago",
                           settings->url, (now_usec - good_usec) / G_USEC_PER_SEC);
}

/* What may be said of the feed; NULL: nothing. What its server said last comes first. */
static GError *dup_trouble(OmgRefresh *refresh, const OmgFeedRow *row, const GError *age)
{
        const OmgRefreshAur *aur = &refresh->aur;
        GError *failure = row ? dup_failure(row) : NULL;

        if (failure)
                return failure;
        if (aur->error || age)
                return g_error_copy(aur->error ?: age);
        if (aur->layer || !has_archive(refresh))
                return NULL;
        return g_error_new_literal(OMG_ERROR, OMG_ERROR_UNAVAILABLE,
                                   "the AUR's list of packages is being read; ask again in a "
                                   "moment");
}

void omg_refresh_add_aur(OmgRefresh *refresh, OmgSnapshotParts *parts, OmgSourceError **ret_error,
                         guint64 now_usec)
{
        const OmgRefreshAur *aur = &refresh->aur;
        OmgAurFeed *feed = &parts->aur_feed;
        g_autoptr(OmgFeedRow) row = NULL;
        g_autoptr(GError) error = NULL, age = NULL;

        *ret_error = NULL;
        feed->is_on = aur->settings.is_on;
        if (!feed->is_on)
                return;
        parts->aur = aur->layer;
        if (aur->settings.db)
                (void)omg_cache_feeds_get(aur->settings.db, OMG_REFRESH_AUR_NAME, &row, &error);
        /* Without both nobody knows any more what was here. */
        if (row && (aur->layer || has_archive(refresh)))
                feed->good_usec = row->good_usec;
        age = dup_age(&aur->settings, feed->good_usec, now_usec);
        feed->is_stale = aur->layer && (age || aur->error || (row && row->state == OMG_FEED_STALE));
        if (!error)
                error = dup_trouble(refresh, row, age);
        if (error)
                feed->error = *ret_error = omg_source_error_new(OMG_REFRESH_AUR_NAME, error);
}
