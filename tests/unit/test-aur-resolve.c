/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/aur-resolve.h"

#include <string.h>

#include "base/depend.h"
#include "base/error.h"
#include "base/limits-resolve.h"
#include "fixture.h"

#define CONF "[options]\nIgnorePkg = held\n[core]\n[mine]\n"

static const FixturePackage sync_packages[] = {
        {"core", "glibc", "2.36-1", "", .relations = "P:libc.so=6-64"},
        {"core", "gcc", "12-1", "", .relations = "D:glibc D:binutils>=2"},
        {"core", "binutils", "2.40-1", "", .relations = "D:glibc O:debuginfod M:never"},
        {"core", "ring-a", "1-1", "", .relations = "D:ring-b"},
        {"core", "ring-b", "1-1", "", .relations = "D:ring-a"},
        {"core", "jre8", "8-1", "", .relations = "P:java=8"},
        {"core", "jre17", "17-1", "", .relations = "P:java=17"},
        {"mine", "custom", "1-1", "", .relations = "D:plain"},
        {"mine", "both", "3-1", ""},
        {},
};
static const FixturePackage local_packages[] = {
        {NULL, "glibc", "2.36-1", "", .relations = "P:libc.so=6-64"},
        {NULL, "dash", "1-1", "", .relations = "P:sh X:hater-of-dash"},
        {NULL, "old", "1-1", "", .relations = "P:old-lib=1"},
        {NULL, "same", "2-1", ""},
        {NULL, "pick-mine", "1-1", ""},
        {},
};
static const FixturePackage aur_packages[] = {
        {"aur", "plain", "1-1", "", .relations = "D:glibc>=2 D:sh"},
        {"aur", "app", "1-1", "", .relations = "D:plain M:gcc C:tester C:glibc"},
        {"aur", "tester", "1-1", "", .relations = "D:plain"},
        {"aur", "both", "9-1", ""},
        {"aur", "wants-both", "1-1", "", .relations = "D:both D:both>=5"},
        {"aur", "wants-missing", "1-1", "", .relations = "D:nothing>=2 M:plain>5 O:no"},
        {"aur", "top", "1-1", "", .relations = "D:left D:right"},
        {"aur", "left", "1-1", "", .relations = "D:bottom"},
        {"aur", "right", "1-1", "", .relations = "M:bottom"},
        {"aur", "bottom", "1-1", ""},
        {"aur", "two-a", "1-1", "", .relations = "D:two-b"},
        {"aur", "two-b", "1-1", "", .relations = "M:two-a"},
        {"aur", "three-a", "1-1", "", .relations = "D:three-b"},
        {"aur", "three-b", "1-1", "", .relations = "D:three-c"},
        {"aur", "three-c", "1-1", "", .relations = "D:three-a"},
        {"aur", "check-a", "1-1", "", .relations = "C:check-b"},
        {"aur", "check-b", "1-1", "", .relations = "D:check-a"},
        {"aur", "self-make", "1-1", "", .relations = "M:self-make"},
        {"aur", "self-run", "1-1", "", .relations = "P:self-lib D:self-lib"},
        {"aur", "gcc-git", "13-1", "", .relations = "P:gcc=13 X:gcc M:gcc"},
        {"aur", "split", "1-1", "", .relations = "D:split-data M:gcc", .base = "split"},
        {"aur", "split-data", "1-1", "", .relations = "M:gcc", .base = "split"},
        {"aur", "split-make", "1-1", "", .relations = "M:split-tool", .base = "splitter"},
        {"aur", "split-tool", "1-1", "", .relations = "M:split-tool", .base = "splitter"},
        {"aur", "uses-split", "1-1", "", .relations = "D:split D:split-data"},
        {"aur", "needs-java", "1-1", "", .relations = "D:java"},
        {"aur", "needs-java9", "1-1", "", .relations = "D:java>=9"},
        {"aur", "needs-java99", "1-1", "", .relations = "D:java>=99"},
        {"aur", "needs-pick", "1-1", "", .relations = "D:pick=2"},
        {"aur", "needs-other", "1-1", "", .relations = "D:other"},
        {"aur", "pick-mine", "2-1", "", .relations = "P:pick=2", .popularity = 1},
        {"aur", "pick-loved", "2-1", "", .relations = "P:pick=2 P:other", .popularity = 9},
        {"aur", "pick-none", "2-1", "", .relations = "P:pick=3 P:other", .votes = 3},
        {"aur", "pick-bare", "2-1", "", .relations = "P:pick P:other"},
        {"aur", "held", "2-1", "", .relations = "P:other", .popularity = 99},
        {"aur", "held-back", "1-1", "", .relations = "P:only-held"},
        {"aur", "old", "2-1", "", .relations = "P:old-lib=2"},
        {"aur", "needs-old", "1-1", "", .relations = "D:old-lib"},
        {"aur", "needs-old1", "1-1", "", .relations = "D:old-lib<2"},
        {"aur", "needs-old2", "1-1", "", .relations = "D:old-lib>=2"},
        {"aur", "same", "2-1", ""},
        {"aur", "optional", "1-1", "", .relations = "O:bottom O:no-such D:optional-b"},
        {"aur", "optional-b", "1-1", "", .relations = "O:plain"},
        {"aur", "optional-c", "1-1", "", .relations = "O:optional-d"},
        {"aur", "optional-d", "1-1", "", .relations = "D:optional-c"},
        {"aur", "hater", "1-1", "", .relations = "X:bottom X:dash D:plain"},
        {"aur", "hater-of-dash", "1-1", "", .relations = "X:old<2"},
        {"aur", "needs-ring", "1-1", "", .relations = "D:ring-b"},
        {"aur", "thing-git", "r1-1", ""},
        {},
};

