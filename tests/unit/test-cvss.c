/* SPDX-License-Identifier: GPL-3.0-or-later */

/* CVSS vectors of all versions are read strictly and scored as the specifications say. */

#include <json-glib/json-glib.h>
#include <string.h>

#include "base/cvss.h"
#include "base/error.h"
#include "base/limits-score.h"

#define V4 "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/"

static const struct {
        const char *vector;
        guint score; /* tenths */
        OmgCvssRating rating;
} samples[] = {
#include "cvss-samples.h"
};

static guint score(const char *vector, OmgCvssRating *ret_rating)
{
        g_autoptr(GError) error = NULL;
        OmgCvss cvss;

        g_test_message("%s", vector);
        g_assert_true(omg_cvss_parse(vector, &cvss, &error));
        g_assert_no_error(error);
        return omg_cvss_score(&cvss, ret_rating);
}

static void test_samples(void)
{
        for (gsize i = 0; i < G_N_ELEMENTS(samples); i++) {
                OmgCvssRating rating;
                g_assert_cmpuint(score(samples[i].vector, &rating), ==, samples[i].score);
                g_assert_cmpint((int)rating, ==, (int)samples[i].rating);
        }
}

/* The words end where the specifications say; version 2 has NVD's three. */
static void test_ratings(void)
{
        OmgCvssRating rating;

        g_assert_cmpuint(score("AV:L/AC:L/Au:N/C:N/I:N/A:N", &rating), ==, 0);
        g_assert_cmpstr(omg_cvss_rating_get_name(rating), ==, "low");
        g_assert_cmpuint(score("AV:N/AC:L/Au:N/C:C/I:C/A:C", &rating), ==, 100);
        g_assert_cmpstr(omg_cvss_rating_get_name(rating), ==, "high");
        g_assert_cmpuint(score("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", &rating), ==, 0);
        g_assert_cmpstr(omg_cvss_rating_get_name(rating), ==, "none");
        g_assert_cmpuint(score("CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H", NULL), ==, 88);
        g_assert_cmpuint(score(V4 "VC:H/VI:H/VA:H/SC:H/SI:H/SA:H", &rating), ==, 100);
        g_assert_cmpstr(omg_cvss_rating_get_name(rating), ==, "critical");
}

/* Temporal and environmental metrics of versions 2 and 3 are read, and leave the base score. */
static void test_base_only(void)
{
        g_assert_cmpuint(score("AV:N/AC:L/Au:N/C:P/I:P/A:P/E:U/RL:OF/RC:UC/CDP:H/TD:N/CR:L/IR:H/"
                               "AR:ND",
                               NULL),
                         ==, score("AV:N/AC:L/Au:N/C:P/I:P/A:P", NULL));
        g_assert_cmpuint(score("CVSS:3.0/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N/E:U/RL:O/RC:U/CR:L/"
                               "IR:M/AR:H/MAV:P/MAC:H/MPR:H/MUI:R/MS:U/MC:N/MI:N/MA:N",
                               NULL),
                         ==, 61);
}

/* The order counts in version 4.0 alone. */
static void test_order(void)
{
        OmgCvss cvss;

        g_assert_cmpuint(score("CVSS:3.1/A:H/I:H/C:H/S:U/UI:N/PR:L/AC:L/AV:N", NULL), ==, 88);
        g_assert_cmpuint(score("A:P/I:P/C:P/Au:N/AC:L/AV:N", NULL), ==, 75);
        g_assert_false(omg_cvss_parse(V4 "VI:H/VC:H/VA:H/SC:N/SI:N/SA:N", &cvss, NULL));
}

/* In version 4.0 modified metrics stand in for the base's, X for nothing, and what is not defined
 * is the worst; supplemental ones change nothing. */
