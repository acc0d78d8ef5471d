/* SPDX-License-Identifier: GPL-3.0-or-later */

/* sync-files.idx and local-files.idx that somebody damaged or made to harm; hostile.h says how. */

#include <string.h>

#include "base/error.h"
#include "fixture.h"
#include "hostile.h"

#define N_PACKAGES 40
#define N_PATHS    10

static void add_paths(OmgFilesLayerBuilder *builder, guint package)
{
        g_autoptr(GError) error = NULL;

        for (guint i = 0; i < N_PATHS; i++) {
                g_autofree char *path =
                        i % 2 ? g_strdup_printf("usr/lib/dir-%u/file-%u", i % 4, package * i)
                              : g_strdup_printf("usr/share/p%u%s", i % 5, i % 4 ? "/" : "");
                g_assert_true(
                        omg_files_layer_builder_add_path(builder, path, strlen(path), &error));
        }
}

/* A layer with something in every section. */
static GBytes *make_layer(void)
{
        g_autoptr(OmgFilesLayerBuilder) builder =
                omg_files_layer_builder_new(OMG_LAYER_SYNC_FILES, NULL);
        g_autoptr(GBytes) stamps = g_bytes_new_static("what it was made from", 21);
        g_autoptr(GError) error = NULL;

        for (guint i = 0; i < N_PACKAGES; i++) {
                g_autofree char *name = g_strdup_printf("%s%u", i % 3 ? "lib-x" : "É-py", i);
                if (i % (N_PACKAGES / 2) == 0) {
                        g_autofree char *repository = g_strdup_printf("repository-%u", i);
                        omg_files_layer_builder_add_repository(builder, repository);
                }
                g_assert_true(
                        omg_files_layer_builder_begin_package(builder, name, "1:2-3", &error));
                add_paths(builder, i);
                omg_files_layer_builder_end_package(builder);
        }
        omg_files_layer_builder_set_error(builder, OMG_REPOSITORY_INCOMPLETE,
                                          OMG_ERROR_DATABASE_CORRUPT, "half of it");
        g_autoptr(GPtrArray) pieces = omg_files_layer_builder_finish(builder, stamps, 1, &error);
        g_assert_no_error(error);
        return fixture_join_pieces(pieces);
}

static gboolean open_layer(GBytes *bytes, GError **error)
{
        g_autoptr(OmgFilesLayer) layer =
                omg_files_layer_new_from_bytes(bytes, OMG_LAYER_SYNC_FILES, error);

        return layer != NULL;
}

static const HostileFormat format = {OMG_FILES_SECTION_N, OMG_LAYER_LOCAL_FILES, make_layer,
                                     open_layer};

/* Layers of the installed packages are not taken for those of repositories, nor index files of
 * packages for those of files. */
