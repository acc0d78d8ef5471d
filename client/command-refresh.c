/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "client-rows.h"
#include "client-wait.h"
#include "client.h"
#include "message-json.h"

/* Status of a job: introspection/org.omgd1.Job.xml. */
#define JOB_DONE 0

typedef struct {
        OmgClient *client;
        sd_event *event;
        char *path;         /* of the job; NULL until Refresh has answered */
        JsonObject *result; /* {"status", "error", "message", "result"} once it has ended */
        int failure;        /* exit code when the wait ended without a result */
        gboolean show_stage;
        gboolean stage_shown;
} Refresh;

static void refresh_clear(Refresh *refresh)
{
        g_clear_pointer(&refresh->path, g_free);
        g_clear_pointer(&refresh->result, json_object_unref);
        g_clear_pointer(&refresh->event, sd_event_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Refresh, refresh_clear)

static void erase_stage(Refresh *refresh)
{
        if (refresh->stage_shown)
                (void)fputs("\r\033[K", stderr);
        refresh->stage_shown = FALSE;
}

static void show_stage(Refresh *refresh, const char *stage)
{
        if (!refresh->show_stage)
                return;
        g_autofree char *clean = omg_text_strip(stage);
        erase_stage(refresh);
        (void)fprintf(stderr, "%s: %s", _("Refreshing"), clean);
        (void)fflush(stderr);
        refresh->stage_shown = TRUE;
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
        Refresh *refresh = userdata;

        if (refresh->result || g_strcmp0(sd_bus_message_get_path(message), refresh->path) != 0)
                return 0;
        if (!sd_bus_message_has_signature(message, "issa{sv}"))
                return 0;
        if (read_result(message, &refresh->result) < 0)
                return 0;
        return sd_event_exit(refresh->event, 0);
}

static int on_properties_changed(sd_bus_message *message, void *userdata, sd_bus_error *ret_error)
{
        Refresh *refresh = userdata;
        const char *interface = NULL;
        g_autoptr(JsonNode) changed = NULL;

        if (g_strcmp0(sd_bus_message_get_path(message), refresh->path) != 0 ||
            !sd_bus_message_has_signature(message, "sa{sv}as"))
                return 0;
        if (sd_bus_message_read(message, "s", &interface) < 0 ||
            omg_message_read_node(message, &changed) < 0)
                return 0;
        const char *stage = omg_json_get_string(json_node_get_object(changed), "Stage");
        if (stage && g_str_equal(interface, OMG_BUS_JOB))
                show_stage(refresh, stage);
        return 0;
}

/* The name's new owner is the third argument; "" when omgd is gone, and the job with it. */
static int on_owner_changed(sd_bus_message *message, void *userdata, sd_bus_error *ret_error)
{
        Refresh *refresh = userdata;
        const char *name = NULL, *old_owner = NULL, *new_owner = NULL;

        if (!refresh->path ||
            sd_bus_message_read(message, "sss", &name, &old_owner, &new_owner) < 0)
                return 0;
        if (!g_str_equal(name, OMG_BUS_NAME) || !*old_owner)
                return 0;
        erase_stage(refresh);
        omg_output_error(_("omgd ended before the refresh did"));
        refresh->failure = OMG_CLIENT_UNREACHABLE;
        return sd_event_exit(refresh->event, 0);
}

static int on_disconnected(sd_bus_message *message, void *userdata, sd_bus_error *ret_error)
{
        Refresh *refresh = userdata;

        erase_stage(refresh);
        omg_output_error(_("the connection to the session bus was lost"));
        refresh->failure = OMG_CLIENT_UNREACHABLE;
        return sd_event_exit(refresh->event, 0);
}

static int on_signal(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
        Refresh *refresh = userdata;

        erase_stage(refresh);
        omg_output_hint(_("Not waiting any longer; the refresh goes on in omgd."));
        refresh->failure = OMG_CLIENT_INTERRUPTED;
        return sd_event_exit(refresh->event, 0);
}

static int on_timeout(sd_event_source *source, uint64_t usec, void *userdata)
{
        Refresh *refresh = userdata;

        erase_stage(refresh);
        omg_output_error(_("no result in time; the refresh goes on in omgd"));
        refresh->failure = OMG_CLIENT_UNREACHABLE;
        return sd_event_exit(refresh->event, 0);
}

/* Everything that can end the wait, in place before Refresh is called, so that nothing is missed:
 * sd-bus keeps signals that arrive during a call for the event loop. */
static int subscribe(Refresh *refresh)
{
        sd_bus *bus = refresh->client->bus;

        int r = sd_bus_match_signal(bus, NULL, OMG_BUS_NAME, NULL, OMG_BUS_JOB, "Completed",
                                    on_completed, refresh);
        if (r >= 0)
                r = sd_bus_match_signal(bus, NULL, OMG_BUS_NAME, NULL,
                                        "org.freedesktop.DBus.Properties", "PropertiesChanged",
                                        on_properties_changed, refresh);
        if (r >= 0)
                r = sd_bus_match_signal(bus, NULL, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                        "org.freedesktop.DBus", "NameOwnerChanged",
                                        on_owner_changed, refresh);
        if (r >= 0)
                r = sd_bus_match_signal(bus, NULL, NULL, "/org/freedesktop/DBus/Local",
                                        "org.freedesktop.DBus.Local", "Disconnected",
                                        on_disconnected, refresh);
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

static int start_loop(Refresh *refresh)
{
        int seconds = refresh->client->timeout_sec;

        int r = mask_signals(SIG_BLOCK);
        if (r >= 0)
                r = sd_event_new(&refresh->event);
        if (r >= 0)
                r = sd_bus_attach_event(refresh->client->bus, refresh->event, 0);
        if (r >= 0)
                r = sd_event_add_signal(refresh->event, NULL, SIGINT, on_signal, refresh);
        if (r >= 0)
                r = sd_event_add_signal(refresh->event, NULL, SIGTERM, on_signal, refresh);
        if (r >= 0 && seconds > 0)
                r = sd_event_add_time_relative(refresh->event, NULL, CLOCK_MONOTONIC,
                                               seconds * G_USEC_PER_SEC, 0, on_timeout, refresh);
        return r;
}

static int call_refresh(Refresh *refresh, char **what, gboolean force, sd_bus_error *error)
{
        g_autoptr(sd_bus_message) call = NULL;
        g_autoptr(sd_bus_message) reply = NULL;
        const char *path = NULL;

        int r = omg_bus_new_call(refresh->client, OMG_BUS_MANAGER, "Refresh", &call);
        if (r >= 0)
                r = sd_bus_message_append_strv(call, what);
        if (r >= 0)
                r = force ? sd_bus_message_append(call, "a{sv}", 1, "force", "b", TRUE)
                          : sd_bus_message_append(call, "a{sv}", 0);
        if (r >= 0)
                r = omg_bus_call(refresh->client, call, "o", &reply, error);
        if (r >= 0)
                r = sd_bus_message_read(reply, "o", &path);
        if (r >= 0)
                refresh->path = g_strdup(path);
        return r;
}

/* A job that had nothing to do may have ended before Refresh answered. Busy: it runs. */
static int read_early_result(Refresh *refresh, sd_bus_error *error)
{
        g_autoptr(sd_bus_message) reply = NULL;

        int r = sd_bus_call_method(refresh->client->bus, OMG_BUS_NAME, refresh->path, OMG_BUS_JOB,
                                   "GetResult", error, &reply, NULL);
        if (r < 0 && sd_bus_error_has_name(error, "org.omgd1.Error.Busy")) {
                sd_bus_error_free(error);
                return 0;
        }
        if (r < 0)
                return r;
        return sd_bus_message_has_signature(reply, "issa{sv}")
                       ? read_result(reply, &refresh->result)
                       : -EBADMSG;
}

static int wait_for_result(Refresh *refresh, char **what, gboolean force, sd_bus_error *error)
{
        int r = omg_bus_open(refresh->client, error);

        if (r >= 0)
                r = subscribe(refresh);
        if (r >= 0)
                r = call_refresh(refresh, what, force, error);
        if (r >= 0)
                r = start_loop(refresh);
        if (r >= 0)
                r = read_early_result(refresh, error);
        if (r >= 0 && !refresh->result)
                r = sd_event_loop(refresh->event);
        erase_stage(refresh);
        return r;
}

int omg_client_wait_refresh(OmgClient *client, char **what, gboolean force, JsonObject **ret_result)
{
        g_auto(Refresh) refresh = {.client = client};
        g_auto(sd_bus_error) error = SD_BUS_ERROR_NULL;
        const char *term = g_getenv("TERM");

        refresh.show_stage = isatty(STDERR_FILENO) && term && *term && !g_str_equal(term, "dumb");
        int r = wait_for_result(&refresh, what, force, &error);
        (void)mask_signals(SIG_UNBLOCK);
        /* The end of the loop has closed the connection already. */
        client->bus = sd_bus_close_unref(client->bus);
        if (r < 0)
                return omg_bus_report(r, &error);
        if (!refresh.result)
                return refresh.failure;
        *ret_result = g_steal_pointer(&refresh.result);
        return OMG_CLIENT_OK;
}

static int print_result(OmgClient *client, JsonObject *result)
{
        JsonObject *details = omg_json_get_object(result, "result");
        gboolean done = omg_json_get_int(result, "status", -1) == JOB_DONE;

        omg_rows_warn_errors(omg_json_get_array(details, "errors"));
        if (!done)
                omg_output_error("%s: %s", omg_bus_short_name(omg_json_get_string(result, "error")),
                                 omg_json_get_string(result, "message"));
        if (client->json)
                omg_output_json(&client->output, result);
        else if (done)
                omg_output_append_format(&client->output, "%s\n",
                                         omg_json_get_boolean(details, "changed")
                                                 ? _("Refreshed: the packages have changed.")
                                                 : _("Refreshed: nothing has changed."));
        int r = omg_output_flush(&client->output);
        return done ? r : OMG_CLIENT_ERROR;
}

static int run_refresh(OmgClient *client, char **what, gboolean force)
{
        g_autoptr(JsonObject) result = NULL;
        int code = omg_client_wait_refresh(client, what, force, &result);

        return code == OMG_CLIENT_OK ? print_result(client, result) : code;
}

int omg_command_refresh(OmgClient *client, const OmgCommand *command, int argc, char **argv)
{
        gboolean force = FALSE;
        g_auto(GStrv) what = NULL;
        const GOptionEntry entries[] = {
                {"force", 'f', 0, G_OPTION_ARG_NONE, &force,
                 N_("Read again what has not changed, too"), NULL},
                {NULL},
        };

        if (!omg_command_parse(client, command, entries, argc, argv, &what))
                return OMG_CLIENT_USAGE;
        return run_refresh(client, what, force);
}
