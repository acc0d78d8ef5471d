/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sd-bus's own check, of a member that is not UNPRIVILEGED, would wait for the bus inside of the
 * loop. */
#include "faces/bus-permission.h"

static int refuse(OmgService *service, const OmgCall *call)
{
        g_autoptr(GError) error =
                g_error_new(OMG_ERROR, OMG_ERROR_ACCESS_DENIED, "On the system bus %s is for root",
                            sd_bus_message_get_member(call->message));

        return omg_call_reply_error(service, call->message, error);
}

/* The bus says which user opened the sender's connection: its effective one then. */
static gboolean is_allowed(sd_bus_message *answer)
{
        guint32 uid;

        return !sd_bus_message_is_method_error(answer, NULL) &&
               sd_bus_message_read_basic(answer, 'u', &uid) > 0 && uid == 0;
}

/* The call that the question was about. */
static OmgCall *take_asked(OmgCalls *self, const sd_bus_slot *question)
{
        GQueue *queue = &self->queues[OMG_CALLS_FOR_PERMISSION];

        for (GList *l = queue->head; l; l = l->next) {
                OmgCall *call = l->data;

                if (call->question != question)
                        continue;
                g_queue_delete_link(queue, l);
                return call;
        }
        return NULL;
}

static int on_user(sd_bus_message *answer, void *userdata, sd_bus_error *ret_error)
{
        OmgCalls *self = userdata;
        OmgCall *call = take_asked(self, sd_bus_get_current_slot(sd_bus_message_get_bus(answer)));

        g_return_val_if_fail(call, 0);
        if (is_allowed(answer)) {
                g_queue_push_tail(&self->queues[OMG_CALLS_READY], call);
        } else {
                (void)refuse(self->service, call);
                omg_call_free(call);
        }
        omg_calls_update(self);
        return 0;
}

gboolean omg_call_needs_permission(const OmgService *service, const OmgCall *call)
{
        return service->is_system && call->method->changes;
}

void omg_call_ask_for_permission(OmgCalls *self, OmgCall *call)
{
        int r;

        r = sd_bus_call_method_async(sd_bus_message_get_bus(call->message), &call->question,
                                     "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                     "org.freedesktop.DBus", "GetConnectionUnixUser", on_user, self,
                                     "s", omg_call_get_sender(call));
        if (r >= 0)
                return;
        (void)g_queue_remove(&self->queues[OMG_CALLS_FOR_PERMISSION], call);
        (void)refuse(self->service, call);
        omg_call_free(call);
}
