/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/relation-index.h"

#include <string.h>

#include "base/depend.h"
#include "fixture.h"

static const FixturePackage packages[] = {
        {"core", "glibc", "2.36-1", "", .relations = "P:libc.so=6-64 D:filesystem"},
        {"core", "bash", "5.2-1", "", .relations = "P:sh D:glibc>=2 D:glibc<3 O:filesystem"},
        {"extra", "dash", "0.5-1", "", .relations = "P:sh=1 D:glibc M:gcc C:bash"},
        {"extra", "none", "1-1", ""},
        {},
};

/* The names in the list, joined. */
static char *dup_names(const OmgLayer *layer, OmgRelation relation, const char *name)
{
        OmgRelationList list = omg_relation_find(layer, relation, name, strlen(name));
        GString *names = g_string_new(NULL);

        for (guint i = 0; i < list.n; i++)
                g_string_append_printf(names, "%s ", omg_layer_get_name(layer, list.ids[i]));
        return g_string_free(names, FALSE);
}

static void assert_names(const OmgLayer *layer, OmgRelation relation, const char *name,
                         const char *expected)
{
        g_autofree char *names = dup_names(layer, relation, name);

        g_assert_cmpstr(names, ==, expected);
}

/* Each relation has lists of its own, in the order of ids, each package once; versions and reasons
 * are no part of a name. */
static void test_lists(void)
{
        g_autoptr(OmgLayer) layer = fixture_layer(OMG_LAYER_SYNC, packages);

        assert_names(layer, OMG_RELATION_PROVIDES, "sh", "bash dash ");
        assert_names(layer, OMG_RELATION_PROVIDES, "libc.so", "glibc ");
        assert_names(layer, OMG_RELATION_DEPENDS, "glibc", "bash dash ");
        assert_names(layer, OMG_RELATION_DEPENDS, "filesystem", "glibc ");
        assert_names(layer, OMG_RELATION_MAKEDEPENDS, "gcc", "dash ");
        assert_names(layer, OMG_RELATION_CHECKDEPENDS, "bash", "dash ");
        assert_names(layer, OMG_RELATION_DEPENDS, "sh", "");
        assert_names(layer, OMG_RELATION_PROVIDES, "bash", "");
        assert_names(layer, OMG_RELATION_PROVIDES, "", "");
}

/* A field's strings are read where they lie. */
static void test_cursor(void)
{
        g_autoptr(OmgLayer) layer = fixture_layer(OMG_LAYER_SYNC, packages);
        guint bash = omg_layer_find(layer, "bash", 4, NULL);
        OmgStrvCursor cursor = omg_layer_get_strv(layer, bash, OMG_FIELD_DEPENDS);
        const char *text;
        gsize len;

        g_assert_true(omg_strv_cursor_next(&cursor, &text, &len));
        g_assert_cmpmem(text, len, "glibc>=2", 8);
        g_assert_true(omg_strv_cursor_next(&cursor, &text, &len));
        g_assert_cmpmem(text, len, "glibc<3", 7);
        g_assert_false(omg_strv_cursor_next(&cursor, &text, &len));
        cursor = omg_layer_get_strv(layer, bash, OMG_FIELD_CONFLICTS);
        g_assert_false(omg_strv_cursor_next(&cursor, &text, &len));
        cursor = omg_layer_get_strv(layer, 1000, OMG_FIELD_DEPENDS);
        g_assert_false(omg_strv_cursor_next(&cursor, &text, &len));
}

static gboolean list_has(OmgRelationList list, guint id)
{
        for (guint i = 0; i < list.n; i++)
                if (list.ids[i] == id)
                        return TRUE;
        return FALSE;
}

/* Of thousands of random packages, each is in the list of everything it names, and lists ascend. */
static void test_complete(void)
{
        enum { N = 3000 };
        g_autoptr(OmgLayerBuilder) builder = omg_layer_builder_new(OMG_LAYER_SYNC);
        g_autoptr(GBytes) stamps = g_bytes_new(NULL, 0);
        g_autoptr(GError) error = NULL;
        g_autoptr(GRand) rand = g_rand_new_with_seed(5);

        omg_layer_builder_add_repository(builder, "core");
        for (guint i = 0; i < N; i++) {
                g_autofree char *name = g_strdup_printf("p%u", i);
                g_autoptr(OmgPackage) package = omg_package_new(name, "1-1", "");
                for (guint relation = 0; relation < OMG_RELATION_N; relation++) {
                        g_autoptr(GStrvBuilder) strv = g_strv_builder_new();
                        for (gint n = g_rand_int_range(rand, 0, 6); n > 0; n--) {
                                g_autofree char *text =
                                        g_strdup_printf("p%d>=%d", g_rand_int_range(rand, 0, N), n);
                                g_strv_builder_add(strv, text);
                        }
                        omg_package_take_strv(package, omg_relation_get_field(relation),
                                              g_strv_builder_end(strv));
                }
                g_assert_true(omg_layer_builder_add_package(builder, package, &error));
        }
        g_autoptr(GBytes) bytes = omg_layer_builder_finish(builder, stamps, 1, &error);
        g_autoptr(OmgLayer) layer = omg_layer_new_from_bytes(bytes, OMG_LAYER_SYNC, &error);
        g_assert_no_error(error);
        for (guint id = 0; id < N; id++)
                for (guint relation = 0; relation < OMG_RELATION_N; relation++) {
                        OmgStrvCursor cursor =
                                omg_layer_get_strv(layer, id, omg_relation_get_field(relation));
                        const char *text;
                        gsize len;
                        while (omg_strv_cursor_next(&cursor, &text, &len)) {
                                OmgDepend depend;
                                omg_depend_parse(text, (gssize)len, &depend);
                                OmgRelationList list = omg_relation_find(
                                        layer, relation, depend.name, depend.name_length);
                                g_assert_true(list_has(list, id));
                                for (guint i = 1; i < list.n; i++)
                                        g_assert_cmpuint(list.ids[i - 1], <, list.ids[i]);
                        }
                }
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/relation-index/lists", test_lists);
        g_test_add_func("/relation-index/cursor", test_cursor);
        g_test_add_func("/relation-index/complete", test_complete);
        return g_test_run();
}
