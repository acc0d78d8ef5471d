/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the audit log is told: each kind of event, and that the log takes it. */
#include <glib/gstdio.h>
#include <string.h>

#include "base/error.h"
#include "base/limits-policy.h"
#include "engine/audit-events.h"
#include "fixture.h"
#include "store/audit-db.h"

#define NOW  G_GUINT64_CONSTANT(1780000000000000)
#define CONF "[options]\nSigLevel = Required\n[core]\n"

static const FixturePackage no_sync[] = {{"core", "a", "1-1", ""}, {}};

static OmgAuditEvents *events_new(void)
{
        return omg_audit_events_new(NOW, OMG_AUDIT_SELF);
}

/* The @index-th, as "event severity resource: description metadata". */
static void assert_event(const OmgAuditEvents *events, guint index, const char *expected)
{
        const OmgAuditRecord *record = &g_array_index(events->records, OmgAuditRecord, index);
        g_autofree char *text = NULL;

        g_assert_cmpuint(index, <, events->records->len);
        text = g_strdup_printf("%s %s %s: %s %s", record->event, record->severity, record->resource,
                               record->description, record->metadata ?: "-");
        g_assert_cmpstr(text, ==, expected);
        g_assert_cmpuint(record->time_usec, ==, NOW);
        g_assert_cmpstr(record->actor, ==, "omgd");
}

static void test_table(void)
{
        static const char *const severities[] = {"debug", "info",     "warning",
                                                 "error", "critical", NULL};
        g_autoptr(GHashTable) words = g_hash_table_new(g_str_hash, g_str_equal);

        for (OmgAuditEvent event = 0; event < OMG_AUDIT_N_EVENTS; event++) {
                g_assert_true(g_hash_table_add(words, (gpointer)omg_audit_event_get_word(event)));
                g_assert_true(g_strv_contains(severities, omg_audit_event_get_severity(event)));
        }
        g_assert_cmpuint(g_hash_table_size(words), ==, 16);
}

/* A change of the reason alone is no event of a package. */
static void test_packages(void)
{
        const FixturePackage before[] = {{NULL, "down", "2-1", ""},   {NULL, "gone", "1-1", ""},
                                         {NULL, "reason", "1-1", ""}, {NULL, "same", "1-1", ""},
                                         {NULL, "up", "1.9-1", ""},   {}};
        const FixturePackage after[] = {
                {NULL, "down", "1-1", ""},
                {NULL, "new\"", "1-1", ""},
                {NULL, "reason", "1-1", "", NULL, NULL, OMG_PACKAGE_EXPLICIT},
                {NULL, "same", "1-1", ""},
                {NULL, "up", "1.10-1", ""},
                {}};
        g_autoptr(OmgSnapshot) x = fixture_snapshot(no_sync, before, CONF);
        g_autoptr(OmgSnapshot) y = fixture_snapshot(no_sync, after, CONF);
        g_autoptr(OmgAuditEvents) events = events_new();

        omg_audit_events_add_packages(events, x->local, y->local);
        g_assert_cmpuint(events->records->len, ==, 4);
        assert_event(events, 0,
                     "package_downgrade warning down: down went down from 2-1 to 1-1 "
                     "{\"old\":\"2-1\",\"new\":\"1-1\"}");
        assert_event(events, 1, "package_remove info gone: gone 1-1 was removed {\"old\":\"1-1\"}");
        assert_event(events, 2,
                     "package_install info new\": new\" 1-1 was installed {\"new\":\"1-1\"}");
        assert_event(events, 3,
                     "package_upgrade info up: up went up from 1.9-1 to 1.10-1 "
                     "{\"old\":\"1.9-1\",\"new\":\"1.10-1\"}");
}

