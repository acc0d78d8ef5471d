/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Two lines are two versions, and each a dependency: omg_version_compare and omg_depend_parse
 * against libalpm, which links into this program alone. */

#include <alpm.h>
#include <stdint.h>
#include <string.h>

#include "base/depend.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void compare(const char *a, const char *b)
{
        int expected = alpm_pkg_vercmp(a, b);

        if (omg_version_compare(a, b) != expected)
                g_error("'%s' and '%s': %d, libalpm says %d", a, b, omg_version_compare(a, b),
                        expected);

        /* Without a NUL to stop at, so that the sanitizer sees a read too far. */
        g_autofree char *span_a = g_memdup2(a, strlen(a));
        g_autofree char *span_b = g_memdup2(b, strlen(b));
        g_assert_cmpint(omg_version_compare_spans(span_a, strlen(a), span_b, strlen(b)), ==,
                        expected);
}

static void assert_part(const char *part, gsize length, const char *expected)
{
        g_assert_true((part == NULL) == (expected == NULL));
        if (part)
                g_assert_cmpmem(part, length, expected, strlen(expected));
}

static void parse(const char *text)
{
        alpm_depend_t *expected = alpm_dep_from_string(text);
        g_autofree char *exact = g_memdup2(text, strlen(text));
        OmgDepend depend;

        omg_depend_parse(exact ? exact : "", (gssize)strlen(text), &depend);
        assert_part(depend.name, depend.name_length, expected->name);
        assert_part(depend.version, depend.version_length, expected->version);
        assert_part(depend.description, depend.description_length, expected->desc);
        g_assert_cmpint((int)depend.mod, ==, (int)expected->mod);
        alpm_dep_free(expected);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_autofree char *text = g_strndup((const char *)data, size);
        g_auto(GStrv) lines = g_strsplit(text, "\n", 3);
        const char *a = lines[0] ? lines[0] : "";
        const char *b = lines[0] && lines[1] ? lines[1] : "";

        compare(a, b);
        compare(b, a);
        parse(a);
        parse(b);
        return 0;
}
