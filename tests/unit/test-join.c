/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "engine/changes.h"
#include "engine/rows.h"
#include "fixture.h"

#define CONF "[options]\n[core]\n[extra]\n"

static guint32 find_local(const OmgSnapshot *s, const char *name)
{
        guint32 id = omg_layer_find(s->local, name, strlen(name), NULL);

        g_assert_cmpuint(id, !=, OMG_NO_PACKAGE);
        return id;
}

static guint32 get_flags(const OmgSnapshot *s, const char *name)
{
        return s->installed[find_local(s, name)].flags;
}

/* The rows of ListUpdates as "name old new repository flags[ replaced...]", one a line. */
static char *dump_updates(const OmgSnapshot *s)
{
        g_autoptr(GString) text = g_string_new(NULL);

        for (guint i = 0; i < s->updates->len; i++) {
                OmgUpdateView v;
                omg_update_view(s, &g_array_index(s->updates, OmgUpdate, i), &v);
                g_string_append_printf(text, "%s %s %s %s %u", v.name, v.old_version, v.new_version,
                                       v.repository, v.flags);
                for (guint j = 0; v.replaces && j < v.replaces->len; j++)
                        g_string_append_printf(text, " %s",
                                               (char *)g_ptr_array_index(v.replaces, j));
                if (v.replaced_by)
                        g_string_append_printf(text, " by %s", v.replaced_by);
                g_string_append_c(text, '\n');
                omg_update_view_clear(&v);
        }
        return g_strdup(text->str);
}

static void assert_updates(const FixturePackage *sync, const FixturePackage *local,
                           const char *conf, const char *expected)
{
        g_autoptr(OmgSnapshot) s = fixture_snapshot(sync, local, conf);
        g_autofree char *got = dump_updates(s);

        g_assert_cmpstr(got, ==, expected);
}

/* Explicit and orphan come from the local layer, foreign and upgradable from the join. */
static void test_flags(void)
{
        const FixturePackage sync[] = {{"core", "a", "2-1", "", NULL, NULL, 0},
                                       {"extra", "b", "1-1", "", NULL, NULL, 0},
                                       {}};
        const FixturePackage local[] = {{NULL, "a", "1-1", "", NULL, NULL, OMG_PACKAGE_EXPLICIT},
                                        {NULL, "b", "1-1", "", NULL, NULL, OMG_PACKAGE_ORPHAN},
                                        {NULL, "c", "1-1", "", NULL, NULL, 0},
                                        {}};
        g_autoptr(OmgSnapshot) s = fixture_snapshot(sync, local, CONF);

        g_assert_cmpuint(get_flags(s, "a"), ==,
                         OMG_PKG_INSTALLED | OMG_PKG_EXPLICIT | OMG_PKG_UPGRADABLE);
        g_assert_cmpuint(get_flags(s, "b"), ==, OMG_PKG_INSTALLED | OMG_PKG_ORPHAN);
        g_assert_cmpuint(get_flags(s, "c"), ==, OMG_PKG_INSTALLED | OMG_PKG_FOREIGN);
        g_assert_cmpuint(s->n_explicit, ==, 1);
        g_assert_cmpuint(s->n_orphans, ==, 1);
        g_assert_cmpuint(s->n_foreign, ==, 1);
        g_assert_cmpuint(s->n_updates, ==, 1);
        g_assert_true(s->complete);
}

/* The first repository that holds the name decides, as in pacman; a lower one may be newer. */
static void test_precedence(void)
{
        const FixturePackage sync[] = {{"core", "a", "1-1", "", NULL, NULL, 0},
                                       {"extra", "a", "9-1", "", NULL, NULL, 0},
                                       {"core", "b", "1:0-1", "", NULL, NULL, 0},
                                       {}};
        const FixturePackage local[] = {
                {NULL, "a", "1-1", "", NULL, NULL, 0}, {NULL, "b", "5-1", "", NULL, NULL, 0}, {}};

        assert_updates(sync, local, CONF, "b 5-1 1:0-1 core 0\n");
        /* A repository that may not upgrade is passed over by pacman -Su. */
        assert_updates(sync, local, "[options]\n[core]\nUsage = Sync Search\n[extra]\n",
                       "a 1-1 9-1 extra 0\nb 5-1 1:0-1 core 2\n");
}

