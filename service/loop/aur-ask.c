/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/aur-ask.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "loop/fetcher.h"
#include "loop/indexer.h"

#define LAYER "answer.idx"

struct OmgAurAsk {
        OmgAurAskSetup setup;
        char *server, *url, *folder;
        GStrv urls;
        guint n_urls, n_fetched;
        OmgFetcher *fetcher; /* one of these two at most */
        OmgIndexer *indexer;
        GError *error; /* of the request at hand */
};

char *omg_aur_ask_dup_url(const char *server)
{
        return g_strconcat(server, "/rpc/v5", NULL);
}

guint omg_aur_ask_count(const char *server, const OmgAurQuestion *question)
{
        g_auto(GStrv) urls = omg_aur_question_dup_urls(question, server);

        return g_strv_length(urls);
}

static guint64 get_now(void)
{
        return (guint64)g_get_real_time();
}

static char *dup_path(const OmgAurAsk *ask, const char *name)
{
        return g_build_filename(ask->folder, name, NULL);
}

static char *dup_reply_name(guint number)
{
        return g_strdup_printf("reply-%u.json", number);
}

/* Flat: nobody makes folders there. */
static void clear_folder(const char *path)
{
        g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
        const char *name;

        while (dir && (name = g_dir_read_name(dir))) {
                g_autofree char *child = g_build_filename(path, name, NULL);
                (void)g_unlink(child);
        }
}

/* ---- the end ---- */

/* Nothing of @ask may be used behind it. */
static void report(OmgAurAsk *ask, OmgAurAnswer *answer, const GError *error)
{
        clear_folder(ask->folder);
        ask->setup.on_done(answer, error, ask->setup.data);
}

/* Of a server that began a pause, with the end of that; else as it is. */
static void report_error(OmgAurAsk *ask, const GError *error)
{
        g_autoptr(GError) pause = NULL;
        guint64 until_usec;

        if ((error->code == OMG_ERROR_UPSTREAM_RATE_LIMITED || error->code == OMG_ERROR_NETWORK) &&
            omg_aur_budget_get_pause(ask->setup.budget, ask->url, get_now()) > 0)
                (void)omg_aur_budget_check(ask->setup.budget, ask->url, 1, get_now(), &until_usec,
                                           &pause);
        report(ask, NULL, pause ? pause : error);
}

/* ---- reading ---- */

static OmgLayer *map_layer(const OmgAurAsk *ask, gsize *ret_size, GError **error)
{
        g_autofree char *path = dup_path(ask, LAYER);
        struct stat st = {};
        OmgLayer *layer = omg_layer_open(path, OMG_LAYER_AUR, error);

        if (layer && stat(path, &st) == 0)
                *ret_size = (gsize)st.st_size;
        if (!layer)
                g_prefix_error(error, "the index of the AUR's answer: ");
        return layer;
}

static void on_indexer_done(const GError *indexer_error, gpointer data)
{
        OmgAurAsk *ask = data;
        const guint n_dropped = (guint)omg_indexer_get_check(ask->indexer)->dropped;
        g_autoptr(GError) error = indexer_error ? g_error_copy(indexer_error) : NULL;
        g_autoptr(OmgLayer) layer = NULL;
        gsize size = 0;

        g_clear_pointer(&ask->indexer, omg_indexer_free);
        if (error) {
                g_prefix_error(&error, "%s: ", ask->url);
                if (error->code == OMG_ERROR_UPSTREAM_RATE_LIMITED)
                        omg_aur_budget_take_limited(ask->setup.budget, ask->url, error->message,
                                                    get_now());
                report_error(ask, error);
                return;
        }
        layer = map_layer(ask, &size, &error);
        if (!layer) {
                report(ask, NULL, error);
                return;
        }
        g_autoptr(OmgAurAnswer) answer =
                omg_aur_answer_new(ask->setup.question, layer, size, n_dropped, get_now());
        report(ask, answer, NULL);
}

static void read_replies(OmgAurAsk *ask)
{
        g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
        g_autofree char *output = dup_path(ask, LAYER);
        g_autoptr(GError) error = NULL;

        ask->setup.on_progress("reading", -1, ask->setup.data);
        for (guint i = 0; i < ask->n_urls; i++) {
                g_autofree char *name = dup_reply_name(i);
                g_ptr_array_add(files, dup_path(ask, name));
        }
        ask->indexer = omg_indexer_start_aur_reply(ask->setup.paths, output, files, on_indexer_done,
                                                   ask, &error);
        if (!ask->indexer)
                report(ask, NULL, error);
}

