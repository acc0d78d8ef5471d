/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* A member's header in a tar archive, read only when it is plainly what bsdtar and repo-add write:
 * ustar, a file or a folder, ASCII names, numbers in octal digits; and the extended header that may
 * precede it, when it says nothing that a database's reader needs. For anything else there is
 * libarchive, whose reading of a header takes four times as long as the inflating of a member. */

#include <glib.h>

#define OMG_TAR_BLOCK 512u

typedef enum {
        OMG_TAR_ODD, /* none of these: leave the archive to libarchive */
        OMG_TAR_END, /* a block of zeros */
        OMG_TAR_FILE,
        OMG_TAR_FOLDER,
        OMG_TAR_EXTENDED, /* @size bytes for omg_tar_is_harmless, then the member's own header */
} OmgTarKind;

typedef struct {
        OmgTarKind kind;
        gsize size;     /* of the content, which fills whole blocks */
        char path[257]; /* of a file or a folder */
} OmgTarHeader;

void omg_tar_header_parse(const guint8 block[OMG_TAR_BLOCK], OmgTarHeader *ret_header);

/* Whether an extended header holds nothing but times and file flags. */
gboolean omg_tar_is_harmless(const char *text, gsize size);
