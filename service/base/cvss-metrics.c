/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/cvss-private.h"

/* CVSS v2.0 guide, sections 2 and 3.2.1. */
static const OmgCvssMetric metrics_2[] = {
        {"AV", {{"L", 395}, {"A", 646}, {"N", 1000}}},
        {"AC", {{"H", 350}, {"M", 610}, {"L", 710}}},
        {"Au", {{"M", 450}, {"S", 560}, {"N", 704}}},
        {"C", {{"N", 0}, {"P", 275}, {"C", 660}}},
        {"I", {{"N", 0}, {"P", 275}, {"C", 660}}},
        {"A", {{"N", 0}, {"P", 275}, {"C", 660}}},
        {"E", {{"ND", 0}, {"U", 0}, {"POC", 0}, {"F", 0}, {"H", 0}}},
        {"RL", {{"ND", 0}, {"OF", 0}, {"TF", 0}, {"W", 0}, {"U", 0}}},
        {"RC", {{"ND", 0}, {"UC", 0}, {"UR", 0}, {"C", 0}}},
        {"CDP", {{"ND", 0}, {"N", 0}, {"L", 0}, {"LM", 0}, {"MH", 0}, {"H", 0}}},
        {"TD", {{"ND", 0}, {"N", 0}, {"L", 0}, {"M", 0}, {"H", 0}}},
        {"CR", {{"ND", 0}, {"L", 0}, {"M", 0}, {"H", 0}}},
        {"IR", {{"ND", 0}, {"L", 0}, {"M", 0}, {"H", 0}}},
        {"AR", {{"ND", 0}, {"L", 0}, {"M", 0}, {"H", 0}}},
};

/* CVSS v3.1, sections 2 to 4 and 7.4; those of v3.0 are the same. PR is for an unchanged scope. */
static const OmgCvssMetric metrics_3[] = {
        {"AV", {{"N", 850}, {"A", 620}, {"L", 550}, {"P", 200}}},
        {"AC", {{"L", 770}, {"H", 440}}},
        {"PR", {{"N", 850}, {"L", 620}, {"H", 270}}},
        {"UI", {{"N", 850}, {"R", 620}}},
        {"S", {{"U", 0}, {"C", 1}}},
        {"C", {{"H", 560}, {"L", 220}, {"N", 0}}},
        {"I", {{"H", 560}, {"L", 220}, {"N", 0}}},
        {"A", {{"H", 560}, {"L", 220}, {"N", 0}}},
        {"E", {{"X", 0}, {"H", 0}, {"F", 0}, {"P", 0}, {"U", 0}}},
        {"RL", {{"X", 0}, {"U", 0}, {"W", 0}, {"T", 0}, {"O", 0}}},
        {"RC", {{"X", 0}, {"C", 0}, {"R", 0}, {"U", 0}}},
        {"CR", {{"X", 0}, {"H", 0}, {"M", 0}, {"L", 0}}},
        {"IR", {{"X", 0}, {"H", 0}, {"M", 0}, {"L", 0}}},
        {"AR", {{"X", 0}, {"H", 0}, {"M", 0}, {"L", 0}}},
        {"MAV", {{"X", 0}, {"N", 0}, {"A", 0}, {"L", 0}, {"P", 0}}},
        {"MAC", {{"X", 0}, {"L", 0}, {"H", 0}}},
        {"MPR", {{"X", 0}, {"N", 0}, {"L", 0}, {"H", 0}}},
        {"MUI", {{"X", 0}, {"N", 0}, {"R", 0}}},
        {"MS", {{"X", 0}, {"U", 0}, {"C", 0}}},
        {"MC", {{"X", 0}, {"H", 0}, {"L", 0}, {"N", 0}}},
        {"MI", {{"X", 0}, {"H", 0}, {"L", 0}, {"N", 0}}},
        {"MA", {{"X", 0}, {"H", 0}, {"L", 0}, {"N", 0}}},
};

/* CVSS v4.0, sections 2 to 5 and table 23: the order is the vector's. A threat or requirement that
 * is not defined is taken for the worst one; S of MSI and MSA (safety) is worse than any H. */
