/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/refresh.h"

#include <string.h>

#include "base/clock.h"
#include "loop/log.h"
#include "loop/refresh-private.h"

static void run_next(OmgRefresh *refresh);
static GError *new_cancelled(void);

OmgRefreshRequest *omg_refresh_get_request(OmgRefresh *refresh)
{
        return g_queue_peek_head(&refresh->requests);
}

/* What of the index was checked, for the next start. */
#define KNOWN_FILES "checked-files"

/* A list that cannot be written costs some milliseconds at the next start. */
static void remember_files(OmgRefresh *refresh)
{
        for (guint i = 0; i < N_SLOTS; i++)
                omg_slot_remember(&refresh->slots[i], refresh->paths, refresh->known);
        omg_refresh_remember_aur(refresh);
        (void)omg_checked_files_save(refresh->known, NULL);
}

static void clear_errors(OmgRefresh *refresh)
{
        g_clear_pointer(&refresh->errors, g_ptr_array_unref);
        for (guint i = 0; i < OMG_FILES_N; i++)
                g_clear_pointer(&refresh->files_errors[i], g_ptr_array_unref);
}

void omg_refresh_request_free(OmgRefreshRequest *request)
{
        if (!request)
                return;
        g_clear_error(&request->mirrors.error);
        for (guint i = 0; i < OMG_ADVISORY_SOURCE_N; i++)
                g_clear_error(&request->feeds[i].error);
        g_clear_error(&request->aur.error);
        g_free(request);
}

static GPtrArray *errors_new(void)
{
        return g_ptr_array_new_with_free_func((GDestroyNotify)omg_source_error_free);
}

void omg_refresh_end(OmgRefresh *refresh, OmgSnapshot *snapshot, OmgChanges *changes)
{
        g_autoptr(OmgRefreshRequest) request = g_queue_pop_head(&refresh->requests);
        OmgRefreshOutcome outcome = {
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
                .rebuilt_advisories = refresh->audit.rebuilt,
                .rebuilt_aur = refresh->aur.rebuilt,
                .mirrors = {request->mirrors.is_asked, request->mirrors.n_asked,
                            request->mirrors.n_known, g_steal_pointer(&request->mirrors.error),
                            (guint)request->mirrors.pause_sec},
                .aur = request->aur,
        };

        for (guint i = 0; i < OMG_ADVISORY_SOURCE_N; i++) {
                outcome.feeds[i] = request->feeds[i];
                request->feeds[i].error = NULL;
        }
        request->aur.error = NULL;
        refresh->aur.rebuilt = 0;
        omg_refresh_post_outcome(refresh, &outcome);
        remember_files(refresh);
        g_clear_pointer(&refresh->conf, omg_pacman_conf_unref);
        clear_errors(refresh);
        refresh->running = FALSE;
        run_next(refresh);
}

static GError *new_cancelled(void)
{
        return g_error_new_literal(OMG_ERROR, OMG_ERROR_CANCELLED, "the refresh was cancelled");
}

void omg_refresh_end_cancelled(OmgRefresh *refresh)
{
        g_clear_error(&refresh->failure);
        refresh->failure = new_cancelled();
        omg_refresh_end(refresh, NULL, NULL);
}

static gboolean has_to_wait(const OmgRefresh *refresh, const OmgRefreshRequest *request)
{
        const guint wanted = request->what & ~request->asked;

        return (refresh->fetching && (wanted & OMG_REFRESH_MIRRORS)) ||
               (refresh->scanning && (wanted & (OMG_REFRESH_FEEDS | OMG_REFRESH_DETAILS))) ||
               (refresh->fetching_aur && (wanted & (OMG_REFRESH_AUR | OMG_REFRESH_AUR_INDEX)));
}

/* Of those that wait, the first that may run: while servers are asked for one, none that would ask
 * them too. It becomes the head. FALSE: there is none. */
static gboolean choose_next(OmgRefresh *refresh)
{
        for (GList *l = refresh->requests.head; l; l = l->next) {
                const OmgRefreshRequest *request = l->data;
                if (has_to_wait(refresh, request))
                        continue;
                g_queue_unlink(&refresh->requests, l);
                g_queue_push_head_link(&refresh->requests, l);
                return TRUE;
        }
        return FALSE;
}

