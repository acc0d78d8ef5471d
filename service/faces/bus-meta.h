/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* META, the a{sv} at the end of an answer that says how much it is to be believed. */

#include <systemd/sd-bus.h>

#include "engine/rows.h"

/* Whether an answer is read from the AUR too. */
typedef enum {
        OMG_BUS_AUR_NONE,
        OMG_BUS_AUR_IF_ON,  /* where it is off it is just not in it */
        OMG_BUS_AUR_WANTED, /* the caller named it: where it is off, META says so */
        OMG_BUS_AUR_ALONE,  /* of nothing else: as-of, stale, complete and errors are the AUR's */
} OmgBusAur;

typedef struct {
        guint32 total;
        int total_exact;
        guint64 generation;
        guint64 as_of_usec; /* since 1970 */
        int stale;
        int complete;
        const GPtrArray *errors;         /* OmgSourceError; NULL: none */
        const OmgSourceError *error;     /* one more, for which complete is false; NULL: none */
        const OmgSourceError *aur_error; /* likewise of the AUR, for which it may be true */
        OmgBusAur aur;                   /* of omg_bus_meta_append_more() */
        const char *choice;              /* NULL: no such key */
        const GPtrArray *unsatisfied;    /* strings; NULL: no such key */
        /* Appends more entries to the dictionary; NULL: there are none. */
        int (*append_entries)(sd_bus_message *reply, gconstpointer entries);
        gconstpointer entries;
} OmgBusMeta;

int omg_bus_meta_append_values(sd_bus_message *reply, const OmgBusMeta *meta);

/* The same for an answer from snapshot: what a snapshot says is taken from there, and what is known
 * of the AUR, where the answer is from that too. */
int omg_bus_meta_append_more(sd_bus_message *reply, const OmgSnapshot *snapshot,
                             const OmgBusMeta *more);
int omg_bus_meta_append(sd_bus_message *reply, const OmgSnapshot *snapshot, guint32 total,
                        gboolean total_exact);

/* The entry "errors" a(ss): source, "D-Bus error name: message"; of OmgSourceError, NULL: none. */
int omg_bus_errors_entry_append(sd_bus_message *reply, const GPtrArray *errors);
