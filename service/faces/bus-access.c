/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "faces/bus-access.h"

static const struct {
        const char *interface;
        const char *member;
} changes[] = {
        {"org.omgd1.Job", "Cancel"},
        {"org.omgd1.Manager", "ClearCache"},
        {"org.omgd1.Manager", "Inhibit"},
        {"org.omgd1.Manager", "Refresh"},
        {"org.omgd1.Manager", "StateHasChanged"},
};

gboolean omg_bus_access_is_change(const char *interface, const char *member)
{
        for (gsize i = 0; i < G_N_ELEMENTS(changes); i++) {
                if (g_str_equal(changes[i].interface, interface) &&
                    g_str_equal(changes[i].member, member))
                        return TRUE;
        }
        return FALSE;
}