static OmgSnapshot *snapshot_new(void)
{
        return fixture_system_snapshot(&(FixtureSystem){
                .sync = sync_packages, .local = local_packages, .aur = aur_packages, .conf = CONF});
}

static const char *get_name(const OmgSnapshot *s, const OmgAurItem *item)
{
        return omg_layer_get_name(omg_row_get_layer(s, item->row.source), item->row.id);
}

static void append_names(GString *text, const GPtrArray *names)
{
        for (guint i = 0; names && i < names->len; i++)
                g_string_append_printf(text, "%s%s", i > 0 ? "," : "", (char *)names->pdata[i]);
}

/* "repo:gcc aur:app*" (* asked for, ~ only to build), then what is wrong. */
static char *describe(const OmgSnapshot *s, const OmgAurPlan *plan)
{
        static const char *const sources[] = {
                [OMG_ROW_SYNC] = "repo", [OMG_ROW_AUR] = "aur", [OMG_ROW_LOCAL] = "local"};
        GString *text = g_string_new(NULL);

        for (guint i = 0; i < plan->items->len; i++) {
                const OmgAurItem *item = plan->items->pdata[i];
                g_string_append_printf(text, "%s%s:%s%s%s", i > 0 ? " " : "",
                                       sources[item->row.source], get_name(s, item),
                                       item->requested ? "*" : "", item->make_only ? "~" : "");
        }
        for (guint i = 0; i < plan->missing->len; i++) {
                g_string_append_printf(text, " missing %s<", (char *)plan->missing->pdata[i]);
                append_names(text, plan->missing_by->pdata[i]);
        }
        for (guint i = 0; i < plan->cycles->len; i++) {
                g_string_append(text, " cycle ");
                append_names(text, plan->cycles->pdata[i]);
        }
        for (guint i = 0; i < plan->conflicts->len; i += 2)
                g_string_append_printf(text, " conflict %s,%s", (char *)plan->conflicts->pdata[i],
                                       (char *)plan->conflicts->pdata[i + 1]);
        return g_string_free(text, FALSE);
}

static OmgAurPlan *resolve(const OmgSnapshot *s, const OmgAurQuery *template, const char *names)
{
        g_auto(GStrv) strv = g_strsplit(names, " ", -1);
        OmgAurQuery query = *template;
        g_autoptr(GError) error = NULL;

        query.names = (const char *const *)strv;
        OmgAurPlan *plan = omg_aur_resolve(s, &query, NULL, &error);
        g_assert_no_error(error);
        return plan;
}

