/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "format.h"

#include <glib/gi18n.h>

char *omg_format_size(gint64 bytes)
{
        static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
        double value = (double)bytes;
        guint unit = 0;

        while ((value >= 1024.0 || value <= -1024.0) && unit + 1 < G_N_ELEMENTS(units)) {
                value /= 1024.0;
                unit++;
        }
        return g_strdup_printf("%.2f %s", value, units[unit]);
}

char *omg_format_date(gint64 seconds)
{
        g_autoptr(GDateTime) date = g_date_time_new_from_unix_local(seconds);
        char *text = date ? g_date_time_format(date, "%c") : NULL;

        return text ? text : g_strdup(_("Unknown"));
}

char *omg_format_sortable(gint64 seconds)
{
        g_autoptr(GDateTime) date = g_date_time_new_from_unix_local(seconds);

        return date ? g_date_time_format(date, "%Y-%m-%d %H:%M:%S") : g_strdup(_("unknown"));
}

gboolean omg_parse_date(const char *text, gint64 *ret_seconds)
{
        g_autoptr(GTimeZone) zone = g_time_zone_new_local();
        g_autofree char *day = g_strconcat(text, "T00:00:00", NULL);
        g_autoptr(GDateTime) date = g_date_time_new_from_iso8601(text, zone);

        if (!date)
                date = g_date_time_new_from_iso8601(day, zone);
        if (!date)
                return FALSE;
        *ret_seconds = g_date_time_to_unix(date);
        return TRUE;
}
