/* SPDX-License-Identifier: GPL-3.0-or-later */
/* policy.toml on a worker: main hears of what is in force, and of nothing twice. */
#include <glib.h>
#include <glib/gstdio.h>
#include <systemd/sd-event.h>

#include "loop/policy-watch.h"

typedef struct {
        char *dir;
        char *path;
        char *copy;
        sd_event *event;
        OmgWorker *worker;
        OmgPolicyWatch *watch;
        OmgPolicyState *state;
        guint n_states, n_reloads, n_destroyed;
        OmgPolicyStatus reloaded;
        gboolean ends_at_once;
} Fixture;

static void on_state(OmgPolicyState *state, gpointer userdata)
{
        Fixture *f = userdata;

        omg_policy_state_unref(f->state);
        f->state = omg_policy_state_ref(state);
        f->n_states++;
        if (f->ends_at_once)
                g_clear_pointer(&f->watch, omg_policy_watch_free);
}

static void on_error(const char *message, gpointer userdata)
{
        g_error("%s", message);
}

static void begin(Fixture *f)
{
        f->watch = omg_policy_watch_new(
                f->worker, f->path, f->copy,
                &(OmgPolicyWatchEvents){.on_state = on_state, .on_error = on_error, .userdata = f});
}

static void set_up(Fixture *f, gconstpointer unused)
{
        g_autoptr(GError) error = NULL;

        f->dir = g_dir_make_tmp("omg-policy-XXXXXX", NULL);
        f->path = g_build_filename(f->dir, "policy.toml", NULL);
        f->copy = g_build_filename(f->dir, "copy", NULL);
        g_assert_cmpint(sd_event_new(&f->event), >=, 0);
        f->worker = omg_worker_new(f->event, &error);
        g_assert_no_error(error);
}

static void tear_down(Fixture *f, gconstpointer unused)
{
        omg_policy_watch_free(f->watch);
        omg_worker_free(f->worker);
        g_assert_null(sd_event_unref(f->event));
        omg_policy_state_unref(f->state);
        (void)g_unlink(f->path);
        (void)g_unlink(f->copy);
        g_assert_cmpint(g_rmdir(f->dir), ==, 0);
        g_free(f->path);
        g_free(f->copy);
        g_free(f->dir);
}

static void turn_until(Fixture *f, const guint *counter, guint n)
{
        while (*counter < n)
                g_assert_cmpint(sd_event_run(f->event, 20 * G_USEC_PER_SEC), >, 0);
        g_assert_cmpuint(*counter, ==, n);
}

static void write_file(Fixture *f, const char *text)
{
        g_assert_true(g_file_set_contents(f->path, text, -1, NULL));
}

static void on_reloaded(OmgPolicyState *state, gpointer data)
{
        Fixture *f = data;

        f->n_reloads++;
        f->reloaded = state->status;
}

static void on_destroyed(gpointer data)
{
        Fixture *f = data;

        f->n_destroyed++;
}

static void reload(Fixture *f)
{
        omg_policy_watch_reload(f->watch, on_reloaded, f, on_destroyed);
}

/* It comes, breaks, is mended and goes. */
static void test_changes(Fixture *f, gconstpointer unused)
{
        begin(f);
        turn_until(f, &f->n_states, 1);
        g_assert_cmpint(f->state->status, ==, OMG_POLICY_NONE);

        write_file(f, "allow_aur = false\n");
        turn_until(f, &f->n_states, 2);
        g_assert_cmpint(f->state->status, ==, OMG_POLICY_OK);
        g_assert_false(f->state->policy->allow_aur);

        write_file(f, "allow_aur = never\n");
        turn_until(f, &f->n_states, 3);
        g_assert_cmpint(f->state->status, ==, OMG_POLICY_INVALID);
        g_assert_false(f->state->policy->allow_aur);

        write_file(f, "allow_aur = true\n");
        turn_until(f, &f->n_states, 4);
        g_assert_cmpint(f->state->status, ==, OMG_POLICY_OK);
        g_assert_true(f->state->policy->allow_aur);

        g_assert_cmpint(g_unlink(f->path), ==, 0);
        turn_until(f, &f->n_states, 5);
        g_assert_cmpint(f->state->status, ==, OMG_POLICY_NONE);
}

/* What was in force when a watch ends is so for the next one, should the file be broken by then;
 * but not once there was no file. */
static void test_restart(Fixture *f, gconstpointer unused)
{
        write_file(f, "allow_aur = false\n");
        begin(f);
        turn_until(f, &f->n_states, 1);
        g_clear_pointer(&f->watch, omg_policy_watch_free);
        write_file(f, "broken\n");
        begin(f);
        turn_until(f, &f->n_states, 2);
        g_assert_cmpint(f->state->status, ==, OMG_POLICY_INVALID);
        g_assert_true(f->state->is_stored);
        g_assert_false(f->state->policy->allow_aur);

        write_file(f, "# mended\n");
        turn_until(f, &f->n_states, 3);
        g_assert_false(f->state->is_stored);
        g_assert_cmpint(g_unlink(f->path), ==, 0);
        turn_until(f, &f->n_states, 4);
        g_assert_false(g_file_test(f->copy, G_FILE_TEST_EXISTS));
        g_clear_pointer(&f->watch, omg_policy_watch_free);
        write_file(f, "broken\n");
        begin(f);
        turn_until(f, &f->n_states, 5);
        g_assert_null(f->state->policy);
}

/* A reload answers though nothing is new, and after the news where something is. */
static void test_reload(Fixture *f, gconstpointer unused)
{
        write_file(f, "allow_aur = false\n");
        begin(f);
        reload(f);
        turn_until(f, &f->n_destroyed, 1);
        g_assert_cmpuint(f->n_states, ==, 1);
        g_assert_cmpuint(f->n_reloads, ==, 1);
        g_assert_cmpint(f->reloaded, ==, OMG_POLICY_OK);

        write_file(f, "broken\n");
        reload(f);
        turn_until(f, &f->n_destroyed, 2);
        g_assert_cmpuint(f->n_states, ==, 2);
        g_assert_cmpuint(f->n_reloads, ==, 2);
        g_assert_cmpint(f->reloaded, ==, OMG_POLICY_INVALID);
}

/* Whatever is under way when the watch goes is destroyed, and told to nobody. */
static void test_ends(Fixture *f, gconstpointer unused)
{
        f->ends_at_once = TRUE;
        begin(f);
        reload(f);
        turn_until(f, &f->n_destroyed, 1);
        g_assert_cmpuint(f->n_states, ==, 1);
        g_assert_cmpuint(f->n_reloads, ==, 0);

        begin(f);
        reload(f);
        g_clear_pointer(&f->watch, omg_policy_watch_free);
        omg_worker_stop(f->worker);
        g_assert_cmpuint(f->n_destroyed, ==, 2);
        g_assert_cmpuint(f->n_states, ==, 1);
        g_assert_cmpuint(f->n_reloads, ==, 0);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);

        g_test_add("/policy-watch/changes", Fixture, NULL, set_up, test_changes, tear_down);
        g_test_add("/policy-watch/restart", Fixture, NULL, set_up, test_restart, tear_down);
        g_test_add("/policy-watch/reload", Fixture, NULL, set_up, test_reload, tear_down);
        g_test_add("/policy-watch/ends", Fixture, NULL, set_up, test_ends, tear_down);
        return g_test_run();
}