static void expect_with(const OmgAurQuery *query, const char *names, const char *expected)
{
        g_autoptr(OmgSnapshot) s = snapshot_new();
        g_autoptr(OmgAurPlan) plan = resolve(s, query, names);
        g_autofree char *text = describe(s, plan);

        g_assert_cmpstr(text, ==, expected);
}

static void expect(const char *names, const char *expected)
{
        expect_with(&(OmgAurQuery){}, names, expected);
}

/* Installed, repositories, AUR; all three kinds of what is built, and depends alone of the others.
 */
static void test_kinds(void)
{
        OmgAurQuery all = {.with_installed = TRUE}, unchecked = {.without_check = TRUE};

        expect("plain", "aur:plain*");
        expect("app", "repo:binutils~ repo:gcc~ aur:plain aur:tester~ aur:app*");
        expect_with(&unchecked, "app", "repo:binutils~ repo:gcc~ aur:plain aur:app*");
        expect_with(&all, "plain", "local:glibc local:dash aur:plain*");
        expect("aur/plain plain", "aur:plain*");
        expect("top", "aur:bottom aur:left aur:right aur:top*");
}

/* A name of a repository is that repository's, also where the AUR has it; what neither has is
 * missing. */
static void test_names(void)
{
        expect("both", "repo:both*");
        expect("aur/both", "aur:both*");
        expect("mine/both", "repo:both*");
        expect("core/both nobody aur/gcc", " missing core/both< missing nobody< missing aur/gcc<");
        expect("custom", "aur:plain repo:custom*");
        expect("wants-both", "repo:both aur:both aur:wants-both* conflict both,both");
}

/* Each with who wants it, once; what is optional is missed by nobody. */
static void test_missing(void)
{
        expect("wants-missing",
               "aur:wants-missing* missing nothing>=2<wants-missing missing plain>5<wants-missing");
}

/* Versions of names and of provisions, and who is taken of several. */
static void test_providers(void)
{
        g_autoptr(OmgSnapshot) s = snapshot_new();
        g_autoptr(OmgAurPlan) java = resolve(s, &(OmgAurQuery){}, "needs-java");
        g_autoptr(OmgAurPlan) other = resolve(s, &(OmgAurQuery){}, "needs-other");
        g_autoptr(GString) text = g_string_new(NULL);

        expect("needs-java", "repo:jre17 aur:needs-java*");
        expect("needs-java9", "repo:jre17 aur:needs-java9*");
        expect("needs-java99", "aur:needs-java99* missing java>=99<needs-java99");
        expect("needs-pick", "aur:pick-mine aur:needs-pick*");
        expect("needs-other", "aur:pick-loved aur:needs-other*");
        expect("needs-other pick-bare", "aur:pick-bare* aur:needs-other*");
        append_names(text, ((OmgAurItem *)java->items->pdata[0])->alternatives);
        g_string_append_c(text, ' ');
        append_names(text, ((OmgAurItem *)other->items->pdata[0])->alternatives);
        g_assert_cmpstr(text->str, ==, "jre8 pick-none,pick-bare,held");
}

/* Of each there is one cycle, and the weakest need is the one that is not met. */
static void test_cycles(void)
{
        expect("two-a", "aur:two-b aur:two-a* cycle two-a,two-b");
        expect("three-a", "aur:three-c aur:three-b aur:three-a* cycle three-a,three-b,three-c");
        expect("check-a", "aur:check-a* aur:check-b~ cycle check-a,check-b");
        expect("check-b", "aur:check-a aur:check-b* cycle check-a,check-b");
        expect_with(&(OmgAurQuery){.without_check = TRUE}, "check-b", "aur:check-a aur:check-b*");
        expect("self-make", "aur:self-make* cycle self-make");
        expect("self-run", "aur:self-run* cycle self-run");
        expect("needs-ring", "repo:ring-a repo:ring-b aur:needs-ring*");
        expect("gcc-git", "repo:binutils~ repo:gcc~ aur:gcc-git* conflict gcc-git,gcc");
}

