/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/network-manager.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "loop/log.h"

#define NAME       "org.freedesktop.NetworkManager"
#define PATH       "/org/freedesktop/NetworkManager"
#define PROPERTIES "org.freedesktop.DBus.Properties"

struct OmgNetworkManager {
        sd_event *event;
        OmgNetworkManagerFunc on_change;
        gpointer data;
        sd_bus *bus;
        OmgNetworkManagerFacts facts;
};

static const struct {
        const char *name;
        gsize offset;
} properties[] = {
        {"Connectivity", G_STRUCT_OFFSET(OmgNetworkManagerFacts, connectivity)},
        {"State", G_STRUCT_OFFSET(OmgNetworkManagerFacts, state)},
        {"Metered", G_STRUCT_OFFSET(OmgNetworkManagerFacts, metered)},
};

static void tell(OmgNetworkManager *self, const OmgNetworkManagerFacts *facts)
{
        if (memcmp(&self->facts, facts, sizeof(*facts)) == 0)
                return;
        self->facts = *facts;
        self->on_change(&self->facts, self->data);
}

/* ---- what it says ---- */

static gsize find_property(const char *name)
{
        gsize i = 0;

        while (i < G_N_ELEMENTS(properties) && !g_str_equal(properties[i].name, name))
                i++;
        return i;
}

static int read_entry(sd_bus_message *message, OmgNetworkManagerFacts *facts)
{
        const char *name;
        guint32 value;
        gsize i;
        int r;

        if ((r = sd_bus_message_read_basic(message, 's', &name)) < 0)
                return r;
        i = find_property(name);
        if (i == G_N_ELEMENTS(properties))
                return sd_bus_message_skip(message, "v");
        if ((r = sd_bus_message_read(message, "v", "u", &value)) >= 0)
                G_STRUCT_MEMBER(guint32, facts, properties[i].offset) = value;
        return r;
}

/* An a{sv}: those that are named, the others stay. */
static int read_properties(sd_bus_message *message, OmgNetworkManagerFacts *facts)
{
        int r = sd_bus_message_enter_container(message, 'a', "{sv}");

        if (r < 0)
                return r;
        while ((r = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
                if ((r = read_entry(message, facts)) < 0 ||
                    (r = sd_bus_message_exit_container(message)) < 0)
                        return r;
        }
        return r;
}

static int on_all(sd_bus_message *reply, void *userdata, sd_bus_error *ret_error)
{
        OmgNetworkManager *self = userdata;
        OmgNetworkManagerFacts facts = {.is_there = TRUE};

        if (sd_bus_message_is_method_error(reply, NULL))
                facts = (OmgNetworkManagerFacts){};
        else if (read_properties(reply, &facts) < 0)
                omg_log_warning("NetworkManager gives its properties in a form that is not its "
                                "own, ignoring");
        tell(self, &facts);
        return 0;
}

static int ask(OmgNetworkManager *self)
{
        sd_bus_message *call = NULL;
        int r;

        r = sd_bus_message_new_method_call(self->bus, &call, NAME, PATH, PROPERTIES, "GetAll");
        if (r >= 0)
                r = sd_bus_message_append(call, "s", NAME);
        if (r >= 0)
                r = sd_bus_message_set_auto_start(call, false);
        if (r >= 0)
                r = sd_bus_call_async(self->bus, NULL, call, on_all, self, 0);
        sd_bus_message_unref(call);
        return r;
}

static int on_changed(sd_bus_message *message, void *userdata, sd_bus_error *ret_error)
{
        OmgNetworkManager *self = userdata;
        OmgNetworkManagerFacts facts = self->facts;

        facts.is_there = TRUE;
        if (sd_bus_message_skip(message, "s") >= 0 && read_properties(message, &facts) >= 0)
                tell(self, &facts);
        return 0;
}

/* It came, went or was replaced. */
static int on_owner(sd_bus_message *message, void *userdata, sd_bus_error *ret_error)
{
        OmgNetworkManager *self = userdata;
        const char *name, *before, *after;

        if (sd_bus_message_read(message, "sss", &name, &before, &after) < 0)
                return 0;
        if (after[0] == '\0')
                tell(self, &(OmgNetworkManagerFacts){});
        else
                (void)ask(self);
        return 0;
}

/* ---- the connection ---- */

static void disconnect(OmgNetworkManager *self)
{
        if (!self->bus)
                return;
        (void)sd_bus_detach_event(self->bus);
        self->bus = sd_bus_close_unref(self->bus);
}

static int on_disconnected(sd_bus_message *message, void *userdata, sd_bus_error *ret_error)
{
        OmgNetworkManager *self = userdata;

        omg_log_debug("The system bus is gone; the network is judged by routes alone");
        disconnect(self);
        tell(self, &(OmgNetworkManagerFacts){});
        return 0;
}

/* The system's rules let a policy say no to any of them, and where there is none nothing answers.
 */
static int set_up(OmgNetworkManager *self)
{
        int r;

        if ((r = sd_bus_set_exit_on_disconnect(self->bus, false)) < 0 ||
            (r = sd_bus_attach_event(self->bus, self->event, SD_EVENT_PRIORITY_IDLE)) < 0 ||
            (r = sd_bus_match_signal_async(self->bus, NULL, "org.freedesktop.DBus.Local",
                                           "/org/freedesktop/DBus/Local",
                                           "org.freedesktop.DBus.Local", "Disconnected",
                                           on_disconnected, NULL, self)) < 0 ||
            (r = sd_bus_add_match_async(self->bus, NULL,
                                        "type='signal',sender='" NAME "',path='" PATH
                                        "',interface='" PROPERTIES
                                        "',member='PropertiesChanged',arg0='" NAME "'",
                                        on_changed, NULL, self)) < 0 ||
            (r = sd_bus_add_match_async(self->bus, NULL,
                                        "type='signal',sender='org.freedesktop.DBus',"
                                        "path='/org/freedesktop/DBus',"
                                        "interface='org.freedesktop.DBus',"
                                        "member='NameOwnerChanged',arg0='" NAME "'",
                                        on_owner, NULL, self)) < 0)
                return r;
        return ask(self);
}

static void connect_now(OmgNetworkManager *self)
{
        int r = sd_bus_open_system(&self->bus);

        if (r >= 0)
                r = set_up(self);
        if (r >= 0)
                return;
        omg_log_debug("No system bus (%s); the network is judged by routes alone", g_strerror(-r));
        disconnect(self);
}

OmgNetworkManager *omg_network_manager_new(sd_event *event, OmgNetworkManagerFunc on_change,
                                           gpointer data)
{
        OmgNetworkManager *self = g_new0(OmgNetworkManager, 1);

        self->event = sd_event_ref(event);
        self->on_change = on_change;
        self->data = data;
        connect_now(self);
        return self;
}

void omg_network_manager_retry(OmgNetworkManager *self)
{
        if (!self->bus)
                connect_now(self);
}

void omg_network_manager_free(OmgNetworkManager *self)
{
        if (!self)
                return;
        disconnect(self);
        sd_event_unref(self->event);
        g_free(self);
}
