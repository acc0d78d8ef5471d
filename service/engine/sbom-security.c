/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/sbom-security.h"

#include "engine/security-known.h"

struct OmgSbomSecurity {
        OmgAudit *audit;        /* NULL: no findings */
        OmgRuntimeList *list;   /* NULL: none is known */
        GArray *runtimes;       /* OmgSbomRuntime, of the list */
        GArray *findings;       /* OmgSbomFinding, of the audit and of: */
        GPtrArray *texts;       /* char * */
        GPtrArray *aliases;     /* NULL-terminated lists of borrowed names */
        const char *knowledge;  /* static */
        const char *scan_state; /* static */
        guint64 scan_usec;
};

static OmgSbomState get_state(OmgFindingState state)
{
        static const OmgSbomState states[OMG_FINDING_STATE_N] = {
                [OMG_FINDING_FIX_AVAILABLE] = OMG_SBOM_FIX_AVAILABLE,
                [OMG_FINDING_FIX_PENDING] = OMG_SBOM_FIX_PENDING,
                [OMG_FINDING_NO_FIX] = OMG_SBOM_NO_FIX,
                [OMG_FINDING_UNCONFIRMED] = OMG_SBOM_UNCONFIRMED,
                [OMG_FINDING_IGNORED] = OMG_SBOM_IGNORED,
        };

        return states[state];
}

static void add_names(GPtrArray *list, char *const *names)
{
        for (; *names; names++)
                if (!g_ptr_array_find_with_equal_func(list, *names, g_str_equal, NULL))
                        g_ptr_array_add(list, *names);
}

static const char *const *make_aliases(OmgSbomSecurity *self, const OmgFinding *finding)
{
        GPtrArray *list = g_ptr_array_new();

        add_names(list, finding->cves);
        add_names(list, finding->aliases);
        g_ptr_array_add(list, NULL);
        g_ptr_array_add(self->aliases, list);
        return (const char *const *)list->pdata;
}

static void add_finding(OmgSbomSecurity *self, const OmgFinding *finding)
{
        const OmgSbomFinding row = {
                .package = finding->package,
                .is_runtime = finding->is_runtime,
                .version = finding->installed,
                .id = finding->id,
                .source = finding->is_osv ? "OSV" : "Arch Linux Security Tracker",
                .url = omg_advisory_dup_url(finding->id),
                .severity = omg_severity_get_word(finding->severity),
                .vector = finding->vector,
                .description = *finding->summary ? finding->summary : finding->type,
                .fixed = finding->fixed,
                .reason = finding->reason,
                .aliases = make_aliases(self, finding),
                .state = get_state(finding->state),
        };

        g_ptr_array_add(self->texts, (gpointer)row.url);
        g_array_append_val(self->findings, row);
}

static void add_runtimes(OmgSbomSecurity *self)
{
        g_autoptr(GArray) packages = omg_security_list_runtimes(self->list);

        for (guint i = 0; i < packages->len; i++) {
                const OmgAuditPackage *package = &g_array_index(packages, OmgAuditPackage, i);
                const OmgSbomRuntime runtime = {package->name, package->version};
                g_array_append_val(self->runtimes, runtime);
        }
}

/* That nothing was found is known only when everybody was asked. */
static void add_findings(OmgSbomSecurity *self, const OmgSnapshot *snapshot)
{
        const OmgAudit *audit = omg_security_get_audit(snapshot, NULL);
        OmgSecurityCounts counts;

        if (!audit || !omg_security_get_counts(snapshot, &counts)) {
                self->knowledge = "unknown";
                return;
        }
        self->knowledge = snapshot->security->complete ? "listed" : "partial";
        self->audit = omg_audit_ref((OmgAudit *)audit);
        for (guint i = 0; i < audit->findings->len; i++)
                add_finding(self, audit->findings->pdata[i]);
}

OmgSbomSecurity *omg_sbom_security_new(const OmgSnapshot *snapshot, gboolean wanted)
{
        const OmgSecurity *security = snapshot->security;
        OmgSbomSecurity *self = g_new0(OmgSbomSecurity, 1);

        self->runtimes = g_array_new(FALSE, FALSE, sizeof(OmgSbomRuntime));
        self->findings = g_array_new(FALSE, FALSE, sizeof(OmgSbomFinding));
        self->texts = g_ptr_array_new_with_free_func(g_free);
        self->aliases = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
        self->knowledge = "left-out";
        self->scan_state = omg_scan_state_get_name(security ? security->state : OMG_SCAN_NEVER);
        self->scan_usec = security ? security->as_of_usec : 0;
        if (security && security->runtimes)
                self->list = omg_runtime_list_ref(security->runtimes);
        add_runtimes(self);
        if (wanted)
                add_findings(self, snapshot);
        return self;
}

void omg_sbom_security_free(OmgSbomSecurity *self)
{
        if (!self)
                return;
        g_array_unref(self->runtimes);
        g_array_unref(self->findings);
        g_ptr_array_unref(self->texts);
        g_ptr_array_unref(self->aliases);
        omg_audit_unref(self->audit);
        omg_runtime_list_unref(self->list);
        g_free(self);
}

void omg_sbom_security_fill(const OmgSbomSecurity *self, OmgSbomParams *params)
{
        params->runtimes = (const OmgSbomRuntime *)self->runtimes->data;
        params->n_runtimes = self->runtimes->len;
        params->findings = (const OmgSbomFinding *)self->findings->data;
        params->n_findings = self->findings->len;
        params->knowledge = self->knowledge;
        params->has_no_findings = !self->audit;
        params->scan_state = self->scan_state;
        params->scan_usec = self->scan_usec;
}