/* Who asked may be known only later. */
static void test_actor(void)
{
        g_autoptr(OmgAuditEvents) events = events_new();

        omg_audit_events_add_start(events, "1");
        omg_audit_events_set_actor(events, "uid 7");
        omg_audit_events_add_start(events, "2");
        for (guint i = 0; i < 2; i++)
                g_assert_cmpstr(g_array_index(events->records, OmgAuditRecord, i).actor, ==,
                                "uid 7");
}

static OmgPolicyState *look(const char *path, const char *text, const OmgPolicyState *before)
{
        if (text)
                g_assert_true(g_file_set_contents(path, text, -1, NULL));
        else
                (void)g_unlink(path);
        return omg_policy_state_new(path, NULL, before);
}

static void test_policy(void)
{
        g_autofree char *dir = g_dir_make_tmp("omg-events-XXXXXX", NULL);
        g_autofree char *path = g_build_filename(dir, "p.toml", NULL);
        g_autoptr(OmgPolicyState) none = look(path, NULL, NULL);
        g_autoptr(OmgPolicyState) good = look(path, "", none);
        g_autoptr(OmgPolicyState) bad = look(path, "x = 1", good);
        g_autoptr(OmgPolicyState) first_bad = look(path, "x = 1", NULL);
        g_autofree char *kept = g_strdup_printf(
                "policy_changed error /p: %s: line 1, column 5: there is no key \"x\"; the policy "
                "before it stays in force {\"state\":\"invalid\",\"sha256\":\"%s\","
                "\"sha256-before\":\"%s\"}",
                path, good->policy->digest, good->policy->digest);
        g_autofree char *lost = g_strdup_printf(
                "policy_changed error /p: %s: line 1, column 5: there is no key \"x\"; no policy "
                "is known {\"state\":\"invalid\"}",
                path);
        g_autofree char *came =
                g_strdup_printf("policy_changed info /p: the policy file is in force "
                                "{\"state\":\"ok\",\"sha256\":\"%s\",\"sha256-before\":\"\"}",
                                good->policy->digest);
        g_autofree char *went = g_strdup_printf(
                "policy_changed info /p: there is no policy file; the presets are in force "
                "{\"state\":\"none\",\"sha256\":\"\",\"sha256-before\":\"%s\"}",
                good->policy->digest);
        g_autoptr(OmgAuditEvents) events = events_new();

        omg_audit_events_add_policy(events, "/p", NULL, none);
        omg_audit_events_add_policy(events, "/p", NULL, good);
        omg_audit_events_add_policy(events, "/p", good, good);
        g_assert_cmpuint(events->records->len, ==, 0);
        omg_audit_events_add_policy(events, "/p", none, good);
        omg_audit_events_add_policy(events, "/p", good, bad);
        omg_audit_events_add_policy(events, "/p", bad, none);
        omg_audit_events_add_policy(events, "/p", NULL, first_bad);
        g_assert_cmpuint(events->records->len, ==, 4);
        assert_event(events, 0, came);
        assert_event(events, 1, kept);
        assert_event(events, 2, went);
        assert_event(events, 3, lost);
        (void)g_unlink(path);
        g_assert_cmpint(g_rmdir(dir), ==, 0);
}

/* Which keys have other values, and which ones; nothing for the same. */
static void test_conf(void)
{
        g_autoptr(OmgAuditEvents) events = events_new();
        OmgConf before, after;

        omg_conf_init(&before);
        after = before;
        omg_audit_events_add_conf(events, "/c", &before, &after);
        g_assert_cmpuint(events->records->len, ==, 0);
        after.metered = OMG_METERED_YES;
        after.rate = 7;
        after.osv_enabled = FALSE;
        (void)g_strlcpy(after.aur_url, "http://[::1]", sizeof(after.aur_url));
        omg_audit_events_add_conf(events, "/c", &before, &after);
        assert_event(events, 0,
                     "config_changed info /c/omgd.conf: other values of network.metered, "
                     "osv.enabled, aur.url, limits.rate are in force "
                     "{\"network.metered\":{\"old\":\"auto\",\"new\":\"yes\"},"
                     "\"osv.enabled\":{\"old\":\"true\",\"new\":\"false\"},"
                     "\"aur.url\":{\"old\":\"https://aur.archlinux.org\",\"new\":\"http://[::1]\"},"
                     "\"limits.rate\":{\"old\":\"50\",\"new\":\"7\"}}");
}

