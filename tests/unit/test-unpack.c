/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Packed or plain, in pieces of any size, the same bytes come out; damage is told. */

#include "omgd-index/unpack.h"

#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

#define MOST  1000
#define LARGE (1 << 20)

static GBytes *pack(const char *text, gsize size)
{
        g_autoptr(GZlibCompressor) compressor =
                g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP, 9);
        g_autoptr(GOutputStream) memory = g_memory_output_stream_new_resizable();
        g_autoptr(GOutputStream) out =
                g_converter_output_stream_new(memory, G_CONVERTER(compressor));

        g_assert_true(g_output_stream_write_all(out, text, size, NULL, NULL, NULL));
        g_assert_true(g_output_stream_close(out, NULL, NULL));
        return g_memory_output_stream_steal_as_bytes(G_MEMORY_OUTPUT_STREAM(memory));
}

static gboolean on_bytes(const char *data, gsize size, gpointer userdata, GError **error)
{
        GString *all = userdata;

        g_assert_cmpuint(size, >, 0);
        g_string_append_len(all, data, (gssize)size);
        if (strcmp(all->str, "stop") != 0)
                return TRUE;
        g_set_error_literal(error, OMG_ERROR, OMG_ERROR_BUSY, "stopped");
        return FALSE;
}

static gboolean unpack(GBytes *bytes, gsize step, GString *all, GError **error)
{
        g_autoptr(OmgUnpack) unpacker = omg_unpack_new(MOST, on_bytes, all);
        gsize size;
        const guint8 *data = g_bytes_get_data(bytes, &size);

        for (gsize at = 0; at < size; at += step)
                if (!omg_unpack_feed(unpacker, data + at, MIN(step, size - at), error))
                        return FALSE;
        return omg_unpack_finish(unpacker, error);
}

/* @expected: what comes out; or @fault, what its error begins with. */
static void assert_unpacked(GBytes *bytes, const char *expected, const char *fault)
{
        for (gsize step = 1; step <= g_bytes_get_size(bytes) + 1; step++) {
                g_autoptr(GString) all = g_string_new(NULL);
                g_autoptr(GError) error = NULL;
                gboolean good = unpack(bytes, step, all, &error);
                g_assert_true(good == (fault == NULL));
                if (good) {
                        g_assert_cmpstr(all->str, ==, expected);
                } else {
                        g_assert_error(error, OMG_ERROR, OMG_ERROR_UPSTREAM_INVALID);
                        g_assert_true(g_str_has_prefix(error->message, fault));
                }
        }
}

static GBytes *join(GBytes *a, const char *more, gsize size)
{
        GByteArray *all = g_byte_array_new();

        g_byte_array_append(all, g_bytes_get_data(a, NULL), (guint)g_bytes_get_size(a));
        g_byte_array_append(all, (const guint8 *)more, (guint)size);
        return g_byte_array_free_to_bytes(all);
}

static void test_plain(void)
{
        static const char *const texts[] = {"", "[", "[]", "\x1f", "\x1f\x8c", "\x8b\x1f", "text"};

        for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
                g_autoptr(GBytes) bytes = g_bytes_new_static(texts[i], strlen(texts[i]));
                assert_unpacked(bytes, texts[i], NULL);
        }
}

static void test_gzip(void)
{
        g_autoptr(GBytes) packed = pack("some text", 9), empty = pack("", 0);
        g_autoptr(GBytes) two =
                join(packed, g_bytes_get_data(packed, NULL), g_bytes_get_size(packed));

        assert_unpacked(packed, "some text", NULL);
        assert_unpacked(empty, "", NULL);
        assert_unpacked(two, "some textsome text", NULL);
}

/* Each byte of checksum and length counts, and so does the end. */
static void test_damage(void)
{
        g_autoptr(GBytes) packed = pack("some text", 9);
        gsize size = g_bytes_get_size(packed);

        for (gsize i = size - 8; i < size; i++) {
                g_autofree guint8 *data = g_memdup2(g_bytes_get_data(packed, NULL), size);
                data[i] ^= 0x10;
                g_autoptr(GBytes) damaged = g_bytes_new(data, size);
                assert_unpacked(damaged, NULL, "is no whole gzip file: ");
        }
        for (gsize i = 2; i < size; i++) {
                g_autoptr(GBytes) cut = g_bytes_new_from_bytes(packed, 0, i);
                assert_unpacked(cut, NULL, "is cut: its gzip data has no end, at byte ");
        }
        g_autoptr(GBytes) junk = join(packed, "junk", 4);
        assert_unpacked(junk, NULL, "is no whole gzip file: ");
}

