/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/aur-pass.h"

#include <errno.h>
#include <glib/gstdio.h>

#include "base/error.h"
#include "base/file.h"
#include "base/limits-aur.h"
#include "base/limits-network.h"
#include "fetch/json-line.h"
#include "loop/aur-hour.h"
#include "loop/feed-part.h"
#include "loop/fetcher.h"
#include "loop/indexer.h"
#include "loop/log.h"
#include "sources/aur-files.h"
#include "store/cache-http.h"

struct OmgAurPass {
        OmgAurPassSetup setup; /* why_not only while it begins */
        OmgLayer *layer;       /* of setup, referenced */
        char *base_url;        /* of setup, copied */
        OmgAurPassEvents events;
        OmgAdvisoryPassSetup common; /* what the part has of it */
        OmgFeedPart part;            /* what is remembered of the feed */
        char *archive, *staged;

        OmgFetchOutcome outcome;    /* of the last request */
        char *etag, *last_modified; /* what it said of what came */
        gboolean is_whole;          /* without validators: what is here cannot be read */
        gboolean has_come;          /* an archive, or word that it is the one here */
        gboolean is_staged;         /* the layer is made from what is staged */

        OmgFetcher *fetcher; /* one of these three at most */
        OmgIndexer *indexer;
        GSource *later;
        GSource *deadline; /* of the way */
        gboolean is_cancelled;
        OmgAurReport report;
};

static void fetch(OmgAurPass *pass);
static void look_at_archive(OmgAurPass *pass);

static void clear_source(GSource **source)
{
        if (!*source)
                return;
        g_source_destroy(*source);
        g_source_unref(*source);
        *source = NULL;
}

static gboolean has_archive(const OmgAurPass *pass)
{
        return g_file_test(pass->archive, G_FILE_TEST_IS_REGULAR);
}

/* ---- the end ---- */

static void clear_staging(const OmgAurPass *pass)
{
        g_autoptr(GDir) dir = g_dir_open(pass->part.staging, 0, NULL);
        const char *name;

        while (dir && (name = g_dir_read_name(dir))) {
                g_autofree char *child = g_build_filename(pass->part.staging, name, NULL);
                (void)g_unlink(child);
        }
}

static void end(OmgAurPass *pass)
{
        OmgFeedPart *part = &pass->part;

        clear_source(&pass->deadline);
        clear_staging(pass);
        if (pass->is_cancelled) {
                g_clear_error(&part->report.error);
                omg_feed_part_fail(part, OMG_ERROR_CANCELLED, "the refresh was cancelled");
        }
        omg_feed_part_save(part, omg_feed_part_get_as_of(part, pass->archive));
        if (pass->has_come)
                omg_aur_hour_note(part);
        pass->report.was_asked = part->report.was_asked;
        pass->report.error = part->report.error ? g_error_copy(part->report.error) : NULL;
        pass->report.pause_sec = MAX(pass->report.pause_sec, part->report.pause_sec);
        pass->events.on_done(&pass->report, pass->events.data);
}

/* ---- the layer ---- */

static void discard_output(const OmgAurPass *pass)
{
        omg_indexer_clean_aur(pass->setup.paths);
}

/* What omgd-index wrote, if it is what it was asked for. */
static OmgLayer *open_output(const OmgAurPass *pass, const char *source, GError **error)
{
        g_autofree char *output = omg_indexer_dup_output_path(pass->setup.paths, OMG_LAYER_AUR);
        g_autoptr(GBytes) stamps = omg_aur_files_take_stamps(source);
        OmgLayer *layer = omg_layer_open(output, OMG_LAYER_AUR, error);

        if (!layer) {
                g_prefix_error(error, "%s, just written: ", output);
                return NULL;
        }
        if (stamps && omg_layer_has_stamps(layer, stamps))
                return layer;
        g_set_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE, "%s is not made from %s", output,
                    source);
        omg_layer_unref(layer);
        return NULL;
}