static void test_violation(void)
{
        const FixturePackage packages[] = {{NULL, "telnet", "1-1", ""}, {}};
        const char *text = "banned_packages = ['telnet']\nallow_aur = false\n";
        g_autoptr(GBytes) bytes = g_bytes_new_static(text, strlen(text));
        g_autoptr(OmgPolicy) policy = omg_policy_parse("/p", bytes, NULL);
        g_autoptr(OmgSnapshot) snapshot = fixture_snapshot(no_sync, packages, CONF);
        const OmgJudge judge = {.snapshot = snapshot, .policy = policy};
        g_autoptr(OmgVerdict) known = omg_verdict_new(&judge, "telnet", FALSE, NULL);
        g_autoptr(OmgVerdict) unknown = omg_verdict_new(&judge, "nosuch", FALSE, NULL);
        g_autoptr(OmgAuditEvents) events = events_new();

        omg_audit_events_add_violation(events, known);
        omg_audit_events_add_violation(events, unknown);
        assert_event(events, 0,
                     "policy_violation warning telnet: the policy refuses telnet: banned_packages "
                     "has \"telnet\"; it is in no repository, and allow_aur is false "
                     "{\"grade\":\"Community\",\"reasons\":[\"banned\",\"aur\"]}");
        assert_event(events, 1,
                     "policy_violation warning nosuch: the policy refuses nosuch: no repository "
                     "has it, and it is not installed {\"reasons\":[\"unknown\"]}");
}

static void test_findings(void)
{
        static const char *const cves[] = {"CVE-2022-1", "CVE-2022-2", NULL};
        static const struct {
                const char *severity, *expected;
        } cases[] = {{"Critical", "critical"}, {"HIGH", "error"},      {"Medium", "warning"},
                     {"low", "info"},          {"Unknown", "warning"}, {NULL, "warning"}};
        g_autoptr(OmgAuditEvents) events = events_new();
        g_autoptr(OmgAuditEvents) severities = events_new();

        omg_audit_events_add_finding(events, &(OmgAuditFinding){.package = "openssl",
                                                                .version = "1-1",
                                                                .advisory = "AVG-1",
                                                                .severity = "High",
                                                                .state = "fix-available",
                                                                .fixed = "2-1",
                                                                .ids = cves});
        assert_event(events, 0,
                     "vulnerability_detected error openssl: openssl 1-1 is affected by AVG-1 "
                     "(fix-available) {\"advisory\":\"AVG-1\",\"severity\":\"High\","
                     "\"state\":\"fix-available\",\"installed\":\"1-1\",\"fixed\":\"2-1\","
                     "\"cves\":[\"CVE-2022-1\",\"CVE-2022-2\"]}");
        for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
                omg_audit_events_add_finding(
                        severities,
                        &(OmgAuditFinding){.package = "a", .severity = cases[i].severity});
                g_assert_cmpstr(g_array_index(severities->records, OmgAuditRecord, i).severity, ==,
                                cases[i].expected);
        }
}

static void test_scans(void)
{
        g_autoptr(GError) error = g_error_new(OMG_ERROR, OMG_ERROR_NETWORK, "no route");
        g_autoptr(OmgAuditEvents) events = events_new();

        omg_audit_events_add_scan(events, 1200, 3, 1, NULL);
        omg_audit_events_add_scan(events, 0, 0, 0, error);
        assert_event(events, 0,
                     "security_audit info packages: 1200 packages were audited, with 3 findings, 1 "
                     "of them high {\"packages\":1200,\"findings\":3,\"high\":1}");
        assert_event(events, 1,
                     "security_audit error packages: the audit failed: no route "
                     "{\"error\":\"no route\"}");
}

