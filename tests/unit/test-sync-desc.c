/* SPDX-License-Identifier: GPL-3.0-or-later */

/* A desc that is plainly repo-add's is read; all else is refused. That what is read is what libalpm
 * reads, test-quick.py shows. */

#include "omgd-index/sync-desc.h"

#include <string.h>

#include "base/limits.h"

#define HEAD "%NAME%\na\n\n%VERSION%\n1:2.0-3\n\n"

typedef struct {
        char *text, **slots;
        gsize used;
        OmgPackage package;
} Desc;

static gboolean parse(Desc *desc, const char *text, gssize length, const char *folder,
                      gboolean with_md5)
{
        gsize size = length < 0 ? strlen(text) : (gsize)length;

        *desc = (Desc){.text = g_memdup2(text, MAX(size, 1)),
                       .slots = g_new(char *, OMG_DESC_SLOTS(size))};
        return omg_desc_parse(desc->text, size, folder, with_md5, desc->slots, &desc->used,
                              &desc->package);
}

static void clear(Desc *desc)
{
        g_free(desc->text);
        g_free(desc->slots);
}

static gboolean is_regular(const char *text, const char *folder)
{
        Desc desc;
        gboolean regular = parse(&desc, text, -1, folder, TRUE);

        clear(&desc);
        return regular;
}

static void assert_string(const Desc *desc, OmgField field, const char *expected)
{
        g_assert_true(desc->package.fields[field].present);
        g_assert_cmpstr(desc->package.fields[field].string, ==, expected);
}

static void assert_list(const Desc *desc, OmgField field, const char *expected)
{
        g_assert_true(desc->package.fields[field].present);
        g_autofree char *joined = g_strjoinv(",", desc->package.fields[field].strv);
        g_assert_cmpstr(joined, ==, expected);
}

static void assert_number(const Desc *desc, OmgField field, guint64 expected)
{
        g_assert_true(desc->package.fields[field].present);
        g_assert_cmpuint(desc->package.fields[field].number, ==, expected);
}

/* Each key goes to its field, in any order. */
static void test_fields(void)
{
        Desc desc;

        g_assert_true(parse(&desc,
                            "%FILENAME%\na.pkg\n\n" HEAD "%DESC%\nIt is\n\n%GROUPS%\ng\nh\n\n"
                            "%CSIZE%\n5\n\n%ISIZE%\n010\n\n%MD5SUM%\nm\n\n%SHA256SUM%\ns\n\n"
                            "%PGPSIG%\nx\n\n%URL%\nu\n\n%LICENSE%\nl\n\n%ARCH%\nany\n\n"
                            "%BUILDDATE%\n7\n\n%PACKAGER%\np\n\n%REPLACES%\nr\n\n%CONFLICTS%\nc\n\n"
                            "%PROVIDES%\nv=1\n\n%DEPENDS%\ndep>=1\ne\n\n%OPTDEPENDS%\no: for\n\n"
                            "%CHECKDEPENDS%\nk\n\n%MAKEDEPENDS%\nm\n\n%BASE%\nb\n\n",
                            -1, "a-1:2.0-3", TRUE));
        g_assert_cmpstr(desc.package.name, ==, "a");
        g_assert_cmpstr(desc.package.version, ==, "1:2.0-3");
        g_assert_cmpstr(desc.package.description, ==, "It is");
        assert_string(&desc, OMG_FIELD_FILENAME, "a.pkg");
        assert_string(&desc, OMG_FIELD_BASE, "b");
        assert_string(&desc, OMG_FIELD_MD5SUM, "m");
        assert_string(&desc, OMG_FIELD_SHA256SUM, "s");
        assert_string(&desc, OMG_FIELD_URL, "u");
        assert_string(&desc, OMG_FIELD_ARCHITECTURE, "any");
        assert_string(&desc, OMG_FIELD_PACKAGER, "p");
        assert_list(&desc, OMG_FIELD_GROUPS, "g,h");
        assert_list(&desc, OMG_FIELD_LICENSES, "l");
        assert_list(&desc, OMG_FIELD_REPLACES, "r");
        assert_list(&desc, OMG_FIELD_CONFLICTS, "c");
        assert_list(&desc, OMG_FIELD_PROVIDES, "v=1");
        assert_list(&desc, OMG_FIELD_DEPENDS, "dep>=1,e");
        assert_list(&desc, OMG_FIELD_OPTDEPENDS, "o: for");
        assert_list(&desc, OMG_FIELD_MAKEDEPENDS, "m");
        assert_list(&desc, OMG_FIELD_CHECKDEPENDS, "k");
        assert_list(&desc, OMG_FIELD_VALIDATION, "md5,sha256,pgp");
        assert_number(&desc, OMG_FIELD_DOWNLOAD_SIZE, 5);
        assert_number(&desc, OMG_FIELD_INSTALLED_SIZE, 10);
        assert_number(&desc, OMG_FIELD_BUILD_DATE, 7);
        clear(&desc);
}

/* What is not said: an installed size of 0 and a validation of none, as libalpm has them. */
static void test_absent(void)
{
        Desc desc;

        g_assert_true(parse(&desc, HEAD "%CSIZE%\n0\n\n%BUILDDATE%\n0\n\n", -1, "a-1:2.0-3", TRUE));
        g_assert_cmpstr(desc.package.description, ==, "");
        g_assert_false(desc.package.fields[OMG_FIELD_DOWNLOAD_SIZE].present);
        g_assert_false(desc.package.fields[OMG_FIELD_BUILD_DATE].present);
        assert_number(&desc, OMG_FIELD_INSTALLED_SIZE, 0);
        assert_list(&desc, OMG_FIELD_VALIDATION, "none");
        clear(&desc);
}

