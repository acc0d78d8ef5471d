/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* How long work on a thread of the pool learns that nobody waits for it any more. */

#include <glib.h>

typedef struct {
        gboolean (*is_cancelled)(gconstpointer userdata);
        gconstpointer userdata;
} OmgInterrupt;

/* NULL: never. */
static inline gboolean omg_interrupt_is_cancelled(const OmgInterrupt *interrupt)
{
        return interrupt && interrupt->is_cancelled(interrupt->userdata);
}
