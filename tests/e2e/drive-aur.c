/* SPDX-License-Identifier: GPL-3.0-or-later */

/* drive-aur [OPTION...] URL FOLDER: one pass that asks the AUR for its archive, with FOLDER/cache
 * and FOLDER/data, for test-aur-pass.py and test-aur-feed.py. Prints what came of it as JSON. The
 * helpers are those of OMG_FETCH_HELPER and OMG_INDEX_HELPER. */

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdio.h>

#include "base/error.h"
#include "loop/aur-pass.h"
#include "loop/indexer.h"
#include "sources/aur-files.h"
#include "store/cache-feeds.h"
#include "store/cache-http.h"

static gboolean force, offline, only_index, only_age;
static char *cancel_stage;
static int limit_sec, later_sec;

static const GOptionEntry entries[] = {
        {"force", 0, 0, G_OPTION_ARG_NONE, &force, "soon, and though it is older", NULL},
        {"offline", 0, 0, G_OPTION_ARG_NONE, &offline, "only this machine is asked", NULL},
        {"only-index", 0, 0, G_OPTION_ARG_NONE, &only_index, "nobody is asked", NULL},
        {"only-age", 0, 0, G_OPTION_ARG_NONE, &only_age, "time goes by, and that is all", NULL},
        {"cancel", 0, 0, G_OPTION_ARG_STRING, &cancel_stage, "as soon as it is there", "STAGE"},
        {"limit", 0, 0, G_OPTION_ARG_INT, &limit_sec, "of the way", "SECONDS"},
        {"later", 0, 0, G_OPTION_ARG_INT, &later_sec, "so long after the last", "SECONDS"},
        G_OPTION_ENTRY_NULL,
};

typedef struct {
        GMainLoop *loop;
        OmgAurPass *pass;
        OmgLayer *layer; /* the one that counts */
        JsonBuilder *builder;
} Run;

static void add_string(JsonBuilder *builder, const char *name, const char *value)
{
        json_builder_set_member_name(builder, name);
        json_builder_add_string_value(builder, value);
}

static void add_int(JsonBuilder *builder, const char *name, guint64 value)
{
        json_builder_set_member_name(builder, name);
        json_builder_add_int_value(builder, (gint64)value);
}

static void add_error(JsonBuilder *builder, const char *name, const GError *error)
{
        g_autofree char *message = g_strconcat(name, "-message", NULL);

        add_string(builder, name, error ? omg_error_get_dbus_name(error->code) : "");
        add_string(builder, message, error ? error->message : "");
}

/* The names that the layer has; not more than a test has. */
static void add_names(JsonBuilder *builder, const OmgLayer *layer)
{
        json_builder_set_member_name(builder, "names");
        json_builder_begin_array(builder);
        for (guint i = 0; layer && i < MIN(omg_layer_get_n_packages(layer), 100); i++)
                json_builder_add_string_value(builder, omg_layer_get_name(layer, i));
        json_builder_end_array(builder);
}

static void on_progress(const char *stage, double progress, gpointer data)
{
        Run *run = data;

        g_assert_cmpfloat(progress, <=, 1);
        if (g_strcmp0(stage, cancel_stage) != 0)
                return;
        g_clear_pointer(&cancel_stage, g_free);
        omg_aur_pass_cancel(run->pass);
}

static void on_done(const OmgAurReport *report, gpointer data)
{
        Run *run = data;

        json_builder_set_member_name(run->builder, "was-asked");
        json_builder_add_boolean_value(run->builder, report->was_asked);
        json_builder_set_member_name(run->builder, "is-made");
        json_builder_add_boolean_value(run->builder, report->layer != NULL);
        add_int(run->builder, "pause", report->pause_sec);
        add_error(run->builder, "error", report->error);
        add_error(run->builder, "index-error", report->index_error);
        add_names(run->builder, report->layer ?: run->layer);
        g_clear_pointer(&run->pass, omg_aur_pass_free);
        g_main_loop_quit(run->loop);
}

static void add_feed(JsonBuilder *builder, OmgCacheDb *cache)
{
        static const char *const states[] = {"never", "ok", "failed", "stale"};
        g_autoptr(OmgFeedRow) row = NULL;

        g_assert_true(omg_cache_feeds_get(cache, "aur", &row, NULL));
        json_builder_set_member_name(builder, "feed");
        json_builder_begin_object(builder);
        add_string(builder, "state", states[row->state]);
        add_int(builder, "as-of", row->as_of_usec);
        add_int(builder, "good", row->good_usec);
        add_string(builder, "error", row->error ? row->error : "");
        json_builder_end_object(builder);
}

