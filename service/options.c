/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "options.h"

#include <glib/gi18n.h>
#include <sys/un.h>

#include "config.h"

/* As the parser fills it in. */
typedef struct Raw {
        gboolean foreground;
        gboolean check_config;
        gboolean is_system;
        gboolean help;
        gboolean version;
        char *socket;
} Raw;

static void raw_clear(Raw *raw)
{
        g_free(raw->socket);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Raw, raw_clear)

static GOptionContext *context_new(Raw *raw)
{
        const GOptionEntry entries[] = {
                {"foreground", 'f', 0, G_OPTION_ARG_NONE, &raw->foreground,
                 N_("Stay in the foreground and log to standard error"), NULL},
                {"socket", 's', 0, G_OPTION_ARG_FILENAME, &raw->socket,
                 N_("Socket for omg and omg-fast"), N_("PATH")},
                {"check-config", 0, 0, G_OPTION_ARG_NONE, &raw->check_config,
                 N_("Say what is wrong with omgd.conf and pacman.conf, and end"), NULL},
                {"system", 0, 0, G_OPTION_ARG_NONE, &raw->is_system,
                 N_("Serve on the system bus, for all users, without a socket"), NULL},
                {"version", 0, 0, G_OPTION_ARG_NONE, &raw->version, N_("Show the version"), NULL},
                {"help", 'h', 0, G_OPTION_ARG_NONE, &raw->help, N_("Show this help"), NULL},
                G_OPTION_ENTRY_NULL};
        GOptionContext *context = g_option_context_new(NULL);

        g_option_context_add_main_entries(context, entries, OMG_GETTEXT_DOMAIN);
        g_option_context_set_translation_domain(context, OMG_GETTEXT_DOMAIN);
        g_option_context_set_summary(
                context,
                N_("Serves the packages of this machine on D-Bus, and to omg and omg-fast."));
        g_option_context_set_description(
                context, N_("Without --foreground omgd detaches and returns when it is ready.\n\n"
                            "Exit status:\n"
                            "  0  success\n"
                            "  1  failure; the reason is on standard error\n"
                            "     (with --check-config: errors found)\n"
                            "  2  wrong command line\n"
                            "  3  omgd is running already, or somebody else listens at the socket\n"
                            "  4  detached and running, but without session bus so far (or it "
                            "refuses the name), or without socket; the reason is on standard "
                            "error"));
        /* GLib's own --help ends the process. */
        g_option_context_set_help_enabled(context, FALSE);
        return context;
}

/* The path of a socket as the kernel can take it, made absolute: detaching changes the directory.
 */
static char *socket_parse(const char *path, GError **error)
{
        g_autofree char *absolute = NULL;

        if (!*path) {
                g_set_error_literal(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                                    _("--socket needs a path"));
                return NULL;
        }
        absolute = g_canonicalize_filename(path, NULL);
        if (strlen(absolute) >= sizeof(((struct sockaddr_un *)NULL)->sun_path)) {
                g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                            _("the path of a socket has at most %zu bytes"),
                            sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1);
                return NULL;
        }
        return g_steal_pointer(&absolute);
}

/* GLib takes "--foreground=no" as "--foreground". */
static gboolean check_flags(const char *const *arguments, GError **error)
{
        static const char *const flags[] = {
                "--foreground=", "--system=", "--check-config=", "--version=", "--help="};

        for (; *arguments && !g_str_equal(*arguments, "--"); arguments++) {
                for (gsize i = 0; i < G_N_ELEMENTS(flags); i++) {
                        if (!g_str_has_prefix(*arguments, flags[i]))
                                continue;
                        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                                    _("this option takes no value: %s"), *arguments);
                        return FALSE;
                }
        }
        return TRUE;
}

static gboolean parse(int argc, char **argv, GOptionContext *context, Raw *raw,
                      OmgOptions *ret_options, GError **error)
{
        /* GLib takes out of the array what it knows, so it gets its own. */
        g_auto(GStrv) rest = g_new0(char *, (gsize)argc + 1);
        g_autofree char *path = NULL;

        for (int i = 0; i < argc; i++)
                rest[i] = g_strdup(argv[i]);
        if (!check_flags((const char *const *)rest, error) ||
            !g_option_context_parse_strv(context, &rest, error))
                return FALSE;
        if (raw->help || raw->version)
                return TRUE;
        for (char **arg = rest + (rest[0] ? 1 : 0); *arg; arg++) {
                if (g_str_equal(*arg, "--"))
                        continue;
                g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION,
                            _("omgd takes no arguments, but got \"%s\""), *arg);
                return FALSE;
        }
        if (raw->socket && raw->is_system) {
                g_set_error_literal(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                                    _("omgd --system has no socket: --socket is for users"));
                return FALSE;
        }
        if (raw->socket && !(path = socket_parse(raw->socket, error)))
                return FALSE;
        *ret_options = (OmgOptions){.foreground = raw->foreground,
                                    .check_config = raw->check_config,
                                    .is_system = raw->is_system,
                                    .socket = g_steal_pointer(&path)};
        return TRUE;
}

gboolean omg_options_parse(int argc, char **argv, OmgOptions *ret_options, int *ret_exit_code)
{
        g_auto(Raw) raw = {0};
        g_autoptr(GOptionContext) context = context_new(&raw);
        g_autoptr(GError) error = NULL;

        if (!parse(argc, argv, context, &raw, ret_options, &error)) {
                g_printerr("omgd: %s\n", error->message);
                g_printerr(_("Usage: %s\n"), "omgd [-f|--foreground] [-s|--socket PATH | --system] "
                                             "[--check-config] [--version] [--help]");
                *ret_exit_code = OMG_EXIT_USAGE;
                return FALSE;
        }
        if (raw.help) {
                g_autofree char *help = g_option_context_get_help(context, TRUE, NULL);

                g_print("%s", help);
        } else if (raw.version) {
                g_print("omgd %s\n", OMG_VERSION);
        } else {
                return TRUE;
        }
        *ret_exit_code = OMG_EXIT_OK;
        return FALSE;
}

void omg_options_clear(OmgOptions *options)
{
        g_clear_pointer(&options->socket, g_free);
}