static void begin(OmgRefresh *refresh)
{
        refresh->running = TRUE;
        refresh->wanted |= omg_refresh_get_request(refresh)->what;
        refresh->errors = errors_new();
        for (guint i = 0; i < OMG_FILES_N; i++)
                refresh->files_errors[i] = errors_new();
        refresh->files_outdated = FALSE;
        refresh->rejected = 0;
        refresh->n_joins = 0;
        refresh->begun_usec = omg_clock_now();
        memset(refresh->rebuilt, 0, sizeof(refresh->rebuilt));
        refresh->audit.rebuilt = 0;
}

/* The request that runs waits for servers from now on; the next begins. */
static void park(OmgRefresh *refresh, OmgRefreshRequest **ret_parked)
{
        *ret_parked = g_queue_pop_head(&refresh->requests);
        g_clear_pointer(&refresh->conf, omg_pacman_conf_unref);
        clear_errors(refresh);
        refresh->running = FALSE;
        run_next(refresh);
}

static gboolean wants_servers(OmgRefresh *refresh)
{
        return omg_refresh_wants_mirrors(refresh) || omg_refresh_wants_feeds(refresh) ||
               omg_refresh_wants_aur(refresh);
}

static void run_next(OmgRefresh *refresh)
{
        if (refresh->running || !choose_next(refresh))
                return;
        begin(refresh);
        omg_refresh_post_progress(refresh, wants_servers(refresh) ? "fetching" : "checking", -1);
        omg_refresh_read_configuration(refresh);
        if (refresh->failure) {
                omg_refresh_finish(refresh);
                return;
        }
        omg_refresh_load_notes(refresh);
        if (omg_refresh_ask_mirrors(refresh))
                park(refresh, &refresh->fetching);
        else if (omg_refresh_ask_feeds(refresh))
                park(refresh, &refresh->scanning);
        else if (omg_refresh_ask_aur(refresh))
                park(refresh, &refresh->fetching_aur);
        else
                omg_refresh_run(refresh);
}

/* A request that waits is over before it ran. */
static void drop_request(OmgRefresh *refresh, OmgRefreshRequest *request)
{
        omg_refresh_post_outcome(refresh, &(OmgRefreshOutcome){
                                                  .id = request->id,
                                                  .error = new_cancelled(),
                                          });
        omg_refresh_request_free(request);
}

void omg_refresh_unpark(OmgRefresh *refresh, OmgRefreshRequest **parked, guint asked,
                        gboolean is_cancelled)
{
        OmgRefreshRequest *request = g_steal_pointer(parked);

        request->asked |= asked;
        if (is_cancelled)
                drop_request(refresh, request);
        else
                g_queue_push_nth(&refresh->requests, request, refresh->running ? 1 : 0);
        run_next(refresh);
}

static void enqueue(OmgRefresh *refresh, OmgRefreshRequest request)
{
        g_queue_push_tail(&refresh->requests, g_memdup2(&request, sizeof(request)));
        run_next(refresh);
}

void omg_refresh_enqueue_own(OmgRefresh *refresh, guint what)
{
        for (GList *l = refresh->requests.head; l; l = l->next) {
                OmgRefreshRequest *request = l->data;
                /* What is on this machine does not wait for servers, nor one for another. */
                if (request->id == 0 && !(refresh->running && !l->prev) &&
                    !((request->what ^ what) & OMG_REFRESH_SERVERS)) {
                        request->what |= what;
                        return;
                }
        }
        enqueue(refresh, (OmgRefreshRequest){.what = what});
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
        omg_refresh_enqueue_own(refresh, OMG_REFRESH_ALL);
}

static void on_lock(gboolean is_locked, gpointer userdata)
{
        omg_refresh_post_locked(userdata, is_locked);
}

/* Calls from main, on their way to the worker. */
typedef struct {
        OmgRefresh *refresh;
        OmgRefreshRequest request;
} Call;

static void run_on_worker(OmgRefresh *refresh, OmgWorkFunc function, OmgRefreshRequest request)
{
        Call *call = g_new(Call, 1);

        *call = (Call){refresh, request};
        omg_worker_run(refresh->worker, function, call, g_free);
}

