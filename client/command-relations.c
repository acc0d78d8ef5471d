/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <glib/gi18n.h>

#include "client-rows.h"
#include "client.h"
#include "message-json.h"

#define REPLY_TYPES "a{sas}asa{sv}"
#define INDENT      4

/* One question of either command. */
typedef struct {
        const char *member;
        const char *key; /* of the lists in the JSON document */
        gboolean available;
        gboolean recursive;
        char *kind;
} Question;

typedef struct {
        JsonObject *lists;  /* name → array of names */
        JsonArray *missing; /* strings */
        JsonObject *meta;
} Answer;

static void answer_clear(Answer *answer)
{
        g_clear_pointer(&answer->lists, json_object_unref);
        g_clear_pointer(&answer->missing, json_array_unref);
        g_clear_pointer(&answer->meta, json_object_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Answer, answer_clear)

static int append_options(sd_bus_message *call, const Question *question)
{
        int r = sd_bus_message_open_container(call, 'a', "{sv}");

        if (r >= 0 && question->available)
                r = sd_bus_message_append(call, "{sv}", "source", "s", "repo");
        if (r >= 0 && question->kind)
                r = sd_bus_message_append(call, "{sv}", "kind", "s", question->kind);
        if (r >= 0 && question->recursive)
                r = sd_bus_message_append(call, "{sv}", "recursive", "b", TRUE);
        return r < 0 ? r : sd_bus_message_close_container(call);
}

static int read_answer(sd_bus_message *reply, Answer *answer)
{
        g_autoptr(JsonNode) lists = NULL;
        g_autoptr(JsonNode) missing = NULL;

        int r = omg_message_read_node(reply, &lists);
        if (r >= 0)
                r = omg_message_read_node(reply, &missing);
        if (r >= 0)
                r = omg_message_read_dictionary(reply, &answer->meta);
        if (r < 0)
                return r;
        answer->lists = json_node_dup_object(lists);
        answer->missing = json_node_dup_array(missing);
        return 0;
}

static int fetch(OmgClient *client, const Question *question, char **names, Answer *answer,
                 sd_bus_error *error)
{
        g_autoptr(sd_bus_message) call = NULL;
        g_autoptr(sd_bus_message) reply = NULL;

        int r = omg_bus_open(client, error);
        if (r >= 0)
                r = omg_bus_new_call(client, OMG_BUS_PACKAGES, question->member, &call);
        if (r >= 0)
                r = sd_bus_message_append_strv(call, names);
        if (r >= 0)
                r = append_options(call, question);
        if (r >= 0)
                r = omg_bus_call(client, call, REPLY_TYPES, &reply, error);
        return r < 0 ? r : read_answer(reply, answer);
}

static void print_json(OmgClient *client, const Question *question, const Answer *answer)
{
        g_autoptr(JsonObject) document = json_object_new();

        json_object_set_object_member(document, question->key, json_object_ref(answer->lists));
        json_object_set_array_member(document, "missing", json_array_ref(answer->missing));
        json_object_set_object_member(document, "meta", json_object_ref(answer->meta));
        omg_output_json(&client->output, document);
}

/* One name a line; of several packages each list stands below its package's name. */
static void print_list(OmgOutput *out, const char *name, JsonArray *list, gboolean with_name)
{
        if (with_name) {
                omg_output_append(out, OMG_STYLE_BOLD, name);
                omg_output_append_format(out, ":\n");
        }
        for (guint i = 0; i < json_array_get_length(list); i++) {
                omg_output_append_format(out, "%*s", with_name ? INDENT : 0, "");
                omg_output_append(out, OMG_STYLE_PLAIN, omg_json_get_element(list, i));
                omg_output_append_format(out, "\n");
        }
}

static void print_lists(OmgClient *client, char **names, const Answer *answer)
{
        gboolean several = names[0] && names[1];
        g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

        for (char **name = names; *name; name++) {
                JsonArray *list = omg_json_get_array(answer->lists, *name);
                if (list && g_hash_table_add(seen, *name))
                        print_list(&client->output, *name, list, several);
        }
}

static int print_answer(OmgClient *client, const Question *question, char **names,
                        const Answer *answer)
{
        JsonArray *unsatisfied = omg_json_get_array(answer->meta, "unsatisfied");

        omg_rows_warn(answer->meta);
        if (client->json)
                print_json(client, question, answer);
        else
                print_lists(client, names, answer);
        int r = omg_output_flush(&client->output);
        for (guint i = 0; unsatisfied && i < json_array_get_length(unsatisfied); i++)
                omg_output_warn(_("nothing satisfies %s"), omg_json_get_element(unsatisfied, i));
        for (guint i = 0; i < json_array_get_length(answer->missing); i++)
                omg_output_error(_("package '%s' was not found"),
                                 omg_json_get_element(answer->missing, i));
        if (r == OMG_CLIENT_OK && json_array_get_length(answer->missing) > 0)
                return OMG_CLIENT_NOT_FOUND;
        return r;
}

/* @recursive: NULL where there is no such option. */
static int run(OmgClient *client, const OmgCommand *command, Question *question,
               gboolean *recursive, int argc, char **argv)
{
        g_auto(GStrv) names = NULL;
        g_auto(Answer) answer = {NULL};
        g_auto(sd_bus_error) error = SD_BUS_ERROR_NULL;
        const GOptionEntry entries[] = {
                {"available", 'a', 0, G_OPTION_ARG_NONE, &question->available,
                 N_("Among the repositories, also for an installed package"), NULL},
                {"kind", 'k', 0, G_OPTION_ARG_STRING, &question->kind,
                 N_("depends (default), optdepends, makedepends or checkdepends"), N_("KIND")},
                {recursive ? "recursive" : NULL, 'R', 0, G_OPTION_ARG_NONE, recursive,
                 N_("Also what the dependencies depend on"), NULL},
                {NULL},
        };

        if (!omg_command_parse(client, command, entries, argc, argv, &names))
                return OMG_CLIENT_USAGE;
        if (!names[0])
                return omg_command_usage_error(command, _("No package named"));
        int r = fetch(client, question, names, &answer, &error);
        return r < 0 ? omg_bus_report(r, &error) : print_answer(client, question, names, &answer);
}

int omg_command_required_by(OmgClient *client, const OmgCommand *command, int argc, char **argv)
{
        Question question = {.member = "RequiredBy", .key = "required-by"};
        int r = run(client, command, &question, NULL, argc, argv);

        g_free(question.kind);
        return r;
}

int omg_command_depends_on(OmgClient *client, const OmgCommand *command, int argc, char **argv)
{
        Question question = {.member = "DependsOn", .key = "depends-on"};
        int r = run(client, command, &question, &question.recursive, argc, argv);

        g_free(question.kind);
        return r;
}
