/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Plans of random systems, checked by what they promise: by plain loops over the packages as they
 * were made up, which know nothing of an index, a graph or an order. */
#include <string.h>

#include "base/depend.h"
#include "base/error.h"
#include "engine/aur-resolve.h"
#include "fixture.h"

enum { N_SYNC = 10, N_LOCAL = 6, N_AUR = 24, N_MOST = 64, N_SYSTEMS = 300 };

typedef struct {
        FixturePackage sync[N_SYNC + 1], local[N_LOCAL + 1], aur[N_AUR + 1];
        GStringChunk *chunk;
} System;

/* ---- making one up ---- */

static const char *keep(System *s, const char *format, ...) G_GNUC_PRINTF(2, 3);

static const char *keep(System *s, const char *format, ...)
{
        va_list list;

        va_start(list, format);
        g_autofree char *text = g_strdup_vprintf(format, list);
        va_end(list);
        return g_string_chunk_insert(s->chunk, text);
}

/* Names overlap between the layers: "p0" to "p29"; "v0" to "v4" are only provided. */
static const char *make_depend(System *s, GRand *rand)
{
        static const char *const operators[] = {">=", "<=", "=", "<", ">"};
        gboolean virtual = g_rand_int_range(rand, 0, 4) == 0;
        int number = g_rand_int_range(rand, 0, virtual ? 5 : 31);

        if (g_rand_int_range(rand, 0, 3) > 0)
                return keep(s, "%s%d", virtual ? "v" : "p", number);
        return keep(s, "%s%d%s%d", virtual ? "v" : "p", number,
                    operators[g_rand_int_range(rand, 0, 5)], g_rand_int_range(rand, 1, 4));
}

static const char *make_relations(System *s, GRand *rand, gboolean is_aur)
{
        g_autoptr(GString) text = g_string_new(NULL);
        const char *kinds = is_aur ? "DDDMMCO" : "DDDO";

        for (int n = g_rand_int_range(rand, 0, 7); n > 0; n--)
                g_string_append_printf(text, "%c:%s ",
                                       kinds[g_rand_int_range(rand, 0, (gint32)strlen(kinds))],
                                       make_depend(s, rand));
        if (g_rand_int_range(rand, 0, 4) == 0)
                g_string_append_printf(text, "P:v%d%s ", g_rand_int_range(rand, 0, 5),
                                       g_rand_boolean(rand) ? "=2" : "");
        return keep(s, "%s", text->str);
}

static void make_layer(System *s, GRand *rand, FixturePackage *packages, guint n, gboolean is_aur,
                       gboolean is_local)
{
        g_autoptr(GHashTable) used = g_hash_table_new(NULL, NULL);

        for (guint i = 0; i < n; i++) {
                int number = g_rand_int_range(rand, 0, 30);
                while (!g_hash_table_add(used, GINT_TO_POINTER(number + 1)))
                        number = (number + 1) % 30;
                packages[i] = (FixturePackage){
                        .repository = is_local ? NULL
                                      : is_aur ? "aur"
                                               : "core",
                        .name = keep(s, "p%d", number),
                        .version = keep(s, "%d-1", g_rand_int_range(rand, 1, 4)),
                        .description = "",
                        .relations = make_relations(s, rand, is_aur),
                        .popularity = g_rand_int_range(rand, 0, 3),
                        .base = is_aur && number % 7 == 0 ? "base" : NULL,
                };
        }
        packages[n] = (FixturePackage){};
}

static void system_init(System *s, guint32 seed)
{
        g_autoptr(GRand) rand = g_rand_new_with_seed(seed);

        s->chunk = g_string_chunk_new(4096);
        make_layer(s, rand, s->sync, N_SYNC, FALSE, FALSE);
        make_layer(s, rand, s->local, N_LOCAL, FALSE, TRUE);
        make_layer(s, rand, s->aur, N_AUR, TRUE, FALSE);
}

/* ---- what it promises ---- */

/* An item beside the package that it stands for. */
typedef struct {
        const OmgAurItem *item;
        const FixturePackage *package;
} Entry;

typedef struct {
        const System *system;
        const OmgAurPlan *plan;
        Entry entries[N_MOST];
        guint n;
        gboolean reach[N_MOST][N_MOST]; /* a needs b, by however many steps */
} Check;

static const FixturePackage *find(const FixturePackage *packages, const char *name)
{
        for (; packages->name; packages++)
                if (strcmp(packages->name, name) == 0)
                        return packages;
        return NULL;
}

static gboolean satisfies(const FixturePackage *package, const char *text)
{
        g_auto(GStrv) words = g_strsplit(package->relations, " ", -1);
        OmgDepend depend;

        omg_depend_parse(text, -1, &depend);
        if (omg_depend_matches_literal(&depend, package->name, package->version))
                return TRUE;
        for (char **w = words; *w; w++) {
                OmgDepend provision;
                if (!g_str_has_prefix(*w, "P:"))
                        continue;
                omg_depend_parse(*w + 2, -1, &provision);
                if (omg_depend_matches_provision(&depend, &provision))
                        return TRUE;
        }
        return FALSE;
}

