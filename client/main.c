/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <glib/gi18n.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>

#include "client.h"

static const OmgCommand commands[] = {
        {"search", N_("WORD..."), N_("Search names and descriptions of packages"),
         omg_command_search},
        {"info", N_("NAME..."), N_("Show all that is known about packages"), omg_command_info},
        {"list", "", N_("List installed packages"), omg_command_list},
        {"updates", "", N_("List packages of which a newer version exists"), omg_command_updates},
        {"provides", N_("DEPENDENCY"), N_("Show what satisfies a dependency"),
         omg_command_provides},
        {"required-by", N_("NAME..."), N_("List the packages that need a package"),
         omg_command_required_by},
        {"depends-on", N_("NAME..."), N_("List the packages that a package needs"),
         omg_command_depends_on},
        {"resolve", N_("NAME..."), N_("Show what must be built and installed for AUR packages"),
         omg_command_resolve},
        {"files", N_("NAME"), N_("List the files of a package"), omg_command_files},
        {"owns", N_("PATH..."), N_("Show which packages a file or folder belongs to"),
         omg_command_owns},
        {"groups", "", N_("List groups of packages"), omg_command_groups},
        {"repos", "", N_("List the repositories, and whether they can be read"), omg_command_repos},
        {"history", N_("[NAME...]"), N_("Show what pacman did, the latest first"),
         omg_command_history},
        {"log", N_("[list|head|verify [SEQUENCE:HASH]]"),
         N_("Show the audit log, or whether somebody has been at it"), omg_command_log},
        {"runtimes", N_("[NAME...]"), N_("List language runtimes, and which version is active"),
         omg_command_runtimes},
        {"audit", N_("[NAME...]"), N_("List the vulnerabilities of what is installed"),
         omg_command_audit},
        {"status", "", N_("Show the counts, and how old they are"), omg_command_status},
        {"policy", N_("[check NAME...|reload]"), N_("Show the policy, or what it says of packages"),
         omg_command_policy},
        {"sbom", "", N_("Write the bill of materials, with known flaws"), omg_command_sbom},
        {"aur", N_("search TEXT|info NAME..."), N_("Ask the AUR about packages"), omg_command_aur},
        {"refresh", N_("[sync|status|files|aur|advisories]..."),
         N_("Read the databases again, and wait for it"), omg_command_refresh},
        {"cache", "", N_("Show what omgd keeps, or empty it"), omg_command_cache},
        {"inhibit", N_("[-- COMMAND [ARG...]]"),
         N_("Hold omgd back while a command runs, or list who does"), omg_command_inhibit},
};

/* Ends in the place where GOption puts it: after the options. */
static char *describe_commands(void)
{
        GString *text = g_string_new(_("Commands:"));

        for (gsize i = 0; i < G_N_ELEMENTS(commands); i++)
                g_string_append_printf(text, "\n  %-11s %s", commands[i].name,
                                       _(commands[i].summary));
        g_string_append_printf(
                text, "\n\n%s",
                _("Exit codes: 0 done; 1 error; 2 wrong command line; 3 nothing "
                  "found; 4 omgd not reachable;\n5 audit: not known. Of audit, 1 is a "
                  "vulnerability.\nSee omgctl(1)."));
        return g_string_free(text, FALSE);
}

static const OmgCommand *find_command(const char *name)
{
        for (gsize i = 0; i < G_N_ELEMENTS(commands); i++)
                if (g_str_equal(commands[i].name, name))
                        return &commands[i];
        return NULL;
}

/* The options before the command; it and what follows stay in argv. */
static gboolean parse_general(OmgClient *client, gboolean *ret_version, int *argc, char ***argv)
{
        const GOptionEntry entries[] = {
                {"json", 0, 0, G_OPTION_ARG_NONE, &client->json, N_("Print one JSON document"),
                 NULL},
                {"no-color", 0, 0, G_OPTION_ARG_NONE, &client->no_color, N_("Print without colour"),
                 NULL},
                {"timeout", 0, 0, G_OPTION_ARG_INT, &client->timeout_sec,
                 N_("Wait at most so many seconds for an answer (default 25)"), N_("SEC")},
                {"version", 0, 0, G_OPTION_ARG_NONE, ret_version, N_("Print the version"), NULL},
                {NULL},
        };
        g_autoptr(GError) error = NULL;
        g_autofree char *description = describe_commands();
        g_autoptr(GOptionContext) context = g_option_context_new(_("COMMAND [ARGUMENT...]"));

        g_option_context_set_strict_posix(context, TRUE);
        g_option_context_set_summary(context, _("Asks omgd about the packages of this machine."));
        g_option_context_set_description(context, description);
        g_option_context_add_main_entries(context, entries, OMG_GETTEXT_DOMAIN);
        client->timeout_sec = G_MININT; /* to tell an explicit 0 from none */
        if (!g_option_context_parse(context, argc, argv, &error)) {
                (void)omg_command_usage_error(NULL, error->message);
                return FALSE;
        }
        if (client->timeout_sec == G_MININT)
                client->timeout_sec = 0;
        else if (client->timeout_sec < 1 || client->timeout_sec > OMG_CLIENT_TIMEOUT_MAX) {
                (void)omg_command_usage_error(NULL, _("--timeout takes 1 to 86400 seconds"));
                return FALSE;
        }
        return TRUE;
}

static int run(OmgClient *client, int argc, char **argv)
{
        gboolean version = FALSE;

        if (!parse_general(client, &version, &argc, &argv))
                return OMG_CLIENT_USAGE;
        omg_output_init(&client->output, client->no_color);
        if (version) {
                omg_output_append_format(&client->output, "omgctl %s\n", OMG_VERSION);
                return omg_output_flush(&client->output);
        }
        if (argc < 2)
                return omg_command_usage_error(NULL, _("No command given"));
        const OmgCommand *command = find_command(argv[1]);
        if (!command) {
                g_autofree char *name = g_utf8_make_valid(argv[1], -1);
                g_autofree char *message = g_strdup_printf(_("There is no command '%s'"), name);
                return omg_command_usage_error(NULL, message);
        }
        return command->run(client, command, argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
        OmgClient client = {0};

        setlocale(LC_ALL, "");
        bindtextdomain(OMG_GETTEXT_DOMAIN, OMG_LOCALEDIR);
        bind_textdomain_codeset(OMG_GETTEXT_DOMAIN, "UTF-8");
        textdomain(OMG_GETTEXT_DOMAIN);
        g_set_prgname("omgctl");
        /* A caller may have SIGPIPE ignored; a closed pipe then would be an error to report. */
        (void)signal(SIGPIPE, SIG_DFL);

        int exit_code = run(&client, argc, argv);
        sd_bus_flush_close_unref(client.bus);
        omg_output_clear(&client.output);
        return exit_code;
}
