/* SPDX-License-Identifier: GPL-3.0-or-later */

/* dump-conf FILE [ROOT]: prints what omgd reads from a pacman.conf the way `pacman-conf` does, for
 * test-pacman-conf.py. Exit 1 when the file is refused. */

#include <stdio.h>

#include "sources/pacman-conf.h"

static void show(const char *directive, const char *value)
{
        (void)printf("%s = %s\n", directive, value);
}

static void show_list(const char *directive, GStrv list)
{
        for (; *list; list++)
                show(directive, *list);
}

static void show_siglevel_half(const char *directive, const char *what, guint level)
{
        g_autofree char *check = g_strconcat(
                what, level & OMG_SIGLEVEL_PACKAGE_OPTIONAL ? "Optional" : "Required", NULL);
        g_autofree char *trust = g_strconcat(
                what, level & OMG_SIGLEVEL_PACKAGE_UNKNOWN_OK ? "TrustAll" : "TrustedOnly", NULL);
        g_autofree char *never = g_strconcat(what, "Never", NULL);

        if (level & OMG_SIGLEVEL_PACKAGE) {
                show(directive, check);
                show(directive, trust);
        } else {
                show(directive, never);
        }
}

static void show_siglevel(const char *directive, guint level, gboolean database)
{
        show_siglevel_half(directive, "Package", level);
        if (database)
                show_siglevel_half(directive, "Database", level >> 10);
}

static void show_usage(guint usage)
{
        static const struct {
                guint flag;
                const char *word;
        } words[] = {
                {OMG_USAGE_SYNC, "Sync"},
                {OMG_USAGE_SEARCH, "Search"},
                {OMG_USAGE_INSTALL, "Install"},
                {OMG_USAGE_UPGRADE, "Upgrade"},
        };

        if (usage == OMG_USAGE_ALL) {
                show("Usage", "All");
                return;
        }
        for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
                if (usage & words[i].flag)
                        show("Usage", words[i].word);
}

int main(int argc, char **argv)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(OmgPacmanConf) conf = NULL;

        if (argc >= 2)
                conf = omg_pacman_conf_load(argv[1], argc > 2 ? argv[2] : NULL, NULL, &error);
        if (!conf) {
                (void)fprintf(stderr, "error: %s\n", error ? error->message : "no file given");
                return 1;
        }

        (void)printf("[options]\n");
        show("RootDir", conf->root_dir);
        show("DBPath", conf->db_path);
        show_list("CacheDir", conf->cache_dirs);
        show_list("HookDir", conf->hook_dirs);
        show("GPGDir", conf->gpg_dir);
        show("LogFile", conf->log_file);
        show_list("HoldPkg", conf->hold_packages);
        show_list("IgnorePkg", conf->ignore_packages);
        show_list("IgnoreGroup", conf->ignore_groups);
        show_list("Architecture", conf->architectures);
        show_siglevel("SigLevel", conf->siglevel, TRUE);
        show_siglevel("LocalFileSigLevel", conf->local_file_siglevel, FALSE);
        show_siglevel("RemoteFileSigLevel", conf->remote_file_siglevel, FALSE);
        for (guint i = 0; i < conf->repositories->len; i++) {
                const OmgRepository *repository = g_ptr_array_index(conf->repositories, i);
                (void)printf("[%s]\n", repository->name);
                show_usage(repository->usage);
                show_siglevel("SigLevel", repository->siglevel, TRUE);
                show_list("CacheServer", repository->cache_servers);
                show_list("Server", repository->servers);
        }
        for (gsize i = 0; conf->warnings[i]; i++)
                (void)fprintf(stderr, "warning: %s\n", conf->warnings[i]);
        return 0;
}