/* What one run of makepkg makes stands together. */
static void test_split(void)
{
        g_autoptr(OmgSnapshot) s = snapshot_new();
        g_autoptr(OmgAurPlan) plan = resolve(s, &(OmgAurQuery){}, "uses-split");
        const OmgAurItem *first = plan->items->pdata[2], *second = plan->items->pdata[3];
        g_autoptr(GString) text = g_string_new(NULL);

        expect("uses-split", "repo:binutils~ repo:gcc~ aur:split-data aur:split aur:uses-split*");
        append_names(text, first->builds);
        g_assert_cmpstr(text->str, ==, "split-data,split");
        g_assert_null(second->builds);
        g_assert_cmpstr(first->base, ==, "split");
        expect("split-make",
               "aur:split-make* aur:split-tool~ cycle split-make,split-tool cycle split-tool");
}

/* What is installed in the AUR's version is built when it was asked for, unless the caller does not
 * want that; what an item upgrades stands before what needs it. */
static void test_installed(void)
{
        OmgAurQuery needed = {.skip_installed = TRUE};
        OmgAurQuery needed_all = {.skip_installed = TRUE, .with_installed = TRUE};

        expect("same", "aur:same*");
        expect_with(&needed, "same", "");
        expect_with(&needed_all, "same", "local:same*");
        expect_with(&needed, "old", "aur:old*");
        expect("needs-old", "aur:needs-old*");
        expect("needs-old old", "aur:old* aur:needs-old*");
        expect("needs-old needs-old2", "aur:old aur:needs-old* aur:needs-old2*");
        expect("needs-old1 needs-old2",
               "aur:needs-old1* aur:old aur:needs-old2* conflict needs-old1,old");
        expect_with(&(OmgAurQuery){.with_installed = TRUE}, "needs-old needs-old2",
                    "aur:old aur:needs-old* aur:needs-old2*");
}

/* Optional ones of what was asked for, and nothing is wrong when they are not there. */
static void test_optional(void)
{
        OmgAurQuery optional = {.with_optional = TRUE};

        expect("optional", "aur:optional-b aur:optional*");
        expect_with(&optional, "optional", "aur:optional-b aur:bottom aur:optional*");
        expect_with(&optional, "optional-c", "aur:optional-c* aur:optional-d");
}

/* Between items, and with what is installed, whoever of the two says so. */
static void test_conflicts(void)
{
        g_autoptr(OmgSnapshot) s = snapshot_new();
        g_autoptr(OmgAurPlan) plan = resolve(s, &(OmgAurQuery){}, "hater hater-of-dash");
        g_autoptr(GString) text = g_string_new(NULL);

        expect("hater bottom", "aur:bottom* aur:plain aur:hater* conflict hater,bottom");
        for (guint i = 0; i < plan->items->len; i++) {
                append_names(text, ((OmgAurItem *)plan->items->pdata[i])->conflicts);
                g_string_append_c(text, ';');
        }
        g_assert_cmpstr(text->str, ==, "old,dash;;dash;");
        expect("hater-of-dash old", "aur:hater-of-dash* aur:old*");
}

/* Who needs an item and how. */
static void test_needed_by(void)
{
        g_autoptr(OmgSnapshot) s = snapshot_new();
        g_autoptr(OmgAurPlan) plan = resolve(s, &(OmgAurQuery){}, "top app");
        g_autoptr(GString) text = g_string_new(NULL);

        for (guint i = 0; i < plan->items->len; i++) {
                const OmgAurItem *item = plan->items->pdata[i];
                g_string_append_printf(text, "%s %u ", get_name(s, item), item->kinds);
                append_names(text, item->needed_by);
                g_string_append_c(text, ';');
        }
        g_assert_cmpstr(text->str, ==,
                        "binutils 8 gcc;gcc 4 app;plain 8 app,tester;tester 2 app;app 0 ;"
                        "bottom 12 left,right;left 8 top;right 8 top;top 0 ;");
}

static gboolean is_cancelled(gconstpointer userdata)
{
        return TRUE;
}

static void expect_fault(const OmgSnapshot *s, const char *name, const OmgInterrupt *interrupt,
                         int code, const char *text)
{
        const char *const names[] = {name, NULL};
        OmgAurQuery query = {.names = names};
        g_autoptr(GError) error = NULL;

        g_assert_null(omg_aur_resolve(s, &query, interrupt, &error));
        g_assert_error(error, OMG_ERROR, code);
        g_assert_nonnull(strstr(error->message, text));
}

