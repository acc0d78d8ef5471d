/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The policy: what it says, what it says of packages, and reading it again. */
#include "config.h"

#include <glib/gi18n.h>

#include "client.h"
#include "message-json.h"

#define VERDICTS "a(sbsasa{sv})"

/* ---- show, reload ---- */

static int fetch_policy(OmgClient *client, JsonObject **ret_policy, sd_bus_error *error)
{
        g_autoptr(sd_bus_message) call = NULL;
        g_autoptr(sd_bus_message) reply = NULL;
        int r;

        if ((r = omg_bus_new_call(client, OMG_BUS_AUDIT, "GetPolicy", &call)) < 0 ||
            (r = omg_bus_call(client, call, "a{sv}", &reply, error)) < 0)
                return r;
        return omg_message_read_dictionary(reply, ret_policy);
}

static int reload(OmgClient *client, sd_bus_error *error)
{
        g_autoptr(sd_bus_message) call = NULL;
        g_autoptr(sd_bus_message) reply = NULL;
        int r = omg_bus_new_call(client, OMG_BUS_AUDIT, "ReloadPolicy", &call);

        return r < 0 ? r : omg_bus_call(client, call, "", &reply, error);
}

static const char *describe_origin(const char *origin)
{
        static const struct {
                const char *origin;
                const char *text;
        } words[] = {
                {"file", N_("the file is in force")},
                {"presets", N_("there is no file, the presets are in force")},
                {"before", N_("the file is broken, what was in force before it broke still is")},
                {"stored", N_("the file is broken, the copy of the last good one is in force")},
                {"none", N_("the file is broken, and no policy is in force")},
        };

        for (gsize i = 0; origin && i < G_N_ELEMENTS(words); i++)
                if (g_str_equal(words[i].origin, origin))
                        return _(words[i].text);
        return _("unknown");
}

static char *join(JsonObject *object, const char *key)
{
        JsonArray *array = omg_json_get_array(object, key);
        GString *text = g_string_new(NULL);

        for (guint i = 0; array && i < json_array_get_length(array); i++)
                g_string_append_printf(text, "%s%s", i > 0 ? "  " : "",
                                       omg_json_get_element(array, i));
        if (text->len == 0)
                g_string_append(text, _("None"));
        return g_string_free(text, FALSE);
}

static char *dup_yes_no(JsonObject *object, const char *key)
{
        return g_strdup(omg_json_get_boolean(object, key) ? _("Yes") : _("No"));
}

static char *dup_text(JsonObject *object, const char *key)
{
        return g_strdup(omg_json_get_string(object, key));
}

static char *dup_number(JsonObject *object, const char *key)
{
        gint64 number = omg_json_get_int(object, key, -1);

        return number < 0 ? NULL : g_strdup_printf("%" G_GINT64_FORMAT, number);
}

static char *dup_origin(JsonObject *object, const char *key)
{
        return g_strdup(describe_origin(omg_json_get_string(object, key)));
}

/* The keys of the file are called as they are there. */
static const struct {
        const char *label;
        const char *key;
        char *(*dup_value)(JsonObject *object, const char *key);
} fields[] = {
        {N_("File"), "path", dup_text},
        {N_("State"), "in-force", dup_origin},
        {N_("Copy"), "copy", dup_text},
        {N_("Error"), "error", dup_text},
        {N_("SHA-256"), "digest", dup_text},
        {"minimum_grade", "minimum_grade", dup_text},
        {"allow_aur", "allow_aur", dup_yes_no},
        {"allow_maintainer_change", "allow_maintainer_change", dup_yes_no},
        {"require_pgp", "require_pgp", dup_yes_no},
        {"allowed_licenses", "allowed_licenses", join},
        {"banned_packages", "banned_packages", join},
        {"trusted_maintainers", "trusted_maintainers", join},
        {N_("Refused packages"), "refused", dup_number},
};

static void print_rule(OmgOutput *out, JsonObject *rule)
{
        static const char *const keys[] = {"id", "package", "expires"};

        omg_output_append_format(out, "[[ignore]]");
        for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
                const char *value = omg_json_get_string(rule, keys[i]);
                if (!value)
                        continue;
                omg_output_append_format(out, " %s=", keys[i]);
                omg_output_append(out, OMG_STYLE_BOLD, value);
        }
        if (!omg_json_get_boolean(rule, "active"))
                omg_output_append_format(out, " %s", _("[over]"));
        omg_output_append_format(out, "\n    ");
        omg_output_append_wrapped(out, omg_json_get_string(rule, "reason"), 4, 4);
        omg_output_append_format(out, "\n");
}

static void print_policy(OmgOutput *out, JsonObject *policy)
{
        JsonArray *rules = omg_json_get_array(policy, "ignore");
        guint width = 0;

        for (gsize i = 0; i < G_N_ELEMENTS(fields); i++)
                width = MAX(width, omg_output_width(_(fields[i].label)));
        for (gsize i = 0; i < G_N_ELEMENTS(fields); i++) {
                g_autofree char *value = json_object_has_member(policy, fields[i].key)
                                                 ? fields[i].dup_value(policy, fields[i].key)
                                                 : NULL;
                if (value)
                        omg_output_append_field(out, _(fields[i].label), width, value);
        }
        for (guint i = 0; rules && i < json_array_get_length(rules); i++)
                print_rule(out, json_array_get_object_element(rules, i));
}

