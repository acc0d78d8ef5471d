/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/version-order.h"

#include <string.h>

#include "base/limits-advisories.h"

/* Keys are ordered as their versions. */
static void assert_keys(OmgOrder order, const char *a, const char *b, int expected)
{
        g_autoptr(GString) x = g_string_new(NULL), y = g_string_new(NULL);

        g_assert_true(omg_version_order_append_key(order, a, x));
        g_assert_true(omg_version_order_append_key(order, b, y));
        g_assert_cmpuint(strlen(x->str), ==, x->len);
        int result = strcmp(x->str, y->str);
        if ((result > 0) - (result < 0) == expected)
                return;
        g_test_message("keys of \"%s\" and \"%s\"", a, b);
        g_test_fail();
}

static void assert_order(OmgOrder order, const char *a, const char *b, int expected)
{
        int result = 7, back = 7;

        if (!omg_version_order_compare(order, a, b, &result) ||
            !omg_version_order_compare(order, b, a, &back) || result != expected ||
            back != -expected) {
                g_test_message("\"%s\" against \"%s\": %d, %d", a, b, result, back);
                g_test_fail();
        }
        assert_keys(order, a, b, expected);
}

/* Blanks separate versions in their order, '=' those that are equal. */
static void assert_chain(OmgOrder order, const char *text)
{
        g_auto(GStrv) steps = g_strsplit(text, " ", -1);

        for (guint i = 0; steps[i]; i++) {
                g_auto(GStrv) equal = g_strsplit(steps[i], "=", -1);
                for (guint j = 0; equal[j]; j++) {
                        assert_order(order, equal[j], equal[0], 0);
                        for (guint k = i + 1; steps[k]; k++) {
                                g_auto(GStrv) later = g_strsplit(steps[k], "=", -1);
                                for (guint l = 0; later[l]; l++)
                                        assert_order(order, equal[j], later[l], -1);
                        }
                }
        }
}

static void assert_none(OmgOrder order, const char *text)
{
        g_auto(GStrv) versions = g_strsplit(text, " ", -1);

        for (guint i = 0; versions[i]; i++)
                if (omg_version_order_has(order, versions[i])) {
                        g_test_message("\"%s\" is taken", versions[i]);
                        g_test_fail();
                }
}

/* The examples of semver.org 2.0.0, sections 9 to 11, and what its grammar refuses. */
static void test_semver(void)
{
        assert_chain(OMG_ORDER_SEMVER, "1.0.0 2.0.0 2.1.0 2.1.1");
        assert_chain(OMG_ORDER_SEMVER,
                     "1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 "
                     "1.0.0-beta.11 1.0.0-rc.1 1.0.0");
        assert_chain(OMG_ORDER_SEMVER, "1.9.0 1.10.0 1.11.0");
        assert_chain(OMG_ORDER_SEMVER, "1.0.0-0.3.7 1.0.0-alpha 1.0.0-x.7.z.92 1.0.0-x-y-z.-");
        assert_chain(OMG_ORDER_SEMVER, "1.0.0-alpha=1.0.0-alpha+001 1.0.0=1.0.0+20130313144700");
        assert_chain(OMG_ORDER_SEMVER, "0.0.0 99999999999999999999.0.0 100000000000000000000.0.0");
        assert_chain(OMG_ORDER_SEMVER, "1.0.0--1 1.0.0");
        assert_none(OMG_ORDER_SEMVER,
                    "1 1.0 1.0.0.0 01.0.0 1.01.0 1.0.0- 1.0.0-a..b 1.0.0-01 1.0.0+ 1.0.0+a..b "
                    "v1.0.0 1.0.0-a_b 1.0.0a -1.0.0 1.0.x latest 1.0.0-+b 1.0.0+a+b 1..0 .1.0");
        assert_none(OMG_ORDER_SEMVER, "");
}

/* The order of the specification's "Summary of permitted suffixes", of its examples of normal
 * forms, and of local versions. */
