/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/osv-asker.h"

#include <string.h>

#include "base/limits-advisories.h"
#include "engine/osv-questions.h"

static void question_free(OmgOsvQuestion *question)
{
        g_free(question->ecosystem);
        g_free(question->name);
        g_free(question->version);
        g_free(question);
}

static OmgOsvAsker *make_with(guint n, const char *version)
{
        g_autoptr(GPtrArray) questions =
                g_ptr_array_new_with_free_func((GDestroyNotify)question_free);

        for (guint i = 0; i < n; i++) {
                OmgOsvQuestion *question = g_new0(OmgOsvQuestion, 1);
                *question = (OmgOsvQuestion){g_strdup("PyPI"), g_strdup_printf("n%u", i),
                                             g_strdup(version)};
                g_ptr_array_add(questions, question);
        }
        return omg_osv_asker_new(questions);
}

static OmgOsvAsker *make(guint n)
{
        return make_with(n, "1.0");
}

static void assert_state(const OmgOsvAsker *asker, guint n_answered, guint n_refused)
{
        OmgOsvAskerState state;

        omg_osv_asker_get_state(asker, &state);
        g_assert_cmpuint(state.n_answered, ==, n_answered);
        g_assert_cmpuint(state.n_refused, ==, n_refused);
        g_assert_true((state.refused != NULL) == (n_refused > 0));
}

static guint64 get_modified(const OmgOsvAsker *asker, const char *id)
{
        const guint64 *modified = g_hash_table_lookup(omg_osv_asker_get_named(asker), id);

        return modified ? *modified : G_MAXUINT64;
}

/* No question is no round. */
static void test_none(void)
{
        g_autoptr(OmgOsvAsker) empty = make(0), none = omg_osv_asker_new(NULL);

        g_assert_cmpuint(omg_osv_asker_begin_round(empty), ==, 0);
        g_assert_cmpuint(omg_osv_asker_begin_round(none), ==, 0);
        assert_state(none, 0, 0);
}

/* OMG_LIMIT_OSV_BATCH questions a batch, OMG_LIMIT_OSV_ROUND batches a round. */
static void test_batches(void)
{
        g_autoptr(OmgOsvAsker) asker = make(OMG_LIMIT_OSV_BATCH * OMG_LIMIT_OSV_ROUND + 1);

        g_assert_cmpuint(omg_osv_asker_begin_round(asker), ==, OMG_LIMIT_OSV_ROUND);
        for (guint i = 0; i < OMG_LIMIT_OSV_ROUND; i++) {
                g_assert_cmpuint(omg_osv_asker_get_n(asker, i), ==, OMG_LIMIT_OSV_BATCH);
                omg_osv_asker_set_answered(asker, i);
        }
        g_assert_cmpuint(omg_osv_asker_begin_round(asker), ==, 1);
        g_assert_cmpuint(omg_osv_asker_get_n(asker, 0), ==, 1);
        omg_osv_asker_set_answered(asker, 0);
        g_assert_cmpuint(omg_osv_asker_begin_round(asker), ==, 0);
        assert_state(asker, OMG_LIMIT_OSV_BATCH * OMG_LIMIT_OSV_ROUND + 1, 0);
}

/* OMG_LIMIT_OSV_BATCH_BYTES: what is longer goes into more batches, and one always fits. */
static void test_bytes(void)
{
        g_autofree char *version = g_strnfill(OMG_LIMIT_OSV_BATCH_BYTES / 2, '1');
        g_autofree char *longer = g_strnfill(OMG_LIMIT_OSV_BATCH_BYTES + 1, '1');
        g_autoptr(OmgOsvAsker) asker = make_with(3, version), other = make_with(2, longer);

        g_assert_cmpuint(omg_osv_asker_begin_round(asker), ==, 3);
        g_assert_cmpuint(omg_osv_asker_begin_round(other), ==, 2);
        g_assert_cmpuint(omg_osv_asker_get_n(other, 0), ==, 1);
}

/* Only a question with a token is asked again, with it, and counts as answered at its end. */
static void test_pages(void)
{
        g_autoptr(OmgOsvAsker) asker = make(3);
        g_autofree char *first = NULL, *second = NULL;

        g_assert_cmpuint(omg_osv_asker_begin_round(asker), ==, 1);
        first = omg_osv_asker_dup_body(asker, 0, NULL);
        g_assert_null(strstr(first, "page_token"));
        omg_osv_asker_add_id(asker, 0, 0, "A-1", 5);
        omg_osv_asker_add_id(asker, 0, 1, "A-1", 7);
        omg_osv_asker_add_id(asker, 0, 1, "A-2", 0);
        omg_osv_asker_add_token(asker, 0, 1, "t1");
        omg_osv_asker_set_answered(asker, 0);
        assert_state(asker, 2, 0);
        g_assert_cmpuint(omg_osv_asker_begin_round(asker), ==, 1);
        g_assert_cmpuint(omg_osv_asker_get_n(asker, 0), ==, 1);
        second = omg_osv_asker_dup_body(asker, 0, NULL);
        g_assert_cmpstr(second, ==,
                        "{\"queries\":[{\"package\":{\"name\":\"n1\",\"ecosystem\":\"PyPI\"},"
                        "\"version\":\"1.0\",\"page_token\":\"t1\"}]}");
        omg_osv_asker_add_id(asker, 0, 0, "A-1", 6);
        omg_osv_asker_set_answered(asker, 0);
        assert_state(asker, 3, 0);
        g_assert_cmpuint(omg_osv_asker_begin_round(asker), ==, 0);
        g_assert_cmpuint(get_modified(asker, "A-1"), ==, 7);
        g_assert_cmpuint(get_modified(asker, "A-2"), ==, 0);
}

