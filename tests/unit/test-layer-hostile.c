/* SPDX-License-Identifier: GPL-3.0-or-later */

/* sync.idx and local.idx that somebody damaged or made to harm; hostile.h says how. */

#include <string.h>

#include "base/error.h"
#include "fixture.h"
#include "hostile.h"
#include "store/relation-index.h"

#define N_PACKAGES 300

/* A layer with something in every section. */
static GBytes *make_layer(void)
{
        g_autoptr(OmgLayerBuilder) builder = omg_layer_builder_new(OMG_LAYER_SYNC);
        g_autoptr(GBytes) stamps = g_bytes_new_static("what it was made from", 21);
        g_autoptr(GError) error = NULL;

        for (guint i = 0; i < 3; i++) {
                g_autofree char *name = g_strdup_printf("repository-%u", i);
                omg_layer_builder_add_repository(builder, name);
        }
        omg_layer_builder_set_repository_error(builder, 2, OMG_REPOSITORY_INCOMPLETE,
                                               OMG_ERROR_DATABASE_CORRUPT, "half of it");
        for (guint i = 0; i < N_PACKAGES; i++) {
                g_autofree char *name = g_strdup_printf("%s%u", i % 3 ? "lib-x" : "É-py", i);
                g_autofree char *description =
                        g_strdup_printf("The Tool %u for %s and others", i * i, name);
                g_autofree char *other = g_strdup_printf("old-%u<2,other,more", i);
                g_autoptr(OmgPackage) package = omg_package_new(name, "1:2.3-4", description);
                package->repository = i % 3;
                package->flags = i % 8;
                omg_package_set_number(package, OMG_FIELD_INSTALLED_SIZE, i);
                omg_package_take_strv(package, OMG_FIELD_REPLACES, g_strsplit(other, ",", -1));
                if (i % 2)
                        omg_package_take_strv(package, OMG_FIELD_GROUPS,
                                              g_strsplit("base,editors", ",", -1));
                omg_package_take_strv(package, OMG_FIELD_DEPENDS, g_strsplit(other, ",", -1));
                g_assert_true(omg_layer_builder_add_package(builder, package, &error));
        }
        GBytes *bytes = omg_layer_builder_finish(builder, stamps, 1, &error);
        g_assert_no_error(error);
        return bytes;
}

static gboolean open_layer(GBytes *bytes, GError **error)
{
        g_autoptr(OmgLayer) layer = omg_layer_new_from_bytes(bytes, OMG_LAYER_SYNC, error);

        return layer != NULL;
}

static const HostileFormat format = {OMG_SECTION_N, OMG_LAYER_LOCAL, make_layer, open_layer};

/* A damaged reference gives nothing or "", never something from elsewhere. */
static void test_references(void)
{
        g_auto(HostileFile) bad = hostile_file_new(&format);
        g_autoptr(GError) error = NULL;

        for (guint id = 0; id < N_PACKAGES; id++) {
                gsize record = id * sizeof(OmgPackageRecord);
                hostile_file_set_word(&bad, OMG_SECTION_PACKAGES,
                                      record + offsetof(OmgPackageRecord, name), G_MAXUINT32);
                hostile_file_set_word(&bad, OMG_SECTION_PACKAGES,
                                      record + offsetof(OmgPackageRecord, details),
                                      G_MAXUINT32 - id);
                hostile_file_set_word(&bad, OMG_SECTION_NAME_ORDER, id * sizeof(guint32),
                                      N_PACKAGES + id);
        }
        hostile_file_mend(&format, &bad);
        g_autoptr(GBytes) bytes = g_bytes_new(bad.data, bad.size);
        g_autoptr(OmgLayer) layer = omg_layer_new_from_bytes(bytes, OMG_LAYER_SYNC, &error);
        g_assert_no_error(error);
        g_assert_false(omg_layer_is_damaged(layer));
        for (guint id = 0; id < N_PACKAGES; id++) {
                g_autoptr(OmgPackage) package = omg_layer_dup_package(layer, id, NULL);
                g_assert_null(package);
                g_assert_cmpstr(omg_layer_get_name(layer, id), ==, "");
                g_assert_cmpuint(omg_layer_get_by_name(layer, id), ==, OMG_NO_PACKAGE);
        }
        /* What was met is known from then on. */
        g_assert_true(omg_layer_is_damaged(layer));
        g_assert_cmpuint(omg_layer_find(layer, "lib-x1", 6, NULL), ==, OMG_NO_PACKAGE);
        g_assert_cmpuint(omg_layer_get_record(layer, G_MAXUINT32)->name, ==, 0);
        g_assert_cmpuint(omg_layer_get_repository(layer, G_MAXUINT32)->name, ==, 0);
}

/* Details that do not end are found out by those who read one field of them, too; fields that a
 * package does not have are no fault. */
static void test_fields(void)
{
        g_auto(HostileFile) bad = hostile_file_new(&format);
        g_autoptr(GBytes) good_bytes = make_layer();
        g_autoptr(OmgLayer) good = omg_layer_new_from_bytes(good_bytes, OMG_LAYER_SYNC, NULL);

        for (guint id = 0; id <= N_PACKAGES; id++) {
                (void)omg_layer_get_strv(good, id, OMG_FIELD_DEPENDS);
                (void)omg_layer_get_strv(good, id, OMG_FIELD_CHECKDEPENDS);
        }
        g_assert_null(omg_layer_get_strv(good, OMG_NO_PACKAGE, OMG_FIELD_DEPENDS).cursor);
        g_assert_false(omg_layer_is_damaged(good));

        hostile_file_set_word(&bad, OMG_SECTION_DETAILS, 0, G_MAXUINT32);
        hostile_file_mend(&format, &bad);
        g_autoptr(GBytes) bytes = g_bytes_new(bad.data, bad.size);
        g_autoptr(OmgLayer) layer = omg_layer_new_from_bytes(bytes, OMG_LAYER_SYNC, NULL);
        for (guint id = 0; id < N_PACKAGES; id++)
                (void)omg_layer_get_strv(layer, id, OMG_FIELD_CHECKDEPENDS);
        g_assert_true(omg_layer_is_damaged(layer));
}

/* A name installed twice, in two versions around that of the repository, is no reason to end:
 * whichever is found by name. */
static void test_twice(void)
{
        static const FixturePackage sync[] = {{"core", "a", "2-1", "", NULL, NULL, 0}, {}};
        static const FixturePackage local[][3] = {
                {{NULL, "a", "3-1", "", NULL, NULL, 0}, {NULL, "a", "1-1", "", NULL, NULL, 0}, {}},
                {{NULL, "a", "1-1", "", NULL, NULL, 0}, {NULL, "a", "3-1", "", NULL, NULL, 0}, {}},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(local); i++) {
                g_autoptr(OmgSnapshot) snapshot =
                        fixture_snapshot(sync, local[i], "[options]\n[core]\n");
                g_assert_cmpuint(snapshot->updates->len, <=, 2);
        }
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        hostile_add_tests("/layer-hostile", &format);
        g_test_add_func("/layer-hostile/fields", test_fields);
        g_test_add_func("/layer-hostile/references", test_references);
        g_test_add_func("/layer-hostile/twice", test_twice);
        return g_test_run();
}
