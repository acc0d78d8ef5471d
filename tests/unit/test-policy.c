/* SPDX-License-Identifier: GPL-3.0-or-later */
/* policy.toml: what it can say, what is refused, and where. */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/glob.h"
#include "base/limits-policy.h"
#include "sources/policy.h"

static OmgPolicy *parse(const char *text, GError **error)
{
        g_autoptr(GBytes) bytes = g_bytes_new_static(text, strlen(text));

        return omg_policy_parse("/p.toml", bytes, error);
}

static OmgPolicy *parse_good(const char *text)
{
        g_autoptr(GError) error = NULL;
        OmgPolicy *policy = parse(text, &error);

        g_assert_no_error(error);
        return policy;
}

static void assert_refused(const char *text, const char *message)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *whole = g_strconcat("/p.toml: ", message, NULL);

        g_assert_null(parse(text, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_POLICY_INVALID);
        g_assert_cmpstr(error->message, ==, whole);
}

static void test_presets(void)
{
        g_autoptr(OmgPolicy) none = omg_policy_new();
        g_autoptr(OmgPolicy) empty = parse_good("# nothing\n");

        for (int i = 0; i < 2; i++) {
                const OmgPolicy *policy = i == 0 ? none : empty;

                g_assert_cmpint(policy->minimum_grade, ==, OMG_GRADE_COMMUNITY);
                g_assert_true(policy->allow_aur);
                g_assert_true(policy->allow_maintainer_change);
                g_assert_cmpuint(policy->trusted_maintainers->len, ==, 0);
                g_assert_false(omg_policy_trusts_maintainer(policy, ""));
                g_assert_false(policy->require_pgp);
                g_assert_cmpuint(policy->allowed_licenses->len, ==, 0);
                g_assert_cmpuint(policy->banned_packages->len, ==, 0);
                g_assert_cmpuint(policy->ignores->len, ==, 0);
        }
        g_assert_cmpstr(none->digest, ==, "");
        g_assert_cmpuint(strlen(empty->digest), ==, 64);
}

/* Every key, each with another value than its preset. */
static void test_all_keys(void)
{
        g_autoptr(OmgPolicy) policy = parse_good(
                "minimum_grade = \"Verified\"\n"
                "allow_aur = false\n"
                "allow_maintainer_change = false\n"
                "trusted_maintainers = ['jguer', \"morgan-amilo_2.x\"]\n"
                "require_pgp = true\n"
                "allowed_licenses = [\"MIT\", 'GPL-3.0-or-later', # more\n  \"Apache-2.0\",]\n"
                "banned_packages = [\"telnet\", \"*-nightly\"]\n"
                "[[ignore]]\n"
                "id = \"AVG-2765\"\n"
                "package = \"openssl\"\n"
                "reason = \"the \\u00e9ngine is not used\"\n"
                "expires = 2027-03-31\n"
                "[[ignore]]\n"
                "id = \"CVE-2022-3602\"\n"
                "reason = \"not reachable\"\n");
        const OmgPolicyIgnore *rule;

        g_assert_cmpint(policy->minimum_grade, ==, OMG_GRADE_VERIFIED);
        g_assert_false(policy->allow_aur);
        g_assert_false(policy->allow_maintainer_change);
        g_assert_true(omg_policy_trusts_maintainer(policy, "jguer"));
        g_assert_true(omg_policy_trusts_maintainer(policy, "morgan-amilo_2.x"));
        g_assert_false(omg_policy_trusts_maintainer(policy, "Jguer"));
        g_assert_false(omg_policy_trusts_maintainer(policy, "eve"));
        g_assert_false(omg_policy_trusts_maintainer(policy, ""));
        g_assert_true(policy->require_pgp);
        g_assert_cmpuint(policy->allowed_licenses->len, ==, 3);
        g_assert_cmpstr(policy->allowed_licenses->pdata[1], ==, "GPL-3.0-or-later");
        g_assert_cmpuint(policy->banned_packages->len, ==, 2);
        g_assert_cmpstr(policy->banned_packages->pdata[1], ==, "*-nightly");
        g_assert_cmpuint(policy->ignores->len, ==, 2);
        rule = policy->ignores->pdata[0];
        g_assert_cmpstr(rule->id, ==, "AVG-2765");
        g_assert_cmpstr(rule->package, ==, "openssl");
        g_assert_cmpstr(rule->reason, ==, "the éngine is not used");
        g_assert_cmpstr(rule->expires, ==, "2027-03-31");
        g_assert_cmpuint(rule->until_usec, ==, G_GUINT64_CONSTANT(1806537600) * G_USEC_PER_SEC);
        rule = policy->ignores->pdata[1];
        g_assert_null(rule->package);
        g_assert_null(rule->expires);
        g_assert_cmpuint(rule->until_usec, ==, G_MAXUINT64);
}

