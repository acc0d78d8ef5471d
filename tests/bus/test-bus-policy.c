/* SPDX-License-Identifier: GPL-3.0-or-later */
/* org.omgd1.Audit as a peer sees it: the policy. */
#include <glib/gstdio.h>
#include <stdbool.h>
#include <string.h>

#include "base/clock.h"
#include "base/limits-policy.h"
#include "base/limits.h"
#include "bus-fixture.h"
#include "engine/security.h"

#define AUDIT          "org.omgd1.Audit"
#define CONF           "[options]\nSigLevel = Required\n[core]\n[mine]\nSigLevel = Never\n"
#define VIOLATION      "org.omgd1.Audit.PolicyViolation"
#define CHANGED        "org.freedesktop.DBus.Properties.PropertiesChanged"
#define POLICY_INVALID "org.omgd1.Error.PolicyInvalid"

static const FixturePackage sync_packages[] = {
        {"core", "bash", "2-1", .relations = "L:GPL-3.0-or-later V:pgp"},
        {"core", "tool", "3-1", .relations = "L:MIT V:pgp"},
        {"mine", "tool", "4-1", .relations = "L:MIT"},
        {}};
static const FixturePackage local_packages[] = {
        {NULL, "bash", "1-1", .relations = "L:GPL-3.0-or-later V:pgp"},
        {NULL, "own", "1-1", .relations = "V:none"},
        {}};

typedef struct {
        BusFixture *f;
        char *dir, *path;
        OmgPolicyState *state; /* of the last snapshot */
        guint64 generation;
        guint64 told_usec;         /* when main heard of the last state */
        const FixturePackage *aur; /* NULL: not known */
        gboolean is_marked;        /* "own" has another maintainer there than when it was built */
} Fixture;

static void set_up(Fixture *x, gconstpointer unused)
{
        x->dir = g_dir_make_tmp("omg-policy-XXXXXX", NULL);
        x->path = g_build_filename(x->dir, "policy.toml", NULL);
        x->f = bus_fixture_new();
        x->generation = 6;
}

static void tear_down(Fixture *x, gconstpointer unused)
{
        bus_fixture_free(x->f);
        omg_policy_state_unref(x->state);
        (void)g_unlink(x->path);
        g_assert_cmpint(g_rmdir(x->dir), ==, 0);
        g_free(x->path);
        g_free(x->dir);
}

/* @text NULL: no file. */
static void put(Fixture *x, const char *text)
{
        if (text)
                g_assert_true(g_file_set_contents(x->path, text, -1, NULL));
        else
                (void)g_unlink(x->path);
}

static void mark_own(OmgSnapshot *snapshot)
{
        guint id = omg_layer_find(snapshot->local, "own", strlen("own"), NULL);

        snapshot->maintainer_marks =
                g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)omg_maintainer_mark_free);
        (void)g_hash_table_insert(snapshot->maintainer_marks, GUINT_TO_POINTER(id),
                                  omg_maintainer_mark_new("jguer", "eve"));
}

static OmgSnapshot *make_snapshot(Fixture *x, const FixturePackage *local)
{
        g_autoptr(OmgLayer) sync_layer = fixture_layer(OMG_LAYER_SYNC, sync_packages);
        g_autoptr(OmgLayer) local_layer = local ? fixture_layer(OMG_LAYER_LOCAL, local) : NULL;
        g_autoptr(OmgLayer) aur_layer = x->aur ? fixture_layer(OMG_LAYER_AUR, x->aur) : NULL;
        OmgSnapshotParts parts = {.sync = sync_layer,
                                  .aur = aur_layer,
                                  .local = local_layer,
                                  .conf = fixture_conf(CONF),
                                  .as_of_usec = 5};
        OmgSnapshot *snapshot = omg_snapshot_new(&parts, ++x->generation);
        OmgSecurityParts security = {.snapshot = snapshot,
                                     .before = x->f->service->snapshot,
                                     .policy = x->state,
                                     .now_usec = 1000};

        if (x->is_marked)
                mark_own(snapshot);
        omg_security_attach(snapshot, omg_security_new(&security));
        return snapshot;
}

