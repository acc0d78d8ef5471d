/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Scores of the Common Vulnerability Scoring System, from its vectors: versions 2.0, 3.0, 3.1 and
 * 4.0, by the specifications of FIRST (https://www.first.org/cvss/v2/guide, .../v3.0, .../v3.1 and
 * .../v4.0/specification-document). */

#include <glib.h>

typedef enum {
        OMG_CVSS_2_0,
        OMG_CVSS_3_0,
        OMG_CVSS_3_1,
        OMG_CVSS_4_0,
} OmgCvssVersion;

typedef enum {
        OMG_CVSS_RATING_NONE,
        OMG_CVSS_RATING_LOW,
        OMG_CVSS_RATING_MEDIUM,
        OMG_CVSS_RATING_HIGH, /* from 7.0 */
        OMG_CVSS_RATING_CRITICAL,
} OmgCvssRating;

#define OMG_CVSS_METRICS 32 /* of version 4.0, which has the most */

/* A vector as it was read. */
typedef struct {
        OmgCvssVersion version;
        guint8 values[OMG_CVSS_METRICS]; /* by metric in the version's order, its value's number;
                                          * an optional metric left out is 0: not defined */
} OmgCvss;

/* Reads "CVSS:4.0/...", "CVSS:3.1/...", "CVSS:3.0/..." or, with no such beginning, a vector of
 * version 2. The metrics of all groups are known: base (all of them must be there), temporal or
 * threat, environmental and supplemental. Each may stand once; in version 4.0 in the order of the
 * specification, before that in any. A "/" at the end is taken, as published records have it.
 * Error: INVALID_ARGS with the byte, counted from 1, at which it is wrong; ret_cvss is untouched.
 */
gboolean omg_cvss_parse(const char *vector, OmgCvss *ret_cvss, GError **error);

/* The score in tenths, 0 to 100. Versions 2 and 3: the base score, whatever temporal and
 * environmental metrics say. Version 4.0: the one score there is, of base, threat and environmental
 * metrics (CVSS-BTE). ret_rating may be NULL: the word for it, in version 2 NVD's, which knows
 * neither None nor Critical. */
guint omg_cvss_score(const OmgCvss *cvss, OmgCvssRating *ret_rating);

/* "none", "low", "medium", "high", "critical"; static. */
const char *omg_cvss_rating_get_name(OmgCvssRating rating);
