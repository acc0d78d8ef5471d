/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/refresh.h"

#include <string.h>

#include "base/clock.h"
#include "loop/indexer.h"
#include "loop/log.h"
#include "loop/refresh-slot.h"
#include "loop/watch.h"
#include "store/generation.h"
#include "store/layer-kind.h"

typedef struct {
        guint64 id;
        OmgRefreshWhat what;
        gboolean force;
} Request;

enum { SLOT_SYNC, SLOT_LOCAL, SLOT_LOCAL_FILES, SLOT_SYNC_FILES, N_SLOTS };

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
        guint wanted;             /* OmgRefreshWhat: what is kept true */
        OmgSnapshot *snapshot;    /* the one posted last */
        OmgPacmanConf *last_conf; /* the last good configuration */
        char *warnings;           /* of pacman.conf, as logged last */

        /* Of the refresh that runs. */
        OmgPacmanConf *conf;
        OmgIndexer *indexer;
        guint slot; /* the one at hand */
        GPtrArray *errors;
        GPtrArray *files_errors[OMG_FILES_N];
        gboolean files_outdated; /* those of the repositories, to be made by the next refresh */
        GError *failure;         /* of the first whole source */
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
static void enqueue_own(OmgRefresh *refresh, guint what);

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

static void clear_errors(OmgRefresh *refresh)
{
        g_clear_pointer(&refresh->errors, g_ptr_array_unref);
        for (guint i = 0; i < OMG_FILES_N; i++)
                g_clear_pointer(&refresh->files_errors[i], g_ptr_array_unref);
}

static GPtrArray *errors_new(void)
{
        return g_ptr_array_new_with_free_func((GDestroyNotify)omg_source_error_free);
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
                .rebuilt_files =
                        refresh->rebuilt[SLOT_LOCAL_FILES] + refresh->rebuilt[SLOT_SYNC_FILES],
                .rejected = refresh->rejected,
        };
        omg_worker_post(refresh->worker, deliver_outcome, message, message_free);

        g_clear_pointer(&refresh->conf, omg_pacman_conf_unref);
        clear_errors(refresh);
        refresh->running = FALSE;
        run_next(refresh);
}

static void add_failure(OmgRefresh *refresh, const char *source, const GError *error)
{
        g_ptr_array_add(refresh->errors, omg_source_error_new(source, error));
        if (!refresh->failure)
                refresh->failure = g_error_copy(error);
}

/* Of the slot at hand. File lists that nobody waits for are no failure of the refresh. */
static void add_slot_failure(OmgRefresh *refresh, const GError *error)
{
        const OmgSlot *slot = &refresh->slots[refresh->slot];
        GPtrArray *errors =
                refresh->slot == SLOT_LOCAL_FILES  ? refresh->files_errors[OMG_FILES_LOCAL]
                : refresh->slot == SLOT_SYNC_FILES ? refresh->files_errors[OMG_FILES_REPO]
                                                   : refresh->errors;

        g_ptr_array_add(errors, omg_source_error_new(slot->source, error));
        if (!refresh->failure && (slot->what & (OMG_REFRESH_ALL | get_request(refresh)->what)))
                refresh->failure = g_error_copy(error);
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
        for (guint i = SLOT_SYNC; i <= SLOT_LOCAL; i++)
                oldest = MIN(oldest, omg_slot_get_built_usec(&refresh->slots[i]));
        return oldest < G_MAXUINT64 ? MIN(oldest, now) : 0;
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
        enqueue_own(refresh, OMG_REFRESH_ALL);
        return G_SOURCE_REMOVE;
}

static gboolean may_mend(const GPtrArray *errors)
{
        for (guint i = 0; i < errors->len; i++)
                if (((OmgSourceError *)errors->pdata[i])->code != OMG_ERROR_DATABASE_MISSING)
                        return TRUE;
        return FALSE;
}

/* What is not there is noticed when it comes; everything else is tried again for a while. */
static void plan_retry(OmgRefresh *refresh)
{
        gboolean any = may_mend(refresh->snapshot->errors) ||
                       may_mend(refresh->files_errors[OMG_FILES_LOCAL]) ||
                       may_mend(refresh->files_errors[OMG_FILES_REPO]);

        stop_retry(refresh);
        if (refresh->files_outdated)
                return; /* the refresh of them, which waits already, decides */
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
                .files = {[OMG_FILES_LOCAL] = {refresh->slots[SLOT_LOCAL_FILES].files,
                                               refresh->files_errors[OMG_FILES_LOCAL], FALSE},
                          [OMG_FILES_REPO] = {refresh->slots[SLOT_SYNC_FILES].files,
                                              refresh->files_errors[OMG_FILES_REPO],
                                              refresh->files_outdated}},
                .as_of_usec = get_as_of(refresh, now),
        };

        post_progress(refresh, "joining", -1);
        OmgSnapshot *snapshot =
                omg_snapshot_new(&parts, omg_generation_choose(refresh->snapshot, &parts, now));
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
        add_slot_failure(refresh, error);
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
                add_slot_failure(refresh, error);
        else
                load_rebuilt(refresh, slot);
        next_slot(refresh);
}

