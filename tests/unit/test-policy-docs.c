/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The man page policy.toml(5) and the example policy.toml name every key once, and no others; what
 * they give as presets are those. */
#include <glib.h>
#include <string.h>

#include "sources/policy.h"

static char *read_document(const char *name)
{
        g_autofree char *path = g_test_build_filename(G_TEST_DIST, "..", "..", "docs", name, NULL);
        g_autoptr(GError) error = NULL;
        char *text;

        g_file_get_contents(path, &text, NULL, &error);
        g_assert_no_error(error);
        return text;
}

static OmgPolicy *parse(const char *text)
{
        g_autoptr(GBytes) bytes = g_bytes_new_static(text, strlen(text));
        g_autoptr(GError) error = NULL;
        OmgPolicy *policy = omg_policy_parse("policy.toml", bytes, &error);

        g_assert_no_error(error);
        return policy;
}

/* Each match is a heading (1) or a key (2) with its value (3). Returns the lines "key = value" of
 * those before a heading, and takes all keys off @keys. */
static char *find_keys(const char *text, const char *pattern, GHashTable *keys)
{
        g_autoptr(GRegex) regex = g_regex_new(pattern, G_REGEX_MULTILINE, 0, NULL);
        g_autoptr(GMatchInfo) match = NULL;
        GString *presets = g_string_new(NULL);
        gboolean is_rule = FALSE;

        g_assert_nonnull(regex);
        for ((void)g_regex_match(regex, text, 0, &match); g_match_info_matches(match);
             (void)g_match_info_next(match, NULL)) {
                g_autofree char *heading = g_match_info_fetch(match, 1);
                g_autofree char *name = g_match_info_fetch(match, 2);
                g_autofree char *value = g_match_info_fetch(match, 3);
                g_autofree char *full = g_strconcat(is_rule ? "ignore." : "", name, NULL);

                if (*heading != '\0') {
                        g_assert_cmpstr(heading, ==, "ignore");
                        is_rule = TRUE;
                        continue;
                }
                if (!g_hash_table_remove(keys, full))
                        g_error("%s is no key, or named twice", full);
                if (!is_rule)
                        g_string_append_printf(presets, "%s = %s\n", name, value);
        }
        return g_string_free(presets, FALSE);
}

static void check_document(const char *text, const char *pattern)
{
        g_autoptr(GHashTable) keys = g_hash_table_new(g_str_hash, g_str_equal);
        g_autoptr(OmgPolicy) none = omg_policy_new();
        g_autoptr(OmgPolicy) policy = NULL;
        g_autofree char *presets = NULL;

        for (const char *const *key = omg_policy_list_keys(); *key; key++)
                g_hash_table_add(keys, (gpointer)*key);
        presets = find_keys(text, pattern, keys);
        g_assert_cmpuint(g_hash_table_size(keys), ==, 0);
        policy = parse(presets);
        g_assert_cmpint(policy->minimum_grade, ==, none->minimum_grade);
        g_assert_cmpint(policy->allow_aur, ==, none->allow_aur);
        g_assert_cmpint(policy->allow_maintainer_change, ==, none->allow_maintainer_change);
        g_assert_cmpuint(policy->trusted_maintainers->len, ==, 0);
        g_assert_cmpint(policy->require_pgp, ==, none->require_pgp);
        g_assert_cmpuint(policy->allowed_licenses->len, ==, 0);
        g_assert_cmpuint(policy->banned_packages->len, ==, 0);
}

static char *replace(const char *text, const char *old, const char *new)
{
        g_auto(GStrv) parts = g_strsplit(text, old, -1);

        return g_strjoinv(new, parts);
}

static void test_man_page(void)
{
        g_autofree char *text = read_document("policy.toml.5");
        g_autofree char *plain = replace(text, "\\-", "-");
        g_autofree char *quoted = replace(plain, "\\(dq", "\"");
        const char *example = strstr(quoted, ".RS\nminimum_grade");
        const char *end = example ? strstr(example, ".RE\n") : NULL;
        g_autofree char *file = NULL;
        g_autoptr(OmgPolicy) policy = NULL;

        check_document(quoted, "^\\.SS \\[\\[([^]]+)\\]\\]$|^\\.BR (\\S+) \" = \" (\\S+)$");
        g_assert_nonnull(end);
        file = g_strndup(example + strlen(".RS\n"), (gsize)(end - example) - strlen(".RS\n"));
        policy = parse(file);
        g_assert_cmpuint(policy->ignores->len, ==, 1);
}

/* As it is shipped it says nothing; without its comment signs it is a file that will do. */
static void test_example(void)
{
        g_autofree char *text = read_document("policy.toml");
        g_autoptr(GRegex) signs = g_regex_new("^#(?! )", G_REGEX_MULTILINE, 0, NULL);
        g_autofree char *bare = g_regex_replace_literal(signs, text, -1, 0, "", 0, NULL);
        g_autoptr(OmgPolicy) shipped = parse(text);
        g_autoptr(OmgPolicy) whole = parse(bare);

        check_document(text, "^#\\[\\[([^]]+)\\]\\]$|^#(\\S+) = (.*)$");
        g_assert_cmpuint(shipped->ignores->len, ==, 0);
        g_assert_cmpuint(whole->ignores->len, ==, 1);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/policy-docs/man-page", test_man_page);
        g_test_add_func("/policy-docs/example", test_example);
        return g_test_run();
}
