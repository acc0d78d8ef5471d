/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "sources/files-list.h"

static gboolean take(const char *path, gsize len, gpointer userdata, GError **error)
{
        g_string_append_len(userdata, path, (gssize)len);
        g_string_append_c(userdata, ' ');
        return TRUE;
}

/* The paths, each with a blank behind it; cut into pieces of that size. */
static char *read_text(const char *text, gsize len, gsize piece, GError **error)
{
        GString *paths = g_string_new(NULL);
        g_auto(OmgFilesList) list;
        gboolean good = TRUE;

        omg_files_list_init(&list, take, paths);
        for (gsize at = 0; good && at < len; at += piece)
                good = omg_files_list_feed(&list, text + at, MIN(piece, len - at), error);
        if (good)
                (void)omg_files_list_finish(&list, error);
        return g_string_free(paths, FALSE);
}

/* The paths come in their order, whatever else stands in the text and wherever it is cut. */
static void test_paths(void)
{
        static const char text[] = "%FILES%\nusr/\nusr/bin/\nusr/bin/a\n\n%BACKUP%\netc/a\tsum\n\n";

        for (gsize piece = 1; piece <= sizeof(text); piece++) {
                g_autoptr(GError) error = NULL;
                g_autofree char *paths = read_text(text, strlen(text), piece, &error);
                g_assert_no_error(error);
                g_assert_cmpstr(paths, ==, "usr/ usr/bin/ usr/bin/a ");
        }
}

/* A package of no files has an empty text, or an empty block; both are no error. */
static void test_empty(void)
{
        static const char *const texts[] = {"", "%FILES%\n", "%FILES%\n\n", "\n\n",
                                            "%BACKUP%\nx\n"};

        for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
                g_autoptr(GError) error = NULL;
                g_autofree char *paths = read_text(texts[i], strlen(texts[i]), 100, &error);
                g_assert_no_error(error);
                g_assert_cmpstr(paths, ==, "");
        }
}

static void assert_refused(const char *text, gsize len, const char *paths, const char *reason)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *got = read_text(text, len, 7, &error);

        g_assert_error(error, OMG_ERROR, OMG_ERROR_DATABASE_CORRUPT);
        g_assert_nonnull(strstr(error->message, reason));
        g_assert_cmpstr(got, ==, paths);
}

/* What is no list of paths is said to be none, after the paths before it. */
static void test_damage(void)
{
        static const char cut[] = "%FILES%\na\nb/c", nul[] = "%FILES%\na\nb\0c\n";

        assert_refused(cut, strlen(cut), "a b/c ", "middle of a line");
        assert_refused(nul, sizeof(nul) - 1, "a ", "NUL");
        assert_refused("%FILES%\na\n/b\n", 13, "a ", "begins with /");
        assert_refused("garbage\n", 8, "", "no %BLOCK%");
        assert_refused("%FILES%\na\n\nb\n", 13, "a ", "no %BLOCK%");
}

/* A line of the longest length is read, one byte more is refused, in one piece and in many. */
static void test_limit(void)
{
        g_autofree char *path = g_strnfill(OMG_LIMIT_PATH, 'p');
        g_autofree char *good = g_strdup_printf("%%FILES%%\n%s\n", path);
        g_autofree char *bad = g_strdup_printf("%%FILES%%\n%sp\n", path);

        for (gsize piece = 1; piece < 10000; piece += 4999) {
                g_autoptr(GError) error = NULL, refused = NULL;
                g_autofree char *read = read_text(good, strlen(good), piece, &error);
                g_assert_no_error(error);
                g_assert_cmpuint(strlen(read), ==, OMG_LIMIT_PATH + 1);
                g_autofree char *none = read_text(bad, strlen(bad), piece, &refused);
                g_assert_error(refused, OMG_ERROR, OMG_ERROR_DATABASE_CORRUPT);
                g_assert_cmpstr(none, ==, "");
        }
}

/* Names of folders are split where libalpm splits them. */
static void test_split(void)
{
        static const struct {
                const char *folder;
                gsize name;
        } rows[] = {
                {"zlib-1.2-1", 4}, {"a-b-c-1:2-3.1", 5}, {"x-1-1", 1},
                {"-1-1", 0},       {"a-1", 0},           {"a", 0},
                {"", 0},           {"a--", 1},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
                gsize name = 0;
                gboolean split =
                        omg_files_list_split_folder(rows[i].folder, strlen(rows[i].folder), &name);
                g_assert_true(split == (rows[i].name > 0));
                g_assert_cmpuint(name, ==, rows[i].name);
        }
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/files-list/paths", test_paths);
        g_test_add_func("/files-list/empty", test_empty);
        g_test_add_func("/files-list/damage", test_damage);
        g_test_add_func("/files-list/limit", test_limit);
        g_test_add_func("/files-list/split", test_split);
        return g_test_run();
}
