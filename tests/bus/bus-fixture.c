/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bus-fixture.h"

#include "base/clock.h"

#include <glib/gstdio.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const FixturePackage sample_sync[] = {
        {"core", "bash", "5.2-1", "The GNU shell", NULL, NULL, 0},
        {"core", "glibc", "2.38-7", "GNU C Library", NULL, NULL, 0},
        {"extra", "firefox", "121.0-1", "Standalone web browser", NULL, NULL, 0},
        {"extra", "modern-tool", "5-1", "Takes the place of oldtool", NULL, "oldtool", 0},
        {"extra", "vim", "9.0-1", "Vi Improved, an editor", NULL, NULL, 0},
        {NULL, NULL, NULL, NULL, NULL, NULL, 0},
};

static const FixturePackage sample_local[] = {
        {NULL, "bash", "5.1-1", "The GNU shell", NULL, NULL, OMG_PACKAGE_EXPLICIT},
        {NULL, "firefox", "120.0-1", "Standalone web browser", NULL, NULL, OMG_PACKAGE_EXPLICIT},
        {NULL, "glibc", "2.38-7", "GNU C Library", NULL, NULL, 0},
        {NULL, "my-scripts", "1-1", "Scripts of this machine", NULL, NULL, OMG_PACKAGE_ORPHAN},
        {NULL, "oldtool", "1-1", "An old tool", NULL, NULL, OMG_PACKAGE_EXPLICIT},
        {NULL, NULL, NULL, NULL, NULL, NULL, 0},
};

OmgSnapshot *sample_snapshot(guint64 generation)
{
        OmgSnapshot *snapshot = fixture_snapshot(sample_sync, sample_local,
                                                 "[options]\nIgnorePkg = firefox\n"
                                                 "[core]\nServer = file:///c\n"
                                                 "[extra]\nServer = file:///e\n");
        snapshot->generation = generation;
        return snapshot;
}

OmgSnapshot *file_snapshot(guint64 generation, int *ret_fd)
{
        static const FixturePackage local[] = {
                {NULL, "bash", "5.1-1", "The GNU shell", NULL, NULL, OMG_PACKAGE_EXPLICIT},
                {NULL, NULL, NULL, NULL, NULL, NULL, 0},
        };
        g_autofree char *path = NULL;
        g_autoptr(GBytes) bytes = fixture_layer_bytes(OMG_LAYER_LOCAL, local);
        g_autoptr(GError) error = NULL;
        g_autoptr(OmgLayer) layer = NULL;
        OmgSnapshotParts parts = {.conf = fixture_conf("")};

        *ret_fd = g_file_open_tmp("omg-XXXXXX", &path, &error);
        g_assert_no_error(error);
        g_assert_cmpint(write(*ret_fd, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes)), ==,
                        (gssize)g_bytes_get_size(bytes));
        layer = omg_layer_open(path, OMG_LAYER_LOCAL, &error);
        g_assert_no_error(error);
        g_assert_cmpint(g_unlink(path), ==, 0);
        parts.local = layer;
        return omg_snapshot_new(&parts, generation);
}

/* ---- the refresh that does nothing by itself ---- */

static void on_refresh(guint64 id, OmgRefreshWhat what, gboolean force, gpointer userdata)
{
        BusFixture *fixture = userdata;
        Request request = {id, what, force};

        g_array_append_val(fixture->requests, request);
}

static void on_cancel(guint64 id, gpointer userdata)
{
        BusFixture *fixture = userdata;
        g_array_append_val(fixture->cancels, id);
}

static void on_query_aur(const OmgAurRequest *request, gpointer userdata)
{
        BusFixture *fixture = userdata;
        AurRequest copy = {request->id, omg_aur_question_ref(request->question),
                           request->max_age_sec, request->how};

        g_array_append_val(fixture->aur_requests, copy);
}

static void aur_request_clear(gpointer data)
{
        omg_aur_question_unref(((AurRequest *)data)->question);
}

static void on_cancel_aur(guint64 id, gpointer userdata)
{
        BusFixture *fixture = userdata;
        g_array_append_val(fixture->aur_cancels, id);
}

void apply(BusFixture *fixture, guint64 id, OmgSnapshot *snapshot, GError *error)
{
        apply_begun(fixture, id, snapshot, error, omg_clock_now());
}

static void apply_outcome(BusFixture *fixture, OmgRefreshOutcome outcome)
{
        g_autoptr(OmgChanges) changes =
                outcome.snapshot ? omg_changes_new(fixture->service->snapshot, outcome.snapshot)
                                 : NULL;

        outcome.changes = changes;
        omg_service_apply(fixture->service, &outcome);
}

