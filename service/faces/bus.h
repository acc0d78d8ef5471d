/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The connection to the user's message bus, or to the system's, for the whole life of omgd: made,
 * given its objects, the name asked for, and made again with growing pauses whenever there is no
 * bus or it is lost. Never blocks. */

#include <glib.h>

typedef struct sd_bus sd_bus;
typedef struct sd_event sd_event;
typedef struct OmgBus OmgBus;

typedef struct {
        /* Add the objects; the name is asked for afterwards. Negative errno: the connection is
         * given up. */
        int (*on_connected)(sd_bus *bus, gpointer userdata);
        /* The name is ours. */
        void (*on_owned)(gpointer userdata);
        /* Another process has the name. TRUE: try again later. */
        gboolean (*on_taken)(gpointer userdata);
        /* There is no connection (any more), or none under the name; told for every failed attempt.
         * @reason: as part of a sentence. */
        void (*on_lost)(const char *reason, gpointer userdata);
        gpointer userdata;
} OmgBusEvents;

/* Does nothing before omg_bus_start(). */
OmgBus *omg_bus_new(sd_event *event, gboolean is_system, const OmgBusEvents *events);

/* "system bus" or "session bus". */
const char *omg_bus_get_kind(const OmgBus *bus);

/* Connects now, from inside the call. */
void omg_bus_start(OmgBus *bus);

/* Gives the name up; calls that the bus had sent on before have come when on_released is called.
 * FALSE: there is no name to give up, and nothing follows. on_released does not follow either when
 * the connection is lost meanwhile. */
gboolean omg_bus_release(OmgBus *bus, void (*on_released)(gpointer userdata));

/* Writes what is queued, for at most timeout_usec, and closes. No event follows. */
void omg_bus_close(OmgBus *bus, guint64 timeout_usec);
void omg_bus_free(OmgBus *bus);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgBus, omg_bus_free)
