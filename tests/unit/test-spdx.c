/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Licence expressions and Arch's old names are read, brought into one form, and held against what
 * is allowed. */

#include "base/spdx.h"

#include <string.h>

#include "base/error.h"
#include "base/limits-score.h"

typedef struct {
        const char *text;
        const char *expected;
} Row;

/* Expressions in their one form. */
static void test_form(void)
{
        static const Row rows[] = {
                {"MIT", "MIT"},
                {"mit", "MIT"},
                {"  MIT  ", "MIT"},
                {"(MIT)", "MIT"},
                {"((MIT) AND (ISC))", "MIT AND ISC"},
                {"mit and isc or 0bsd", "MIT AND ISC OR 0BSD"},
                {"MIT AND (ISC OR 0BSD)", "MIT AND (ISC OR 0BSD)"},
                {"(MIT OR ISC) AND ( 0BSD )", "(MIT OR ISC) AND 0BSD"},
                {"MIT OR (ISC OR 0BSD)", "MIT OR ISC OR 0BSD"},
                {"MIT AND (ISC AND (0BSD AND Zlib))", "MIT AND ISC AND 0BSD AND Zlib"},
                {"MIT OR mit", "MIT"},
                {"MIT AND ISC AND MIT", "MIT AND ISC"},
                {"(MIT OR ISC) AND (MIT OR ISC)", "MIT OR ISC"},
                {"CDDL-1.0+", "CDDL-1.0+"},
                {"GPL-2.0", "GPL-2.0-only"},
                {"gpl-2.0+", "GPL-2.0-or-later"},
                {"GPL-2.0-only+", "GPL-2.0-or-later"},
                {"GPL-2.0-or-later+", "GPL-2.0-or-later"},
                {"LGPL-2.1+ WITH ocaml-lgpl-linking-exception",
                 "LGPL-2.1-or-later WITH OCaml-LGPL-linking-exception"},
                {"AGPL-3.0", "AGPL-3.0-only"},
                {"GFDL-1.3+", "GFDL-1.3-or-later"},
                {"GPL-2.0-with-classpath-exception", "GPL-2.0-only WITH Classpath-exception-2.0"},
                {"apache-2.0 with llvm-exception AND MIT",
                 "Apache-2.0 WITH LLVM-exception AND MIT"},
                {"LicenseRef-My.License-1", "LicenseRef-My.License-1"},
                {"LicenseRef-a OR LicenseRef-A", "LicenseRef-a"},
                {"DocumentRef-doc-1.2:LicenseRef-x", "DocumentRef-doc-1.2:LicenseRef-x"},
                {"MIT WITH DocumentRef-d:AdditionRef-x", "MIT WITH DocumentRef-d:AdditionRef-x"},
                {"Not-On-The-List", "Not-On-The-List"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autoptr(GError) error = NULL;
                g_autoptr(OmgSpdx) spdx = omg_spdx_parse(rows[i].text, &error);
                g_assert_no_error(error);
                g_autofree char *text = omg_spdx_dup_text(spdx);
                g_assert_cmpstr(text, ==, rows[i].expected);
        }
}

/* What is wrong is refused, with the byte where it is. */
static void test_errors(void)
{
        static const Row rows[] = {
                {"", "byte 1: a name is expected"},
                {"   ", "byte 4: a name is expected"},
                {"()", "byte 2: a name is expected"},
                {"MIT AND", "byte 5: AND, OR or the end is expected"},
                {"MIT AND ", "byte 9: a name is expected"},
                {"AND MIT", "byte 1: AND where a licence is expected"},
                {"MIT And ISC", "byte 5: AND, OR or the end is expected"},
                {"MIT ISC", "byte 5: AND, OR or the end is expected"},
                {"MIT AND OR ISC", "byte 9: OR where a licence is expected"},
                {"(MIT", "byte 5: AND, OR or ) is expected"},
                {"MIT)", "byte 4: AND, OR or the end is expected"},
                {"(MIT)AND ISC", "byte 6: AND, OR or the end is expected"},
                {"MIT AND(ISC)", "byte 5: AND, OR or the end is expected"},
                {"MIT WITH", "byte 5: AND, OR or the end is expected"},
                {"MIT WITH (Foo)", "byte 10: a name is expected"},
                {"(MIT) WITH LLVM-exception", "byte 7: AND, OR or the end is expected"},
                {"MIT +", "byte 5: AND, OR or the end is expected"},
                {"MIT++", "byte 5: a blank or the end is expected"},
                {"MIT\tAND ISC", "byte 4: a blank or the end is expected"},
                {"MIT\nAND ISC", "byte 4: a blank or the end is expected"},
                {"MIT/ISC", "byte 4: a blank or the end is expected"},
                {"MIT WITH LLVM-exception+", "byte 24: a blank or the end is expected"},
                {"...", "byte 1: a name is expected"},
                {"LicenseRef-", "byte 1: a name is expected"},
                {"LicenseRef-a+", "byte 1: LicenseRef-a takes no +"},
                {"licenseref-a:b", "byte 1: not the form of a reference: licenseref-a:b"},
                {"AdditionRef-a", "byte 1: not the form of a reference: AdditionRef-a"},
                {"MIT WITH LicenseRef-a", "byte 10: not the form of a reference: LicenseRef-a"},
                {"DocumentRef-a", "byte 1: not the form of a reference: DocumentRef-a"},
                {"DocumentRef-:LicenseRef-a",
                 "byte 1: not the form of a reference: DocumentRef-:LicenseRef-a"},
                {"DocumentRef-a:MIT", "byte 1: not the form of a reference: DocumentRef-a:MIT"},
                {"NONE", "byte 1: NONE names no licence"},
                {"MIT AND NOASSERTION", "byte 9: NOASSERTION names no licence"},
                {"\xff", "byte 1: a name is expected"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autoptr(GError) error = NULL;
                g_autofree char *message =
                        g_strconcat("licence expression, ", rows[i].expected, NULL);
                g_assert_null(omg_spdx_parse(rows[i].text, &error));
                g_assert_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS);
                g_assert_cmpstr(error->message, ==, message);
        }
}

/* What a package may say: expressions, Arch's names, and what is neither. */
static void test_names(void)
{
        static const Row rows[] = {
                {"GPL", "GPL-2.0-or-later"},
                {"GPL2", "GPL-2.0-only"},
                {"GPL3", "GPL-3.0-or-later"},
                {"LGPL", "LGPL-2.1-or-later"},
                {"LGPL2.1", "LGPL-2.1-only"},
                {"LGPL3", "LGPL-3.0-or-later"},
                {"AGPL3", "AGPL-3.0-or-later"},
                {"GPLV3", "GPL-3.0-only"},
                {"GPLv2+", "GPL-2.0-or-later"},
                {"APACHE", "Apache-2.0"},
                {"MIT", "MIT"},
                {"BSD", "LicenseRef-BSD"},
                {"MPL", "MPL-1.1"},
                {"custom:Apache 2.0 with LLVM Exception", "Apache-2.0 WITH LLVM-exception"},
                {"MPL2", "MPL-2.0"},
                {"PSF", "PSF-2.0"},
                {"PerlArtistic", "Artistic-1.0-Perl"},
                {"ZLIB", "Zlib"},
                {"ZPL", "ZPL-2.1"},
                {"FDL1.3", "GFDL-1.3-only"},
                {"CCPL", "LicenseRef-CCPL"},
                {"CCPL:by-sa", "CC-BY-SA-3.0"},
                {"CCPL:cc-by-nc-sa-3.0", "CC-BY-NC-SA-3.0"},
                {"custom", "LicenseRef-custom"},
                {"custom:", "LicenseRef-custom"},
                {"custom:MIT", "MIT"},
                {"Custom: BSD3 ", "BSD-3-Clause"},
                {"custom:Public Domain", "LicenseRef-Public-Domain"},
                {"custom:\"sip\"", "LicenseRef-sip"},
                {"custom:Copyright (c) 2016, X, LLC.", "LicenseRef-Copyright-c-2016-X-LLC."},
                {"custom:Custom 3-\xD1\x81lause", "LicenseRef-Custom-3-lause"},
                {"zlib/libpng", "LicenseRef-zlib-libpng"},
                {"unknown", "LicenseRef-unknown"},
                {"None", "LicenseRef-None"},
                {"GPL2 OR custom", "GPL-2.0-only OR LicenseRef-custom"},
                {"MIT AND (New-1.0 OR GPLv2+)", "MIT AND (LicenseRef-New-1.0 OR GPL-2.0-or-later)"},
                {"GPL2 WITH LLVM-exception", "GPL-2.0-only WITH LLVM-exception"},
                {"MIT WITH New-exception", "MIT WITH AdditionRef-New-exception"},
                {"New-1.0 WITH LLVM-exception", "LicenseRef-New-1.0 WITH LLVM-exception"},
                {"LicenseRef-1Password", "LicenseRef-1Password"},
                {"GPL-3.0-or-later", "GPL-3.0-or-later"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autoptr(GError) error = NULL;
                g_autoptr(OmgSpdx) spdx = omg_spdx_parse_name(rows[i].text, &error);
                g_assert_no_error(error);
                g_autofree char *text = omg_spdx_dup_text(spdx);
                g_assert_cmpstr(text, ==, rows[i].expected);
                g_assert_true(omg_spdx_is_listed(spdx));
        }
        g_assert_null(omg_spdx_parse_name("", NULL));
        g_assert_null(omg_spdx_parse_name("---", NULL));
        g_assert_null(omg_spdx_parse_name("custom:?", NULL));
}

/* The lists are in the order that they are searched in: ids where upper and lower case differ. */
static void test_list(void)
{
        static const Row rows[] = {
                {"0bsd", "0BSD"},
                {"3d-slicer-1.0", "3D-Slicer-1.0"},
                {"any-osi", "any-OSI"},
                {"BCRYPT-solar-designer", "bcrypt-Solar-Designer"},
                {"BITSTREAM-VERA", "Bitstream-Vera"},
                {"gpl-1.0-ONLY", "GPL-1.0-only"},
                {"libpng-1.6.35", "libpng-1.6.35"},
                {"XKEYBOARD-CONFIG-ZINOVIEV", "xkeyboard-config-Zinoviev"},
                {"zlib-acknowledgement", "zlib-acknowledgement"},
                {"zpl-2.1", "ZPL-2.1"},
                {"gpl-3.0-only with 389-exception", "GPL-3.0-only WITH 389-exception"},
                {"gpl-3.0-only with X11VNC-openssl-exception",
                 "GPL-3.0-only WITH x11vnc-openssl-exception"},
                {"gpl-3.0-only with U-BOOT-exception-2.0",
                 "GPL-3.0-only WITH u-boot-exception-2.0"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autoptr(OmgSpdx) spdx = omg_spdx_parse(rows[i].text, NULL);
                g_autofree char *text = omg_spdx_dup_text(spdx);
                g_assert_cmpstr(text, ==, rows[i].expected);
                g_assert_true(omg_spdx_is_listed(spdx));
        }
        g_autoptr(OmgSpdx) other = omg_spdx_parse("MIT OR New-1.0", NULL);
        g_assert_false(omg_spdx_is_listed(other));
}

/* The licences of a package all apply; none is not known, an unreadable one is not left out. */
static void test_package(void)
{
        static const char *const several[] = {"GPL", "custom:MIT", "MIT OR ISC", "GPL", NULL};
        static const char *const unreadable[] = {"MIT", "?", NULL};
        static const char *const none[] = {NULL};
        g_autoptr(OmgSpdx) all = omg_spdx_from_package(several);
        g_autoptr(OmgSpdx) bad = omg_spdx_from_package(unreadable);
        g_autofree char *all_text = omg_spdx_dup_text(all);
        g_autofree char *bad_text = omg_spdx_dup_text(bad);

        g_assert_cmpstr(all_text, ==, "GPL-2.0-or-later AND MIT AND (MIT OR ISC)");
        g_assert_cmpstr(bad_text, ==, "MIT AND LicenseRef-unreadable");
        g_assert_null(omg_spdx_from_package(none));
        g_assert_null(omg_spdx_from_package(NULL));
}

/* What an expression is refused for, by what is allowed ("|" between the entries). */
static void test_allowed(void)
{
        static const struct {
                const char *allowed, *licence, *refused;
        } rows[] = {
                {"MIT", "MIT", NULL},
                {"mit", "MIT", NULL},
                {"", "MIT", "MIT"},
                {"MIT", "ISC", "ISC"},
                {"MIT", "MIT OR ISC", NULL},
                {"MIT", "MIT AND ISC", "ISC"},
                {"MIT|ISC", "MIT AND ISC", NULL},
                {"MIT OR ISC", "MIT AND ISC", NULL},
                {"MIT", "0BSD OR ISC", "0BSD OR ISC"},
                {"MIT|0BSD", "(MIT OR GPL) AND (ISC OR 0BSD)", NULL},
                {"MIT", "(MIT OR GPL) AND (ISC OR 0BSD)", "ISC OR 0BSD"},
                /* joined by AND: only all together, in the same place */
                {"MIT AND ISC", "MIT AND ISC", NULL},
                {"MIT AND ISC", "ISC AND MIT", NULL},
                {"MIT AND ISC", "MIT", "MIT"},
                {"MIT AND ISC", "MIT OR ISC", "MIT OR ISC"},
                {"MIT AND ISC", "MIT AND 0BSD", "MIT"},
                {"MIT AND ISC|0BSD", "MIT AND 0BSD AND ISC", NULL},
                {"MIT AND ISC", "MIT AND ISC AND 0BSD", "0BSD"},
                /* versions */
                {"GPL-2.0-only", "GPL-2.0-or-later", NULL},
                {"GPL-3.0-only", "GPL-2.0-or-later", NULL},
                {"GPL-2.0-only", "GPL-3.0-or-later", "GPL-3.0-or-later"},
                {"GPL-2.0-or-later", "GPL-3.0-only", NULL},
                {"GPL-2.0-or-later", "GPL-2.0-only", NULL},
                {"GPL-3.0-or-later", "GPL-2.0-only", "GPL-2.0-only"},
                {"GPL-3.0-or-later", "GPL-2.0-or-later", NULL},
                {"GPL", "GPL2", NULL},
                {"LGPL-2.1-or-later", "GPL-2.1-or-later", "LicenseRef-GPL-2.1-or-later"},
                {"MPL-1.1+", "MPL-2.0", NULL},
                {"MPL-1.1", "MPL-2.0", "MPL-2.0"},
                {"CDDL-1.1", "CDDL-1.0+", NULL},
                {"Apache-1.1", "Apache-2.0+", "Apache-2.0+"},
                {"GFDL-1.2-no-invariants-or-later", "GFDL-1.2-no-invariants-only", NULL},
                {"GFDL-1.2-only", "GFDL-1.2-no-invariants-only", "GFDL-1.2-no-invariants-only"},
                {"BSD-2-Clause", "BSD-3-Clause", "BSD-3-Clause"},
                /* exceptions */
                {"Apache-2.0", "Apache-2.0 WITH LLVM-exception", "Apache-2.0 WITH LLVM-exception"},
                {"Apache-2.0 WITH LLVM-exception", "Apache-2.0", "Apache-2.0"},
                {"apache-2.0 with llvm-exception", "Apache-2.0 WITH LLVM-exception", NULL},
                /* what has no id */
                {"custom:Foo", "custom:foo", NULL},
                {"LicenseRef-Foo-1.0", "LicenseRef-Foo-1.0", NULL},
                {"LicenseRef-Foo-1.0-or-later", "LicenseRef-Foo-2.0", "LicenseRef-Foo-2.0"},
                {"BSD", "BSD", NULL},
                {"BSD-3-Clause", "BSD", "LicenseRef-BSD"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_auto(GStrv) entries = g_strsplit(rows[i].allowed, "|", -1);
                if (!*rows[i].allowed)
                        g_clear_pointer(&entries[0], g_free);
                g_autoptr(OmgSpdxAllowed) allowed =
                        omg_spdx_allowed_new((const char *const *)entries, NULL);
                g_autoptr(OmgSpdx) licence = omg_spdx_parse_name(rows[i].licence, NULL);
                g_autofree char *refused = omg_spdx_allowed_find_refused(allowed, licence);
                g_test_message("%s: %s", rows[i].allowed, rows[i].licence);
                g_assert_cmpstr(refused, ==, rows[i].refused);
        }
}

/* An entry that cannot be used is named. */
static void test_allowed_errors(void)
{
        static const char *const choice[] = {"MIT", "ISC AND (MIT OR 0BSD)", NULL};
        static const char *const nothing[] = {"MIT", "-\x1b-", NULL};
        g_autoptr(GError) error = NULL;

        g_assert_null(omg_spdx_allowed_new(choice, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS);
        g_assert_cmpstr(error->message, ==,
                        "\"ISC AND (MIT OR 0BSD)\": OR inside of AND; write an entry for each "
                        "choice");
        g_clear_error(&error);
        g_assert_null(omg_spdx_allowed_new(nothing, &error));
        g_assert_cmpstr(error->message, ==, "\"--\": licence: no letter and no digit in it");
}

static char *repeat(const char *first, const char *text, guint n, const char *last)
{
        GString *string = g_string_new(first);

        for (guint i = 0; i < n; i++)
                g_string_append(string, text);
        g_string_append(string, last);
        return g_string_free(string, FALSE);
}

static void assert_parses(const char *text, const char *message)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(OmgSpdx) spdx = omg_spdx_parse(text, &error);

        if (!message) {
                g_assert_no_error(error);
                return;
        }
        g_assert_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS);
        g_assert_nonnull(strstr(error->message, message));
}

static void test_limits(void)
{
        g_autofree char *closed = g_strnfill(OMG_LIMIT_LICENSE_DEPTH, ')');
        g_autofree char *deep = repeat("", "(", OMG_LIMIT_LICENSE_DEPTH, "MIT");
        g_autofree char *deepest = g_strconcat(deep, closed, NULL);
        g_autofree char *deeper = g_strconcat("(", deepest, ")", NULL);
        g_autofree char *beside = repeat("(MIT)", " OR (MIT)", OMG_LIMIT_LICENSE_DEPTH, "");
        g_autofree char *many = repeat("MIT", " OR MIT", OMG_LIMIT_LICENSE_TERMS - 1, "");
        g_autofree char *more = g_strconcat(many, " OR MIT", NULL);
        g_autofree char *longest = repeat("MIT", " ", OMG_LIMIT_LICENSE - 3, "");
        g_autofree char *longer = g_strconcat(longest, " ", NULL);
        g_autoptr(GError) error = NULL;

        assert_parses(deepest, NULL);
        assert_parses(deeper, "byte 33: more than 32 parentheses");
        assert_parses(beside, NULL);
        assert_parses(many, NULL);
        assert_parses(more, "more than 256 licences");
        assert_parses(longest, NULL);
        assert_parses(longer, "longer than 4096 bytes");
        g_assert_null(omg_spdx_parse_name(longer, &error));
        g_assert_nonnull(strstr(error->message, "longer than 4096 bytes"));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/spdx/form", test_form);
        g_test_add_func("/spdx/errors", test_errors);
        g_test_add_func("/spdx/names", test_names);
        g_test_add_func("/spdx/list", test_list);
        g_test_add_func("/spdx/package", test_package);
        g_test_add_func("/spdx/allowed", test_allowed);
        g_test_add_func("/spdx/allowed-errors", test_allowed_errors);
        g_test_add_func("/spdx/limits", test_limits);
        return g_test_run();
}
