/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Watches who maintains the installed packages of the AUR (engine/maintainers.h): each snapshot is
 * looked at and marked before it is published, and what is known stands in cache.db over restarts,
 * written only when it changed, and not before the audit log holds what changed: a change that is
 * not in the log is found once more by the next omgd. Worker thread only; all take NULL. */

#include "engine/maintainers.h"
#include "loop/audit-log.h"
#include "store/cache-aur.h"

typedef struct OmgAurWatch OmgAurWatch;

/* Nothing is read before the first look; @cache must outlive it. */
OmgAurWatch *omg_aur_watch_new(OmgCacheDb *cache);
void omg_aur_watch_free(OmgAurWatch *watch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgAurWatch, omg_aur_watch_free)

/* Looks at a snapshot that is not published yet, and marks it. The changes since the last look,
 * OmgMaintainerChange by name; the caller's, never NULL. While cache.db cannot be read nobody knows
 * what to compare with: nothing is marked, and nothing is a change. */
GPtrArray *omg_aur_watch_look(OmgAurWatch *watch, OmgSnapshot *snapshot, guint64 now_usec);

/* From now on each snapshot is looked at; borrowed. NULL: none any more. */
void omg_refresh_set_aur_watch(OmgRefresh *refresh, OmgAurWatch *watch);

/* After what the look found was given to the log: keeps what is known, if the log holds all that it
 * was given. @log NULL: there is none, and nothing to wait for. FALSE: it could not be written,
 * which is tried again with the next. */
gboolean omg_aur_watch_keep(OmgAurWatch *watch, OmgAuditLog *log, GError **error);
