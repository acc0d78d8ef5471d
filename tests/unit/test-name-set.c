/* SPDX-License-Identifier: GPL-3.0-or-later */

/* A name is new once, also while the set grows. */

#include "omgd-index/name-set.h"

#define MANY 20000

int main(void)
{
        g_autoptr(OmgNameSet) set = omg_name_set_new();

        for (guint round = 0; round < 2; round++)
                for (guint i = 0; i < MANY; i++) {
                        g_autofree char *name = g_strdup_printf("%u", i);
                        g_assert_true(omg_name_set_add(set, name) == (round == 0));
                }
        g_assert_true(omg_name_set_add(set, ""));
        g_assert_false(omg_name_set_add(set, ""));
        g_assert_true(omg_name_set_add(set, "1234567"));
        g_print("ok 1 /name-set/once\n1..1\n");
        return 0;
}
