/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>

#include "base/clock.h"
#include "faces/bus-call-runs.h"
#include "faces/bus-permission.h"
#include "loop/log.h"

int omg_call_fail(GError **error, OmgError code, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        if (error)
                *error = g_error_new_valist(OMG_ERROR, (gint)code, format, args);
        va_end(args);
        return -EBADMSG;
}

/* ---- a call ---- */

static OmgCall *call_new(sd_bus_message *message, const OmgMethod *method)
{
        OmgCall *call = g_new0(OmgCall, 1);

        call->message = sd_bus_message_ref(message);
        call->method = method;
        call->came_usec = omg_clock_now();
        return call;
}

/* Throws the answer away, as far as there is one. */
static void call_reset(OmgCall *call)
{
        call->reply = sd_bus_message_unref(call->reply);
        g_clear_pointer(&call->snapshot, omg_snapshot_unref);
        if (call->free_progress)
                call->free_progress(call->progress);
        call->step = NULL;
        call->progress = NULL;
        call->free_progress = NULL;
        g_clear_pointer(&call->run, omg_pool_run_drop);
        g_clear_pointer(&call->worker_run, omg_worker_run_drop);
}

const char *omg_call_get_sender(const OmgCall *call)
{
        return sd_bus_message_get_sender(call->message) ?: "";
}

void omg_call_free(OmgCall *call)
{
        call_reset(call);
        sd_bus_slot_unref(call->question);
        sd_bus_message_unref(call->message);
        g_free(call);
}

/* The one place where an error of ours becomes one of the bus. */
int omg_call_reply_error(OmgService *service, sd_bus_message *message, const GError *error)
{
        g_autofree char *valid = g_utf8_make_valid(error->message, -1);
        int code = omg_error_get_code(error);
        int r;

        omg_metrics_count_failure(&service->metrics, code);
        if (omg_log_enabled(LOG_DEBUG))
                omg_log_with(LOG_DEBUG, NULL,
                             (&(OmgLogFields){.method = sd_bus_message_get_member(message),
                                              .sender = sd_bus_message_get_sender(message)}),
                             "Call fails: %s", valid);
        r = sd_bus_reply_method_error(
                message, &SD_BUS_ERROR_MAKE_CONST(omg_error_get_dbus_name(code), valid));
        return r < 0 ? r : OMG_CALL_ANSWERED; /* 0: the caller wants no reply */
}

/* ---- running ---- */

static int send_result(OmgService *service, sd_bus_message *message, sd_bus_message *reply, int r,
                       const GError *error)
{
        g_autoptr(GError) unwritten = NULL;

        if (error)
                return omg_call_reply_error(service, message, error);
        if (r >= 0)
                r = sd_bus_message_send(reply);
        if (r >= 0)
                return OMG_CALL_ANSWERED;
        /* Only reading gives EBADMSG; the rest is not the caller's fault, whatever errno says. */
        if (r == -EBADMSG)
                g_set_error(&unwritten, OMG_ERROR, OMG_ERROR_INVALID_ARGS,
                            "The message cannot be read");
        else
                g_set_error(&unwritten, OMG_ERROR, OMG_ERROR_UNAVAILABLE,
                            "The answer could not be written: %s", g_strerror(-r));
        return omg_call_reply_error(service, message, unwritten);
}

/* Begins an answer, or goes on with it. */
static int run_func(OmgService *service, OmgCall *call, GError **error)
{
        int r;

        if (call->run || call->worker_run) {
                service->calls->current = call;
                r = call->run ? omg_call_finish_run(call, error)
                              : omg_call_finish_worker_run(call, error);
                service->calls->current = NULL;
                return r;
        }
        if (call->reply)
                return call->step(call->snapshot, call->message, call->reply, call->progress,
                                  error);
        if ((r = sd_bus_message_rewind(call->message, true)) < 0 ||
            (r = sd_bus_message_new_method_return(call->message, &call->reply)) < 0)
                return r;
        if (call->method->needs_data)
                call->snapshot = omg_snapshot_ref(service->snapshot);
        service->calls->current = call;
        r = call->method->func(service, call->message, call->reply, error);
        service->calls->current = NULL;
        return r;
}

