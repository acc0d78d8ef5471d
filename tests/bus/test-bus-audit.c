/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The audit log as a peer of org.omgd1.Audit sees it: rows, pages, heads, verdicts, its signal. */
#include <glib/gstdio.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/limits-store.h"
#include "base/limits.h"
#include "bus-fixture.h"
#include "faces/bus-audit.h"
#include "faces/bus-call.h"
#include "faces/bus-interfaces.h"

#define AUDIT    "org.omgd1.Audit"
#define APPENDED AUDIT ".LogAppended"
#define LIST     "a(txsssssa{sv})a{sv}"
#define VERDICT  "btta{sv}"
#define NOW      G_GUINT64_CONSTANT(1780000000000000)

typedef struct {
        BusFixture *f;
        OmgAuditLog *log;
        char *dir;
        guint64 head; /* as it was told last */
} Fixture;

static void on_appended(guint64 head, gpointer userdata)
{
        Fixture *x = userdata;

        x->head = head;
        omg_service_set_log_head(x->f->service, head);
}

static void open_log(Fixture *x)
{
        x->log = omg_audit_log_new(x->f->worker, x->dir,
                                   &(OmgAuditLogEvents){.on_appended = on_appended, .userdata = x});
        x->f->service->audit.log = x->log;
}

static void set_up(Fixture *x, gconstpointer unused)
{
        x->f = bus_fixture_new();
        x->dir = g_dir_make_tmp("omg-bus-audit-XXXXXX", NULL);
        g_assert_nonnull(x->dir);
        open_log(x);
}

static void remove_folder(const char *path)
{
        GDir *folder = g_dir_open(path, 0, NULL);
        const char *name;

        while (folder && (name = g_dir_read_name(folder))) {
                g_autofree char *file = g_build_filename(path, name, NULL);
                g_assert_cmpint(g_unlink(file), ==, 0);
        }
        g_clear_pointer(&folder, g_dir_close);
        (void)g_remove(path);
}

static void tear_down(Fixture *x, gconstpointer unused)
{
        omg_audit_log_free(x->log);
        bus_fixture_free(x->f);
        remove_folder(x->dir);
        g_free(x->dir);
}

/* ---- what is in it ---- */

/* Package number @i was removed at NOW + @i seconds. */
static void add_removals(Fixture *x, guint from, guint n)
{
        for (guint i = from; i < from + n; i++) {
                OmgAuditEvents *events =
                        omg_audit_events_new(NOW + i * (guint64)G_USEC_PER_SEC, "omgd");
                g_autofree char *name = g_strdup_printf("package-%u", i);

                omg_audit_events_add(events, OMG_AUDIT_PACKAGE_REMOVE, NULL, name, "was removed",
                                     g_strdup("{\"old\":\"1-1\"}"));
                omg_audit_log_add(x->log, events);
        }
}

static void add_event(Fixture *x, OmgAuditEvent event)
{
        OmgAuditEvents *events = omg_audit_events_new(NOW, "uid 1000");

        omg_audit_events_add(events, event, NULL, "thing", "happened", NULL);
        omg_audit_log_add(x->log, events);
}

static void await_head(Fixture *x, guint64 head)
{
        while (x->head < head)
                g_assert_cmpint(sd_event_run(x->f->event, 10 * G_USEC_PER_SEC), >, 0);
        g_assert_cmpuint(x->head, ==, head);
}

/* ---- ListLog ---- */

static void expect_extra(sd_bus_message *reply, gboolean has_metadata)
{
        const char *key, *metadata = NULL;
        const void *hash;
        size_t size = 0;
        int is_intact = 0;

        g_assert_cmpint(sd_bus_message_enter_container(reply, 'a', "{sv}"), >, 0);
        while (sd_bus_message_enter_container(reply, 'e', "sv") > 0) {
                g_assert_cmpint(sd_bus_message_read_basic(reply, 's', &key), >, 0);
                if (g_str_equal(key, "metadata")) {
                        g_assert_cmpint(sd_bus_message_read(reply, "v", "s", &metadata), >, 0);
                } else if (g_str_equal(key, "hash")) {
                        g_assert_cmpint(sd_bus_message_enter_container(reply, 'v', "ay"), >, 0);
                        g_assert_cmpint(sd_bus_message_read_array(reply, 'y', &hash, &size), >, 0);
                        g_assert_cmpint(sd_bus_message_exit_container(reply), >=, 0);
                } else {
                        g_assert_cmpstr(key, ==, "intact");
                        g_assert_cmpint(sd_bus_message_read(reply, "v", "b", &is_intact), >, 0);
                }
                g_assert_cmpint(sd_bus_message_exit_container(reply), >=, 0);
        }
        g_assert_cmpint(sd_bus_message_exit_container(reply), >=, 0);
        g_assert_cmpuint(size, ==, 32);
        g_assert_true(is_intact);
        g_assert_cmpint(metadata != NULL, ==, has_metadata);
}

