/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench-libalpm.h"

#include <string.h>

alpm_handle_t *bench_libalpm_open(const OmgPacmanConf *conf)
{
        alpm_errno_t code = 0;
        alpm_handle_t *handle = alpm_initialize(conf->root_dir, conf->db_path, &code);

        if (!handle)
                g_error("libalpm: %s", alpm_strerror(code));
        for (guint i = 0; i < conf->repositories->len; i++) {
                const OmgRepository *repository = conf->repositories->pdata[i];
                if (!alpm_register_syncdb(handle, repository->name, 0))
                        g_error("libalpm: %s: %s", repository->name,
                                alpm_strerror(alpm_errno(handle)));
        }
        return handle;
}

guint bench_libalpm_walk(alpm_db_t *db)
{
        guint n = 0, seen = 0;

        for (alpm_list_t *l = alpm_db_get_pkgcache(db); l; l = l->next, n++) {
                const char *description = alpm_pkg_get_desc(l->data);
                seen += strlen(alpm_pkg_get_name(l->data)) + strlen(alpm_pkg_get_version(l->data));
                seen += description ? strlen(description) : 0;
                seen += alpm_list_count(alpm_pkg_get_depends(l->data));
        }
        return seen > 0 ? n : 0;
}

guint bench_libalpm_search(alpm_handle_t *handle, const char *query)
{
        g_auto(GStrv) words = g_strsplit(query, " ", -1);
        alpm_list_t *needles = NULL;
        guint n = 0;

        /* Needles are regular expressions. */
        for (char **word = words; *word; word++)
                needles = alpm_list_add(needles, g_regex_escape_string(*word, -1));
        for (alpm_list_t *l = alpm_get_syncdbs(handle); l; l = l->next) {
                alpm_list_t *found = NULL;
                if (alpm_db_search(l->data, needles, &found) < 0)
                        g_error("alpm_db_search: %s", query);
                n += alpm_list_count(found);
                alpm_list_free(found);
        }
        alpm_list_free_inner(needles, g_free);
        alpm_list_free(needles);
        return n;
}