/* IgnorePkg and IgnoreGroup, with patterns, by the installed and by the new package's groups. */
static void test_ignored(void)
{
        const FixturePackage sync[] = {{"core", "aa", "2-1", "", NULL, NULL, 0},
                                       {"core", "ab", "2-1", "", "g1 g2", NULL, 0},
                                       {"core", "ba", "2-1", "", NULL, NULL, 0},
                                       {"core", "bb", "2-1", "", NULL, NULL, 0},
                                       {}};
        const FixturePackage local[] = {{NULL, "aa", "1-1", "", NULL, NULL, 0},
                                        {NULL, "ab", "1-1", "", NULL, NULL, 0},
                                        {NULL, "ba", "1-1", "", "old", NULL, 0},
                                        {NULL, "bb", "1-1", "", NULL, NULL, 0},
                                        {}};
        const char *conf = "[options]\nIgnorePkg = a[ax]\nIgnoreGroup = g2 old\n[core]\n";
        g_autoptr(OmgSnapshot) s = fixture_snapshot(sync, local, conf);
        g_autofree char *got = dump_updates(s);

        g_assert_cmpstr(got, ==,
                        "aa 1-1 2-1 core 2\nab 1-1 2-1 core 2\nba 1-1 2-1 core 2\n"
                        "bb 1-1 2-1 core 0\n");
        g_assert_cmpuint(s->n_updates, ==, 1);
        g_assert_cmpuint(s->n_ignored_updates, ==, 3);
        g_assert_true(omg_snapshot_is_ignored(s, omg_layer_find(s->sync, "aa", 2, NULL)));
        g_assert_false(omg_snapshot_is_ignored(s, omg_layer_find(s->sync, "bb", 2, NULL)));
}

/* Replaces as in alpm_sync_sysupgrade: by repository, versioned, several into one, held back. */
static void test_replaces(void)
{
        const FixturePackage sync[] = {{"core", "new", "1-1", "", NULL, "old1 old2", 0},
                                       {"core", "other", "1-1", "", NULL, "old3<2", 0},
                                       {"core", "keeps", "1-1", "", NULL, NULL, 0},
                                       {"extra", "late", "1-1", "", NULL, "keeps", 0},
                                       {"extra", "old1", "9-1", "", NULL, NULL, 0},
                                       {}};
        const FixturePackage local[] = {{NULL, "old1", "1-1", "", NULL, NULL, 0},
                                        {NULL, "old2", "1-1", "", NULL, NULL, 0},
                                        {NULL, "old3", "2-1", "", NULL, NULL, 0},
                                        {NULL, "keeps", "1-1", "", NULL, NULL, 0},
                                        {}};

        assert_updates(sync, local, CONF,
                       "new 1-1 1-1 core 4 old1 old2\nold1 1-1 9-1 extra 0 by new\n");
        assert_updates(sync, local, "[options]\nIgnorePkg = old2 old1\n[core]\n",
                       "new 1-1 1-1 core 6 old1 old2\nold1 1-1 9-1 extra 2\n");
}

/* Rows are what alpm_sync_sysupgrade does, in the order of names: a target is one row, whatever
 * else it replaces; what is a target already is neither looked at nor replaced into a new one. */
static void test_sysupgrade(void)
{
        const FixturePackage absorbs[] = {{"core", "zz", "2-1", "", NULL, "bb", 0}, {}};
        const FixturePackage absorbs_local[] = {
                {NULL, "zz", "1-1", "", NULL, NULL, 0}, {NULL, "bb", "1-1", "", NULL, NULL, 0}, {}};
        const FixturePackage skipped[] = {{"core", "zz", "1-1", "", NULL, "abc", 0},
                                          {"core", "at", "1-1", "", NULL, "zz", 0},
                                          {}};
        const FixturePackage skipped_local[] = {{NULL, "abc", "1-1", "", NULL, NULL, 0},
                                                {NULL, "zz", "1-1", "", NULL, NULL, 0},
                                                {}};
        const FixturePackage later[] = {{"core", "aa", "2-1", "", NULL, "bb", 0},
                                        {"core", "bb", "2-1", "", NULL, NULL, 0},
                                        {}};
        const FixturePackage later_local[] = {
                {NULL, "aa", "1-1", "", NULL, NULL, 0}, {NULL, "bb", "1-1", "", NULL, NULL, 0}, {}};

        assert_updates(absorbs, absorbs_local, CONF, "zz 1-1 2-1 core 0 bb\n");
        assert_updates(skipped, skipped_local, CONF, "zz 1-1 1-1 core 4 abc\n");
        assert_updates(later, later_local, CONF, "aa 1-1 2-1 core 0 bb\nbb 1-1 2-1 core 0\n");
}