/* "SEQUENCE EVENT SEVERITY ACTOR RESOURCE" of each row, the time being the one that was given. */
static char *read_rows(sd_bus_message *reply)
{
        GString *out = g_string_new(NULL);
        const char *event, *severity, *actor, *resource, *description;
        guint64 sequence;
        gint64 time;

        g_assert_cmpint(sd_bus_message_enter_container(reply, 'a', "(txsssssa{sv})"), >, 0);
        while (sd_bus_message_enter_container(reply, 'r', "txsssssa{sv}") > 0) {
                g_assert_cmpint(sd_bus_message_read(reply, "txsssss", &sequence, &time, &event,
                                                    &severity, &actor, &resource, &description),
                                >, 0);
                g_assert_cmpint(time, >=, (gint64)NOW);
                g_string_append_printf(out, "%s%" G_GUINT64_FORMAT " %s %s %s %s",
                                       out->len > 0 ? ", " : "", sequence, event, severity, actor,
                                       resource);
                expect_extra(reply, g_str_equal(event, "package_remove"));
                g_assert_cmpint(sd_bus_message_exit_container(reply), >=, 0);
        }
        g_assert_cmpint(sd_bus_message_exit_container(reply), >=, 0);
        return g_string_free(out, FALSE);
}

static guint64 read_meta(sd_bus_message *reply, const char *key, const char *type)
{
        union {
                guint64 t;
                guint32 u;
                int b;
        } value = {};

        g_assert_cmpint(sd_bus_message_rewind(reply, true), >=, 0);
        g_assert_cmpint(sd_bus_message_skip(reply, "a(txsssssa{sv})"), >=, 0);
        enter_key(reply, key, type);
        g_assert_cmpint(sd_bus_message_read_basic(reply, type[0], &value), >, 0);
        return type[0] == 't' ? value.t : type[0] == 'u' ? value.u : (guint64)value.b;
}

static void check_rows(Fixture *x, sd_bus_message *message, const char *expected, guint total)
{
        g_autoptr(Call) call = expect_reply(x->f, message, LIST);
        g_autofree char *rows = read_rows(call->reply);

        g_assert_cmpstr(rows, ==, expected);
        g_assert_cmpuint(read_meta(call->reply, "total", "u"), ==, total);
        g_assert_true(read_meta(call->reply, "total-exact", "b"));
        g_assert_true(read_meta(call->reply, "complete", "b"));
        g_assert_false(read_meta(call->reply, "stale", "b"));
}

#define CALL(x, ...)    make_call_with((x)->f, AUDIT, "ListLog", "a{sv}", __VA_ARGS__)
#define EMPTY(x)        CALL(x, 0)
#define AFTER(n)        ((gint64)NOW + (n)*G_USEC_PER_SEC)
#define REMOVED(number) #number " package_remove info omgd package-" #number

#define VIOLATION "5 policy_violation warning uid 1000 thing"
#define FAILED    "4 signature_failed error uid 1000 thing"

static void add_samples(Fixture *x)
{
        add_removals(x, 1, 3);
        add_event(x, OMG_AUDIT_SIGNATURE_FAILED);
        add_event(x, OMG_AUDIT_POLICY_VIOLATION);
        await_head(x, 5);
}

