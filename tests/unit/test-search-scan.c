/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/search-scan.h"

#include <fnmatch.h>
#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "fixture.h"

#define CONF "[options]\n[core]\n[extra]\n[hidden]\nUsage = Install\n"

static const FixturePackage sync_packages[] = {
        {"core", "bash", "5.2-1", "The shell", "base", .relations = "P:sh"},
        {"core", "Firefox", "1-1", "Browser", "web"},
        {"core", "lib", "2-1", "Library of lib", NULL},
        {"extra", "firefox-i18n", "1-1", "Language packs", "web i18n"},
        {"extra", "lib", "3-1", "Newer lib", NULL},
        {"extra", "dash", "1-1", "Another shell", "base", .relations = "P:sh=1"},
        {"extra", "old-fire", "2-1", "Burns", NULL},
        {"hidden", "hiddenfire", "1-1", "Not searched", "web"},
        {},
};
static const FixturePackage local_packages[] = {
        {NULL, "bash", "5.1-1", "The shell", .relations = "P:sh"},
        {NULL, "old-fire", "1-1", "Burns"},
        {NULL, "own-shell", "1-1", "Mine", "web", .relations = "P:sh=7"},
        {},
};

/* "name " of each row, in the view's repository: "repository/name:rank ". */
static char *scan(const OmgSearchParams *params)
{
        g_autoptr(OmgSnapshot) s = fixture_snapshot(sync_packages, local_packages, CONF);
        g_autoptr(GError) error = NULL;
        g_autoptr(GArray) rows = omg_search_scan(s, params, NULL, &error);
        GString *text = g_string_new(NULL);

        g_assert_no_error(error);
        for (guint i = 0; i < rows->len; i++) {
                OmgRow row = g_array_index(rows, OmgRow, i);
                OmgPackageView view;
                omg_row_view(s, row, &view);
                g_string_append_printf(text, "%s/%s:%u ", view.repository, view.name, row.rank);
        }
        return g_string_free(text, FALSE);
}

static void assert_rows(OmgSearchParams params, const char *expected)
{
        g_autofree char *text = scan(&params);

        g_assert_cmpstr(text, ==, expected);
}

#define ASK(m, q, ...) ((OmgSearchParams){.mode = OMG_SEARCH_MODE_##m, .query = (q), __VA_ARGS__})

/* The whole name, whatever the case; by length, repository, name. */
static void test_glob(void)
{
        assert_rows(ASK(GLOB, "FIRE*"), "core/Firefox:0 extra/firefox-i18n:0 ");
        assert_rows(ASK(GLOB, "l?b"), "core/lib:0 extra/lib:0 ");
        assert_rows(ASK(GLOB, "lib"), "core/lib:0 extra/lib:0 ");
        assert_rows(ASK(GLOB, "[a-d]ash"), "core/bash:0 extra/dash:0 ");
        assert_rows(ASK(GLOB, "*fire"), "extra/old-fire:0 ");
        assert_rows(ASK(GLOB, "own*"), "local/own-shell:0 ");
        assert_rows(ASK(GLOB, ""), "");
        assert_rows(ASK(GLOB, "*sh*", .sort = OMG_SEARCH_SORT_NAME),
                    "core/bash:0 extra/dash:0 local/own-shell:0 ");
}

/* In name or description; where it matches decides the rank. */
static void test_regex(void)
{
        assert_rows(ASK(REGEX, "fire"), "core/Firefox:1 extra/firefox-i18n:1 extra/old-fire:2 ");
        assert_rows(ASK(REGEX, "^lib$|^the"), "core/lib:0 extra/lib:0 core/bash:4 ");
        assert_rows(ASK(REGEX, "ash"), "core/bash:3 extra/dash:3 ");
        assert_rows(ASK(REGEX, "a.*shell"), "extra/dash:4 ");
}

/* Every option leaves out the same rows as in the other modes. */
static void test_filters(void)
{
        const char *const extra[] = {"extra", NULL}, *const hidden[] = {"hidden", NULL};
        const char *const local[] = {"local", NULL};

        assert_rows(ASK(GLOB, "*sh*", .installed = OMG_SEARCH_ONLY_INSTALLED),
                    "core/bash:0 local/own-shell:0 ");
        assert_rows(ASK(GLOB, "*sh*", .installed = OMG_SEARCH_ONLY_OTHERS), "extra/dash:0 ");
        assert_rows(ASK(GLOB, "*sh*", .skip_local = TRUE), "core/bash:0 extra/dash:0 ");
        assert_rows(ASK(GLOB, "*sh*", .skip_repo = TRUE), "local/own-shell:0 ");
        assert_rows(ASK(GLOB, "*", .repositories = extra, .sort = OMG_SEARCH_SORT_NAME),
                    "extra/dash:0 extra/firefox-i18n:0 extra/lib:0 extra/old-fire:0 ");
        assert_rows(ASK(GLOB, "*fire*", .repositories = hidden), "hidden/hiddenfire:0 ");
        assert_rows(ASK(GLOB, "*", .repositories = local), "local/own-shell:0 ");
        assert_rows(ASK(GROUP, "web", .repositories = hidden), "hidden/hiddenfire:0 ");
}

/* Repositories as they are, and what is installed where they have nothing; installed alone is the
 * machine as it is. */
