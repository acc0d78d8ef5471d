/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "faces/bus.h"

#include <errno.h>
#include <stdbool.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "base/clock.h"
#include "faces/service.h"
#include "loop/log-ids.h"
#include "loop/log.h"

/* Pauses between attempts: doubled each time. */
#define DELAY_FIRST_USEC (1 * (guint64)G_USEC_PER_SEC)
#define DELAY_LAST_USEC  (60 * (guint64)G_USEC_PER_SEC)

/* Replies of the bus to RequestName (D-Bus specification, "org.freedesktop.DBus.RequestName"). */
enum {
        REPLY_PRIMARY_OWNER = 1,
        REPLY_ALREADY_OWNER = 4,
};

struct OmgBus {
        sd_event *event;
        gboolean is_system;
        OmgBusEvents events;
        sd_bus *bus;
        sd_event_source *retry;
        guint64 delay_usec;
        gboolean lost_logged;    /* since the name was ours last */
        gboolean refused_logged; /* likewise */
        gboolean taken_logged;   /* likewise */
        gboolean closing;        /* no event any more */
        void (*on_released)(gpointer userdata);
};

static void connect_now(OmgBus *self);

static int on_retry(sd_event_source *source, uint64_t usec, void *userdata)
{
        OmgBus *self = userdata;

        self->retry = sd_event_source_disable_unref(self->retry);
        connect_now(self);
        return 0;
}

static void drop_connection(OmgBus *self)
{
        if (!self->bus)
                return;
        (void)sd_bus_detach_event(self->bus);
        self->bus = sd_bus_close_unref(self->bus);
}

static void retry_later(OmgBus *self)
{
        int r;

        r = sd_event_add_time_relative(self->event, &self->retry, CLOCK_BOOTTIME, self->delay_usec,
                                       0, on_retry, self);
        if (r < 0)
                omg_log_err("Cannot set a timer, not trying the message bus again: %s",
                            g_strerror(-r));
        self->delay_usec = MIN(self->delay_usec * 2, DELAY_LAST_USEC);
}

static const char *describe_error(int error)
{
        /* What sd-bus calls it when the environment names no bus. */
        if (error == -ENOMEDIUM)
                return "neither DBUS_SESSION_BUS_ADDRESS nor XDG_RUNTIME_DIR says where it is";
        return g_strerror(-error);
}

static void give_up(OmgBus *self, const char *reason)
{
        self->events.on_lost(reason, self->events.userdata);
        drop_connection(self);
        retry_later(self);
}

static void handle_lost(OmgBus *self, int error)
{
        if (self->retry || self->closing)
                return;
        if (!self->lost_logged)
                omg_log(LOG_WARNING, OMG_LOG_ID_BUS_LOST,
                        "No connection to the %s: %s, trying again", omg_bus_get_kind(self),
                        describe_error(error));
        self->lost_logged = TRUE;
        give_up(self, self->is_system ? "there is no system bus so far"
                                      : "there is no session bus so far");
}

/* The bus is there, but its policy, or a limit of its, gives us no name. */
static void handle_refused(OmgBus *self, const sd_bus_error *error)
{
        g_autofree char *reason = NULL;

        if (self->retry || self->closing)
                return;
        reason = g_strdup_printf("the %s refuses the name " OMG_BUS_NAME ": %s (%s)",
                                 omg_bus_get_kind(self), error->message ?: "no reason given",
                                 error->name);
        if (!self->refused_logged)
                omg_log(LOG_WARNING, OMG_LOG_ID_BUS_LOST, "Not reachable, trying again: %s",
                        reason);
        self->refused_logged = TRUE;
        give_up(self, reason);
}

static int on_disconnected(sd_bus_message *message, void *userdata, sd_bus_error *ret_error)
{
        handle_lost(userdata, -ECONNRESET);
        return 0;
}

static void handle_taken(OmgBus *self)
{
        gboolean go_on = self->events.on_taken(self->events.userdata);

        drop_connection(self);
        if (!go_on)
                return;
        if (!self->taken_logged)
                omg_log_warning("Another process owns %s, asking for it again", OMG_BUS_NAME);
        self->taken_logged = TRUE;
        retry_later(self);
}

