/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "client-wait.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "client.h"
#include "message-json.h"

typedef struct {
        OmgClient *client;
        const OmgClientJob *job;
        sd_event *event;
        char *path;         /* of the job; NULL until the call was answered */
        JsonObject *result; /* {"status", "error", "message", "result"} once it has ended */
        int failure;        /* exit code when the wait ended without a result */
        gboolean is_whole;  /* the result is not only what the signal says */
        gboolean show_stage;
        gboolean stage_shown;
} Wait;

static void wait_clear(Wait *wait)
{
        g_clear_pointer(&wait->path, g_free);
        g_clear_pointer(&wait->result, json_object_unref);
        g_clear_pointer(&wait->event, sd_event_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Wait, wait_clear)

static void erase_stage(Wait *wait)
{
        if (wait->stage_shown)
                (void)fputs("\r\033[K", stderr);
        wait->stage_shown = FALSE;
}

static void show_stage(Wait *wait, const char *stage)
{
        if (!wait->show_stage)
                return;
        g_autofree char *clean = omg_text_strip(stage);
        erase_stage(wait);
        (void)fprintf(stderr, "%s: %s", _(wait->job->doing), clean);
        (void)fflush(stderr);
        wait->stage_shown = TRUE;
}

/* Reads (i s s a{sv}), which Completed and GetResult share. */
static int read_result(sd_bus_message *message, JsonObject **ret_result)
{
        g_autoptr(JsonObject) result = json_object_new();
        g_autoptr(JsonObject) details = NULL;
        const char *error = NULL;
        const char *text = NULL;
        int status = 0;

        int r = sd_bus_message_read(message, "iss", &status, &error, &text);
        if (r >= 0)
                r = omg_message_read_dictionary(message, &details);
        if (r < 0)
                return r;
        json_object_set_int_member(result, "status", status);
        json_object_set_string_member(result, "error", error);
        json_object_set_string_member(result, "message", text);
        json_object_set_object_member(result, "result", g_steal_pointer(&details));
        *ret_result = g_steal_pointer(&result);
        return 0;
}

static int on_completed(sd_bus_message *message, void *userdata, sd_bus_error *ret_error)
{
        Wait *wait = userdata;

        if (wait->result || g_strcmp0(sd_bus_message_get_path(message), wait->path) != 0)
                return 0;
        if (!sd_bus_message_has_signature(message, "issa{sv}"))
                return 0;
        if (read_result(message, &wait->result) < 0)
                return 0;
        return sd_event_exit(wait->event, 0);
}

static int on_properties_changed(sd_bus_message *message, void *userdata, sd_bus_error *ret_error)
{
        Wait *wait = userdata;
        const char *interface = NULL;
        g_autoptr(JsonNode) changed = NULL;

        if (g_strcmp0(sd_bus_message_get_path(message), wait->path) != 0 ||
            !sd_bus_message_has_signature(message, "sa{sv}as"))
                return 0;
        if (sd_bus_message_read(message, "s", &interface) < 0 ||
            omg_message_read_node(message, &changed) < 0)
                return 0;
        const char *stage = omg_json_get_string(json_node_get_object(changed), "Stage");
        if (stage && g_str_equal(interface, OMG_BUS_JOB))
                show_stage(wait, stage);
        return 0;
}

/* The name's new owner is the third argument; "" when omgd is gone, and the job with it. */
static int on_owner_changed(sd_bus_message *message, void *userdata, sd_bus_error *ret_error)
{
        Wait *wait = userdata;
        const char *name = NULL, *old_owner = NULL, *new_owner = NULL;

        if (!wait->path || sd_bus_message_read(message, "sss", &name, &old_owner, &new_owner) < 0)
                return 0;
        if (!g_str_equal(name, OMG_BUS_NAME) || !*old_owner)
                return 0;
        erase_stage(wait);
        omg_output_error("%s", _(wait->job->ended));
        wait->failure = OMG_CLIENT_UNREACHABLE;
        return sd_event_exit(wait->event, 0);
}

static int on_disconnected(sd_bus_message *message, void *userdata, sd_bus_error *ret_error)
{
        Wait *wait = userdata;

        erase_stage(wait);
        omg_output_error(_("the connection to the session bus was lost"));
        wait->failure = OMG_CLIENT_UNREACHABLE;
        return sd_event_exit(wait->event, 0);
}

static int on_signal(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
        Wait *wait = userdata;

        erase_stage(wait);
        omg_output_hint(_(wait->job->interrupted));
        wait->failure = OMG_CLIENT_INTERRUPTED;
        return sd_event_exit(wait->event, 0);
}

static int on_timeout(sd_event_source *source, uint64_t usec, void *userdata)
{
        Wait *wait = userdata;

        erase_stage(wait);
        omg_output_error("%s", _(wait->job->late));
        wait->failure = OMG_CLIENT_UNREACHABLE;
        return sd_event_exit(wait->event, 0);
}

/* Everything that can end the wait, in place before Wait is called, so that nothing is missed:
 * sd-bus keeps signals that arrive during a call for the event loop. */
static int subscribe(Wait *wait)
{
        sd_bus *bus = wait->client->bus;

        int r = sd_bus_match_signal(bus, NULL, OMG_BUS_NAME, NULL, OMG_BUS_JOB, "Completed",
                                    on_completed, wait);
        if (r >= 0)
                r = sd_bus_match_signal(bus, NULL, OMG_BUS_NAME, NULL,
                                        "org.freedesktop.DBus.Properties", "PropertiesChanged",
                                        on_properties_changed, wait);
        if (r >= 0)
                r = sd_bus_match_signal(bus, NULL, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                        "org.freedesktop.DBus", "NameOwnerChanged",
                                        on_owner_changed, wait);
        if (r >= 0)
                r = sd_bus_match_signal(bus, NULL, NULL, "/org/freedesktop/DBus/Local",
                                        "org.freedesktop.DBus.Local", "Disconnected",
                                        on_disconnected, wait);
        return r;
}

static int mask_signals(int how)
{
        sigset_t signals;

        sigemptyset(&signals);
        sigaddset(&signals, SIGINT);
        sigaddset(&signals, SIGTERM);
        return sigprocmask(how, &signals, NULL) < 0 ? -errno : 0;
}

static int start_loop(Wait *wait)
{
        int seconds = wait->client->timeout_sec;

        int r = mask_signals(SIG_BLOCK);
        if (r >= 0)
                r = sd_event_new(&wait->event);
        if (r >= 0)
                r = sd_bus_attach_event(wait->client->bus, wait->event, 0);
        if (r >= 0)
                r = sd_event_add_signal(wait->event, NULL, SIGINT, on_signal, wait);
        if (r >= 0)
                r = sd_event_add_signal(wait->event, NULL, SIGTERM, on_signal, wait);
        if (r >= 0 && seconds > 0)
                r = sd_event_add_time_relative(wait->event, NULL, CLOCK_MONOTONIC,
                                               seconds * G_USEC_PER_SEC, 0, on_timeout, wait);
        return r;
}

static int begin_job(Wait *wait, sd_bus_error *error)
{
        g_autoptr(sd_bus_message) call = NULL;
        g_autoptr(sd_bus_message) reply = NULL;
        const char *path = NULL;

        int r = wait->job->make_call(wait->client, wait->job->data, &call);
        if (r >= 0)
                r = omg_bus_call(wait->client, call, "o", &reply, error);
        if (r >= 0)
                r = sd_bus_message_read(reply, "o", &path);
        if (r >= 0)
                wait->path = g_strdup(path);
        return r;
}

/* A job that had nothing to do may have ended before the call was answered. Busy: it runs. */
static int read_early_result(Wait *wait, sd_bus_error *error)
{
        g_autoptr(sd_bus_message) reply = NULL;

        int r = sd_bus_call_method(wait->client->bus, OMG_BUS_NAME, wait->path, OMG_BUS_JOB,
                                   "GetResult", error, &reply, NULL);
        if (r < 0 && sd_bus_error_has_name(error, "org.omgd1.Error.Busy")) {
                sd_bus_error_free(error);
                return 0;
        }
        if (r < 0)
                return r;
        return sd_bus_message_has_signature(reply, "issa{sv}") ? read_result(reply, &wait->result)
                                                               : -EBADMSG;
}

static int wait_for_end(Wait *wait, sd_bus_error *error)
{
        int r = omg_bus_open(wait->client, error);

        if (r >= 0)
                r = subscribe(wait);
        if (r >= 0)
                r = begin_job(wait, error);
        if (r >= 0)
                r = start_loop(wait);
        if (r >= 0)
                r = read_early_result(wait, error);
        wait->is_whole = wait->result != NULL;
        if (r >= 0 && !wait->result)
                r = sd_event_loop(wait->event);
        erase_stage(wait);
        return r;
}

/* The signal leaves out what is long: what it said is asked for again, whole. */
static int read_whole_result(Wait *wait, sd_bus_error *error)
{
        int r = omg_bus_open(wait->client, error);

        g_clear_pointer(&wait->result, json_object_unref);
        if (r >= 0)
                r = read_early_result(wait, error);
        wait->client->bus = sd_bus_close_unref(wait->client->bus);
        return r >= 0 && !wait->result ? -EBADMSG : r;
}

int omg_client_wait_job(OmgClient *client, const OmgClientJob *job, JsonObject **ret_result)
{
        g_auto(Wait) wait = {.client = client, .job = job};
        g_auto(sd_bus_error) error = SD_BUS_ERROR_NULL;
        const char *term = g_getenv("TERM");

        wait.show_stage = isatty(STDERR_FILENO) && term && *term && !g_str_equal(term, "dumb");
        int r = wait_for_end(&wait, &error);
        (void)mask_signals(SIG_UNBLOCK);
        /* The end of the loop has closed the connection already. */
        client->bus = sd_bus_close_unref(client->bus);
        if (r >= 0 && wait.result && job->is_long && !wait.is_whole)
                r = read_whole_result(&wait, &error);
        if (r < 0)
                return omg_bus_report(r, &error);
        if (!wait.result)
                return wait.failure;
        *ret_result = g_steal_pointer(&wait.result);
        return OMG_CLIENT_OK;
}
