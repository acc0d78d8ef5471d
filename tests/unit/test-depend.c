/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Dependency texts are cut and matched as libalpm does. */

#include "base/depend.h"

#include <string.h>

static void assert_part(const char *part, gsize length, const char *expected)
{
        g_autofree char *text = part ? g_strndup(part, length) : NULL;

        g_assert_cmpstr(text, ==, expected);
}

/* Name, restriction, version and description of each form, and of forms nobody should write. */
static void test_parse(void)
{
        static const struct {
                const char *text;
                const char *name;
                OmgDepMod mod;
                const char *version;
                const char *description;
        } rows[] = {
                {"glibc", "glibc", OMG_DEP_MOD_ANY, NULL, NULL},
                {"glibc=2.12", "glibc", OMG_DEP_MOD_EQ, "2.12", NULL},
                {"glibc>=2.12", "glibc", OMG_DEP_MOD_GE, "2.12", NULL},
                {"glibc<=2.12", "glibc", OMG_DEP_MOD_LE, "2.12", NULL},
                {"glibc>2.12", "glibc", OMG_DEP_MOD_GT, "2.12", NULL},
                {"glibc<1:2.12-3", "glibc", OMG_DEP_MOD_LT, "1:2.12-3", NULL},
                {"git: for cloning", "git", OMG_DEP_MOD_ANY, NULL, "for cloning"},
                {"git>=2: a=b: c", "git", OMG_DEP_MOD_GE, "2", "a=b: c"},
                {"git:x", "git:x", OMG_DEP_MOD_ANY, NULL, NULL},
                {"git: ", "git", OMG_DEP_MOD_ANY, NULL, ""},
                {"libfoo.so=1-64", "libfoo.so", OMG_DEP_MOD_EQ, "1-64", NULL},
                {"a>b<c", "a>b", OMG_DEP_MOD_LT, "c", NULL},
                {"a=>1", "a=", OMG_DEP_MOD_GT, "1", NULL},
                {"a==1", "a", OMG_DEP_MOD_EQ, "=1", NULL},
                {"a<", "a", OMG_DEP_MOD_LT, "", NULL},
                {"a>=", "a", OMG_DEP_MOD_GE, "", NULL},
                {"=1", "", OMG_DEP_MOD_EQ, "1", NULL},
                {"", "", OMG_DEP_MOD_ANY, NULL, NULL},
                {": x", "", OMG_DEP_MOD_ANY, NULL, "x"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
                OmgDepend depend;
                omg_depend_parse(rows[i].text, -1, &depend);
                assert_part(depend.name, depend.name_length, rows[i].name);
                g_assert_cmpint(depend.mod, ==, rows[i].mod);
                assert_part(depend.version, depend.version_length, rows[i].version);
                assert_part(depend.description, depend.description_length, rows[i].description);
        }
}

/* A text without NUL is read to its length: the sanitizer would see one byte more. */
static void test_length(void)
{
        static const char *const texts[] = {"a>", "a<", "a:", "ab"};

        for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
                g_autofree char *exact = g_memdup2(texts[i], 2);
                OmgDepend depend;
                omg_depend_parse(exact, 2, &depend);
                g_assert_cmpuint(depend.name_length, ==, i < 2 ? 1 : 2);
                omg_depend_parse(exact, 0, &depend);
                g_assert_cmpuint(depend.name_length, ==, 0);
        }
}

static gboolean matches(const char *text, const char *name, const char *version,
                        const char *const *provides)
{
        OmgDepend depend;

        omg_depend_parse(text, -1, &depend);
        return omg_depend_matches(&depend, name, version, provides);
}

/* The name must be the same, the version must satisfy. */
static void test_literal(void)
{
        OmgDepend depend;

        g_assert_true(matches("foo", "foo", "1-1", NULL));
        g_assert_true(matches("foo>=1", "foo", "1-1", NULL));
        g_assert_false(matches("foo>1", "foo", "1-1", NULL));
        g_assert_false(matches("foo", "foobar", "1-1", NULL));
        g_assert_false(matches("foobar", "foo", "1-1", NULL));

        omg_depend_parse("foo<2", -1, &depend);
        g_assert_true(omg_depend_has_name(&depend, "foo"));
        g_assert_true(omg_depend_matches_literal(&depend, "foo", "1.9-1"));
        g_assert_false(omg_depend_matches_literal(&depend, "foo", "2-1"));
}

/* Unversioned provides satisfy unversioned dependencies only; of versioned ones only "=" counts. */
static void test_provides(void)
{
        static const char *const provides[] = {"plain", "exact=2.0", "least>=3.0", NULL};

        g_assert_true(matches("plain", "pkg", "9-1", provides));
        g_assert_false(matches("plain>=1", "pkg", "9-1", provides));
        g_assert_true(matches("exact", "pkg", "9-1", provides));
        g_assert_true(matches("exact>=1.5", "pkg", "9-1", provides));
        g_assert_true(matches("exact=2.0", "pkg", "9-1", provides));
        g_assert_false(matches("exact>2.0", "pkg", "9-1", provides));
        g_assert_true(matches("least", "pkg", "9-1", provides));
        g_assert_false(matches("least>=3.0", "pkg", "9-1", provides));
        g_assert_false(matches("none", "pkg", "9-1", provides));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/depend/parse", test_parse);
        g_test_add_func("/depend/length", test_length);
        g_test_add_func("/depend/literal", test_literal);
        g_test_add_func("/depend/provides", test_provides);
        return g_test_run();
}
