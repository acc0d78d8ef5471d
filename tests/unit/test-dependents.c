/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/dependents.h"

#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "fixture.h"

#define CONF "[options]\n[core]\n[extra]\n"

static const FixturePackage sync_packages[] = {
        {"core", "glibc", "2.36-1", "", .relations = "P:libc.so=6-64"},
        {"core", "bash", "5.2-1", "", .relations = "P:sh D:glibc>=2 D:libc.so=6-64 O:tool"},
        {"core", "app", "1-1", "", .relations = "D:sh D:lib>=2 D:missing>1 M:gcc"},
        {"core", "gcc", "12-1", "", .relations = "D:glibc D:binutils"},
        {"core", "loop-a", "1-1", "", .relations = "D:loop-b"},
        {"core", "loop-b", "1-1", "", .relations = "D:loop-a D:missing>1"},
        {"extra", "lib", "2-1", "", .relations = "D:glibc<3"},
        {"extra", "app", "2-1", "", .relations = "D:glibc>=99"},
        {"extra", "dash", "1-1", "", .relations = "P:sh=1 C:app"},
        {"extra", "user", "1-1", "", .relations = "D:glibc D:sh"},
        {},
};
static const FixturePackage local_packages[] = {
        {NULL, "dash", "0.9-1", "", .relations = "P:sh D:glibc"},
        {NULL, "glibc", "2.30-1", "", .relations = "P:libc.so=6-64"},
        {NULL, "user", "1-1", "", .relations = "D:glibc D:sh O:app"},
        {},
};

static OmgSnapshot *snapshot_new(void)
{
        return fixture_snapshot(sync_packages, local_packages, CONF);
}

/* "name: list; ..." of an answer. */
static char *describe(const OmgRelationAnswer *answer)
{
        GString *text = g_string_new(NULL);

        for (guint i = 0; i < answer->found->len; i++) {
                const GPtrArray *list = g_ptr_array_index(answer->lists, i);
                g_string_append_printf(text, "%s:", (char *)g_ptr_array_index(answer->found, i));
                for (guint k = 0; k < list->len; k++)
                        g_string_append_printf(text, " %s", (char *)g_ptr_array_index(list, k));
                g_string_append_c(text, ';');
        }
        for (guint i = 0; i < answer->missing->len; i++)
                g_string_append_printf(text, " missing %s",
                                       (char *)g_ptr_array_index(answer->missing, i));
        for (guint i = 0; i < answer->unsatisfied->len; i++)
                g_string_append_printf(text, " unsatisfied %s",
                                       (char *)g_ptr_array_index(answer->unsatisfied, i));
        return g_string_free(text, FALSE);
}

typedef OmgRelationAnswer *(*AskFunc)(const OmgSnapshot *, const OmgRelationQuery *,
                                      const OmgInterrupt *, GError **);

static void assert_answer(AskFunc ask, const OmgRelationQuery *template, const char *names,
                          const char *expected)
{
        g_autoptr(OmgSnapshot) s = snapshot_new();
        g_auto(GStrv) strv = g_strsplit(names, " ", -1);
        g_autoptr(GError) error = NULL;
        OmgRelationQuery query = *template;

        query.names = (const char *const *)strv;
        g_autoptr(OmgRelationAnswer) answer = ask(s, &query, NULL, &error);
        g_assert_no_error(error);
        g_autofree char *text = describe(answer);
        g_assert_cmpstr(text, ==, expected);
}

/* alpm_pkg_compute_requiredby and -optionalfor: by name and by provision, over all repositories,
 * each name once and in order. */
static void test_required_by(void)
{
        OmgRelationQuery repo = {.source = OMG_SOURCE_REPO, .relation = OMG_RELATION_DEPENDS};
        OmgRelationQuery any = {.relation = OMG_RELATION_DEPENDS};
        OmgRelationQuery optional = {.relation = OMG_RELATION_OPTDEPENDS};
        OmgRelationQuery made = {.relation = OMG_RELATION_MAKEDEPENDS};
        OmgRelationQuery checked = {.source = OMG_SOURCE_REPO,
                                    .relation = OMG_RELATION_CHECKDEPENDS};

        assert_answer(omg_required_by, &repo, "glibc bash",
                      "glibc: bash gcc lib user;bash: app user;");
        assert_answer(omg_required_by, &any, "glibc nothing core/glibc glibc",
                      "glibc: dash user;core/glibc: bash gcc lib user; missing nothing");
        assert_answer(omg_required_by, &any, "dash", "dash: user;");
        assert_answer(omg_required_by, &optional, "app", "app:;");
        assert_answer(omg_required_by, &made, "gcc", "gcc: app;");
        assert_answer(omg_required_by, &checked, "extra/app core/app dash",
                      "extra/app: dash;core/app: dash;dash:;");
        assert_answer(omg_required_by, &any, "local/user local/bash",
                      "local/user:; missing local/bash");
}

