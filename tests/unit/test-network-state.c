/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib.h>
#include <string.h>

#include "loop/network.h"

#define SEC ((guint64)G_USEC_PER_SEC)

/* Each setting, and what the kernel and NetworkManager may say. */
static void test_judge(void)
{
        static const struct {
                OmgNetworkFacts facts;
                const char *name;
                gboolean may_ask;
        } cases[] = {
                {{.mode = OMG_NETWORK_ONLINE, .route = OMG_ROUTE_NONE}, "online", TRUE},
                {{.mode = OMG_NETWORK_OFFLINE, .route = OMG_ROUTE_EXISTS}, "offline", FALSE},
                {{.mode = OMG_NETWORK_OFFLINE, .manager = {TRUE, 4, 70, 0}}, "offline", FALSE},
                {{.mode = OMG_NETWORK_ONLINE, .manager = {TRUE, 2, 70, 0}}, "online", TRUE},
                /* No NetworkManager. */
                {{.route = OMG_ROUTE_UNKNOWN}, "unknown", TRUE},
                {{.route = OMG_ROUTE_NONE}, "offline", FALSE},
                {{.route = OMG_ROUTE_EXISTS}, "online", TRUE},
                {{.route = OMG_ROUTE_EXISTS, .manager = {FALSE, 2, 20, 1}}, "online", TRUE},
                /* One that looked. */
                {{.route = OMG_ROUTE_EXISTS, .manager = {TRUE, 4, 70, 0}}, "online", TRUE},
                {{.route = OMG_ROUTE_EXISTS, .manager = {TRUE, 2, 70, 0}}, "portal", FALSE},
                {{.route = OMG_ROUTE_EXISTS, .manager = {TRUE, 3, 60, 0}}, "local", TRUE},
                /* One that was not told to look. */
                {{.route = OMG_ROUTE_EXISTS, .manager = {TRUE, 0, 70, 0}}, "online", TRUE},
                {{.route = OMG_ROUTE_NONE, .manager = {TRUE, 0, 60, 0}}, "local", TRUE},
                {{.route = OMG_ROUTE_NONE, .manager = {TRUE, 0, 50, 0}}, "local", TRUE},
                {{.route = OMG_ROUTE_NONE, .manager = {TRUE, 0, 40, 0}}, "offline", FALSE},
                {{.route = OMG_ROUTE_EXISTS, .manager = {TRUE, 0, 60, 0}}, "online", TRUE},
                /* One without a connection, of a machine that somebody else connects. */
                {{.route = OMG_ROUTE_EXISTS, .manager = {TRUE, 1, 20, 0}}, "online", TRUE},
                {{.route = OMG_ROUTE_NONE, .manager = {TRUE, 1, 20, 0}}, "offline", FALSE},
                {{.route = OMG_ROUTE_UNKNOWN, .manager = {TRUE, 1, 20, 0}}, "unknown", TRUE},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                OmgNetworkState state = omg_network_judge(&cases[i].facts);

                g_test_message("case %zu", i);
                g_assert_cmpstr(omg_network_state_get_name(state.state), ==, cases[i].name);
                g_assert_cmpint(omg_network_state_may_ask(&state), ==, cases[i].may_ask);
                g_assert_false(state.is_metered && cases[i].facts.manager.metered == 0);
        }
}

/* A setting comes first; then NetworkManager, whose guess counts; without it nothing is metered. */
static void test_metered(void)
{
        static const struct {
                OmgMeteredSetting setting;
                OmgNetworkManagerFacts manager;
                gboolean expected;
        } cases[] = {
                {OMG_METERED_AUTO, {FALSE, 0, 0, 1}, FALSE},
                {OMG_METERED_AUTO, {TRUE, 0, 0, 0}, FALSE},
                {OMG_METERED_AUTO, {TRUE, 0, 0, 1}, TRUE},
                {OMG_METERED_AUTO, {TRUE, 0, 0, 2}, FALSE},
                {OMG_METERED_AUTO, {TRUE, 0, 0, 3}, TRUE},
                {OMG_METERED_AUTO, {TRUE, 0, 0, 4}, FALSE},
                {OMG_METERED_YES, {TRUE, 0, 0, 2}, TRUE},
                {OMG_METERED_NO, {TRUE, 0, 0, 1}, FALSE},
                {OMG_METERED_YES, {FALSE, 0, 0, 0}, TRUE},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                OmgNetworkFacts facts = {.metered = cases[i].setting, .manager = cases[i].manager};

                g_test_message("case %zu", i);
                g_assert_cmpint(omg_network_judge(&facts).is_metered, ==, cases[i].expected);
        }
}

/* What is on this machine is reachable whatever the network. */
static void test_local(void)
{
        static const char *const local[] = {
                "file:///srv/repo/core.db",        "FILE:///srv/repo",   "http://localhost/core.db",
                "http://LOCALHOST:8080/",          "https://127.0.0.1/", "http://127.99.0.1:80/x",
                "http://[::1]:8080/$repo/os/$arch"};
        static const char *const others[] = {"http://128.0.0.1/",
                                             "http://[::2]/",
                                             "https://localhost.example.org/",
                                             "https://mirror.example.org/$repo/os/$arch",
                                             "http://127.0.0.1.example.org/",
                                             "/srv/repo",
                                             "",
                                             "http:",
                                             "http://[::1",
                                             "http://user@host/localhost"};

        for (gsize i = 0; i < G_N_ELEMENTS(local); i++)
                g_assert_true(omg_network_is_local(local[i]));
        for (gsize i = 0; i < G_N_ELEMENTS(others); i++)
                g_assert_false(omg_network_is_local(others[i]));
}

