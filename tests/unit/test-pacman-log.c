/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/limits.h"
#include "sources/pacman-log-reader.h"

#define BERLIN "CET-1CEST,M3.5.0,M10.5.0/3"

static char *describe_span(OmgLogSpan span)
{
        return g_strndup(span.text, span.length);
}

/* "time action package version old", or NULL for no entry. */
static char *describe(const OmgLogLine *line)
{
        g_autofree char *package = describe_span(line->package);
        g_autofree char *version = describe_span(line->version);
        g_autofree char *old = describe_span(line->old_version);

        return g_strdup_printf("%" G_GINT64_FORMAT " %s %s %s %s", line->time,
                               omg_log_action_words[line->action], package, version, old);
}

static void expect_line(const char *text, gsize length, GTimeZone *zone, const char *expected)
{
        g_autofree char *exact = g_memdup2(text, length);
        g_autofree char *got = NULL;
        OmgLogLine line;

        if (omg_log_line_parse(exact ? exact : "", length, zone, &line))
                got = describe(&line);
        g_assert_cmpstr(got, ==, expected);
}

/* Every form that pacman has written, and every action. */
static void test_forms(void)
{
        static const struct {
                const char *line;
                const char *expected;
        } rows[] = {
                {"[2010-01-02 03:04] installed foo (1.0-1)", "1262401440 installed foo 1.0-1 "},
                {"[2010-01-02 03:04] upgraded foo (1.0-1 -> 1.1-1)",
                 "1262401440 upgraded foo 1.1-1 1.0-1"},
                {"[2014-01-27 13:46] [PACMAN] upgraded kde-base-artwork (4.12.0-1 -> 4.12.1-1)",
                 "1390830360 upgraded kde-base-artwork 4.12.1-1 4.12.0-1"},
                {"[2016-01-02 03:04] [ALPM] installed foo (1.0-1)",
                 "1451703840 installed foo 1.0-1 "},
                {"[2019-10-23T07:23:09+0200] [ALPM] upgraded foo (1 -> 2)",
                 "1571808189 upgraded foo 2 1"},
                {"[2019-10-23T07:23:09-0930] [ALPM] downgraded lib32-a+b@c_d.e (1:2-1 -> 0:1-1)",
                 "1571849589 downgraded lib32-a+b@c_d.e 0:1-1 1:2-1"},
                {"[2019-10-23T07:23:09+0000] [ALPM] removed foo (2.r5.gabc-1)",
                 "1571815389 removed foo 2.r5.gabc-1 "},
                {"[2019-10-23T07:23:09+0000] [ALPM] reinstalled foo (2~rc1-1)",
                 "1571815389 reinstalled foo 2~rc1-1 "},
                {"[1969-12-31T23:59:59+0000] [ALPM] removed foo (1)", "-1 removed foo 1 "},
        };
        g_autoptr(GTimeZone) zone = g_time_zone_new_utc();

        for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
                expect_line(rows[i].line, strlen(rows[i].line), zone, rows[i].expected);
}