/* An MD5 sum is for a libalpm that knows it. */
static void test_md5(void)
{
        Desc desc;

        g_assert_false(parse(&desc, HEAD "%MD5SUM%\nm\n\n", -1, "a-1:2.0-3", FALSE));
        clear(&desc);
        g_assert_true(parse(&desc, HEAD "%SHA256SUM%\nm\n\n", -1, "a-1:2.0-3", FALSE));
        clear(&desc);
}

/* Each kind of irregularity. */
static void test_irregular(void)
{
        static const char *const texts[] = {
                "",
                "%NAME%\na\n\n",
                "%VERSION%\n1:2.0-3\n\n",
                HEAD "\n",
                "\n" HEAD,
                HEAD "%URL%\n",
                HEAD "%URL%\n\n",
                HEAD "%URL%\nu",
                HEAD "%URL%\nu\n",
                HEAD "%URL%\nu\nv\n\n",
                HEAD "%URL%\nu\n \n",
                HEAD "%URL%\nu\n\n%URL%\nu\n\n",
                HEAD "%LICENSE%\n\n",
                HEAD "%LICENSE%\nl\n",
                HEAD "%LICENSE%\nl\n\n%LICENSE%\nl\n\n",
                HEAD "%NEW%\nx\n\n",
                HEAD "%URL\nx\n\n",
                HEAD "%url%\nx\n\n",
                HEAD "URL\nx\n\n",
                HEAD "%URL%\n\xff\n\n",
                HEAD "%URL%\n\xc3\n\n",
                HEAD "%ISIZE%\n-1\n\n",
                HEAD "%ISIZE%\n1K\n\n",
                HEAD "%ISIZE%\n 1\n\n",
                HEAD "%ISIZE%\n1234567890123456\n\n",
                HEAD "%FILENAME%\n.x\n\n",
                HEAD "%FILENAME%\nx/y\n\n",
                "%NAME%\nb\n\n%VERSION%\n1:2.0-3\n\n",
                "%NAME%\na\n\n%VERSION%\n1:2.0-4\n\n",
                "%NAME%\na-1:2.0\n\n%VERSION%\n3\n\n",
        };

        g_assert_true(is_regular(HEAD, "a-1:2.0-3"));
        for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
                if (is_regular(texts[i], "a-1:2.0-3"))
                        g_error("taken for regular: %s", texts[i]);
        static const char with_nul[] = HEAD "%URL%\nu\0v\n\n";
        Desc desc;
        g_assert_false(parse(&desc, with_nul, sizeof(with_nul) - 1, "a-1:2.0-3", TRUE));
        clear(&desc);
}

/* Names and versions that libalpm refuses, or may. */
static void test_names(void)
{
        static const struct {
                const char *name, *version;
                gboolean regular;
        } cases[] = {
                {"a", "1-1", TRUE},    {"@a+_.-b", "1-1", TRUE},   {"a-1", "1-1", TRUE},
                {"-a", "1-1", FALSE},  {".a", "1-1", FALSE},       {"a b", "1-1", FALSE},
                {"a/b", "1-1", FALSE}, {"\xc3\xa4", "1-1", FALSE}, {"a", "1", FALSE},
                {"a", "1-", FALSE},    {"a", "-1", FALSE},         {"a", "1-1-1", FALSE},
                {"a", "1 2-1", FALSE}, {"a", "1-1/2", FALSE},      {"a", "1:1.0+r1~^a-1.1", TRUE},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *text = g_strdup_printf("%%NAME%%\n%s\n\n%%VERSION%%\n%s\n\n",
                                                        cases[i].name, cases[i].version);
                g_autofree char *folder = g_strconcat(cases[i].name, "-", cases[i].version, NULL);
                g_assert_cmpint(is_regular(text, folder), ==, cases[i].regular);
        }
}

/* A folder's name may have 255 bytes; and a list of the shortest lines finds its room. */
static void test_bounds(void)
{
        for (gsize length = OMG_LIMIT_PACKAGE_NAME - 5; length <= OMG_LIMIT_PACKAGE_NAME;
             length++) {
                g_autofree char *name = g_strnfill(length, 'x');
                g_autofree char *text =
                        g_strdup_printf("%%NAME%%\n%s\n\n%%VERSION%%\n1-1\n\n", name);
                g_autofree char *folder = g_strconcat(name, "-1-1", NULL);
                g_assert_cmpint(is_regular(text, folder), ==, length + 4 <= OMG_LIMIT_PACKAGE_NAME);
        }

        g_autoptr(GString) many = g_string_new(HEAD "%GROUPS%\n");
        for (guint i = 0; i < 10000; i++)
                g_string_append(many, "g\n");
        g_string_append_c(many, '\n');
        Desc desc;
        g_assert_true(parse(&desc, many->str, (gssize)many->len, "a-1:2.0-3", TRUE));
        g_assert_cmpuint(g_strv_length(desc.package.fields[OMG_FIELD_GROUPS].strv), ==, 10000);
        g_assert_cmpuint(desc.used, <=, OMG_DESC_SLOTS(many->len));
        clear(&desc);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/sync-desc/fields", test_fields);
        g_test_add_func("/sync-desc/absent", test_absent);
        g_test_add_func("/sync-desc/md5", test_md5);
        g_test_add_func("/sync-desc/irregular", test_irregular);
        g_test_add_func("/sync-desc/names", test_names);
        g_test_add_func("/sync-desc/bounds", test_bounds);
        return g_test_run();
}
