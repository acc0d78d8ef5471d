/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "idle.h"

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>
#include <time.h>

#include "base/limits.h"
#include "loop/log.h"

/* So much later the timer may fire, for others to wake up with it. */
#define ACCURACY_SHARE 10u

struct OmgIdle {
        sd_event *event;
        OmgIdleEvents events;
        guint seconds; /* 0: off */
        sd_event_source *timer;
        sd_bus *bus; /* borrowed; NULL: none */
        sd_bus_slot *filter;
        sd_bus_slot *question; /* while the bus is asked who is there */
        GHashTable *peers;     /* unique names of callers: a set */
        gboolean has_more;     /* than are kept */
        guint64 uses;          /* when the timer was set */
};

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata);

static void set_timer(OmgIdle *self)
{
        const guint64 usec = self->seconds * (guint64)G_USEC_PER_SEC;
        int r;

        self->timer = sd_event_source_disable_unref(self->timer);
        if (self->seconds == 0)
                return;
        self->uses = self->events.get_uses(self->events.userdata);
        r = sd_event_add_time_relative(self->event, &self->timer, CLOCK_BOOTTIME, usec,
                                       usec / ACCURACY_SHARE, on_timer, self);
        if (r < 0)
                omg_log_warning("No timer for the idle exit: %s, ignoring", g_strerror(-r));
}

static gboolean is_used(const OmgIdle *self)
{
        return self->uses != self->events.get_uses(self->events.userdata) ||
               self->events.is_busy(self->events.userdata);
}

static void decide(OmgIdle *self)
{
        const gboolean has_peers = self->has_more || g_hash_table_size(self->peers) > 0;
        const gboolean used = is_used(self);

        self->has_more = FALSE;
        set_timer(self);
        if (!used && !has_peers)
                self->events.on_idle(self->events.userdata);
}

/* Of the callers those stay that are in the list. */
static int keep_peers(OmgIdle *self, sd_bus_message *reply)
{
        g_autoptr(GHashTable) there = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        const char *name;
        int r = sd_bus_message_enter_container(reply, 'a', "s");

        while (r >= 0 && (r = sd_bus_message_read_basic(reply, 's', &name)) > 0) {
                if (g_hash_table_contains(self->peers, name))
                        (void)g_hash_table_add(there, g_strdup(name));
        }
        if (r < 0)
                return r;
        g_hash_table_unref(self->peers);
        self->peers = g_steal_pointer(&there);
        return 0;
}

static int on_names(sd_bus_message *reply, void *userdata, sd_bus_error *ret_error)
{
        OmgIdle *self = userdata;

        self->question = sd_bus_slot_unref(self->question);
        if (!sd_bus_message_is_method_error(reply, NULL))
                (void)keep_peers(self, reply);
        decide(self);
        return 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
        OmgIdle *self = userdata;
        const gboolean asks = self->bus && g_hash_table_size(self->peers) > 0 && !is_used(self);

        if (asks && !self->question &&
            sd_bus_call_method_async(self->bus, &self->question, "org.freedesktop.DBus",
                                     "/org/freedesktop/DBus", "org.freedesktop.DBus", "ListNames",
                                     on_names, self, NULL) >= 0)
                return 0;
        decide(self);
        return 0;
}

static int on_message(sd_bus_message *message, void *userdata, sd_bus_error *ret_error)
{
        OmgIdle *self = userdata;
        const char *sender = sd_bus_message_get_sender(message);

        if (self->seconds == 0 || !sender ||
            sd_bus_message_is_method_call(message, NULL, NULL) <= 0)
                return 0;
        if (g_hash_table_size(self->peers) >= OMG_LIMIT_IDLE_PEERS)
                self->has_more = TRUE;
        else if (!g_hash_table_contains(self->peers, sender))
                (void)g_hash_table_add(self->peers, g_strdup(sender));
        return 0;
}

void omg_idle_set_bus(OmgIdle *self, sd_bus *bus)
{
        const gboolean asked = self->question != NULL;
        int r;

        self->question = sd_bus_slot_unref(self->question);
        self->filter = sd_bus_slot_unref(self->filter);
        g_hash_table_remove_all(self->peers);
        self->has_more = FALSE;
        self->bus = bus;
        if (asked)
                set_timer(self);
        r = bus ? sd_bus_add_filter(bus, &self->filter, on_message, self) : 0;
        if (r < 0)
                omg_log_warning("Cannot see who calls on the bus: %s, ignoring", g_strerror(-r));
}

void omg_idle_set_timeout(OmgIdle *self, guint seconds)
{
        if (self->seconds == seconds)
                return;
        self->seconds = seconds;
        self->question = sd_bus_slot_unref(self->question);
        set_timer(self);
}

OmgIdle *omg_idle_new(sd_event *event, const OmgIdleEvents *events)
{
        OmgIdle *self = g_new0(OmgIdle, 1);

        self->event = sd_event_ref(event);
        self->events = *events;
        self->peers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        return self;
}

void omg_idle_free(OmgIdle *self)
{
        if (!self)
                return;
        sd_event_source_disable_unref(self->timer);
        sd_bus_slot_unref(self->question);
        sd_bus_slot_unref(self->filter);
        g_hash_table_unref(self->peers);
        sd_event_unref(self->event);
        g_free(self);
}
