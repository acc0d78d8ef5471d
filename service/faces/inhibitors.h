/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Who holds omgd back from what, for as long as a descriptor stays open: the writing end of a pipe
 * whose reading end is watched for its hanging up. Nothing else ends one: neither the end of the
 * call's sender (a descriptor can be handed on) nor that of the bus. Main thread only. */

#include <glib.h>

typedef struct sd_event sd_event;

typedef enum {
        OMG_INHIBIT_IDLE_EXIT = 1 << 0, /* "idle-exit": omgd's end when it is not used */
        OMG_INHIBIT_REFRESH = 1 << 1,   /* "refresh": refreshes in the background */
        OMG_INHIBIT_NETWORK = 1 << 2,   /* "network": background use of the network */
} OmgInhibitWhat;

typedef struct {
        guint64 id; /* ascending */
        guint what; /* OmgInhibitWhat flags */
        const char *who;
        const char *why;
        const char *sender; /* bus name at the time */
        guint64 since_usec; /* µs since 1970 */
} OmgInhibitor;

typedef struct OmgInhibitors OmgInhibitors;

/* @on_changed: what is inhibited in all has changed. */
OmgInhibitors *omg_inhibitors_new(sd_event *event, void (*on_changed)(gpointer userdata),
                                  gpointer userdata);
void omg_inhibitors_free(OmgInhibitors *inhibitors);

/* A new one; @what is a list of words with ':' between them. Sets *ret_fd, the caller's, to what
 * keeps it. Errors: INVALID_ARGS for an unknown word, none at all, or an empty or too long text;
 * LIMITS_EXCEEDED for the sender's or the total number (base/limits.h); UNAVAILABLE. */
gboolean omg_inhibitors_add(OmgInhibitors *inhibitors, const char *what, const char *who,
                            const char *why, const char *sender, int *ret_fd, GError **error);

/* All that is inhibited now: OmgInhibitWhat flags. */
guint omg_inhibitors_get(const OmgInhibitors *inhibitors);

/* The first one that holds back any of @what; NULL: none does. Borrowed until the next event. */
const OmgInhibitor *omg_inhibitors_find(const OmgInhibitors *inhibitors, guint what);

/* OmgInhibitor, by id; borrowed. */
const GPtrArray *omg_inhibitors_get_all(const OmgInhibitors *inhibitors);

/* The words of the flags, in their order, with NULL at the end; static strings, new array. */
const char **omg_inhibitors_dup_words(guint what);
