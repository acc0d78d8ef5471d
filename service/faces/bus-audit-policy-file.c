/* SPDX-License-Identifier: GPL-3.0-or-later */
/* org.omgd1.Audit: the policy itself. */
#include <errno.h>

#include "faces/bus-audit.h"
#include "faces/bus-call-worker.h"
#include "faces/bus-options.h"

/* ---- GetPolicy ---- */

static int append_text(sd_bus_message *reply, const char *key, const char *text)
{
        g_autofree char *valid = text && *text ? g_utf8_make_valid(text, -1) : NULL;

        return valid ? omg_bus_entry_append(reply, key, 's', valid) : 0;
}

static int append_number(sd_bus_message *reply, const char *key, guint32 number)
{
        return omg_bus_entry_append(reply, key, 'u', &number);
}

static int append_boolean(sd_bus_message *reply, const char *key, int value)
{
        return omg_bus_entry_append(reply, key, 'b', &value);
}

static int append_texts(sd_bus_message *reply, const char *key, const GPtrArray *texts)
{
        g_autoptr(GPtrArray) list = g_ptr_array_new();

        g_ptr_array_extend(list, (GPtrArray *)texts, NULL, NULL);
        g_ptr_array_add(list, NULL);
        return omg_bus_entry_append_strv(reply, key, (const char *const *)list->pdata);
}

static int append_rule(sd_bus_message *reply, const OmgPolicyIgnore *rule, guint64 now_usec)
{
        int r;

        if ((r = sd_bus_message_open_container(reply, 'a', "{sv}")) < 0 ||
            (r = append_text(reply, "id", rule->id)) < 0 ||
            (r = append_text(reply, "package", rule->package)) < 0 ||
            (r = append_text(reply, "reason", rule->reason)) < 0 ||
            (r = append_text(reply, "expires", rule->expires)) < 0 ||
            (r = append_boolean(reply, "active", now_usec < rule->until_usec)) < 0)
                return r;
        return sd_bus_message_close_container(reply);
}

static int append_rules(sd_bus_message *reply, const GPtrArray *rules)
{
        const guint64 now_usec = (guint64)g_get_real_time();
        int r;

        if ((r = sd_bus_message_open_container(reply, 'e', "sv")) < 0 ||
            (r = sd_bus_message_append_basic(reply, 's', "ignore")) < 0 ||
            (r = sd_bus_message_open_container(reply, 'v', "aa{sv}")) < 0 ||
            (r = sd_bus_message_open_container(reply, 'a', "a{sv}")) < 0)
                return r;
        for (guint i = 0; r >= 0 && i < rules->len; i++)
                r = append_rule(reply, rules->pdata[i], now_usec);
        if (r < 0 || (r = sd_bus_message_close_container(reply)) < 0 ||
            (r = sd_bus_message_close_container(reply)) < 0)
                return r;
        return sd_bus_message_close_container(reply);
}

static int append_keys(sd_bus_message *reply, const OmgPolicy *policy)
{
        int r;

        if ((r = append_text(reply, "minimum_grade", omg_grade_get_name(policy->minimum_grade))) <
                    0 ||
            (r = append_boolean(reply, "allow_aur", policy->allow_aur)) < 0 ||
            (r = append_boolean(reply, "allow_maintainer_change",
                                policy->allow_maintainer_change)) < 0 ||
            (r = append_boolean(reply, "require_pgp", policy->require_pgp)) < 0 ||
            (r = append_texts(reply, "allowed_licenses", policy->allowed_licenses)) < 0 ||
            (r = append_texts(reply, "banned_packages", policy->banned_packages)) < 0 ||
            (r = append_texts(reply, "trusted_maintainers", policy->trusted_maintainers)) < 0)
                return r;
        return append_rules(reply, policy->ignores);
}

static const char *describe_origin(const OmgPolicyState *state)
{
        switch (state->status) {
        case OMG_POLICY_NONE:
                return "presets";
        case OMG_POLICY_OK:
                return "file";
        case OMG_POLICY_INVALID:
                break;
        }
        if (!state->policy)
                return "none";
        return state->is_stored ? "stored" : "before";
}

static int append_mistake(sd_bus_message *reply, const OmgPolicyState *state)
{
        int r = append_text(reply, "error", state->message);

        if (r < 0 || state->line == 0)
                return r;
        r = append_number(reply, "line", state->line);
        return r < 0 ? r : append_number(reply, "column", state->column);
}

