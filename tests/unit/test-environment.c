/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib.h>

#include "environment.h"

/* What a user's session says of itself goes, whatever stands near it in the alphabet. */
static void test_is_kept(void)
{
        static const char *const kept[] = {
                "LANG",         "LC_MESSAGES",    "TZ",
                "PATH",         "NOTIFY_SOCKET",  "WATCHDOG_USEC",
                "WATCHDOG_PID", "https_proxy",    "HTTPS_PROXY",
                "no_proxy",     "JOURNAL_STREAM", "DBUS_SYSTEM_BUS_ADDRESS",
        };
        static const char *const forgotten[] = {
                "OMG_PACMAN_CONF",
                "OMG_INDEX_HELPER",
                "OMG_LOG_LEVEL",
                "OMG_proxy_not",
                "HOME",
                "XDG_RUNTIME_DIR",
                "XDG_DATA_HOME",
                "DBUS_SESSION_BUS_ADDRESS",
                "GNUPGHOME",
                "LD_PRELOAD",
                "TMPDIR",
                "USER",
                "LISTEN_FDS",
                "PATHS",
                "LANGUAGES",
                "",
        };

        for (gsize i = 0; i < G_N_ELEMENTS(kept); i++)
                g_assert_true(omg_environment_is_kept(kept[i]));
        for (gsize i = 0; i < G_N_ELEMENTS(forgotten); i++)
                g_assert_false(omg_environment_is_kept(forgotten[i]));
}

/* Nothing else is left, and what is left has its value. */
static void test_forget(void)
{
        g_assert_true(g_setenv("OMG_DAEMON_DATA_DIR", "/x", TRUE));
        g_assert_true(g_setenv("HOME", "/x", TRUE));
        g_assert_true(g_setenv("LC_ALL", "C.UTF-8", TRUE));
        omg_environment_forget_user();
        g_assert_cmpstr(g_getenv("LC_ALL"), ==, "C.UTF-8");

        g_auto(GStrv) names = g_listenv();
        for (gsize i = 0; names[i]; i++)
                g_assert_true(omg_environment_is_kept(names[i]));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/environment/is-kept", test_is_kept);
        g_test_add_func("/environment/forget", test_forget);
        return g_test_run();
}