/* Empty; all; those of a time, an event, a severity. */
static void test_list(Fixture *x, gconstpointer unused)
{
        check_rows(x, EMPTY(x), "", 0);
        add_samples(x);
        check_rows(x, EMPTY(x),
                   VIOLATION ", " FAILED ", " REMOVED(3) ", " REMOVED(2) ", " REMOVED(1), 5);
        check_rows(x, CALL(x, 1, "since", "x", AFTER(2)), REMOVED(3) ", " REMOVED(2), 2);
        check_rows(x, CALL(x, 2, "since", "x", (gint64)-5, "limit", "u", 1u), VIOLATION, 5);
        check_rows(x, CALL(x, 1, "severity", "s", "warning"), VIOLATION ", " FAILED, 2);
        check_rows(x, CALL(x, 1, "severity", "s", "critical"), "", 0);
        check_rows(x, CALL(x, 1, "severity", "s", "debug"),
                   VIOLATION ", " FAILED ", " REMOVED(3) ", " REMOVED(2) ", " REMOVED(1), 5);
        check_rows(x, CALL(x, 1, "events", "as", 2, "signature_failed", "policy_violation"),
                   VIOLATION ", " FAILED, 2);
        check_rows(x, CALL(x, 1, "events", "as", 0), "", 0);
}

/* A generation stands for the log as it was: pages fit together while it grows. */
static void test_pages(Fixture *x, gconstpointer unused)
{
        add_samples(x);
        check_rows(x, CALL(x, 2, "limit", "u", 2u, "offset", "u", 1u), FAILED ", " REMOVED(3), 5);
        add_removals(x, 6, 2);
        await_head(x, 7);
        check_rows(x,
                   CALL(x, 3, "limit", "u", 2u, "offset", "u", 3u, "generation", "t", (guint64)5),
                   REMOVED(2) ", " REMOVED(1), 5);
        g_autoptr(Call) call = expect_reply(x->f, CALL(x, 1, "generation", "t", (guint64)6), LIST);
        g_assert_cmpuint(read_meta(call->reply, "generation", "t"), ==, 6);
        g_autoptr(Call) now = expect_reply(x->f, EMPTY(x), LIST);
        g_assert_cmpuint(read_meta(now->reply, "generation", "t"), ==, 7);
}

/* Words that there are not, types that are not theirs, pages that are too large. */
static void test_arguments(Fixture *x, gconstpointer unused)
{
        expect_error(x->f, CALL(x, 1, "events", "as", 2, "daemon_started", "tea"),
                     ERROR_INVALID_ARGS, "\"tea\" is none of package_install");
        expect_error(x->f, CALL(x, 1, "severity", "s", "bad"), ERROR_INVALID_ARGS,
                     "\"bad\" is none of debug, info");
        expect_error(x->f, CALL(x, 1, "limit", "u", OMG_LIMIT_ROWS + 1), ERROR_INVALID_ARGS,
                     "more than 1000");
        expect_error(x->f, CALL(x, 1, "since", "t", (guint64)5), ERROR_INVALID_ARGS, "\"since\"");
        expect_error(x->f, CALL(x, 1, "generation", "t", (guint64)5), ERROR_INVALID_ARGS,
                     "no record 5");
}

/* ---- GetLogHead, VerifyLog ---- */

typedef struct {
        guint64 sequence;
        guint8 hash[32];
} Head;

static Head get_head(Fixture *x)
{
        g_autoptr(Call) call =
                expect_reply(x->f, make_call(x->f, NULL, AUDIT, "GetLogHead"), "tay");
        const void *hash;
        size_t size;
        Head head = {};

        g_assert_cmpint(sd_bus_message_read(call->reply, "t", &head.sequence), >, 0);
        g_assert_cmpint(sd_bus_message_read_array(call->reply, 'y', &hash, &size), >=, 0);
        g_assert_cmpuint(size, ==, head.sequence > 0 ? 32 : 0);
        if (size > 0)
                memcpy(head.hash, hash, 32);
        return head;
}

static sd_bus_message *make_verify(Fixture *x, const guint64 *sequence, const void *hash,
                                   size_t size)
{
        sd_bus_message *m = make_call(x->f, NULL, AUDIT, "VerifyLog");

        g_assert_cmpint(sd_bus_message_open_container(m, 'a', "{sv}"), >=, 0);
        if (sequence)
                g_assert_cmpint(sd_bus_message_append(m, "{sv}", "sequence", "t", *sequence), >=,
                                0);
        if (hash) {
                g_assert_cmpint(sd_bus_message_open_container(m, 'e', "sv"), >=, 0);
                g_assert_cmpint(sd_bus_message_append(m, "s", "hash"), >=, 0);
                g_assert_cmpint(sd_bus_message_open_container(m, 'v', "ay"), >=, 0);
                g_assert_cmpint(sd_bus_message_append_array(m, 'y', hash, size), >=, 0);
                g_assert_cmpint(sd_bus_message_close_container(m), >=, 0);
                g_assert_cmpint(sd_bus_message_close_container(m), >=, 0);
        }
        g_assert_cmpint(sd_bus_message_close_container(m), >=, 0);
        return m;
}

