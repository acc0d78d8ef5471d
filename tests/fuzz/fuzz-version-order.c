/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Three lines of any bytes as versions of each order (version-order): what has a place in it equals
 * itself, and the order goes both ways and on. */

#include <stdint.h>
#include <string.h>

#include "base/version-order.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int compare(OmgOrder order, const char *a, const char *b)
{
        int result = 7, back = 7;

        g_assert_true(omg_version_order_compare(order, a, b, &result));
        g_assert_true(omg_version_order_compare(order, b, a, &back));
        g_assert_cmpint(result, ==, -back);
        g_assert_cmpint(ABS(result), <=, 1);
        g_autoptr(GString) x = g_string_new(NULL), y = g_string_new(NULL);
        g_assert_true(omg_version_order_append_key(order, a, x));
        g_assert_true(omg_version_order_append_key(order, b, y));
        int keys = strcmp(x->str, y->str);
        g_assert_cmpint((keys > 0) - (keys < 0), ==, result);
        return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_autofree char *text = g_strndup((const char *)data, size);
        g_auto(GStrv) lines = g_strsplit(text, "\n", 3);

        if (g_strv_length(lines) < 3)
                return 0;
        for (OmgOrder order = OMG_ORDER_NONE; order < OMG_ORDER_N; order++) {
                gboolean all = TRUE;
                for (guint i = 0; i < 3; i++) {
                        gboolean has = omg_version_order_has(order, lines[i]);
                        g_assert_true(!has || compare(order, lines[i], lines[i]) == 0);
                        all = all && has;
                }
                if (!all)
                        continue;
                int first = compare(order, lines[0], lines[1]);
                int second = compare(order, lines[1], lines[2]);
                int both = compare(order, lines[0], lines[2]);
                g_assert_true(first != second || both == first);
        }
        return 0;
}
