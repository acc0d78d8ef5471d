/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Refreshes: asked for by the interfaces, and what they come to. */
#include "daemon-private.h"
#include "loop/background-aur.h"
#include "loop/log-ids.h"
#include "loop/log.h"

static void request_refresh(guint64 id, OmgRefreshWhat what, gboolean force, gpointer userdata)
{
        OmgDaemon *self = userdata;
        omg_refresh_request(self->refresh, id, what, force);
}

static void cancel_refresh(guint64 id, gpointer userdata)
{
        OmgDaemon *self = userdata;
        omg_refresh_cancel(self->refresh, id);
}

static void set_inhibited(guint what, gpointer userdata)
{
        OmgDaemon *self = userdata;

        if (self->background)
                omg_background_set_inhibited(self->background, what & OMG_INHIBIT_REFRESH,
                                             what & OMG_INHIBIT_NETWORK);
}

/* At the end of omgd there is nobody left to ask, nor to answer. */
static void query_aur(const OmgAurRequest *request, gpointer userdata)
{
        OmgDaemon *self = userdata;

        if (self->background)
                omg_background_query_aur(self->background, request);
}

static void cancel_aur(guint64 id, gpointer userdata)
{
        OmgDaemon *self = userdata;

        if (self->background)
                omg_background_cancel_aur(self->background, id);
}

static void on_progress(guint64 id, const char *stage, double progress, gpointer userdata)
{
        OmgDaemon *self = userdata;
        omg_service_progress(self->service, id, stage, progress);
}

static char *join_errors(const GPtrArray *errors)
{
        GString *text = g_string_new(NULL);

        for (guint i = 0; i < errors->len; i++) {
                const OmgSourceError *error = errors->pdata[i];
                g_string_append_printf(text, "%s%s: %s", i > 0 ? "; " : "", error->source,
                                       error->message);
        }
        return g_string_free(text, FALSE);
}

static const char *describe_failure(const OmgSnapshot *snapshot)
{
        if (!snapshot->sync && !snapshot->local)
                return "Nothing could be read";
        return snapshot->stale ? "Not everything could be read, keeping what was read before"
                               : "Not everything could be read";
}

/* A failing source fails at every look: it is said once, and so is its recovery. */
static void log_errors(OmgDaemon *self, const OmgSnapshot *snapshot)
{
        g_autofree char *errors = join_errors(snapshot->errors);
        const char *before = self->errors ?: "";

        if (g_str_equal(before, errors))
                return;
        if (errors[0] != '\0')
                omg_log(LOG_WARNING, OMG_LOG_ID_REFRESH_FAILED, "%s: %s",
                        describe_failure(snapshot), errors);
        else
                omg_log_notice("Everything can be read again");
        g_free(self->errors);
        self->errors = g_steal_pointer(&errors);
}

static void on_locked(gboolean is_locked, gpointer userdata)
{
        OmgDaemon *self = userdata;
        omg_service_set_locked(self->service, is_locked);
}

/* A prompt shows all of them or nothing. */
static void set_status_file(OmgDaemon *self)
{
        const OmgStatus *status = &self->service->loaded;
        const OmgStatusCounts counts = {
                .total = status->total_packages,
                .explicit = status->explicit_packages,
                .orphans = status->orphan_packages,
                .updates = status->updates_available,
        };

        omg_status_file_set(self->status_file, omg_status_has_counts(status) ? &counts : NULL);
}

static void on_done(const OmgRefreshOutcome *outcome, gpointer userdata)
{
        OmgDaemon *self = userdata;

        if (outcome->snapshot)
                log_errors(self, outcome->snapshot);
        omg_service_apply(self->service, outcome);
        if (self->server)
                omg_socket_server_wake(self->server);
        if (self->status_file)
                set_status_file(self);
        omg_daemon_take_reload(self, outcome->begun_usec);
        omg_daemon_runtimes_refresh(self->runtimes);
}

void omg_daemon_get_service_actions(OmgDaemon *self, OmgServiceActions *ret_actions)
{
        *ret_actions = (OmgServiceActions){
                .refresh = request_refresh,
                .cancel = cancel_refresh,
                .query_aur = query_aur,
                .cancel_aur = cancel_aur,
                .set_inhibited = set_inhibited,
                .userdata = self,
        };
}

void omg_daemon_get_refresh_events(OmgDaemon *self, OmgRefreshEvents *ret_events)
{
        *ret_events = (OmgRefreshEvents){
                .on_progress = on_progress,
                .on_done = on_done,
                .on_locked = on_locked,
                .userdata = self,
        };
}
