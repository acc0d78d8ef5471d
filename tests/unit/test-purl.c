/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Package URLs are encoded as the specification says: its own examples of the type alpm, and what
 * names and versions of packages may hold. */

#include "engine/purl.h"

static void assert_alpm(const char *vendor, const char *name, const char *version,
                        const char *architecture, const char *expected)
{
        g_autofree char *purl = omg_purl_dup_alpm(vendor, name, version, architecture);

        g_assert_cmpstr(purl, ==, expected);
}

static void test_examples(void)
{
        assert_alpm("arch", "pacman", "6.0.1-1", "x86_64",
                    "pkg:alpm/arch/pacman@6.0.1-1?arch=x86_64");
        assert_alpm("arch", "python-pip", "21.0-1", "any",
                    "pkg:alpm/arch/python-pip@21.0-1?arch=any");
        assert_alpm("arch", "containers-common", "1:0.47.4-4", "x86_64",
                    "pkg:alpm/arch/containers-common@1:0.47.4-4?arch=x86_64");
}

static void test_encoding(void)
{
        assert_alpm("arch", "gtk+", "1~rc2+4_a-1", "any",
                    "pkg:alpm/arch/gtk%2B@1~rc2%2B4_a-1?arch=any");
        assert_alpm("arch", "a@b.c_d", "1", NULL, "pkg:alpm/arch/a%40b.c_d@1");
        assert_alpm("arch", "x", "1/2?3#4%5 6&7=8", "",
                    "pkg:alpm/arch/x@1%2F2%3F3%234%255%206%267%3D8");
        assert_alpm("Manjaro", "Upper", "1.0A-1", "x86_64",
                    "pkg:alpm/manjaro/upper@1.0A-1?arch=x86_64");
        assert_alpm("arch", "\xC3\xA9", "1", "a&b=c", "pkg:alpm/arch/%C3%A9@1?arch=a%26b%3Dc");
        assert_alpm("arch", "x", "", "any", "pkg:alpm/arch/x?arch=any");
}

static void test_generic(void)
{
        g_autofree char *node = omg_purl_dup_generic("node", "20.1.0+x");
        g_autofree char *other = omg_purl_dup_generic("A b", "");

        g_assert_cmpstr(node, ==, "pkg:generic/node@20.1.0%2Bx");
        g_assert_cmpstr(other, ==, "pkg:generic/A%20b");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/purl/examples", test_examples);
        g_test_add_func("/purl/encoding", test_encoding);
        g_test_add_func("/purl/generic", test_generic);
        return g_test_run();
}