static int on_name_reply(sd_bus_message *message, void *userdata, sd_bus_error *ret_error)
{
        OmgBus *self = userdata;
        guint32 reply;

        if (self->closing)
                return 0;
        /* Which sd-bus says for itself, when the connection ends and when no answer comes. */
        if (sd_bus_message_is_method_error(message, SD_BUS_ERROR_NO_REPLY)) {
                handle_lost(self, sd_bus_is_open(self->bus) > 0 ? -ETIMEDOUT : -ECONNRESET);
                return 0;
        }
        if (sd_bus_message_is_method_error(message, NULL)) {
                handle_refused(self, sd_bus_message_get_error(message));
                return 0;
        }
        if (sd_bus_message_read(message, "u", &reply) < 0) {
                handle_lost(self, -EBADMSG);
                return 0;
        }
        if (reply != REPLY_PRIMARY_OWNER && reply != REPLY_ALREADY_OWNER) {
                handle_taken(self);
                return 0;
        }
        self->delay_usec = DELAY_FIRST_USEC;
        self->lost_logged = FALSE;
        self->refused_logged = FALSE;
        self->taken_logged = FALSE;
        self->events.on_owned(self->events.userdata);
        return 0;
}

static int set_up(OmgBus *self)
{
        int r;

        if ((r = sd_bus_set_exit_on_disconnect(self->bus, false)) < 0 ||
            (r = sd_bus_attach_event(self->bus, self->event, SD_EVENT_PRIORITY_NORMAL)) < 0 ||
            (r = sd_bus_match_signal_async(self->bus, NULL, "org.freedesktop.DBus.Local",
                                           "/org/freedesktop/DBus/Local",
                                           "org.freedesktop.DBus.Local", "Disconnected",
                                           on_disconnected, NULL, self)) < 0 ||
            (r = self->events.on_connected(self->bus, self->events.userdata)) < 0)
                return r;
        /* Neither replaceable, nor replacing, nor waiting in the queue of the name. */
        return sd_bus_request_name_async(self->bus, NULL, OMG_BUS_NAME, 0, on_name_reply, self);
}

static void connect_now(OmgBus *self)
{
        int r;

        r = self->is_system ? sd_bus_open_system(&self->bus) : sd_bus_open_user(&self->bus);
        if (r >= 0)
                r = set_up(self);
        if (r < 0)
                handle_lost(self, r);
}

const char *omg_bus_get_kind(const OmgBus *self)
{
        return self->is_system ? "system bus" : "session bus";
}

OmgBus *omg_bus_new(sd_event *event, gboolean is_system, const OmgBusEvents *events)
{
        OmgBus *self = g_new0(OmgBus, 1);

        self->is_system = is_system;
        self->event = sd_event_ref(event);
        self->events = *events;
        self->delay_usec = DELAY_FIRST_USEC;
        return self;
}

void omg_bus_start(OmgBus *self)
{
        connect_now(self);
}

static int on_release_reply(sd_bus_message *message, void *userdata, sd_bus_error *ret_error)
{
        OmgBus *self = userdata;

        if (!self->closing)
                self->on_released(self->events.userdata);
        return 0;
}

gboolean omg_bus_release(OmgBus *self, void (*on_released)(gpointer userdata))
{
        self->on_released = on_released;
        return self->bus && !self->closing &&
               sd_bus_release_name_async(self->bus, NULL, OMG_BUS_NAME, on_release_reply, self) >=
                       0;
}

void omg_bus_close(OmgBus *self, guint64 timeout_usec)
{
        guint64 deadline = omg_clock_now() + timeout_usec;
        uint64_t n = 0;

        self->retry = sd_event_source_disable_unref(self->retry);
        if (!self->bus)
                return;
        /* Not sd_bus_flush(): that waits for the bus as long as it takes. The loop has ended, so
         * what comes in meanwhile is handled here, and refused. */
        self->closing = TRUE;
        (void)sd_bus_detach_event(self->bus);
        while (sd_bus_get_n_queued_write(self->bus, &n) >= 0 && n > 0) {
                guint64 now = omg_clock_now();
                if (now >= deadline || sd_bus_wait(self->bus, deadline - now) < 0 ||
                    sd_bus_process(self->bus, NULL) < 0)
                        break;
        }
        self->bus = sd_bus_close_unref(self->bus);
}

void omg_bus_free(OmgBus *self)
{
        if (!self)
                return;
        omg_bus_close(self, 0);
        sd_event_unref(self->event);
        g_free(self);
}
