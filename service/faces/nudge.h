/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Somebody says that something on the machine has changed. Each time is followed by a look that
 * begins after it, but many share one, and a flood of them has one in OMG_NUDGE_PAUSE_MSEC. */

#include <glib.h>

typedef struct sd_event sd_event;
typedef struct OmgNudge OmgNudge;

/* @look: looks now; on the event loop. */
OmgNudge *omg_nudge_new(sd_event *event, void (*look)(gpointer userdata), gpointer userdata);
void omg_nudge_free(OmgNudge *nudge);

/* A look follows. Negative errno: no timer. */
int omg_nudge_give(OmgNudge *nudge);