/* Not known is not missing. */
static void test_errors(void)
{
        FixtureSystem no_aur = {.sync = sync_packages, .local = local_packages, .conf = CONF};
        FixtureSystem no_sync = {.local = local_packages, .aur = aur_packages, .conf = CONF};
        FixtureSystem no_local = {.sync = sync_packages, .aur = aur_packages, .conf = CONF};
        g_autoptr(OmgSnapshot) s = snapshot_new();
        g_autoptr(OmgSnapshot) without_aur = fixture_system_snapshot(&no_aur);
        g_autoptr(OmgSnapshot) without_sync = fixture_system_snapshot(&no_sync);
        g_autoptr(OmgSnapshot) without_local = fixture_system_snapshot(&no_local);
        OmgInterrupt interrupt = {is_cancelled, NULL};

        expect_fault(without_aur, "plain", NULL, OMG_ERROR_UNAVAILABLE, "enabled=false");
        expect_fault(without_sync, "plain", NULL, OMG_ERROR_UNAVAILABLE, "");
        expect_fault(without_local, "plain", NULL, OMG_ERROR_UNAVAILABLE, "");
        expect_fault(s, "", NULL, OMG_ERROR_INVALID_ARGS, "empty");
        expect_fault(s, "plain", &interrupt, OMG_ERROR_CANCELLED, "");
}

/* ---- limits ---- */

/* Packages made up one by one; the texts live as long. */
typedef struct {
        GArray *packages;
        GPtrArray *texts;
} Made;

static void made_init(Made *made)
{
        made->packages = g_array_new(TRUE, TRUE, sizeof(FixturePackage));
        made->texts = g_ptr_array_new_with_free_func(g_free);
}

static void made_add(Made *made, char *name, char *relations)
{
        FixturePackage package = {"aur", name, "1-1", "", .relations = relations};

        g_ptr_array_add(made->texts, name);
        g_ptr_array_add(made->texts, relations);
        g_array_append_val(made->packages, package);
}

static OmgSnapshot *made_finish(Made *made)
{
        static const FixturePackage none[] = {{}};
        OmgSnapshot *s = fixture_system_snapshot(
                &(FixtureSystem){.sync = none,
                                 .local = none,
                                 .aur = (const FixturePackage *)(gpointer)made->packages->data,
                                 .conf = CONF});

        g_array_unref(made->packages);
        g_ptr_array_unref(made->texts);
        return s;
}

static char *repeat(const char *text, guint n)
{
        GString *all = g_string_new(NULL);

        while (n-- > 0)
                g_string_append(all, text);
        return g_string_free(all, FALSE);
}

/* A chain as long as may be is followed to its end, whatever the stack; one more is too many. */
static void test_chain(void)
{
        guint n = OMG_LIMIT_AUR_RESOLVE_PACKAGES + 1;
        Made made;

        made_init(&made);
        for (guint i = 0; i < n; i++)
                made_add(&made, g_strdup_printf("n%05u", i), g_strdup_printf("D:n%05u", i + 1));
        g_autoptr(OmgSnapshot) s = made_finish(&made);
        g_autoptr(OmgAurPlan) plan = resolve(s, &(OmgAurQuery){}, "n00001");
        g_assert_cmpuint(plan->items->len, ==, OMG_LIMIT_AUR_RESOLVE_PACKAGES);
        g_assert_cmpstr(get_name(s, plan->items->pdata[0]), ==, "n10000");
        g_assert_cmpstr(get_name(s, plan->items->pdata[n - 2]), ==, "n00001");
        expect_fault(s, "n00000", NULL, OMG_ERROR_INVALID_ARGS, "10000 packages");
}