static gboolean any_satisfies(const FixturePackage *packages, const char *text)
{
        for (; packages->name; packages++)
                if (satisfies(packages, text))
                        return TRUE;
        return FALSE;
}

static gboolean is_of_base(const Entry *a, const Entry *b)
{
        return a->item->base && b->item->base && strcmp(a->item->base, b->item->base) == 0;
}

static gboolean is_missed_by(const OmgAurPlan *plan, const char *text, const char *name)
{
        guint place;

        return g_ptr_array_find_with_equal_func(plan->missing, text, g_str_equal, &place) &&
               g_ptr_array_find_with_equal_func(plan->missing_by->pdata[place], name, g_str_equal,
                                                NULL);
}

/* The kinds that are followed from an item. */
static const char *get_followed(const Entry *entry)
{
        return entry->item->row.source == OMG_ROW_AUR    ? "DMC"
               : entry->item->row.source == OMG_ROW_SYNC ? "D"
                                                         : "";
}

typedef void (*EachFunc)(Check *check, guint entry, const char *text, gboolean is_run);

static void for_each_depend(Check *check, EachFunc func)
{
        for (guint i = 0; i < check->n; i++) {
                g_auto(GStrv) words = g_strsplit(check->entries[i].package->relations, " ", -1);
                for (char **w = words; *w; w++)
                        if (**w && strchr(get_followed(&check->entries[i]), **w))
                                func(check, i, *w + 2, **w == 'D');
        }
}

/* A superset of who needs whom: an item that could be it counts. */
static void note_reach(Check *check, guint entry, const char *text, gboolean is_run)
{
        for (guint i = 0; i < check->n; i++)
                if (satisfies(check->entries[i].package, text))
                        check->reach[entry][i] = TRUE;
}

static void close_reach(Check *check)
{
        for (guint a = 0; a < check->n; a++)
                for (guint b = 0; b < check->n; b++)
                        if (is_of_base(&check->entries[a], &check->entries[b]))
                                check->reach[a][b] = TRUE;
        for (guint k = 0; k < check->n; k++)
                for (guint a = 0; a < check->n; a++)
                        for (guint b = 0; b < check->n; b++)
                                if (check->reach[a][k] && check->reach[k][b])
                                        check->reach[a][b] = TRUE;
}

/* Met by what is installed, by an item before it, by one that needs it in turn, by itself where
 * that will do; or missing, and then there is nothing anywhere. */
static void check_met(Check *check, guint entry, const char *text, gboolean is_run)
{
        const Entry *from = &check->entries[entry];
        gboolean met = any_satisfies(check->system->local, text);

        for (guint i = 0; i < check->n && !met; i++)
                met = satisfies(check->entries[i].package, text) &&
                      (i < entry || check->reach[i][entry] ||
                       (is_run && is_of_base(from, &check->entries[i])));
        if (met) {
                g_assert_false(is_missed_by(check->plan, text, from->package->name) &&
                               any_satisfies(check->system->aur, text));
                return;
        }
        g_assert_true(is_missed_by(check->plan, text, from->package->name));
        g_assert_false(any_satisfies(check->system->sync, text));
        g_assert_false(any_satisfies(check->system->aur, text));
}

static gboolean is_wanted_from_layer(const Check *check, const Entry *entry)
{
        const OmgAurItem *item = entry->item;

        for (guint i = 0; i < check->n; i++) {
                const Entry *by = &check->entries[i];
                g_auto(GStrv) words = g_strsplit(by->package->relations, " ", -1);
                if (!item->needed_by ||
                    !g_ptr_array_find_with_equal_func(item->needed_by, by->package->name,
                                                      g_str_equal, NULL))
                        continue;
                for (char **w = words; *w; w++)
                        if (**w && strchr(get_followed(by), **w) &&
                            satisfies(entry->package, *w + 2) &&
                            (item->row.source == OMG_ROW_LOCAL ||
                             !any_satisfies(check->system->local, *w + 2)) &&
                            (item->row.source != OMG_ROW_AUR ||
                             !any_satisfies(check->system->sync, *w + 2) ||
                             strcmp(by->package->name, entry->package->name) == 0))
                                return TRUE;
        }
        return FALSE;
}

/* Nothing is there that nobody needs, or that something nearer would have been. */
static void check_needed(const Check *check)
{
        for (guint i = 0; i < check->n; i++)
                if (!check->entries[i].item->requested)
                        g_assert_true(is_wanted_from_layer(check, &check->entries[i]));
}

