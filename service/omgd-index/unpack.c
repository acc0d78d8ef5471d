/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "omgd-index/unpack.h"

#include <errno.h>
#include <gio/gio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

#define READ_SIZE   (64u << 10)
#define UNPACK_SIZE (128u << 10)

typedef enum {
        FORM_UNKNOWN, /* fewer than two bytes were seen */
        FORM_PLAIN,
        FORM_GZIP,
} Form;

struct OmgUnpack {
        OmgUnpackFunc func;
        gpointer userdata;
        guint64 left; /* of what may be unpacked */
        guint64 max;
        guint64 offset; /* of the bytes that come next */
        Form form;
        guint8 first; /* while the form is unknown */
        gboolean has_first;
        gboolean is_ended; /* the gzip member is whole */
        GConverter *converter;
        guint8 *buffer;
};

OmgUnpack *omg_unpack_new(guint64 max, OmgUnpackFunc func, gpointer userdata)
{
        OmgUnpack *unpack = g_new0(OmgUnpack, 1);

        unpack->func = func;
        unpack->userdata = userdata;
        unpack->left = unpack->max = max;
        return unpack;
}

void omg_unpack_free(OmgUnpack *unpack)
{
        if (!unpack)
                return;
        g_clear_object(&unpack->converter);
        g_free(unpack->buffer);
        g_free(unpack);
}

static gboolean give(OmgUnpack *unpack, const void *data, gsize size, GError **error)
{
        if (size > unpack->left) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_UPSTREAM_INVALID,
                            "has more than %" G_GUINT64_FORMAT " bytes unpacked", unpack->max);
                return FALSE;
        }
        unpack->left -= size;
        return size == 0 || unpack->func(data, size, unpack->userdata, error);
}

/* One step of the converter: *ret_more FALSE when it wants further bytes. */
static gboolean convert(OmgUnpack *unpack, const guint8 **at, const guint8 *end, gboolean *ret_more,
                        GError **error)
{
        g_autoptr(GError) fault = NULL;
        gsize n_read = 0, n_written = 0;

        if (unpack->is_ended) {
                g_converter_reset(unpack->converter);
                unpack->is_ended = FALSE;
        }
        GConverterResult result =
                g_converter_convert(unpack->converter, *at, (gsize)(end - *at), unpack->buffer,
                                    UNPACK_SIZE, G_CONVERTER_NO_FLAGS, &n_read, &n_written, &fault);
        if (result == G_CONVERTER_ERROR) {
                *ret_more = FALSE;
                if (g_error_matches(fault, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT))
                        return TRUE;
                g_set_error(error, OMG_ERROR, OMG_ERROR_UPSTREAM_INVALID,
                            "is no whole gzip file: %s, before byte %" G_GUINT64_FORMAT,
                            fault->message, unpack->offset + (guint64)(end - *at));
                return FALSE;
        }
        *at += n_read;
        unpack->offset += n_read;
        unpack->is_ended = result == G_CONVERTER_FINISHED;
        /* What is left of the output comes out with the bytes that follow: a trailer always does.
         */
        *ret_more = *at < end;
        return give(unpack, unpack->buffer, n_written, error);
}

static gboolean feed(OmgUnpack *unpack, const guint8 *data, gsize size, GError **error)
{
        const guint8 *at = data, *end = data + size;
        gboolean more = size > 0;

        if (unpack->form == FORM_PLAIN) {
                unpack->offset += size;
                return give(unpack, data, size, error);
        }
        while (more)
                if (!convert(unpack, &at, end, &more, error))
                        return FALSE;
        return TRUE;
}

static gboolean set_form(OmgUnpack *unpack, guint8 second, GError **error)
{
        unpack->form = unpack->first == 0x1f && second == 0x8b ? FORM_GZIP : FORM_PLAIN;
        if (unpack->form == FORM_GZIP) {
                unpack->converter =
                        G_CONVERTER(g_zlib_decompressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP));
                unpack->buffer = g_malloc(UNPACK_SIZE);
        }
        return feed(unpack, &unpack->first, 1, error);
}

gboolean omg_unpack_feed(OmgUnpack *unpack, const void *data, gsize size, GError **error)
{
        const guint8 *at = data;

        if (unpack->form == FORM_UNKNOWN && size > 0 && !unpack->has_first) {
                unpack->first = *at++;
                unpack->has_first = TRUE;
                size--;
        }
        if (unpack->form == FORM_UNKNOWN && size > 0 && !set_form(unpack, *at, error))
                return FALSE;
        return size == 0 || feed(unpack, at, size, error);
}

gboolean omg_unpack_finish(OmgUnpack *unpack, GError **error)
{
        if (unpack->form == FORM_UNKNOWN && unpack->has_first)
                return give(unpack, &unpack->first, 1, error);
        if (unpack->form != FORM_GZIP || unpack->is_ended)
                return TRUE;
        g_set_error(error, OMG_ERROR, OMG_ERROR_UPSTREAM_INVALID,
                    "is cut: its gzip data has no end, at byte %" G_GUINT64_FORMAT, unpack->offset);
        return FALSE;
}

gboolean omg_unpack_read(OmgUnpack *unpack, int fd, GError **error)
{
        g_autofree guint8 *buffer = g_malloc(READ_SIZE);
        ssize_t n;

        do {
                n = read(fd, buffer, READ_SIZE);
                if (n > 0 && !omg_unpack_feed(unpack, buffer, (gsize)n, error))
                        return FALSE;
        } while (n > 0 || (n < 0 && errno == EINTR));
        if (n < 0) {
                omg_error_set_errno(error, errno, "cannot be read");
                return FALSE;
        }
        return omg_unpack_finish(unpack, error);
}
