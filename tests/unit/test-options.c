/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib.h>
#include <string.h>
#include <unistd.h>

#include "options.h"

static GString *printed_out, *printed_err;

static void on_print(const char *text)
{
        g_string_append(printed_out, text);
}

static void on_print_error(const char *text)
{
        g_string_append(printed_err, text);
}

/* Parses one command line written with blanks; -1: go on, else the exit code. */
static int parse(const char *line, OmgOptions *ret_options)
{
        g_auto(GStrv) argv = g_strsplit(line, " ", -1);
        GPrintFunc old_print = g_set_print_handler(on_print);
        GPrintFunc old_print_error = g_set_printerr_handler(on_print_error);
        int exit_code = -1;
        gboolean go_on;

        g_string_truncate(printed_out, 0);
        g_string_truncate(printed_err, 0);
        go_on = omg_options_parse((int)g_strv_length(argv), argv, ret_options, &exit_code);
        (void)g_set_print_handler(old_print);
        (void)g_set_printerr_handler(old_print_error);
        g_assert_true(go_on == (exit_code == -1));
        return exit_code;
}

/* Each option, long and short, with its value in any place. */
static void test_valid(void)
{
        g_auto(OmgOptions) none = {0};
        g_auto(OmgOptions) brief = {0};
        g_auto(OmgOptions) full = {0};
        g_auto(OmgOptions) check = {0};
        g_auto(OmgOptions) of_system = {0};
        g_autofree char *here = g_get_current_dir();
        g_autofree char *absolute = g_build_filename(here, "x.sock", NULL);

        g_assert_cmpint(parse("omgd", &none), ==, -1);
        g_assert_false(none.foreground);
        g_assert_false(none.is_system);
        g_assert_null(none.socket);

        g_assert_cmpint(parse("omgd -fs /tmp/a.sock", &brief), ==, -1);
        g_assert_true(brief.foreground);
        g_assert_cmpstr(brief.socket, ==, "/tmp/a.sock");

        /* Made absolute: detaching changes the directory. */
        g_assert_cmpint(parse("omgd --socket=x.sock --foreground", &full), ==, -1);
        g_assert_true(full.foreground);
        g_assert_cmpstr(full.socket, ==, absolute);

        g_assert_false(none.check_config);
        g_assert_cmpint(parse("omgd --check-config", &check), ==, -1);
        g_assert_true(check.check_config);

        g_assert_false(full.is_system);

        g_assert_cmpint(parse("omgd --system -f", &of_system), ==, -1);
        g_assert_true(of_system.is_system && of_system.foreground);
        g_assert_null(of_system.socket);
}

/* --help and --version answer on standard output and end with 0. */
static void test_information(void)
{
        OmgOptions options = {0};

        g_assert_cmpint(parse("omgd --version", &options), ==, OMG_EXIT_OK);
        g_assert_true(g_str_has_prefix(printed_out->str, "omgd "));
        g_assert_cmpstr(printed_err->str, ==, "");

        for (const char *const *line = (const char *const[]){"omgd --help", "omgd -h", NULL}; *line;
             line++) {
                g_assert_cmpint(parse(*line, &options), ==, OMG_EXIT_OK);
                g_assert_nonnull(strstr(printed_out->str, "--foreground"));
                g_assert_nonnull(strstr(printed_out->str, "--socket=PATH"));
                g_assert_nonnull(strstr(printed_out->str, "--system"));
                g_assert_nonnull(strstr(printed_out->str, "--version"));
                g_assert_nonnull(strstr(printed_out->str, "Exit status"));
                g_assert_cmpstr(printed_err->str, ==, "");
        }
        g_assert_null(options.socket);
}

/* Every mistake says what it is and how it is done right, on standard error, and ends with 2. */
static void test_mistakes(void)
{
        g_autofree char *long_name = g_strnfill(120, 'x');
        g_autofree char *too_long = g_strdup_printf("omgd -s /tmp/%s", long_name);
        const struct {
                const char *line;
                const char *reason;
        } cases[] = {
                {"omgd --nonsense", "--nonsense"},
                {"omgd -x", "-x"},
                {"omgd --socket", "--socket"},
                {"omgd --socket=", "--socket"},
                {"omgd --foreground=yes", "--foreground"},
                {"omgd --system=no", "--system"},
                {"omgd --system --socket=/tmp/x", "--system has no socket"},
                {"omgd -s /tmp/x --system", "--system has no socket"},
                {"omgd start", "\"start\""},
                {"omgd -- start", "\"start\""},
                {too_long, "107"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                OmgOptions options = {0};

                g_test_message("%s", cases[i].line);
                g_assert_cmpint(parse(cases[i].line, &options), ==, OMG_EXIT_USAGE);
                g_assert_nonnull(strstr(printed_err->str, cases[i].reason));
                g_assert_nonnull(strstr(printed_err->str, "Usage: omgd"));
                g_assert_cmpstr(printed_out->str, ==, "");
                g_assert_null(options.socket);
        }
}

int main(int argc, char **argv)
{
        int r;

        g_test_init(&argc, &argv, NULL);
        printed_out = g_string_new(NULL);
        printed_err = g_string_new(NULL);
        g_test_add_func("/options/valid", test_valid);
        g_test_add_func("/options/information", test_information);
        g_test_add_func("/options/mistakes", test_mistakes);
        r = g_test_run();
        g_string_free(printed_out, TRUE);
        g_string_free(printed_err, TRUE);
        return r;
}
