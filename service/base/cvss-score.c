/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/cvss-private.h"

/* 1e9 * (1 - (1 - C)(1 - I)(1 - A)), of three metrics in a row. */
static gint64 impact_sum(const OmgCvss *cvss, guint first)
{
        gint64 left = 1;

        for (guint i = 0; i < 3; i++)
                left *= 1000 - (gint64)omg_cvss_weight(cvss, first + i);
        return 1000000000 - left;
}

/* CVSS v2.0 guide, section 3.2.1, in whole numbers, so that rounding to a tenth is exact:
 *   ((0.6 * 10.41 * impact) + (0.4 * 20 * AV * AC * Au) - 1.5) * 1.176 */
static guint score_2(const OmgCvss *cvss)
{
        gint64 impact = impact_sum(cvss, CVSS2_C);
        gint64 exploitability = (gint64)omg_cvss_weight(cvss, CVSS2_AV) *
                                omg_cvss_weight(cvss, CVSS2_AC) * omg_cvss_weight(cvss, CVSS2_AU);

        if (impact == 0)
                return 0;
        /* in 1e-12, and with the last factor in 1e-15 */
        gint64 sum = 6246 * impact + 8000 * exploitability - 1500000000000;
        return (guint)((sum * 1176 + 50000000000000) / 100000000000000);
}

/* PR:L and PR:H weigh more when the vulnerable thing is the way to another. */
static double privileges_3(const OmgCvss *cvss)
{
        static const double changed[] = {0.85, 0.68, 0.5};

        if (omg_cvss_weight(cvss, CVSS3_S))
                return changed[cvss->values[CVSS3_PR]];
        return omg_cvss_weight(cvss, CVSS3_PR) / 1000.0;
}

static double impact_3(double sum, gboolean changed)
{
        double power = 1;

        if (!changed)
                return 6.42 * sum;
        for (guint i = 0; i < 15; i++)
                power *= sum - 0.02;
        return 7.52 * (sum - 0.029) - 3.25 * power;
}

/* CVSS v3.1, sections 7.1 and appendix A: the smallest tenth that is not less, after rounding to
 * five decimals. Version 3.0 has no such rounding, but means the same tenth: of all its base
 * vectors, worked out in fractions, none lies so near above one. */
static guint round_up(double score)
{
        gint64 rounded = (gint64)(score * 100000 + 0.5);

        return (guint)((rounded + 9999) / 10000);
}

static guint score_3(const OmgCvss *cvss)
{
        gboolean changed = omg_cvss_weight(cvss, CVSS3_S) != 0;
        double impact = impact_3((double)impact_sum(cvss, CVSS3_C) / 1e9, changed);
        double exploitability = 8.22 * privileges_3(cvss) * omg_cvss_weight(cvss, CVSS3_AV) *
                                omg_cvss_weight(cvss, CVSS3_AC) * omg_cvss_weight(cvss, CVSS3_UI) /
                                1e9;

        if (impact <= 0)
                return 0;
        return round_up(MIN((changed ? 1.08 : 1.0) * (impact + exploitability), 10.0));
}

/* CVSS v3.1 section 5 and v4.0 section 6. For version 2 NVD's,
 * https://nvd.nist.gov/vuln-metrics/cvss: Low from 0.0, High from 7.0. */
static OmgCvssRating rate(OmgCvssVersion version, guint score)
{
        if (score >= 90 && version != OMG_CVSS_2_0)
                return OMG_CVSS_RATING_CRITICAL;
        if (score >= 70)
                return OMG_CVSS_RATING_HIGH;
        if (score >= 40)
                return OMG_CVSS_RATING_MEDIUM;
        if (score > 0 || version == OMG_CVSS_2_0)
                return OMG_CVSS_RATING_LOW;
        return OMG_CVSS_RATING_NONE;
}

guint omg_cvss_score(const OmgCvss *cvss, OmgCvssRating *ret_rating)
{
        static guint (*const scores[])(const OmgCvss *) = {
                [OMG_CVSS_2_0] = score_2,
                [OMG_CVSS_3_0] = score_3,
                [OMG_CVSS_3_1] = score_3,
                [OMG_CVSS_4_0] = omg_cvss_score_4,
        };
        guint score = scores[cvss->version](cvss);

        if (ret_rating)
                *ret_rating = rate(cvss->version, score);
        return score;
}

const char *omg_cvss_rating_get_name(OmgCvssRating rating)
{
        static const char *const names[] = {
                [OMG_CVSS_RATING_NONE] = "none",         [OMG_CVSS_RATING_LOW] = "low",
                [OMG_CVSS_RATING_MEDIUM] = "medium",     [OMG_CVSS_RATING_HIGH] = "high",
                [OMG_CVSS_RATING_CRITICAL] = "critical",
        };

        return names[rating];
}
