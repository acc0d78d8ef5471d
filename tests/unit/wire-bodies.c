/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire-bodies.h"

#include <archive.h>
#include <archive_entry.h>

#include "base/limits.h"

const OmgWireCaps wire_all = {.max_items = G_MAXSIZE, .max_depth = OMG_LIMIT_DEPTH};

static char *read_xz(const char *path)
{
        g_autoptr(GString) text = g_string_new(NULL);
        struct archive *archive = archive_read_new();
        struct archive_entry *entry;
        char part[1 << 14];
        la_ssize_t n;

        g_assert_cmpint(archive_read_support_filter_xz(archive), ==, ARCHIVE_OK);
        g_assert_cmpint(archive_read_support_format_raw(archive), ==, ARCHIVE_OK);
        g_assert_cmpint(archive_read_open_filename(archive, path, sizeof part), ==, ARCHIVE_OK);
        g_assert_cmpint(archive_read_next_header(archive, &entry), ==, ARCHIVE_OK);
        while ((n = archive_read_data(archive, part, sizeof part)) > 0)
                g_string_append_len(text, part, n);
        g_assert_cmpint(n, ==, 0);
        archive_read_free(archive);
        return g_string_free(g_steal_pointer(&text), FALSE);
}

static GBytes *bytes_from_hex(const char *hex)
{
        gsize length = strlen(hex) / 2;
        guint8 *bytes = g_malloc(length + 1);

        for (gsize i = 0; i < length; i++)
                bytes[i] = (guint8)(g_ascii_xdigit_value(hex[2 * i]) << 4 |
                                    g_ascii_xdigit_value(hex[2 * i + 1]));
        return g_bytes_new_take(bytes, length);
}

static void add_body(GArray *bodies, char *line)
{
        char *parts[5];
        WireBody body;

        for (guint i = 0; i < G_N_ELEMENTS(parts); i++)
                g_assert_nonnull((parts[i] = strsep(&line, "\t")));
        g_assert_null(line);
        body = (WireBody){
                .name = parts[0],
                .type = g_str_equal(parts[1], "request") ? &omg_wire_request_type
                                                         : &omg_wire_response_type,
                .form = parts[2][0],
                .body = bytes_from_hex(parts[3]),
                .value = parts[4],
        };
        g_array_append_val(bodies, body);
}

const GArray *wire_bodies_get(const char *path)
{
        static GArray *bodies;
        char *text, *line;

        if (bodies)
                return bodies;
        bodies = g_array_new(FALSE, FALSE, sizeof(WireBody));
        text = read_xz(path); /* the names and values stay in it */
        while ((line = strsep(&text, "\n")) && *line)
                add_body(bodies, line);
        return bodies;
}

gboolean wire_decode(const OmgWireType *type, const guint8 *bytes, gsize length,
                     const OmgWireCaps *caps, OmgWireArena *arena, WireValue *ret,
                     gboolean *ret_is_cut, GError **error)
{
        g_autofree guint8 *exact = g_memdup2(bytes, length);

        omg_wire_arena_reset(arena);
        return omg_wire_decode(type, exact, length, caps, arena, ret, ret_is_cut, error);
}