void apply_begun(BusFixture *fixture, guint64 id, OmgSnapshot *snapshot, GError *error,
                 guint64 begun_usec)
{
        apply_outcome(fixture, (OmgRefreshOutcome){.id = id,
                                                   .snapshot = snapshot,
                                                   .error = error,
                                                   .what = OMG_REFRESH_ALL,
                                                   .begun_usec = begun_usec});
}

void apply_what(BusFixture *fixture, OmgSnapshot *snapshot, guint what)
{
        apply_outcome(fixture, (OmgRefreshOutcome){.snapshot = snapshot,
                                                   .what = (OmgRefreshWhat)what,
                                                   .begun_usec = omg_clock_now()});
}

/* ---- the two ends ---- */

static int on_signal(sd_bus_message *message, void *userdata, sd_bus_error *ret_error)
{
        BusFixture *fixture = userdata;
        uint8_t type;

        g_assert_cmpint(sd_bus_message_get_type(message, &type), >=, 0);
        if (type != SD_BUS_MESSAGE_SIGNAL)
                return 0;
        g_ptr_array_add(fixture->signals,
                        g_strdup_printf("%s.%s", sd_bus_message_get_interface(message),
                                        sd_bus_message_get_member(message)));
        sd_bus_message_unref(fixture->last_signal);
        fixture->last_signal = sd_bus_message_ref(message);
        return 0;
}

static void make_ends(BusFixture *fixture)
{
        int fds[2];
        sd_id128_t id;

        g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), ==,
                        0);
        g_assert_cmpint(sd_id128_randomize(&id), >=, 0);

        g_assert_cmpint(sd_bus_new(&fixture->server), >=, 0);
        g_assert_cmpint(sd_bus_set_fd(fixture->server, fds[0], fds[0]), >=, 0);
        g_assert_cmpint(sd_bus_set_server(fixture->server, 1, id), >=, 0);
        g_assert_cmpint(sd_bus_attach_event(fixture->server, fixture->event, 0), >=, 0);
        g_assert_cmpint(omg_service_attach(fixture->service, fixture->server), >=, 0);

        g_assert_cmpint(sd_bus_new(&fixture->client), >=, 0);
        g_assert_cmpint(sd_bus_set_fd(fixture->client, fds[1], fds[1]), >=, 0);
        g_assert_cmpint(sd_bus_attach_event(fixture->client, fixture->event, 0), >=, 0);
        g_assert_cmpint(sd_bus_add_filter(fixture->client, NULL, on_signal, fixture), >=, 0);

        g_assert_cmpint(sd_bus_start(fixture->server), >=, 0);
        g_assert_cmpint(sd_bus_start(fixture->client), >=, 0);
}

BusFixture *bus_fixture_new(void)
{
        return bus_fixture_new_with_runtimes(NULL);
}

BusFixture *bus_fixture_new_with_runtimes(const OmgRuntimePaths *paths)
{
        BusFixture *fixture = g_new0(BusFixture, 1);

        fixture->requests = g_array_new(FALSE, FALSE, sizeof(Request));
        fixture->cancels = g_array_new(FALSE, FALSE, sizeof(guint64));
        fixture->aur_requests = g_array_new(FALSE, FALSE, sizeof(AurRequest));
        g_array_set_clear_func(fixture->aur_requests, aur_request_clear);
        fixture->aur_cancels = g_array_new(FALSE, FALSE, sizeof(guint64));
        fixture->signals = g_ptr_array_new_with_free_func(g_free);
        g_assert_cmpint(sd_event_new(&fixture->event), >=, 0);
        fixture->worker = omg_worker_new(fixture->event, NULL);
        g_assert_nonnull(fixture->worker);
        fixture->pool = omg_pool_new(fixture->worker);
        fixture->service = omg_service_new(fixture->event, fixture->pool,
                                           &(OmgServiceActions){.refresh = on_refresh,
                                                                .cancel = on_cancel,
                                                                .query_aur = on_query_aur,
                                                                .cancel_aur = on_cancel_aur,
                                                                .userdata = fixture},
                                           0);
        fixture->service->runtimes.paths = paths;
        make_ends(fixture);
        return fixture;
}

void bus_fixture_free(BusFixture *fixture)
{
        omg_service_free(fixture->service);
        omg_pool_free(fixture->pool);
        omg_worker_free(fixture->worker);
        sd_bus_message_unref(fixture->last_signal);
        (void)sd_bus_detach_event(fixture->client);
        (void)sd_bus_detach_event(fixture->server);
        sd_bus_close_unref(fixture->client);
        sd_bus_close_unref(fixture->server);
        sd_event_unref(fixture->event);
        g_array_unref(fixture->requests);
        g_array_unref(fixture->cancels);
        g_array_unref(fixture->aur_requests);
        g_array_unref(fixture->aur_cancels);
        g_ptr_array_unref(fixture->signals);
        g_free(fixture);
}