static int append_paths(sd_bus_message *reply, const OmgPolicyWatch *watch,
                        const OmgPolicyState *state)
{
        int r = watch ? append_text(reply, "path", omg_policy_watch_get_path(watch)) : 0;

        if (r < 0 || !watch || !state->is_stored)
                return r;
        return append_text(reply, "copy", omg_policy_watch_get_copy(watch));
}

static int append_policy(sd_bus_message *reply, const OmgService *service)
{
        const OmgPolicyState *state = omg_bus_audit_get_policy(service->snapshot);
        const OmgRefusals *refusals = service->snapshot->security->refusals;
        int r;

        if ((r = append_text(reply, "state", omg_policy_status_get_name(state->status))) < 0 ||
            (r = append_paths(reply, service->audit.policy, state)) < 0 ||
            (r = append_text(reply, "in-force", describe_origin(state))) < 0 ||
            (r = append_mistake(reply, state)) < 0 || !state->policy)
                return r;
        if ((r = append_text(reply, "digest", state->policy->digest)) < 0 ||
            (r = append_keys(reply, state->policy)) < 0)
                return r;
        return refusals && refusals->local ? append_number(reply, "refused", refusals->n_local) : 0;
}

static int run_get_policy(OmgService *service, sd_bus_message *call, sd_bus_message *reply,
                          GError **error)
{
        int r = omg_bus_audit_need_policy(service);

        if (r < 0)
                return r;
        if (!omg_bus_audit_get_policy(service->snapshot))
                return omg_call_fail(error, OMG_ERROR_UNAVAILABLE, "The policy was not read yet");
        if ((r = sd_bus_message_open_container(reply, 'a', "{sv}")) < 0 ||
            (r = append_policy(reply, service)) < 0)
                return r;
        return sd_bus_message_close_container(reply);
}

/* ---- ReloadPolicy ---- */

typedef struct {
        OmgService *service; /* main's */
        OmgPolicyWatch *watch;
        OmgPolicyState *state; /* what was read */
} Reload;

static void reload_free(gpointer data)
{
        Reload *reload = data;

        omg_policy_watch_unref(reload->watch);
        omg_policy_state_unref(reload->state);
        g_free(reload);
}

static OmgWorkerStep work_reload(gpointer data, GError **error)
{
        Reload *reload = data;

        reload->state = omg_policy_watch_look(reload->watch);
        return OMG_WORKER_DONE;
}

static int answer_reload(const OmgPolicyState *state, GError **error)
{
        return state->status == OMG_POLICY_INVALID
                       ? omg_call_fail(error, OMG_ERROR_POLICY_INVALID, "%s", state->message)
                       : 0;
}

static void record_reload(OmgService *service)
{
        if (service->audit.reloaded)
                omg_bus_audit_record(service, omg_calls_get_message(service->calls),
                                     g_steal_pointer(&service->audit.reloaded));
}

/* What was read is in force once there is a snapshot that was made with it. */
static int append_reload(const OmgSnapshot *snapshot, sd_bus_message *reply, gpointer data,
                         GError **error)
{
        const Reload *reload = data;
        OmgService *service = reload->service;

        record_reload(service);
        if (omg_policy_state_equal(omg_bus_audit_get_policy(service->snapshot), reload->state))
                return answer_reload(reload->state, error);
        return omg_calls_wait_for_later_refresh(service->calls, OMG_REFRESH_LOCAL);
}

static int run_reload_policy(OmgService *service, sd_bus_message *call, sd_bus_message *reply,
                             GError **error)
{
        const OmgPolicyState *state = omg_bus_audit_get_policy(service->snapshot);
        Reload *reload;

        if (state && omg_calls_has_waited(service->calls, OMG_REFRESH_LOCAL))
                return answer_reload(state, error);
        if (!service->audit.policy)
                return omg_call_fail(error, OMG_ERROR_UNAVAILABLE, "Nobody looks at a policy");
        reload = g_new0(Reload, 1);
        reload->service = service;
        reload->watch = omg_policy_watch_ref(service->audit.policy);
        return omg_calls_run_on_worker(service->calls, work_reload, append_reload, reload,
                                       reload_free);
}

OMG_DEFINE_AUDIT_METHOD(get_policy, policy_calls, TRUE, FALSE)
OMG_DEFINE_AUDIT_METHOD(reload_policy, policy_calls, FALSE, TRUE)
