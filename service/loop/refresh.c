/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/refresh.h"

#include <string.h>

#include "base/clock.h"
#include "loop/indexer.h"
#include "loop/log.h"
#include "loop/refresh-slot.h"
#include "loop/watch.h"

typedef struct {
        guint64 id;
        OmgRefreshWhat what;
        gboolean force;
} Request;

enum { SLOT_SYNC, SLOT_LOCAL, N_SLOTS };

#define MAX_JOINS 3u

/* A full disk, a crashed helper or a missing key mends without a watched file changing: so many
 * further looks, the pause doubled each time (4 s to 8 min), then only changes and requests. */
#define MAX_RETRIES     8u
#define RETRY_FIRST_SEC 4u

/* Everything below the first three members belongs to the worker thread. */
struct OmgRefresh {
        OmgWorker *worker;
        const OmgPaths *paths;
        OmgRefreshEvents events;

        GQueue requests; /* Request; the head is the one that runs */
        gboolean running;
        OmgWatch *watch;
        OmgSlot slots[N_SLOTS];
        OmgSnapshot *snapshot;    /* the one posted last */
        OmgPacmanConf *last_conf; /* the last good configuration */
        char *warnings;           /* of pacman.conf, as logged last */

        /* Of the refresh that runs. */
        OmgPacmanConf *conf;
        OmgIndexer *indexer;
        guint slot; /* the one at hand */
        GPtrArray *errors;
        GError *failure; /* of the first whole source */
        guint rebuilt[N_SLOTS];
        guint rejected;
        guint n_joins;
        guint64 begun_usec;

        GSource *retry; /* set while something failed that may mend by itself */
        guint n_retries;
};

/* A hand-over to main. */
typedef struct {
        OmgRefresh *refresh;
        OmgRefreshOutcome outcome;
        const char *stage;
        double progress;
} Message;

static void run_next(OmgRefresh *refresh);
static void check_slot(OmgRefresh *refresh);
static void enqueue_own(OmgRefresh *refresh);

static void message_free(gpointer data)
{
        Message *message = data;

        omg_snapshot_unref(message->outcome.snapshot);
        omg_changes_free(message->outcome.changes);
        g_clear_error(&message->outcome.error);
        g_free(message);
}

static void deliver_progress(gpointer data)
{
        Message *m = data;
        m->refresh->events.on_progress(m->outcome.id, m->stage, m->progress,
                                       m->refresh->events.userdata);
}

static void deliver_outcome(gpointer data)
{
        Message *m = data;
        m->refresh->events.on_done(&m->outcome, m->refresh->events.userdata);
}

static const Request *get_request(OmgRefresh *refresh)
{
        return g_queue_peek_head(&refresh->requests);
}

static void post_progress(OmgRefresh *refresh, const char *stage, double progress)
{
        Message *message = g_new0(Message, 1);

        message->refresh = refresh;
        message->outcome.id = get_request(refresh)->id;
        message->stage = stage;
        message->progress = progress;
        omg_worker_post(refresh->worker, deliver_progress, message, message_free);
}

/* Ends the refresh that runs and begins the next. */
static void post_outcome(OmgRefresh *refresh, OmgSnapshot *snapshot, OmgChanges *changes)
{
        g_autofree Request *request = g_queue_pop_head(&refresh->requests);
        Message *message = g_new0(Message, 1);

        message->refresh = refresh;
        message->outcome = (OmgRefreshOutcome){
                .id = request->id,
                .what = request->what,
                .snapshot = snapshot ? omg_snapshot_ref(snapshot) : NULL,
                .changes = changes,
                .error = g_steal_pointer(&refresh->failure),
                .begun_usec = refresh->begun_usec,
                .rebuilt_sync = refresh->rebuilt[SLOT_SYNC],
                .rebuilt_local = refresh->rebuilt[SLOT_LOCAL],
                .rejected = refresh->rejected,
        };
        omg_worker_post(refresh->worker, deliver_outcome, message, message_free);

        g_clear_pointer(&refresh->conf, omg_pacman_conf_unref);
        g_clear_pointer(&refresh->errors, g_ptr_array_unref);
        refresh->running = FALSE;
        run_next(refresh);
}

static void add_failure(OmgRefresh *refresh, const char *source, const GError *error)
{
        g_ptr_array_add(refresh->errors, omg_source_error_new(source, error));
        if (!refresh->failure)
                refresh->failure = g_error_copy(error);
}

static gboolean same_layer(OmgLayer *a, OmgLayer *b)
{
        return a == b || (a && b && omg_layer_has_content_of(a, b));
}

static gboolean is_carried(const OmgLayer *layer)
{
        return layer && (omg_layer_get_states(layer) & 1u << OMG_REPOSITORY_CARRIED);
}