/* ---- calls ---- */

void call_free(Call *call)
{
        sd_bus_slot_unref(call->slot);
        sd_bus_message_unref(call->reply);
        g_free(call);
}

sd_bus_message *make_call(BusFixture *fixture, const char *path, const char *interface,
                          const char *member)
{
        sd_bus_message *message = NULL;

        g_assert_cmpint(sd_bus_message_new_method_call(fixture->client, &message, NULL,
                                                       path ?: OMG_BUS_PATH, interface, member),
                        >=, 0);
        return message;
}

sd_bus_message *make_call_with(BusFixture *fixture, const char *interface, const char *member,
                               const char *types, ...)
{
        sd_bus_message *message = make_call(fixture, NULL, interface, member);
        va_list args;

        va_start(args, types);
        g_assert_cmpint(sd_bus_message_appendv(message, types, args), >=, 0);
        va_end(args);
        return message;
}

static int on_reply(sd_bus_message *message, void *userdata, sd_bus_error *ret_error)
{
        Call *call = userdata;
        call->reply = sd_bus_message_ref(message);
        return 0;
}

Call *send_call(BusFixture *fixture, sd_bus_message *message, const char *sender)
{
        Call *call = g_new0(Call, 1);

        if (sender)
                g_assert_cmpint(sd_bus_message_set_sender(message, sender), >=, 0);
        g_assert_cmpint(sd_bus_call_async(fixture->client, &call->slot, message, on_reply, call, 0),
                        >=, 0);
        sd_bus_message_unref(message);
        return call;
}

sd_bus_message *await_reply(BusFixture *fixture, Call *call)
{
        while (!call->reply)
                g_assert_cmpint(sd_event_run(fixture->event, 10 * G_USEC_PER_SEC), >, 0);
        return call->reply;
}

void settle(BusFixture *fixture)
{
        while (sd_event_run(fixture->event, 20 * 1000) > 0)
                ;
}

Call *expect_reply(BusFixture *fixture, sd_bus_message *message, const char *signature)
{
        Call *call = send_call(fixture, message, NULL);
        sd_bus_message *reply = await_reply(fixture, call);
        const sd_bus_error *error = sd_bus_message_get_error(reply);

        if (error)
                g_error("%s: %s", error->name, error->message);
        g_assert_cmpstr(sd_bus_message_get_signature(reply, true), ==, signature);
        return call;
}

void expect_error(BusFixture *fixture, sd_bus_message *message, const char *name, const char *text)
{
        g_autoptr(Call) call = send_call(fixture, message, NULL);
        const sd_bus_error *error = sd_bus_message_get_error(await_reply(fixture, call));

        g_assert_nonnull(error);
        g_assert_cmpstr(error->name, ==, name);
        if (!strstr(error->message, text))
                g_error("\"%s\" lacks \"%s\"", error->message, text);
}

void enter_key(sd_bus_message *message, const char *key, const char *contents)
{
        const char *name;

        g_assert_cmpint(sd_bus_message_enter_container(message, 'a', "{sv}"), >, 0);
        while (sd_bus_message_enter_container(message, 'e', "sv") > 0) {
                g_assert_cmpint(sd_bus_message_read_basic(message, 's', &name), >, 0);
                if (g_str_equal(name, key)) {
                        g_assert_cmpint(sd_bus_message_enter_container(message, 'v', contents), >,
                                        0);
                        return;
                }
                g_assert_cmpint(sd_bus_message_skip(message, "v"), >=, 0);
                g_assert_cmpint(sd_bus_message_exit_container(message), >=, 0);
        }
        g_error("no \"%s\" in the dictionary", key);
}

char *join_changed(sd_bus_message *signal, const char *interface)
{
        GString *names = g_string_new(NULL);
        const char *text;

        g_assert_cmpint(sd_bus_message_read_basic(signal, 's', &text), >, 0);
        g_assert_cmpstr(text, ==, interface);
        g_assert_cmpint(sd_bus_message_enter_container(signal, 'a', "{sv}"), >, 0);
        while (sd_bus_message_enter_container(signal, 'e', "sv") > 0) {
                g_assert_cmpint(sd_bus_message_read_basic(signal, 's', &text), >, 0);
                g_string_append_printf(names, "%s%s", names->len > 0 ? " " : "", text);
                g_assert_cmpint(sd_bus_message_skip(signal, "v"), >=, 0);
                g_assert_cmpint(sd_bus_message_exit_container(signal), >=, 0);
        }
        return g_string_free(names, FALSE);
}

guint count_signals(BusFixture *fixture, const char *name)
{
        guint n = 0;

        for (guint i = 0; i < fixture->signals->len; i++)
                n += g_str_equal(fixture->signals->pdata[i], name);
        return n;
}
