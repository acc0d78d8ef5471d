/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The AUR in a refresh: its archive is asked for first by those with OMG_REFRESH_AUR, and aur.idx
 * is kept true of what is here. Making it takes a second or two, so that nobody waits for it who
 * did not ask: a refresh that finds it outdated goes on with what there is, and one with
 * OMG_REFRESH_AUR_INDEX follows, beside which others run. Worker thread only. */

#include "loop/aur-pass.h"
#include "loop/refresh.h"
#include "sources/omgd-conf.h"

/* What is known of the feed, and how it is asked (loop/aur-pass.h). */
typedef struct {
        gboolean is_on;     /* FALSE: never asked, and what it said does not count either */
        guint interval_sec; /* at which it is asked */
        char url[OMG_CONF_URL_SIZE];
        OmgLauncher *launcher; /* of omgd-fetch; NULL: none */
        OmgCacheDb *db;        /* where its state stands; borrowed; NULL: not known */
        /* As of OmgRefreshMirrors. */
        GError *(*may_ask)(OmgRefreshWhat what, gpointer data);
        gpointer data;
} OmgRefreshAurSettings;

/* For the refreshes that begin later; until then it is off. */
void omg_refresh_set_aur(OmgRefresh *refresh, const OmgRefreshAurSettings *settings);

/* Of the feed in cache.db, in errors and in the schedule. */
#define OMG_REFRESH_AUR_NAME "aur"

/* Whether its server is on this machine. */
gboolean omg_refresh_aur_is_near(OmgRefresh *refresh);

/* Whether the archive was here, and is not any more: somebody deleted it, or it could not be read.
 */
gboolean omg_refresh_aur_is_lost(OmgRefresh *refresh);

/* When an archive last came, or was confirmed, µs since 1970; 0: never, or it is lost. One that was
 * no good counts too: it is not asked for again at once. */
guint64 omg_refresh_get_aur_fetched_usec(OmgRefresh *refresh);

/* ---- for refresh*.c ---- */

/* What a refresh knows of it. */
typedef struct {
        OmgRefreshAurSettings settings;
        OmgLayer *layer;    /* the last good one; NULL: none yet */
        GError *error;      /* why it is not that of the archive */
        gboolean has_asked; /* of the pass under way: a server */
        guint rebuilt;      /* since the last outcome */
        OmgAurPass *pass;
} OmgRefreshAur;

void omg_refresh_aur_clear(OmgRefreshAur *aur);

/* Whether the request is to ask. */
gboolean omg_refresh_wants_aur(OmgRefresh *refresh);

/* Asks, or has the layer made, if the request wants that, and goes on with the request by itself;
 * FALSE: there is nothing to wait for. */
gboolean omg_refresh_ask_aur(OmgRefresh *refresh);

/* In each refresh, before the join: loads the layer, and has it made anew by another one where it
 * is not that of the archive. */
void omg_refresh_look_at_aur(OmgRefresh *refresh);

/* The file of the layer need not be checked again at the next start, if it stands in its place. */
void omg_refresh_remember_aur(OmgRefresh *refresh);

/* Into the parts of a snapshot. The error is the caller's, to be freed after them. */
void omg_refresh_add_aur(OmgRefresh *refresh, OmgSnapshotParts *parts, OmgSourceError **ret_error,
                         guint64 now_usec);
