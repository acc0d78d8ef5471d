/* SPDX-License-Identifier: GPL-3.0-or-later */

/* dump-audit CONF SYNC LOCAL ADVISORIES [NAMES]: prints the audit of these index files, a line of
 * tab-separated fields for each finding, for test-audit.py. Without NAMES only the tracker counts.
 */

#include <stdio.h>

#include "engine/audit.h"

static OmgSnapshot *open_snapshot(char **argv, GError **error)
{
        OmgSnapshotParts parts = {};

        parts.conf = omg_pacman_conf_load(argv[1], NULL, NULL, error);
        parts.sync = parts.conf ? omg_layer_open(argv[2], OMG_LAYER_SYNC, error) : NULL;
        parts.local = parts.sync ? omg_layer_open(argv[3], OMG_LAYER_LOCAL, error) : NULL;
        OmgSnapshot *snapshot = parts.local ? omg_snapshot_new(&parts, 1) : NULL;
        if (parts.sync)
                omg_layer_unref(parts.sync);
        if (parts.local)
                omg_layer_unref(parts.local);
        return snapshot;
}

static void print_finding(const OmgFinding *finding)
{
        g_autofree char *cves = g_strjoinv(",", finding->cves);
        g_autofree char *aliases = g_strjoinv(",", finding->aliases);

        (void)printf("%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", finding->package, finding->installed,
                     finding->id, omg_finding_state_get_name(finding->state), finding->fixed,
                     omg_severity_get_word(finding->severity), finding->repo_version, cves,
                     aliases);
}

static int fail(const GError *error)
{
        (void)fprintf(stderr, "dump-audit: %s\n", error->message);
        return 1;
}

int main(int argc, char **argv)
{
        g_autoptr(GError) error = NULL;

        if (argc != 5 && argc != 6)
                return 2;
        g_autoptr(OmgSnapshot) snapshot = open_snapshot(argv, &error);
        g_autoptr(OmgAdvisoryLayer) advisories =
                snapshot ? omg_advisory_layer_open(argv[4], &error) : NULL;
        const char *const paths[] = {argc == 6 ? argv[5] : NULL, NULL};
        g_autoptr(OmgOsvNames) names =
                advisories && argc == 6 ? omg_osv_names_load(paths, &error) : NULL;
        if (error)
                return fail(error);
        OmgAuditParams params = {.snapshot = snapshot, .advisories = advisories, .names = names};
        g_autoptr(OmgAudit) audit = omg_audit_new(&params, &error);
        if (!audit)
                return fail(error);
        for (guint i = 0; i < audit->findings->len; i++)
                print_finding(g_ptr_array_index(audit->findings, i));
        return 0;
}
