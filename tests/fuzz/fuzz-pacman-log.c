/* SPDX-License-Identifier: GPL-3.0-or-later */

/* A log read backwards gives exactly the entries that its lines give, read forwards. */

#include <glib/gstdio.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sources/pacman-log-reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct {
        guint64 position;
        gint64 time;
        OmgLogAction action;
        gsize name_length;
} Found;

/* Each whole line in a piece of memory of its own size: reading beyond it is seen. */
static GArray *read_forwards(const char *text, gsize size, GTimeZone *zone)
{
        GArray *found = g_array_new(FALSE, FALSE, sizeof(Found));
        const char *end;

        for (gsize at = 0; at < size && (end = memchr(text + at, '\n', size - at));
             at = (gsize)(end - text) + 1) {
                gsize length = (gsize)(end - text) - at;
                g_autofree char *line = g_memdup2(text + at, length);
                OmgLogLine entry;

                if (!omg_log_line_parse(line ? line : "", length, zone, &entry))
                        continue;
                g_assert_cmpuint(entry.package.length, >, 0);
                g_assert_cmpuint(entry.version.length, >, 0);
                g_assert_true(g_utf8_validate_len(entry.version.text, entry.version.length, NULL));
                Found one = {at, entry.time, entry.action, entry.package.length};
                g_array_append_val(found, one);
        }
        return found;
}

static int make_file(const uint8_t *data, size_t size)
{
        int fd = memfd_create("pacman.log", MFD_CLOEXEC);

        g_assert_cmpint(fd, >=, 0);
        for (size_t done = 0; done < size;) {
                ssize_t n = write(fd, data + done, size - done);
                g_assert_cmpint(n, >, 0);
                done += (size_t)n;
        }
        return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_autoptr(GTimeZone) zone = g_time_zone_new_utc();
        g_autoptr(GArray) expected = read_forwards((const char *)data, size, zone);
        g_autoptr(GError) error = NULL;
        int fd = make_file(data, size);
        g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);
        g_autoptr(OmgLogReader) reader = omg_log_reader_open(path, NULL, zone, &error);
        OmgLogLine entry;
        guint64 position;
        guint n = 0;

        g_assert_no_error(error);
        while (omg_log_reader_previous(reader, &entry, &position, &error)) {
                g_assert_cmpuint(n, <, expected->len);
                const Found *one = &g_array_index(expected, Found, expected->len - ++n);
                g_assert_cmpuint(position, ==, one->position);
                g_assert_cmpint(entry.time, ==, one->time);
                g_assert_cmpint((int)entry.action, ==, (int)one->action);
                g_assert_cmpuint(entry.package.length, ==, one->name_length);
        }
        g_assert_no_error(error);
        g_assert_cmpuint(n, ==, expected->len);
        (void)close(fd);
        return 0;
}
