/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/osv-names.h"

#include <glib/gstdio.h>
#include <string.h>

#include "base/ecosystem.h"
#include "base/error.h"

static OmgOsvNames *make(const char *first, const char *second, guint *ret_index, GError **error)
{
        g_autoptr(GBytes) a = g_bytes_new(first, strlen(first));
        g_autoptr(GBytes) b = second ? g_bytes_new(second, strlen(second)) : NULL;
        GBytes *const texts[] = {a, b};

        return omg_osv_names_new(texts, second ? 2 : 1, ret_index, error);
}

/* "PyPI/requests npm/x" or "". */
static void assert_targets(const OmgOsvNames *names, const char *package, const char *expected)
{
        g_autoptr(GString) buffer = g_string_new(NULL), found = g_string_new(NULL);
        OmgOsvTarget targets[OMG_LIMIT_OSV_TARGETS];
        guint n = omg_osv_names_find(names, package, buffer, targets);

        for (guint i = 0; i < n; i++)
                g_string_append_printf(found, "%s%s/%s", i > 0 ? " " : "", targets[i].ecosystem,
                                       targets[i].name);
        if (strcmp(found->str, expected) != 0) {
                g_test_message("%s: %s, not %s", package, found->str, expected);
                g_test_fail();
        }
}

/* Whole names before prefixes, longer prefixes before shorter ones, the user's before omgd's. */
static void test_rules(void)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(OmgOsvNames) names = make(
                "[Prefixes]\npython-=PyPI\nnodejs-=npm\nnodejs-lts-=\nhaskell-=Hackage\n"
                "[Packages]\npython-yaml=PyPI:PyYAML\nlib+c@1.d=npm:@a/b;crates:c\n"
                "python-none=\n[Runtimes]\ngo=Go:stdlib;Go:toolchain\n",
                "[Prefixes]\nmy-=RubyGems\nhaskell-=\n[Packages]\npython-yaml=PyPI:Other_One\n",
                NULL, &error);
        OmgOsvTarget targets[OMG_LIMIT_OSV_TARGETS];

        g_assert_no_error(error);
        assert_targets(names, "python-requests", "PyPI/requests");
        assert_targets(names, "python-Zope.Interface_x", "PyPI/zope-interface-x");
        assert_targets(names, "python-yaml", "PyPI/other-one");
        assert_targets(names, "python-none", "");
        assert_targets(names, "python-", "");
        assert_targets(names, "python", "");
        assert_targets(names, "nodejs-lts-hydrogen", "");
        assert_targets(names, "nodejs-JSONStream", "npm/JSONStream");
        assert_targets(names, "haskell-http", "");
        assert_targets(names, "my-rails", "RubyGems/rails");
        assert_targets(names, "lib+c@1.d", "npm/@a/b " OMG_ECOSYSTEM_RUST "/c");
        assert_targets(names, "go", "");
        g_assert_cmpuint(omg_osv_names_find_runtime(names, "go", targets), ==, 2);
        g_assert_cmpstr(targets[1].name, ==, "toolchain");
        g_assert_cmpuint(omg_osv_names_find_runtime(names, "perl", targets), ==, 0);
}

/* What is wrong is said with its place; OSV would refuse whole batches for it. */
static void test_refused(void)
{
        g_autoptr(GString) many = g_string_new("[Packages]\na=");
        g_autofree char *large = g_strnfill(OMG_LIMIT_OSV_NAMES_FILE + 1, '#');
        const struct {
                const char *text, *what;
        } cases[] = {
                {"[Prefixes]\nx-=pypi\n", "[Prefixes] x-: is no ecosystem"},
                {"[Packages]\na=PyPI\n", "[Packages] a: is no Ecosystem:name"},
                {"[Packages]\na=PyPI:\n", "[Packages] a: is no Ecosystem:name"},
                {"[Packages]\na=PyPI:x y\n", "[Packages] a: is no Ecosystem:name"},
                {"[Packages]\na=Arch Linux:x\n", "[Packages] a: is no Ecosystem:name"},
                {"[Packages]\na=PyPI:x;npm\n", "[Packages] a: is no Ecosystem:name"},
                {"[Runtimes]\ngo=stdlib\n", "[Runtimes] go: is no Ecosystem:name"},
                {"[Other]\n", "[Other] "},
                {"x=y\n", "group"},
                {"[Packages\n", "group"},
                {NULL, "[Packages] a: has too many names"},
                {large, "too long"},
        };

        for (guint i = 0; i <= OMG_LIMIT_OSV_TARGETS; i++)
                g_string_append(many, "npm:x;");
        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autoptr(GError) error = NULL;
                const char *text = cases[i].text ? cases[i].text : many->str;
                guint index = 7;
                g_assert_null(make("[Prefixes]\n", text, &index, &error));
                g_assert_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS);
                g_assert_cmpuint(index, ==, 1);
                if (!strstr(error->message, cases[i].what)) {
                        g_test_message("%s: %s", text, error->message);
                        g_test_fail();
                }
        }
}

