/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/files.h"

/* realpath as far as the path exists; what is behind is added as it is. NULL when that leads up. */
static char *resolve_folder(const char *path)
{
        g_autofree char *existing = g_strdup(path);
        g_autoptr(GString) rest = g_string_new(NULL);

        for (;;) {
                char *real = realpath(*existing ? existing : "/", NULL);
                if (real) {
                        char *whole =
                                g_strconcat(strcmp(real, "/") == 0 ? "" : real, rest->str, NULL);
                        free(real);
                        return whole;
                }
                char *slash = strrchr(existing, '/');
                if (!slash || strcmp(slash, "/..") == 0)
                        return NULL;
                if (slash[1] && strcmp(slash, "/.") != 0)
                        g_string_prepend(rest, slash);
                *slash = '\0';
        }
}

/* The path with its folder followed, without '/' at the end; NULL: nowhere. */
static char *follow(const char *path)
{
        const char *base = strrchr(path, '/');

        /* "." and ".." are no names: then the whole is followed. */
        if (!base || strcmp(base, "/.") == 0 || strcmp(base, "/..") == 0)
                return base ? resolve_folder(path) : NULL;
        g_autofree char *folder = g_strndup(path, (gsize)(base - path));
        g_autofree char *real = resolve_folder(folder);
        return real ? g_strconcat(real, base, NULL) : NULL;
}

char *omg_files_resolve(const char *root_dir, const char *path, gboolean *ret_exists)
{
        g_autofree char *plain = g_strdup(path);
        gsize len = strlen(plain);
        gboolean slash = FALSE;
        struct stat st;

        for (; len > 0 && plain[len - 1] == '/'; slash = TRUE)
                plain[--len] = '\0';
        g_autofree char *real = follow(plain);
        g_autofree char *root = resolve_folder(root_dir);
        gsize root_len = root ? strlen(root) : 0;
        /* Below the root: "" stands for "/". */
        if (!real || !root || strncmp(real, root, root_len) != 0 || real[root_len] != '/')
                return NULL;

        *ret_exists = lstat(real, &st) == 0;
        gboolean is_folder = *ret_exists ? S_ISDIR(st.st_mode) : slash;
        return g_strconcat(real + root_len + 1, is_folder ? "/" : "", NULL);
}
