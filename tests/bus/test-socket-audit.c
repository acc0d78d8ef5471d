/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SecurityAudit of the socket: what D-Bus says is confirmed, and never 0 for what nobody knows. */
#include "security-fixture.h"
#include "socket-fixture.h"

#define INTERNAL -32603

static const OmgFeedFacts good = {.is_enabled = TRUE, .good_usec = SECURITY_NOW - 1};
static const char *const clean[] = {"AVG-9 other Vulnerable High 1-1 2-1 - -", NULL};

static SocketFixture *start(const SecuritySystem *system)
{
        SocketFixture *f = socket_fixture_new_empty();
        g_autoptr(OmgSnapshot) snapshot = security_snapshot(system, 7);

        load(f, snapshot);
        return f;
}

static void test_found(void)
{
        g_autoptr(SocketFixture) f = start(&security_all);
        OmgWireRequest request = make_request(OMG_WIRE_SECURITY_AUDIT, 4);
        const OmgWireResult *result = expect_success(f, &request);
        const OmgWireAffected *items = result->audit.vulnerabilities.items;

        g_assert_cmpint(result->tag, ==, OMG_WIRE_RESULT_SECURITY_AUDIT);
        g_assert_cmpuint(result->audit.total_vulnerabilities, ==, 2);
        g_assert_cmpuint(result->audit.high_severity, ==, 2);
        g_assert_cmpuint(result->audit.vulnerabilities.n, ==, 2);
        check_text(items[0].package, "lib");
        g_assert_cmpuint(items[0].vulnerabilities.n, ==, 1);
        check_text(items[0].vulnerabilities.items[0].id, "AVG-3");
        check_text(items[0].vulnerabilities.items[0].summary,
                   "a type (severity Critical; not yet in the repositories: fixed in 3-1)");
        g_assert_false(items[0].vulnerabilities.items[0].score.is_some);
        check_text(items[1].package, "a");
        check_text(items[1].vulnerabilities.items[0].summary,
                   "a type (severity High; update to 2-1)");
        g_assert_cmpuint(f->service->metrics.audit_calls, ==, 1);

        request = make_request(OMG_WIRE_STATUS, 5);
        g_assert_cmpuint(expect_success(f, &request)->status.security_vulnerabilities, ==, 2);
}

/* The number as text; all of one package are in one entry. */
static void test_score(void)
{
        g_autoptr(SocketFixture) f = socket_fixture_new_empty();
        g_autoptr(OmgSnapshot) snapshot = security_snapshot(&security_all, 7);
        OmgAudit *audit = snapshot->security->audit;
        OmgWireRequest request = make_request(OMG_WIRE_SECURITY_AUDIT, 4);
        OmgFinding *finding = audit->findings->pdata[0];
        const OmgWireResult *result;

        finding->score = 98;
        g_free(finding->package);
        finding->package = g_strdup("a");
        load(f, snapshot);
        result = expect_success(f, &request);
        g_assert_cmpuint(result->audit.vulnerabilities.n, ==, 1);
        g_assert_cmpuint(result->audit.vulnerabilities.items[0].vulnerabilities.n, ==, 2);
        g_assert_true(
                result->audit.vulnerabilities.items[0].vulnerabilities.items[0].score.is_some);
        check_text(result->audit.vulnerabilities.items[0].vulnerabilities.items[0].score.value,
                   "9.8");
}

static void expect_unknown(const SecuritySystem *system, const char *text)
{
        g_autoptr(SocketFixture) f = start(system);
        OmgWireRequest audit = make_request(OMG_WIRE_SECURITY_AUDIT, 4);
        OmgWireRequest status = make_request(OMG_WIRE_STATUS, 5);

        expect_failure(f, &audit, INTERNAL, text);
        g_assert_cmpuint(expect_success(f, &status)->status.security_vulnerabilities, ==,
                         OMG_UNKNOWN);
}

/* Never fetched, off, or asked in part with nothing found: an error; really nothing is 0. */
static void test_unknown(void)
{
        const SecuritySystem none = {clean, NULL, good, {}};
        g_autoptr(SocketFixture) f = start(&none);
        OmgWireRequest request = make_request(OMG_WIRE_SECURITY_AUDIT, 4);

        expect_unknown(&(SecuritySystem){NULL, NULL, {.is_enabled = TRUE}, {}}, "ever fetched");
        expect_unknown(&(SecuritySystem){security_groups, NULL, {}, {}}, "is on");
        expect_unknown(&(SecuritySystem){clean, NULL, good, {.is_enabled = TRUE}}, "never asked");
        g_assert_cmpuint(expect_success(f, &request)->audit.total_vulnerabilities, ==, 0);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/socket-audit/found", test_found);
        g_test_add_func("/socket-audit/score", test_score);
        g_test_add_func("/socket-audit/unknown", test_unknown);
        return g_test_run();
}
