/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/providers.h"

#include "fixture.h"

#define CONF                                                                    \
        "[options]\nIgnorePkg = held\n[core]\nUsage = All\n[extra]\n[hidden]\n" \
        "Usage = Search\n"

static const FixturePackage sync_packages[] = {
        {"core", "bash", "5.2-1", "", .relations = "P:sh"},
        {"core", "lib", "2-1", "", .relations = "P:lib.so=2-64"},
        {"core", "zdash", "0.5-1", "", .relations = "P:sh=1 P:tool"},
        {"core", "held", "1-1", "", .relations = "P:heldthing"},
        {"core", "self", "1-1", "", .relations = "P:self=9"},
        {"extra", "adash", "0.5-1", "", .relations = "P:sh P:tool P:editor"},
        {"extra", "lib", "3-1", "", .relations = "P:lib.so=3-64"},
        {"extra", "tool", "1-1", "", .relations = "P:tool-ng=2"},
        {"extra", "vim", "9-1", "", .relations = "P:editor"},
        {"hidden", "secret", "1-1", "", .relations = "P:secretthing"},
        {},
};
static const FixturePackage local_packages[] = {
        {NULL, "vim", "8-1", "", .relations = "P:editor=8"},
        {NULL, "emacs", "28-1", "", .relations = "P:editor=28"},
        {NULL, "lib", "1-1", ""},
        {},
};

static const char *choose(const OmgSnapshot *snapshot, const char *text, gboolean skip_ignored)
{
        OmgDepend depend;

        omg_depend_parse(text, -1, &depend);
        guint32 id = omg_provider_choose(snapshot, &depend, skip_ignored);
        if (id == OMG_NO_PACKAGE)
                return "-";
        const OmgPackageRecord *record = omg_layer_get_record(snapshot->sync, id);
        g_autofree char *path = g_strconcat(omg_row_get_repository(snapshot, record), "/",
                                            omg_layer_get_text(snapshot->sync, record->name), NULL);
        return g_intern_string(path);
}

/* resolvedep: names before provisions, over all repositories; then what is installed; then the
 * first by repository and name. */
static void test_choose(void)
{
        g_autoptr(OmgSnapshot) s = fixture_snapshot(sync_packages, local_packages, CONF);

        g_assert_cmpstr(choose(s, "lib", FALSE), ==, "core/lib");
        g_assert_cmpstr(choose(s, "lib>2", FALSE), ==, "extra/lib");
        g_assert_cmpstr(choose(s, "lib>3", FALSE), ==, "-");
        g_assert_cmpstr(choose(s, "sh", FALSE), ==, "core/bash");
        g_assert_cmpstr(choose(s, "sh=1", FALSE), ==, "core/zdash");
        g_assert_cmpstr(choose(s, "tool", FALSE), ==, "extra/tool");
        g_assert_cmpstr(choose(s, "tool-ng>=2", FALSE), ==, "extra/tool");
        g_assert_cmpstr(choose(s, "editor", FALSE), ==, "extra/vim");
        g_assert_cmpstr(choose(s, "lib.so=3-64", FALSE), ==, "extra/lib");
        g_assert_cmpstr(choose(s, "", FALSE), ==, "-");
        /* Its own name, but the wrong version: what it provides does not count either. */
        g_assert_cmpstr(choose(s, "self=9", FALSE), ==, "-");
        /* Usage without Install and Upgrade. */
        g_assert_cmpstr(choose(s, "secret", FALSE), ==, "-");
        g_assert_cmpstr(choose(s, "secretthing", FALSE), ==, "-");
}

/* What IgnorePkg holds back is taken only where pacman would ask. */
static void test_ignored(void)
{
        g_autoptr(OmgSnapshot) s = fixture_snapshot(sync_packages, local_packages, CONF);

        g_assert_cmpstr(choose(s, "held", FALSE), ==, "core/held");
        g_assert_cmpstr(choose(s, "held", TRUE), ==, "-");
        g_assert_cmpstr(choose(s, "heldthing", TRUE), ==, "-");
}

static void assert_chosen(const OmgSnapshot *s, const char *text, gboolean is_local,
                          const char *name)
{
        OmgDepend depend;
        OmgRow row;

        omg_depend_parse(text, -1, &depend);
        omg_satisfier_choose(s, &depend, &row);
        g_assert_cmpuint(row.id != OMG_NO_PACKAGE, ==, name != NULL);
        if (!name)
                return;
        g_assert_cmpint(row.source, ==, is_local ? OMG_ROW_LOCAL : OMG_ROW_SYNC);
        g_assert_cmpstr(omg_layer_get_name(is_local ? s->local : s->sync, row.id), ==, name);
}

/* What is installed satisfies first, by name before by provision; held back is better than nothing.
 */
static void test_satisfier(void)
{
        g_autoptr(OmgSnapshot) s = fixture_snapshot(sync_packages, local_packages, CONF);

        assert_chosen(s, "lib", TRUE, "lib");
        assert_chosen(s, "lib>1", FALSE, "lib");
        assert_chosen(s, "editor", TRUE, "emacs");
        assert_chosen(s, "editor<20", TRUE, "vim");
        assert_chosen(s, "sh", FALSE, "bash");
        assert_chosen(s, "heldthing", FALSE, "held");
        assert_chosen(s, "nothing", FALSE, NULL);
        g_autoptr(OmgSnapshot) bare = fixture_snapshot(NULL, local_packages, CONF);
        assert_chosen(bare, "sh", FALSE, NULL);
        assert_chosen(bare, "editor", TRUE, "emacs");
}

/* All satisfiers, each once, with the way it satisfies. */
static void test_find(void)
{
        g_autoptr(OmgLayer) layer = fixture_layer(OMG_LAYER_SYNC, sync_packages);
        OmgDepend depend;

        omg_depend_parse("self", -1, &depend);
        g_autoptr(GArray) self = omg_satisfiers_find(layer, &depend);
        g_assert_cmpuint(self->len, ==, 1);
        g_assert_true(g_array_index(self, OmgSatisfier, 0).by_name);
        omg_depend_parse("self=9", -1, &depend);
        g_autoptr(GArray) versioned = omg_satisfiers_find(layer, &depend);
        g_assert_cmpuint(versioned->len, ==, 1);
        g_assert_false(g_array_index(versioned, OmgSatisfier, 0).by_name);
        omg_depend_parse("tool", -1, &depend);
        g_autoptr(GArray) tool = omg_satisfiers_find(layer, &depend);
        g_assert_cmpuint(tool->len, ==, 3);
        for (guint i = 1; i < tool->len; i++)
                g_assert_cmpuint(g_array_index(tool, OmgSatisfier, i - 1).id, <,
                                 g_array_index(tool, OmgSatisfier, i).id);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/providers/choose", test_choose);
        g_test_add_func("/providers/ignored", test_ignored);
        g_test_add_func("/providers/satisfier", test_satisfier);
        g_test_add_func("/providers/find", test_find);
        return g_test_run();
}