static guint64 get_as_of(OmgRefresh *refresh, guint64 now)
{
        guint64 oldest = G_MAXUINT64;

        if (refresh->errors->len == 0 && !is_carried(refresh->slots[SLOT_SYNC].layer))
                return now;
        if (refresh->snapshot && refresh->snapshot->as_of_usec > 0)
                return refresh->snapshot->as_of_usec;
        for (guint i = 0; i < N_SLOTS; i++)
                oldest = MIN(oldest, omg_slot_get_built_usec(&refresh->slots[i]));
        return oldest < G_MAXUINT64 ? MIN(oldest, now) : 0;
}

/* A new number whenever an answer may differ, and never one that an earlier run of omgd gave out.
 */
static guint64 choose_generation(OmgRefresh *refresh, guint64 now)
{
        const OmgSnapshot *before = refresh->snapshot;
        OmgLayer *sync = refresh->slots[SLOT_SYNC].layer, *local = refresh->slots[SLOT_LOCAL].layer;

        if (!sync && !local)
                return 0;
        if (before && before->generation > 0 && before->conf && refresh->conf &&
            strcmp(before->conf->digest, refresh->conf->digest) == 0 &&
            same_layer(before->sync, sync) && same_layer(before->local, local))
                return before->generation;
        return MAX(now, before ? before->generation + 1 : 0);
}

static void stop_retry(OmgRefresh *refresh)
{
        if (refresh->retry) {
                g_source_destroy(refresh->retry);
                g_clear_pointer(&refresh->retry, g_source_unref);
        }
}

static gboolean on_retry(gpointer userdata)
{
        OmgRefresh *refresh = userdata;

        stop_retry(refresh);
        enqueue_own(refresh);
        return G_SOURCE_REMOVE;
}

/* What is not there is noticed when it comes; everything else is tried again for a while. */
static void plan_retry(OmgRefresh *refresh)
{
        gboolean any = FALSE;

        stop_retry(refresh);
        for (guint i = 0; i < refresh->snapshot->errors->len; i++) {
                const OmgSourceError *e = g_ptr_array_index(refresh->snapshot->errors, i);
                any = any || e->code != OMG_ERROR_DATABASE_MISSING;
        }
        if (!any)
                refresh->n_retries = 0;
        if (!any || refresh->n_retries >= MAX_RETRIES)
                return;
        refresh->retry = g_timeout_source_new_seconds(RETRY_FIRST_SEC << refresh->n_retries++);
        g_source_set_callback(refresh->retry, on_retry, refresh, NULL);
        (void)g_source_attach(refresh->retry, omg_worker_get_context(refresh->worker));
}

static void finish(OmgRefresh *refresh)
{
        guint64 now = g_get_real_time();
        OmgSnapshotParts parts = {
                .sync = refresh->slots[SLOT_SYNC].layer,
                .local = refresh->slots[SLOT_LOCAL].layer,
                .conf = refresh->conf ? omg_pacman_conf_ref(refresh->conf) : NULL,
                .errors = refresh->errors,
                .as_of_usec = get_as_of(refresh, now),
        };

        post_progress(refresh, "joining", -1);
        OmgSnapshot *snapshot = omg_snapshot_new(&parts, choose_generation(refresh, now));
        if (omg_snapshot_is_damaged(snapshot) && refresh->n_joins++ < MAX_JOINS) {
                /* Joined from a file that was cut meanwhile: what came out of it may be anything.
                 */
                omg_snapshot_unref(snapshot);
                refresh->slot = 0;
                check_slot(refresh);
                return;
        }
        OmgChanges *changes = omg_changes_new(refresh->snapshot, snapshot);
        for (guint i = 0; i < N_SLOTS; i++)
                omg_slot_trim(&refresh->slots[i]);
        omg_snapshot_unref(refresh->snapshot);
        refresh->snapshot = snapshot;
        plan_retry(refresh);
        post_outcome(refresh, snapshot, changes);
}

static GError *new_cancelled(void)
{
        return g_error_new_literal(OMG_ERROR, OMG_ERROR_CANCELLED, "the refresh was cancelled");
}

static void cancel_running(OmgRefresh *refresh)
{
        g_clear_error(&refresh->failure);
        refresh->failure = new_cancelled();
        post_outcome(refresh, NULL, NULL);
}

static void next_slot(OmgRefresh *refresh)
{
        refresh->slot++;
        if (refresh->slot < N_SLOTS)
                check_slot(refresh);
        else
                finish(refresh);
}

static void load_rebuilt(OmgRefresh *refresh, OmgSlot *slot)
{
        g_autoptr(GError) error = NULL;

        if (omg_slot_load_rebuilt(slot, refresh->paths, &error)) {
                refresh->rebuilt[refresh->slot]++;
                return;
        }
        add_failure(refresh, slot->source, error);
        omg_indexer_clean(refresh->paths);
}

