/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who may change something on the system bus: the bus is asked, and the call waits. */
#include <string.h>

#include "base/limits.h"
#include "bus-fixture.h"

#define ERROR_ACCESS_DENIED "org.freedesktop.DBus.Error.AccessDenied"

/* What the bus is asked, and says. */
typedef struct {
        BusFixture *f;
        guint n_asked;
        char asked[32]; /* the last one */
        guint32 uid;
        const char *error;       /* instead of a uid, or NULL */
        gboolean is_held;        /* no answer yet: */
        sd_bus_message *message; /* the last question */
} Bus;

static int on_question(sd_bus_message *message, void *userdata, sd_bus_error *ret_error)
{
        Bus *bus = userdata;
        const char *name;

        g_assert_cmpint(sd_bus_message_read(message, "s", &name), >, 0);
        bus->n_asked++;
        (void)g_strlcpy(bus->asked, name, sizeof(bus->asked));
        if (bus->is_held) {
                sd_bus_message_unref(bus->message);
                bus->message = sd_bus_message_ref(message);
                return 1;
        }
        if (bus->error)
                return sd_bus_reply_method_errorf(message, bus->error, "no");
        return sd_bus_reply_method_return(message, "u", bus->uid);
}

static const sd_bus_vtable bus_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD("GetConnectionUnixUser", "s", "u", on_question, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

static Bus *bus_new(void)
{
        Bus *bus = g_new0(Bus, 1);
        g_autoptr(OmgSnapshot) snapshot = sample_snapshot(7);

        bus->f = bus_fixture_new();
        bus->f->service->is_system = TRUE;
        apply(bus->f, 0, snapshot, NULL);
        g_assert_cmpint(sd_bus_add_object_vtable(bus->f->client, NULL, "/org/freedesktop/DBus",
                                                 "org.freedesktop.DBus", bus_vtable, bus),
                        >=, 0);
        return bus;
}

static void bus_free(Bus *bus)
{
        sd_bus_message_unref(bus->message);
        bus_fixture_free(bus->f);
        g_free(bus);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Bus, bus_free)

static Call *ask_refresh(Bus *bus, const char *sender)
{
        return send_call(bus->f,
                         make_call_with(bus->f, MANAGER, "Refresh", "asa{sv}", 1, "sync", 0),
                         sender);
}

static void assert_denied(Bus *bus, Call *call, const char *text)
{
        const sd_bus_error *error = sd_bus_message_get_error(await_reply(bus->f, call));

        g_assert_nonnull(error);
        g_assert_cmpstr(error->name, ==, ERROR_ACCESS_DENIED);
        g_assert_nonnull(strstr(error->message, text));
        g_assert_cmpuint(bus->f->requests->len, ==, 0);
        g_assert_cmpuint(bus->f->service->metrics.calls_waiting, ==, 0);
}

/* Root changes; the bus is asked for the very sender. */
static void test_root(void)
{
        g_autoptr(Bus) bus = bus_new();
        g_autoptr(Call) call = ask_refresh(bus, ":1.42");

        g_assert_null(sd_bus_message_get_error(await_reply(bus->f, call)));
        g_assert_cmpuint(bus->n_asked, ==, 1);
        g_assert_cmpstr(bus->asked, ==, ":1.42");
        g_assert_cmpuint(bus->f->requests->len, ==, 1);
}

/* Others do not, nor does one of whom the bus says nothing. */
static void test_others(void)
{
        g_autoptr(Bus) bus = bus_new();
        g_autoptr(Call) user = NULL;
        g_autoptr(Call) unknown = NULL;

        bus->uid = 1000;
        user = ask_refresh(bus, ":1.43");
        assert_denied(bus, user, "Refresh is for root");
        bus->uid = 0;
        bus->error = "org.freedesktop.DBus.Error.NameHasNoOwner";
        unknown = ask_refresh(bus, ":1.44");
        assert_denied(bus, unknown, "Refresh is for root");
        g_assert_cmpuint(bus->n_asked, ==, 2);
}

static void assert_member_denied(Bus *bus, sd_bus_message *message, const char *text)
{
        g_autoptr(Call) call = send_call(bus->f, message, ":1.43");

        assert_denied(bus, call, text);
}

/* The other members that change something. tests/e2e/test-system-bus.py knows all of them. */
static void test_members(void)
{
        g_autoptr(Bus) bus = bus_new();

        bus->uid = 1000;
        assert_member_denied(bus, make_call_with(bus->f, MANAGER, "StateHasChanged", "s", "x"),
                             "StateHasChanged is");
        assert_member_denied(bus, make_call_with(bus->f, MANAGER, "ClearCache", "asa{sv}", 0, 0),
                             "ClearCache is");
        assert_member_denied(
                bus, make_call_with(bus->f, MANAGER, "Inhibit", "sss", "refresh", "who", "why"),
                "Inhibit is");
}

/* Nobody is asked about reading. */
static void test_reading(void)
{
        g_autoptr(Bus) bus = bus_new();
        g_autoptr(Call) call = NULL;

        bus->uid = 1000;
        call = send_call(bus->f, make_call(bus->f, NULL, MANAGER, "ListJobs"), ":1.43");
        g_assert_null(sd_bus_message_get_error(await_reply(bus->f, call)));
        g_assert_cmpuint(bus->n_asked, ==, 0);
}

/* Nor about anything on the user's bus. */
static void test_user_bus(void)
{
        g_autoptr(Bus) bus = bus_new();
        g_autoptr(Call) call = NULL;

        bus->f->service->is_system = FALSE;
        bus->uid = 1000;
        call = ask_refresh(bus, ":1.43");
        g_assert_null(sd_bus_message_get_error(await_reply(bus->f, call)));
        g_assert_cmpuint(bus->n_asked, ==, 0);
}

/* The loop goes on while the bus takes its time, and the answer is the right call's. */
static void test_waits(void)
{
        g_autoptr(Bus) bus = bus_new();
        g_autoptr(Call) waiting = NULL;
        g_autoptr(Call) reading = NULL;

        bus->is_held = TRUE;
        waiting = ask_refresh(bus, ":1.42");
        settle(bus->f);
        g_assert_null(waiting->reply);
        g_assert_cmpuint(bus->f->service->metrics.calls_waiting, ==, 1);
        reading = send_call(bus->f, make_call(bus->f, NULL, MANAGER, "ListJobs"), ":1.43");
        g_assert_null(sd_bus_message_get_error(await_reply(bus->f, reading)));
        g_assert_null(waiting->reply);
        g_assert_cmpint(sd_bus_reply_method_return(bus->message, "u", 0), >=, 0);
        g_assert_null(sd_bus_message_get_error(await_reply(bus->f, waiting)));
        g_assert_cmpuint(bus->f->requests->len, ==, 1);
        g_assert_cmpuint(bus->f->service->metrics.calls_waiting, ==, 0);
}

/* One who asks and asks meets the limit on calls that wait; the end of omgd answers the others, and
 * what the bus says then comes to nobody. */
static void test_limit_and_end(void)
{
        g_autoptr(Bus) bus = bus_new();
        g_autoptr(GPtrArray) calls = g_ptr_array_new_with_free_func((GDestroyNotify)call_free);
        Call *beyond;

        bus->is_held = TRUE;
        for (guint i = 0; i < OMG_LIMIT_CALLS_PER_SENDER; i++)
                g_ptr_array_add(calls, ask_refresh(bus, ":1.42"));
        settle(bus->f);
        beyond = ask_refresh(bus, ":1.42");
        g_ptr_array_add(calls, beyond);
        g_assert_true(sd_bus_message_is_method_error(await_reply(bus->f, beyond), ERROR_LIMITS));
        omg_service_close(bus->f->service);
        for (guint i = 0; i < OMG_LIMIT_CALLS_PER_SENDER; i++)
                g_assert_true(sd_bus_message_is_method_error(await_reply(bus->f, calls->pdata[i]),
                                                             ERROR_UNAVAILABLE));
        g_assert_cmpint(sd_bus_reply_method_return(bus->message, "u", 0), >=, 0);
        settle(bus->f);
        g_assert_cmpuint(bus->f->requests->len, ==, 0);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/bus-permission/root", test_root);
        g_test_add_func("/bus-permission/others", test_others);
        g_test_add_func("/bus-permission/members", test_members);
        g_test_add_func("/bus-permission/reading", test_reading);
        g_test_add_func("/bus-permission/user-bus", test_user_bus);
        g_test_add_func("/bus-permission/waits", test_waits);
        g_test_add_func("/bus-permission/limit-and-end", test_limit_and_end);
        return g_test_run();
}
