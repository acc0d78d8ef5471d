/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Bytes that may be packed by gzip: a server sends the AUR's archive with Content-Encoding, which
 * whoever is between may have undone already. They are what they begin with (1f 8b), whatever their
 * name says. */

#include <glib.h>

/* Takes what was unpacked. FALSE, with the error, ends it. */
typedef gboolean (*OmgUnpackFunc)(const char *data, gsize size, gpointer userdata, GError **error);

typedef struct OmgUnpack OmgUnpack;

/* @max: of the unpacked bytes. */
OmgUnpack *omg_unpack_new(guint64 max, OmgUnpackFunc func, gpointer userdata);
void omg_unpack_free(OmgUnpack *unpack);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgUnpack, omg_unpack_free)

/* The bytes that follow those before. UPSTREAM_INVALID when they are damaged (checksum and length
 * are compared), or more than @max. Several gzip members, one after the other, are one text. */
gboolean omg_unpack_feed(OmgUnpack *unpack, const void *data, gsize size, GError **error);

/* There are no more: UPSTREAM_INVALID when the gzip data has no end. */
gboolean omg_unpack_finish(OmgUnpack *unpack, GError **error);

/* All of a file from where the descriptor is, as above; UNAVAILABLE when it cannot be read. */
gboolean omg_unpack_read(OmgUnpack *unpack, int fd, GError **error);
