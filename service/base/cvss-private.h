/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The metrics of each version, for cvss.c (reading) and cvss-score.c, cvss-score-4.c (formulas). */

#include "base/cvss.h"

/* One value of a metric, and what the formulas take for it. Versions 2 and 3: thousandths. Version
 * 4.0: steps from the worst value. Metrics that do not enter the score have 0. */
typedef struct {
        const char *text;
        guint weight;
} OmgCvssValue;

typedef struct {
        const char *name;
        OmgCvssValue values[6]; /* of an optional metric the first is "not defined" */
} OmgCvssMetric;

enum { CVSS2_AV, CVSS2_AC, CVSS2_AU, CVSS2_C, CVSS2_I, CVSS2_A, CVSS2_N_BASE };

enum {
        CVSS3_AV,
        CVSS3_AC,
        CVSS3_PR,
        CVSS3_UI,
        CVSS3_S,
        CVSS3_C,
        CVSS3_I,
        CVSS3_A,
        CVSS3_N_BASE,
};

enum {
        CVSS4_AV,
        CVSS4_AC,
        CVSS4_AT,
        CVSS4_PR,
        CVSS4_UI,
        CVSS4_VC,
        CVSS4_VI,
        CVSS4_VA,
        CVSS4_SC,
        CVSS4_SI,
        CVSS4_SA,
        CVSS4_N_BASE,
        CVSS4_E = CVSS4_N_BASE,
        CVSS4_CR,
        CVSS4_IR,
        CVSS4_AR,
        CVSS4_N_SCORED,
        CVSS4_MODIFIED = CVSS4_N_SCORED, /* MAV to MSA, in the order of the base metrics */
};

/* The metrics of a version; static. */
const OmgCvssMetric *omg_cvss_metrics(OmgCvssVersion version, guint *ret_n, guint *ret_n_base);

/* What the metric's value weighs. */
guint omg_cvss_weight(const OmgCvss *cvss, guint metric);

/* The score of a 4.0 vector in tenths. */
guint omg_cvss_score_4(const OmgCvss *cvss);
