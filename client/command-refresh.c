/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <glib/gi18n.h>

#include "client-rows.h"
#include "client-wait.h"
#include "client.h"
#include "message-json.h"

typedef struct {
        char **what;
        gboolean force;
} Refresh;

static int make_call(OmgClient *client, gconstpointer data, sd_bus_message **ret_call)
{
        const Refresh *refresh = data;
        g_autoptr(sd_bus_message) call = NULL;

        int r = omg_bus_new_call(client, OMG_BUS_MANAGER, "Refresh", &call);
        if (r >= 0)
                r = sd_bus_message_append_strv(call, refresh->what);
        if (r >= 0)
                r = refresh->force ? sd_bus_message_append(call, "a{sv}", 1, "force", "b", TRUE)
                                   : sd_bus_message_append(call, "a{sv}", 0);
        if (r >= 0)
                *ret_call = g_steal_pointer(&call);
        return r;
}

int omg_client_wait_refresh(OmgClient *client, char **what, gboolean force, JsonObject **ret_result)
{
        const Refresh refresh = {what, force};
        const OmgClientJob job = {
                .doing = N_("Refreshing"),
                .ended = N_("omgd ended before the refresh did"),
                .interrupted = N_("Not waiting any longer; the refresh goes on in omgd."),
                .late = N_("no result in time; the refresh goes on in omgd"),
                .make_call = make_call,
                .data = &refresh,
        };

        return omg_client_wait_job(client, &job, ret_result);
}

static int print_result(OmgClient *client, JsonObject *result)
{
        JsonObject *details = omg_json_get_object(result, "result");
        gboolean done = omg_json_get_int(result, "status", -1) == OMG_CLIENT_JOB_DONE;

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