/* Everything else that stands in a log, and what a damaged one holds, is no entry. */
static void test_no_entries(void)
{
        static const char *const lines[] = {
                "",
                "[2019-10-23T07:23:09+0200] [PACMAN] Running 'pacman -Syu (1)'",
                "[2019-10-23T07:23:09+0200] [ALPM] transaction started",
                "[2019-10-23T07:23:09+0200] [ALPM] running 'x.hook'...",
                "[2019-10-23T07:23:09+0200] [ALPM-SCRIPTLET] installed foo (1)",
                "[2019-10-23T07:23:09+0200] [ALPM] warning: foo installed as foo (1)",
                "[2019-10-23T07:23:09+0200] [ALPM] upgraded foo (1 -",
                "[2019-10-23T07:23:09+0200] [ALPM] upgraded foo (1)",
                "[2019-10-23T07:23:09+0200] [ALPM] upgraded foo (1 -> )",
                "[2019-10-23T07:23:09+0200] [ALPM] installed foo (1 -> 2)",
                "[2019-10-23T07:23:09+0200] [ALPM] installed foo ()",
                "[2019-10-23T07:23:09+0200] [ALPM] installed  (1)",
                "[2019-10-23T07:23:09+0200] [ALPM] installed -foo (1)",
                "[2019-10-23T07:23:09+0200] [ALPM] installed fo\303\266 (1)",
                "[2019-10-23T07:23:09+0200] [ALPM] installed foo (1) (2)",
                "[2019-10-23T07:23:09+0200] [ALPM] installed foo (\377)",
                "[2019-10-23T07:23:09+0200] [ALPM] installed foo (1)\r",
                "[2019-10-23T07:23:09] [ALPM] installed foo (1)",
                "[2019-10-23T07:23:09+2400] [ALPM] installed foo (1)",
                "[2019-10-23T07:23+0200] [ALPM] installed foo (1)",
                "[2019-02-29 07:23] installed foo (1)",
                "[2019-13-01 07:23] installed foo (1)",
                "[0000-00-00 00:00] installed foo (1)",
                "[2019-10-23 24:00] installed foo (1)",
                "[19-10-23 07:23] installed foo (1)",
                "installed foo (1)",
        };
        static const char nul[] = "[2010-01-02 03:04] installed f\0o (1.0-1)";
        g_autoptr(GTimeZone) zone = g_time_zone_new_utc();

        for (gsize i = 0; i < G_N_ELEMENTS(lines); i++)
                expect_line(lines[i], strlen(lines[i]), zone, NULL);
        expect_line(nul, sizeof(nul) - 1, zone, NULL);
}

/* Names, versions and lines have limits; at the limit they are taken. */
static void test_limits(void)
{
        g_autoptr(GTimeZone) zone = g_time_zone_new_utc();
        OmgLogLine line;

        for (guint over = 0; over <= 1; over++) {
                g_autofree char *name = g_strnfill(OMG_LIMIT_PACKAGE_NAME + over, 'n');
                g_autofree char *version = g_strnfill(OMG_LIMIT_VERSION + over, '1');
                g_autofree char *a = g_strdup_printf("[2010-01-02 03:04] installed %s (1)", name);
                g_autofree char *b =
                        g_strdup_printf("[2010-01-02 03:04] installed n (%s)", version);

                g_assert_cmpint(omg_log_line_parse(a, strlen(a), zone, &line), ==, !over);
                g_assert_cmpint(omg_log_line_parse(b, strlen(b), zone, &line), ==, !over);
        }
        g_autofree char *blanks = g_strnfill(OMG_LIMIT_LOG_LINE, ' ');
        g_autofree char *c = g_strdup_printf("[2010-01-02 03:04] installed n (1%s)", blanks);
        g_assert_false(omg_log_line_parse(c, strlen(c), zone, &line));
}

/* Times without a zone are the machine's: in summer, in winter, when an hour comes twice and when
 * one is left out. Those with a zone are not. */
static void test_zone(void)
{
        static const struct {
                const char *stamp;
                const char *seconds;
        } rows[] = {
                {"2010-01-02 03:04", "1262397840"}, /* UTC+1 */
                {"2010-07-02 03:04", "1278032640"}, /* UTC+2 */
                {"2010-10-31 02:30", "1288488600"}, /* comes twice: the second, UTC+1 */
                {"2010-03-28 03:30", "1269739800"}, /* just after the gap */
                {"2019-10-23T07:23:09+0200", "1571808189"},
        };
        g_autoptr(GTimeZone) zone = g_time_zone_new_identifier(BERLIN);

        g_assert_nonnull(zone);
        for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autofree char *text = g_strdup_printf("[%s] removed a (1)", rows[i].stamp);
                g_autofree char *expected = g_strdup_printf("%s removed a 1 ", rows[i].seconds);
                expect_line(text, strlen(text), zone, expected);
        }
}

/* ---- reading backwards ---- */

typedef struct {
        char *path;
        GTimeZone *zone;
} Fixture;

