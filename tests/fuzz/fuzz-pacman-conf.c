/* SPDX-License-Identifier: GPL-3.0-or-later */

/* A configuration of one or several files: what stands before the first line "@@ PATH" is
 * pacman.conf, what follows such a line is the file of that path. */

#include <stdint.h>

#include "base/limits.h"
#include "tests/unit/conf-memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAIN "/etc/pacman.conf"
#define MARK "@@ "

static GHashTable *split(const char *data, gsize size)
{
        GHashTable *files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                                  (GDestroyNotify)g_bytes_unref);
        g_autofree char *path = g_strdup(MAIN);
        const char *end = data + size;
        const char *from = data;

        for (const char *at = data; at < end;) {
                const char *newline = memchr(at, '\n', (gsize)(end - at));
                const char *next = newline ? newline + 1 : end;
                if ((gsize)(next - at) > strlen(MARK) && memcmp(at, MARK, strlen(MARK)) == 0) {
                        g_hash_table_insert(files, g_steal_pointer(&path),
                                            g_bytes_new(from, (gsize)(at - from)));
                        at += strlen(MARK);
                        path = g_strndup(at, (gsize)((newline ? newline : end) - at));
                        from = next;
                }
                at = next;
        }
        g_hash_table_insert(files, g_steal_pointer(&path), g_bytes_new(from, (gsize)(end - from)));
        return files;
}

static void check(const OmgPacmanConf *conf)
{
        g_assert_true(g_path_is_absolute(conf->db_path));
        g_assert_true(g_str_has_suffix(conf->db_path, "/"));
        g_assert_true(g_str_has_suffix(conf->root_dir, "/"));
        g_assert_cmpuint(strlen(conf->digest), ==, 64);
        g_assert_cmpuint(conf->repositories->len, <=, OMG_LIMIT_REPOSITORIES);
        for (gsize i = 0; conf->warnings[i]; i++)
                g_assert_true(g_utf8_validate(conf->warnings[i], -1, NULL));
        for (guint i = 0; i < conf->repositories->len; i++) {
                const OmgRepository *repository = g_ptr_array_index(conf->repositories, i);
                g_assert_true(g_utf8_validate(repository->name, -1, NULL));
                g_assert_null(strchr(repository->name, '/'));
                g_assert_cmpuint(repository->usage, !=, 0);
                g_assert_true(omg_pacman_conf_get_repository(conf, repository->name) == repository);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_autoptr(GHashTable) files = split((const char *)data, size);
        g_autoptr(GError) error = NULL;
        g_autoptr(OmgPacmanConf) conf = memory_load(files, MAIN, NULL, NULL, &error);

        g_assert_true((conf == NULL) == (error != NULL));
        if (conf)
                check(conf);
        else
                g_assert_true(g_utf8_validate(error->message, -1, NULL));
        return 0;
}
