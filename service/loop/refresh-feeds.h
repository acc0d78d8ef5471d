/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The security feeds in a refresh: asked first by those with OMG_REFRESH_TRACKER or _OSV. Worker
 * thread only. */

#include "loop/launcher.h"
#include "loop/refresh.h"
#include "sources/omgd-conf.h"
#include "store/cache-db.h"

/* What is known of the feeds, and how they are asked (loop/advisory-pass.h). */
typedef struct {
        /* By OmgAdvisoryOrigin. */
        gboolean is_enabled[OMG_ADVISORY_SOURCE_N]; /* FALSE: what it said does not count either */
        guint interval_sec[OMG_ADVISORY_SOURCE_N];  /* at which it is asked; 0: never */
        char url[OMG_ADVISORY_SOURCE_N][OMG_CONF_URL_SIZE];
        OmgLauncher *launcher; /* of omgd-fetch; NULL: none */
        OmgCacheDb *db;        /* where the state of each stands; borrowed; NULL: not known */
        /* As of OmgRefreshMirrors. */
        GError *(*may_ask)(OmgRefreshWhat what, gpointer data);
        gpointer data;
} OmgRefreshFeeds;

/* A feed, the AUR's too, is stale when it was not confirmed for so many of its intervals. */
#define OMG_FEED_STALE_INTERVALS 3u

/* For the refreshes that begin later; until then no feed is on. */
void omg_refresh_set_feeds(OmgRefresh *refresh, const OmgRefreshFeeds *feeds);

/* The bit of a feed in requests; its name in cache.db, in errors and in the schedule. */
OmgRefreshWhat omg_refresh_get_feed_bit(OmgAdvisoryOrigin origin);
const char *omg_refresh_get_feed_name(OmgAdvisoryOrigin origin);

/* Whether the feed's server is on this machine. */
gboolean omg_refresh_feed_is_near(OmgRefresh *refresh, OmgAdvisoryOrigin origin);

/* Whether what it said was here, and is not any more: somebody deleted it. */
gboolean omg_refresh_feed_is_lost(OmgRefresh *refresh, OmgAdvisoryOrigin origin);

/* When its server last confirmed what is here, µs since 1970; 0: never, or it is lost. */
guint64 omg_refresh_get_feed_good_usec(OmgRefresh *refresh, OmgAdvisoryOrigin origin);

/* Whether something is installed that OSV was not asked about when it last answered. FALSE before
 * it has answered this omgd. */
gboolean omg_refresh_has_new_questions(OmgRefresh *refresh);

/* ---- for refresh*.c ---- */

/* Whether what a feed said is here; the index may know of it even so. */
gboolean omg_refresh_feed_has_files(OmgRefresh *refresh, OmgAdvisoryOrigin origin);

/* Whether the request is to ask feeds. */
gboolean omg_refresh_wants_feeds(OmgRefresh *refresh);

/* Asks them, if the request wants that, and goes on with the request by itself; FALSE: there is
 * nothing to wait for. */
gboolean omg_refresh_ask_feeds(OmgRefresh *refresh);

/* Behind a refresh that asked the tracker: what it found may be about groups whose details nobody
 * has asked for. */
void omg_refresh_look_for_details(OmgRefresh *refresh);