static void set_up(Fixture *f, gconstpointer unused)
{
        g_autoptr(GError) error = NULL;
        int fd = g_file_open_tmp("omg-log-XXXXXX", &f->path, &error);

        g_assert_no_error(error);
        (void)close(fd);
        f->zone = g_time_zone_new_utc();
}

static void tear_down(Fixture *f, gconstpointer unused)
{
        (void)g_unlink(f->path);
        g_free(f->path);
        g_time_zone_unref(f->zone);
}

static void write_log(Fixture *f, const char *text, gssize length)
{
        g_autoptr(GError) error = NULL;

        (void)g_file_set_contents(f->path, text, length, &error);
        g_assert_no_error(error);
}

static void append_log(Fixture *f, const char *text)
{
        FILE *file = fopen(f->path, "a");

        g_assert_nonnull(file);
        g_assert_cmpint(fputs(text, file), >=, 0);
        g_assert_cmpint(fclose(file), ==, 0);
}

/* Names of the packages from the end to the beginning, joined. */
static char *read_names(Fixture *f, const guint64 *generation, guint64 *ret_generation)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(OmgLogReader) reader = omg_log_reader_open(f->path, generation, f->zone, &error);
        GString *names = g_string_new(NULL);
        guint64 position, last = G_MAXUINT64;
        OmgLogLine line;

        g_assert_no_error(error);
        while (omg_log_reader_previous(reader, &line, &position, &error)) {
                g_string_append_printf(names, "%s%.*s", names->len > 0 ? " " : "",
                                       (int)line.package.length, line.package.text);
                g_assert_cmpuint(position, <, last);
                last = position;
        }
        g_assert_no_error(error);
        if (ret_generation)
                *ret_generation = omg_log_reader_get_generation(reader);
        return g_string_free(names, FALSE);
}

static void expect_names(Fixture *f, const char *expected)
{
        g_autofree char *names = read_names(f, NULL, NULL);
        g_assert_cmpstr(names, ==, expected);
}

#define LINE(name) "[2019-10-23T07:23:09+0200] [ALPM] installed " name " (1-1)\n"

/* The newest comes first; a half-written last line is not there yet; between the entries may stand
 * anything. */
static void test_backwards(Fixture *f, gconstpointer unused)
{
        static const char odd[] = LINE("a") "\0\0\n\377\376\n" LINE("b") "\n\n" LINE("c");

        write_log(f, "", 0);
        expect_names(f, "");
        write_log(f, LINE("a"), -1);
        expect_names(f, "a");
        write_log(f, LINE("a") LINE("b") "[2019-10-23T07:23:09+0200] [ALPM] installed c (1-1)", -1);
        expect_names(f, "b a");
        write_log(f, odd, sizeof(odd) - 1);
        expect_names(f, "c b a");
        write_log(f, "no newline at all", -1);
        expect_names(f, "");
}

/* Lines that lie across the borders of blocks, and lines longer than several blocks. */
static void test_blocks(Fixture *f, gconstpointer unused)
{
        g_autoptr(GString) log = g_string_new(NULL);
        g_autoptr(GString) expected = g_string_new(NULL);

        for (guint i = 0; i < 5000; i++) {
                g_autofree char *name = g_strdup_printf("pkg%u", i);
                g_autofree char *before =
                        g_strdup_printf("%s%s%s", name, i ? " " : "", expected->str);
                g_string_append_printf(log, "[2019-10-23T07:23:09+0200] [ALPM] installed %s (1)\n",
                                       name);
                g_string_assign(expected, before);
                if (i % 1000 == 500) {
                        g_autofree char *filler = g_strnfill(i * 100, 'x');
                        g_string_append_printf(log, "%s\n", filler);
                }
        }
        write_log(f, log->str, (gssize)log->len);
        expect_names(f, expected->str);
}

/* A generation shows the log as it was, however it has grown; another log in its place, or a
 * shorter one, is told apart. */
