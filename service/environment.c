/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "environment.h"

/* A list of what stays, not of what goes: libraries too read variables of which we know nothing. */
static const char *const kept[] = {
        "DBUS_SYSTEM_BUS_ADDRESS",
        "INVOCATION_ID",
        "JOURNAL_STREAM",
        "LANG",
        "LANGUAGE",
        "LC_*",
        "NOTIFY_SOCKET",
        "PATH",
        "TZ",
        "WATCHDOG_*",
        "*_proxy",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
        "ASAN_OPTIONS",
        "LSAN_OPTIONS",
        "TSAN_OPTIONS",
        "UBSAN_OPTIONS",
};

gboolean omg_environment_is_kept(const char *name)
{
        for (gsize i = 0; i < G_N_ELEMENTS(kept); i++) {
                if (g_pattern_match_simple(kept[i], name))
                        return TRUE;
        }
        return FALSE;
}

void omg_environment_forget_user(void)
{
        g_auto(GStrv) names = g_listenv();

        for (gsize i = 0; names[i]; i++) {
                if (!omg_environment_is_kept(names[i]))
                        g_unsetenv(names[i]);
        }
}