/* As if time had gone by since the last pass. */
static void age_feed(OmgCacheDb *cache, guint64 usec)
{
        g_autoptr(OmgFeedRow) row = NULL;
        gboolean done = TRUE;

        g_assert_true(omg_cache_feeds_get(cache, "aur", &row, NULL));
        if (row->state == OMG_FEED_OK)
                done = omg_cache_feeds_set_ok(cache, "aur", row->as_of_usec, row->good_usec - usec,
                                              NULL);
        else if (row->state == OMG_FEED_FAILED)
                done = omg_cache_feeds_set_failed(cache, "aur", row->checked_usec - usec,
                                                  row->error, row->message, NULL);
        g_assert_true(done);
}

static void age(OmgCacheDb *cache, const char *base_url)
{
        const guint64 usec = (guint64)later_sec * G_USEC_PER_SEC;
        g_autofree char *url = g_strconcat(base_url, "/" OMG_AUR_ARCHIVE_NAME, NULL);
        g_autoptr(OmgHttpRow) row = NULL;

        if (later_sec == 0)
                return;
        age_feed(cache, usec);
        g_assert_true(omg_cache_http_get(cache, url, &row, NULL));
        if (!row)
                return;
        row->fetched_usec = row->fetched_usec > 0 ? row->fetched_usec - usec : 0;
        row->next_usec = row->next_usec > 0 ? row->next_usec - usec : 0;
        g_assert_true(omg_cache_http_put(cache, row, (guint64)g_get_real_time(), NULL));
}

/* FALSE: it could not begin. */
static gboolean run_pass(Run *run, const char *url, const char *folder, OmgCacheDb *cache,
                         GError **error)
{
        OmgPaths paths = {
                .cache_dir = g_build_filename(folder, "cache", NULL),
                .data_dir = g_build_filename(folder, "data", NULL),
                .fetch_helper = g_strdup(g_getenv("OMG_FETCH_HELPER")),
                .index_helper = g_strdup(g_getenv("OMG_INDEX_HELPER")),
        };
        g_autofree char *path = omg_indexer_dup_path(&paths, OMG_LAYER_AUR);
        g_autoptr(GError) why_not =
                g_error_new_literal(OMG_ERROR, OMG_ERROR_OFFLINE, "there is no network");
        g_autofree char *gone = g_strdup(url);
        const OmgAurPassEvents events = {on_progress, on_done, run};

        run->layer = omg_layer_open(path, OMG_LAYER_AUR, NULL);
        run->pass = omg_aur_pass_start(
                &(OmgAurPassSetup){
                        .paths = &paths,
                        .cache = cache,
                        .url = gone,
                        .layer = run->layer,
                        .only_index = only_index,
                        .force = force,
                        .why_not = offline ? why_not : NULL,
                        .limit_sec = (guint)limit_sec,
                },
                &events, error);
        g_clear_pointer(&gone, g_free);
        g_clear_error(&why_not);
        if (run->pass)
                g_main_loop_run(run->loop);
        omg_layer_unref(run->layer);
        g_free(paths.cache_dir);
        g_free(paths.data_dir);
        g_free(paths.fetch_helper);
        g_free(paths.index_helper);
        return *error == NULL;
}

int main(int argc, char **argv)
{
        g_autoptr(GOptionContext) context = g_option_context_new("URL FOLDER");
        g_autoptr(GError) error = NULL;
        Run run = {};

        g_option_context_add_main_entries(context, entries, NULL);
        if (!g_option_context_parse(context, &argc, &argv, &error) || argc != 3)
                return 2;
        g_autofree char *data = g_build_filename(argv[2], "data", NULL);
        g_autoptr(OmgCacheDb) cache = omg_cache_db_new(data);
        g_autoptr(JsonBuilder) builder = json_builder_new();
        g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
        run.loop = loop;
        run.builder = builder;
        age(cache, argv[1]);
        if (only_age)
                return 0;
        json_builder_begin_object(builder);
        if (!run_pass(&run, argv[1], argv[2], cache, &error)) {
                (void)fprintf(stderr, "drive-aur: %s\n", error->message);
                return 1;
        }
        add_feed(builder, cache);
        json_builder_end_object(builder);
        g_autoptr(JsonNode) root = json_builder_get_root(builder);
        g_autofree char *text = json_to_string(root, FALSE);
        (void)printf("%s\n", text);
        g_free(cancel_stage);
        return 0;
}