static void apply_local(Fixture *x, const FixturePackage *local)
{
        g_autoptr(OmgSnapshot) snapshot = make_snapshot(x, local);

        apply_begun(x->f, 0, snapshot, NULL, omg_clock_now());
        settle(x->f);
}

/* A look at this file, and the snapshot that comes of it. */
static void apply_policy(Fixture *x, const char *text)
{
        OmgPolicyState *before = x->state;

        put(x, text);
        x->state = omg_policy_state_new(x->path, NULL, before);
        omg_policy_state_unref(before);
        apply_local(x, local_packages);
}

static sd_bus_message *make_evaluation(Fixture *x, const char *types, ...)
{
        sd_bus_message *message = make_call(x->f, NULL, AUDIT, "EvaluatePolicy");
        va_list args;

        va_start(args, types);
        g_assert_cmpint(sd_bus_message_appendv(message, types, args), >=, 0);
        va_end(args);
        return message;
}

static void append_words(GString *text, sd_bus_message *m)
{
        const char *word;

        g_assert_cmpint(sd_bus_message_enter_container(m, 'a', "s"), >, 0);
        while (sd_bus_message_read_basic(m, 's', &word) > 0)
                g_string_append_printf(text, " %s", word);
        g_assert_cmpint(sd_bus_message_exit_container(m), >=, 0);
}

/* "name yes Grade reason reason; ..." */
static char *join_verdicts(sd_bus_message *m)
{
        GString *text = g_string_new(NULL);
        const char *name, *grade;
        int allowed;

        g_assert_cmpint(sd_bus_message_enter_container(m, 'a', "(sbsasa{sv})"), >, 0);
        while (sd_bus_message_enter_container(m, 'r', "sbsasa{sv}") > 0) {
                g_assert_cmpint(sd_bus_message_read(m, "sbs", &name, &allowed, &grade), >, 0);
                g_string_append_printf(text, "%s%s %s %s", text->len > 0 ? "; " : "", name,
                                       allowed ? "yes" : "no", *grade ? grade : "?");
                append_words(text, m);
                g_assert_cmpint(sd_bus_message_skip(m, "a{sv}"), >=, 0);
                g_assert_cmpint(sd_bus_message_exit_container(m), >=, 0);
        }
        return g_string_free(text, FALSE);
}

static void expect_verdicts(Fixture *x, sd_bus_message *message, const char *expected)
{
        g_autoptr(Call) call = expect_reply(x->f, message, "a(sbsasa{sv})");
        g_autofree char *text = join_verdicts(call->reply);

        g_assert_cmpstr(text, ==, expected);
}

/* Installed, candidate, of a repository, unknown; by each name as it was given. */
static void test_evaluate(Fixture *x, gconstpointer unused)
{
        apply_policy(x, "minimum_grade = \"Verified\"\nallow_aur = false\n"
                        "allowed_licenses = [\"MIT\", \"GPL-3.0-or-later\"]\n"
                        "banned_packages = [\"no*\"]\n");
        expect_verdicts(x, make_evaluation(x, "asa{sv}", 2, "bash", "own", 0),
                        "bash yes Verified; own no Community grade aur license");
        expect_verdicts(
                x,
                make_evaluation(x, "asa{sv}", 4, "tool", "core/tool", "mine/tool", "local/bash", 0),
                "tool yes Verified; core/tool yes Verified; mine/tool no Community grade; "
                "local/bash yes Verified");
        expect_verdicts(x, make_evaluation(x, "asa{sv}", 3, "nosuch", "extra/bash", "bash", 0),
                        "nosuch no ? unknown banned; extra/bash no ? unknown; bash yes Verified");
        expect_verdicts(x, make_evaluation(x, "asa{sv}", 0, 0), "");
}