/* What cannot be known is an error with a reason, never an empty list. */
static void test_missing(void)
{
        const FixturePackage local[] = {{NULL, "a", "1-1", "", NULL, NULL, 0}, {}};
        g_autoptr(OmgSnapshot) s = fixture_snapshot(NULL, local, CONF);
        g_autoptr(GError) error = NULL;
        GArray *ids = NULL;
        guint total = 77;

        g_assert_false(s->complete);
        OmgListParams foreign = {.flag = OMG_PKG_FOREIGN, .limit = 10};
        g_assert_false(omg_list_installed(s, &foreign, &ids, &total, &error));
        g_assert_nonnull(error);
        g_clear_error(&error);
        g_assert_false(omg_list_updates(s, &(OmgUpdatesParams){.limit = 10}, &ids, &total, &error));
        g_assert_nonnull(error);
        g_assert_null(ids);
        g_assert_cmpuint(total, ==, 77);
        OmgListParams all = {.flag = OMG_PKG_INSTALLED, .limit = 10};
        g_assert_true(omg_list_installed(s, &all, &ids, &total, NULL));
        g_assert_cmpuint(total, ==, 1);
        g_array_unref(ids);
}

/* Layers mean nothing without a configuration: they are left out, and nothing crashes. */
static void test_no_configuration(void)
{
        const FixturePackage local[] = {{NULL, "a", "1-1", "", NULL, NULL, 0}, {}};
        g_autoptr(OmgLayer) layer = fixture_layer(OMG_LAYER_LOCAL, local);
        OmgSnapshotParts parts = {.local = layer};
        g_autoptr(OmgSnapshot) s = omg_snapshot_new(&parts, 1);
        OmgListParams params = {.flag = OMG_PKG_INSTALLED, .limit = 1};
        g_autoptr(GError) error = NULL;
        GArray *ids;
        guint total;

        g_assert_null(s->local);
        g_assert_false(s->complete);
        g_assert_false(omg_list_installed(s, &params, &ids, &total, &error));
        g_assert_nonnull(error);
}

/* Pages do not overlap and know the total. */
static void test_pages(void)
{
        const FixturePackage local[] = {{NULL, "c", "1", "", NULL, NULL, 0},
                                        {NULL, "a", "1", "", NULL, NULL, 0},
                                        {NULL, "b", "1", "", NULL, NULL, 0},
                                        {}};
        g_autoptr(OmgSnapshot) s = fixture_snapshot(NULL, local, CONF);

        for (guint i = 0; i < 4; i++) {
                OmgListParams params = {.flag = OMG_PKG_INSTALLED, .offset = i, .limit = 1};
                g_autoptr(GArray) ids = NULL;
                guint total;
                g_assert_true(omg_list_installed(s, &params, &ids, &total, NULL));
                g_assert_cmpuint(total, ==, 3);
                g_assert_cmpuint(ids->len, ==, i < 3);
                if (i == 3)
                        break;
                OmgPackageView view;
                omg_installed_view(s, g_array_index(ids, guint32, 0), &view);
                g_assert_cmpint(view.name[0], ==, 'a' + (int)i);
                /* Unknown is not "in no repository". */
                g_assert_cmpstr(view.repository, ==, "");
        }
}

