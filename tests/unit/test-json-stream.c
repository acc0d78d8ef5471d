/* SPDX-License-Identifier: GPL-3.0-or-later */

/* A document is written piece by piece: nested, escaped, bounded; an error stays. */

#include "engine/json-stream.h"

#include <string.h>
#include <unistd.h>

#include "base/error.h"

static OmgJsonStream *open_stream(guint64 max)
{
        g_autoptr(GError) error = NULL;
        OmgJsonStream *stream = omg_json_stream_new("test", max, NULL, NULL, &error);

        g_assert_no_error(error);
        return stream;
}

static void test_document(void)
{
        g_autoptr(OmgJsonStream) stream = open_stream(1 << 20);
        g_autoptr(GError) error = NULL;
        char text[512] = "";

        omg_json_stream_open_object(stream, NULL);
        omg_json_stream_add_string(stream, "a\"b", "c\\\n\x7f\xff\xC3\xA9\xE2\x80\xAE");
        omg_json_stream_add_string(stream, "empty", "");
        omg_json_stream_add_string(stream, "null", NULL);
        omg_json_stream_open_array(stream, "list");
        omg_json_stream_add_string(stream, NULL, "");
        omg_json_stream_open_array(stream, NULL);
        omg_json_stream_add_tenths(stream, NULL, 100);
        omg_json_stream_add_tenths(stream, NULL, 7);
        omg_json_stream_open_object(stream, NULL);
        omg_json_stream_close(stream);
        omg_json_stream_close(stream);
        omg_json_stream_close(stream);
        omg_json_stream_open_object(stream, "none");
        omg_json_stream_close(stream);
        omg_json_stream_add_unsigned(stream, "n", G_MAXUINT64);
        omg_json_stream_close(stream);
        g_assert_true(omg_json_stream_is_good(stream));

        int fd = omg_json_stream_finish(stream, &error);
        g_assert_no_error(error);
        g_assert_cmpint((int)read(fd, text, sizeof(text) - 1), >, 0);
        (void)close(fd);
        g_assert_cmpstr(text, ==,
                        "{\n\"a\\\"b\": \"c\\\\\\u000a\\u007f\\ufffd\xC3\xA9\\u202e\",\n"
                        "\"list\": [\n\"\",\n[10.0, 0.7, {}]\n],\n"
                        "\"none\": {},\n\"n\": 18446744073709551615\n}\n");
}

/* More than the file may hold, written in blocks: what follows is of no use and does no harm. */
static void test_limit(void)
{
        enum { SIZE = 100000 };
        g_autofree char *text = g_strnfill(SIZE, 'x');
        g_autoptr(OmgJsonStream) stream = open_stream(2 * SIZE);
        g_autoptr(GError) error = NULL;

        omg_json_stream_open_array(stream, NULL);
        omg_json_stream_add_string(stream, NULL, text);
        omg_json_stream_add_string(stream, NULL, "");
        g_assert_true(omg_json_stream_is_good(stream));
        omg_json_stream_add_string(stream, NULL, text);
        omg_json_stream_add_string(stream, NULL, "");
        g_assert_false(omg_json_stream_is_good(stream));
        omg_json_stream_add_string(stream, NULL, text);
        omg_json_stream_close(stream);
        g_assert_cmpint(omg_json_stream_finish(stream, &error), ==, -1);
        g_assert_error(error, OMG_ERROR, OMG_ERROR_LIMITS_EXCEEDED);
}

static gboolean is_set(gconstpointer userdata)
{
        return *(const gboolean *)userdata;
}

static void test_cancelled(void)
{
        gboolean cancelled = FALSE;
        g_autoptr(GError) error = NULL;
        g_autoptr(OmgJsonStream) stream =
                omg_json_stream_new("test", 1 << 20, is_set, &cancelled, &error);

        g_assert_no_error(error);
        omg_json_stream_open_array(stream, NULL);
        omg_json_stream_close(stream);
        cancelled = TRUE;
        g_assert_cmpint(omg_json_stream_finish(stream, &error), ==, -1);
        g_assert_error(error, OMG_ERROR, OMG_ERROR_CANCELLED);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/json-stream/document", test_document);
        g_test_add_func("/json-stream/limit", test_limit);
        g_test_add_func("/json-stream/cancelled", test_cancelled);
        return g_test_run();
}
