/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The error table: every code has its public name, its legacy code and its sentence. */

#include "base/error.h"

#include <errno.h>
#include <gio/gio.h>
#include <string.h>

/* Names are D-Bus error names, differ from each other, and lead back to their code. */
static void test_names(void)
{
        for (int code = 0; code < OMG_ERROR_N_CODES; code++) {
                const char *name = omg_error_get_dbus_name(code);
                g_assert_true(g_str_has_prefix(name, "org.freedesktop.DBus.Error.") ||
                              g_str_has_prefix(name, "org.omgd1.Error."));
                g_assert_true(g_dbus_is_interface_name(name));
                g_assert_cmpint(omg_error_from_dbus_name(name), ==, code);
                g_assert_true(g_str_has_suffix(omg_error_get_meaning(code), "."));
        }
        g_assert_cmpint(omg_error_from_dbus_name("org.omgd1.Error.NoSuch"), ==, -1);
        g_assert_cmpint(omg_error_from_dbus_name(NULL), ==, -1);
}

/* The codes the legacy socket has always answered with. */
static void test_legacy(void)
{
        for (int code = 0; code < OMG_ERROR_N_CODES; code++) {
                int expected = -32603;
                if (code == OMG_ERROR_INVALID_ARGS)
                        expected = -32602;
                else if (code == OMG_ERROR_LIMITS_EXCEEDED)
                        expected = -1002;
                else if (code == OMG_ERROR_NOT_FOUND)
                        expected = -1001;
                else if (code == OMG_ERROR_UNKNOWN_METHOD)
                        expected = -32601;
                else if (code == OMG_ERROR_UNDECODABLE)
                        expected = -32700;
                g_assert_cmpint(omg_error_get_legacy_code(code), ==, expected);
        }
}

/* What is no code of ours is Unavailable, never the caller's fault. */
static void test_foreign(void)
{
        g_autoptr(GError) foreign = g_error_new_literal(G_IO_ERROR, OMG_ERROR_INVALID_ARGS, "x");
        g_autoptr(GError) own = g_error_new_literal(OMG_ERROR, OMG_ERROR_NOT_FOUND, "x");

        g_assert_cmpint(omg_error_get_code(foreign), ==, OMG_ERROR_UNAVAILABLE);
        g_assert_cmpint(omg_error_get_code(NULL), ==, OMG_ERROR_UNAVAILABLE);
        g_assert_cmpint(omg_error_get_code(own), ==, OMG_ERROR_NOT_FOUND);
        g_assert_cmpstr(omg_error_get_dbus_name(-1), ==, "org.omgd1.Error.Unavailable");
        g_assert_cmpstr(omg_error_get_dbus_name(OMG_ERROR_N_CODES), ==,
                        "org.omgd1.Error.Unavailable");
}

/* What cannot be opened is missing; every other failure is not. */
static void test_errno(void)
{
        static const struct {
                int errnum;
                OmgError code;
        } rows[] = {
                {ENOENT, OMG_ERROR_DATABASE_MISSING}, {EACCES, OMG_ERROR_DATABASE_MISSING},
                {EPERM, OMG_ERROR_DATABASE_MISSING},  {EIO, OMG_ERROR_UNAVAILABLE},
                {EMFILE, OMG_ERROR_UNAVAILABLE},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autoptr(GError) error = NULL;
                g_autofree char *message = g_strdup_printf("/a/b: %s", g_strerror(rows[i].errnum));
                omg_error_set_errno(&error, rows[i].errnum, "/a/%s", "b");
                g_assert_error(error, OMG_ERROR, (int)rows[i].code);
                g_assert_cmpstr(error->message, ==, message);
        }
        omg_error_set_errno(NULL, ENOENT, "nobody asks");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/error/names", test_names);
        g_test_add_func("/error/legacy", test_legacy);
        g_test_add_func("/error/foreign", test_foreign);
        g_test_add_func("/error/errno", test_errno);
        return g_test_run();
}
