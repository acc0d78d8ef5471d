/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "faces/nudge.h"

#include <systemd/sd-event.h>
#include <time.h>

#include "base/clock.h"
#include "base/limits.h"

#define USEC_PER_MSEC ((guint64)1000)

struct OmgNudge {
        sd_event *event;
        sd_event_source *timer; /* NULL: none was given since the last look */
        guint64 looked_at;      /* 0: never */
        void (*look)(gpointer userdata);
        gpointer userdata;
};

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
        OmgNudge *self = userdata;

        self->timer = sd_event_source_disable_unref(self->timer);
        self->looked_at = omg_clock_now();
        self->look(self->userdata);
        return 0;
}

int omg_nudge_give(OmgNudge *self)
{
        guint64 at = omg_clock_now() + OMG_NUDGE_MSEC * USEC_PER_MSEC;

        if (self->timer)
                return 0;
        if (self->looked_at != 0)
                at = MAX(at, self->looked_at + OMG_NUDGE_PAUSE_MSEC * USEC_PER_MSEC);
        return sd_event_add_time(self->event, &self->timer, CLOCK_BOOTTIME, at, 0, on_timer, self);
}

OmgNudge *omg_nudge_new(sd_event *event, void (*look)(gpointer userdata), gpointer userdata)
{
        OmgNudge *self = g_new0(OmgNudge, 1);

        self->event = sd_event_ref(event);
        self->look = look;
        self->userdata = userdata;
        return self;
}

void omg_nudge_free(OmgNudge *self)
{
        if (!self)
                return;
        sd_event_source_disable_unref(self->timer);
        sd_event_unref(self->event);
        g_free(self);
}