/* What a failed answer said does not count. */
static void test_failed(void)
{
        g_autoptr(OmgOsvAsker) asker = make(1);

        g_assert_cmpuint(omg_osv_asker_begin_round(asker), ==, 1);
        omg_osv_asker_add_id(asker, 0, 0, "A-1", 5);
        omg_osv_asker_add_token(asker, 0, 0, "t");
        omg_osv_asker_set_failed(asker, 0);
        g_assert_cmpuint(omg_osv_asker_begin_round(asker), ==, 0);
        assert_state(asker, 0, 0);
        g_assert_cmpuint(g_hash_table_size(omg_osv_asker_get_named(asker)), ==, 0);
}

static gboolean has_bad(const OmgOsvAsker *asker, guint batch)
{
        g_autofree char *body = omg_osv_asker_dup_body(asker, batch, NULL);

        return strstr(body, "\"n13\"") != NULL;
}

/* One bad question of 100 is found by halves; the others are answered. */
static void test_halves(void)
{
        g_autoptr(OmgOsvAsker) asker = make(100);
        OmgOsvAskerState state;
        guint n, n_asked = 0;

        while ((n = omg_osv_asker_begin_round(asker)) > 0)
                for (guint i = 0; i < n; i++, n_asked++) {
                        if (has_bad(asker, i))
                                omg_osv_asker_set_refused(asker, i);
                        else
                                omg_osv_asker_set_answered(asker, i);
                }
        assert_state(asker, 99, 1);
        omg_osv_asker_get_state(asker, &state);
        g_assert_cmpstr(state.refused, ==, "PyPI n13 1.0");
        g_assert_cmpuint(n_asked, <=, 15);
}

/* A page that is refused leaves its question without a whole answer. */
static void test_refused_page(void)
{
        g_autoptr(OmgOsvAsker) asker = make(1);

        g_assert_cmpuint(omg_osv_asker_begin_round(asker), ==, 1);
        omg_osv_asker_add_token(asker, 0, 0, "t");
        omg_osv_asker_set_answered(asker, 0);
        g_assert_cmpuint(omg_osv_asker_begin_round(asker), ==, 1);
        omg_osv_asker_set_refused(asker, 0);
        g_assert_cmpuint(omg_osv_asker_begin_round(asker), ==, 0);
        assert_state(asker, 0, 0);
}

/* OMG_LIMIT_OSV_ASKS: tokens without an end. */
static void test_endless(void)
{
        g_autoptr(OmgOsvAsker) asker = make(1);
        guint n_asked = 0;

        while (omg_osv_asker_begin_round(asker) > 0) {
                omg_osv_asker_add_token(asker, 0, 0, "t");
                omg_osv_asker_set_answered(asker, 0);
                n_asked++;
        }
        g_assert_cmpuint(n_asked, ==, OMG_LIMIT_OSV_ASKS);
        assert_state(asker, 0, 0);
}

static void name_many(OmgOsvAsker *asker, guint batch, guint n)
{
        for (guint i = 0; i < n; i++) {
                g_autofree char *id = g_strdup_printf("A-%u-%u", batch, i);
                omg_osv_asker_add_id(asker, batch, 0, id, 1);
        }
        omg_osv_asker_set_answered(asker, batch);
}

/* OMG_LIMIT_OSV_IDS in all: the answer that exceeds it counts as failed. */
static void test_ids(void)
{
        g_autoptr(OmgOsvAsker) asker = make(OMG_LIMIT_OSV_BATCH + 1);

        g_assert_cmpuint(omg_osv_asker_begin_round(asker), ==, 2);
        name_many(asker, 0, OMG_LIMIT_OSV_IDS);
        name_many(asker, 1, 1);
        g_assert_cmpuint(g_hash_table_size(omg_osv_asker_get_named(asker)), ==, OMG_LIMIT_OSV_IDS);
        assert_state(asker, OMG_LIMIT_OSV_BATCH, 0);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/osv-asker/none", test_none);
        g_test_add_func("/osv-asker/batches", test_batches);
        g_test_add_func("/osv-asker/bytes", test_bytes);
        g_test_add_func("/osv-asker/pages", test_pages);
        g_test_add_func("/osv-asker/failed", test_failed);
        g_test_add_func("/osv-asker/halves", test_halves);
        g_test_add_func("/osv-asker/refused-page", test_refused_page);
        g_test_add_func("/osv-asker/endless", test_endless);
        g_test_add_func("/osv-asker/ids", test_ids);
        return g_test_run();
}
