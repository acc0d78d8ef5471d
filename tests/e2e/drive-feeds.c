/* SPDX-License-Identifier: GPL-3.0-or-later */

/* drive-feeds [OPTION...] FOLDER: one pass that asks the security feeds, with FOLDER/cache and
 * FOLDER/data, for test-feeds.py. Prints what came of it as JSON. The helpers are those of
 * OMG_FETCH_HELPER and OMG_INDEX_HELPER. */

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "engine/osv-questions.h"
#include "loop/advisory-pass.h"
#include "store/cache-feeds.h"

static char *tracker_url, *osv_url;
static char **groups, **questions;
static gboolean force, offline;
static int cancel_percent = -1, limit_sec;

static const GOptionEntry entries[] = {
        {"tracker", 0, 0, G_OPTION_ARG_STRING, &tracker_url, "ask it", "URL"},
        {"osv", 0, 0, G_OPTION_ARG_STRING, &osv_url, "ask it", "URL"},
        {"group", 0, 0, G_OPTION_ARG_STRING_ARRAY, &groups, "whose details are wanted", "ID"},
        {"question", 0, 0, G_OPTION_ARG_STRING_ARRAY, &questions, "for OSV", "ECO NAME VERSION"},
        {"force", 0, 0, G_OPTION_ARG_NONE, &force, "the whole", NULL},
        {"offline", 0, 0, G_OPTION_ARG_NONE, &offline, "only this machine is asked", NULL},
        {"cancel", 0, 0, G_OPTION_ARG_INT, &cancel_percent, "at that progress", "PERCENT"},
        {"limit", 0, 0, G_OPTION_ARG_INT, &limit_sec, "of one feed", "SECONDS"},
        G_OPTION_ENTRY_NULL,
};

typedef struct {
        GMainLoop *loop;
        OmgAdvisoryPass *pass;
        JsonBuilder *builder;
        double progress;
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

static void add_report(JsonBuilder *builder, const OmgAdvisoryReport *report)
{
        json_builder_begin_object(builder);
        json_builder_set_member_name(builder, "was-asked");
        json_builder_add_boolean_value(builder, report->was_asked);
        add_int(builder, "asked", report->n_asked);
        add_int(builder, "new", report->n_new);
        add_int(builder, "refused", report->n_refused);
        add_int(builder, "older", report->n_older);
        add_int(builder, "left", report->n_left);
        add_int(builder, "pause", report->pause_sec);
        if (report->error) {
                add_string(builder, "error", omg_error_get_dbus_name(report->error->code));
                add_string(builder, "message", report->error->message);
        }
        json_builder_end_object(builder);
}

static void on_progress(double progress, gpointer data)
{
        Run *run = data;

        g_assert_cmpfloat(progress, >=, 0);
        g_assert_cmpfloat(progress, <=, 1);
        run->progress = progress;
        if (cancel_percent >= 0 && progress * 100 >= cancel_percent) {
                cancel_percent = -1;
                omg_advisory_pass_cancel(run->pass);
        }
}

static void on_done(const OmgAdvisoryReport reports[OMG_ADVISORY_SOURCE_N], gpointer data)
{
        Run *run = data;

        json_builder_set_member_name(run->builder, "tracker");
        add_report(run->builder, &reports[OMG_ADVISORY_TRACKER]);
        json_builder_set_member_name(run->builder, "osv");
        add_report(run->builder, &reports[OMG_ADVISORY_OSV]);
        g_clear_pointer(&run->pass, omg_advisory_pass_free);
        g_main_loop_quit(run->loop);
}

static void add_feed(JsonBuilder *builder, OmgCacheDb *cache, const char *source)
{
        static const char *const states[] = {"never", "ok", "failed", "stale"};
        g_autoptr(OmgFeedRow) row = NULL;

        g_assert_true(omg_cache_feeds_get(cache, source, &row, NULL));
        json_builder_set_member_name(builder, source);
        json_builder_begin_object(builder);
        add_string(builder, "state", states[row->state]);
        add_int(builder, "as-of", row->as_of_usec);
        add_int(builder, "checked", row->checked_usec);
        add_int(builder, "good", row->good_usec);
        add_string(builder, "error", row->error ? row->error : "");
        add_string(builder, "message", row->message ? row->message : "");
        json_builder_end_object(builder);
}

static void question_free(OmgOsvQuestion *question)
{
        g_free(question->ecosystem);
        g_free(question->name);
        g_free(question->version);
        g_free(question);
}

static GPtrArray *make_questions(void)
{
        GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)question_free);

        for (char **text = questions; text && *text; text++) {
                g_auto(GStrv) words = g_strsplit(*text, " ", 3);
                OmgOsvQuestion *question = g_new0(OmgOsvQuestion, 1);
                g_assert_cmpuint(g_strv_length(words), ==, 3);
                *question = (OmgOsvQuestion){g_strdup(words[0]), g_strdup(words[1]),
                                             g_strdup(words[2])};
                g_ptr_array_add(list, question);
        }
        return list;
}