static void test_generation(Fixture *f, gconstpointer unused)
{
        g_autoptr(GError) error = NULL;
        guint64 generation, same;

        write_log(f, LINE("a") LINE("b"), -1);
        g_autofree char *first = read_names(f, NULL, &generation);
        g_assert_cmpstr(first, ==, "b a");
        append_log(f, LINE("c"));
        g_autofree char *again = read_names(f, &generation, &same);
        g_assert_cmpstr(again, ==, "b a");
        g_assert_cmpuint(generation, ==, same);
        g_assert_cmpuint(generation, <=, G_MAXINT64);
        expect_names(f, "c b a");

        write_log(f, LINE("x") LINE("y") LINE("z"), -1);
        g_assert_null(omg_log_reader_open(f->path, &generation, f->zone, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS);
        g_clear_error(&error);
        write_log(f, LINE("a"), -1);
        g_assert_null(omg_log_reader_open(f->path, &generation, f->zone, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS);
}

/* No log, a folder, a pipe: errors that name it, at once. */
static void test_unreadable(Fixture *f, gconstpointer unused)
{
        g_autoptr(GError) missing = NULL, folder = NULL, fifo = NULL;

        (void)g_unlink(f->path);
        g_assert_null(omg_log_reader_open(f->path, NULL, f->zone, &missing));
        g_assert_error(missing, OMG_ERROR, OMG_ERROR_DATABASE_MISSING);
        g_assert_nonnull(strstr(missing->message, f->path));
        g_assert_null(omg_log_reader_open("/", NULL, f->zone, &folder));
        g_assert_error(folder, OMG_ERROR, OMG_ERROR_UNAVAILABLE);
        g_assert_cmpint(mkfifo(f->path, 0600), ==, 0);
        g_assert_null(omg_log_reader_open(f->path, NULL, f->zone, &fifo));
        g_assert_error(fifo, OMG_ERROR, OMG_ERROR_UNAVAILABLE);
}

/* Cut short while it is read: an error, not a beginning. */
static void test_shortened(Fixture *f, gconstpointer unused)
{
        g_autoptr(GString) log = g_string_new(NULL);
        g_autoptr(GError) error = NULL;
        OmgLogLine line;
        guint64 position;

        while (log->len < 300000)
                g_string_append(log, LINE("a"));
        write_log(f, log->str, (gssize)log->len);
        g_autoptr(OmgLogReader) reader = omg_log_reader_open(f->path, NULL, f->zone, &error);
        g_assert_no_error(error);
        g_assert_true(omg_log_reader_previous(reader, &line, &position, &error));
        g_assert_cmpint(truncate(f->path, 10), ==, 0);
        while (omg_log_reader_previous(reader, &line, &position, &error))
                ;
        g_assert_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE);
}

/* Of a log beyond the limit only the end is read, and that is said. */
static void test_cut(Fixture *f, gconstpointer unused)
{
        g_autoptr(GError) error = NULL;
        OmgLogLine line;
        guint64 position;
        guint n = 0;

        /* Sparse: NULs, which are no entries. */
        write_log(f, LINE("old"), -1);
        g_assert_cmpint(truncate(f->path, (off_t)OMG_LIMIT_LOG_READ), ==, 0);
        append_log(f, "\n" LINE("a") LINE("b"));
        g_autoptr(OmgLogReader) reader = omg_log_reader_open(f->path, NULL, f->zone, &error);
        g_assert_no_error(error);
        g_assert_true(omg_log_reader_is_cut(reader));
        while (omg_log_reader_previous(reader, &line, &position, &error))
                n++;
        g_assert_no_error(error);
        g_assert_cmpuint(n, ==, 2);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/pacman-log/forms", test_forms);
        g_test_add_func("/pacman-log/no-entries", test_no_entries);
        g_test_add_func("/pacman-log/limits", test_limits);
        g_test_add_func("/pacman-log/zone", test_zone);
#define ADD(path, func) g_test_add("/pacman-log/" path, Fixture, NULL, set_up, func, tear_down)
        ADD("backwards", test_backwards);
        ADD("blocks", test_blocks);
        ADD("generation", test_generation);
        ADD("unreadable", test_unreadable);
        ADD("shortened", test_shortened);
        ADD("cut", test_cut);
        return g_test_run();
}