/* What only the AUR has, and what nobody has. */
static void test_evaluate_aur(Fixture *x, gconstpointer unused)
{
        static const FixturePackage aur[] = {
                {"aur", "bash", "9-1"}, {"aur", "new", "2-1", .relations = "L:MIT"}, {}};

        apply_policy(x, "");
        expect_error(x->f, make_evaluation(x, "asa{sv}", 1, "aur/new", 0), ERROR_UNAVAILABLE,
                     "Package 1: the AUR is off");
        expect_verdicts(x, make_evaluation(x, "asa{sv}", 1, "new", 0), "new no ? unknown");
        x->aur = aur;
        apply_policy(x, "allowed_licenses = [\"MIT\"]\n");
        expect_verdicts(x,
                        make_evaluation(x, "asa{sv}", 4, "new", "aur/new", "aur/bash", "aur/no", 0),
                        "new yes Community; aur/new yes Community; aur/bash no Community license; "
                        "aur/no no ? unknown");
        apply_policy(x, "minimum_grade = \"Verified\"\nallow_aur = false\nrequire_pgp = true\n");
        expect_verdicts(x, make_evaluation(x, "asa{sv}", 1, "new", 0),
                        "new no Community grade aur pgp");
}

static const char *read_version(sd_bus_message *m)
{
        const char *version;

        g_assert_cmpint(sd_bus_message_enter_container(m, 'a', "(sbsasa{sv})"), >, 0);
        g_assert_cmpint(sd_bus_message_enter_container(m, 'r', "sbsasa{sv}"), >, 0);
        g_assert_cmpint(sd_bus_message_skip(m, "sbsas"), >=, 0);
        enter_key(m, "version", "s");
        g_assert_cmpint(sd_bus_message_read_basic(m, 's', &version), >, 0);
        return version;
}

static void test_extra(Fixture *x, gconstpointer unused)
{
        g_autoptr(Call) installed = NULL, candidate = NULL;

        apply_policy(x, NULL);
        installed =
                expect_reply(x->f, make_evaluation(x, "asa{sv}", 1, "bash", 0), "a(sbsasa{sv})");
        candidate =
                expect_reply(x->f, make_evaluation(x, "asa{sv}", 1, "bash", 1, "candidate", "b", 1),
                             "a(sbsasa{sv})");
        g_assert_cmpstr(read_version(installed->reply), ==, "1-1");
        g_assert_cmpstr(read_version(candidate->reply), ==, "2-1");
}

static sd_bus_message *make_long(Fixture *x, guint n)
{
        sd_bus_message *message = make_call(x->f, NULL, AUDIT, "EvaluatePolicy");

        g_assert_cmpint(sd_bus_message_open_container(message, 'a', "s"), >=, 0);
        for (guint i = 0; i < n; i++)
                g_assert_cmpint(sd_bus_message_append_basic(message, 's', "bash"), >=, 0);
        g_assert_cmpint(sd_bus_message_close_container(message), >=, 0);
        g_assert_cmpint(sd_bus_message_append(message, "a{sv}", 0), >=, 0);
        return message;
}

static void test_bad_arguments(Fixture *x, gconstpointer unused)
{
        g_autoptr(Call) most = NULL;

        apply_policy(x, NULL);
        expect_error(x->f, make_evaluation(x, "asa{sv}", 2, "bash", "", 0), ERROR_INVALID_ARGS,
                     "Package 2: a package name is empty");
        expect_error(x->f, make_evaluation(x, "asa{sv}", 1, "core/", 0), ERROR_INVALID_ARGS,
                     "Package 1: no package name");
        expect_error(x->f, make_evaluation(x, "asa{sv}", 1, "/bash", 0), ERROR_INVALID_ARGS,
                     "Package 1: its repository");
        expect_error(x->f, make_evaluation(x, "asa{sv}", 1, "bash", 1, "candidate", "s", "yes"),
                     ERROR_INVALID_ARGS, "candidate");
        expect_error(x->f, make_long(x, OMG_LIMIT_ROWS + 1), ERROR_INVALID_ARGS, "packages");
        most = expect_reply(x->f, make_long(x, OMG_LIMIT_ROWS), "a(sbsasa{sv})");
}

/* A call that comes first waits; without a policy in force nobody knows. */
static void test_waits(Fixture *x, gconstpointer unused)
{
        g_autoptr(Call) call = send_call(x->f, make_evaluation(x, "asa{sv}", 1, "bash", 0), NULL);
        g_autofree char *text = NULL;

        settle(x->f);
        g_assert_null(call->reply);
        apply_local(x, local_packages); /* nobody has looked at a policy yet */
        g_assert_null(call->reply);
        apply_policy(x, "");
        text = join_verdicts(await_reply(x->f, call));
        g_assert_cmpstr(text, ==, "bash yes Verified");
}

