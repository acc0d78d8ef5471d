/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What the parts of refresh.h know of one request, on the worker. */

#include "loop/refresh.h"

/* What came of asking the mirrors. */
typedef struct {
        gboolean is_asked;
        guint n_asked, n_known;
        GError *error;
        guint64 pause_sec;
} OmgRefreshAnswers;

/* One that was asked for; id 0: by the refresh itself, a watch or the start. */
typedef struct {
        guint64 id;
        OmgRefreshWhat what;
        gboolean force;
        guint asked; /* OmgRefreshWhat: of MIRRORS, FEEDS and AUR those that answered, or could not
                      * be asked; what came of it: */
        OmgRefreshAnswers mirrors;
        OmgRefreshAnswer feeds[OMG_ADVISORY_SOURCE_N];
        OmgRefreshAnswer aur;
} OmgRefreshRequest;

/* NULL is harmless. */
void omg_refresh_request_free(OmgRefreshRequest *request);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgRefreshRequest, omg_refresh_request_free)

/* The request that runs; NULL: none. */
OmgRefreshRequest *omg_refresh_get_request(OmgRefresh *refresh);
