/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The command line of omgd-fetch. */

#include <glib.h>

typedef struct {
        char *directory;
        guint connect_sec, api_sec, stall_sec; /* at most those of base/limits-fetch.h */
} OmgFetchOptions;

/* Error: INVALID_ARGS. --help is printed, and ends the process. */
gboolean omg_fetch_options_parse(int argc, char **argv, OmgFetchOptions *ret_options,
                                 GError **error);

void omg_fetch_options_clear(OmgFetchOptions *options);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(OmgFetchOptions, omg_fetch_options_clear)