/* ---- fetching ---- */

static void set_error(OmgAurAsk *ask, const OmgFetchResult *result)
{
        const int known = omg_error_from_dbus_name(result->error);
        const char *text = result->message ? result->message : "there is no answer";

        g_clear_error(&ask->error);
        ask->error = g_error_new(OMG_ERROR, known >= 0 ? known : OMG_ERROR_NETWORK, "%s: %s",
                                 ask->url, text);
}

static void on_fetch_event(const OmgFetchResult *result, gpointer data)
{
        OmgAurAsk *ask = data;

        if (result->event != OMG_FETCH_EVENT_DONE)
                return;
        omg_aur_budget_take_result(ask->setup.budget, ask->url, result, get_now());
        if (result->outcome != OMG_FETCH_STORED)
                set_error(ask, result);
}

static gboolean fetch_next(OmgAurAsk *ask, GError **error);

static void on_fetch_done(const GError *fetch_error, gpointer data)
{
        OmgAurAsk *ask = data;
        g_autoptr(GError) error = g_steal_pointer(&ask->error);

        g_clear_pointer(&ask->fetcher, omg_fetcher_free);
        if (!error)
                ask->n_fetched++;
        if (error)
                report_error(ask, error);
        else if (ask->n_fetched == ask->n_urls)
                read_replies(ask);
        else if (!fetch_next(ask, &error))
                report(ask, NULL, error);
}

/* One request a run: omgd-fetch would make two at once. */
static gboolean fetch_next(OmgAurAsk *ask, GError **error)
{
        g_autofree char *name = dup_reply_name(ask->n_fetched);
        char *urls[] = {ask->urls[ask->n_fetched], NULL};
        const OmgFetchRequest request = {
                .id = ask->n_fetched,
                .urls = urls,
                .output = name,
                .kind = OMG_FETCH_API,
                .accept = OMG_FETCH_JSON,
                .max_bytes = OMG_JSON_NONE,
        };
        const OmgFetcherStart start = {
                .helper = ask->setup.paths->fetch_helper,
                .launcher = ask->setup.launcher,
                .directory = ask->folder,
                .requests = &request,
                .n_requests = 1,
                .on_event = on_fetch_event,
                .on_done = on_fetch_done,
                .userdata = ask,
        };

        ask->setup.on_progress("fetching", (double)ask->n_fetched / ask->n_urls, ask->setup.data);
        ask->fetcher = omg_fetcher_start(&start, error);
        if (!ask->fetcher)
                return FALSE;
        omg_aur_budget_take(ask->setup.budget, get_now());
        return TRUE;
}

/* ---- the question ---- */

static gboolean make_folder(const OmgAurAsk *ask, GError **error)
{
        g_autofree char *parent = g_path_get_dirname(ask->folder);

        if (!omg_file_make_private_dir(parent, error) ||
            !omg_file_make_private_dir(ask->folder, error))
                return FALSE;
        clear_folder(ask->folder);
        return TRUE;
}

OmgAurAsk *omg_aur_ask_start(const OmgAurAskSetup *setup, GError **error)
{
        g_autoptr(OmgAurAsk) ask = g_new0(OmgAurAsk, 1);

        ask->setup = *setup;
        ask->setup.question = omg_aur_question_ref(setup->question);
        ask->setup.server = ask->server = g_strdup(setup->server);
        ask->url = omg_aur_ask_dup_url(setup->server);
        ask->folder = g_build_filename(setup->paths->cache_dir, "aur", "rpc", NULL);
        ask->urls = omg_aur_question_dup_urls(setup->question, setup->server);
        ask->n_urls = g_strv_length(ask->urls);
        if (!make_folder(ask, error) || !fetch_next(ask, error))
                return NULL;
        return g_steal_pointer(&ask);
}

void omg_aur_ask_cancel(OmgAurAsk *ask)
{
        if (ask->fetcher)
                omg_fetcher_cancel(ask->fetcher);
        if (ask->indexer)
                omg_indexer_cancel(ask->indexer);
}

void omg_aur_ask_free(OmgAurAsk *ask)
{
        if (!ask)
                return;
        omg_fetcher_free(ask->fetcher);
        omg_indexer_free(ask->indexer);
        g_clear_error(&ask->error);
        omg_aur_question_unref(ask->setup.question);
        g_strfreev(ask->urls);
        g_free(ask->folder);
        g_free(ask->url);
        g_free(ask->server);
        g_free(ask);
}