static void on_indexer_done(const GError *error, gpointer userdata)
{
        OmgRefresh *refresh = userdata;
        OmgSlot *slot = &refresh->slots[refresh->slot];

        g_clear_pointer(&refresh->indexer, omg_indexer_free);
        if (error)
                omg_indexer_clean(refresh->paths);
        if (error && error->code == OMG_ERROR_CANCELLED) {
                cancel_running(refresh);
                return;
        }
        if (error)
                add_failure(refresh, slot->source, error);
        else
                load_rebuilt(refresh, slot);
        next_slot(refresh);
}

static void rebuild_slot(OmgRefresh *refresh, OmgSlot *slot)
{
        g_autoptr(GError) error = NULL;

        post_progress(refresh, "reading", (double)refresh->slot / N_SLOTS);
        refresh->indexer =
                omg_indexer_start(refresh->paths, slot->kind, on_indexer_done, refresh, &error);
        if (refresh->indexer)
                return;
        add_failure(refresh, slot->source, error);
        next_slot(refresh);
}

/* Decides whether the layer at hand is still true, and has it rebuilt if not. */
static void check_slot(OmgRefresh *refresh)
{
        OmgSlot *slot = &refresh->slots[refresh->slot];
        const Request *request = get_request(refresh);
        g_autoptr(GError) error = NULL;
        OmgRefreshWhat bit = refresh->slot == SLOT_SYNC ? OMG_REFRESH_SYNC : OMG_REFRESH_LOCAL;

        refresh->rejected += !omg_slot_load_existing(slot, refresh->paths);
        omg_slot_drop_foreign(slot, refresh->conf);
        g_autoptr(GBytes) stamps = omg_slot_take_stamps(slot, refresh->conf, &error);
        if (!stamps) {
                add_failure(refresh, slot->source, error);
                next_slot(refresh);
                return;
        }
        if (omg_slot_is_current(slot, stamps) && !(request->force && (request->what & bit))) {
                next_slot(refresh);
                return;
        }
        rebuild_slot(refresh, slot);
}

static void log_warnings(OmgRefresh *refresh)
{
        g_autofree char *warnings = g_strjoinv("\n", refresh->conf->warnings);

        if (g_strcmp0(refresh->warnings, warnings) == 0)
                return;
        for (char **w = refresh->conf->warnings; w && *w; w++)
                omg_log_warning("%s, ignoring", *w);
        g_free(refresh->warnings);
        refresh->warnings = g_steal_pointer(&warnings);
}

/* Watches all that a refresh reads. Before it is read, so that no change is missed. */
static void watch_sources(OmgRefresh *refresh)
{
        g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
        const OmgPacmanConf *conf = refresh->conf;
        g_auto(GStrv) files = conf ? g_strdupv(conf->files)
                                   : omg_pacman_conf_list_files(refresh->paths->pacman_conf);

        for (char **f = files; *f; f++)
                g_ptr_array_add(paths, g_strdup(*f));
        if (conf) {
                g_autofree char *lock = g_build_filename(conf->db_path, "db.lck", NULL);
                g_ptr_array_add(paths, g_build_filename(conf->db_path, "sync", NULL));
                g_ptr_array_add(paths, g_build_filename(conf->db_path, "local", NULL));
                omg_watch_set_lock_file(refresh->watch, lock);
        }
        g_ptr_array_add(paths, NULL);
        omg_watch_set_paths(refresh->watch, (const char *const *)paths->pdata);
}

/* Without a configuration what was read last stays, with the configuration it was joined with. */
static void read_configuration(OmgRefresh *refresh)
{
        g_autoptr(GError) error = NULL;

        refresh->conf =
                omg_pacman_conf_load(refresh->paths->pacman_conf, refresh->paths->pacman_root,
                                     refresh->paths->pacman_db_dir, &error);
        if (refresh->conf) {
                log_warnings(refresh);
                watch_sources(refresh);
                omg_pacman_conf_unref(refresh->last_conf);
                refresh->last_conf = omg_pacman_conf_ref(refresh->conf);
                return;
        }
        if (error->code == OMG_ERROR_DATABASE_MISSING) {
                g_autoptr(GError) hint = g_error_new(
                        OMG_ERROR, error->code,
                        "%s; install pacman, or set OMG_PACMAN_CONF to the file", error->message);
                add_failure(refresh, "pacman.conf", hint);
        } else {
                add_failure(refresh, "pacman.conf", error);
        }
        watch_sources(refresh);
        if (refresh->last_conf)
                refresh->conf = omg_pacman_conf_ref(refresh->last_conf);
}

