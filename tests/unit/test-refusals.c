/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All packages that the policy refuses, and which of them it did not refuse before. */
#include <string.h>

#include "engine/refusals.h"
#include "fixture.h"

#define CONF "[options]\nSigLevel = Required\n[core]\n"

static const FixturePackage sync_packages[] = {
        {"core", "a", "2-1", "", NULL, NULL, 0, NULL},
        {"core", "b", "2-1", "", NULL, NULL, 0, NULL},
        {"core", "c", "2-1", "", NULL, NULL, 0, NULL},
        {},
};
static const FixturePackage local_packages[] = {
        {NULL, "a", "1-1", "", NULL, NULL, 0, "V:pgp"},
        {NULL, "b", "1-1", "", NULL, NULL, 0, "V:none"},
        {NULL, "z", "1-1", "", NULL, NULL, 0, "V:none"},
        {},
};
static const FixturePackage other_packages[] = {
        {NULL, "z", "1-1", "", NULL, NULL, 0, "V:none"},
        {NULL, "aa", "1-1", "", NULL, NULL, 0, "V:none"},
        {NULL, "b", "2-1", "", NULL, NULL, 0, "V:pgp"},
        {},
};

static OmgRefusals *judge(const FixturePackage *sync, const FixturePackage *local, const char *text)
{
        g_autoptr(GBytes) bytes = g_bytes_new_static(text, strlen(text));
        g_autoptr(OmgPolicy) policy = omg_policy_parse("/p", bytes, NULL);
        g_autoptr(OmgSnapshot) snapshot = fixture_snapshot(sync, local, CONF);

        g_assert_nonnull(policy);
        return omg_refusals_new(&(OmgJudge){.snapshot = snapshot, .policy = policy});
}

static guint32 find(const OmgLayer *layer, const char *name)
{
        guint32 id = omg_layer_find(layer, name, strlen(name), NULL);

        g_assert_cmpuint(id, !=, OMG_NO_PACKAGE);
        return id;
}

static gboolean has_installed(const OmgRefusals *refusals, const char *name)
{
        return omg_refusals_has_installed(refusals, find(refusals->local_layer, name));
}

static gboolean has_candidate(const OmgRefusals *refusals, const char *name)
{
        return omg_refusals_has_candidate(refusals, find(refusals->sync_layer, name));
}

static void assert_new(const OmgRefusals *refusals, const OmgRefusals *before, const char *expected)
{
        g_autoptr(GArray) ids = omg_refusals_list_new(refusals, before);
        g_autoptr(GString) text = g_string_new(NULL);

        for (guint i = 0; i < ids->len; i++)
                g_string_append(text, omg_layer_get_name(refusals->local_layer,
                                                         g_array_index(ids, guint32, i)));
        g_assert_cmpstr(text->str, ==, expected);
}

static void test_bits(void)
{
        g_autoptr(OmgRefusals) refusals = judge(sync_packages, local_packages,
                                                "require_pgp = true\nbanned_packages = [\"c\"]\n");

        g_assert_false(has_installed(refusals, "a"));
        g_assert_true(has_installed(refusals, "b"));
        g_assert_true(has_installed(refusals, "z"));
        g_assert_false(has_candidate(refusals, "a"));
        g_assert_false(has_candidate(refusals, "b"));
        g_assert_true(has_candidate(refusals, "c"));
        g_assert_cmpuint(refusals->n_local, ==, 2);
        g_assert_false(omg_refusals_has_installed(refusals, OMG_NO_PACKAGE));
        g_assert_false(omg_refusals_has_candidate(refusals, 3));
        g_assert_false(omg_refusals_has_candidate(NULL, 0));
}

/* By name: ids are others in another snapshot. */
static void test_new(void)
{
        const char *text = "require_pgp = true\n";
        g_autoptr(OmgRefusals) before = judge(sync_packages, local_packages, text);
        g_autoptr(OmgRefusals) after = judge(sync_packages, other_packages, text);
        g_autoptr(OmgRefusals) none = judge(sync_packages, other_packages, "");

        assert_new(before, NULL, "bz");
        assert_new(after, before, "aa");
        assert_new(before, after, "b");
        assert_new(after, none, "aaz");
        assert_new(none, after, "");
}

/* Each as alone, also where several have the same list. */
static void test_licences(void)
{
        const FixturePackage packages[] = {{"core", "a", "1-1", "", NULL, NULL, 0, "L:MIT"},
                                           {"core", "b", "1-1", "", NULL, NULL, 0, "L:MIT L:ISC"},
                                           {"core", "c", "1-1", "", NULL, NULL, 0, "L:ISC"},
                                           {"core", "d", "1-1", "", NULL, NULL, 0, "L:MIT"},
                                           {"core", "e", "1-1", "", NULL, NULL, 0, "L:ISC"},
                                           {"core", "f", "1-1", "", NULL, NULL, 0, NULL},
                                           {"core", "g", "1-1", "", NULL, NULL, 0, NULL},
                                           {}};
        g_autoptr(OmgRefusals) refusals = judge(packages, packages, "allowed_licenses = ['MIT']\n");
        g_autoptr(GString) allowed = g_string_new(NULL);

        for (const FixturePackage *p = packages; p->name; p++) {
                g_assert_cmpint(has_candidate(refusals, p->name), ==,
                                has_installed(refusals, p->name));
                if (!has_candidate(refusals, p->name))
                        g_string_append(allowed, p->name);
        }
        g_assert_cmpstr(allowed->str, ==, "ad");
}

/* What is not known is refused nowhere. */
static void test_missing(void)
{
        const char *text = "require_pgp = true\n";
        g_autoptr(OmgRefusals) refusals = judge(NULL, local_packages, text);
        g_autoptr(OmgRefusals) whole = judge(sync_packages, local_packages, text);

        g_assert_false(has_installed(refusals, "b"));
        g_assert_cmpuint(refusals->n_local, ==, 0);
        assert_new(refusals, NULL, "");
        assert_new(whole, refusals, "bz");
}

/* More than one word of bits. */
static void test_many(void)
{
        FixturePackage packages[131] = {{0}};
        char names[131][8];
        g_autoptr(OmgRefusals) refusals = NULL;

        for (guint i = 0; i < 130; i++) {
                (void)g_snprintf(names[i], sizeof(names[i]), "p%03u", i);
                packages[i] = (FixturePackage){.name = names[i],
                                               .version = "1-1",
                                               .description = "",
                                               .relations = i % 3 == 0 ? "V:none" : "V:pgp"};
        }
        refusals = judge(sync_packages, packages, "require_pgp = true\n");
        for (guint i = 0; i < 130; i++)
                g_assert_cmpint(has_installed(refusals, names[i]), ==, i % 3 == 0);
        g_assert_cmpuint(refusals->n_local, ==, 44);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/refusals/bits", test_bits);
        g_test_add_func("/refusals/new", test_new);
        g_test_add_func("/refusals/licences", test_licences);
        g_test_add_func("/refusals/missing", test_missing);
        g_test_add_func("/refusals/many", test_many);
        return g_test_run();
}
