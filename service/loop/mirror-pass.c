/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/mirror-pass.h"

#include <string.h>

#include "base/error.h"
#include "loop/fetcher.h"
#include "loop/indexer.h"
#include "loop/log.h"
#include "loop/mirror-item.h"
#include "loop/sync-copies.h"
#include "store/source-error.h"

/* Of the way of a repository, when its database has come. */
#define FETCHED 0.9

struct OmgMirrorPass {
        OmgMirrorPassSetup setup; /* why_not is not kept */
        OmgMirrorPassEvents events;
        GPtrArray *items; /* OmgMirrorItem; its place + 1 is the id of a request */

        OmgFetcher *fetcher; /* one of the two at most */
        OmgIndexer *checker;
        guint checked; /* the item that it judges */
        GSource *later;
        gboolean is_cancelled;
};

static void go_on(OmgMirrorPass *pass);
static void go_on_later(OmgMirrorPass *pass);

/* ---- the end ---- */

static void add_error(OmgMirrorReport *report, const OmgMirrorItem *item)
{
        g_autofree char *source = g_strconcat("mirrors/", item->repository->name, NULL);

        g_ptr_array_add(report->errors, omg_source_error_new(source, item->error));
        if (!report->error)
                report->error = item->error;
}

static void report_end(OmgMirrorPass *pass, const GError *cancelled)
{
        OmgMirrorReport report = {.n_asked = pass->items->len};
        g_autoptr(GPtrArray) errors =
                g_ptr_array_new_with_free_func((GDestroyNotify)omg_source_error_free);

        report.errors = errors;
        for (guint i = 0; i < pass->items->len; i++) {
                const OmgMirrorItem *item = g_ptr_array_index(pass->items, i);
                report.n_new += item->is_new;
                report.n_known += item->step == OMG_MIRROR_DONE && !item->error;
                report.pause_sec = MAX(report.pause_sec, item->error ? item->pause_sec : 0);
                if (item->error)
                        add_error(&report, item);
        }
        if (report.n_known > 0)
                report.error = NULL;
        if (cancelled)
                report.error = cancelled;
        pass->events.on_done(&report, pass->events.data);
}

static void finish(OmgMirrorPass *pass)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(GError) cancelled = NULL;

        omg_sync_copies_clear_staging(pass->setup.conf);
        if (!omg_mirror_notes_save(pass->setup.notes, pass->setup.conf, &error))
                omg_log_warning("%s: the mirrors' answers will be asked for again, ignoring",
                                error->message);
        if (pass->is_cancelled)
                cancelled = g_error_new_literal(OMG_ERROR, OMG_ERROR_CANCELLED,
                                                "the refresh was cancelled");
        report_end(pass, cancelled);
}

static void tell_progress(OmgMirrorPass *pass)
{
        double sum = 0;

        for (guint i = 0; i < pass->items->len; i++)
                sum += ((OmgMirrorItem *)pass->items->pdata[i])->progress;
        pass->events.on_progress(pass->items->len > 0 ? sum / pass->items->len : 1,
                                 pass->events.data);
}

/* ---- fetching ---- */

static OmgMirrorItem *find_item(OmgMirrorPass *pass, guint64 id)
{
        return id >= 1 && id <= pass->items->len ? pass->items->pdata[id - 1] : NULL;
}

static gboolean is_to_fetch(const OmgMirrorItem *item)
{
        return item->step == OMG_MIRROR_ASK || item->step == OMG_MIRROR_SIG;
}

static void on_fetch_event(const OmgFetchResult *result, gpointer data)
{
        OmgMirrorPass *pass = data;
        OmgMirrorItem *item = find_item(pass, result->id);

        if (!item || !item->is_asked || pass->is_cancelled)
                return;
        if (result->event == OMG_FETCH_EVENT_DONE)
                omg_mirror_item_take_result(item, result);
        else if (result->total != OMG_JSON_NONE && result->total > 0 &&
                 result->size != OMG_JSON_NONE && item->step == OMG_MIRROR_ASK)
                item->progress = MIN((double)result->size / (double)result->total, 1) * FETCHED;
        tell_progress(pass);
}

/* What was asked for in this run and not answered is not going to be. */
static void fail_asked(OmgMirrorPass *pass, const GError *error)
{
        for (guint i = 0; i < pass->items->len; i++) {
                OmgMirrorItem *item = pass->items->pdata[i];
                if (item->is_asked)
                        omg_mirror_item_fail(item, error);
        }
}

static void on_fetch_done(const GError *error, gpointer data)
{
        OmgMirrorPass *pass = data;
        g_autoptr(GError) silent = g_error_new_literal(OMG_ERROR, OMG_ERROR_UNAVAILABLE,
                                                       "omgd-fetch ended without an answer");

        g_clear_pointer(&pass->fetcher, omg_fetcher_free);
        fail_asked(pass, error ?: silent);
        go_on(pass);
}

/* A request that omgd-fetch would refuse fails its repository alone. */
static void add_request(GArray *requests, OmgMirrorItem *item, guint64 id)
{
        g_autoptr(GError) error = NULL;
        OmgFetchRequest request;

        omg_mirror_item_make_request(item, id, &request);
        if (omg_fetch_request_check(&request, &error)) {
                g_array_append_val(requests, request);
                return;
        }
        omg_fetch_request_clear(&request);
        g_prefix_error(&error, "%s: ", item->repository->name);
        omg_mirror_item_fail(item, error);
}

static GArray *make_requests(OmgMirrorPass *pass)
{
        GArray *requests = g_array_new(FALSE, FALSE, sizeof(OmgFetchRequest));

        g_array_set_clear_func(requests, (GDestroyNotify)omg_fetch_request_clear);
        for (guint i = 0; i < pass->items->len; i++)
                if (is_to_fetch(pass->items->pdata[i]))
                        add_request(requests, pass->items->pdata[i], i + 1);
        return requests;
}