static void test_pep440(void)
{
        assert_chain(OMG_ORDER_PEP440,
                     "1.dev0 1.0.dev456 1.0a1 1.0a2.dev456 1.0a12.dev456 1.0a12 1.0b1.dev456 1.0b2 "
                     "1.0b2.post345.dev456 1.0b2.post345 1.0rc1.dev456 1.0rc1 1.0 1.0+abc.5 "
                     "1.0+abc.7 1.0+5 1.0.post456.dev34 1.0.post456 1.0.15 1.1.dev1");
        assert_chain(OMG_ORDER_PEP440, "2013.10 2014.04 1!1.0 1!1.1 1!2.0");
        assert_chain(OMG_ORDER_PEP440, "1=1.0=1.0.0=v1.0=V1 1.0.1");
        assert_chain(OMG_ORDER_PEP440, "1.1a1=1.1.a1=1.1-a1=1.1_alpha_1=1.1ALPHA1=1.1a01 1.1");
        assert_chain(OMG_ORDER_PEP440, "1.1b0=1.1b=1.1beta=1.1.beta.0");
        assert_chain(OMG_ORDER_PEP440, "1.1rc1=1.1c1=1.1pre1=1.1preview1=1.1-preview-1 1.1");
        assert_chain(OMG_ORDER_PEP440, "1.2.post2=1.2-post2=1.2post2=1.2.rev2=1.2r2=1.2-2 1.3");
        assert_chain(OMG_ORDER_PEP440, "1.2.dev2=1.2-dev2=1.2dev2=1.2.DEV02 1.2");
        assert_chain(OMG_ORDER_PEP440, "1.0a.post1 1.0a1");
        assert_chain(OMG_ORDER_PEP440, "1.0+a 1.0+a.b 1.0+a.1=1.0+A-1=1.0+a_01 1.0+1 1.0+1.0");
        assert_chain(OMG_ORDER_PEP440, "1.9 1.10 20220901");
        assert_none(OMG_ORDER_PEP440,
                    "a 1.0x 1.0.x 1.0- 1..0 1.0+ 1.0+a..b 1.0+a! 1!! !1 1.0.dev1a 1.0.dev1.post1 "
                    "1.0a1b1 french-toast 1.0-1-1 1.0.git 1,0");
        assert_none(OMG_ORDER_PEP440, "");
}

/* What the documentation of Gem::Version says of pre-releases and segments. */
static void test_gem(void)
{
        assert_chain(OMG_ORDER_GEM, "1.0.a=1.a 1.0.b1 1.0=1=1.0.0 1.0.1 1.1 1.10");
        assert_chain(OMG_ORDER_GEM,
                     "0.9 1.0.a.2 1.0.b1 1.0.b10 1.0 1.8.2.a 1.8.2.a10 1.8.2.b 1.8.2");
        assert_chain(OMG_ORDER_GEM, "5.0.0.rc2=5.0.0.rc.2=5.rc2 5.x=5.0.0.x=5.0.x");
        assert_chain(OMG_ORDER_GEM, "1.0.0-a.1=1.0.0.pre.a.1 1.0.0-1=1.0.0.pre.1");
        assert_chain(OMG_ORDER_GEM, "1.a.b 1.a.0.b 1.a.0.0.b 1.a 1.a.0.0.1 1.a.0.1 1.a.1 1.a.10");
        assert_chain(OMG_ORDER_GEM, "1.a.0.b.0.1 1.a.0.b.1 1.a");
        assert_none(OMG_ORDER_GEM,
                    "junk 1. 1..2 .1 -1 1- 1.2- 1.-2 1a 1.0+5 1.2_3 a.1 1.2-.3 1.2-3. 1.2-3..4");
        assert_none(OMG_ORDER_GEM, "");
}

/* Lists of numbers: the longer one is behind. */
static void test_pvp(void)
{
        assert_chain(OMG_ORDER_PVP,
                     "0 0.0 0.9 0.10 1 1.0 1.0.0 1.0.0.0 1.0.1 1.2=01.02 1.2.0 1.10");
        assert_none(OMG_ORDER_PVP, "1. .1 1..2 1a 1.0-rc1 v1 x");
        assert_none(OMG_ORDER_PVP, "");
}

/* No order known, and too long: nothing may be concluded, and the result stays as it was. */
static void test_unknown(void)
{
        g_autofree char *most = g_strnfill(OMG_LIMIT_ADVISORY_VERSION, '1');
        g_autofree char *more = g_strnfill(OMG_LIMIT_ADVISORY_VERSION + 1, '1');
        int result = 7;

        g_assert_false(omg_version_order_compare(OMG_ORDER_NONE, "1", "1", &result));
        g_assert_false(omg_version_order_compare(OMG_ORDER_N, "1", "1", &result));
        for (OmgOrder order = OMG_ORDER_NONE; order < OMG_ORDER_N; order++) {
                g_assert_false(omg_version_order_compare(order, "1", more, &result));
                g_assert_false(omg_version_order_compare(order, more, "1", &result));
                g_assert_false(omg_version_order_compare(order, "1.0.0", "?", &result));
        }
        g_assert_cmpint(result, ==, 7);
        g_autoptr(GString) key = g_string_new("x");
        g_assert_false(omg_version_order_append_key(OMG_ORDER_NONE, "1", key));
        g_assert_false(omg_version_order_append_key(OMG_ORDER_PVP, more, key));
        g_assert_false(omg_version_order_append_key(OMG_ORDER_GEM, "?", key));
        g_assert_cmpstr(key->str, ==, "x");
        g_assert_true(omg_version_order_has(OMG_ORDER_PVP, most));
        for (guint i = 0; i < OMG_LIMIT_ADVISORY_VERSION; i++)
                most[i] = i % 2 ? 'a' : '1';
        most[1] = '.';
        g_assert_true(omg_version_order_has(OMG_ORDER_GEM, most));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/version-order/semver", test_semver);
        g_test_add_func("/version-order/pep440", test_pep440);
        g_test_add_func("/version-order/gem", test_gem);
        g_test_add_func("/version-order/pvp", test_pvp);
        g_test_add_func("/version-order/unknown", test_unknown);
        return g_test_run();
}