static const OmgCvssMetric metrics_4[OMG_CVSS_METRICS] = {
        {"AV", {{"N", 0}, {"A", 1}, {"L", 2}, {"P", 3}}},
        {"AC", {{"L", 0}, {"H", 1}}},
        {"AT", {{"N", 0}, {"P", 1}}},
        {"PR", {{"N", 0}, {"L", 1}, {"H", 2}}},
        {"UI", {{"N", 0}, {"P", 1}, {"A", 2}}},
        {"VC", {{"H", 0}, {"L", 1}, {"N", 2}}},
        {"VI", {{"H", 0}, {"L", 1}, {"N", 2}}},
        {"VA", {{"H", 0}, {"L", 1}, {"N", 2}}},
        {"SC", {{"H", 1}, {"L", 2}, {"N", 3}}},
        {"SI", {{"H", 1}, {"L", 2}, {"N", 3}}},
        {"SA", {{"H", 1}, {"L", 2}, {"N", 3}}},
        {"E", {{"X", 0}, {"A", 0}, {"P", 1}, {"U", 2}}},
        {"CR", {{"X", 0}, {"H", 0}, {"M", 1}, {"L", 2}}},
        {"IR", {{"X", 0}, {"H", 0}, {"M", 1}, {"L", 2}}},
        {"AR", {{"X", 0}, {"H", 0}, {"M", 1}, {"L", 2}}},
        {"MAV", {{"X", 0}, {"N", 0}, {"A", 1}, {"L", 2}, {"P", 3}}},
        {"MAC", {{"X", 0}, {"L", 0}, {"H", 1}}},
        {"MAT", {{"X", 0}, {"N", 0}, {"P", 1}}},
        {"MPR", {{"X", 0}, {"N", 0}, {"L", 1}, {"H", 2}}},
        {"MUI", {{"X", 0}, {"N", 0}, {"P", 1}, {"A", 2}}},
        {"MVC", {{"X", 0}, {"H", 0}, {"L", 1}, {"N", 2}}},
        {"MVI", {{"X", 0}, {"H", 0}, {"L", 1}, {"N", 2}}},
        {"MVA", {{"X", 0}, {"H", 0}, {"L", 1}, {"N", 2}}},
        {"MSC", {{"X", 0}, {"H", 1}, {"L", 2}, {"N", 3}}},
        {"MSI", {{"X", 0}, {"S", 0}, {"H", 1}, {"L", 2}, {"N", 3}}},
        {"MSA", {{"X", 0}, {"S", 0}, {"H", 1}, {"L", 2}, {"N", 3}}},
        {"S", {{"X", 0}, {"N", 0}, {"P", 0}}},
        {"AU", {{"X", 0}, {"N", 0}, {"Y", 0}}},
        {"R", {{"X", 0}, {"A", 0}, {"U", 0}, {"I", 0}}},
        {"V", {{"X", 0}, {"D", 0}, {"C", 0}}},
        {"RE", {{"X", 0}, {"L", 0}, {"M", 0}, {"H", 0}}},
        {"U", {{"X", 0}, {"Clear", 0}, {"Green", 0}, {"Amber", 0}, {"Red", 0}}},
};

static const struct {
        const OmgCvssMetric *metrics;
        guint n, n_base;
} versions[] = {
        [OMG_CVSS_2_0] = {metrics_2, G_N_ELEMENTS(metrics_2), CVSS2_N_BASE},
        [OMG_CVSS_3_0] = {metrics_3, G_N_ELEMENTS(metrics_3), CVSS3_N_BASE},
        [OMG_CVSS_3_1] = {metrics_3, G_N_ELEMENTS(metrics_3), CVSS3_N_BASE},
        [OMG_CVSS_4_0] = {metrics_4, G_N_ELEMENTS(metrics_4), CVSS4_N_BASE},
};

const OmgCvssMetric *omg_cvss_metrics(OmgCvssVersion version, guint *ret_n, guint *ret_n_base)
{
        *ret_n = versions[version].n;
        *ret_n_base = versions[version].n_base;
        return versions[version].metrics;
}

guint omg_cvss_weight(const OmgCvss *cvss, guint metric)
{
        return versions[cvss->version].metrics[metric].values[cvss->values[metric]].weight;
}