/* ---- kept true ---- */

static OmgRoute route;
static guint n_looks;

static OmgRoute look_up(void)
{
        n_looks++;
        return route;
}

typedef struct {
        guint n_changes;
        OmgNetworkState last;
} Heard;

static void on_change(const OmgNetworkState *state, gpointer data)
{
        Heard *heard = data;

        heard->n_changes++;
        heard->last = *state;
}

/* Bursts are one look, and only another state is told. */
static void test_burst(void)
{
        g_autoptr(OmgTimers) timers = omg_timers_new_manual(100 * SEC);
        OmgConf conf;
        Heard heard = {};

        omg_conf_init(&conf);
        route = OMG_ROUTE_EXISTS;
        n_looks = 0;
        OmgNetwork *network = omg_network_new(NULL, timers, look_up, &conf, on_change, &heard);
        g_assert_cmpint(omg_network_get(network)->state, ==, OMG_NETWORK_STATE_ONLINE);
        g_assert_cmpuint(omg_timers_advance(timers, 200 * SEC), ==, 0);
        g_assert_cmpuint(n_looks, ==, 1);

        route = OMG_ROUTE_NONE;
        for (guint i = 0; i < 5; i++) {
                omg_network_look_soon(network);
                (void)omg_timers_advance(timers, omg_timers_now(timers) + SEC / 2);
        }
        g_assert_cmpuint(heard.n_changes, ==, 0);
        (void)omg_timers_advance(timers, 300 * SEC);
        g_assert_cmpuint(heard.n_changes, ==, 1);
        g_assert_cmpint(heard.last.state, ==, OMG_NETWORK_STATE_OFFLINE);
        g_assert_cmpuint(n_looks, ==, 2);

        omg_network_look_soon(network);
        (void)omg_timers_advance(timers, 400 * SEC);
        g_assert_cmpuint(heard.n_changes, ==, 1);
        /* The machine wakes up elsewhere. */
        route = OMG_ROUTE_EXISTS;
        omg_timers_tell_clock(timers, OMG_TIMER_CLOCK_SET);
        (void)omg_timers_advance(timers, 500 * SEC);
        g_assert_cmpuint(heard.n_changes, ==, 1);
        omg_timers_tell_clock(timers, OMG_TIMER_RESUMED);
        (void)omg_timers_advance(timers, 600 * SEC);
        g_assert_cmpuint(heard.n_changes, ==, 2);
        omg_network_free(network);
}

/* Settings and NetworkManager count at once; while the mode is set nobody asks for routes. */
static void test_sources(void)
{
        g_autoptr(OmgTimers) timers = omg_timers_new_manual(100 * SEC);
        OmgConf conf;
        Heard heard = {};

        omg_conf_init(&conf);
        conf.network = OMG_NETWORK_OFFLINE;
        route = OMG_ROUTE_EXISTS;
        n_looks = 0;
        OmgNetwork *network = omg_network_new(NULL, timers, look_up, &conf, on_change, &heard);
        g_assert_cmpint(omg_network_get(network)->state, ==, OMG_NETWORK_STATE_OFFLINE);
        g_assert_cmpuint(n_looks, ==, 0);

        conf.network = OMG_NETWORK_AUTO;
        omg_network_set_conf(network, &conf);
        g_assert_cmpuint(heard.n_changes, ==, 1);
        g_assert_cmpint(heard.last.state, ==, OMG_NETWORK_STATE_ONLINE);
        omg_network_set_manager(network, &(OmgNetworkManagerFacts){TRUE, 2, 70, 1});
        g_assert_cmpuint(heard.n_changes, ==, 2);
        g_assert_cmpint(heard.last.state, ==, OMG_NETWORK_STATE_PORTAL);
        g_assert_true(heard.last.is_metered);
        omg_network_set_manager(network, &(OmgNetworkManagerFacts){TRUE, 2, 70, 1});
        g_assert_cmpuint(heard.n_changes, ==, 2);
        omg_network_set_manager(network, &(OmgNetworkManagerFacts){});
        g_assert_cmpuint(heard.n_changes, ==, 3);
        g_assert_false(omg_network_get(network)->is_metered);
        conf.metered = OMG_METERED_YES;
        omg_network_set_conf(network, &conf);
        g_assert_cmpuint(heard.n_changes, ==, 4);
        g_assert_true(heard.last.is_metered);
        omg_network_free(network);
}

/* The kernel is asked, and answers something; a watch can be had and dropped. */
static void test_kernel(void)
{
        g_autoptr(GMainContext) context = g_main_context_new();
        g_autoptr(OmgTimers) timers = omg_timers_new_manual(100 * SEC);
        OmgConf conf;
        Heard heard = {};

        g_assert_cmpint(omg_route_look_up(), <=, OMG_ROUTE_EXISTS);
        omg_conf_init(&conf);
        OmgNetwork *network = omg_network_new(context, timers, NULL, &conf, on_change, &heard);
        g_assert_false(g_main_context_pending(context));
        conf.network = OMG_NETWORK_ONLINE;
        omg_network_set_conf(network, &conf);
        g_assert_cmpint(omg_network_get(network)->state, ==, OMG_NETWORK_STATE_ONLINE);
        omg_network_free(network);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/network-state/judge", test_judge);
        g_test_add_func("/network-state/metered", test_metered);
        g_test_add_func("/network-state/local", test_local);
        g_test_add_func("/network-state/burst", test_burst);
        g_test_add_func("/network-state/sources", test_sources);
        g_test_add_func("/network-state/kernel", test_kernel);
        return g_test_run();
}