/* FALSE: there is nothing to fetch. */
static gboolean fetch(OmgMirrorPass *pass)
{
        g_autoptr(GArray) requests = make_requests(pass);
        g_autofree char *directory = g_strconcat(pass->setup.conf->copy_dir, "staging", NULL);
        g_autoptr(GError) error = NULL;
        const OmgFetcherStart start = {
                .helper = pass->setup.paths->fetch_helper,
                .launcher = pass->setup.launcher,
                .directory = directory,
                .requests = (const OmgFetchRequest *)(gconstpointer)requests->data,
                .n_requests = requests->len,
                .on_event = on_fetch_event,
                .on_done = on_fetch_done,
                .userdata = pass,
        };

        if (requests->len == 0)
                return FALSE;
        pass->fetcher = omg_fetcher_start(&start, &error);
        if (!pass->fetcher) {
                fail_asked(pass, error);
                go_on_later(pass);
        }
        return TRUE;
}

/* ---- judging ---- */

static void on_checked(const GError *error, gpointer data)
{
        OmgMirrorPass *pass = data;
        OmgIndexCheck check = *omg_indexer_get_check(pass->checker);

        g_clear_pointer(&pass->checker, omg_indexer_free);
        if (!pass->is_cancelled)
                omg_mirror_item_take_check(pass->items->pdata[pass->checked], &check, error);
        tell_progress(pass);
        go_on(pass);
}

/* One after the other: each takes the memory of a whole database. FALSE: there is none. */
static gboolean check(OmgMirrorPass *pass)
{
        g_autoptr(GError) error = NULL;

        for (guint i = 0; i < pass->items->len; i++) {
                OmgMirrorItem *item = pass->items->pdata[i];
                if (item->step != OMG_MIRROR_CHECK)
                        continue;
                pass->checked = i;
                pass->checker = omg_indexer_start_check(pass->setup.paths, item->repository->name,
                                                        on_checked, pass, &error);
                if (pass->checker)
                        return TRUE;
                omg_mirror_item_fail(item, error);
                g_clear_error(&error);
        }
        return FALSE;
}

static void go_on(OmgMirrorPass *pass)
{
        if (pass->is_cancelled || (!fetch(pass) && !check(pass)))
                finish(pass);
}

static gboolean on_later(gpointer data)
{
        OmgMirrorPass *pass = data;

        g_clear_pointer(&pass->later, g_source_unref);
        go_on(pass);
        return G_SOURCE_REMOVE;
}

static void go_on_later(OmgMirrorPass *pass)
{
        pass->later = g_idle_source_new();
        g_source_set_callback(pass->later, on_later, pass, NULL);
        (void)g_source_attach(pass->later, g_main_context_get_thread_default());
}

/* ---- the pass ---- */

/* FALSE: its database was there and could not be read. */
static gboolean is_readable(const OmgLayer *layer, const char *name)
{
        for (guint i = 0; layer && i < omg_layer_get_n_repositories(layer); i++) {
                const OmgRepositoryRecord *record = omg_layer_get_repository(layer, i);
                if (strcmp(omg_layer_get_text(layer, record->name), name) == 0)
                        return record->state == OMG_REPOSITORY_OK;
        }
        return layer != NULL;
}

static void add_items(OmgMirrorPass *pass, const GError *why_not)
{
        const OmgPacmanConf *conf = pass->setup.conf;

        for (guint i = 0; i < conf->repositories->len; i++) {
                const OmgRepository *repository = g_ptr_array_index(conf->repositories, i);
                guint flags = pass->setup.force ? OMG_MIRROR_WHOLE : 0;
                if (!omg_mirror_wants(repository))
                        continue;
                if (!is_readable(pass->setup.sync, repository->name))
                        flags |= OMG_MIRROR_REPLACE;
                g_ptr_array_add(pass->items,
                                omg_mirror_item_new(
                                        conf, repository,
                                        omg_mirror_notes_get(pass->setup.notes, repository->name),
                                        flags, why_not));
        }
}

OmgMirrorPass *omg_mirror_pass_start(const OmgMirrorPassSetup *setup,
                                     const OmgMirrorPassEvents *events, GError **error)
{
        if (!omg_sync_copies_prepare(setup->conf, error))
                return NULL;
        (void)omg_sync_copies_update(setup->conf, NULL);

        OmgMirrorPass *pass = g_new0(OmgMirrorPass, 1);
        pass->setup = *setup;
        pass->setup.why_not = NULL;
        pass->setup.conf = omg_pacman_conf_ref(setup->conf);
        pass->events = *events;
        pass->items = g_ptr_array_new_with_free_func((GDestroyNotify)omg_mirror_item_free);
        add_items(pass, setup->why_not);
        go_on_later(pass);
        return pass;
}

void omg_mirror_pass_cancel(OmgMirrorPass *pass)
{
        pass->is_cancelled = TRUE;
        if (pass->fetcher)
                omg_fetcher_cancel(pass->fetcher);
        if (pass->checker)
                omg_indexer_cancel(pass->checker);
}

void omg_mirror_pass_free(OmgMirrorPass *pass)
{
        if (!pass)
                return;
        omg_fetcher_free(pass->fetcher);
        omg_indexer_free(pass->checker);
        if (pass->later) {
                g_source_destroy(pass->later);
                g_source_unref(pass->later);
        }
        g_ptr_array_unref(pass->items);
        omg_pacman_conf_unref(pass->setup.conf);
        g_free(pass);
}
