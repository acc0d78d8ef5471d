/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The audit log: what omgd does and sees by itself goes into it. */
#include "config.h"
#include "daemon-private.h"
#include "faces/bus-interfaces.h"

/* @actor NULL: omgd itself. */
static OmgAuditEvents *events_new(const char *actor)
{
        return omg_audit_events_new((guint64)g_get_real_time(), actor ?: OMG_AUDIT_SELF);
}

static void on_appended(guint64 head, gpointer userdata)
{
        OmgDaemon *self = userdata;
        omg_service_set_log_head(self->service, head);
}

void omg_daemon_open_audit_log(OmgDaemon *self)
{
        OmgAuditEvents *events = events_new(NULL);

        self->audit_log = omg_audit_log_new(
                self->worker, self->paths->data_dir,
                &(OmgAuditLogEvents){.on_appended = on_appended, .userdata = self});
        self->service->audit.log = self->audit_log;
        omg_audit_events_add_start(events, OMG_VERSION);
        omg_audit_log_add(self->audit_log, events);
}

void omg_daemon_log_settings(OmgDaemon *self, const OmgConf *before, const OmgConf *after)
{
        OmgAuditEvents *events = events_new(self->reload_actor);

        omg_audit_events_add_conf(events, self->paths->config_dir, before, after);
        omg_audit_log_add(self->audit_log, events);
}

void omg_daemon_close_audit_log(OmgDaemon *self)
{
        OmgAuditEvents *events;

        if (!self->audit_log)
                return;
        events = events_new(self->end_actor);
        omg_audit_events_add_stop(events, OMG_VERSION, self->end_reason);
        omg_audit_log_add(self->audit_log, events);
        self->service->audit.log = NULL;
        g_clear_pointer(&self->audit_log, omg_audit_log_free);
}
