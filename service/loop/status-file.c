/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/status-file.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
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

/* After omg_status_file_new() all but what was told is the worker's. */
struct OmgStatusFile {
        OmgWorker *worker;
        gboolean is_told_known; /* main's */
        OmgStatusCounts told;   /* main's */
        const char *path;
        guint interval_msec;
        gboolean is_known;
        OmgStatusCounts counts;
        OmgTimer *timer;
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

/* ---- its timer ---- */

/* What else runs on the worker now and then has more time to spare, and so runs with this. */
static void arm(OmgStatusFile *file)
{
        OmgTimers *timers = omg_worker_get_timers(file->worker);

        omg_timer_set(file->timer, omg_timers_now(timers) + file->interval_msec * (guint64)1000, 0);
}

static void stamp(OmgStatusFile *file)
{
        g_autoptr(GError) error = NULL;

        (void)write_file(file, &error);
        say(file, error);
}

/* Also when somebody sets the clock: a reader would take the file as too old or as of the future.
 */
static void on_timer(OmgTimerReason reason, gpointer data)
{
        OmgStatusFile *file = data;

        if (!file->is_known)
                return;
        arm(file);
        stamp(file);
}

/* ---- what is asked for, on the worker ---- */

static void remove_left(gpointer data)
{
        OmgStatusFile *file = data;
        g_autoptr(GError) error = NULL;

        if (file->timer)
                omg_timer_stop(file->timer);
        (void)remove_file(file, &error);
        /* That it is gone is no news. */
        if (error)
                say(file, error);
}

static void begin(gpointer data)
{
        OmgStatusFile *file = data;

        file->timer = omg_timers_add(omg_worker_get_timers(file->worker), TRUE, on_timer, file);
        omg_file_remove_unfinished(file->path);
        remove_left(file);
}

static void apply(gpointer data)
{
        const Change *change = data;
        OmgStatusFile *file = change->file;

        if (!change->is_known && !file->is_known)
                return;
        file->is_known = change->is_known;
        file->counts = change->counts;
        if (!file->is_known) {
                remove_left(file);
        } else {
                arm(file);
                stamp(file);
        }
}

static void destroy(gpointer data)
{
        OmgStatusFile *file = data;

        omg_timer_free(file->timer);
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
        omg_worker_run(worker, begin, file, NULL);
        return file;
}

void omg_status_file_set(OmgStatusFile *file, const OmgStatusCounts *counts)
{
        const OmgStatusCounts told = counts ? *counts : (OmgStatusCounts){};
        Change *change;

        if (file->is_told_known == (counts != NULL) &&
            memcmp(&file->told, &told, sizeof(told)) == 0)
                return;
        file->is_told_known = counts != NULL;
        file->told = told;
        change = g_new0(Change, 1);
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