static void run_next(OmgRefresh *refresh)
{
        if (refresh->running || !get_request(refresh))
                return;
        refresh->running = TRUE;
        refresh->errors = g_ptr_array_new_with_free_func((GDestroyNotify)omg_source_error_free);
        refresh->rejected = 0;
        refresh->n_joins = 0;
        refresh->begun_usec = omg_clock_now();
        memset(refresh->rebuilt, 0, sizeof(refresh->rebuilt));
        post_progress(refresh, "checking", -1);
        read_configuration(refresh);
        if (refresh->failure) {
                finish(refresh);
                return;
        }
        refresh->slot = 0;
        check_slot(refresh);
}

static void enqueue(OmgRefresh *refresh, Request request)
{
        g_queue_push_tail(&refresh->requests, g_memdup2(&request, sizeof(request)));
        run_next(refresh);
}

/* One of ours that waits already sees what this one would; a caller's may be cancelled before. */
static void enqueue_own(OmgRefresh *refresh)
{
        for (GList *l = refresh->requests.head; l; l = l->next)
                if (((Request *)l->data)->id == 0 && !(refresh->running && !l->prev))
                        return;
        enqueue(refresh, (Request){.what = OMG_REFRESH_ALL});
}

static void on_watch(const GError *error, gpointer userdata)
{
        OmgRefresh *refresh = userdata;

        if (error) {
                omg_log_warning("%s: changes there are noticed only on request, ignoring",
                                error->message);
                return;
        }
        refresh->n_retries = 0;
        enqueue_own(refresh);
}

/* Calls from main, on their way to the worker. */
typedef struct {
        OmgRefresh *refresh;
        Request request;
} Call;

static void run_on_worker(OmgRefresh *refresh, OmgWorkFunc function, Request request)
{
        Call *call = g_new(Call, 1);

        *call = (Call){refresh, request};
        omg_worker_run(refresh->worker, function, call, g_free);
}

static void do_start(gpointer data)
{
        OmgRefresh *refresh = ((Call *)data)->refresh;

        omg_indexer_clean(refresh->paths);
        refresh->watch = omg_watch_new(omg_worker_get_context(refresh->worker), on_watch, refresh);
}

static void do_request(gpointer data)
{
        Call *call = data;
        enqueue(call->refresh, call->request);
}

static void do_cancel(gpointer data)
{
        Call *call = data;
        OmgRefresh *refresh = call->refresh;
        GList *link = refresh->requests.head;

        while (link && ((Request *)link->data)->id != call->request.id)
                link = link->next;
        if (!link)
                return;
        if (link == refresh->requests.head && refresh->running) {
                if (refresh->indexer)
                        omg_indexer_cancel(refresh->indexer);
                return;
        }
        g_free(link->data);
        g_queue_delete_link(&refresh->requests, link);
        Message *message = g_new0(Message, 1);
        message->refresh = refresh;
        message->outcome.id = call->request.id;
        message->outcome.error = new_cancelled();
        omg_worker_post(refresh->worker, deliver_outcome, message, message_free);
}

OmgRefresh *omg_refresh_new(OmgWorker *worker, const OmgPaths *paths,
                            const OmgRefreshEvents *events)
{
        OmgRefresh *refresh = g_new0(OmgRefresh, 1);

        refresh->worker = worker;
        refresh->paths = paths;
        refresh->events = *events;
        refresh->slots[SLOT_SYNC] = (OmgSlot){.kind = OMG_LAYER_SYNC, .source = "sync"};
        refresh->slots[SLOT_LOCAL] = (OmgSlot){.kind = OMG_LAYER_LOCAL, .source = "local"};
        g_queue_init(&refresh->requests);
        run_on_worker(refresh, do_start, (Request){});
        return refresh;
}

void omg_refresh_request(OmgRefresh *refresh, guint64 id, OmgRefreshWhat what, gboolean force)
{
        run_on_worker(refresh, do_request, (Request){id, what, force});
}

void omg_refresh_cancel(OmgRefresh *refresh, guint64 id)
{
        run_on_worker(refresh, do_cancel, (Request){.id = id});
}

void omg_refresh_free(OmgRefresh *refresh)
{
        if (!refresh)
                return;
        /* The thread is gone after this: what it owned is ours. */
        omg_worker_stop(refresh->worker);
        stop_retry(refresh);
        omg_indexer_free(refresh->indexer);
        omg_watch_free(refresh->watch);
        g_queue_clear_full(&refresh->requests, g_free);
        for (guint i = 0; i < N_SLOTS; i++)
                omg_slot_clear(&refresh->slots[i]);
        omg_snapshot_unref(refresh->snapshot);
        omg_pacman_conf_unref(refresh->conf);
        omg_pacman_conf_unref(refresh->last_conf);
        g_clear_pointer(&refresh->errors, g_ptr_array_unref);
        g_clear_error(&refresh->failure);
        g_free(refresh->warnings);
        g_free(refresh);
}
