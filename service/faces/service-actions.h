/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What the interfaces ask of the rest of omgd: loop/refresh.h, loop/aur-rpc.h. */

#include "loop/aur-rpc.h"
#include "loop/refresh.h"

typedef struct {
        void (*refresh)(guint64 id, OmgRefreshWhat what, gboolean force, gpointer userdata);
        void (*cancel)(guint64 id, gpointer userdata);
        void (*query_aur)(const OmgAurRequest *request, gpointer userdata); /* borrowed */
        void (*cancel_aur)(guint64 id, gpointer userdata);
        void (*set_inhibited)(guint what, gpointer userdata); /* OmgInhibitWhat; or NULL */
        gpointer userdata;
} OmgServiceActions;
