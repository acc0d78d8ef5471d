/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Tells when omgd has not been used for a while. One timer, which wakes up once in the time that is
 * set and counts nothing in between, so the end comes after one to two times of it.
 *
 * The bus tells nobody who listens to his signals. So whoever has called since the timer is set and
 * is still on the bus counts as somebody who listens, and that is asked of the bus only when
 * nothing else stands against the end. Main thread only. */

#include <glib.h>

typedef struct sd_bus sd_bus;
typedef struct sd_event sd_event;
typedef struct OmgIdle OmgIdle;

typedef struct {
        /* Something is under way or held. */
        gboolean (*is_busy)(gpointer userdata);
        /* A number that is another after each use. */
        guint64 (*get_uses)(gpointer userdata);
        /* Not used, nothing under way, nobody there. Told again later if nothing comes of it. */
        void (*on_idle)(gpointer userdata);
        gpointer userdata;
} OmgIdleEvents;

OmgIdle *omg_idle_new(sd_event *event, const OmgIdleEvents *events);
void omg_idle_free(OmgIdle *idle);

/* Begins to count anew; 0: never. */
void omg_idle_set_timeout(OmgIdle *idle, guint seconds);

/* Looks at who calls over that connection; NULL: it is gone, and its peers with it. */
void omg_idle_set_bus(OmgIdle *idle, sd_bus *bus);
