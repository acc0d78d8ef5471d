/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/cvss-private.h"

/* CVSS v4.0, section 8.2: six equivalence classes of the metrics (EQ1 to EQ6) make the vector's
 * MacroVector, whose score experts have set. A vector is then as much below it as it lies, in the
 * mean over the classes, on the way from its class's worst vector to the next class. EQ3 and EQ6
 * depend on each other and are one here. All in whole numbers: nothing depends on how a processor
 * rounds. */

enum { EQ1, EQ2, EQ36, EQ4, EQ5, N_EQ };
enum { EQ36_00, EQ36_01, EQ36_10, EQ36_11, EQ36_21 };

#define MAX_METRICS 6

/* The vectors of a class that none other of it exceeds, and how many steps away from them the least
 * one is (section 8.2, tables 24 to 29 and 30; reference: FIRSTdotorg/cvss-v4-calculator). */
typedef struct {
        guint depth;
        guint n_highest;
        guint8 highest[5][MAX_METRICS]; /* steps of each of the set's metrics */
} Class;

typedef struct {
        guint n_metrics;
        guint8 metrics[MAX_METRICS];
        Class classes[5];
} Set;

static const Set sets[] = {
        [EQ1] = {3,
                 {CVSS4_AV, CVSS4_PR, CVSS4_UI},
                 {{1, 1, {{0, 0, 0}}},
                  {4, 3, {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}},
                  {5, 2, {{3, 0, 0}, {1, 1, 1}}}}},
        [EQ2] = {2, {CVSS4_AC, CVSS4_AT}, {{1, 1, {{0, 0}}}, {2, 2, {{1, 0}, {0, 1}}}}},
        [EQ36] = {6,
                  {CVSS4_VC, CVSS4_VI, CVSS4_VA, CVSS4_CR, CVSS4_IR, CVSS4_AR},
                  {[EQ36_00] = {7, 1, {{0, 0, 0, 0, 0, 0}}},
                   [EQ36_01] = {6, 2, {{0, 0, 1, 1, 1, 0}, {0, 0, 0, 1, 1, 1}}},
                   [EQ36_10] = {8, 2, {{1, 0, 0, 0, 0, 0}, {0, 1, 0, 0, 0, 0}}},
                   [EQ36_11] = {8,
                                5,
                                {{1, 0, 1, 0, 1, 0},
                                 {1, 0, 0, 0, 1, 1},
                                 {0, 1, 0, 1, 0, 1},
                                 {0, 1, 1, 1, 0, 0},
                                 {1, 1, 0, 0, 0, 1}}},
                   [EQ36_21] = {10, 1, {{1, 1, 1, 0, 0, 0}}}}},
        [EQ4] = {3,
                 {CVSS4_SC, CVSS4_SI, CVSS4_SA},
                 {{6, 1, {{1, 0, 0}}}, {5, 1, {{1, 1, 1}}}, {4, 1, {{2, 2, 2}}}}},
        /* One metric: all vectors of a class are the same. */
        [EQ5] = {1, {CVSS4_E}, {{1, 1, {{0}}}, {1, 1, {{1}}}, {1, 1, {{2}}}}},
};

/* The score of each MacroVector in tenths, by EQ1, EQ2, EQ3 with EQ6 (00, 01, 10, 11, 21), EQ4,
 * EQ5. The 270 numbers are the specification's (section 8.3, cvss_lookup.js of the reference). */
static const guint8 scores[3][2][5][3][3] = {
        {
                {
                        {{100, 98, 95}, {100, 93, 91}, {93, 89, 81}},
                        {{99, 95, 92}, {96, 87, 81}, {90, 80, 68}},
                        {{98, 95, 90}, {93, 89, 81}, {88, 78, 69}},
                        {{95, 92, 84}, {92, 81, 65}, {80, 70, 48}},
                        {{92, 82, 72}, {79, 69, 50}, {69, 55, 27}},
                },
                {
                        {{99, 95, 92}, {95, 90, 84}, {92, 82, 72}},
                        {{97, 92, 85}, {91, 83, 71}, {81, 71, 53}},
                        {{95, 92, 85}, {92, 80, 70}, {84, 71, 50}},
                        {{93, 85, 73}, {82, 72, 59}, {70, 52, 30}},
                        {{86, 75, 52}, {71, 52, 29}, {63, 29, 17}},
                },
        },
        {
                {
                        {{98, 94, 91}, {94, 86, 77}, {87, 74, 63}},
                        {{95, 87, 81}, {89, 74, 64}, {75, 63, 49}},
                        {{94, 88, 76}, {86, 74, 59}, {72, 57, 52}},
                        {{89, 77, 67}, {76, 58, 50}, {57, 52, 25}},
                        {{83, 70, 54}, {65, 58, 26}, {53, 21, 13}},
                },
                {
                        {{95, 88, 76}, {90, 75, 61}, {77, 68, 52}},
                        {{90, 76, 70}, {77, 62, 53}, {66, 59, 30}},
                        {{89, 76, 62}, {74, 57, 47}, {61, 57, 24}},
                        {{78, 67, 58}, {59, 57, 23}, {52, 29, 16}},
                        {{71, 59, 30}, {58, 26, 15}, {23, 13, 6}},
                },
        },
        {
                {
                        {{93, 86, 75}, {86, 74, 56}, {70, 52, 40}},
                        {{87, 72, 58}, {74, 61, 34}, {54, 40, 22}},
                        {{85, 74, 62}, {72, 55, 46}, {53, 34, 19}},
                        {{75, 55, 51}, {57, 41, 19}, {36, 19, 8}},
                        {{64, 51, 20}, {47, 21, 11}, {24, 9, 4}},
                },
                {
                        {{88, 73, 60}, {73, 59, 41}, {54, 45, 20}},
                        {{75, 53, 50}, {55, 40, 20}, {43, 22, 11}},
                        {{75, 58, 40}, {61, 48, 20}, {46, 17, 8}},
                        {{55, 45, 21}, {51, 18, 9}, {18, 7, 2}},
                        {{53, 24, 14}, {24, 12, 5}, {10, 3, 1}},
                },
        },
};

