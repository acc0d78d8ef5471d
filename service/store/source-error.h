/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Why a source of the snapshot could not be read. */

#include "base/error.h"

typedef struct {
        char *source; /* "sync", "sync/core", "local" or "pacman.conf"; of file lists
                       * "sync-files", "sync-files/core" or "local-files" */
        OmgError code;
        char *message;
} OmgSourceError;

OmgSourceError *omg_source_error_new(const char *source, const GError *error);
/* Of a repository's record in a layer, where any number may stand for the code. */
OmgSourceError *omg_source_error_new_record(const char *source, guint code, const char *message);
OmgSourceError *omg_source_error_copy(const OmgSourceError *error);
/* NULL is harmless. */
void omg_source_error_free(OmgSourceError *error);
