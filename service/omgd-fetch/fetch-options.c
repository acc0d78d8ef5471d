/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "omgd-fetch/fetch-options.h"

#include "base/error.h"
#include "base/limits-fetch.h"

static const char summary[] =
        "Fetches what it is asked for on standard input, one line of JSON a request, into "
        "DIRECTORY,\n"
        "and says on standard output what became of each. An empty line ends the requests; the "
        "end\n"
        "of standard input, SIGTERM and SIGINT cancel what is still under way.\n\n"
        "It is started by omgd. Where the kernel has Landlock it can write nowhere but in "
        "DIRECTORY\n"
        "and executes nothing; the first line of its output names the version, 0 for none. "
        "Proxies\n"
        "are taken from the environment (http_proxy, https_proxy, all_proxy, no_proxy), and the\n"
        "authorities that sign for servers from the file SSL_CERT_FILE, where that is set.";

static gboolean check(const char *name, int value, guint most, guint *ret_value, GError **error)
{
        if (value < 1 || (guint)value > most) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS, "--%s must be from 1 to %u",
                            name, most);
                return FALSE;
        }
        *ret_value = (guint)value;
        return TRUE;
}

gboolean omg_fetch_options_parse(int argc, char **argv, OmgFetchOptions *ret_options,
                                 GError **error)
{
        int connect_sec = OMG_LIMIT_FETCH_CONNECT_SEC, api_sec = OMG_LIMIT_FETCH_API_SEC;
        int stall_sec = OMG_LIMIT_FETCH_STALL_SEC;
        g_auto(GStrv) rest = NULL;
        const GOptionEntry entries[] = {
                {"connect-sec", 0, 0, G_OPTION_ARG_INT, &connect_sec, "to connect (10)", "N"},
                {"api-sec", 0, 0, G_OPTION_ARG_INT, &api_sec, "for an answer of an API (120)", "N"},
                {"stall-sec", 0, 0, G_OPTION_ARG_INT, &stall_sec,
                 "for a bulk file below 1 KiB a second (30)", "N"},
                {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &rest, NULL, "DIRECTORY"},
                G_OPTION_ENTRY_NULL,
        };
        g_autoptr(GOptionContext) context = g_option_context_new(NULL);
        g_autoptr(GError) fault = NULL;

        g_option_context_set_summary(context, summary);
        g_option_context_add_main_entries(context, entries, NULL);
        if (!g_option_context_parse(context, &argc, &argv, &fault)) {
                g_set_error_literal(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS, fault->message);
                return FALSE;
        }
        if (!rest || !rest[0] || rest[1]) {
                g_set_error_literal(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS,
                                    "one directory must be given");
                return FALSE;
        }
        if (!check("connect-sec", connect_sec, OMG_LIMIT_FETCH_CONNECT_SEC,
                   &ret_options->connect_sec, error) ||
            !check("api-sec", api_sec, OMG_LIMIT_FETCH_API_SEC, &ret_options->api_sec, error) ||
            !check("stall-sec", stall_sec, OMG_LIMIT_FETCH_STALL_SEC, &ret_options->stall_sec,
                   error))
                return FALSE;
        ret_options->directory = g_strdup(rest[0]);
        return TRUE;
}

void omg_fetch_options_clear(OmgFetchOptions *options)
{
        g_clear_pointer(&options->directory, g_free);
}