static void test_grades(void)
{
        for (OmgGrade grade = 0; grade < OMG_N_GRADES; grade++) {
                g_autofree char *text =
                        g_strdup_printf("minimum_grade = '%s'", omg_grade_get_name(grade));
                g_autoptr(OmgPolicy) policy = parse_good(text);

                g_assert_cmpint(policy->minimum_grade, ==, grade);
        }
        assert_refused("\nminimum_grade = \"verified\"\n",
                       "line 2, column 17: minimum_grade: \"verified\" is none of Risk, Community, "
                       "Verified and Locked");
}

/* A mistyped key must not pass for a policy that forbids nothing. */
static void test_unknown_keys(void)
{
        assert_refused("allow_aur = true\nbanned_package = [\"telnet\"]\n",
                       "line 2, column 18: there is no key \"banned_package\"");
        assert_refused("[policy]\nallow_aur = true\n",
                       "line 1, column 9: there is no key \"policy\"");
        assert_refused("[[ignore]]\nid = \"AVG-1\"\nreason = \"x\"\nallow_aur = false\n",
                       "line 4, column 13: there is no key \"allow_aur\" in [[ignore]]; what is "
                       "for the whole file stands before the first one");
        assert_refused("\"\\u001b[31m\" = 1\n", "line 1, column 16: there is no key \"[31m\"");
}

static void test_types(void)
{
        assert_refused("allow_aur = \"no\"\n",
                       "line 1, column 13: allow_aur: is a string, not true or false");
        assert_refused("minimum_grade = 2\n",
                       "line 1, column 17: minimum_grade: is a whole number, not a string");
        assert_refused("banned_packages = \"telnet\"\n",
                       "line 1, column 19: banned_packages: is a string, not an array");
        assert_refused("allowed_licenses = [\"MIT\", 3]\n",
                       "line 1, column 28: allowed_licenses: has a whole number in it, not only "
                       "strings");
        assert_refused("[ignore]\nid = \"AVG-1\"\n",
                       "line 1, column 9: ignore: is a table, not an array");
        assert_refused("ignore = [3]\n",
                       "line 1, column 11: ignore: is no array of tables: [[ignore]]");
        assert_refused("[[ignore]]\nid = \"AVG-1\"\nreason = \"x\"\nexpires = \"2027-03-31\"\n",
                       "line 4, column 11: ignore.expires: is a string, not a time");
}

static void test_syntax(void)
{
        assert_refused("allow_aur = \nrequire_pgp = true\n",
                       "line 1, column 13: a value is expected here");
        assert_refused("allow_aur = true\nallow_aur = false\n",
                       "line 2, column 11: \"allow_aur\" is defined twice");
}

