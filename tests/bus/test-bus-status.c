/* SPDX-License-Identifier: GPL-3.0-or-later */
/* org.omgd1.Status as a peer sees it: unknown before the first load, one PropertiesChanged a
 * refresh. */
#include <stdbool.h>
#include <string.h>

#include "bus-fixture.h"
#include "faces/service-background.h"

#define PROPERTIES_CHANGED "org.freedesktop.DBus.Properties.PropertiesChanged"

static guint32 get_count(BusFixture *f, const char *name)
{
        g_autoptr(Call) call = expect_reply(f, make_call(f, NULL, STATUS, "GetSnapshot"), "a{sv}");
        guint32 count;

        enter_key(call->reply, name, "u");
        g_assert_cmpint(sd_bus_message_read_basic(call->reply, 'u', &count), >, 0);
        return count;
}

static char *get_state(BusFixture *f)
{
        g_autoptr(Call) call = expect_reply(
                f,
                make_call_with(f, "org.freedesktop.DBus.Properties", "Get", "ss", STATUS, "State"),
                "v");
        const char *state;

        g_assert_cmpint(sd_bus_message_read(call->reply, "v", "s", &state), >, 0);
        return g_strdup(state);
}

/* Before the first load reading does not wait, and nothing looks like a zero. */
static void test_never(void)
{
        g_autoptr(BusFixture) f = bus_fixture_new();
        g_autofree char *state = get_state(f);

        g_assert_cmpstr(state, ==, "never");
        g_assert_cmpuint(get_count(f, "TotalPackages"), ==, OMG_UNKNOWN);
        g_assert_cmpuint(get_count(f, "UpdatesAvailable"), ==, OMG_UNKNOWN);
        g_autoptr(Call) call = expect_reply(f, make_call(f, NULL, STATUS, "Describe"), "s");
        const char *json;
        g_assert_cmpint(sd_bus_message_read_basic(call->reply, 's', &json), >, 0);
        g_assert_nonnull(strstr(json, "\"class\":\"unknown\""));
}

/* The numbers of the sample; GetSnapshot has every property of the interface. */
static void test_loaded(void)
{
        g_autoptr(BusFixture) f = bus_fixture_new();
        g_autoptr(OmgSnapshot) snapshot = sample_snapshot(7);

        apply(f, 0, snapshot, NULL);
        g_assert_cmpuint(get_count(f, "TotalPackages"), ==, 5);
        g_assert_cmpuint(get_count(f, "ExplicitPackages"), ==, 3);
        g_assert_cmpuint(get_count(f, "OrphanPackages"), ==, 1);
        g_assert_cmpuint(get_count(f, "ForeignPackages"), ==, 2);
        g_assert_cmpuint(get_count(f, "UpdatesAvailable"), ==, 2);
        g_assert_cmpuint(get_count(f, "IgnoredUpdates"), ==, 1);
        g_assert_cmpuint(get_count(f, "SecurityUpdates"), ==, OMG_UNKNOWN);
        g_assert_cmpuint(get_count(f, "IndexedPackages"), ==, 5);
        g_autofree char *state = get_state(f);
        g_assert_cmpstr(state, ==, "ok");
}

/* Exactly one PropertiesChanged a refresh that changed something, with exactly what it changed. */
static void test_properties_changed(void)
{
        g_autoptr(BusFixture) f = bus_fixture_new();
        g_autoptr(OmgSnapshot) first = sample_snapshot(7);
        g_autoptr(OmgSnapshot) same = sample_snapshot(7);
        g_autoptr(OmgSnapshot) later = sample_snapshot(7);
        g_autofree char *names = NULL;

        apply(f, 0, first, NULL);
        settle(f);
        g_assert_cmpuint(count_signals(f, PROPERTIES_CHANGED), ==, 1);

        apply(f, 0, same, NULL);
        settle(f);
        g_assert_cmpuint(count_signals(f, PROPERTIES_CHANGED), ==, 1);

        later->as_of_usec++;
        later->n_updates = 1;
        apply(f, 0, later, NULL);
        settle(f);
        g_assert_cmpuint(count_signals(f, PROPERTIES_CHANGED), ==, 2);
        names = join_changed(f->last_signal, STATUS);
        g_assert_cmpstr(names, ==, "UpdatesAvailable AsOfUSec");
}