static void test_never_good(Fixture *x, gconstpointer unused)
{
        apply_policy(x, "allow_aur = maybe\n");
        expect_error(x->f, make_evaluation(x, "asa{sv}", 1, "bash", 0), POLICY_INVALID,
                     "line 1, column 13: ");
}

static void test_missing(Fixture *x, gconstpointer unused)
{
        put(x, "");
        x->state = omg_policy_state_new(x->path, NULL, NULL);
        apply_local(x, NULL);
        expect_error(x->f, make_evaluation(x, "asa{sv}", 1, "bash", 0), ERROR_UNAVAILABLE, "");
}

/* ---- GetPolicy ---- */

static Call *get_policy(Fixture *x)
{
        return expect_reply(x->f, make_call(x->f, NULL, AUDIT, "GetPolicy"), "a{sv}");
}

static void expect_text(Call *call, const char *key, const char *expected)
{
        const char *value;

        g_assert_cmpint(sd_bus_message_rewind(call->reply, true), >=, 0);
        enter_key(call->reply, key, "s");
        g_assert_cmpint(sd_bus_message_read_basic(call->reply, 's', &value), >, 0);
        g_assert_cmpstr(value, ==, expected);
}

static guint read_number(Call *call, const char *key, char type)
{
        const char contents[] = {type, '\0'};
        guint value = 0;

        g_assert_cmpint(sd_bus_message_rewind(call->reply, true), >=, 0);
        enter_key(call->reply, key, contents);
        g_assert_cmpint(sd_bus_message_read_basic(call->reply, type, &value), >, 0);
        return value;
}

static void expect_texts(Call *call, const char *key, const char *expected)
{
        g_autoptr(GString) text = g_string_new(NULL);

        g_assert_cmpint(sd_bus_message_rewind(call->reply, true), >=, 0);
        enter_key(call->reply, key, "as");
        append_words(text, call->reply);
        g_assert_cmpstr(text->str, ==, expected);
}

/* "key=value ..." of the rules. */
static char *join_rules(Call *call)
{
        GString *text = g_string_new(NULL);
        sd_bus_message *m = call->reply;
        const char *key, *value;
        int active;

        g_assert_cmpint(sd_bus_message_rewind(m, true), >=, 0);
        enter_key(m, "ignore", "aa{sv}");
        g_assert_cmpint(sd_bus_message_enter_container(m, 'a', "a{sv}"), >, 0);
        while (sd_bus_message_enter_container(m, 'a', "{sv}") > 0) {
                while (sd_bus_message_enter_container(m, 'e', "sv") > 0) {
                        g_assert_cmpint(sd_bus_message_read_basic(m, 's', &key), >, 0);
                        if (g_str_equal(key, "active")) {
                                g_assert_cmpint(sd_bus_message_read(m, "v", "b", &active), >, 0);
                                value = active ? "yes" : "no";
                        } else {
                                g_assert_cmpint(sd_bus_message_read(m, "v", "s", &value), >, 0);
                        }
                        g_string_append_printf(text, "%s=%s ", key, value);
                        g_assert_cmpint(sd_bus_message_exit_container(m), >=, 0);
                }
                g_assert_cmpint(sd_bus_message_exit_container(m), >=, 0);
        }
        return g_string_free(text, FALSE);
}

static gboolean has_key(Call *call, const char *wanted)
{
        const char *key;
        gboolean found = FALSE;

        g_assert_cmpint(sd_bus_message_rewind(call->reply, true), >=, 0);
        g_assert_cmpint(sd_bus_message_enter_container(call->reply, 'a', "{sv}"), >, 0);
        while (sd_bus_message_enter_container(call->reply, 'e', "sv") > 0) {
                g_assert_cmpint(sd_bus_message_read_basic(call->reply, 's', &key), >, 0);
                found |= g_str_equal(key, wanted);
                g_assert_cmpint(sd_bus_message_skip(call->reply, "v"), >=, 0);
                g_assert_cmpint(sd_bus_message_exit_container(call->reply), >=, 0);
        }
        return found;
}

