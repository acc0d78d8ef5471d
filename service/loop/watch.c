/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/watch.h"

#include <errno.h>
#include <glib-unix.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

/* Not IN_MODIFY: a writer that is done closes, and one that is not done is not interesting. */
#define EVENTS                                                                              \
        (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_CLOSE_WRITE | IN_ATTRIB | \
         IN_DELETE_SELF | IN_MOVE_SELF)
#define SELF_EVENTS (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED)

/* How often a way down is tried again when a directory appears between two looks at it. */
#define MAX_TRIES 8

/* A directory under watch. */
typedef struct Place {
        gboolean is_whole; /* every event counts, not only those of names */
        GHashTable *names; /* set of owned strings */
} Place;

typedef struct Target {
        char *path;         /* absolute, without "." and ".." */
        gboolean is_failed; /* its failure was told */
} Target;

struct OmgWatch {
        int n_refs;
        gboolean is_closed; /* omg_watch_free() was called */
        OmgWatchFunc on_change;
        void (*on_lock)(gboolean is_there, gpointer data); /* or NULL */
        gboolean is_lock_told;                             /* that it is there */
        gpointer data;
        GMainContext *context;

        int fd;              /* inotify, or -1 */
        gboolean is_refused; /* that there is none was told */
        GSource *source;
        GSource *timer;     /* one for all delays; its ready time is -1 while nothing is pending */
        GHashTable *places; /* watch descriptor to Place */
        GPtrArray *targets;
        GQueue errors; /* GError, to be told */

        gint64 first_usec; /* of the pending events, monotonic; 0 when none is pending */
        gint64 last_usec;

        Target *lock;          /* or NULL */
        gint64 lock_seen_usec; /* monotonic; 0 while the lock file is not there */
        gint64 lock_max_usec;
};

typedef struct Timer {
        GSource source;
        OmgWatch *watch;
} Timer;

static void place_free(Place *place)
{
        g_hash_table_unref(place->names);
        g_free(place);
}

static Target *target_new(const char *path)
{
        Target *target = g_new0(Target, 1);

        target->path = g_canonicalize_filename(path, "/");
        return target;
}

static void target_free(Target *target)
{
        g_free(target->path);
        g_free(target);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Target, target_free)

static gboolean target_equal(gconstpointer a, gconstpointer b)
{
        return g_str_equal(((const Target *)a)->path, ((const Target *)b)->path);
}

static void watch_unref(OmgWatch *watch)
{
        if (--watch->n_refs == 0)
                g_free(watch);
}

/* When what is pending is to be told; -1: nothing is. */
static gint64 get_ready_time(const OmgWatch *watch)
{
        gint64 ready;

        if (!g_queue_is_empty((GQueue *)&watch->errors))
                return 0;
        if (watch->first_usec == 0)
                return -1;
        ready = MIN(watch->last_usec + OMG_WATCH_QUIET_MSEC * 1000LL,
                    watch->first_usec + OMG_WATCH_DELAY_MSEC * 1000LL);
        if (watch->lock_seen_usec != 0)
                ready = MAX(ready, watch->lock_seen_usec + watch->lock_max_usec);
        return ready;
}

static void arm(OmgWatch *watch)
{
        g_source_set_ready_time(watch->timer, get_ready_time(watch));
}

static void tell_error(OmgWatch *watch, Target *target, const char *directory, int errnum)
{
        const char *hint = errnum == ENOSPC ? " (the limit fs.inotify.max_user_watches)" : "";

        if (target->is_failed)
                return;
        target->is_failed = TRUE;
        g_queue_push_tail(&watch->errors,
                          g_error_new(OMG_ERROR, OMG_ERROR_UNAVAILABLE,
                                      "cannot watch %s, for changes of %s: %s%s", directory,
                                      target->path, g_strerror(errnum), hint));
}

/* Adds one directory to the new table; name NULL: all of it. Returns 0 or an errno. */
static int add_place(OmgWatch *watch, GHashTable *places, const char *directory, const char *name)
{
        int wd = inotify_add_watch(watch->fd, directory, EVENTS | IN_ONLYDIR);
        Place *place;

        if (wd < 0)
                return errno;
        place = g_hash_table_lookup(places, GINT_TO_POINTER(wd));
        if (!place) {
                place = g_new0(Place, 1);
                place->names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
                g_hash_table_insert(places, GINT_TO_POINTER(wd), place);
        }
        if (name)
                g_hash_table_add(place->names, g_strdup(name));
        else
                place->is_whole = TRUE;
        return 0;
}