static void print(JsonBuilder *builder)
{
        g_autoptr(JsonNode) root = json_builder_get_root(builder);
        g_autofree char *text = json_to_string(root, FALSE);

        (void)printf("%s\n", text);
}

/* FALSE: it could not begin. */
static gboolean run_pass(Run *run, const char *folder, OmgCacheDb *cache, GError **error)
{
        OmgPaths paths = {
                .cache_dir = g_build_filename(folder, "cache", NULL),
                .fetch_helper = g_strdup(g_getenv("OMG_FETCH_HELPER")),
                .index_helper = g_strdup(g_getenv("OMG_INDEX_HELPER")),
        };
        g_autoptr(GPtrArray) list = make_questions();
        g_autoptr(GError) why_not =
                g_error_new_literal(OMG_ERROR, OMG_ERROR_OFFLINE, "there is no network");
        const OmgAdvisoryPassSetup setup = {
                .paths = &paths,
                .cache = cache,
                .what = (tracker_url ? 1u << OMG_ADVISORY_TRACKER : 0) |
                        (osv_url ? 1u << OMG_ADVISORY_OSV : 0),
                .tracker_url = tracker_url,
                .osv_url = osv_url,
                .groups = (const char *const *)groups,
                .questions = list,
                .force = force,
                .why_not = offline ? why_not : NULL,
                .limit_sec = (guint)limit_sec,
        };
        const OmgAdvisoryPassEvents events = {on_progress, on_done, run};

        run->pass = omg_advisory_pass_start(&setup, &events, error);
        g_clear_pointer(&list, g_ptr_array_unref);
        g_clear_error(&why_not);
        if (run->pass)
                g_main_loop_run(run->loop);
        g_free(paths.cache_dir);
        g_free(paths.fetch_helper);
        g_free(paths.index_helper);
        return *error == NULL;
}

int main(int argc, char **argv)
{
        g_autoptr(GOptionContext) context = g_option_context_new("FOLDER");
        g_autoptr(GError) error = NULL;
        Run run = {};

        g_option_context_add_main_entries(context, entries, NULL);
        if (!g_option_context_parse(context, &argc, &argv, &error) || argc != 2)
                return 2;
        g_autofree char *data = g_build_filename(argv[1], "data", NULL);
        g_autoptr(OmgCacheDb) cache = omg_cache_db_new(data);
        g_autoptr(JsonBuilder) builder = json_builder_new();
        g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
        run.loop = loop;
        run.builder = builder;
        json_builder_begin_object(builder);
        if (!run_pass(&run, argv[1], cache, &error)) {
                (void)fprintf(stderr, "drive-feeds: %s\n", error->message);
                return 1;
        }
        json_builder_set_member_name(builder, "feeds");
        json_builder_begin_object(builder);
        add_feed(builder, cache, "tracker");
        add_feed(builder, cache, "osv");
        json_builder_end_object(builder);
        json_builder_end_object(builder);
        print(builder);
        g_strfreev(groups);
        g_strfreev(questions);
        g_free(tracker_url);
        g_free(osv_url);
        return 0;
}
