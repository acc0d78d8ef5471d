/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <glib/gi18n.h>

#include "client.h"

/* Arguments come in the locale's character set; in the C locale UTF-8 is taken as it is. */
static char *decode_argument(const char *argument)
{
        if (g_utf8_validate(argument, -1, NULL))
                return g_strdup(argument);
        return g_locale_to_utf8(argument, -1, NULL, NULL, NULL);
}

static char **decode_arguments(const OmgCommand *command, char **arguments)
{
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

        for (char **p = arguments; p && *p; p++) {
                g_autofree char *text = decode_argument(*p);
                if (!text) {
                        (void)omg_command_usage_error(
                                command, _("An argument is not text in the locale's encoding"));
                        return NULL;
                }
                g_strv_builder_add(builder, text);
        }
        return g_strv_builder_end(builder);
}

static gboolean parse_options(OmgClient *client, const OmgCommand *command,
                              const GOptionEntry *entries, int *argc, char ***argv,
                              char ***ret_words, GError **error)
{
        const GOptionEntry general[] = {
                {"json", 0, 0, G_OPTION_ARG_NONE, &client->json, N_("Print one JSON document"),
                 NULL},
                {"no-color", 0, 0, G_OPTION_ARG_NONE, &client->no_color, N_("Print without colour"),
                 NULL},
                {"timeout", 0, 0, G_OPTION_ARG_INT, &client->timeout_sec,
                 N_("Wait at most so many seconds for an answer (default 25)"), N_("SEC")},
                {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, ret_words, NULL, NULL},
                {NULL},
        };
        g_autoptr(GOptionContext) context = g_option_context_new(_(command->arguments));

        g_option_context_set_summary(context, _(command->summary));
        if (entries)
                g_option_context_add_main_entries(context, entries, OMG_GETTEXT_DOMAIN);
        g_option_context_add_main_entries(context, general, OMG_GETTEXT_DOMAIN);
        return g_option_context_parse(context, argc, argv, error);
}

gboolean omg_command_parse(OmgClient *client, const OmgCommand *command,
                           const GOptionEntry *entries, int argc, char **argv, char ***ret_words)
{
        g_autoptr(GError) error = NULL;
        g_auto(GStrv) arguments = NULL;
        g_autofree char *program = g_strconcat("omgctl ", command->name, NULL);
        int timeout_before = client->timeout_sec;

        g_set_prgname(program);
        client->timeout_sec = G_MININT; /* to tell an explicit 0 from none */
        if (!parse_options(client, command, entries, &argc, &argv, &arguments, &error)) {
                (void)omg_command_usage_error(command, error->message);
                return FALSE;
        }
        if (client->timeout_sec == G_MININT)
                client->timeout_sec = timeout_before;
        else if (client->timeout_sec < 1 || client->timeout_sec > OMG_CLIENT_TIMEOUT_MAX) {
                (void)omg_command_usage_error(command, _("--timeout takes 1 to 86400 seconds"));
                return FALSE;
        }
        omg_output_init(&client->output, client->no_color);
        *ret_words = decode_arguments(command, arguments);
        return *ret_words != NULL;
}

int omg_command_usage_error(const OmgCommand *command, const char *message)
{
        g_autofree char *hint = command ? g_strdup_printf(_("Try: omgctl %s --help"), command->name)
                                        : g_strdup(_("Try: omgctl --help"));

        omg_output_error("%s", message);
        omg_output_hint(hint);
        return OMG_CLIENT_USAGE;
}