/* It serves all the same when it cannot be put there; only the next start has to make it again. */
static void take_layer(OmgAurPass *pass, OmgLayer *layer)
{
        g_autofree char *path = omg_indexer_dup_path(pass->setup.paths, OMG_LAYER_AUR);
        g_autofree char *output = omg_indexer_dup_output_path(pass->setup.paths, OMG_LAYER_AUR);

        omg_layer_unref(pass->report.layer);
        pass->report.layer = layer;
        if (g_rename(output, path) < 0)
                omg_log_warning("Cannot put the new index at %s: %s, ignoring", path,
                                g_strerror(errno));
}

/* The next "unchanged" of another server, that omgd.conf named before, would be about an archive
 * that is gone. */
static void forget_other_servers(const OmgAurPass *pass)
{
        g_autoptr(GError) error = NULL;

        if (!omg_cache_http_supersede(pass->setup.cache, pass->part.url, &error))
                omg_log_warning("%s: what is known of other servers stays, ignoring",
                                error->message);
}

/* Of the archive that is staged. */
static gboolean put_in_place(OmgAurPass *pass, GError **error)
{
        OmgLayer *layer = open_output(pass, pass->staged, error);

        if (!layer)
                return FALSE;
        forget_other_servers(pass);
        if (g_rename(pass->staged, pass->archive) < 0) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE, "%s: %s", pass->archive,
                            g_strerror(errno));
                omg_layer_unref(layer);
                return FALSE;
        }
        omg_feed_part_keep_validators(&pass->part, pass->part.url, pass->etag, pass->last_modified);
        take_layer(pass, layer);
        return TRUE;
}

/* Whatever the reason: what came was the whole archive, and is not wanted again at once. */
static void end_staged(OmgAurPass *pass, const GError *error)
{
        g_autoptr(GError) failure = error ? g_error_copy(error) : NULL;

        pass->has_come = TRUE;
        if (!failure && put_in_place(pass, &failure)) {
                end(pass);
                return;
        }
        discard_output(pass);
        omg_feed_part_fail(&pass->part, failure->code, "%s: %s", pass->part.url, failure->message);
        pass->report.pause_sec = OMG_LIMIT_INTERVAL_AUR;
        look_at_archive(pass);
}

/* Whether it is the archive's fault, not that of the machine. */
static gboolean says_bad(const GError *error)
{
        return error->code != OMG_ERROR_UNAVAILABLE && error->code != OMG_ERROR_TIMEOUT;
}

static void end_archive(OmgAurPass *pass, const GError *error)
{
        g_autoptr(GError) failure = error ? g_error_copy(error) : NULL;
        OmgLayer *layer = failure ? NULL : open_output(pass, pass->archive, &failure);

        if (layer) {
                take_layer(pass, layer);
                end(pass);
                return;
        }
        discard_output(pass);
        if (says_bad(failure) && pass->outcome == OMG_FETCH_UNCHANGED && !pass->is_whole) {
                pass->is_whole = TRUE;
                fetch(pass);
                return;
        }
        if (says_bad(failure)) {
                omg_log_warning("The AUR's archive %s cannot be read, removing it: %s",
                                pass->archive, failure->message);
                (void)g_unlink(pass->archive);
        }
        pass->report.index_error = g_steal_pointer(&failure);
        end(pass);
}

static void on_indexer_done(const GError *error, gpointer userdata)
{
        OmgAurPass *pass = userdata;

        g_clear_pointer(&pass->indexer, omg_indexer_free);
        if (pass->is_cancelled) {
                discard_output(pass);
                end(pass);
        } else if (pass->is_staged) {
                end_staged(pass, error);
        } else {
                end_archive(pass, error);
        }
}

static void make_layer(OmgAurPass *pass, gboolean is_staged)
{
        g_autoptr(GError) error = NULL;

        pass->is_staged = is_staged;
        pass->indexer =
                omg_indexer_start_aur(pass->setup.paths, is_staged ? pass->staged : pass->archive,
                                      on_indexer_done, pass, &error);
        if (pass->indexer)
                pass->events.on_progress("reading", -1, pass->events.data);
        else
                on_indexer_done(error, pass);
}

static gboolean is_current(const OmgAurPass *pass)
{
        g_autoptr(GBytes) stamps = omg_aur_files_take_stamps(pass->archive);

        return !stamps ||
               (!pass->setup.force && pass->layer && !omg_layer_is_damaged(pass->layer) &&
                omg_layer_has_stamps(pass->layer, stamps));
}

