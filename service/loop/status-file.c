/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/status-file.h"

#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "loop/log.h"

#define MAGIC   0x4F4D4753u
#define VERSION 1u

/* As the previous daemon wrote it and omg and omg-fast read it: all numbers little-endian. */
typedef struct {
        guint32 magic;
        guint8 version;
        guint8 zero[3];
        guint32 total;
        guint32 explicit;
        guint32 orphans;
        guint32 updates;
        guint64 written_sec; /* since 1970 */
} Content;
G_STATIC_ASSERT(sizeof(Content) == 32);

/* A timer for a clock that may never be reached: in the year 2255. Later ones the kernel cuts off
 * at 2262. */
#define NEVER_SEC 9000000000

typedef struct {
        int fd; /* -1: none */
        GSource *source;
} Timer;

/* After omg_status_file_new() all of it is the worker's. */
struct OmgStatusFile {
        OmgWorker *worker;
        const char *path;
        guint interval_msec;
        gboolean is_known;
        OmgStatusCounts counts;
        Timer stamp;   /* CLOCK_BOOTTIME, every interval */
        Timer clock;   /* CLOCK_REALTIME, for when that is set */
        char *trouble; /* said last, NULL when all went well */
};

typedef struct {
        OmgStatusFile *file;
        gboolean is_known;
        OmgStatusCounts counts;
} Change;

/* It is tried again at every interval: said once, and when it is over. */
static void say(OmgStatusFile *file, const GError *error)
{
        if (error && g_strcmp0(error->message, file->trouble) != 0)
                omg_log_warning("No status file for shell prompts: %s, ignoring", error->message);
        else if (!error && file->trouble)
                omg_log_notice("The status file can be written again");
        g_free(file->trouble);
        file->trouble = error ? g_strdup(error->message) : NULL;
}

/* ---- the file ---- */

/* Only a regular file of our own is replaced or removed. A symlink of ours is no exception: who
 * made it wants something else than this file there. What comes between this look and the rename
 * or unlink is safe: neither follows symlinks, and where others may write (/tmp) the sticky bit
 * keeps what is theirs. FALSE with no error: nothing is there. */
static gboolean is_ours(const char *path, GError **error)
{
        struct stat st;

        if (lstat(path, &st) < 0) {
                if (errno != ENOENT)
                        omg_error_set_errno(error, errno, "%s", path);
                return FALSE;
        }
        if (S_ISREG(st.st_mode) && st.st_uid == geteuid())
                return TRUE;
        g_set_error(error, OMG_ERROR, OMG_ERROR_ACCESS_DENIED,
                    "%s: there is %s of user %lu, which is left alone", path,
                    S_ISREG(st.st_mode)   ? "a file"
                    : S_ISLNK(st.st_mode) ? "a symbolic link"
                    : S_ISDIR(st.st_mode) ? "a directory"
                                          : "a special file",
                    (unsigned long)st.st_uid);
        return FALSE;
}

static gboolean write_file(const OmgStatusFile *file, GError **error)
{
        const Content content = {
                .magic = GUINT32_TO_LE(MAGIC),
                .version = VERSION,
                .total = GUINT32_TO_LE(file->counts.total),
                .explicit = GUINT32_TO_LE(file->counts.explicit),
                .orphans = GUINT32_TO_LE(file->counts.orphans),
                .updates = GUINT32_TO_LE(file->counts.updates),
                .written_sec = GUINT64_TO_LE((guint64)(g_get_real_time() / G_USEC_PER_SEC)),
        };
        g_autoptr(GError) foreign = NULL;
        g_autoptr(OmgFileWriter) writer = NULL;

        if (!is_ours(file->path, &foreign) && foreign) {
                g_propagate_error(error, g_steal_pointer(&foreign));
                return FALSE;
        }
        writer = omg_file_writer_new(file->path, error);
        return writer && omg_file_writer_write(writer, &content, sizeof(content), error) &&
               omg_file_writer_rename(writer, error);
}

static gboolean remove_file(const OmgStatusFile *file, GError **error)
{
        g_autoptr(GError) foreign = NULL;

        if (is_ours(file->path, &foreign)) {
                if (unlink(file->path) == 0 || errno == ENOENT)
                        return TRUE;
                omg_error_set_errno(error, errno, "%s", file->path);
                return FALSE;
        }
        if (!foreign)
                return TRUE;
        g_propagate_error(error, g_steal_pointer(&foreign));
        return FALSE;
}

/* ---- its timers ---- */