static void test_kinds(void)
{
        static const FixtureFiles files[] = {{NULL, "a", "1-1", "usr/"}, {}};
        static const FixturePackage packages[] = {{NULL, "a", "1-1", "", NULL, NULL, 0}, {}};
        g_autoptr(GBytes) local = fixture_files_bytes(OMG_LAYER_LOCAL_FILES, files);
        g_autoptr(GBytes) layer = fixture_layer_bytes(OMG_LAYER_SYNC, packages);
        g_autoptr(GError) error = NULL;

        g_assert_false(open_layer(local, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_DATABASE_CORRUPT);
        g_clear_error(&error);
        g_assert_false(open_layer(layer, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_DATABASE_CORRUPT);
}

/* A list that goes on behind the last path is found malformed, and so is the layer from then on;
 * asking a good one everything finds nothing. */
static void test_malformed(void)
{
        g_auto(HostileFile) bad = hostile_file_new(&format);
        g_autoptr(GBytes) good_bytes = make_layer();
        g_autoptr(OmgFilesLayer) good =
                omg_files_layer_new_from_bytes(good_bytes, OMG_LAYER_SYNC_FILES, NULL);
        g_autoptr(GString) path = g_string_new(NULL);

        for (guint i = 0; i < N_PACKAGES * N_PATHS; i++) {
                g_assert_true(omg_files_layer_append_path(good, i, path));
                g_assert_cmpuint(omg_files_layer_get_owner(good, i), ==, i / N_PATHS);
                g_assert_cmpuint(omg_files_layer_get_hit(good, i), <, N_PACKAGES * N_PATHS);
                (void)omg_files_layer_is_top(good, i);
        }
        g_assert_cmpuint(omg_files_layer_find_package(good, "none", NULL, 0), ==, OMG_NO_PACKAGE);
        g_assert_false(omg_section_file_is_damaged(omg_files_layer_get_file(good)));

        hostile_file_set_word(&bad, OMG_FILES_SECTION_PATHS, 0, G_MAXUINT32);
        hostile_file_mend(&format, &bad);
        g_autoptr(GBytes) bytes = g_bytes_new(bad.data, bad.size);
        g_autoptr(OmgFilesLayer) layer =
                omg_files_layer_new_from_bytes(bytes, OMG_LAYER_SYNC_FILES, NULL);
        g_assert_true(omg_files_layer_append_path(layer, 1, path));
        g_assert_false(omg_section_file_is_damaged(omg_files_layer_get_file(layer)));
        (void)omg_files_layer_append_path(layer, 0, path);
        g_assert_true(omg_section_file_is_malformed(omg_files_layer_get_file(layer)));
        g_assert_true(omg_section_file_is_damaged(omg_files_layer_get_file(layer)));
}

/* A damaged reference gives nothing or "", never something from elsewhere. */
static void test_references(void)
{
        g_auto(HostileFile) bad = hostile_file_new(&format);
        g_autoptr(GError) error = NULL;
        g_autoptr(GString) path = g_string_new(NULL);

        for (guint id = 0; id < N_PACKAGES; id++) {
                gsize record = id * sizeof(OmgFilesPackageRecord);
                hostile_file_set_word(&bad, OMG_FILES_SECTION_PACKAGES,
                                      record + offsetof(OmgFilesPackageRecord, name), G_MAXUINT32);
                hostile_file_set_word(&bad, OMG_FILES_SECTION_PACKAGES,
                                      record + offsetof(OmgFilesPackageRecord, count), G_MAXUINT32);
                hostile_file_set_word(&bad, OMG_FILES_SECTION_NAME_ORDER, id * sizeof(guint32),
                                      N_PACKAGES + id);
        }
        for (guint i = 0; i < N_PACKAGES * N_PATHS; i++) {
                hostile_file_set_word(&bad, OMG_FILES_SECTION_PATHS, i * sizeof(OmgPathRecord),
                                      G_MAXUINT32 - i);
                hostile_file_set_word(&bad, OMG_FILES_SECTION_BY_BASE, i * sizeof(guint32),
                                      N_PACKAGES * N_PATHS + i);
        }
        hostile_file_mend(&format, &bad);
        g_autoptr(GBytes) bytes = g_bytes_new(bad.data, bad.size);
        g_autoptr(OmgFilesLayer) layer =
                omg_files_layer_new_from_bytes(bytes, OMG_LAYER_SYNC_FILES, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(omg_files_layer_find_package(layer, "lib-x1", NULL, 0), ==,
                         OMG_NO_PACKAGE);
        g_assert_cmpuint(omg_files_layer_find_package(layer, "", NULL, 0), ==, OMG_NO_PACKAGE);
        g_assert_cmpuint(omg_files_layer_get_hit(layer, 0), ==, G_MAXUINT32);
        g_assert_cmpuint(omg_files_layer_get_owner(layer, G_MAXUINT32), ==, OMG_NO_PACKAGE);
        g_assert_false(omg_files_layer_append_path(layer, N_PACKAGES * N_PATHS, path));
        g_assert_cmpuint(omg_files_layer_get_package(layer, G_MAXUINT32)->count, ==, 0);
        g_assert_cmpuint(omg_files_layer_get_repository(layer, G_MAXUINT32)->name, ==, 0);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        hostile_add_tests("/files-layer-hostile", &format);
        g_test_add_func("/files-layer-hostile/kinds", test_kinds);
        g_test_add_func("/files-layer-hostile/malformed", test_malformed);
        g_test_add_func("/files-layer-hostile/references", test_references);
        return g_test_run();
}