static void look_at_archive(OmgAurPass *pass)
{
        if (is_current(pass))
                end(pass);
        else
                make_layer(pass, FALSE);
}

/* ---- fetching ---- */

static void on_fetch_event(const OmgFetchResult *result, gpointer data)
{
        OmgAurPass *pass = data;

        if (pass->is_cancelled)
                return;
        if (result->event == OMG_FETCH_EVENT_PROGRESS) {
                const gboolean is_known = result->total != OMG_JSON_NONE && result->total > 0;
                pass->events.on_progress(
                        "fetching",
                        is_known ? MIN((double)result->size / (double)result->total, 1) : -1,
                        pass->events.data);
                return;
        }
        pass->outcome = result->outcome;
        g_free(pass->etag);
        g_free(pass->last_modified);
        pass->etag = g_strdup(result->etag);
        pass->last_modified = g_strdup(result->last_modified);
        /* A server that does not say for how long it wants to be left alone. */
        if (result->outcome == OMG_FETCH_LIMITED && result->retry_after == OMG_JSON_NONE)
                pass->part.report.pause_sec = OMG_AUR_LIMITED_SEC;
        if (result->outcome != OMG_FETCH_STORED && result->outcome != OMG_FETCH_UNCHANGED)
                g_free(omg_feed_part_take_failure(&pass->part, result, pass->part.url));
}

static gboolean is_older(const OmgAurPass *pass)
{
        const gint64 at_hand = omg_feed_part_get_at_hand_sec(&pass->part, pass->archive);

        return pass->last_modified && at_hand >= 0 &&
               omg_feed_part_get_mtime(pass->staged) < at_hand;
}

static void on_fetch_done(const GError *error, gpointer data)
{
        OmgAurPass *pass = data;

        g_clear_pointer(&pass->fetcher, omg_fetcher_free);
        clear_source(&pass->deadline);
        if (pass->is_cancelled) {
                end(pass);
        } else if (pass->outcome == OMG_FETCH_STORED &&
                   (pass->setup.force || pass->is_whole || !is_older(pass))) {
                make_layer(pass, TRUE);
        } else {
                if (pass->outcome == OMG_FETCH_STORED)
                        omg_feed_part_fail_stale(&pass->part,
                                                 "older than the archive that is here already");
                pass->has_come =
                        pass->outcome == OMG_FETCH_STORED || pass->outcome == OMG_FETCH_UNCHANGED;
                look_at_archive(pass);
        }
}

static guint get_limit(const OmgAurPass *pass)
{
        return pass->setup.limit_sec > 0 ? pass->setup.limit_sec : OMG_LIMIT_AUR_FETCH_SEC;
}

static gboolean on_deadline(gpointer data)
{
        OmgAurPass *pass = data;

        clear_source(&pass->deadline);
        omg_feed_part_fail(&pass->part, OMG_ERROR_NETWORK, "%s: it took longer than %u s",
                           pass->part.url, get_limit(pass));
        omg_fetcher_cancel(pass->fetcher);
        return G_SOURCE_REMOVE;
}

static void set_deadline(OmgAurPass *pass)
{
        pass->deadline = g_timeout_source_new_seconds(get_limit(pass));
        g_source_set_callback(pass->deadline, on_deadline, pass, NULL);
        (void)g_source_attach(pass->deadline, g_main_context_get_thread_default());
}

static void fetch(OmgAurPass *pass)
{
        g_auto(OmgFetchRequest) request =
                omg_feed_part_make_request(&pass->part, 1, pass->part.url, OMG_AUR_ARCHIVE_NAME,
                                           has_archive(pass) && !pass->is_whole);
        g_autoptr(GError) error = NULL;

        request.kind = OMG_FETCH_BULK;
        request.accept = OMG_FETCH_OCTETS;
        request.max_bytes = OMG_LIMIT_AUR_SENT;
        pass->outcome = OMG_FETCH_FAILED;
        pass->fetcher = omg_fetcher_start(
                &(OmgFetcherStart){
                        .helper = pass->setup.paths->fetch_helper,
                        .launcher = pass->setup.launcher,
                        .directory = pass->part.staging,
                        .requests = &request,
                        .n_requests = 1,
                        .on_event = on_fetch_event,
                        .on_done = on_fetch_done,
                        .userdata = pass,
                },
                &error);
        if (pass->fetcher) {
                set_deadline(pass);
                return;
        }
        omg_feed_part_fail(&pass->part, error->code, "%s", error->message);
        look_at_archive(pass);
}

