/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What the parts of refresh.h know of one request, on the worker. */

#include "loop/refresh.h"

/* One that was asked for; id 0: by the refresh itself, a watch or the start. */
typedef struct {
        guint64 id;
        OmgRefreshWhat what;
        gboolean force;
        gboolean has_asked; /* the mirrors answered, or could not be asked */
} OmgRefreshRequest;

/* What came of asking the mirrors. */
typedef struct {
        gboolean is_asked;
        guint n_asked, n_known;
        GError *error;
        guint64 pause_sec;
} OmgRefreshAnswers;

/* The request that runs; NULL: none. */
const OmgRefreshRequest *omg_refresh_get_request(OmgRefresh *refresh);