static int run_method(OmgService *service, OmgCall *call)
{
        g_autoptr(GError) error = NULL;
        int r;

        r = run_func(service, call, &error);
        if (call->snapshot && omg_snapshot_is_damaged(call->snapshot)) {
                call_reset(call);
                call->refresh_waited = 0; /* what came of that is thrown away too */
                return OMG_CALL_DAMAGED;
        }
        if (r == -EINPROGRESS && call->refresh_wanted != 0) {
                call_reset(call);
                return OMG_CALL_FOR_REFRESH;
        }
        if (r == -EINPROGRESS && call->step)
                return OMG_CALL_UNFINISHED;
        if (r == -EINPROGRESS && call->run)
                return OMG_CALL_ON_POOL;
        if (r == -EINPROGRESS && call->worker_run)
                return OMG_CALL_ON_WORKER;
        return send_result(service, call->message, call->reply, r, error);
}

int omg_calls_go_on(OmgCalls *self, OmgStepFunc step, gpointer progress,
                    GDestroyNotify free_progress)
{
        self->current->step = step;
        self->current->progress = progress;
        self->current->free_progress = free_progress;
        return -EINPROGRESS;
}

/* ---- a damaged index ---- */

static int refuse_damaged(OmgService *service, sd_bus_message *message)
{
        g_autoptr(GError) error =
                g_error_new_literal(OMG_ERROR, OMG_ERROR_UNAVAILABLE, OMG_SERVICE_DAMAGED_TEXT);

        return omg_call_reply_error(service, message, error);
}

/* ---- what comes next ---- */

static OmgCallsState get_next_state(int r)
{
        switch (r) {
        case OMG_CALL_ON_POOL:
                return OMG_CALLS_ON_POOL;
        case OMG_CALL_ON_WORKER:
                return OMG_CALLS_ON_WORKER;
        case OMG_CALL_FOR_REFRESH:
                return OMG_CALLS_FOR_REFRESH;
        case OMG_CALL_DAMAGED:
                return OMG_CALLS_FOR_DATA;
        default:
                return OMG_CALLS_READY;
        }
}

int omg_call_run_again(OmgCalls *self, OmgCall *waiting)
{
        g_autoptr(OmgCall) call = waiting;
        OmgService *service = self->service;
        int r;

        if (call->method->needs_data && !service->snapshot) {
                omg_calls_put(self, OMG_CALLS_FOR_DATA, g_steal_pointer(&call));
                return OMG_CALL_DAMAGED;
        }
        r = run_method(service, call);
        if (r <= OMG_CALL_ANSWERED)
                return r;
        if (r == OMG_CALL_DAMAGED) {
                omg_service_ask_for_repair(service);
                if (++call->damaged_runs >= OMG_SERVICE_DAMAGED_RUNS)
                        return refuse_damaged(service, call->message);
        }
        omg_calls_put(self, get_next_state(r), g_steal_pointer(&call));
        return r;
}

int omg_calls_handle(OmgService *service, sd_bus_message *message, const OmgMethod *method)
{
        OmgCalls *self = service->calls;
        g_autoptr(OmgCall) call = NULL;
        int r;

        service->metrics.calls_total++;
        G_STRUCT_MEMBER(guint64, &service->metrics, method->counter)++;

        if (service->closing) {
                g_autoptr(GError) error = g_error_new_literal(OMG_ERROR, OMG_ERROR_UNAVAILABLE,
                                                              OMG_SERVICE_ENDING_TEXT);
                return omg_call_reply_error(service, message, error);
        }
        call = call_new(message, method);
        if (omg_call_needs_permission(service, call))
                return omg_calls_wait(self, OMG_CALLS_FOR_PERMISSION, g_steal_pointer(&call));
        if (method->needs_data && !service->snapshot)
                return omg_calls_wait(self, OMG_CALLS_FOR_DATA, g_steal_pointer(&call));
        if (!omg_calls_has_room(sd_bus_message_get_bus(message)))
                return omg_calls_wait(self, OMG_CALLS_READY, g_steal_pointer(&call));

        r = run_method(service, call);
        if (r <= OMG_CALL_ANSWERED)
                return r;
        if (r == OMG_CALL_DAMAGED) {
                omg_service_ask_for_repair(service);
                call->damaged_runs = 1;
        }
        return omg_calls_wait(self, get_next_state(r), g_steal_pointer(&call));
}
