/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What every command of omgctl is given, the exit codes, and the table of commands. */

#include <glib.h>

#include "client-bus.h"
#include "output.h"

/* Documented in omgctl(1): scripts rely on them. */
typedef enum {
        OMG_CLIENT_OK = 0,
        OMG_CLIENT_ERROR = 1,        /* omgd answered with an error, or output failed */
        OMG_CLIENT_USAGE = 2,        /* wrong command line */
        OMG_CLIENT_NOT_FOUND = 3,    /* a search without result, a name that does not exist */
        OMG_CLIENT_UNREACHABLE = 4,  /* no bus, no omgd, no answer in time */
        OMG_CLIENT_UNKNOWN = 5,      /* audit, policy check: nobody knows */
        OMG_CLIENT_INTERRUPTED = 130 /* ctrl-c, as shells count it */
} OmgClientExit;

#define OMG_CLIENT_TIMEOUT_SEC 25    /* the usual one of D-Bus */
#define OMG_CLIENT_TIMEOUT_MAX 86400 /* a day */

typedef struct OmgClient {
        gboolean json;
        gboolean no_color;
        int timeout_sec; /* of each call; 0: not given, the default */
        sd_bus *bus;     /* NULL until omg_bus_open() */
        OmgOutput output;
} OmgClient;

typedef struct OmgCommand {
        const char *name;
        const char *arguments; /* as the usage line shows them; translated with _() */
        const char *summary;   /* likewise */
        /* argv[0] is the command's name. Returns the exit code; everything is said by then. */
        int (*run)(OmgClient *client, const struct OmgCommand *command, int argc, char **argv);
} OmgCommand;

int omg_command_search(OmgClient *client, const OmgCommand *command, int argc, char **argv);
int omg_command_info(OmgClient *client, const OmgCommand *command, int argc, char **argv);
int omg_command_list(OmgClient *client, const OmgCommand *command, int argc, char **argv);
int omg_command_updates(OmgClient *client, const OmgCommand *command, int argc, char **argv);
int omg_command_groups(OmgClient *client, const OmgCommand *command, int argc, char **argv);
int omg_command_repos(OmgClient *client, const OmgCommand *command, int argc, char **argv);
int omg_command_history(OmgClient *client, const OmgCommand *command, int argc, char **argv);
int omg_command_log(OmgClient *client, const OmgCommand *command, int argc, char **argv);
int omg_command_provides(OmgClient *client, const OmgCommand *command, int argc, char **argv);
int omg_command_required_by(OmgClient *client, const OmgCommand *command, int argc, char **argv);
int omg_command_depends_on(OmgClient *client, const OmgCommand *command, int argc, char **argv);
int omg_command_resolve(OmgClient *client, const OmgCommand *command, int argc, char **argv);
int omg_command_files(OmgClient *client, const OmgCommand *command, int argc, char **argv);
int omg_command_owns(OmgClient *client, const OmgCommand *command, int argc, char **argv);
int omg_command_runtimes(OmgClient *client, const OmgCommand *command, int argc, char **argv);
int omg_command_audit(OmgClient *client, const OmgCommand *command, int argc, char **argv);
int omg_command_status(OmgClient *client, const OmgCommand *command, int argc, char **argv);
int omg_command_cache(OmgClient *client, const OmgCommand *command, int argc, char **argv);
int omg_command_inhibit(OmgClient *client, const OmgCommand *command, int argc, char **argv);
int omg_command_policy(OmgClient *client, const OmgCommand *command, int argc, char **argv);
int omg_command_sbom(OmgClient *client, const OmgCommand *command, int argc, char **argv);
int omg_command_aur(OmgClient *client, const OmgCommand *command, int argc, char **argv);
int omg_command_refresh(OmgClient *client, const OmgCommand *command, int argc, char **argv);

/* Reads a command's options, and the general ones, which may stand behind the command too; then
 * sets up the output. *ret_words takes the other arguments as valid UTF-8, to be freed with
 * g_strfreev(), never NULL on success. Returns FALSE after a mistake was said on standard error:
 * exit with OMG_CLIENT_USAGE. --help prints and exits. entries ends in { NULL } and may be NULL. */
gboolean omg_command_parse(OmgClient *client, const OmgCommand *command,
                           const GOptionEntry *entries, int argc, char **argv, char ***ret_words);

/* Says a mistake of the command line and where help is; returns OMG_CLIENT_USAGE. */
int omg_command_usage_error(const OmgCommand *command, const char *message);
