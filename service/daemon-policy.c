/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon-policy.h"

#include "loop/log.h"
#include "loop/refresh-advisories.h"

struct OmgDaemonPolicy {
        char *path;
        OmgServiceAudit *audit;
        OmgPolicyWatch *watch;
        OmgPolicyState *state;
};

static const char *describe_stay(const OmgPolicyState *state)
{
        if (!state->policy)
                return "no policy is known until it is right";
        return state->is_stored ? "what was in force before this start stays"
                                : "what was in force stays";
}

/* The first look at no file is not worth a line. */
static void tell(const OmgDaemonPolicy *self, const OmgPolicyState *state)
{
        switch (state->status) {
        case OMG_POLICY_NONE:
                if (self->state)
                        omg_log_info("There is no %s any more", self->path);
                break;
        case OMG_POLICY_OK:
                omg_log_info("%s was read", self->path);
                break;
        case OMG_POLICY_INVALID:
                omg_log_err("%s; %s", state->message, describe_stay(state));
                break;
        }
}

/* A caller who has left meanwhile does not take it. */
static void record_rest(const OmgDaemonPolicy *self)
{
        if (self->audit->reloaded)
                omg_audit_log_add(self->audit->log, g_steal_pointer(&self->audit->reloaded));
}

/* What a ReloadPolicy has changed is its caller's. */
static void record(const OmgDaemonPolicy *self, const OmgPolicyState *state)
{
        OmgAuditEvents *events = omg_audit_events_new((guint64)g_get_real_time(), OMG_AUDIT_SELF);

        record_rest(self);
        omg_audit_events_add_policy(events, self->path, self->state, state);
        if (omg_policy_watch_is_asked(self->watch))
                self->audit->reloaded = events;
        else
                omg_audit_log_add(self->audit->log, events);
}

static void on_look(OmgPolicyState *state, gpointer refresh)
{
        omg_refresh_set_policy(refresh, state);
}

static void on_state(OmgPolicyState *state, gpointer userdata)
{
        OmgDaemonPolicy *self = userdata;

        tell(self, state);
        record(self, state);
        omg_policy_state_unref(self->state);
        self->state = omg_policy_state_ref(state);
}

static void on_error(const char *message, gpointer userdata)
{
        const OmgDaemonPolicy *self = userdata;

        omg_log_warning("Changes of %s will show with a reload only: %s, ignoring", self->path,
                        message);
}

OmgDaemonPolicy *omg_daemon_policy_new(OmgWorker *worker, OmgRefresh *refresh,
                                       const OmgPaths *paths, OmgServiceAudit *audit)
{
        OmgDaemonPolicy *self = g_new0(OmgDaemonPolicy, 1);
        g_autofree char *copy = g_build_filename(paths->data_dir, OMG_POLICY_COPY_FILE, NULL);

        self->audit = audit;
        self->path = g_build_filename(paths->config_dir, OMG_POLICY_FILE, NULL);
        self->watch = omg_policy_watch_new(worker, self->path, copy,
                                           &(OmgPolicyWatchEvents){.on_look = on_look,
                                                                   .look_data = refresh,
                                                                   .on_state = on_state,
                                                                   .on_error = on_error,
                                                                   .userdata = self});
        return self;
}

OmgPolicyState *omg_daemon_policy_get_state(const OmgDaemonPolicy *self)
{
        return self ? self->state : NULL;
}

OmgPolicyWatch *omg_daemon_policy_get_watch(const OmgDaemonPolicy *self)
{
        return self->watch;
}

void omg_daemon_policy_reload(OmgDaemonPolicy *self)
{
        if (self)
                omg_policy_watch_reload(self->watch, NULL, NULL, NULL);
}

void omg_daemon_policy_free(OmgDaemonPolicy *self)
{
        if (!self)
                return;
        omg_policy_watch_free(self->watch);
        record_rest(self);
        omg_policy_state_unref(self->state);
        g_free(self->path);
        g_free(self);
}