/* @reason "": it is to be good. */
static void check_verdict(Fixture *x, sd_bus_message *message, guint64 checked, guint64 first_bad,
                          const char *reason)
{
        g_autoptr(Call) call = expect_reply(x->f, message, VERDICT);
        guint64 n, bad;
        const char *text;
        int ok;

        g_assert_cmpint(sd_bus_message_read(call->reply, "btt", &ok, &n, &bad), >, 0);
        enter_key(call->reply, "reason", "s");
        g_assert_cmpint(sd_bus_message_read_basic(call->reply, 's', &text), >, 0);
        if (reason[0] ? !strstr(text, reason) : text[0] != '\0')
                g_error("\"%s\" is not \"%s\"", text, reason);
        g_assert_cmpint(ok, ==, reason[0] == '\0');
        g_assert_cmpuint(n, ==, checked);
        g_assert_cmpuint(bad, ==, first_bad);
}

#define VERIFY(x)              make_verify(x, NULL, NULL, 0)
#define VERIFY_HEAD(x, pinned) make_verify(x, &(pinned).sequence, (pinned).hash, 32)

/* An empty log has no head; a head is good for ever, and only in its own log. */
static void test_heads(Fixture *x, gconstpointer unused)
{
        Head head = get_head(x), other;

        g_assert_cmpuint(head.sequence, ==, 0);
        check_verdict(x, VERIFY(x), 0, 0, "");
        add_removals(x, 1, 2);
        await_head(x, 2);
        head = get_head(x);
        g_assert_cmpuint(head.sequence, ==, 2);
        add_removals(x, 3, 2);
        await_head(x, 4);
        check_verdict(x, VERIFY(x), 4, 0, "");
        check_verdict(x, VERIFY_HEAD(x, head), 4, 0, "");

        other = head;
        other.hash[31] ^= 1;
        check_verdict(x, VERIFY_HEAD(x, other), 2, 2, "is not the one of the pinned head");
        other.sequence = 5;
        check_verdict(x, VERIFY_HEAD(x, other), 4, 5, "ends before the pinned head");
}

static void test_verify_arguments(Fixture *x, gconstpointer unused)
{
        const guint64 one = 1, zero = 0;
        const guint8 hash[33] = {};

        expect_error(x->f, make_verify(x, &one, NULL, 0), ERROR_INVALID_ARGS, "without \"hash\"");
        expect_error(x->f, make_verify(x, NULL, hash, 32), ERROR_INVALID_ARGS,
                     "without \"sequence\"");
        expect_error(x->f, make_verify(x, &one, hash, 31), ERROR_INVALID_ARGS, "has 31 bytes");
        expect_error(x->f, make_verify(x, &one, hash, 33), ERROR_INVALID_ARGS, "has 33 bytes");
        expect_error(x->f, make_verify(x, &zero, hash, 32), ERROR_INVALID_ARGS, "is 0");
        expect_error(x->f, make_call_with(x->f, AUDIT, "VerifyLog", "a{sv}", 1, "hash", "s", "00"),
                     ERROR_INVALID_ARGS, "an array of bytes (ay)");
}

/* ---- more than one step ---- */

#define MANY (2 * OMG_LIMIT_AUDIT_STEP + 7)

/* Between the steps other calls are answered, of another sender first. */
static void test_steps(Fixture *x, gconstpointer unused)
{
        add_removals(x, 1, MANY);
        await_head(x, MANY);
        g_autoptr(Call) verify = send_call(x->f, VERIFY(x), ":1.1");
        g_autoptr(Call) later = send_call(x->f, VERIFY(x), ":1.1");
        g_autoptr(Call) head = send_call(x->f, make_call(x->f, NULL, AUDIT, "GetLogHead"), ":1.2");
        (void)await_reply(x->f, head);
        g_assert_null(later->reply);
        (void)await_reply(x->f, verify);
        (void)await_reply(x->f, later);
        check_verdict(x, VERIFY(x), MANY, 0, "");
}