static int show(OmgClient *client, gboolean again)
{
        g_auto(sd_bus_error) error = SD_BUS_ERROR_NULL;
        g_autoptr(JsonObject) policy = NULL;
        int r;

        if ((r = omg_bus_open(client, &error)) < 0 ||
            (r = again ? reload(client, &error) : 0) < 0 ||
            (r = fetch_policy(client, &policy, &error)) < 0)
                return omg_bus_report(r, &error);
        if (client->json) {
                g_autoptr(JsonObject) document = json_object_new();
                json_object_set_object_member(document, "policy", json_object_ref(policy));
                omg_output_json(&client->output, document);
        } else {
                print_policy(&client->output, policy);
        }
        return omg_output_flush(&client->output);
}

/* ---- check ---- */

static int fetch_verdicts(OmgClient *client, char *const *names, gboolean candidate,
                          JsonArray **ret_rows, sd_bus_error *error)
{
        g_autoptr(sd_bus_message) call = NULL;
        g_autoptr(sd_bus_message) reply = NULL;
        g_autoptr(JsonNode) node = NULL;
        int r;

        if ((r = omg_bus_new_call(client, OMG_BUS_AUDIT, "EvaluatePolicy", &call)) < 0 ||
            (r = sd_bus_message_append_strv(call, (char **)names)) < 0 ||
            (r = sd_bus_message_append(call, "a{sv}", 1, "candidate", "b", (int)candidate)) < 0 ||
            (r = omg_bus_call(client, call, VERDICTS, &reply, error)) < 0 ||
            (r = omg_message_read_node(reply, &node)) < 0)
                return r;
        *ret_rows = json_array_ref(json_node_get_array(node));
        return 0;
}

/* The row as an object, with all of its extra. */
static JsonObject *make_verdict(JsonArray *row)
{
        JsonObject *verdict = json_object_ref(json_array_get_object_element(row, 4));

        json_object_set_string_member(verdict, "name", omg_json_get_element(row, 0));
        json_object_set_boolean_member(verdict, "allowed", json_array_get_boolean_element(row, 1));
        json_object_set_string_member(verdict, "grade", omg_json_get_element(row, 2));
        json_object_set_array_member(verdict, "reasons",
                                     json_array_ref(json_array_get_array_element(row, 3)));
        return verdict;
}

static void print_verdict(OmgOutput *out, JsonObject *verdict)
{
        const char *version = omg_json_get_string(verdict, "version");
        const char *grade = omg_json_get_string(verdict, "grade");
        JsonArray *messages = omg_json_get_array(verdict, "messages");

        omg_output_append(out, OMG_STYLE_BOLD, omg_json_get_string(verdict, "name"));
        if (version) {
                omg_output_append_format(out, " ");
                omg_output_append(out, OMG_STYLE_VERSION, version);
        }
        omg_output_append_format(
                out, " %s", omg_json_get_boolean(verdict, "allowed") ? _("allowed") : _("refused"));
        if (grade && *grade) {
                omg_output_append_format(out, " ");
                omg_output_append(out, OMG_STYLE_REPOSITORY, grade);
        }
        if (version && !omg_json_get_boolean(verdict, "audited"))
                omg_output_append_format(out, " %s", _("[not audited]"));
        omg_output_append_format(out, "\n");
        for (guint i = 0; messages && i < json_array_get_length(messages); i++) {
                omg_output_append_format(out, "    ");
                omg_output_append_wrapped(out, omg_json_get_element(messages, i), 4, 4);
                omg_output_append_format(out, "\n");
        }
}

/* That omgd cannot say is not a refusal. */
static int report_unknown(int r, const sd_bus_error *error)
{
        int code = omg_bus_report(r, error);

        return code == OMG_CLIENT_ERROR ? OMG_CLIENT_UNKNOWN : code;
}

static int check(OmgClient *client, char *const *names, gboolean candidate)
{
        g_auto(sd_bus_error) error = SD_BUS_ERROR_NULL;
        g_autoptr(JsonArray) rows = NULL;
        g_autoptr(JsonArray) verdicts = json_array_new();
        gboolean allowed = TRUE;
        int r;

        if ((r = omg_bus_open(client, &error)) < 0 ||
            (r = fetch_verdicts(client, names, candidate, &rows, &error)) < 0)
                return report_unknown(r, &error);
        for (guint i = 0; i < json_array_get_length(rows); i++) {
                JsonObject *verdict = make_verdict(json_array_get_array_element(rows, i));
                allowed = allowed && omg_json_get_boolean(verdict, "allowed");
                if (!client->json)
                        print_verdict(&client->output, verdict);
                json_array_add_object_element(verdicts, verdict);
        }
        if (client->json) {
                g_autoptr(JsonObject) document = json_object_new();
                json_object_set_array_member(document, "verdicts", json_array_ref(verdicts));
                omg_output_json(&client->output, document);
        }
        r = omg_output_flush(&client->output);
        return r == OMG_CLIENT_OK && !allowed ? OMG_CLIENT_ERROR : r;
}

int omg_command_policy(OmgClient *client, const OmgCommand *command, int argc, char **argv)
{
        gboolean candidate = FALSE;
        g_auto(GStrv) words = NULL;
        const GOptionEntry entries[] = {
                {"candidate", 'c', 0, G_OPTION_ARG_NONE, &candidate,
                 N_("Check what a repository has, not what is installed"), NULL},
                {NULL},
        };
        guint n;

        if (!omg_command_parse(client, command, entries, argc, argv, &words))
                return OMG_CLIENT_USAGE;
        n = g_strv_length(words);
        if (n > 0 && g_str_equal(words[0], "check")) {
                if (n < 2)
                        return omg_command_usage_error(command, _("check needs at least one name"));
                return check(client, words + 1, candidate);
        }
        if (candidate)
                return omg_command_usage_error(command, _("--candidate goes with check"));
        if (n == 0)
                return show(client, FALSE);
        if (n == 1 && g_str_equal(words[0], "reload"))
                return show(client, TRUE);
        return omg_command_usage_error(command, _("takes check NAME..., reload, or nothing"));
}