static void rebuild_slot(OmgRefresh *refresh, OmgSlot *slot)
{
        g_autoptr(GError) error = NULL;
        gboolean whole = get_request(refresh)->force;
        guint n_wanted = refresh->wanted & OMG_REFRESH_FILES ? N_SLOTS : SLOT_LOCAL + 1;

        post_progress(refresh, "reading", (double)refresh->slot / n_wanted);
        refresh->indexer = omg_indexer_start(refresh->paths, slot->kind, whole, on_indexer_done,
                                             refresh, &error);
        if (refresh->indexer)
                return;
        add_slot_failure(refresh, error);
        next_slot(refresh);
}

/* Whether what the slot at hand holds is good enough for the request at hand. What could not be
 * read may be readable now for reasons that no stamp shows: permissions, a signature, a key. So
 * packages are tried at every look; file lists, which take seconds, when somebody asks for it. */
static gboolean is_good_enough(OmgRefresh *refresh, const OmgSlot *slot, GBytes *stamps)
{
        const Request *request = get_request(refresh);
        gboolean asked = (request->what & slot->what) != 0;

        if (request->force && asked)
                return FALSE;
        return omg_slot_is_current(slot, stamps, asked || (slot->what & OMG_REFRESH_ALL));
}

/* Decides whether the layer at hand is still true, and has it rebuilt if not. */
static void check_slot(OmgRefresh *refresh)
{
        OmgSlot *slot = &refresh->slots[refresh->slot];
        g_autoptr(GError) error = NULL;

        if (!(refresh->wanted & slot->what)) {
                next_slot(refresh);
                return;
        }
        refresh->rejected += !omg_slot_load_existing(slot, refresh->paths);
        omg_slot_drop_foreign(slot, refresh->conf);
        g_autoptr(GBytes) stamps = omg_layer_kind_take_stamps(slot->kind, refresh->conf, &error);
        if (!stamps) {
                add_slot_failure(refresh, error);
                next_slot(refresh);
                return;
        }
        if (is_good_enough(refresh, slot, stamps)) {
                next_slot(refresh);
                return;
        }
        if (refresh->slot == SLOT_SYNC_FILES && !(get_request(refresh)->what & slot->what)) {
                refresh->files_outdated = TRUE;
                enqueue_own(refresh, OMG_REFRESH_ALL | OMG_REFRESH_SYNC_FILES);
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
        /* Not when what is missing is a file that it includes. */
        if (error->code == OMG_ERROR_DATABASE_MISSING &&
            !g_file_test(refresh->paths->pacman_conf, G_FILE_TEST_EXISTS)) {
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
        refresh->wanted |= get_request(refresh)->what;
        refresh->errors = errors_new();
        for (guint i = 0; i < OMG_FILES_N; i++)
                refresh->files_errors[i] = errors_new();
        refresh->files_outdated = FALSE;
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
static void enqueue_own(OmgRefresh *refresh, guint what)
{
        for (GList *l = refresh->requests.head; l; l = l->next) {
                Request *request = l->data;
                if (request->id == 0 && !(refresh->running && !l->prev)) {
                        request->what |= what;
                        return;
                }
        }
        enqueue(refresh, (Request){.what = what});
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
        enqueue_own(refresh, OMG_REFRESH_ALL);
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
        static const OmgSlot slots[N_SLOTS] = {
                [SLOT_SYNC] = {OMG_LAYER_SYNC, "sync", OMG_REFRESH_SYNC},
                [SLOT_LOCAL] = {OMG_LAYER_LOCAL, "local", OMG_REFRESH_LOCAL},
                [SLOT_LOCAL_FILES] = {OMG_LAYER_LOCAL_FILES, "local-files",
                                      OMG_REFRESH_LOCAL_FILES},
                [SLOT_SYNC_FILES] = {OMG_LAYER_SYNC_FILES, "sync-files", OMG_REFRESH_SYNC_FILES},
        };
        OmgRefresh *refresh = g_new0(OmgRefresh, 1);

        refresh->worker = worker;
        refresh->paths = paths;
        refresh->events = *events;
        refresh->wanted = OMG_REFRESH_ALL;
        memcpy(refresh->slots, slots, sizeof(slots));
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
        clear_errors(refresh);
        g_clear_error(&refresh->failure);
        g_free(refresh->warnings);
        g_free(refresh);
}