/* A bomb ends at the limit, and costs no memory before. */
static void test_limit(void)
{
        g_autofree char *most = g_strnfill(MOST, 'x');
        g_autofree char *bomb = g_strnfill(64 << 20, '\0');
        g_autoptr(GBytes) plain = g_bytes_new_static(most, MOST);
        g_autoptr(GBytes) packed = pack(most, MOST), more = join(plain, "y", 1);
        g_autoptr(GBytes) packed_more = pack(bomb, 64 << 20);
        g_autoptr(GString) all = g_string_new(NULL);
        g_autoptr(GError) error = NULL;

        assert_unpacked(plain, most, NULL);
        assert_unpacked(packed, most, NULL);
        assert_unpacked(more, NULL, "has more than 1000 bytes unpacked");
        g_assert_false(unpack(packed_more, 100, all, &error));
        g_assert_cmpstr(error->message, ==, "has more than 1000 bytes unpacked");
        g_assert_cmpuint(all->len, <=, MOST);
}

/* What fills the buffer many times comes out whole, though no further bytes come in. */
static void test_large(void)
{
        g_autofree char *text = g_strnfill(LARGE, 'x');
        g_autoptr(GBytes) packed = pack(text, LARGE);
        g_autoptr(GString) all = g_string_new(NULL);
        g_autoptr(OmgUnpack) unpacker = omg_unpack_new(LARGE, on_bytes, all);

        g_assert_cmpuint(g_bytes_get_size(packed), <, 4096);
        g_assert_true(omg_unpack_feed(unpacker, g_bytes_get_data(packed, NULL),
                                      g_bytes_get_size(packed) - 8, NULL));
        g_assert_cmpuint(all->len, ==, LARGE);
        g_assert_true(omg_unpack_feed(unpacker,
                                      (const guint8 *)g_bytes_get_data(packed, NULL) +
                                              g_bytes_get_size(packed) - 8,
                                      8, NULL));
        g_assert_true(omg_unpack_finish(unpacker, NULL));
        g_assert_cmpuint(all->len, ==, LARGE);
}

static void test_stop(void)
{
        g_autoptr(GBytes) packed = pack("stop", 4);
        g_autoptr(GString) all = g_string_new(NULL);
        g_autoptr(GError) error = NULL;

        g_assert_false(unpack(packed, 100, all, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_BUSY);
}

static void test_read(void)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *path = NULL;
        g_autoptr(GBytes) packed = pack("some text", 9);
        g_autoptr(GString) all = g_string_new(NULL);
        int fd = g_file_open_tmp("omg-unpack-XXXXXX", &path, &error);

        g_assert_no_error(error);
        g_assert_cmpint(write(fd, g_bytes_get_data(packed, NULL), g_bytes_get_size(packed)), ==,
                        g_bytes_get_size(packed));
        g_assert_cmpint(lseek(fd, 0, SEEK_SET), ==, 0);
        g_autoptr(OmgUnpack) unpacker = omg_unpack_new(MOST, on_bytes, all);
        g_assert_true(omg_unpack_read(unpacker, fd, &error));
        g_assert_cmpstr(all->str, ==, "some text");
        (void)close(fd);
        /* A folder cannot be read. */
        fd = open("/", O_RDONLY | O_DIRECTORY);
        g_assert_false(omg_unpack_read(unpacker, fd, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE);
        (void)close(fd);
        (void)g_unlink(path);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/unpack/plain", test_plain);
        g_test_add_func("/unpack/gzip", test_gzip);
        g_test_add_func("/unpack/damage", test_damage);
        g_test_add_func("/unpack/limit", test_limit);
        g_test_add_func("/unpack/large", test_large);
        g_test_add_func("/unpack/stop", test_stop);
        g_test_add_func("/unpack/read", test_read);
        return g_test_run();
}