static void test_daemon(void)
{
        g_autoptr(OmgAuditEvents) events = events_new();

        omg_audit_events_add_start(events, "1.2");
        omg_audit_events_add_stop(events, "1.2", "SIGTERM");
        omg_audit_events_add_stop(events, "1.2", NULL);
        assert_event(events, 0, "daemon_started info omgd: omgd 1.2 started -");
        assert_event(events, 1, "daemon_stopped info omgd: omgd 1.2 stopped: SIGTERM -");
        assert_event(events, 2, "daemon_stopped info omgd: omgd 1.2 stopped -");
}

/* The longest there can be fits into a record, and is cut between characters. */
static void test_limit(void)
{
        g_autofree char *dir = g_dir_make_tmp("omg-events-XXXXXX", NULL);
        g_autofree char *path = g_build_filename(dir, "audit.db", NULL);
        g_autofree char *bytes = g_strnfill(OMG_LIMIT_AUDIT_FIELD + 1, 'x');
        g_autofree char *wide = g_strjoinv("", (char *[]){bytes + 1, (char *)"\xc3\xa9", NULL});
        g_autofree char *json = g_strdup_printf("{\"a\":\"%s\"}", bytes);
        g_autoptr(OmgAuditEvents) events = omg_audit_events_new(NOW, bytes);
        g_autoptr(GError) error = NULL;
        OmgAuditDb *audit = omg_audit_db_new(dir);
        g_auto(OmgAuditVerdict) verdict = {0};
        const OmgAuditRecord *record;
        guint64 last;

        omg_audit_events_add(events, OMG_AUDIT_CONFIG_CHANGED, NULL, bytes, wide,
                             g_steal_pointer(&json));
        omg_audit_events_add(events, OMG_AUDIT_SBOM_GENERATED, "debug", bytes + 1, "a\xff", NULL);
        record = &g_array_index(events->records, OmgAuditRecord, 0);
        g_assert_cmpuint(strlen(record->resource), ==, OMG_LIMIT_AUDIT_FIELD);
        g_assert_cmpuint(strlen(record->description), <=, OMG_LIMIT_AUDIT_FIELD);
        g_assert_true(g_utf8_validate(record->description, -1, NULL));
        g_assert_true(g_str_has_suffix(record->description, "x..."));
        g_assert_cmpstr(record->metadata, ==, "{\"truncated\":true}");
        record = &g_array_index(events->records, OmgAuditRecord, 1);
        g_assert_cmpstr(record->resource, ==, bytes + 1);
        g_assert_true(g_utf8_validate(record->description, -1, NULL));

        g_assert_true(omg_audit_db_append(audit, (gpointer)events->records->data,
                                          events->records->len, &last, &error));
        g_assert_no_error(error);
        g_assert_cmpuint(last, ==, 2);
        g_assert_true(omg_audit_db_verify(audit, 0, NULL, &verdict, &error));
        g_assert_true(verdict.is_ok);
        omg_audit_db_free(audit);
        (void)g_unlink(path);
        g_assert_cmpint(g_rmdir(dir), ==, 0);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/audit-events/table", test_table);
        g_test_add_func("/audit-events/packages", test_packages);
        g_test_add_func("/audit-events/actor", test_actor);
        g_test_add_func("/audit-events/policy", test_policy);
        g_test_add_func("/audit-events/conf", test_conf);
        g_test_add_func("/audit-events/violation", test_violation);
        g_test_add_func("/audit-events/findings", test_findings);
        g_test_add_func("/audit-events/scans", test_scans);
        g_test_add_func("/audit-events/daemon", test_daemon);
        g_test_add_func("/audit-events/limit", test_limit);
        return g_test_run();
}