/* Calls that are dropped, and an end, while the worker answers. */
static void test_dropped(Fixture *x, gconstpointer unused)
{
        add_removals(x, 1, MANY);
        await_head(x, MANY);
        g_autoptr(Call) dropped = send_call(x->f, VERIFY(x), NULL);
        while (x->f->service->metrics.calls_waiting == 0)
                g_assert_cmpint(sd_event_run(x->f->event, 10 * G_USEC_PER_SEC), >, 0);
        omg_calls_drop(x->f->service->calls);
        check_verdict(x, VERIFY(x), MANY, 0, "");
        g_assert_null(dropped->reply);

        g_autoptr(Call) refused = send_call(x->f, VERIFY(x), NULL);
        while (x->f->service->metrics.calls_waiting == 0)
                g_assert_cmpint(sd_event_run(x->f->event, 10 * G_USEC_PER_SEC), >, 0);
        omg_service_close(x->f->service);
        g_assert_cmpstr(sd_bus_message_get_error(await_reply(x->f, refused))->name, ==,
                        ERROR_UNAVAILABLE);
}

static void set_flag(gpointer flag)
{
        g_atomic_int_set((int *)flag, 1);
}

/* A call that is dropped when its answer is on its way to main already. */
static void test_dropped_late(Fixture *x, gconstpointer unused)
{
        int is_answered = 0;

        add_removals(x, 1, 3);
        await_head(x, 3);
        g_autoptr(Call) dropped = send_call(x->f, VERIFY(x), NULL);
        while (x->f->service->metrics.calls_waiting == 0)
                g_assert_cmpint(sd_event_run(x->f->event, 10 * G_USEC_PER_SEC), >, 0);
        omg_worker_run_idle(x->f->worker, set_flag, &is_answered, NULL);
        while (!g_atomic_int_get(&is_answered))
                g_thread_yield();
        omg_calls_drop(x->f->service->calls);
        check_verdict(x, VERIFY(x), 3, 0, "");
        g_assert_null(dropped->reply);
}

/* ---- LogAppended ---- */

/* Far fewer signals than batches, and the last one has the last number. */
static void test_signals(Fixture *x, gconstpointer unused)
{
        guint64 head = 0;

        add_removals(x, 1, 1);
        await_head(x, 1);
        for (guint i = 0; i < 20; i++) {
                add_removals(x, 2 + i, 1);
                await_head(x, 2 + i);
        }
        while (head < 21) {
                g_assert_cmpint(sd_event_run(x->f->event, 10 * G_USEC_PER_SEC), >, 0);
                if (!x->f->last_signal)
                        continue;
                g_assert_cmpint(sd_bus_message_rewind(x->f->last_signal, true), >=, 0);
                g_assert_cmpint(sd_bus_message_read(x->f->last_signal, "t", &head), >, 0);
        }
        g_assert_cmpuint(head, ==, 21);
        g_assert_cmpuint(count_signals(x->f, APPENDED), <, 21);
}

/* ---- a log that cannot be used ---- */

static void test_none(Fixture *x, gconstpointer unused)
{
        x->f->service->audit.log = NULL;
        expect_error(x->f, EMPTY(x), ERROR_UNAVAILABLE, "no audit log");
        expect_error(x->f, VERIFY(x), ERROR_UNAVAILABLE, "no audit log");
        expect_error(x->f, make_call(x->f, NULL, AUDIT, "GetLogHead"), ERROR_UNAVAILABLE,
                     "no audit log");
        omg_audit_log_add(NULL, omg_audit_events_new(NOW, "omgd"));
}

/* A file stands where the folder should be: what comes meanwhile is written when that has gone. */
static void test_no_folder(Fixture *x, gconstpointer unused)
{
        g_autofree char *dir = g_build_filename(x->dir, "data", NULL);

        omg_audit_log_free(x->log);
        g_assert_true(g_file_set_contents(dir, "", 0, NULL));
        g_free(g_steal_pointer(&x->dir));
        x->dir = g_strdup(dir);
        open_log(x);
        add_removals(x, 1, 1);
        expect_error(x->f, EMPTY(x), "org.freedesktop.DBus.Error.AccessDenied", "data");
        g_assert_cmpint(g_unlink(dir), ==, 0);
        add_removals(x, 2, 1);
        await_head(x, 2);
        check_rows(x, EMPTY(x), REMOVED(2) ", " REMOVED(1), 2);
        check_verdict(x, VERIFY(x), 2, 0, "");
}

