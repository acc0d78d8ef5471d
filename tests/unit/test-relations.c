/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "omgd-index/relations.h"

static OmgPackage *add(GPtrArray *packages, const char *name, const char *version,
                       const char *depends, const char *optdepends, const char *provides)
{
        OmgPackage *package = omg_package_new(name, version, "");

        if (depends)
                omg_package_take_strv(package, OMG_FIELD_DEPENDS, g_strsplit(depends, ",", -1));
        if (optdepends)
                omg_package_take_strv(package, OMG_FIELD_OPTDEPENDS,
                                      g_strsplit(optdepends, ",", -1));
        if (provides)
                omg_package_take_strv(package, OMG_FIELD_PROVIDES, g_strsplit(provides, ",", -1));
        package->flags = OMG_PACKAGE_DEPENDENCY;
        g_ptr_array_add(packages, package);
        return package;
}

static void assert_field(const OmgPackage *package, OmgField field, const char *expected)
{
        const OmgFieldValue *value = &package->fields[field];
        g_autofree char *got = value->present ? g_strjoinv(",", value->strv) : g_strdup("");

        g_assert_cmpstr(got, ==, expected);
}

/* Names, provides and versions satisfy dependencies as libalpm says; every satisfier counts. */
static void test_satisfiers(void)
{
        g_autoptr(GPtrArray) p = g_ptr_array_new_with_free_func((GDestroyNotify)omg_package_free);
        OmgPackage *a = add(p, "a", "1-1", "lib>=2,sh,lib", "b: for b,gone: for nothing", NULL);
        OmgPackage *b = add(p, "b", "1-1", NULL, NULL, "sh");
        OmgPackage *c = add(p, "c", "1-1", NULL, NULL, "lib=3,sh=1");
        OmgPackage *lib = add(p, "lib", "1-1", NULL, NULL, NULL);
        OmgPackage *self = add(p, "self", "1-1", "self", NULL, NULL);

        a->flags = OMG_PACKAGE_EXPLICIT;
        omg_relations_compute(p);
        assert_field(b, OMG_FIELD_REQUIRED_BY, "a");
        assert_field(c, OMG_FIELD_REQUIRED_BY, "a");
        assert_field(lib, OMG_FIELD_REQUIRED_BY, "a");
        assert_field(self, OMG_FIELD_REQUIRED_BY, "self");
        assert_field(b, OMG_FIELD_OPTIONAL_FOR, "a");
        assert_field(a, OMG_FIELD_OPTDEPENDS_INSTALLED, "b: for b");
        assert_field(a, OMG_FIELD_REQUIRED_BY, "");
}

/* Orphans: dependencies that nothing needs and nothing suggests (pacman -Qdt, not -Qdtt). */
static void test_orphans(void)
{
        g_autoptr(GPtrArray) p = g_ptr_array_new_with_free_func((GDestroyNotify)omg_package_free);
        OmgPackage *chosen = add(p, "chosen", "1-1", "needed>1", "suggested", NULL);
        OmgPackage *needed = add(p, "needed", "2-1", NULL, NULL, NULL);
        OmgPackage *suggested = add(p, "suggested", "1-1", NULL, NULL, NULL);
        OmgPackage *orphan = add(p, "orphan", "1-1", "needed", NULL, NULL);
        OmgPackage *versioned = add(p, "versioned", "1-1", NULL, NULL, NULL);
        (void)add(p, "wants", "1-1", "versioned>1", NULL, NULL);

        chosen->flags = OMG_PACKAGE_EXPLICIT;
        omg_relations_compute(p);
        g_assert_cmpuint(chosen->flags & OMG_PACKAGE_ORPHAN, ==, 0);
        g_assert_cmpuint(needed->flags & OMG_PACKAGE_ORPHAN, ==, 0);
        g_assert_cmpuint(suggested->flags & OMG_PACKAGE_ORPHAN, ==, 0);
        g_assert_cmpuint(orphan->flags & OMG_PACKAGE_ORPHAN, !=, 0);
        g_assert_cmpuint(versioned->flags & OMG_PACKAGE_ORPHAN, !=, 0);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/relations/satisfiers", test_satisfiers);
        g_test_add_func("/relations/orphans", test_orphans);
        return g_test_run();
}
