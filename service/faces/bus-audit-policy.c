/* SPDX-License-Identifier: GPL-3.0-or-later */
/* org.omgd1.Audit: what the policy says of packages. */
#include <errno.h>

#include "base/limits-policy.h"
#include "base/limits.h"
#include "engine/lookup.h"
#include "faces/bus-audit.h"
#include "faces/bus-call.h"
#include "faces/bus-options.h"

const OmgPolicyState *omg_bus_audit_get_policy(const OmgSnapshot *snapshot)
{
        return snapshot && snapshot->security ? snapshot->security->policy : NULL;
}

const char *omg_bus_audit_get_policy_state(const OmgSnapshot *snapshot)
{
        const OmgPolicyState *state = omg_bus_audit_get_policy(snapshot);

        return state ? omg_policy_status_get_name(state->status) : "unknown";
}

int omg_bus_property_get_policy_state(sd_bus *bus, const char *path, const char *interface,
                                      const char *property, sd_bus_message *reply, void *userdata,
                                      sd_bus_error *ret_error)
{
        const OmgService *service = userdata;

        return sd_bus_message_append(reply, "s", omg_bus_audit_get_policy_state(service->snapshot));
}

/* A first load does not come before a first look; whoever gets here before it all the same waits
 * for the next. */
int omg_bus_audit_need_policy(OmgService *service)
{
        return !omg_bus_audit_get_policy(service->snapshot) &&
                               omg_calls_wait_for_refresh(service->calls, OMG_REFRESH_LOCAL)
                       ? -EINPROGRESS
                       : 0;
}

static int append_reasons(sd_bus_message *message, guint refusals)
{
        int r = sd_bus_message_open_container(message, 'a', "s");

        for (guint i = 0; r >= 0 && i < OMG_N_REFUSALS; i++)
                if (refusals & (1u << i))
                        r = sd_bus_message_append_basic(message, 's',
                                                        omg_refusal_get_word((OmgRefusal)i));
        return r < 0 ? r : sd_bus_message_close_container(message);
}

/* ---- EvaluatePolicy ---- */

typedef struct {
        GStrv names;
        int candidate;
        GPtrArray *verdicts; /* OmgVerdict, of each name; on the pool */
} Evaluation;

static void evaluation_free(Evaluation *evaluation)
{
        g_strfreev(evaluation->names);
        g_clear_pointer(&evaluation->verdicts, g_ptr_array_unref);
        g_free(evaluation);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Evaluation, evaluation_free)

static gboolean work_evaluate(const OmgSnapshot *snapshot, const OmgPoolJob *job, gpointer data,
                              GError **error)
{
        Evaluation *evaluation = data;
        OmgJudge judge;

        evaluation->verdicts = g_ptr_array_new_with_free_func((GDestroyNotify)omg_verdict_free);
        if (!omg_security_get_judge(snapshot, &judge, error))
                return FALSE;
        for (char **name = evaluation->names; *name; name++) {
                OmgVerdict *verdict;
                if (omg_pool_job_is_cancelled(job))
                        return TRUE;
                verdict = omg_verdict_new(&judge, *name, evaluation->candidate, error);
                if (!verdict) {
                        g_prefix_error(error, "Package %u: ", evaluation->verdicts->len + 1);
                        return FALSE;
                }
                g_ptr_array_add(evaluation->verdicts, verdict);
        }
        return TRUE;
}

static int append_known(sd_bus_message *reply, const OmgVerdict *verdict)
{
        int is_installed = verdict->is_installed, is_audited = verdict->is_audited;
        int r;

        if (!verdict->is_known)
                return 0;
        if ((r = omg_bus_entry_append(reply, "version", 's', verdict->version)) < 0 ||
            (r = omg_bus_entry_append(reply, "installed", 'b', &is_installed)) < 0)
                return r;
        return omg_bus_entry_append(reply, "audited", 'b', &is_audited);
}

static int append_messages(sd_bus_message *reply, const GPtrArray *messages)
{
        int r;

        if ((r = sd_bus_message_open_container(reply, 'e', "sv")) < 0 ||
            (r = sd_bus_message_append_basic(reply, 's', "messages")) < 0 ||
            (r = sd_bus_message_open_container(reply, 'v', "as")) < 0 ||
            (r = sd_bus_message_open_container(reply, 'a', "s")) < 0)
                return r;
        for (guint i = 0; i < messages->len; i++) {
                g_autofree char *valid = g_utf8_make_valid(messages->pdata[i], -1);
                if ((r = sd_bus_message_append_basic(reply, 's', valid)) < 0)
                        return r;
        }
        if ((r = sd_bus_message_close_container(reply)) < 0 ||
            (r = sd_bus_message_close_container(reply)) < 0)
                return r;
        return sd_bus_message_close_container(reply);
}

