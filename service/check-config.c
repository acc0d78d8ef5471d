/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check-config.h"

#include <glib/gi18n.h>

#include "base/text.h"
#include "sources/omgd-conf.h"
#include "sources/pacman-conf.h"
#include "sources/policy.h"

typedef struct {
        guint errors;
        guint warnings;
} Counts;

/* Messages quote what stands in files. */
static void say(const char *kind, const char *message, guint *count)
{
        g_autofree char *text = omg_text_strip(message);

        g_print("%s: %s\n", kind, text);
        (*count)++;
}

static void check_omgd_conf(const OmgPaths *paths, Counts *counts)
{
        g_autoptr(OmgConfMessages) messages = omg_conf_messages_new();
        OmgConf conf;

        omg_conf_init(&conf);
        omg_conf_load(&conf, paths->config_dir, messages);
        for (guint i = 0; i < messages->errors->len; i++)
                say(_("error"), messages->errors->pdata[i], &counts->errors);
        for (guint i = 0; i < messages->warnings->len; i++)
                say(_("warning"), messages->warnings->pdata[i], &counts->warnings);
        if (messages->n_left_out == 0)
                return;
        g_autofree char *more =
                g_strdup_printf(_("%u more in %s"), messages->n_left_out, paths->config_dir);
        /* Of which kind is not known: whatever comes first in such a heap is bad enough. */
        say(_("error"), more, &counts->errors);
}

static void check_policy(const OmgPaths *paths, Counts *counts)
{
        g_autofree char *path = g_build_filename(paths->config_dir, OMG_POLICY_FILE, NULL);
        g_autoptr(GError) error = NULL;
        g_autoptr(OmgPolicy) policy = NULL;

        if (!omg_policy_load(path, &policy, &error))
                say(_("error"), error->message, &counts->errors);
}

static void check_pacman_conf(const OmgPaths *paths, Counts *counts)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(OmgPacmanConf) conf = omg_pacman_conf_load(paths->pacman_conf, paths->pacman_root,
                                                             paths->pacman_db_dir, &error);

        if (!conf) {
                say(_("error"), error->message, &counts->errors);
                return;
        }
        for (char **warning = conf->warnings; *warning; warning++)
                say(_("warning"), *warning, &counts->warnings);
}

OmgExit omg_check_config(const OmgPaths *paths)
{
        Counts counts = {0};

        check_omgd_conf(paths, &counts);
        check_policy(paths, &counts);
        check_pacman_conf(paths, &counts);
        g_print(_("%s and %s: %u errors, %u warnings\n"), paths->config_dir, paths->pacman_conf,
                counts.errors, counts.warnings);
        return counts.errors == 0 ? OMG_EXIT_OK : OMG_EXIT_FAILURE;
}
