/* SPDX-License-Identifier: GPL-3.0-or-later */
/* org.omgd1.Packages: who maintains what is installed from the AUR, as a signal. */
#include "base/limits-store.h"
#include "engine/maintainers.h"
#include "faces/bus-interfaces.h"
#include "faces/bus-options.h"
#include "faces/bus-packages.h"

/* @lines: NULL: no such entry. */
static int append_lines(sd_bus_message *signal, const char *key, const char *lines)
{
        g_auto(GStrv) list = lines ? g_strsplit(lines, "\n", -1) : NULL;

        return list ? omg_bus_entry_append_strv(signal, key, (const char *const *)list) : 0;
}

static int append_extra(sd_bus_message *signal, const OmgMaintainerChange *change)
{
        const guint64 modified = change->modified_sec;
        int is_marked = change->is_marked;
        int r = sd_bus_message_open_container(signal, 'a', "{sv}");

        if (r < 0 || (r = omg_bus_entry_append(signal, "flagged", 'b', &is_marked)) < 0 ||
            (r = modified > 0 ? omg_bus_entry_append(signal, "last-modified", 't', &modified) : 0) <
                    0 ||
            (r = append_lines(signal, "co-maintainers-before", change->old_others)) < 0 ||
            (r = append_lines(signal, "co-maintainers", change->new_others)) < 0)
                return r;
        return sd_bus_message_close_container(signal);
}

static int append_change(sd_bus_message *signal, const OmgMaintainerChange *change)
{
        int r;

        if ((r = sd_bus_message_open_container(signal, 'r', "ssssa{sv}")) < 0 ||
            (r = sd_bus_message_append(signal, "ssss", change->name,
                                       omg_maintainer_event_get_word(change->event),
                                       change->old ?: "", change->new ?: "")) < 0 ||
            (r = append_extra(signal, change)) < 0)
                return r;
        return sd_bus_message_close_container(signal);
}

static int append_changes(sd_bus_message *signal, const GPtrArray *changes)
{
        int r = sd_bus_message_open_container(signal, 'a', "(ssssa{sv})");

        for (guint i = 0; r >= 0 && i < MIN(changes->len, OMG_LIMIT_MAINTAINER_NEWS); i++)
                r = append_change(signal, changes->pdata[i]);
        return r < 0 ? r : sd_bus_message_close_container(signal);
}

int omg_bus_packages_emit_maintainers(sd_bus *bus, guint64 generation, const GPtrArray *changes)
{
        sd_bus_message *signal = NULL;
        int r;

        if (changes->len == 0)
                return 0;
        if ((r = sd_bus_message_new_signal(bus, &signal, OMG_BUS_PATH, "org.omgd1.Packages",
                                           "AurMaintainersChanged")) >= 0 &&
            (r = sd_bus_message_append(signal, "t", generation)) >= 0 &&
            (r = append_changes(signal, changes)) >= 0 &&
            (r = sd_bus_message_append(signal, "b", changes->len > OMG_LIMIT_MAINTAINER_NEWS)) >= 0)
                r = sd_bus_message_send(signal);
        sd_bus_message_unref(signal);
        return r;
}
