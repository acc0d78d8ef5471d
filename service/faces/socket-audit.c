/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "faces/socket-audit.h"

#include <string.h>

#include "base/error.h"
#include "engine/security-known.h"

static OmgWireString dup_text(OmgSocketContext *context, const char *text)
{
        gsize length = strlen(text);

        return (OmgWireString){omg_wire_arena_dup(context->arena, text, length), length};
}

/* What omg shows beside the id: the tracker has no text about a group as a whole. */
static OmgWireString make_summary(OmgSocketContext *context, const OmgFinding *finding)
{
        g_autofree char *fix =
                finding->state == OMG_FINDING_NO_FIX
                        ? g_strdup("no fix yet")
                        : g_strdup_printf("%s %s",
                                          finding->state == OMG_FINDING_FIX_AVAILABLE
                                                  ? "update to"
                                                  : "not yet in the repositories: fixed in",
                                          finding->fixed);
        const char *what = *finding->summary ? finding->summary
                           : *finding->type  ? finding->type
                                             : "unknown";
        g_autofree char *text = g_strdup_printf("%s (severity %s; %s)", what,
                                                omg_severity_get_word(finding->severity), fix);

        return dup_text(context, text);
}

static OmgWireOptionString make_score(OmgSocketContext *context, const OmgFinding *finding)
{
        char text[8];

        if (finding->score == OMG_NO_SCORE)
                return (OmgWireOptionString){};
        (void)g_snprintf(text, sizeof(text), "%u.%u", finding->score / 10, finding->score % 10);
        return (OmgWireOptionString){TRUE, dup_text(context, text)};
}

static void set_vulnerabilities(OmgSocketContext *context, const GPtrArray *findings,
                                OmgWireAffected *ret_affected)
{
        const OmgFinding *first = findings->pdata[0];
        OmgWireVulnerability *items =
                omg_wire_arena_alloc_n(context->arena, findings->len, sizeof(*items));

        for (guint i = 0; i < findings->len; i++) {
                const OmgFinding *finding = findings->pdata[i];
                items[i] = (OmgWireVulnerability){omg_wire_string(finding->id),
                                                  make_summary(context, finding),
                                                  make_score(context, finding)};
        }
        ret_affected->package = omg_wire_string(first->package);
        ret_affected->vulnerabilities.items = items;
        ret_affected->vulnerabilities.n = findings->len;
}

/* Arrays of confirmed findings, one a package, in the order of the worst of each. */
static GPtrArray *group_by_package(const OmgAudit *audit)
{
        GPtrArray *groups = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
        g_autoptr(GHashTable) by_name = g_hash_table_new(g_str_hash, g_str_equal);

        for (guint i = 0; i < audit->findings->len; i++) {
                OmgFinding *finding = audit->findings->pdata[i];
                GPtrArray *group = g_hash_table_lookup(by_name, finding->package);
                if (!omg_finding_is_confirmed(finding))
                        continue;
                if (!group) {
                        group = g_ptr_array_new();
                        g_ptr_array_add(groups, group);
                        g_hash_table_insert(by_name, finding->package, group);
                }
                g_ptr_array_add(group, finding);
        }
        return groups;
}

static gboolean check_known(const OmgSnapshot *snapshot, const GPtrArray *groups, GError **error)
{
        if (groups->len > 0 || snapshot->security->complete)
                return TRUE;
        g_set_error_literal(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE,
                            "nothing was found so far, but a security feed was never asked");
        return FALSE;
}

gboolean omg_socket_answer_audit(OmgSocketContext *context, const OmgWireRequest *request,
                                 OmgWireResult *ret_result, GError **error)
{
        const OmgAudit *audit = omg_security_get_audit(context->snapshot, error);
        OmgWireAffected *items;
        guint64 total = 0;

        if (!audit)
                return FALSE;
        g_autoptr(GPtrArray) groups = group_by_package(audit);
        if (!check_known(context->snapshot, groups, error))
                return FALSE;
        items = omg_wire_arena_alloc_n(context->arena, groups->len, sizeof(*items));
        for (guint i = 0; i < groups->len; i++) {
                const GPtrArray *group = groups->pdata[i];
                set_vulnerabilities(context, group, &items[i]);
                total += group->len;
        }
        ret_result->tag = OMG_WIRE_RESULT_SECURITY_AUDIT;
        ret_result->audit.total_vulnerabilities = total;
        ret_result->audit.high_severity = audit->n_high;
        ret_result->audit.vulnerabilities.items = items;
        ret_result->audit.vulnerabilities.n = groups->len;
        return TRUE;
}