static void test_provides(void)
{
        const char *const extra[] = {"extra", NULL};

        assert_rows(ASK(PROVIDES, "sh"), "core/bash:1 extra/dash:1 local/own-shell:1 ");
        assert_rows(ASK(PROVIDES, "sh>=1"), "extra/dash:1 local/own-shell:1 ");
        assert_rows(ASK(PROVIDES, "lib>2"), "extra/lib:0 ");
        assert_rows(ASK(PROVIDES, "old-fire<2"), "extra/old-fire:0 ");
        assert_rows(ASK(PROVIDES, "old-fire<2", .installed = OMG_SEARCH_ONLY_OTHERS), "");
        assert_rows(ASK(PROVIDES, "old-fire>=2", .installed = OMG_SEARCH_ONLY_INSTALLED), "");
        assert_rows(ASK(PROVIDES, "old-fire>=1", .installed = OMG_SEARCH_ONLY_INSTALLED),
                    "extra/old-fire:0 ");
        assert_rows(ASK(PROVIDES, "sh", .installed = OMG_SEARCH_ONLY_INSTALLED),
                    "core/bash:1 local/own-shell:1 ");
        assert_rows(ASK(PROVIDES, "sh", .repositories = extra), "extra/dash:1 ");
        assert_rows(ASK(PROVIDES, "sh", .skip_repo = TRUE), "local/own-shell:1 ");
        assert_rows(ASK(PROVIDES, "sh", .skip_local = TRUE), "core/bash:1 extra/dash:1 ");
        assert_rows(ASK(PROVIDES, "hiddenfire"), "");
        assert_rows(ASK(PROVIDES, "lib.so=1"), "");
}

/* Exactly that group. */
static void test_group(void)
{
        assert_rows(ASK(GROUP, "web"), "core/Firefox:0 local/own-shell:0 extra/firefox-i18n:0 ");
        assert_rows(ASK(GROUP, "we"), "");
        assert_rows(ASK(GROUP, "base", .installed = OMG_SEARCH_ONLY_OTHERS), "extra/dash:0 ");
}

static void assert_fails(OmgSearchParams params, OmgError code, const char *reason)
{
        g_autoptr(OmgSnapshot) s = fixture_snapshot(sync_packages, local_packages, CONF);
        g_autoptr(GError) error = NULL;

        g_assert_null(omg_search_scan(s, &params, NULL, &error));
        g_assert_error(error, OMG_ERROR, (gint)code);
        g_assert_nonnull(strstr(error->message, reason));
}

static gboolean is_cancelled(gconstpointer userdata)
{
        return TRUE;
}

/* Bad queries and interrupted work. */
static void test_errors(void)
{
        g_autofree char *longer = g_strnfill(OMG_LIMIT_QUERY + 1, 'a');
        g_autoptr(OmgSnapshot) s = fixture_snapshot(sync_packages, local_packages, CONF);
        g_autoptr(OmgSnapshot) bare = fixture_snapshot(NULL, local_packages, CONF);
        OmgInterrupt interrupt = {is_cancelled, NULL};
        g_autoptr(GError) error = NULL;

        assert_fails(ASK(GLOB, longer), OMG_ERROR_INVALID_ARGS, "the limit is 500");
        assert_fails(ASK(GLOB, "\xff"), OMG_ERROR_INVALID_ARGS, "UTF-8");
        assert_fails(ASK(REGEX, "(a"), OMG_ERROR_INVALID_ARGS, "at char 2");
        g_assert_null(omg_search_scan(s, &ASK(GLOB, "*"), &interrupt, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_CANCELLED);
        g_clear_error(&error);
        g_assert_null(omg_search_scan(bare, &ASK(GLOB, "*"), NULL, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE);
}

/* An expression that stays below the limit for each text, but not for all together, ends in time.
 */
static void test_time_limit(void)
{
        enum { N = 2000 };
        g_autoptr(GArray) packages = g_array_new(TRUE, TRUE, sizeof(FixturePackage));
        g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
        g_autofree char *description = g_strnfill(2000, 'a');
        g_autoptr(GError) error = NULL;

        for (guint i = 0; i < N; i++) {
                g_ptr_array_add(names, g_strdup_printf("n%u", i));
                FixturePackage p = {"core", g_ptr_array_index(names, i), "1-1", description};
                g_array_append_val(packages, p);
        }
        g_autoptr(OmgSnapshot) s =
                fixture_snapshot((const FixturePackage *)(gpointer)packages->data, NULL, CONF);
        gint64 begin = g_get_monotonic_time();
        g_assert_null(omg_search_scan(s, &ASK(REGEX, "a.?.?.?.?.?[0-9]"), NULL, &error));
        gint64 took = g_get_monotonic_time() - begin;
        g_assert_error(error, OMG_ERROR, OMG_ERROR_TIMEOUT);
        g_test_message("%s, after %" G_GINT64_FORMAT " us", error->message, took);
        g_assert_cmpint(took, <, 5 * (gint64)OMG_LIMIT_SCAN_MSEC * 1000);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/search-scan/glob", test_glob);
        g_test_add_func("/search-scan/regex", test_regex);
        g_test_add_func("/search-scan/filters", test_filters);
        g_test_add_func("/search-scan/provides", test_provides);
        g_test_add_func("/search-scan/group", test_group);
        g_test_add_func("/search-scan/errors", test_errors);
        g_test_add_func("/search-scan/time-limit", test_time_limit);
        return g_test_run();
}
