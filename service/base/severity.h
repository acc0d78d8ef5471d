/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* How bad a flaw is, and what is known of it, in the words of the Arch security tracker. */

#include <glib.h>

/* The order counts. */
typedef enum {
        OMG_SEVERITY_UNKNOWN,
        OMG_SEVERITY_LOW,
        OMG_SEVERITY_MEDIUM,
        OMG_SEVERITY_HIGH,
        OMG_SEVERITY_CRITICAL,
        OMG_SEVERITY_N
} OmgSeverity;

/* "Unknown", "Low", ...; static. */
const char *omg_severity_get_word(OmgSeverity severity);

/* By the word, in any case; GitHub's "MODERATE" is Medium. UNKNOWN for any other and for NULL. */
OmgSeverity omg_severity_from_word(const char *word);

/* What a CVSS score (tenths) is called by v3.1 and v4.0; 0, "None" there, is UNKNOWN. */
OmgSeverity omg_severity_from_score(guint tenths);

typedef enum {
        OMG_TRACKER_UNKNOWN,
        OMG_TRACKER_VULNERABLE,
        OMG_TRACKER_TESTING,
        OMG_TRACKER_FIXED,
        OMG_TRACKER_NOT_AFFECTED,
        OMG_TRACKER_N
} OmgTrackerStatus;

/* "Vulnerable", "Not affected", ...; static. */
const char *omg_tracker_status_get_word(OmgTrackerStatus status);