static void test_get(Fixture *x, gconstpointer unused)
{
        g_autoptr(Call) call = NULL;
        g_autofree char *rules = NULL;

        apply_policy(x, "minimum_grade = \"Risk\"\nallow_aur = false\nrequire_pgp = true\n"
                        "allowed_licenses = [\"MIT\", \"GPL-3.0-only\"]\n"
                        "banned_packages = [\"a\", \"b*\"]\n"
                        "allow_maintainer_change = false\ntrusted_maintainers = [\"jguer\"]\n"
                        "[[ignore]]\nid = \"AVG-1\"\npackage = \"x\"\nreason = \"ok\"\n"
                        "expires = 2020-01-31\n[[ignore]]\nid = \"CVE-2020-1\"\nreason = \"y\"\n");
        call = get_policy(x);
        expect_text(call, "state", "ok");
        expect_text(call, "in-force", "file");
        expect_text(call, "digest", x->state->policy->digest);
        expect_text(call, "minimum_grade", "Risk");
        g_assert_cmpuint(read_number(call, "allow_aur", 'b'), ==, 0);
        g_assert_cmpuint(read_number(call, "require_pgp", 'b'), ==, 1);
        expect_texts(call, "allowed_licenses", " MIT GPL-3.0-only");
        expect_texts(call, "banned_packages", " a b*");
        g_assert_cmpuint(read_number(call, "allow_maintainer_change", 'b'), ==, 0);
        expect_texts(call, "trusted_maintainers", " jguer");
        rules = join_rules(call);
        g_assert_cmpstr(rules, ==,
                        "id=AVG-1 package=x reason=ok expires=2020-01-31 active=no "
                        "id=CVE-2020-1 reason=y active=yes ");
        g_assert_cmpuint(read_number(call, "refused", 'u'), ==, 2);
        g_assert_false(has_key(call, "error") || has_key(call, "line") || has_key(call, "copy"));
}

/* Presets; what stays in force behind a mistake; and nothing at all. */
static void test_get_states(Fixture *x, gconstpointer unused)
{
        g_autoptr(Call) presets = NULL, before = NULL, none = NULL;

        apply_policy(x, NULL);
        presets = get_policy(x);
        expect_text(presets, "state", "none");
        expect_text(presets, "in-force", "presets");
        expect_text(presets, "minimum_grade", "Community");
        g_assert_false(has_key(presets, "digest"));

        apply_policy(x, "\nallow_aur = maybe\n");
        before = get_policy(x);
        expect_text(before, "state", "invalid");
        expect_text(before, "in-force", "before");
        g_assert_cmpuint(read_number(before, "line", 'u'), ==, 2);
        g_assert_cmpuint(read_number(before, "column", 'u'), ==, 13);
        g_assert_true(has_key(before, "error") && has_key(before, "allow_aur"));

        g_clear_pointer(&x->state, omg_policy_state_unref);
        apply_policy(x, "\nallow_aur = maybe\n");
        none = get_policy(x);
        expect_text(none, "in-force", "none");
        g_assert_false(has_key(none, "allow_aur") || has_key(none, "refused"));
}

/* ---- ReloadPolicy ---- */

static void on_state(OmgPolicyState *state, gpointer userdata)
{
        Fixture *x = userdata;

        omg_policy_state_unref(x->state);
        x->state = omg_policy_state_ref(state);
        x->told_usec = omg_clock_now();
}

static void begin_watch(Fixture *x)
{
        x->f->service->audit.policy =
                omg_policy_watch_new(x->f->worker, x->path, NULL,
                                     &(OmgPolicyWatchEvents){.on_state = on_state, .userdata = x});
        while (!x->state)
                g_assert_cmpint(sd_event_run(x->f->event, 10 * G_USEC_PER_SEC), >, 0);
        apply_local(x, local_packages);
}

static void end_watch(Fixture *x)
{
        g_clear_pointer(&x->f->service->audit.policy, omg_policy_watch_free);
}

static Call *send_reload(Fixture *x)
{
        return send_call(x->f, make_call(x->f, NULL, AUDIT, "ReloadPolicy"), NULL);
}

