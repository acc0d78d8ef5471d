/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <glib/gi18n.h>

#include "client-rows.h"
#include "client.h"
#include "format.h"
#include "message-json.h"

typedef char *(*FormatValue)(JsonObject *snapshot, const char *property);

/* Unknown and nothing must not look alike: a count that is not known is null here. */
static char *format_count(JsonObject *snapshot, const char *property)
{
        gint64 count = omg_json_get_int(snapshot, property, -1);
        return count < 0 ? g_strdup(_("unknown")) : g_strdup_printf("%" G_GINT64_FORMAT, count);
}

static char *format_text(JsonObject *snapshot, const char *property)
{
        const char *text = omg_json_get_string(snapshot, property);
        return g_strdup(text && *text ? text : _("unknown"));
}

static char *format_time(JsonObject *snapshot, const char *property)
{
        gint64 usec = omg_json_get_int(snapshot, property, 0);
        return usec == 0 ? g_strdup(_("never")) : omg_format_date(usec / G_USEC_PER_SEC);
}

static char *format_yes_no(JsonObject *snapshot, const char *property)
{
        return g_strdup(omg_json_get_boolean(snapshot, property) ? _("Yes") : _("No"));
}

static const struct {
        const char *label;
        const char *property;
        FormatValue format;
} lines[] = {
        {N_("Installed packages"), "TotalPackages", format_count},
        {N_("Explicitly installed"), "ExplicitPackages", format_count},
        {N_("Orphans"), "OrphanPackages", format_count},
        {N_("Foreign packages"), "ForeignPackages", format_count},
        {N_("Updates"), "UpdatesAvailable", format_count},
        {N_("Ignored updates"), "IgnoredUpdates", format_count},
        {N_("AUR updates"), "AurUpdatesAvailable", format_count},
        {N_("Security updates"), "SecurityUpdates", format_count},
        {N_("Vulnerable packages"), "VulnerablePackages", format_count},
        {N_("Highest severity"), "HighestSeverity", format_text},
        {N_("Restart suggested"), "RebootSuggested", format_yes_no},
        {N_("Packages in the index"), "IndexedPackages", format_count},
        {N_("Databases read"), "AsOfUSec", format_time},
        {N_("State"), "State", format_text},
        {N_("AUR asked"), "aur-as-of", format_time},
        {N_("State of the AUR"), "aur-state", format_text},
};

static void print_snapshot(OmgOutput *out, JsonObject *snapshot)
{
        guint width = 0;

        for (gsize i = 0; i < G_N_ELEMENTS(lines); i++)
                width = MAX(width, omg_output_width(_(lines[i].label)));
        for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
                g_autofree char *value = lines[i].format(snapshot, lines[i].property);
                omg_output_append_field(out, _(lines[i].label), width, value);
        }
}

static int fetch_snapshot(OmgClient *client, JsonObject **ret_snapshot, sd_bus_error *error)
{
        g_autoptr(sd_bus_message) call = NULL;
        g_autoptr(sd_bus_message) reply = NULL;

        int r = omg_bus_open(client, error);
        if (r >= 0)
                r = omg_bus_new_call(client, OMG_BUS_STATUS, "GetSnapshot", &call);
        if (r >= 0)
                r = omg_bus_call(client, call, "a{sv}", &reply, error);
        return r < 0 ? r : omg_message_read_dictionary(reply, ret_snapshot);
}

int omg_command_status(OmgClient *client, const OmgCommand *command, int argc, char **argv)
{
        g_auto(GStrv) words = NULL;
        g_auto(sd_bus_error) error = SD_BUS_ERROR_NULL;
        g_autoptr(JsonObject) snapshot = NULL;

        if (!omg_command_parse(client, command, NULL, argc, argv, &words))
                return OMG_CLIENT_USAGE;
        if (words[0])
                return omg_command_usage_error(command, _("status takes no names"));
        int r = fetch_snapshot(client, &snapshot, &error);
        if (r < 0)
                return omg_bus_report(r, &error);
        omg_rows_warn_errors(omg_json_get_array(snapshot, "errors"));
        if (client->json) {
                g_autoptr(JsonObject) document = json_object_new();
                json_object_set_object_member(document, "snapshot", json_object_ref(snapshot));
                omg_output_json(&client->output, document);
        } else {
                print_snapshot(&client->output, snapshot);
        }
        return omg_output_flush(&client->output);
}