/* ---- the pass ---- */

static gboolean on_later(gpointer data)
{
        OmgAurPass *pass = data;

        clear_source(&pass->later);
        if (pass->is_cancelled)
                end(pass);
        else if (pass->part.report.was_asked)
                fetch(pass);
        else
                look_at_archive(pass);
        return G_SOURCE_REMOVE;
}

static void go_on_later(OmgAurPass *pass)
{
        clear_source(&pass->later);
        pass->later = g_idle_source_new();
        g_source_set_callback(pass->later, on_later, pass, NULL);
        (void)g_source_attach(pass->later, g_main_context_get_thread_default());
}

/* Whether the server is asked at all: part.report.was_asked. What forbids it altogether is said
 * before what was known within the hour. */
static void begin(OmgAurPass *pass)
{
        guint64 rest;

        if (pass->setup.only_index)
                return;
        rest = omg_aur_hour_get_rest(&pass->part, pass->setup.force || !has_archive(pass));
        if (rest == 0)
                omg_feed_part_begin(&pass->part);
        else if (!omg_aur_hour_repeat(&pass->part, has_archive(pass), rest))
                pass->report.pause_sec = rest;
}

static gboolean make_folders(const OmgAurPass *pass, GError **error)
{
        g_autofree char *folder = omg_aur_files_dup_folder(pass->setup.paths->cache_dir);

        if (!omg_file_make_private_dir(folder, error) ||
            !omg_file_make_private_dir(pass->part.staging, error))
                return FALSE;
        clear_staging(pass);
        return TRUE;
}

OmgAurPass *omg_aur_pass_start(const OmgAurPassSetup *setup, const OmgAurPassEvents *events,
                               GError **error)
{
        g_autoptr(OmgAurPass) pass = g_new0(OmgAurPass, 1);

        pass->setup = *setup;
        pass->layer = setup->layer ? omg_layer_ref(setup->layer) : NULL;
        pass->base_url = g_strdup(setup->url);
        pass->events = *events;
        pass->common = (OmgAdvisoryPassSetup){
                .paths = setup->paths, .cache = setup->cache, .why_not = setup->why_not};
        pass->part = (OmgFeedPart){
                .setup = &pass->common,
                .name = "aur",
                .base_url = pass->base_url,
                .url = g_strconcat(setup->url, "/" OMG_AUR_ARCHIVE_NAME, NULL),
                .staging = omg_aur_files_dup_staging(setup->paths->cache_dir),
        };
        pass->archive = omg_aur_files_dup_archive(setup->paths->cache_dir);
        pass->staged = omg_feed_part_dup_staged(&pass->part, OMG_AUR_ARCHIVE_NAME);
        if (!make_folders(pass, error))
                return NULL;
        begin(pass);
        pass->common.why_not = pass->setup.why_not = NULL;
        go_on_later(pass);
        return g_steal_pointer(&pass);
}

void omg_aur_pass_cancel(OmgAurPass *pass)
{
        pass->is_cancelled = TRUE;
        if (pass->fetcher)
                omg_fetcher_cancel(pass->fetcher);
        else if (pass->indexer)
                omg_indexer_cancel(pass->indexer);
}

void omg_aur_pass_free(OmgAurPass *pass)
{
        if (!pass)
                return;
        omg_fetcher_free(pass->fetcher);
        omg_indexer_free(pass->indexer);
        clear_source(&pass->later);
        clear_source(&pass->deadline);
        omg_feed_part_clear(&pass->part);
        omg_layer_unref(pass->layer);
        omg_layer_unref(pass->report.layer);
        g_free(pass->base_url);
        g_clear_error(&pass->report.error);
        g_clear_error(&pass->report.index_error);
        g_free(pass->archive);
        g_free(pass->staged);
        g_free(pass->etag);
        g_free(pass->last_modified);
        g_free(pass);
}