/* Watches the nearest existing directory above path. *ret_is_parent: it is the one that holds it.
 * Returns 0 or an errno other than "not there". Of an unreadable directory the one above is
 * watched, so that a later chmod is noticed. */
static int add_above(OmgWatch *watch, GHashTable *places, const char *path, gboolean *ret_is_parent)
{
        g_autofree char *directory = g_path_get_dirname(path);
        g_autofree char *name = g_path_get_basename(path);
        gboolean is_parent = TRUE;
        int failure = 0;

        for (;;) {
                int r = add_place(watch, places, directory, name);
                g_autofree char *child = NULL;

                if (r == 0) {
                        *ret_is_parent = is_parent;
                        return failure;
                }
                if (r == EACCES || r == ELOOP)
                        failure = r;
                else if (r != ENOENT && r != ENOTDIR)
                        return r;
                if (g_str_equal(directory, "/"))
                        return r;
                is_parent = FALSE;
                child = g_steal_pointer(&directory);
                directory = g_path_get_dirname(child);
                g_free(name);
                name = g_path_get_basename(child);
        }
}

/* The same, again while directories appear between the look at them and the watch above them. */
static int add_parent(OmgWatch *watch, GHashTable *places, const char *path,
                      gboolean *ret_is_parent)
{
        g_autofree char *parent = g_path_get_dirname(path);
        gboolean is_parent = FALSE;
        int r = 0;

        for (int tries = 0; tries < MAX_TRIES && r == 0 && !is_parent; tries++) {
                r = add_above(watch, places, path, &is_parent);
                if (access(parent, F_OK) < 0)
                        break;
        }
        *ret_is_parent = is_parent;
        return r;
}

/* From the top down, so that nothing can appear unseen between two steps. FALSE when it failed,
 * which is told. */
static gboolean add_path(OmgWatch *watch, GHashTable *places, Target *target, const char *path)
{
        gboolean is_parent;
        int r = add_parent(watch, places, path, &is_parent);

        if (r != 0) {
                g_autofree char *parent = g_path_get_dirname(path);

                tell_error(watch, target, parent, r);
                return FALSE;
        }
        /* A file gives ENOTDIR, and needs no more than its parent. */
        r = is_parent ? add_place(watch, places, path, NULL) : 0;
        if (r != 0 && r != ENOENT && r != ENOTDIR) {
                tell_error(watch, target, path, r);
                return FALSE;
        }
        return TRUE;
}

static void add_target(OmgWatch *watch, GHashTable *places, Target *target)
{
        char resolved[PATH_MAX];

        if (!add_path(watch, places, target, target->path))
                return;
        /* Where the path leads through a symlink, such as a pacman.conf kept elsewhere, the place
         * it leads to changes too. */
        if (realpath(target->path, resolved) && !g_str_equal(resolved, target->path) &&
            !add_path(watch, places, target, resolved))
                return;
        target->is_failed = FALSE;
}

/* Of the lock file only its coming and going counts, so the directory above is enough. */
static void add_lock(OmgWatch *watch, GHashTable *places)
{
        gboolean is_parent;
        int r = add_parent(watch, places, watch->lock->path, &is_parent);

        if (r != 0)
                tell_error(watch, watch->lock, watch->lock->path, r);
        else
                watch->lock->is_failed = FALSE;
}

/* Looks at the lock file. appeared: an event said so, hence it is a new one. */
static void check_lock(OmgWatch *watch, gboolean appeared)
{
        struct stat st;

        if (!watch->lock || lstat(watch->lock->path, &st) < 0)
                watch->lock_seen_usec = 0;
        else if (watch->lock_seen_usec == 0 || appeared)
                watch->lock_seen_usec = g_get_monotonic_time();
}

/* Not from within check_lock(), which may be asked amid a change of the set. */
static void tell_lock(OmgWatch *watch)
{
        const gboolean is_there = watch->lock_seen_usec != 0;

        if (!watch->on_lock || is_there == watch->is_lock_told)
                return;
        watch->is_lock_told = is_there;
        watch->on_lock(is_there, watch->data);
}

/* Adding a directory that is under watch already gives the same descriptor, so a new table is made
 * from nothing and what only the old one holds is dropped. */