static void timer_close(Timer *timer)
{
        if (timer->source)
                g_source_destroy(timer->source);
        g_clear_pointer(&timer->source, g_source_unref);
        if (timer->fd >= 0)
                (void)close(timer->fd);
        timer->fd = -1;
}

/* timerfd and not GLib's timers, which stand still while the machine sleeps. */
static gboolean timer_open(Timer *timer, OmgStatusFile *file, int clock, GUnixFDSourceFunc func,
                           GError **error)
{
        if (timer->fd >= 0)
                return TRUE;
        timer->fd = timerfd_create(clock, TFD_CLOEXEC | TFD_NONBLOCK);
        if (timer->fd < 0) {
                omg_error_set_errno(error, errno, "timer for the status file");
                return FALSE;
        }
        timer->source = g_unix_fd_source_new(timer->fd, G_IO_IN);
        g_source_set_callback(timer->source, G_SOURCE_FUNC(func), file, NULL);
        g_source_attach(timer->source, omg_worker_get_context(file->worker));
        return TRUE;
}

static gboolean on_timer(int fd, GIOCondition condition, gpointer data);

static gboolean arm(OmgStatusFile *file, GError **error)
{
        const struct timespec interval = {
                .tv_sec = file->interval_msec / 1000,
                .tv_nsec = (long)(file->interval_msec % 1000) * 1000000,
        };

        if (!timer_open(&file->stamp, file, CLOCK_BOOTTIME, on_timer, error) ||
            !timer_open(&file->clock, file, CLOCK_REALTIME, on_timer, error))
                return FALSE;
        if (timerfd_settime(file->stamp.fd, 0,
                            &(struct itimerspec){.it_value = interval, .it_interval = interval},
                            NULL) < 0 ||
            timerfd_settime(file->clock.fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET,
                            &(struct itimerspec){.it_value.tv_sec = NEVER_SEC}, NULL) < 0) {
                omg_error_set_errno(error, errno, "timer for the status file");
                return FALSE;
        }
        return TRUE;
}

static void disarm(OmgStatusFile *file)
{
        timer_close(&file->stamp);
        timer_close(&file->clock);
}

static void stamp(OmgStatusFile *file)
{
        g_autoptr(GError) error = NULL;

        (void)write_file(file, &error);
        say(file, error);
}

/* Of both: the interval is over, or somebody set the clock (then reading says ECANCELED), and a
 * reader would take the file as too old or as of the future. */
static gboolean on_timer(int fd, GIOCondition condition, gpointer data)
{
        guint64 n_expired;

        (void)!read(fd, &n_expired, sizeof(n_expired));
        stamp(data);
        return G_SOURCE_CONTINUE;
}

/* ---- what is asked for, on the worker ---- */

static void remove_left(gpointer data)
{
        OmgStatusFile *file = data;
        g_autoptr(GError) error = NULL;

        disarm(file);
        (void)remove_file(file, &error);
        /* That it is gone is no news. */
        if (error)
                say(file, error);
}

static void apply(gpointer data)
{
        const Change *change = data;
        OmgStatusFile *file = change->file;
        g_autoptr(GError) error = NULL;

        if (!change->is_known && !file->is_known)
                return;
        file->is_known = change->is_known;
        file->counts = change->counts;
        if (!file->is_known) {
                remove_left(file);
        } else if (arm(file, &error)) {
                /* Armed first: a clock that is set from here on is noticed. */
                stamp(file);
        } else {
                /* One that nobody would stamp again is worse than none. */
                remove_left(file);
                say(file, error);
        }
}

static void destroy(gpointer data)
{
        OmgStatusFile *file = data;

        disarm(file);
        g_free(file->trouble);
        g_free(file);
}

/* ---- main thread ---- */

OmgStatusFile *omg_status_file_new(OmgWorker *worker, const OmgPaths *paths, guint interval_msec)
{
        OmgStatusFile *file = g_new0(OmgStatusFile, 1);

        file->worker = worker;
        file->path = paths->status_file;
        file->interval_msec = interval_msec;
        file->stamp.fd = file->clock.fd = -1;
        omg_worker_run(worker, remove_left, file, NULL);
        return file;
}

void omg_status_file_set(OmgStatusFile *file, const OmgStatusCounts *counts)
{
        Change *change = g_new0(Change, 1);

        change->file = file;
        change->is_known = counts != NULL;
        if (counts)
                change->counts = *counts;
        omg_worker_run(file->worker, apply, change, g_free);
}

void omg_status_file_free(OmgStatusFile *file)
{
        if (file)
                omg_worker_run(file->worker, remove_left, file, destroy);
}