/* It is answered by the snapshot that was made with what was read, and by none before. */
static void test_reload(Fixture *x, gconstpointer unused)
{
        g_autoptr(Call) call = NULL, again = NULL, broken = NULL;
        const OmgPolicyState *old;
        guint n;

        begin_watch(x);
        old = x->state;
        n = x->f->requests->len;
        put(x, "banned_packages = [\"bash\"]\n");
        call = send_reload(x);
        while (x->f->requests->len == n)
                g_assert_cmpint(sd_event_run(x->f->event, 10 * G_USEC_PER_SEC), >, 0);
        g_assert_true(x->state != old);
        {
                g_autoptr(OmgSnapshot) early = make_snapshot(x, local_packages);
                /* Begun behind the call, and yet perhaps before its look. */
                apply_begun(x->f, 0, early, NULL, x->told_usec);
        }
        settle(x->f);
        g_assert_null(call->reply);
        apply_local(x, local_packages);
        g_assert_null(sd_bus_message_get_error(await_reply(x->f, call)));
        expect_verdicts(x, make_evaluation(x, "asa{sv}", 1, "bash", 0), "bash no Verified banned");

        again = send_reload(x); /* the same: nothing to wait for */
        g_assert_null(sd_bus_message_get_error(await_reply(x->f, again)));

        put(x, "banned_packages = 1\n");
        n = x->f->requests->len;
        broken = send_reload(x);
        while (x->f->requests->len == n)
                g_assert_cmpint(sd_event_run(x->f->event, 10 * G_USEC_PER_SEC), >, 0);
        apply_local(x, local_packages);
        g_assert_cmpstr(sd_bus_message_get_error(await_reply(x->f, broken))->name, ==,
                        POLICY_INVALID);
        expect_verdicts(x, make_evaluation(x, "asa{sv}", 1, "bash", 0), "bash no Verified banned");
        end_watch(x);
}

static void test_reload_without_watch(Fixture *x, gconstpointer unused)
{
        apply_policy(x, NULL);
        expect_error(x->f, make_call(x->f, NULL, AUDIT, "ReloadPolicy"), ERROR_UNAVAILABLE, "");
}

/* ---- PolicyState, PolicyViolation ---- */

static char *get_property(Fixture *x)
{
        char *state = NULL;

        /* Both ends are in this process: a blocking call would wait for itself. */
        g_autoptr(Call) call = expect_reply(x->f,
                                            make_call_with(x->f, "org.freedesktop.DBus.Properties",
                                                           "Get", "ss", AUDIT, "PolicyState"),
                                            "v");
        const char *text;

        g_assert_cmpint(sd_bus_message_read(call->reply, "v", "s", &text), >, 0);
        state = g_strdup(text);
        return state;
}

static void expect_state(Fixture *x, const char *expected)
{
        g_autofree char *state = get_property(x);

        g_assert_cmpstr(state, ==, expected);
}

static void test_property(Fixture *x, gconstpointer unused)
{
        guint n, n_same;

        expect_state(x, "unknown");
        apply_policy(x, NULL);
        expect_state(x, "none");
        apply_policy(x, "");
        expect_state(x, "ok");
        n = count_signals(x->f, CHANGED);
        apply_policy(x, "");
        n_same = count_signals(x->f, CHANGED) - n; /* of Status */
        apply_policy(x, "?");
        expect_state(x, "invalid");
        g_assert_cmpuint(count_signals(x->f, CHANGED), ==, n + 2 * n_same + 1);
}

static char *join_violation(sd_bus_message *m)
{
        GString *text = g_string_new(NULL);
        const char *name;

        g_assert_cmpint(sd_bus_message_read_basic(m, 's', &name), >, 0);
        g_string_append(text, name);
        append_words(text, m);
        return g_string_free(text, FALSE);
}