static void establish(OmgWatch *watch)
{
        g_autoptr(GHashTable) old = g_steal_pointer(&watch->places);
        GHashTableIter iter;
        gpointer wd;

        watch->places = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)place_free);
        if (watch->fd < 0)
                return;
        for (guint i = 0; i < watch->targets->len; i++)
                add_target(watch, watch->places, watch->targets->pdata[i]);
        if (watch->lock)
                add_lock(watch, watch->places);

        g_hash_table_iter_init(&iter, old);
        while (g_hash_table_iter_next(&iter, &wd, NULL))
                if (!g_hash_table_contains(watch->places, wd))
                        (void)inotify_rm_watch(watch->fd, GPOINTER_TO_INT(wd));
}

/* Whether an event is about one of our paths. */
static gboolean is_relevant(OmgWatch *watch, const struct inotify_event *event)
{
        const Place *place = g_hash_table_lookup(watch->places, GINT_TO_POINTER(event->wd));

        if (event->mask & IN_Q_OVERFLOW)
                return TRUE;
        if (!place)
                return FALSE;
        if (event->mask & SELF_EVENTS || place->is_whole)
                return TRUE;
        return event->len > 0 && g_hash_table_contains(place->names, event->name);
}

static gboolean is_new_lock(OmgWatch *watch, const struct inotify_event *event)
{
        g_autofree char *name = NULL;

        if (!watch->lock || event->len == 0 || !(event->mask & (IN_CREATE | IN_MOVED_TO)))
                return FALSE;
        name = g_path_get_basename(watch->lock->path);
        return g_str_equal(event->name, name);
}

static gboolean on_events(int fd, GIOCondition condition, gpointer data)
{
        OmgWatch *watch = data;
        char buffer[16 << 10] __attribute__((aligned(__alignof__(struct inotify_event))));
        ssize_t n = read(fd, buffer, sizeof(buffer));
        gboolean is_change = FALSE, has_new_lock = FALSE, was_locked = watch->lock_seen_usec != 0;

        for (const char *p = buffer; n > 0 && p < buffer + n;) {
                const struct inotify_event *event = (const struct inotify_event *)p;

                if (is_relevant(watch, event)) {
                        is_change = TRUE;
                        has_new_lock |= is_new_lock(watch, event);
                }
                p += sizeof(*event) + event->len;
        }
        if (!is_change)
                return G_SOURCE_CONTINUE;

        establish(watch);
        check_lock(watch, has_new_lock);
        tell_lock(watch);
        watch->last_usec = g_get_monotonic_time();
        /* The wait for the lock is over: give the end of the transaction its quiet time too. */
        if (watch->first_usec == 0 || (was_locked && watch->lock_seen_usec == 0))
                watch->first_usec = watch->last_usec;
        arm(watch);
        return G_SOURCE_CONTINUE;
}

static gboolean on_timer(gpointer data)
{
        OmgWatch *watch = data;
        GError *next;

        watch->n_refs++;
        while (!watch->is_closed && (next = g_queue_pop_head(&watch->errors))) {
                g_autoptr(GError) error = next;

                watch->on_change(error, watch->data);
        }
        if (!watch->is_closed && watch->first_usec != 0 &&
            g_get_monotonic_time() >= get_ready_time(watch)) {
                watch->first_usec = 0;
                watch->on_change(NULL, watch->data);
        }
        if (!watch->is_closed)
                arm(watch);
        watch_unref(watch);
        return G_SOURCE_CONTINUE;
}

static gboolean timer_dispatch(GSource *source, GSourceFunc callback, gpointer data)
{
        return on_timer(((Timer *)source)->watch);
}

static GSourceFuncs timer_funcs = {.dispatch = timer_dispatch};

/* Again when it failed before: the limit on instances is shared by all programs of the user. */
static void open_inotify(OmgWatch *watch)
{
        if (watch->fd >= 0)
                return;
        watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
        if (watch->fd < 0) {
                if (watch->is_refused)
                        return;
                watch->is_refused = TRUE;
                g_queue_push_tail(&watch->errors, g_error_new(OMG_ERROR, OMG_ERROR_UNAVAILABLE,
                                                              "cannot watch files: inotify: %s",
                                                              g_strerror(errno)));
                return;
        }
        watch->is_refused = FALSE;
        watch->source = g_unix_fd_source_new(watch->fd, G_IO_IN);
        g_source_set_callback(watch->source, G_SOURCE_FUNC(on_events), watch, NULL);
        g_source_attach(watch->source, watch->context);
}

