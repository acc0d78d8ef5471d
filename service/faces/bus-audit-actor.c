/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who asked for what goes into the audit log. */
#include "faces/bus-audit.h"

#include <stdbool.h>

/* On its way to the bus and back. */
typedef struct {
        OmgAuditLog *log;
        OmgAuditEvents *events; /* NULL: given away */
} Question;

/* With the slot: answered, or the connection is gone. */
static void question_free(void *userdata)
{
        Question *question = userdata;

        if (question->events)
                omg_audit_log_add(question->log, question->events);
        omg_audit_log_unref(question->log);
        g_free(question);
}

static int on_user(sd_bus_message *answer, void *userdata, sd_bus_error *ret_error)
{
        Question *question = userdata;
        g_autofree char *actor = NULL;
        guint32 uid;

        if (sd_bus_message_is_method_error(answer, NULL) ||
            sd_bus_message_read_basic(answer, 'u', &uid) <= 0)
                return 0;
        actor = g_strdup_printf("uid %u", uid);
        omg_audit_events_set_actor(question->events, actor);
        omg_audit_log_add(question->log, g_steal_pointer(&question->events));
        return 0;
}

void omg_bus_audit_record(OmgService *service, sd_bus_message *call, OmgAuditEvents *events)
{
        const char *sender = sd_bus_message_get_sender(call);
        Question *question;
        sd_bus_slot *slot = NULL;

        omg_audit_events_set_actor(events, "unknown");
        if (!service->audit.log || !sender ||
            sd_bus_call_method_async(sd_bus_message_get_bus(call), &slot, "org.freedesktop.DBus",
                                     "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                     "GetConnectionUnixUser", on_user, NULL, "s", sender) < 0) {
                omg_audit_log_add(service->audit.log, events);
                return;
        }
        question = g_new0(Question, 1);
        question->log = omg_audit_log_ref(service->audit.log);
        question->events = events;
        (void)sd_bus_slot_set_userdata(slot, question);
        (void)sd_bus_slot_set_destroy_callback(slot, question_free);
        (void)sd_bus_slot_set_floating(slot, true);
        sd_bus_slot_unref(slot);
}
