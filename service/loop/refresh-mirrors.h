/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The mirrors in a refresh: asked first by those with OMG_REFRESH_MIRRORS. Worker thread only. */

#include "loop/launcher.h"
#include "loop/refresh.h"

/* How mirrors are asked (loop/mirror-pass.h). */
typedef struct {
        gboolean is_enabled;   /* FALSE: never; nor does it count how old the databases are */
        OmgLauncher *launcher; /* of omgd-fetch; NULL: none */
        /* On the worker: NULL, or why the mirrors may not be asked now: OFFLINE, METERED,
         * INHIBITED; those on this machine are asked all the same. @what: OMG_REFRESH_FOREGROUND,
         * _ALLOW_METERED. */
        GError *(*may_ask)(OmgRefreshWhat what, gpointer data);
        gpointer data;
} OmgRefreshMirrors;

/* For the refreshes that begin later; until then no mirror is asked. */
void omg_refresh_set_mirrors(OmgRefresh *refresh, const OmgRefreshMirrors *mirrors);

/* Whether all mirrors are on this machine. */
gboolean omg_refresh_mirrors_are_near(OmgRefresh *refresh);

/* When the databases were last known to be the mirrors', µs since 1970; 0: never. */
guint64 omg_refresh_get_mirrors_as_of(OmgRefresh *refresh);

/* ---- for refresh*.c ---- */

/* What is remembered of the mirrors is read, or forgotten, as the settings are now. */
void omg_refresh_load_notes(OmgRefresh *refresh);

/* Whether the request is to ask the mirrors. */
gboolean omg_refresh_wants_mirrors(OmgRefresh *refresh);

/* Asks the mirrors, if the request wants that, and goes on with omg_refresh_run() by itself; FALSE:
 * there is nothing to wait for. */
gboolean omg_refresh_ask_mirrors(OmgRefresh *refresh);

/* What is wrong with them, OmgSourceError. */
GPtrArray *omg_refresh_dup_mirror_errors(OmgRefresh *refresh);
