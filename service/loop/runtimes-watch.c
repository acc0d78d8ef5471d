/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/runtimes-watch.h"

#include "loop/watch.h"

/* Shared by main and what is under way between the threads. */
struct OmgRuntimesWatch {
        OmgWorker *worker;
        OmgRuntimesWatchEvents events; /* main's */
        gboolean is_closed;            /* main's */
        OmgWatch *watch;               /* the worker's */
};

typedef enum {
        CHANGED,
        SET,
        FAILED,
} News;

/* On its way from one thread to the other. */
typedef struct {
        OmgRuntimesWatch *watch;
        GStrv paths; /* to the worker */
        News news;   /* to main */
        char *text;
} Message;

static Message *message_new(OmgRuntimesWatch *watch)
{
        Message *message = g_new0(Message, 1);

        message->watch = g_atomic_rc_box_acquire(watch);
        return message;
}

static void message_free(gpointer data)
{
        Message *message = data;

        g_atomic_rc_box_release(message->watch);
        g_strfreev(message->paths);
        g_free(message->text);
        g_free(message);
}

/* ---- main ---- */

static void hear(gpointer data)
{
        const Message *message = data;
        const OmgRuntimesWatchEvents *events = &message->watch->events;

        if (message->watch->is_closed)
                return;
        switch (message->news) {
        case CHANGED:
                events->on_change(events->userdata);
                break;
        case SET:
                events->on_set(events->userdata);
                break;
        case FAILED:
                events->on_error(message->text, events->userdata);
                break;
        }
}

/* ---- the worker ---- */

static void tell(OmgRuntimesWatch *watch, News news, const char *text)
{
        Message *message = message_new(watch);

        message->news = news;
        message->text = g_strdup(text);
        omg_worker_post(watch->worker, hear, message, message_free);
}

static void on_change(const GError *error, gpointer data)
{
        tell(data, error ? FAILED : CHANGED, error ? error->message : NULL);
}

static void set_paths(gpointer data)
{
        const Message *message = data;
        OmgRuntimesWatch *watch = message->watch;

        if (!watch->watch)
                watch->watch = omg_watch_new(NULL, on_change, watch);
        omg_watch_set_paths(watch->watch, (const char *const *)message->paths);
        tell(watch, SET, NULL);
}

static void stop(gpointer data)
{
        const Message *message = data;

        g_clear_pointer(&message->watch->watch, omg_watch_free);
}

/* ---- main ---- */

OmgRuntimesWatch *omg_runtimes_watch_new(OmgWorker *worker, const OmgRuntimesWatchEvents *events)
{
        OmgRuntimesWatch *watch = g_atomic_rc_box_new0(OmgRuntimesWatch);

        watch->worker = worker;
        watch->events = *events;
        return watch;
}

void omg_runtimes_watch_set(OmgRuntimesWatch *watch, const GPtrArray *paths)
{
        Message *message = message_new(watch);

        message->paths = g_new0(char *, paths->len + 1);
        for (guint i = 0; i < paths->len; i++)
                message->paths[i] = g_strdup(paths->pdata[i]);
        omg_worker_run(watch->worker, set_paths, message, message_free);
}

void omg_runtimes_watch_free(OmgRuntimesWatch *watch)
{
        if (!watch)
                return;
        watch->is_closed = TRUE;
        omg_worker_run(watch->worker, stop, message_new(watch), message_free);
        g_atomic_rc_box_release(watch);
}
