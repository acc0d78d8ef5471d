/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/policy-watch.h"

#include "loop/log.h"
#include "loop/watch.h"

/* Shared by main and what is under way between the threads. */
struct OmgPolicyWatch {
        OmgWorker *worker;
        char *path;
        char *copy;
        OmgPolicyWatchEvents events; /* main's */
        gboolean is_closed;          /* main's */
        OmgPolicyState *told;        /* main's: what on_state said last */
        gboolean is_asked;           /* main's: while on_state runs */
        OmgWatch *watch;             /* the worker's */
        OmgPolicyState *last;        /* the worker's: what the last look came to */
};

/* On its way to the worker, or, with what it came to, back. */
typedef struct {
        OmgPolicyWatch *watch;
        OmgPolicyState *state;
        char *error;
        gboolean is_asked;
        OmgPolicyReloadFunc done; /* this and the next two: of a reload */
        gpointer data;
        GDestroyNotify destroy;
} Message;

static void watch_clear(gpointer data)
{
        OmgPolicyWatch *watch = data;

        g_free(watch->path);
        g_free(watch->copy);
        omg_policy_state_unref(watch->told);
        omg_policy_state_unref(watch->last);
}

static Message *message_new(OmgPolicyWatch *watch)
{
        Message *message = g_new0(Message, 1);

        message->watch = g_atomic_rc_box_acquire(watch);
        return message;
}

static void message_free(gpointer data)
{
        Message *message = data;

        if (message->destroy)
                message->destroy(message->data);
        g_atomic_rc_box_release_full(message->watch, watch_clear);
        omg_policy_state_unref(message->state);
        g_free(message->error);
        g_free(message);
}

/* ---- main ---- */

static void hear_error(gpointer data)
{
        const Message *message = data;
        const OmgPolicyWatch *watch = message->watch;

        if (!watch->is_closed)
                watch->events.on_error(message->error, watch->events.userdata);
}

/* Either of them may free the watch. */
static void hear_state(gpointer data)
{
        const Message *message = data;
        OmgPolicyWatch *watch = message->watch;

        if (!watch->is_closed && !omg_policy_state_equal(watch->told, message->state)) {
                omg_policy_state_unref(watch->told);
                watch->told = omg_policy_state_ref(message->state);
                watch->is_asked = message->is_asked;
                watch->events.on_state(message->state, watch->events.userdata);
                watch->is_asked = FALSE;
        }
        if (!watch->is_closed && message->done)
                message->done(message->state, message->data);
}

/* ---- the worker ---- */

static void keep(OmgPolicyWatch *watch, const OmgPolicyState *state)
{
        g_autoptr(GError) error = NULL;

        if (watch->copy && !omg_policy_state_keep(state, watch->copy, &error))
                omg_log_warning("%s; the policy is not kept for the next start, ignoring",
                                error->message);
}

/* Takes the message. */
static void look(Message *message)
{
        OmgPolicyWatch *watch = message->watch;
        g_autoptr(OmgPolicyState) before = g_steal_pointer(&watch->last);
        OmgPolicyState *state = omg_policy_state_new(watch->path, watch->copy, before);

        watch->last = state;
        if (!omg_policy_state_equal(before, state))
                keep(watch, state);
        if (watch->events.on_look && !omg_policy_state_equal(before, state))
                watch->events.on_look(state, watch->events.look_data);
        message->state = omg_policy_state_ref(state);
        omg_worker_post(watch->worker, hear_state, message, message_free);
}

static void on_change(const GError *error, gpointer data)
{
        OmgPolicyWatch *watch = data;
        Message *message = message_new(watch);

        if (!error) {
                look(message);
                return;
        }
        message->error = g_strdup(error->message);
        omg_worker_post(watch->worker, hear_error, message, message_free);
}

/* Watches before it looks: what changes in between is seen. */
static void start(gpointer data)
{
        OmgPolicyWatch *watch = data;
        const char *const paths[] = {watch->path, NULL};

        watch->watch = omg_watch_new(NULL, on_change, watch);
        omg_watch_set_paths(watch->watch, paths);
        look(message_new(watch));
}

static void stop(gpointer data)
{
        OmgPolicyWatch *watch = data;

        g_clear_pointer(&watch->watch, omg_watch_free);
}

static void look_again(gpointer data)
{
        Message *asked = data;
        Message *answer = message_new(asked->watch);

        answer->done = asked->done;
        answer->data = asked->data;
        answer->destroy = g_steal_pointer(&asked->destroy);
        look(answer);
}

/* ---- main ---- */

static void release(gpointer data)
{
        g_atomic_rc_box_release_full(data, watch_clear);
}

OmgPolicyWatch *omg_policy_watch_new(OmgWorker *worker, const char *path, const char *copy,
                                     const OmgPolicyWatchEvents *events)
{
        OmgPolicyWatch *watch = g_atomic_rc_box_new0(OmgPolicyWatch);

        watch->worker = worker;
        watch->path = g_strdup(path);
        watch->copy = g_strdup(copy);
        watch->events = *events;
        omg_worker_run(worker, start, g_atomic_rc_box_acquire(watch), release);
        return watch;
}

void omg_policy_watch_reload(OmgPolicyWatch *watch, OmgPolicyReloadFunc done, gpointer data,
                             GDestroyNotify destroy)
{
        Message *message = message_new(watch);

        message->done = done;
        message->data = data;
        message->destroy = destroy;
        omg_worker_run(watch->worker, look_again, message, message_free);
}

const char *omg_policy_watch_get_path(const OmgPolicyWatch *watch)
{
        return watch->path;
}

const char *omg_policy_watch_get_copy(const OmgPolicyWatch *watch)
{
        return watch->copy;
}

OmgPolicyWatch *omg_policy_watch_ref(OmgPolicyWatch *watch)
{
        return g_atomic_rc_box_acquire(watch);
}

void omg_policy_watch_unref(OmgPolicyWatch *watch)
{
        release(watch);
}

gboolean omg_policy_watch_is_asked(const OmgPolicyWatch *watch)
{
        return watch->is_asked;
}

OmgPolicyState *omg_policy_watch_look(OmgPolicyWatch *watch)
{
        Message *message = message_new(watch);

        message->is_asked = TRUE;
        look(message);
        return omg_policy_state_ref(watch->last);
}

void omg_policy_watch_free(OmgPolicyWatch *watch)
{
        if (!watch)
                return;
        watch->is_closed = TRUE;
        omg_worker_run(watch->worker, stop, g_atomic_rc_box_acquire(watch), release);
        release(watch);
}
