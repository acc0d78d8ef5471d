/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "security-fixture.h"

#include "advisory-fixture.h"

#define CONF "[options]\nSigLevel = Never\n[core]\n"

static const FixturePackage sync_packages[] = {
        {"core", "a", "2-1"}, {"core", "b", "1-1"}, {"core", "lib", "1-1"}, {}};
static const FixturePackage local_packages[] = {
        {NULL, "a", "1-1", .relations = "D:lib"}, {NULL, "b", "1-1"}, {NULL, "lib", "1-1"}, {}};
const char *const security_groups[] = {
        "AVG-1 a Vulnerable High 1-1 2-1 CVE-2020-2,CVE-2020-1 ASA-1",
        "AVG-2 b,gone Unknown Unknown 0-1 - CVE-2020-3 -",
        "AVG-3 lib Vulnerable Critical 1-1 3-1 - -", NULL};
static const char *const records[] = {"GHSA-1 PyPI/x 0,<1.2,3,<=3.5 CVE-2020-1,PYSEC-1 "
                                      "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
                                      NULL};

const SecuritySystem security_all = {
        security_groups, NULL, {TRUE, SECURITY_NOW - 1, 0, 0, 0, NULL}, {}};

OmgSnapshot *security_snapshot(const SecuritySystem *system, guint64 generation)
{
        g_autoptr(OmgLayer) sync = fixture_layer(OMG_LAYER_SYNC, sync_packages);
        g_autoptr(OmgLayer) local =
                fixture_layer(OMG_LAYER_LOCAL, system->local ? system->local : local_packages);
        g_autoptr(OmgAdvisoryLayer) advisories =
                system->groups ? advisory_fixture(system->groups, records) : NULL;
        OmgSnapshotParts parts = {
                .sync = sync, .local = local, .conf = fixture_conf(CONF), .as_of_usec = 5};
        OmgSnapshot *snapshot = omg_snapshot_new(&parts, generation);
        OmgSecurityParts security = {
                .snapshot = snapshot,
                .advisories = advisories,
                .feeds = {system->tracker, system->osv},
                .now_usec = SECURITY_NOW,
        };

        omg_security_attach(snapshot, omg_security_new(&security));
        return snapshot;
}