/* A look that failed keeps the numbers, and says why. */
static void test_stale(void)
{
        g_autoptr(BusFixture) f = bus_fixture_new();
        g_autoptr(OmgSnapshot) first = sample_snapshot(7);
        g_autoptr(GError) error =
                g_error_new_literal(OMG_ERROR, OMG_ERROR_DATABASE_MISSING, "sync is gone");
        g_autoptr(GPtrArray) errors =
                g_ptr_array_new_with_free_func((GDestroyNotify)omg_source_error_free);
        OmgSnapshotParts parts = {
                .sync = first->sync,
                .local = first->local,
                .conf = omg_pacman_conf_ref(first->conf),
                .errors = errors,
                .as_of_usec = first->as_of_usec,
        };
        g_autoptr(OmgSnapshot) stale = NULL;
        const char *source, *text;

        g_ptr_array_add(errors, omg_source_error_new("sync", error));
        stale = omg_snapshot_new(&parts, 7);
        apply(f, 0, first, NULL);
        apply(f, 0, stale, error);
        g_assert_cmpuint(get_count(f, "TotalPackages"), ==, 5);
        g_autofree char *state = get_state(f);
        g_assert_cmpstr(state, ==, "stale");

        g_autoptr(Call) call = expect_reply(f, make_call(f, NULL, STATUS, "GetSnapshot"), "a{sv}");
        enter_key(call->reply, "errors", "a(ss)");
        g_assert_cmpint(sd_bus_message_enter_container(call->reply, 'a', "(ss)"), >, 0);
        g_assert_cmpint(sd_bus_message_read(call->reply, "(ss)", &source, &text), >, 0);
        g_assert_cmpstr(source, ==, "sync");
        g_assert_cmpstr(text, ==, "org.omgd1.Error.DatabaseMissing: sync is gone");
}

/* Without a server to ask, what would be "ok" is "offline", at once and for later loads; what is
 * worse stays. */
static void test_offline(void)
{
        g_autoptr(BusFixture) f = bus_fixture_new();
        g_autoptr(OmgSnapshot) snapshot = sample_snapshot(7);
        OmgBackgroundState state = {.network = {OMG_NETWORK_STATE_OFFLINE, FALSE}};
        g_autofree char *never = NULL, *offline = NULL, *portal = NULL, *ok = NULL;

        omg_service_set_background(f->service, &state);
        never = get_state(f);
        g_assert_cmpstr(never, ==, "never");
        apply(f, 0, snapshot, NULL);
        offline = get_state(f);
        g_assert_cmpstr(offline, ==, "offline");
        g_autoptr(Call) call = expect_reply(f, make_call(f, NULL, STATUS, "Describe"), "s");
        const char *json;
        g_assert_cmpint(sd_bus_message_read_basic(call->reply, 's', &json), >, 0);
        g_assert_nonnull(strstr(json, "\"offline\""));

        state.network.state = OMG_NETWORK_STATE_PORTAL;
        omg_service_set_background(f->service, &state);
        portal = get_state(f);
        g_assert_cmpstr(portal, ==, "offline");
        state.network.state = OMG_NETWORK_STATE_LOCAL;
        omg_service_set_background(f->service, &state);
        settle(f);
        g_autofree char *changed = join_changed(f->last_signal, STATUS);
        g_assert_cmpstr(changed, ==, "State");
        ok = get_state(f);
        g_assert_cmpstr(ok, ==, "ok");
}

/* What an omgd before this one has left is shown as old until something is loaded, also while
 * nothing can be; who cannot see the age gets nothing. */
static void test_restored(void)
{
        g_autoptr(BusFixture) f = bus_fixture_new();
        g_autoptr(OmgSnapshot) snapshot = sample_snapshot(7);
        OmgStatus stored;
        g_autofree char *stale = NULL, *ok = NULL, *still = NULL;

        omg_status_compute(NULL, 0, &stored);
        stored.total_packages = 1234;
        stored.as_of_usec = 99;
        omg_service_restore(f->service, &stored);
        settle(f);
        g_autofree char *changed = join_changed(f->last_signal, STATUS);
        g_assert_cmpstr(changed, ==, "TotalPackages AsOfUSec State");
        stale = get_state(f);
        g_assert_cmpstr(stale, ==, "stale");
        g_assert_cmpuint(get_count(f, "TotalPackages"), ==, 1234);
        g_assert_cmpuint(get_count(f, "UpdatesAvailable"), ==, OMG_UNKNOWN);
        g_assert_cmpuint(f->service->loaded.total_packages, ==, OMG_UNKNOWN);

        /* A load that comes to nothing. */
        OmgSnapshotParts parts = {.errors = g_ptr_array_new()};
        g_autoptr(OmgSnapshot) nothing = omg_snapshot_new(&parts, 1);
        apply(f, 0, nothing, NULL);
        still = get_state(f);
        g_assert_cmpstr(still, ==, "stale");
        g_assert_cmpuint(get_count(f, "TotalPackages"), ==, 1234);
        g_ptr_array_unref(parts.errors);

        apply(f, 0, snapshot, NULL);
        ok = get_state(f);
        g_assert_cmpstr(ok, ==, "ok");
        g_assert_cmpuint(get_count(f, "TotalPackages"), !=, 1234);
        /* Too late. */
        omg_service_restore(f->service, &stored);
        g_assert_cmpuint(get_count(f, "TotalPackages"), !=, 1234);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/bus-status/never", test_never);
        g_test_add_func("/bus-status/loaded", test_loaded);
        g_test_add_func("/bus-status/properties-changed", test_properties_changed);
        g_test_add_func("/bus-status/stale", test_stale);
        g_test_add_func("/bus-status/offline", test_offline);
        g_test_add_func("/bus-status/restored", test_restored);
        return g_test_run();
}
