/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What the service knows of runtimes. */

#include "engine/runtime-list.h"

typedef struct {
        const OmgRuntimePaths *paths; /* borrowed; NULL: there is no org.omgd1.Runtimes */
        OmgRuntimeList *list;         /* NULL: nothing was looked at yet */
        gboolean unwatched;           /* it may be older than what is there */
} OmgServiceRuntimes;