static void test_modified(void)
{
        static const char *const same[][2] = {
                {V4 "VC:H/VI:N/VA:N/SC:N/SI:N/SA:N/MAV:P/MVC:L",
                 "CVSS:4.0/AV:P/AC:L/AT:N/PR:N/UI:N/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N"},
                {V4 "VC:H/VI:N/VA:N/SC:N/SI:N/SA:N/E:X/CR:X/MVC:X/MSI:X",
                 V4 "VC:H/VI:N/VA:N/SC:N/SI:N/SA:N/E:A/CR:H/IR:H/AR:H"},
                {V4 "VC:H/VI:N/VA:N/SC:N/SI:N/SA:N/S:P/AU:Y/R:I/V:C/RE:H/U:Red",
                 V4 "VC:H/VI:N/VA:N/SC:N/SI:N/SA:N"},
                {V4 "VC:H/VI:N/VA:N/SC:N/SI:H/SA:N/MVC:N/MSI:N",
                 V4 "VC:N/VI:N/VA:N/SC:N/SI:N/SA:N"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(same); i++)
                g_assert_cmpuint(score(same[i][0], NULL), ==, score(same[i][1], NULL));
        /* Safety is worse than high. */
        g_assert_cmpuint(score(V4 "VC:N/VI:N/VA:N/SC:N/SI:H/SA:N/MSI:S", NULL), >,
                         score(V4 "VC:N/VI:N/VA:N/SC:N/SI:H/SA:N", NULL));
}

/* What is wrong is refused, with the byte where it is, and the output is left alone. */
static void test_errors(void)
{
        static const struct {
                const char *vector;
                const char *message;
        } rows[] = {
                {"", "byte 1: metric:value expected"},
                {"/", "byte 1: metric:value expected"},
                {"AV:N/AC:L/Au:N/C:P/I:P", "byte 23: A is missing"},
                {"AV:N/AC:L/Au:N/C:P/I:P/", "byte 24: A is missing"},
                {"AV:N/AC:L/Au:N/C:P/I:P/A:P//", "byte 28: metric:value expected"},
                {"AV:N/AC:L/Au:N/C:P/I:P/A", "byte 24: metric:value expected"},
                {"AV:N/AC:L/Au:N/C:P/I:P/A:", "byte 26: no value of A: "},
                {"AV:N/AC:L/AU:N/C:P/I:P/A:P", "byte 11: no metric of this version: AU"},
                {"AV:N/AC:L/Au:N/C:P/I:P/A:P/A:P", "byte 28: A for the second time"},
                {" AV:N/AC:L/Au:N/C:P/I:P/A:P", "byte 1: no metric of this version:  AV"},
                {"AV:N/AC:L/Au:N/C:P/I:P/A:P/E:X", "byte 30: no value of E: X"},
                {"CVSS:3.1", "byte 1: no version 3.0, 3.1 or 4.0: CVSS:3.1"},
                {"CVSS:3.2/AV:N", "byte 1: no version 3.0, 3.1 or 4.0: CVSS:3.2/AV:"},
                {"cvss:3.1/AV:N", "byte 1: no metric of this version: cvss"},
                {"CVSS:3.1/", "byte 10: metric:value expected"},
                {"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:h", "byte 44: no value of A: h"},
                {"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H", "byte 41: A is missing"},
                {"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/AT:N",
                 "byte 46: no metric of this version: AT"},
                {V4 "VI:H/VC:H/VA:H/SC:N/SI:N/SA:N", "byte 40: VC must stand before VI"},
                {V4 "VC:H/VC:H", "byte 40: VC for the second time"},
                {V4 "VC:H/VI:H/VA:H/SC:N/SI:S/SA:N", "byte 58: no value of SI: S"},
                {V4 "VC:H/VI:H/VA:H/SC:N/SI:N/SA:N/MSC:S", "byte 69: no value of MSC: S"},
                {V4 "VC:H/VI:H/VA:H/SC:N/SI:N/SA:N/U:Clr", "byte 67: no value of U: Clr"},
                {"AV:N/AC:\x1b[31m", "byte 9: no value of AC: [31m"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autoptr(GError) error = NULL;
                g_autofree char *message = g_strconcat("CVSS vector, ", rows[i].message, NULL);
                OmgCvss cvss = {.version = OMG_CVSS_3_0, .values = {7}};

                g_assert_false(omg_cvss_parse(rows[i].vector, &cvss, &error));
                g_assert_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS);
                g_assert_cmpstr(error->message, ==, message);
                g_assert_true(cvss.version == OMG_CVSS_3_0 && cvss.values[0] == 7);
        }
}

/* A "/" at the end is tolerated, as GHSA-f5pg-7wfw-84q9 has it. */
static void test_trailing_slash(void)
{
        g_assert_cmpuint(score("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:P/RL:O/RC:C/", NULL),
                         ==, 98);
        g_assert_cmpuint(score("AV:N/AC:L/Au:N/C:P/I:P/A:P/", NULL), ==, 75);
        g_assert_cmpuint(score(V4 "VC:H/VI:H/VA:H/SC:N/SI:N/SA:N/", NULL), ==, 93);
}

static void test_limit(void)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *longest = g_strnfill(OMG_LIMIT_CVSS_VECTOR, '/');
        g_autofree char *longer = g_strnfill(OMG_LIMIT_CVSS_VECTOR + 1, '/');
        OmgCvss cvss;

        g_assert_false(omg_cvss_parse(longest, &cvss, &error));
        g_assert_nonnull(strstr(error->message, "byte 1:"));
        g_clear_error(&error);
        g_assert_false(omg_cvss_parse(longer, &cvss, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS);
        g_assert_nonnull(strstr(error->message, "longer than 512 bytes"));
}

/* All published pairs, when the shared data is there. */
static void test_recorded(void)
{
        const char *dir = g_getenv("OMG_REAL_DATA");
        g_autofree char *path = dir ? g_build_filename(dir, "security", "cvss.json", NULL) : NULL;
        g_autoptr(JsonParser) parser = json_parser_new();

        if (!path || !g_file_test(path, G_FILE_TEST_EXISTS)) {
                g_test_skip("no real data");
                return;
        }
        g_assert_true(json_parser_load_from_file(parser, path, NULL));
        JsonArray *pairs = json_node_get_array(json_parser_get_root(parser));
        for (guint i = 0; i < json_array_get_length(pairs); i++) {
                JsonObject *pair = json_array_get_object_element(pairs, i);
                g_assert_cmpuint(score(json_object_get_string_member(pair, "vector"), NULL), ==,
                                 (guint)(json_object_get_double_member(pair, "score") * 10 + 0.5));
        }
        g_assert_cmpuint(json_array_get_length(pairs), ==, 480);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/cvss/samples", test_samples);
        g_test_add_func("/cvss/ratings", test_ratings);
        g_test_add_func("/cvss/base-only", test_base_only);
        g_test_add_func("/cvss/order", test_order);
        g_test_add_func("/cvss/modified", test_modified);
        g_test_add_func("/cvss/errors", test_errors);
        g_test_add_func("/cvss/trailing-slash", test_trailing_slash);
        g_test_add_func("/cvss/limit", test_limit);
        g_test_add_func("/cvss/recorded", test_recorded);
        return g_test_run();
}
