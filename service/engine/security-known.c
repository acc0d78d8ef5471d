/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/security-known.h"

#include <string.h>

#include "base/error.h"

/* Why there is no audit, although there are advisories. */
static void set_unaudited(const OmgSnapshot *snapshot, GError **error)
{
        const GPtrArray *errors = snapshot->security->errors;

        if (!snapshot->local) {
                omg_snapshot_set_missing(snapshot, "local", error);
                return;
        }
        for (guint i = 0; i < errors->len; i++) {
                const OmgSourceError *fault = errors->pdata[i];
                if (strcmp(fault->source, "advisories") == 0) {
                        g_set_error(error, OMG_ERROR, (int)fault->code, "%s", fault->message);
                        return;
                }
        }
        g_set_error_literal(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE,
                            "the installed packages were not audited");
}

const OmgAudit *omg_security_get_audit(const OmgSnapshot *snapshot, GError **error)
{
        const OmgSecurity *security = snapshot->security;
        OmgAuditParams params;

        if (!omg_security_get_params(snapshot, &params, error))
                return NULL;
        if (!security->audit)
                set_unaudited(snapshot, error);
        return security->audit;
}

gboolean omg_security_get_counts(const OmgSnapshot *snapshot, OmgSecurityCounts *ret_counts)
{
        const OmgAudit *audit = snapshot ? omg_security_get_audit(snapshot, NULL) : NULL;

        if (!audit || (audit->findings->len == 0 && !snapshot->security->complete))
                return FALSE;
        *ret_counts = (OmgSecurityCounts){
                .n_packages = audit->n_packages,
                .n_security = audit->n_security,
                .highest = audit->highest,
                .is_complete = snapshot->security->complete,
        };
        memcpy(ret_counts->by_severity, audit->n_by_severity, sizeof(audit->n_by_severity));
        memcpy(ret_counts->by_state, audit->n_by_state, sizeof(audit->n_by_state));
        for (guint i = 0; i < OMG_SEVERITY_N; i++)
                ret_counts->has_confirmed =
                        ret_counts->has_confirmed || audit->n_by_severity[i] > 0;
        return TRUE;
}