/* Only what really differs is a change. */
static void test_changes(void)
{
        const FixturePackage sync[] = {{"core", "a", "2-1", "", NULL, NULL, 0},
                                       {"extra", "x", "1-1", "", NULL, NULL, 0},
                                       {}};
        const FixturePackage sync2[] = {{"core", "a", "3-1", "", NULL, NULL, 0},
                                        {"extra", "x", "1-1", "", NULL, NULL, 0},
                                        {}};
        const FixturePackage local[] = {{NULL, "a", "1-1", "", NULL, NULL, 0},
                                        {NULL, "b", "1-1", "", NULL, NULL, 0},
                                        {NULL, "d", "1-1", "", NULL, NULL, OMG_PACKAGE_EXPLICIT},
                                        {}};
        const FixturePackage local2[] = {{NULL, "a", "1-1", "", NULL, NULL, 0},
                                         {NULL, "c", "1-1", "", NULL, NULL, 0},
                                         {NULL, "d", "1-1", "", NULL, NULL, 0},
                                         {}};
        g_autoptr(OmgSnapshot) before = fixture_snapshot(sync, local, CONF);
        g_autoptr(OmgSnapshot) same = fixture_snapshot(sync, local, CONF);
        g_autoptr(OmgSnapshot) after = fixture_snapshot(sync2, local2, CONF);
        g_autoptr(OmgChanges) none = omg_changes_new(before, same);
        g_autoptr(OmgChanges) some = omg_changes_new(before, after);

        g_assert_cmpuint(none->installed->len, ==, 0);
        g_assert_cmpuint(none->repositories->len, ==, 0);
        g_assert_false(none->updates);
        g_assert_true(some->updates);
        g_assert_cmpuint(some->installed->len, ==, 3);
        g_assert_cmpstr(g_ptr_array_index(some->installed, 0), ==, "b");
        g_assert_cmpstr(g_ptr_array_index(some->installed, 1), ==, "c");
        g_assert_cmpstr(g_ptr_array_index(some->installed, 2), ==, "d");
        g_assert_cmpuint(some->repositories->len, ==, 1);
        g_assert_cmpstr(g_ptr_array_index(some->repositories, 0), ==, "core");
}

/* What is in no repository, not even one of the user's own, is compared with the AUR: its rows of
 * updates, their flags and counts, and what the lists say of it. */
static void test_aur(void)
{
        const FixturePackage sync[] = {{"core", "a", "2-1", ""},
                                       {"own", "mine", "1-1", ""},
                                       {"core", "zlib", "2-1", ""},
                                       {}};
        const FixturePackage local[] = {
                {NULL, "a", "1-1", ""},         {NULL, "equal", "1:1-1", ""},
                {NULL, "held", "1-1", ""},      {NULL, "mine", "1-1", ""},
                {NULL, "newer-git", "9-1", ""}, {NULL, "nowhere", "1-1", ""},
                {NULL, "older", "1-1", ""},     {}};
        const FixturePackage aur[] = {
                {"aur", "a", "9-1", ""},
                {"aur", "equal", "1:1-1", ""},
                {"aur", "held", "2-1", ""},
                {"aur", "mine", "9-1", ""},
                {"aur", "newer-git", "8-1", "", .flags = OMG_PACKAGE_OUT_OF_DATE},
                {"aur", "older", "1-2", "", .flags = OMG_PACKAGE_NO_MAINTAINER},
                {"aur", "other", "1-1", ""},
                {}};
        const FixtureSystem system = {
                .sync = sync,
                .local = local,
                .aur = aur,
                .conf = "[options]\nIgnorePkg = he*\n[core]\nServer = file:///x\n"
                        "[own]\nServer = file:///x\n"};
        g_autoptr(OmgSnapshot) s = fixture_system_snapshot(&system);
        g_autoptr(OmgSnapshot) without = fixture_snapshot(sync, local, system.conf);
        g_autoptr(OmgChanges) changes = omg_changes_new(without, s);
        g_autofree char *updates = dump_updates(s);
        OmgPackageView view;

        g_assert_cmpstr(updates, ==,
                        "a 1-1 2-1 core 0\n"
                        "held 1-1 2-1 aur 10\n"
                        "older 1-1 1-2 aur 8\n");
        g_assert_cmpuint(s->n_foreign, ==, 5);
        g_assert_cmpuint(s->n_only_local, ==, 1);
        g_assert_cmpuint(s->n_updates, ==, 1);
        g_assert_cmpuint(s->n_aur_updates, ==, 1);
        g_assert_cmpuint(s->n_ignored_updates, ==, 1);
        omg_installed_view(s, find_local(s, "older"), &view);
        g_assert_cmpstr(view.repository, ==, "aur");
        g_assert_cmpuint(view.flags, ==,
                         OMG_PKG_INSTALLED | OMG_PKG_FOREIGN | OMG_PKG_UPGRADABLE |
                                 OMG_PKG_NO_MAINTAINER);
        omg_installed_view(s, find_local(s, "newer-git"), &view);
        g_assert_cmpuint(view.flags, ==, OMG_PKG_INSTALLED | OMG_PKG_FOREIGN | OMG_PKG_OUT_OF_DATE);
        omg_installed_view(s, find_local(s, "mine"), &view);
        g_assert_cmpstr(view.repository, ==, "own");
        g_assert_cmpuint(view.flags, ==, OMG_PKG_INSTALLED);
        omg_installed_view(s, find_local(s, "nowhere"), &view);
        g_assert_cmpstr(view.repository, ==, "local");
        g_assert_true(changes->updates);
        g_assert_cmpuint(changes->repositories->len, ==, 1);
        g_assert_cmpstr(g_ptr_array_index(changes->repositories, 0), ==, "aur");
}