OmgWatch *omg_watch_new(GMainContext *context, OmgWatchFunc on_change, gpointer data)
{
        OmgWatch *watch = g_new0(OmgWatch, 1);

        watch->n_refs = 1;
        watch->on_change = on_change;
        watch->data = data;
        watch->context =
                context ? g_main_context_ref(context) : g_main_context_ref_thread_default();
        watch->fd = -1;
        watch->places = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)place_free);
        watch->targets = g_ptr_array_new_with_free_func((GDestroyNotify)target_free);
        g_queue_init(&watch->errors);
        watch->lock_max_usec = OMG_WATCH_LOCK_MAX_SEC * G_USEC_PER_SEC;

        watch->timer = g_source_new(&timer_funcs, sizeof(Timer));
        ((Timer *)watch->timer)->watch = watch;
        g_source_attach(watch->timer, watch->context);
        return watch;
}

/* Whether all that is asked for is under watch: then nothing needs to be done for the same again.
 */
static gboolean is_established(const OmgWatch *watch)
{
        if (watch->fd < 0 || (watch->lock && watch->lock->is_failed))
                return FALSE;
        for (guint i = 0; i < watch->targets->len; i++)
                if (((const Target *)watch->targets->pdata[i])->is_failed)
                        return FALSE;
        return TRUE;
}

static gboolean is_same_set(const GPtrArray *a, const GPtrArray *b)
{
        if (a->len != b->len)
                return FALSE;
        for (guint i = 0; i < a->len; i++)
                if (!target_equal(a->pdata[i], b->pdata[i]))
                        return FALSE;
        return TRUE;
}

static GPtrArray *targets_new(const char *const *paths)
{
        GPtrArray *targets = g_ptr_array_new_with_free_func((GDestroyNotify)target_free);

        for (; *paths; paths++)
                g_ptr_array_add(targets, target_new(*paths));
        return targets;
}

/* A failure that was told is not told again because the path is given again. */
static void keep_failures(GPtrArray *targets, const GPtrArray *old)
{
        guint index;

        for (guint i = 0; i < targets->len; i++) {
                Target *target = targets->pdata[i];
                if (g_ptr_array_find_with_equal_func((GPtrArray *)old, target, target_equal,
                                                     &index))
                        target->is_failed = ((const Target *)old->pdata[index])->is_failed;
        }
}

/* Puts all under watch and looks at the lock file. */
static void begin(OmgWatch *watch)
{
        open_inotify(watch);
        establish(watch);
        check_lock(watch, FALSE);
        tell_lock(watch);
        arm(watch);
}

void omg_watch_set_paths(OmgWatch *watch, const char *const *paths)
{
        g_autoptr(GPtrArray) old = watch->targets;

        watch->targets = targets_new(paths);
        keep_failures(watch->targets, old);
        if (!is_same_set(watch->targets, old) || !is_established(watch))
                begin(watch);
}

void omg_watch_set_lock_file(OmgWatch *watch, const char *path)
{
        g_autoptr(Target) lock = path ? target_new(path) : NULL;

        if (lock && watch->lock ? target_equal(lock, watch->lock) : lock == watch->lock)
                return;
        g_clear_pointer(&watch->lock, target_free);
        watch->lock = g_steal_pointer(&lock);
        watch->lock_seen_usec = 0;
        begin(watch);
}

void omg_watch_set_on_lock(OmgWatch *watch, void (*on_lock)(gboolean is_there, gpointer data))
{
        watch->on_lock = on_lock;
}

void omg_watch_set_lock_max(OmgWatch *watch, guint msec)
{
        watch->lock_max_usec = msec * 1000LL;
        arm(watch);
}

gboolean omg_watch_is_locked(OmgWatch *watch)
{
        check_lock(watch, FALSE);
        return watch->lock_seen_usec != 0 &&
               g_get_monotonic_time() < watch->lock_seen_usec + watch->lock_max_usec;
}

void omg_watch_free(OmgWatch *watch)
{
        if (!watch)
                return;
        watch->is_closed = TRUE;
        if (watch->source)
                g_source_destroy(watch->source);
        g_clear_pointer(&watch->source, g_source_unref);
        g_source_destroy(watch->timer);
        g_clear_pointer(&watch->timer, g_source_unref);
        if (watch->fd >= 0)
                (void)close(watch->fd);
        g_hash_table_unref(watch->places);
        g_ptr_array_unref(watch->targets);
        g_queue_clear_full(&watch->errors, (GDestroyNotify)g_error_free);
        g_clear_pointer(&watch->lock, target_free);
        g_main_context_unref(watch->context);
        watch_unref(watch);
}