/* A file that is not there is none; a broken one is named. */
static void test_load(void)
{
        g_autofree char *folder = g_dir_make_tmp(NULL, NULL);
        g_autofree char *path = g_build_filename(folder, "osv-names.conf", NULL);
        g_autofree char *gone = g_build_filename(folder, "gone", NULL);
        const char *const paths[] = {gone, path, NULL}, *const none[] = {gone, NULL};
        g_autoptr(GError) error = NULL;
        g_autoptr(OmgOsvNames) empty = omg_osv_names_load(none, &error);

        g_assert_no_error(error);
        assert_targets(empty, "python-requests", "");
        g_assert_true(g_file_set_contents(path, "[Prefixes]\npython-=PyPI\n", -1, NULL));
        g_autoptr(OmgOsvNames) names = omg_osv_names_load(paths, &error);
        g_assert_no_error(error);
        assert_targets(names, "python-requests", "PyPI/requests");
        g_assert_true(g_file_set_contents(path, "[Prefixes]\npython-=x\n", -1, NULL));
        g_assert_null(omg_osv_names_load(paths, &error));
        g_assert_nonnull(strstr(error->message, path));
        g_clear_error(&error);
        (void)g_remove(path);
        g_assert_cmpint(g_mkdir(path, 0700), ==, 0);
        g_assert_null(omg_osv_names_load(paths, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE);
        (void)g_rmdir(path);
        (void)g_rmdir(folder);
}

/* The installed file: what the issue names, and that each of its names is another than its rule's.
 */
static void test_installed(void)
{
        g_autofree char *path =
                g_test_build_filename(G_TEST_DIST, "..", "..", "data", "osv-names.conf", NULL);
        const char *const paths[] = {path, NULL};
        g_autoptr(GError) error = NULL;
        g_autoptr(OmgOsvNames) names = omg_osv_names_load(paths, &error);
        static const char *const runtimes[] = {"node", "python", "go", "rust",
                                               "ruby", "java",   "bun"};
        OmgOsvTarget targets[OMG_LIMIT_OSV_TARGETS];

        g_assert_no_error(error);
        assert_targets(names, "python-requests", "PyPI/requests");
        assert_targets(names, "python-yaml", "PyPI/pyyaml");
        assert_targets(names, "python-pillow", "PyPI/pillow");
        assert_targets(names, "python-dateutil", "PyPI/python-dateutil");
        assert_targets(names, "ruby-nokogiri", "RubyGems/nokogiri");
        assert_targets(names, "haskell-aeson", "Hackage/aeson");
        assert_targets(names, "haskell-http", "Hackage/HTTP");
        assert_targets(names, "nodejs-nopt", "npm/nopt");
        assert_targets(names, "nodejs-lts-iron", "");
        assert_targets(names, "openssl", "");
        for (gsize i = 0; i < G_N_ELEMENTS(runtimes); i++)
                g_assert_cmpuint(omg_osv_names_find_runtime(names, runtimes[i], targets), >, 0);
}

static void test_may_ask(void)
{
        g_assert_true(omg_osv_names_may_ask("core", FALSE));
        g_assert_true(omg_osv_names_may_ask("extra-testing", FALSE));
        g_assert_true(omg_osv_names_may_ask("multilib", FALSE));
        g_assert_true(omg_osv_names_may_ask(NULL, TRUE));
        g_assert_false(omg_osv_names_may_ask(NULL, FALSE));
        g_assert_false(omg_osv_names_may_ask("chaotic-aur", FALSE));
        g_assert_false(omg_osv_names_may_ask("chaotic-aur", TRUE));
        g_assert_false(omg_osv_names_may_ask("company", TRUE));
        g_assert_false(omg_osv_names_may_ask("", TRUE));
}

static void test_versions(void)
{
        static const char *const cases[][2] = {
                {"1.2-3", "1.2"},
                {"1:1.2-3", "1.2"},
                {"12:1.2-3.1", "1.2"},
                {"1.2", "1.2"},
                {"1.2-rc1-3", "1.2-rc1"},
                {"x:1-1", "x:1"},
                {"1:1", "1"},
                {"", ""},
                {"-1", ""},
                {":1-1", "1"},
                {"5", "5"},
        };
        g_autoptr(GString) buffer = g_string_new("x");

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
                g_assert_cmpstr(omg_osv_upstream_version(cases[i][0], buffer), ==, cases[i][1]);
        g_assert_cmpstr(omg_osv_runtime_version("Go", "1.18", buffer), ==, "1.18.0");
        g_assert_cmpstr(omg_osv_runtime_version("Go", "1.18.3", buffer), ==, "1.18.3");
        g_assert_cmpstr(omg_osv_runtime_version("Go", "1.21rc2", buffer), ==, "1.21rc2");
        g_assert_cmpstr(omg_osv_runtime_version("Bitnami", "21", buffer), ==, "21.0.0");
        g_assert_cmpstr(omg_osv_runtime_version("PyPI", "3", buffer), ==, "3");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/osv-names/rules", test_rules);
        g_test_add_func("/osv-names/refused", test_refused);
        g_test_add_func("/osv-names/load", test_load);
        g_test_add_func("/osv-names/installed", test_installed);
        g_test_add_func("/osv-names/may-ask", test_may_ask);
        g_test_add_func("/osv-names/versions", test_versions);
        return g_test_run();
}