/* Whether the list of updates is another one when the AUR says that of its one row. */
static gboolean changes_updates(const FixturePackage *aur)
{
        const FixturePackage sync[] = {{"core", "a", "1-1", ""}, {}};
        const FixturePackage local[] = {{NULL, "yay", "1-1", ""}, {}};
        const FixturePackage first[] = {{"aur", "yay", "2-1", "", .maintainer = "m"}, {}};
        FixtureSystem system = {.sync = sync, .local = local, .aur = first, .conf = CONF};
        g_autoptr(OmgSnapshot) before = fixture_system_snapshot(&system);
        system.aur = aur;
        g_autoptr(OmgSnapshot) after = fixture_system_snapshot(&system);
        g_autoptr(OmgChanges) changes = omg_changes_new(before, after);

        return changes->updates;
}

/* What a row of the AUR shows beside its versions counts, what it does not show does not. */
static void test_aur_changes(void)
{
        const FixturePackage same[] = {
                {"aur", "yay", "2-1", "other", .maintainer = "m", .votes = 9}, {}};
        const FixturePackage flagged[] = {
                {"aur", "yay", "2-1", "", .flags = OMG_PACKAGE_OUT_OF_DATE, .maintainer = "m"}, {}};
        const FixturePackage other[] = {{"aur", "yay", "2-1", "", .maintainer = "eve"}, {}};
        const FixturePackage orphan[] = {
                {"aur", "yay", "2-1", "", .flags = OMG_PACKAGE_NO_MAINTAINER}, {}};

        g_assert_false(changes_updates(same));
        g_assert_true(changes_updates(flagged));
        g_assert_true(changes_updates(other));
        g_assert_true(changes_updates(orphan));
}

/* What a repository's package is to replace is no update of the AUR's, unless that is held back. */
static void test_aur_replaced(void)
{
        const FixturePackage sync[] = {{"core", "comes", "1-1", "", .replaces = "goes"},
                                       {"core", "held", "1-1", "", .replaces = "stays"},
                                       {}};
        const FixturePackage local[] = {{NULL, "goes", "1-1", ""}, {NULL, "stays", "1-1", ""}, {}};
        const FixturePackage aur[] = {{"aur", "goes", "2-1", ""}, {"aur", "stays", "2-1", ""}, {}};
        const FixtureSystem system = {.sync = sync,
                                      .local = local,
                                      .aur = aur,
                                      .conf = "[options]\nIgnorePkg = held\n[core]\n"};
        g_autoptr(OmgSnapshot) s = fixture_system_snapshot(&system);
        g_autofree char *updates = dump_updates(s);

        g_assert_cmpstr(updates, ==,
                        "comes 1-1 1-1 core 4 goes\n"
                        "goes 1-1 2-1 aur 8 by comes\n"
                        "held 1-1 1-1 core 6 stays\n"
                        "stays 1-1 2-1 aur 8\n");
        g_assert_cmpuint(s->n_updates, ==, 1);
        g_assert_cmpuint(s->n_aur_updates, ==, 1);
        g_assert_cmpuint(s->n_ignored_updates, ==, 1);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/join/flags", test_flags);
        g_test_add_func("/join/precedence", test_precedence);
        g_test_add_func("/join/ignored", test_ignored);
        g_test_add_func("/join/replaces", test_replaces);
        g_test_add_func("/join/sysupgrade", test_sysupgrade);
        g_test_add_func("/join/missing", test_missing);
        g_test_add_func("/join/no-configuration", test_no_configuration);
        g_test_add_func("/join/pages", test_pages);
        g_test_add_func("/join/changes", test_changes);
        g_test_add_func("/join/aur", test_aur);
        g_test_add_func("/join/aur-changes", test_aur_changes);
        g_test_add_func("/join/aur-replaced", test_aur_replaced);
        return g_test_run();
}
