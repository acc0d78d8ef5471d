/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The entries of pacman.log from its end to its beginning, read in blocks: the last few of a large
 * log cost one block. Reads the disk: not on main.
 *
 * The log grows at its end, so its first bytes and a length name one state of it: the generation. A
 * reader of an earlier generation sees the log as it was. */

#include "sources/pacman-log.h"

typedef struct OmgLogReader OmgLogReader;

/* @generation: of an earlier reader of the log; NULL: as it is now. @zone is borrowed. Errors:
 * DATABASE_MISSING when there is no such file or it may not be read; INVALID_ARGS when it is not
 * the one of that generation any more; UNAVAILABLE otherwise; with the path. */
OmgLogReader *omg_log_reader_open(const char *path, const guint64 *generation, GTimeZone *zone,
                                  GError **error);
void omg_log_reader_free(OmgLogReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgLogReader, omg_log_reader_free)

guint64 omg_log_reader_get_generation(const OmgLogReader *reader);

/* TRUE when the log has more than OMG_LIMIT_LOG_READ bytes, of which the first are not read. */
gboolean omg_log_reader_is_cut(const OmgLogReader *reader);

/* The entry before the last one; its text is valid until the next call. FALSE without an error at
 * the beginning of the log; FALSE with UNAVAILABLE when it cannot be read on. @ret_position: the
 * byte at which the line begins. */
gboolean omg_log_reader_previous(OmgLogReader *reader, OmgLogLine *ret_line, guint64 *ret_position,
                                 GError **error);