static void do_start(gpointer data)
{
        OmgRefresh *refresh = ((Call *)data)->refresh;

        g_autofree char *known = g_build_filename(refresh->paths->data_dir, KNOWN_FILES, NULL);

        omg_indexer_clean(refresh->paths);
        omg_indexer_clean_aur(refresh->paths);
        refresh->known = omg_checked_files_load(known, NULL);
        refresh->watch = omg_watch_new(omg_worker_get_context(refresh->worker), on_watch, refresh);
        omg_watch_set_on_lock(refresh->watch, on_lock);
}

static void do_request(gpointer data)
{
        Call *call = data;

        if (call->request.id == 0 && !call->request.force)
                omg_refresh_enqueue_own(call->refresh, call->request.what);
        else
                enqueue(call->refresh, call->request);
}

static void do_cancel(gpointer data)
{
        Call *call = data;
        OmgRefresh *refresh = call->refresh;
        GList *link = refresh->requests.head;

        if (refresh->fetching && refresh->fetching->id == call->request.id) {
                omg_mirror_pass_cancel(refresh->pass);
                return;
        }
        if (refresh->scanning && refresh->scanning->id == call->request.id) {
                omg_advisory_pass_cancel(refresh->audit.pass);
                return;
        }
        if (refresh->fetching_aur && refresh->fetching_aur->id == call->request.id) {
                omg_aur_pass_cancel(refresh->aur.pass);
                return;
        }
        while (link && ((OmgRefreshRequest *)link->data)->id != call->request.id)
                link = link->next;
        if (!link)
                return;
        if (link == refresh->requests.head && refresh->running) {
                if (refresh->indexer)
                        omg_indexer_cancel(refresh->indexer);
                return;
        }
        drop_request(refresh, link->data);
        g_queue_delete_link(&refresh->requests, link);
}

void omg_refresh_set_on_end(OmgRefresh *refresh,
                            void (*on_end)(const OmgRefreshOutcome *outcome, gpointer data),
                            gpointer data)
{
        refresh->on_end = on_end;
        refresh->on_end_data = data;
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
        run_on_worker(refresh, do_start, (OmgRefreshRequest){});
        return refresh;
}

void omg_refresh_request(OmgRefresh *refresh, guint64 id, OmgRefreshWhat what, gboolean force)
{
        run_on_worker(refresh, do_request, (OmgRefreshRequest){id, what, force});
}

void omg_refresh_cancel(OmgRefresh *refresh, guint64 id)
{
        run_on_worker(refresh, do_cancel, (OmgRefreshRequest){.id = id});
}

void omg_refresh_free(OmgRefresh *refresh)
{
        if (!refresh)
                return;
        /* The thread is gone after this: what it owned is ours. */
        omg_worker_stop(refresh->worker);
        omg_refresh_stop_retry(refresh);
        omg_indexer_free(refresh->indexer);
        omg_mirror_pass_free(refresh->pass);
        omg_mirror_notes_free(refresh->notes);
        g_clear_error(&refresh->mirrors_error);
        omg_refresh_request_free(refresh->fetching);
        omg_refresh_request_free(refresh->scanning);
        remember_files(refresh);
        omg_checked_files_free(refresh->known);
        omg_refresh_request_free(refresh->fetching_aur);
        omg_watch_free(refresh->watch);
        omg_refresh_audit_clear(&refresh->audit);
        omg_refresh_aur_clear(&refresh->aur);
        g_queue_clear_full(&refresh->requests, (GDestroyNotify)omg_refresh_request_free);
        for (guint i = 0; i < N_SLOTS; i++)
                omg_slot_clear(&refresh->slots[i]);
        omg_snapshot_unref(refresh->snapshot);
        omg_snapshot_unref(refresh->shown);
        omg_pacman_conf_unref(refresh->conf);
        omg_pacman_conf_unref(refresh->last_conf);
        clear_errors(refresh);
        g_clear_error(&refresh->failure);
        g_free(refresh->warnings);
        g_free(refresh->copies_warning);
        g_free(refresh);
}
