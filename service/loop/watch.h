/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Tells when any of a set of files or directories changed, whether they exist yet or not, from
 * inotify(7) in a GMainContext.
 *
 * A directory is watched itself. So is the directory that holds a path, for events of that name;
 * where it is missing, its nearest existing ancestor, for the next component to appear. So a source
 * that appears, is replaced by rename, deleted or made again is noticed. Changes inside a
 * directory are seen one level deep. A path through a symlink is watched where it leads, too; a
 * rename of directories further up is not noticed. Bursts are one change: it is told after
 * OMG_WATCH_QUIET_MSEC without a further event, at the latest OMG_WATCH_DELAY_MSEC after the first.
 * Nothing wakes up while nothing happens. */

#include <glib.h>

#define OMG_WATCH_QUIET_MSEC   250u
#define OMG_WATCH_DELAY_MSEC   2000u
#define OMG_WATCH_LOCK_MAX_SEC 60u /* a lock file that stays longer is taken as left behind */

typedef struct OmgWatch OmgWatch;

/* error NULL: something changed. Otherwise a path cannot be watched (UNAVAILABLE, naming it and the
 * reason, such as the limit fs.inotify.max_user_watches): told once until it works again; what can
 * be watched still is. Called from the context; omg_watch_free() may be called from here. */
typedef void (*OmgWatchFunc)(const GError *error, gpointer data);

/* Watches nothing yet. Call, as everything here, on the thread that runs the context. Never NULL:
 * where inotify itself is refused, on_change is told so when paths are set. */
OmgWatch *omg_watch_new(GMainContext *context, OmgWatchFunc on_change, gpointer data);

/* Replaces the set of watched paths (absolute; NULL-terminated; copied). Setting is no change. The
 * same set again tries anew what failed before, and is nothing otherwise. */
void omg_watch_set_paths(OmgWatch *watch, const char *const *paths);

/* While that file exists (pacman's db.lck) changes are held back, and told once it is gone. Its
 * coming and going is itself a change: `pacman -D` touches nothing else we can watch. A lock older
 * than OMG_WATCH_LOCK_MAX_SEC since we saw it holds nothing back. The same path again is nothing.
 * NULL: no lock file. */
void omg_watch_set_lock_file(OmgWatch *watch, const char *path);

/* Told, with on_change's data, when the lock file comes and when it goes, at once and whatever its
 * age; there it is at first not. */
void omg_watch_set_on_lock(OmgWatch *watch, void (*on_lock)(gboolean is_there, gpointer data));

/* Another OMG_WATCH_LOCK_MAX_SEC, in milliseconds (tests). */
void omg_watch_set_lock_max(OmgWatch *watch, guint msec);

/* TRUE while the lock file exists and is not taken as left behind. */
gboolean omg_watch_is_locked(OmgWatch *watch);

/* Nothing is told any more. NULL is harmless. */
void omg_watch_free(OmgWatch *watch);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgWatch, omg_watch_free)
