/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon-runtimes.h"

#include <unistd.h>

#include "faces/bus-interfaces.h"
#include "loop/log.h"
#include "loop/refresh-advisories.h"
#include "loop/runtimes-watch.h"

struct OmgDaemonRuntimes {
        OmgPool *pool;
        OmgRefresh *refresh;
        OmgService *service;
        OmgRuntimePaths *paths;
        OmgRuntimesWatch *watch;
        OmgPoolJob *job; /* a look is under way */
        gboolean again;  /* it is too early for what came since */
        OmgLayer *local; /* of the last look, only to be compared */
        GPtrArray *watched;
};

typedef struct {
        OmgDaemonRuntimes *self;
        OmgSnapshot *snapshot;
        OmgRuntimeList *list;
} Look;

static void look(OmgDaemonRuntimes *self);

static void look_free(gpointer data)
{
        Look *run = data;

        omg_snapshot_unref(run->snapshot);
        omg_runtime_list_unref(run->list);
        g_free(run);
}

static void work(const OmgPoolJob *job, gpointer data)
{
        Look *run = data;

        run->list = omg_runtime_list_new(omg_runtimes_look(run->self->paths), run->snapshot,
                                         (guint64)g_get_real_time());
}

static gboolean is_same(const GPtrArray *a, const GPtrArray *b)
{
        if (!a || a->len != b->len)
                return FALSE;
        for (guint i = 0; i < a->len; i++)
                if (!g_str_equal(a->pdata[i], b->pdata[i]))
                        return FALSE;
        return TRUE;
}

/* Another look follows once they are set: until then changes there go unseen. */
static void watch_paths(OmgDaemonRuntimes *self, const GPtrArray *paths)
{
        if (is_same(self->watched, paths))
                return;
        if (self->watched)
                g_ptr_array_unref(self->watched);
        self->watched = g_ptr_array_copy((GPtrArray *)paths, (GCopyFunc)(gpointer)g_strdup, NULL);
        g_ptr_array_set_free_func(self->watched, g_free);
        omg_runtimes_watch_set(self->watch, self->watched);
}

static void on_looked(gpointer data)
{
        Look *run = data;
        OmgDaemonRuntimes *self = run->self;

        self->job = NULL;
        watch_paths(self, run->list->found->watches);
        omg_refresh_set_runtimes(self->refresh, run->list);
        omg_service_set_runtimes(self->service, g_steal_pointer(&run->list));
        if (self->again)
                look(self);
}

static void look(OmgDaemonRuntimes *self)
{
        Look *run;

        self->again = self->job != NULL;
        if (self->job || !self->service->snapshot)
                return;
        run = g_new0(Look, 1);
        run->self = self;
        run->snapshot = omg_snapshot_ref(self->service->snapshot);
        self->job = omg_pool_run(self->pool, work, on_looked, run, look_free);
}

/* What may have changed, and what may have gone unseen. */
static void on_news(gpointer userdata)
{
        look(userdata);
}

static void on_error(const char *message, gpointer userdata)
{
        OmgDaemonRuntimes *self = userdata;

        self->service->runtimes.unwatched = TRUE;
        omg_log_warning("Runtimes are looked for at each call only: %s, ignoring", message);
}

OmgDaemonRuntimes *omg_daemon_runtimes_new(OmgWorker *worker, OmgRefresh *refresh,
                                           OmgService *service, const char *data_dir)
{
        g_autoptr(GError) error = NULL;
        OmgDaemonRuntimes *self;
        OmgRuntimePaths *paths = omg_runtime_paths_new(NULL, NULL, getuid(), data_dir, &error);

        if (!paths) {
                omg_log_warning("No runtimes: %s, ignoring", error->message);
                return NULL;
        }
        self = g_new0(OmgDaemonRuntimes, 1);
        self->pool = service->pool;
        self->refresh = refresh;
        self->service = service;
        self->paths = paths;
        self->watch = omg_runtimes_watch_new(worker, &(OmgRuntimesWatchEvents){.on_change = on_news,
                                                                               .on_set = on_news,
                                                                               .on_error = on_error,
                                                                               .userdata = self});
        self->service->runtimes.paths = paths;
        return self;
}

void omg_daemon_runtimes_refresh(OmgDaemonRuntimes *self)
{
        const OmgSnapshot *snapshot = self ? self->service->snapshot : NULL;

        if (!snapshot || (self->watched && snapshot->local == self->local))
                return;
        g_clear_pointer(&self->local, omg_layer_unref);
        self->local = snapshot->local ? omg_layer_ref(snapshot->local) : NULL;
        look(self);
}

void omg_daemon_runtimes_stop(OmgDaemonRuntimes *self)
{
        if (self)
                g_clear_pointer(&self->watch, omg_runtimes_watch_free);
}

void omg_daemon_runtimes_free(OmgDaemonRuntimes *self)
{
        if (!self)
                return;
        self->service->runtimes.paths = NULL;
        omg_runtime_paths_free(self->paths);
        g_clear_pointer(&self->local, omg_layer_unref);
        g_clear_pointer(&self->watched, g_ptr_array_unref);
        g_free(self);
}