/* Those of a base one behind the other, and the first has their names. */
static void check_bases(const Check *check)
{
        for (guint i = 0; i < check->n; i++) {
                const Entry *entry = &check->entries[i];
                if (!entry->item->base)
                        continue;
                gboolean is_first = i == 0 || !is_of_base(entry, &check->entries[i - 1]);
                g_assert_cmpint(is_first, ==, entry->item->builds != NULL);
                for (guint k = 0; is_first && k < check->n; k++) {
                        guint n = entry->item->builds->len;
                        g_assert_cmpint(is_of_base(entry, &check->entries[k]), ==,
                                        k >= i && k < i + n);
                        if (k >= i && k < i + n)
                                g_assert_cmpstr(entry->item->builds->pdata[k - i], ==,
                                                check->entries[k].package->name);
                }
        }
}

/* Only where two do need each other is one told. */
static void check_cycles(const Check *check)
{
        for (guint i = 0; i < check->plan->cycles->len; i++) {
                const GPtrArray *cycle = check->plan->cycles->pdata[i];
                for (guint k = 0; k < cycle->len; k++) {
                        const char *from = cycle->pdata[k],
                                   *to = cycle->pdata[(k + 1) % cycle->len];
                        gboolean found = FALSE;
                        for (guint a = 0; a < check->n; a++)
                                for (guint b = 0; b < check->n; b++)
                                        found = found ||
                                                (check->reach[a][b] && check->reach[b][a] &&
                                                 !strcmp(check->entries[a].package->name, from) &&
                                                 !strcmp(check->entries[b].package->name, to));
                        g_assert_true(found);
                }
        }
}

/* What is needed to build, and stands behind what it is needed for, is told. */
static void check_told(const Check *check)
{
        gboolean has_late = FALSE;

        for (guint i = 0; i < check->n; i++) {
                const Entry *entry = &check->entries[i];
                g_auto(GStrv) words = g_strsplit(entry->package->relations, " ", -1);
                if (entry->item->row.source != OMG_ROW_AUR)
                        continue;
                for (char **w = words; *w; w++) {
                        gboolean met = !**w || !strchr("DMC", **w) ||
                                       any_satisfies(check->system->local, *w + 2) ||
                                       is_missed_by(check->plan, *w + 2, entry->package->name);
                        for (guint k = 0; k < check->n && !met; k++)
                                met = satisfies(check->entries[k].package, *w + 2) &&
                                      (**w == 'D' && is_of_base(entry, &check->entries[k]) ? k != i
                                                                                           : k < i);
                        has_late = has_late || !met;
                }
        }
        if (has_late)
                g_assert_cmpuint(check->plan->cycles->len, >, 0);
}

static const FixturePackage *get_package(const System *s, const OmgSnapshot *snapshot,
                                         const OmgAurItem *item)
{
        const FixturePackage *const layers[] = {
                [OMG_ROW_SYNC] = s->sync, [OMG_ROW_AUR] = s->aur, [OMG_ROW_LOCAL] = s->local};

        return find(
                layers[item->row.source],
                omg_layer_get_name(omg_row_get_layer(snapshot, item->row.source), item->row.id));
}

static void check_plan(const System *s, const OmgSnapshot *snapshot, const OmgAurPlan *plan)
{
        g_autofree Check *check = g_new0(Check, 1);

        *check = (Check){.system = s, .plan = plan, .n = plan->items->len};
        g_assert_cmpuint(check->n, <=, N_MOST);
        for (guint i = 0; i < check->n; i++) {
                const OmgAurItem *item = plan->items->pdata[i];
                check->entries[i] = (Entry){item, get_package(s, snapshot, item)};
        }
        for_each_depend(check, note_reach);
        close_reach(check);
        for_each_depend(check, check_met);
        check_needed(check);
        check_bases(check);
        check_cycles(check);
        check_told(check);
}

/* Two names of the AUR's; each is an item, or a repository's of that name is. */
static void check_system(guint32 seed)
{
        System s;
        g_autoptr(GError) error = NULL;

        system_init(&s, seed);
        const char *const names[] = {s.aur[0].name, s.aur[1].name, NULL};
        g_autoptr(OmgSnapshot) snapshot = fixture_system_snapshot(&(FixtureSystem){
                .sync = s.sync, .local = s.local, .aur = s.aur, .conf = "[options]\n[core]\n"});
        OmgAurQuery query = {.names = names, .with_installed = TRUE};
        g_autoptr(OmgAurPlan) plan = omg_aur_resolve(snapshot, &query, NULL, &error);
        g_assert_no_error(error);
        check_plan(&s, snapshot, plan);
        guint n_requested = 0;
        for (guint i = 0; i < plan->items->len; i++) {
                const OmgAurItem *item = plan->items->pdata[i];
                const FixturePackage *package = get_package(&s, snapshot, item);
                n_requested += item->requested;
                if (item->requested)
                        g_assert_cmpint(item->row.source == OMG_ROW_SYNC, ==,
                                        find(s.sync, package->name) != NULL);
        }
        g_assert_cmpuint(n_requested, ==, 2);
        g_string_chunk_free(s.chunk);
}

static void test_random(void)
{
        for (guint32 seed = 1; seed <= N_SYSTEMS; seed++)
                check_system(seed);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/aur-resolve/random", test_random);
        return g_test_run();
}