/* What is installed satisfies before what is not; a dependency that nothing satisfies is told once.
 */
static void test_depends_on(void)
{
        OmgRelationQuery direct = {.relation = OMG_RELATION_DEPENDS};
        OmgRelationQuery all = {.relation = OMG_RELATION_DEPENDS, .recursive = TRUE};
        OmgRelationQuery made = {.relation = OMG_RELATION_MAKEDEPENDS, .recursive = TRUE};

        assert_answer(omg_depends_on, &direct, "app", "app: dash lib; unsatisfied missing>1");
        assert_answer(omg_depends_on, &all, "app", "app: dash lib glibc; unsatisfied missing>1");
        assert_answer(omg_depends_on, &direct, "bash", "bash: glibc;");
        assert_answer(omg_depends_on, &made, "app", "app: gcc glibc; unsatisfied binutils");
        assert_answer(omg_depends_on, &all, "loop-a loop-b",
                      "loop-a: loop-b;loop-b: loop-a; unsatisfied missing>1");
        assert_answer(omg_depends_on, &direct, "extra/app", "extra/app:; unsatisfied glibc>=99");
}

static gboolean is_cancelled(gconstpointer userdata)
{
        return TRUE;
}

/* Bad names, no database, a caller that is gone. */
static void test_errors(void)
{
        g_autoptr(OmgSnapshot) s = snapshot_new();
        g_autoptr(OmgSnapshot) bare = fixture_snapshot(sync_packages, NULL, CONF);
        const char *const empty[] = {"", NULL}, *const one[] = {"bash", NULL};
        OmgRelationQuery query = {.names = empty, .relation = OMG_RELATION_DEPENDS};
        OmgInterrupt interrupt = {is_cancelled, NULL};
        g_autoptr(GError) error = NULL;

        g_assert_null(omg_required_by(s, &query, NULL, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS);
        g_clear_error(&error);
        query.names = one;
        g_assert_null(omg_depends_on(s, &query, &interrupt, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_CANCELLED);
        g_clear_error(&error);
        query.source = OMG_SOURCE_LOCAL;
        g_assert_null(omg_required_by(bare, &query, NULL, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE);
}

/* An answer of too many names is refused, not built. */
static void test_limit(void)
{
        enum { N = 1000, M = OMG_LIMIT_RELATION_NAMES / N + 1 };
        g_autoptr(GArray) packages = g_array_new(TRUE, TRUE, sizeof(FixturePackage));
        g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GPtrArray) users = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GString) relations = g_string_new(NULL);
        g_autoptr(GError) error = NULL;

        for (guint i = 0; i < N; i++) {
                g_ptr_array_add(names, g_strdup_printf("n%u", i));
                g_string_append_printf(relations, "D:n%u ", i);
                FixturePackage p = {"core", g_ptr_array_index(names, i), "1-1", ""};
                g_array_append_val(packages, p);
        }
        g_ptr_array_add(names, NULL);
        for (guint i = 0; i < M; i++) {
                g_ptr_array_add(users, g_strdup_printf("u%u", i));
                FixturePackage p = {"core", g_ptr_array_index(users, i), "1-1", "",
                                    .relations = relations->str};
                g_array_append_val(packages, p);
        }
        g_autoptr(OmgSnapshot) s =
                fixture_snapshot((const FixturePackage *)(gpointer)packages->data, NULL, CONF);
        OmgRelationQuery query = {.names = (const char *const *)names->pdata,
                                  .relation = OMG_RELATION_DEPENDS};
        g_assert_null(omg_required_by(s, &query, NULL, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS);
        g_assert_nonnull(strstr(error->message, "200000"));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/dependents/required-by", test_required_by);
        g_test_add_func("/dependents/depends-on", test_depends_on);
        g_test_add_func("/dependents/errors", test_errors);
        g_test_add_func("/dependents/limit", test_limit);
        return g_test_run();
}