static int append_verdict(sd_bus_message *reply, const char *name, const OmgVerdict *verdict)
{
        int r;

        if ((r = sd_bus_message_open_container(reply, 'r', "sbsasa{sv}")) < 0 ||
            (r = sd_bus_message_append(reply, "sbs", name, verdict->refusals == 0,
                                       verdict->is_known ? omg_grade_get_name(verdict->grade)
                                                         : "")) < 0 ||
            (r = append_reasons(reply, verdict->refusals)) < 0 ||
            (r = sd_bus_message_open_container(reply, 'a', "{sv}")) < 0 ||
            (r = append_known(reply, verdict)) < 0 ||
            (r = append_messages(reply, verdict->messages)) < 0 ||
            (r = sd_bus_message_close_container(reply)) < 0)
                return r;
        return sd_bus_message_close_container(reply);
}

static int append_verdicts(const OmgSnapshot *snapshot, sd_bus_message *reply, gpointer data,
                           GError **error)
{
        const Evaluation *evaluation = data;
        const GPtrArray *verdicts = evaluation->verdicts;
        int r = sd_bus_message_open_container(reply, 'a', "(sbsasa{sv})");

        for (guint i = 0; r >= 0 && i < verdicts->len; i++)
                r = append_verdict(reply, evaluation->names[i], verdicts->pdata[i]);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int check_names(const GStrv names, GError **error)
{
        OmgName parsed;

        for (guint i = 0; names[i]; i++) {
                if (names[i][0] == '/')
                        return omg_call_fail(error, OMG_ERROR_INVALID_ARGS,
                                             "Package %u: its repository has no name", i + 1);
                if (omg_name_parse(names[i], &parsed, error))
                        continue;
                g_prefix_error(error, "Package %u: ", i + 1);
                return -EBADMSG;
        }
        return 0;
}

static int run_evaluate_policy(OmgService *service, sd_bus_message *call, sd_bus_message *reply,
                               GError **error)
{
        g_autoptr(Evaluation) evaluation = g_new0(Evaluation, 1);
        const OmgBusOption table[] = {
                {"candidate", OMG_BUS_OPTION_BOOL, &evaluation->candidate, NULL},
        };
        int r;

        if ((r = omg_bus_strv_read(call, "packages", OMG_LIMIT_ROWS, &evaluation->names, error)) <
                    0 ||
            (r = omg_bus_options_read(call, table, G_N_ELEMENTS(table), error)) < 0 ||
            (r = check_names(evaluation->names, error)) < 0 ||
            (r = omg_bus_audit_need_policy(service)) < 0)
                return r;
        return omg_calls_run_on_pool(service->calls, work_evaluate, append_verdicts,
                                     g_steal_pointer(&evaluation), (GDestroyNotify)evaluation_free);
}

/* ---- PolicyViolation ---- */

static int emit_violation(sd_bus *bus, const OmgVerdict *verdict)
{
        sd_bus_message *signal = NULL;
        int r;

        if ((r = sd_bus_message_new_signal(bus, &signal, OMG_BUS_PATH, OMG_BUS_AUDIT,
                                           "PolicyViolation")) >= 0 &&
            (r = sd_bus_message_append_basic(signal, 's', verdict->name)) >= 0 &&
            (r = append_reasons(signal, verdict->refusals)) >= 0)
                r = sd_bus_send(bus, signal, NULL);
        sd_bus_message_unref(signal);
        return r;
}

static OmgRefusals *get_refusals(const OmgSnapshot *snapshot)
{
        return snapshot->security ? snapshot->security->refusals : NULL;
}

/* Where the packages were not known before, none is new. */
int omg_bus_audit_emit_violations(sd_bus *bus, const OmgSnapshot *before, const OmgSnapshot *now)
{
        OmgRefusals *old = get_refusals(before), *new = get_refusals(now);
        g_autoptr(GArray) ids = NULL;
        OmgJudge judge;
        int r = 0;

        if (!new || new == old || !before->local || !before->sync ||
            !omg_security_get_judge(now, &judge, NULL))
                return 0;
        ids = omg_refusals_list_new(new, old);
        for (guint i = 0; r >= 0 && i < MIN(ids->len, OMG_LIMIT_POLICY_VIOLATIONS); i++) {
                g_autoptr(OmgVerdict) verdict =
                        omg_verdict_new_installed(&judge, g_array_index(ids, guint32, i));
                if (omg_snapshot_is_damaged(now))
                        break;
                r = emit_violation(bus, verdict);
        }
        return r;
}

OMG_DEFINE_AUDIT_METHOD(evaluate_policy, policy_calls, TRUE, FALSE)