/* None for the first load; then for what is new alone, until it was allowed in between. */
static void test_violations(Fixture *x, gconstpointer unused)
{
        g_autofree char *text = NULL;

        apply_policy(x, "banned_packages = [\"bash\"]\n");
        apply_policy(x, "banned_packages = [\"bash\"] # the same\n");
        g_assert_cmpuint(count_signals(x->f, VIOLATION), ==, 0);
        apply_policy(x, "banned_packages = [\"bash\", \"own\"]\nallow_aur = false\n");
        g_assert_cmpuint(count_signals(x->f, VIOLATION), ==, 1);
        text = join_violation(x->f->last_signal);
        g_assert_cmpstr(text, ==, "own banned aur");
        apply_policy(x, "");
        apply_policy(x, "banned_packages = [\"bash\", \"own\"]\n");
        g_assert_cmpuint(count_signals(x->f, VIOLATION), ==, 3);
        apply_policy(x, "broken");
        g_assert_cmpuint(count_signals(x->f, VIOLATION), ==, 3);
}

/* Nothing else has changed but who maintains it. */
static void test_violations_of_maintainers(Fixture *x, gconstpointer unused)
{
        static const FixturePackage aur[] = {{"aur", "own", "1-1", .maintainer = "eve"}, {}};
        g_autofree char *text = NULL;

        x->aur = aur;
        apply_policy(x, "allow_maintainer_change = false\n");
        expect_verdicts(x, make_evaluation(x, "asa{sv}", 1, "own", 0), "own yes Community");
        x->is_marked = TRUE;
        apply_local(x, local_packages);
        g_assert_cmpuint(count_signals(x->f, VIOLATION), ==, 1);
        text = join_violation(x->f->last_signal);
        g_assert_cmpstr(text, ==, "own maintainer");
        expect_verdicts(x, make_evaluation(x, "asa{sv}", 1, "own", 0),
                        "own no Community maintainer");
        apply_policy(x, "allow_maintainer_change = false\ntrusted_maintainers = ['eve']\n");
        expect_verdicts(x, make_evaluation(x, "asa{sv}", 1, "own", 0), "own yes Community");
}

/* A package that comes is new; where the packages were not known before, none is. */
static void test_violations_of_packages(Fixture *x, gconstpointer unused)
{
        static const FixturePackage more[] = {
                {NULL, "bash", "1-1"}, {NULL, "own", "1-1"}, {NULL, "own2", "1-1"}, {}};

        apply_policy(x, "banned_packages = [\"own*\"]\n");
        apply_local(x, NULL);
        apply_local(x, local_packages);
        g_assert_cmpuint(count_signals(x->f, VIOLATION), ==, 0);
        apply_local(x, more);
        g_assert_cmpuint(count_signals(x->f, VIOLATION), ==, 1);
}

static void test_violations_are_bounded(Fixture *x, gconstpointer unused)
{
        const guint n = OMG_LIMIT_POLICY_VIOLATIONS + 1;
        g_autofree FixturePackage *many = g_new0(FixturePackage, n + 1);
        g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

        for (guint i = 0; i < n; i++) {
                g_ptr_array_add(names, g_strdup_printf("many%03u", i));
                many[i] = (FixturePackage){.name = names->pdata[i], .version = "1-1"};
        }
        put(x, "banned_packages = [\"many*\"]\n");
        x->state = omg_policy_state_new(x->path, NULL, NULL);
        apply_local(x, local_packages);
        apply_local(x, many);
        g_assert_cmpuint(count_signals(x->f, VIOLATION), ==, OMG_LIMIT_POLICY_VIOLATIONS);
}

#define ADD(name, test) g_test_add("/bus-policy/" name, Fixture, NULL, set_up, test, tear_down)

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);

        ADD("evaluate", test_evaluate);
        ADD("evaluate-aur", test_evaluate_aur);
        ADD("extra", test_extra);
        ADD("bad-arguments", test_bad_arguments);
        ADD("waits", test_waits);
        ADD("never-good", test_never_good);
        ADD("missing", test_missing);
        ADD("get", test_get);
        ADD("get-states", test_get_states);
        ADD("reload", test_reload);
        ADD("reload-without-watch", test_reload_without_watch);
        ADD("property", test_property);
        ADD("violations", test_violations);
        ADD("violations-of-maintainers", test_violations_of_maintainers);
        ADD("violations-of-packages", test_violations_of_packages);
        ADD("violations-are-bounded", test_violations_are_bounded);
        return g_test_run();
}