static guint score_of(const guint eq[N_EQ])
{
        return scores[eq[EQ1]][eq[EQ2]][eq[EQ36]][eq[EQ4]][eq[EQ5]];
}

/* The steps of the metrics that enter the score, the modified ones in place of the base's. */
static void read_steps(const OmgCvss *cvss, guint ret_steps[CVSS4_N_SCORED])
{
        for (guint metric = 0; metric < CVSS4_N_SCORED; metric++) {
                gboolean modified = metric < CVSS4_N_BASE && cvss->values[CVSS4_MODIFIED + metric];
                ret_steps[metric] =
                        omg_cvss_weight(cvss, modified ? CVSS4_MODIFIED + metric : metric);
        }
}

static gboolean has_impact(const guint *steps)
{
        return steps[CVSS4_VC] < 2 || steps[CVSS4_VI] < 2 || steps[CVSS4_VA] < 2 ||
               steps[CVSS4_SC] < 3 || steps[CVSS4_SI] < 3 || steps[CVSS4_SA] < 3;
}

/* Tables 24 to 29. */
static void read_classes(const guint *s, guint ret_eq[N_EQ])
{
        gboolean all = !s[CVSS4_AV] && !s[CVSS4_PR] && !s[CVSS4_UI];
        gboolean any = !s[CVSS4_AV] || !s[CVSS4_PR] || !s[CVSS4_UI];
        ret_eq[EQ1] = all ? 0 : any && s[CVSS4_AV] < 3 ? 1 : 2;

        ret_eq[EQ2] = s[CVSS4_AC] || s[CVSS4_AT];

        gboolean eq6 = (s[CVSS4_VC] || s[CVSS4_CR]) && (s[CVSS4_VI] || s[CVSS4_IR]) &&
                       (s[CVSS4_VA] || s[CVSS4_AR]);
        if (!s[CVSS4_VC] && !s[CVSS4_VI])
                ret_eq[EQ36] = eq6 ? EQ36_01 : EQ36_00;
        else if (!s[CVSS4_VC] || !s[CVSS4_VI] || !s[CVSS4_VA])
                ret_eq[EQ36] = eq6 ? EQ36_11 : EQ36_10;
        else
                ret_eq[EQ36] = EQ36_21;

        gboolean safety = !s[CVSS4_SI] || !s[CVSS4_SA];
        gboolean high = s[CVSS4_SC] == 1 || s[CVSS4_SI] == 1 || s[CVSS4_SA] == 1;
        ret_eq[EQ4] = safety ? 0 : high ? 1 : 2;

        ret_eq[EQ5] = s[CVSS4_E];
}

/* The score of the next class below in one set, the others kept; -1: there is none. */
static int score_below(const guint eq[N_EQ], guint set)
{
        guint below[N_EQ];

        for (guint i = 0; i < N_EQ; i++)
                below[i] = eq[i];
        if (set != EQ36) {
                below[set]++;
                return below[set] < (set == EQ2 ? 2 : 3) ? (int)score_of(below) : -1;
        }

        static const guint8 next[] = {EQ36_01, EQ36_11, EQ36_11, EQ36_21};
        if (eq[EQ36] == EQ36_21)
                return -1;
        below[EQ36] = next[eq[EQ36]];
        int score = (int)score_of(below);
        if (eq[EQ36] != EQ36_00)
                return score;
        /* From 00 both 01 and 10 are next; the higher one counts. */
        below[EQ36] = EQ36_10;
        return MAX(score, (int)score_of(below));
}

/* How far the vector is, in the metrics of one set, below the first of the class's highest vectors
 * that exceeds it. */
static guint distance(const guint *steps, const Set *set, const Class *class)
{
        for (guint i = 0; i < class->n_highest; i++) {
                guint sum = 0, metric = 0;
                for (; metric < set->n_metrics; metric++) {
                        guint step = steps[set->metrics[metric]];
                        if (step < class->highest[i][metric])
                                break;
                        sum += step - class->highest[i][metric];
                }
                if (metric == set->n_metrics)
                        return sum;
        }
        g_assert_not_reached();
}

guint omg_cvss_score_4(const OmgCvss *cvss)
{
        enum { COMMON = 840 }; /* what all depths divide */
        guint steps[CVSS4_N_SCORED], eq[N_EQ];
        guint n = 0, sum = 0;

        read_steps(cvss, steps);
        if (!has_impact(steps))
                return 0;
        read_classes(steps, eq);

        guint score = score_of(eq);
        for (guint i = 0; i < N_EQ; i++) {
                const Class *class = &sets[i].classes[eq[i]];
                int below = score_below(eq, i);
                if (below < 0)
                        continue;
                n++;
                sum += (score - (guint)below) * distance(steps, &sets[i], class) * COMMON /
                       class->depth;
        }
        if (n == 0)
                return score;
        /* score - sum / COMMON / n, halves upwards */
        return (2 * (score * COMMON * n - sum) + COMMON * n) / (2 * COMMON * n);
}
