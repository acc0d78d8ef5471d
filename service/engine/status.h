/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The numbers of org.omgd1.Status, computed once per snapshot. */

#include "store/snapshot.h"

#define OMG_UNKNOWN            G_MAXUINT32 /* a count that is not known */
#define OMG_STATUS_NO_SEVERITY "None"      /* nothing is known to be vulnerable */

typedef struct {
        guint32 total_packages;
        guint32 explicit_packages;
        guint32 orphan_packages;
        guint32 foreign_packages;
        guint32 updates_available;
        guint32 aur_updates_available;
        guint32 security_updates;
        guint32 ignored_updates;
        guint32 vulnerable_packages;
        const char *highest_severity; /* static; "" while not known */
        guint64 as_of_usec;           /* µs since 1970; 0: never */
        const char *state;            /* "ok", "stale", "offline", "error", "never" */
        gboolean reboot_suggested;
        guint64 index_generation;
        guint32 indexed_packages;
} OmgStatus;

/* @snapshot NULL: nothing was read yet ("never"). @boot_usec: when the machine started, µs since
 * 1970; it only counts when the databases are those of the running system (root "/"). */
void omg_status_compute(const OmgSnapshot *snapshot, guint64 boot_usec, OmgStatus *ret_status);

/* No server can be asked: what was "ok" is "offline", and may be older than it looks. */
void omg_status_set_offline(OmgStatus *status);

/* Whether total, explicit, orphans and updates are known: what omg shows, and its status file. */
gboolean omg_status_has_counts(const OmgStatus *status);

/* What is known of the AUR: "off", "never" (not asked yet), "ok", "stale" (what is known may be too
 * old, or the last try failed), "failed" (nothing is known, and the last try failed); static.
 * @snapshot NULL: "never". */
const char *omg_status_get_aur_state(const OmgSnapshot *snapshot);

/* For bars such as waybar: a JSON object with text, tooltip and class ("updated", "updates",
 * "security", "stale", "offline", "error", "unknown"). Text is escaped for Pango. New string. */
char *omg_status_describe(const OmgStatus *status, const OmgSnapshot *snapshot);