static void test_patterns(void)
{
        static const struct {
                const char *pattern, *reason;
        } cases[] = {
                {"telnet", NULL},
                {"*", NULL},
                {"lib32-*", NULL},
                {"[a-z]?q@.+_[!]x]", NULL},
                {"a[-z]", NULL},
                {"", "is empty"},
                {"a[b", "has a \"[\" without a \"]\""},
                {"a[]", "has a \"[\" without a \"]\""},
                {"[z-a]", "has a range that goes backwards"},
                {"[a\\]]", "has a \"\\\" or \"[\" within \"[...]\""},
                {"a b", "has a character that is in no package's name"},
                {"core/glibc", "has a character that is in no package's name"},
                {"a\\", "has a character that is in no package's name"},
                {"telnet,ftp", "has a character that is in no package's name"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                const char *reason = NULL;

                g_assert_cmpint(omg_policy_check_pattern(cases[i].pattern, &reason), ==,
                                cases[i].reason == NULL);
                g_assert_cmpstr(reason, ==, cases[i].reason);
        }
        assert_refused("banned_packages = [\"a\",\n 'b[c']\n",
                       "line 2, column 2: banned_packages: \"b[c\" has a \"[\" without a \"]\"");
        assert_refused("[[ignore]]\npackage = \"a b\"\nreason = \"x\"\n",
                       "line 2, column 11: ignore.package: \"a b\" has a character that is in no "
                       "package's name");
}

static void test_rules(void)
{
        assert_refused("[[ignore]]\nreason = \"x\"\n",
                       "line 1, column 11: ignore: has neither id nor package");
        assert_refused("[[ignore]]\nid = \"AVG-1\"\n", "line 1, column 11: ignore: has no reason");
        assert_refused("[[ignore]]\nid = \"AVG-1\"\nreason = \"\"\n",
                       "line 3, column 10: ignore.reason: is empty");
        assert_refused("[[ignore]]\npackage = \"nginx\"\nreason = \"x\"\n",
                       "line 1, column 11: ignore: without an id it covers what nobody knows yet, "
                       "so it needs a day in expires");
        assert_refused("[[ignore]]\nid = \"CVE-2022-*\"\nreason = \"x\"\n",
                       "line 2, column 6: ignore.id: \"CVE-2022-*\" is no advisory's id, such as "
                       "AVG-2843 or CVE-2022-3602; it is no pattern");
}

static void test_days(void)
{
        static const char *const times[] = {
                "2027-03-31T12:00:00Z", "2027-03-31T12:00:00", "12:00:00",
                "1901-01-01",           "9999-12-31",
        };

        for (gsize i = 0; i < G_N_ELEMENTS(times); i++) {
                g_autofree char *text = g_strdup_printf(
                        "[[ignore]]\nid = \"AVG-1\"\nreason = \"x\"\nexpires = %s\n", times[i]);

                assert_refused(text, "line 4, column 11: ignore.expires: is no day, such as "
                                     "2027-03-31");
        }
}

/* Each limit: what is as long as it may be passes, one more does not. */
static void test_limits(void)
{
        static const struct {
                const char *before, *after;
                guint most;
        } texts[] = {
                {"banned_packages = [\"", "\"]", OMG_LIMIT_POLICY_PATTERN},
                {"allowed_licenses = [\"LicenseRef-", "\"]",
                 OMG_LIMIT_POLICY_LICENCE - strlen("LicenseRef-")},
                {"trusted_maintainers = [\"", "\"]", OMG_LIMIT_POLICY_USER},
                {"[[ignore]]\nreason = \"x\"\nid = \"", "\"", OMG_LIMIT_POLICY_ID},
                {"[[ignore]]\nid = \"AVG-1\"\nreason = \"", "\"", OMG_LIMIT_POLICY_REASON},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
                g_autofree char *most = g_strnfill(texts[i].most, 'A');
                g_autofree char *good = g_strconcat(texts[i].before, most, texts[i].after, NULL);
                g_autofree char *bad =
                        g_strconcat(texts[i].before, most, "A", texts[i].after, NULL);
                g_autoptr(OmgPolicy) policy = parse_good(good);

                g_assert_nonnull(policy);
                g_autoptr(GError) error = NULL;

                g_assert_null(parse(bad, &error));
                g_assert_error(error, OMG_ERROR, OMG_ERROR_POLICY_INVALID);
                g_assert_nonnull(strstr(error->message, "is longer than "));
        }
}

static char *repeat(const char *before, const char *each, guint n, const char *after)
{
        GString *text = g_string_new(before);

        for (guint i = 0; i < n; i++)
                g_string_append(text, each);
        return g_string_free(g_string_append(text, after), FALSE);
}

static void test_entries(void)
{
        static const struct {
                const char *before, *each, *after, *message;
        } lists[] = {
                {"banned_packages = [", "\"a\",", "]",
                 "line 1, column 19: banned_packages: has more than 1000 entries"},
                {"allowed_licenses = [", "\"MIT\",", "]",
                 "line 1, column 20: allowed_licenses: has more than 1000 entries"},
                {"trusted_maintainers = [", "\"a\",", "]",
                 "line 1, column 23: trusted_maintainers: has more than 1000 entries"},
                {"", "[[ignore]]\nid='A'\nreason='x'\n", "",
                 "line 1, column 11: ignore: has more than 1000 entries"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(lists); i++) {
                g_autofree char *good = repeat(lists[i].before, lists[i].each,
                                               OMG_LIMIT_POLICY_ENTRIES, lists[i].after);
                g_autofree char *bad = repeat(lists[i].before, lists[i].each,
                                              OMG_LIMIT_POLICY_ENTRIES + 1, lists[i].after);
                g_autoptr(OmgPolicy) policy = parse_good(good);

                g_assert_nonnull(policy);

                assert_refused(bad, lists[i].message);
        }
}

/* Neither a pattern nor a mail address, which no user would have. */
static void test_maintainers(void)
{
        assert_refused("trusted_maintainers = [\"jguer\", \"*\"]",
                       "line 1, column 33: trusted_maintainers: \"*\" is no name of a user of the "
                       "AUR; it is no pattern");
        assert_refused(
                "trusted_maintainers = [\"a@b\"]",
                "line 1, column 24: trusted_maintainers: \"a@b\" is no name of a user of the "
                "AUR; it is no pattern");
        assert_refused("trusted_maintainers = [\"\"]",
                       "line 1, column 24: trusted_maintainers: is empty");
        assert_refused("allow_maintainer_change = \"no\"",
                       "line 1, column 27: allow_maintainer_change: is a string, not true or "
                       "false");
}

/* A mistyped licence must not pass for one that no package has. */
static void test_licences(void)
{
        static const char *const good[] = {
                "MIT",         "gpl-3.0-OR-later", "Apache-2.0 WITH LLVM-exception",
                "MIT OR Zlib", "MIT AND Zlib",     "LicenseRef-mine",
                "GPL2",        "custom:mine",
        };
        static const char *const bad[] = {"MITT", "GPLv3x", "MIT AND (Zlib OR ISC)", "MIT AND",
                                          "()"};

        for (gsize i = 0; i < G_N_ELEMENTS(good); i++) {
                g_autofree char *text = g_strdup_printf("allowed_licenses = ['%s']", good[i]);
                g_autoptr(OmgPolicy) policy = parse_good(text);

                g_assert_nonnull(policy->licenses);
        }
        for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
                g_autofree char *text = g_strdup_printf("allowed_licenses = ['%s']", bad[i]);
                g_autoptr(GError) error = NULL;

                g_assert_null(parse(text, &error));
                g_assert_error(error, OMG_ERROR, OMG_ERROR_POLICY_INVALID);
                g_assert_true(g_str_has_prefix(error->message,
                                               "/p.toml: line 1, column 21: allowed_licenses: \""));
        }
}

static void test_bans(void)
{
        g_autoptr(OmgPolicy) policy =
                parse_good("banned_packages = [\"telnet\", \"*-nightly\", \"lib[0-9]*\"]\n");

        g_assert_cmpstr(omg_policy_find_ban(policy, "telnet"), ==, "telnet");
        g_assert_cmpstr(omg_policy_find_ban(policy, "rust-nightly"), ==, "*-nightly");
        g_assert_cmpstr(omg_policy_find_ban(policy, "lib32-glibc"), ==, "lib[0-9]*");
        g_assert_null(omg_policy_find_ban(policy, "telnetd"));
        g_assert_null(omg_policy_find_ban(policy, "Telnet"));
}

/* The quick look at both ends of a pattern comes to what base/glob.h comes to. */
static void test_ends(void)
{
        static const char *const patterns[] = {"a",     "ab",  "*",    "a*",    "*a",    "a*a",
                                               "?",     "a?",  "?a",   "[ab]",  "a[b]",  "[b]a",
                                               "ab*ba", "*ab", "ab*",  "[!a]b", "a[!b]", "b?b",
                                               "*[b]",  "b]*", "a*b*a"};
        static const char *const names[] = {"a",   "b",    "ab",  "ba",   "aa",  "bb",   "aba",
                                            "abb", "abba", "bab", "aaba", "b]a", "abab", "aab"};

        for (gsize i = 0; i < G_N_ELEMENTS(patterns); i++) {
                g_autoptr(OmgPolicy) policy = omg_policy_new();

                g_ptr_array_add(policy->banned_packages, g_strdup(patterns[i]));
                for (gsize j = 0; j < G_N_ELEMENTS(names); j++)
                        g_assert_cmpint(omg_policy_find_ban(policy, names[j]) != NULL, ==,
                                        omg_glob_match(patterns[i], -1, names[j], -1));
        }
}

/* By all that must hold: an id (of several, whatever its letters' case), the package, the time. */
static void test_ignores(void)
{
        static const char *const openssl[] = {"AVG-2765", "cve-2022-1292", NULL};
        static const char *const other[] = {"AVG-276", NULL};
        const guint64 end = G_GUINT64_CONSTANT(1806537600) * G_USEC_PER_SEC;
        g_autoptr(OmgPolicy) policy = parse_good("[[ignore]]\n"
                                                 "id = \"CVE-2022-1292\"\n"
                                                 "package = \"openssl*\"\n"
                                                 "reason = \"first\"\n"
                                                 "expires = 2027-03-31\n"
                                                 "[[ignore]]\n"
                                                 "id = \"AVG-2765\"\n"
                                                 "reason = \"second\"\n"
                                                 "[[ignore]]\n"
                                                 "package = \"nginx\"\n"
                                                 "reason = \"third\"\n"
                                                 "expires = 2027-03-31\n");
        const OmgPolicyIgnore *rule;

        rule = omg_policy_find_ignore(policy, "openssl-1.1", openssl, end - 1);
        g_assert_cmpstr(rule->reason, ==, "first");
        rule = omg_policy_find_ignore(policy, "openssl", openssl, end);
        g_assert_cmpstr(rule->reason, ==, "second");
        rule = omg_policy_find_ignore(policy, "libressl", openssl, 0);
        g_assert_cmpstr(rule->reason, ==, "second");
        rule = omg_policy_find_ignore(policy, "nginx", other, end - 1);
        g_assert_cmpstr(rule->reason, ==, "third");
        g_assert_null(omg_policy_find_ignore(policy, "nginx", other, end));
        g_assert_null(omg_policy_find_ignore(policy, "openssl", other, 0));
}

/* What is there and cannot be used is never taken for no file. */
static void test_load(void)
{
        g_autofree char *dir = g_dir_make_tmp("omg-policy-XXXXXX", NULL);
        g_autofree char *path = g_build_filename(dir, "policy.toml", NULL);
        g_autofree char *below = g_build_filename(path, "policy.toml", NULL);
        g_autofree char *large = g_strnfill(OMG_LIMIT_POLICY_FILE + 1, '\n');
        g_autoptr(GError) error = NULL;
        OmgPolicy *policy = (OmgPolicy *)&policy;

        g_assert_true(omg_policy_load(path, &policy, &error));
        g_assert_null(policy);

        g_assert_true(g_file_set_contents(path, "allow_aur = false\n", -1, NULL));
        g_assert_true(omg_policy_load(path, &policy, &error));
        g_assert_false(policy->allow_aur);
        g_clear_pointer(&policy, omg_policy_unref);
        g_assert_true(omg_policy_load(below, &policy, &error));
        g_assert_null(policy);

        g_assert_true(g_file_set_contents(path, "allow_aur = 0\n", -1, NULL));
        g_assert_false(omg_policy_load(path, &policy, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_POLICY_INVALID);
        g_assert_true(g_str_has_prefix(error->message, path));
        g_clear_error(&error);

        g_assert_true(g_file_set_contents(path, large, OMG_LIMIT_POLICY_FILE, NULL));
        g_assert_true(omg_policy_load(path, &policy, &error));
        g_clear_pointer(&policy, omg_policy_unref);
        g_assert_true(g_file_set_contents(path, large, -1, NULL));
        g_assert_false(omg_policy_load(path, &policy, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_POLICY_INVALID);
        g_clear_error(&error);

        g_assert_cmpint(g_unlink(path), ==, 0);
        g_assert_cmpint(symlink("nowhere", path), ==, 0);
        g_assert_false(omg_policy_load(path, &policy, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_POLICY_INVALID);
        g_assert_nonnull(strstr(error->message, path));
        g_clear_error(&error);

        g_assert_cmpint(g_unlink(path), ==, 0);
        g_assert_cmpint(g_mkdir(path, 0700), ==, 0);
        g_assert_false(omg_policy_load(path, &policy, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_POLICY_INVALID);
        g_assert_cmpint(g_rmdir(path), ==, 0);
        g_assert_cmpint(g_rmdir(dir), ==, 0);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/policy/presets", test_presets);
        g_test_add_func("/policy/all-keys", test_all_keys);
        g_test_add_func("/policy/grades", test_grades);
        g_test_add_func("/policy/unknown-keys", test_unknown_keys);
        g_test_add_func("/policy/types", test_types);
        g_test_add_func("/policy/syntax", test_syntax);
        g_test_add_func("/policy/patterns", test_patterns);
        g_test_add_func("/policy/rules", test_rules);
        g_test_add_func("/policy/days", test_days);
        g_test_add_func("/policy/limits", test_limits);
        g_test_add_func("/policy/entries", test_entries);
        g_test_add_func("/policy/licences", test_licences);
        g_test_add_func("/policy/maintainers", test_maintainers);
        g_test_add_func("/policy/bans", test_bans);
        g_test_add_func("/policy/ends", test_ends);
        g_test_add_func("/policy/ignores", test_ignores);
        g_test_add_func("/policy/load", test_load);
        return g_test_run();
}