/* What would take too long or too much room is refused. */
static void test_too_much(void)
{
        guint n_deps = OMG_LIMIT_AUR_RESOLVE_RELATIONS + 1;
        GString *wide = g_string_new(NULL);
        Made made;

        made_init(&made);
        made_add(&made, g_strdup("deps"), repeat("D:deps ", n_deps));
        made_add(&made, g_strdup("offers"), repeat("P:x ", n_deps));
        made_add(&made, g_strdup("uses-offers"), g_strdup("D:offers"));
        made_add(&made, g_strdup("steps"), repeat("D:v>5 ", 20000));
        for (guint i = 0; i < 1000; i++)
                made_add(&made, g_strdup_printf("v%u", i), g_strdup("P:v=1"));
        for (guint i = 0; i < 190; i++)
                g_string_append_printf(wide, "D:%03u%0240u ", i, 0);
        for (guint i = 0; i < 190; i++)
                made_add(&made, g_strdup_printf("%03u%0240u", i, 0), g_strdup(wide->str));
        made_add(&made, g_strdup("texts"), g_string_free(wide, FALSE));
        g_autoptr(OmgSnapshot) s = made_finish(&made);
        expect_fault(s, "deps", NULL, OMG_ERROR_INVALID_ARGS, "200000 dependencies");
        expect_fault(s, "uses-offers", NULL, OMG_ERROR_INVALID_ARGS, "200000 names");
        expect_fault(s, "steps", NULL, OMG_ERROR_INVALID_ARGS, "4000000");
        expect_fault(s, "texts", NULL, OMG_ERROR_INVALID_ARGS, "8388608 bytes");
}

/* Lists that only inform are cut. */
static void test_cut(void)
{
        GString *all = g_string_new("D:choice ");
        Made made;

        made_init(&made);
        for (guint i = 0; i <= OMG_LIMIT_AUR_RESOLVE_CYCLES; i++) {
                made_add(&made, g_strdup_printf("a%u", i), g_strdup_printf("D:b%u", i));
                made_add(&made, g_strdup_printf("b%u", i), g_strdup_printf("D:a%u P:z X:z", i));
                g_string_append_printf(all, "D:a%u ", i);
        }
        for (guint i = 0; i < OMG_LIMIT_AUR_RESOLVE_ALTERNATIVES + 2; i++)
                made_add(&made, g_strdup_printf("c%u", i), g_strdup("P:choice"));
        made_add(&made, g_strdup("all"), g_string_free(all, FALSE));
        g_autoptr(OmgSnapshot) s = made_finish(&made);
        g_autoptr(OmgAurPlan) plan = resolve(s, &(OmgAurQuery){}, "all");
        g_autoptr(OmgAurPlan) few = resolve(s, &(OmgAurQuery){}, "a0 a1");
        g_assert_cmpuint(plan->cycles->len, ==, OMG_LIMIT_AUR_RESOLVE_CYCLES);
        g_assert_true(plan->cycles_cut);
        g_assert_cmpuint(plan->conflicts->len, ==, 2 * OMG_LIMIT_AUR_RESOLVE_CONFLICTS);
        g_assert_cmpuint(few->cycles->len, ==, 2);
        g_assert_false(few->cycles_cut);
        for (guint i = 0; i < plan->items->len; i++) {
                const OmgAurItem *item = plan->items->pdata[i];
                if (item->alternatives)
                        g_assert_cmpuint(item->alternatives->len, ==,
                                         OMG_LIMIT_AUR_RESOLVE_ALTERNATIVES);
        }
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/aur-resolve/kinds", test_kinds);
        g_test_add_func("/aur-resolve/names", test_names);
        g_test_add_func("/aur-resolve/missing", test_missing);
        g_test_add_func("/aur-resolve/providers", test_providers);
        g_test_add_func("/aur-resolve/cycles", test_cycles);
        g_test_add_func("/aur-resolve/split", test_split);
        g_test_add_func("/aur-resolve/installed", test_installed);
        g_test_add_func("/aur-resolve/optional", test_optional);
        g_test_add_func("/aur-resolve/conflicts", test_conflicts);
        g_test_add_func("/aur-resolve/needed-by", test_needed_by);
        g_test_add_func("/aur-resolve/errors", test_errors);
        g_test_add_func("/aur-resolve/chain", test_chain);
        g_test_add_func("/aur-resolve/too-much", test_too_much);
        g_test_add_func("/aur-resolve/cut", test_cut);
        return g_test_run();
}