/* More than can wait: the first are kept, and the log is whole. */
static void test_waiting(Fixture *x, gconstpointer unused)
{
        g_autofree char *dir = g_build_filename(x->dir, "data", NULL);

        omg_audit_log_free(x->log);
        g_assert_true(g_file_set_contents(dir, "", 0, NULL));
        g_free(g_steal_pointer(&x->dir));
        x->dir = g_strdup(dir);
        open_log(x);
        add_removals(x, 1, OMG_LIMIT_AUDIT_WAITING + 3);
        expect_error(x->f, EMPTY(x), "org.freedesktop.DBus.Error.AccessDenied", "data");
        expect_error(x->f, EMPTY(x), "org.freedesktop.DBus.Error.AccessDenied", "data");
        g_assert_cmpint(g_unlink(dir), ==, 0);
        g_autoptr(Call) call = expect_reply(x->f, EMPTY(x), LIST);
        g_assert_cmpuint(read_meta(call->reply, "total", "u"), ==, OMG_LIMIT_AUDIT_WAITING);
        check_verdict(x, VERIFY(x), OMG_LIMIT_AUDIT_WAITING, 0, "");
}

/* ---- who asked ---- */

typedef struct {
        BusFixture *f;
        guint32 uid;
        gboolean fails;
} Driver;

/* In the place of the bus. */
static int on_question(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
        const Driver *driver = userdata;

        if (!sd_bus_message_is_method_call(call, "org.freedesktop.DBus", "GetConnectionUnixUser"))
                return 0;
        return driver->fails ? sd_bus_reply_method_errorf(
                                       call, "org.freedesktop.DBus.Error.NameHasNoOwner", "gone")
                             : sd_bus_reply_method_return(call, "u", driver->uid);
}

static int on_asked(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
        Fixture *x = userdata;
        OmgAuditEvents *events;

        if (!sd_bus_message_is_method_call(call, "org.test", "Do"))
                return 0;
        events = omg_audit_events_new(NOW, "");
        omg_audit_events_add(events, OMG_AUDIT_SBOM_GENERATED, NULL, "thing", "was asked for",
                             NULL);
        omg_bus_audit_record(x->f->service, call, events);
        return sd_bus_reply_method_return(call, NULL);
}

static void test_actor(Fixture *x, gconstpointer unused)
{
        Driver driver = {.f = x->f, .uid = 4242};

        g_assert_cmpint(sd_bus_add_filter(x->f->client, NULL, on_question, &driver), >=, 0);
        g_assert_cmpint(sd_bus_add_filter(x->f->server, NULL, on_asked, x), >=, 0);
        for (guint i = 0; i < 3; i++) {
                g_autoptr(Call) call = send_call(x->f, make_call(x->f, NULL, "org.test", "Do"),
                                                 i < 2 ? ":1.7" : NULL);

                driver.fails = i == 1;
                (void)await_reply(x->f, call);
                await_head(x, i + 1);
        }
        check_rows(x, EMPTY(x),
                   "3 sbom_generated info unknown thing, 2 sbom_generated info unknown thing, "
                   "1 sbom_generated info uid 4242 thing",
                   3);

        driver.fails = FALSE;
        g_autoptr(Call) scan =
                send_call(x->f, make_call_with(x->f, AUDIT, "Scan", "a{sv}", 0), ":1.7");
        (void)await_reply(x->f, scan);
        await_head(x, 4);
        check_rows(x, CALL(x, 1, "limit", "u", 1u), "4 security_audit info uid 4242 feeds", 4);
}

#define ADD(path, function) g_test_add("/audit/" path, Fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        ADD("list", test_list);
        ADD("pages", test_pages);
        ADD("arguments", test_arguments);
        ADD("heads", test_heads);
        ADD("verify-arguments", test_verify_arguments);
        ADD("steps", test_steps);
        ADD("dropped", test_dropped);
        ADD("dropped-late", test_dropped_late);
        ADD("signals", test_signals);
        ADD("none", test_none);
        ADD("no-folder", test_no_folder);
        ADD("waiting", test_waiting);
        ADD("actor", test_actor);
        return g_test_run();
}
