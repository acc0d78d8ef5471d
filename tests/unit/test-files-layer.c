/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "fixture.h"
#include "tests/fuzz/mend-sections.h"

static const FixtureFiles packages[] = {
        {"core", "zlib", "1.2-1", "usr/ usr/lib/ usr/lib/libz.so"},
        {"core", "empty", "1-1", ""},
        {"core", "bash", "5-1", "usr/ usr/bin/ usr/bin/bash usr/bin/sh README"},
        {"extra", "zlib", "1.3-1", "usr/ usr/lib/ usr/lib/libz.so usr/bin/ usr/bin/z"},
        {"extra", "bash-doc", "5-1", "usr/ usr/bin/ usr/bin/doc/ usr/bin/doc/bash usr/bin/\xff"},
        {},
};

static void read_paths(const OmgFilesLayer *layer, guint id, GString *text)
{
        const OmgFilesPackageRecord *package = omg_files_layer_get_package(layer, id);

        for (guint i = 0; i < package->count; i++) {
                g_assert_true(omg_files_layer_append_path(layer, package->first + i, text));
                g_string_append_c(text, i + 1 < package->count ? ' ' : '\n');
        }
}

/* A package gives its paths back, in the order of their bytes. */
static void test_paths(void)
{
        g_autoptr(OmgFilesLayer) layer = fixture_files(OMG_LAYER_SYNC_FILES, packages);
        g_autoptr(GString) text = g_string_new(NULL);

        g_assert_cmpuint(omg_files_layer_get_n_packages(layer), ==, 5);
        for (guint id = 0; id < 5; id++)
                read_paths(layer, id, text);
        g_assert_cmpstr(text->str, ==,
                        "usr/ usr/lib/ usr/lib/libz.so\n"
                        "README usr/ usr/bin/ usr/bin/bash usr/bin/sh\n"
                        "usr/ usr/bin/ usr/bin/z usr/lib/ usr/lib/libz.so\n"
                        "usr/ usr/bin/ usr/bin/doc/ usr/bin/doc/bash usr/bin/\xff\n");
        g_assert_false(omg_files_layer_append_path(layer, 18, text));
}

/* A name leads to its first repository; what is no name leads nowhere. */
static void test_find_package(void)
{
        g_autoptr(OmgFilesLayer) layer = fixture_files(OMG_LAYER_SYNC_FILES, packages);

        guint id = omg_files_layer_find_package(layer, "zlib", NULL, 0);
        g_assert_cmpuint(id, ==, 0);
        g_assert_cmpstr(
                omg_files_layer_get_text(layer, omg_files_layer_get_package(layer, id)->version),
                ==, "1.2-1");
        g_assert_cmpuint(omg_files_layer_find_package(layer, "bash-doc", NULL, 0), ==, 4);
        g_assert_cmpuint(omg_files_layer_find_package(layer, "empty", NULL, 0), ==, 1);
        g_assert_cmpuint(omg_files_layer_find_package(layer, "a", NULL, 0), ==, OMG_NO_PACKAGE);
        g_assert_cmpuint(omg_files_layer_find_package(layer, "zz", NULL, 0), ==, OMG_NO_PACKAGE);
        g_assert_cmpuint(omg_files_layer_find_package(layer, "", NULL, 0), ==, OMG_NO_PACKAGE);
}

/* "id id ...", the owners in a range. */
static char *owners(const OmgFilesLayer *layer, OmgFilesRange range)
{
        GString *text = g_string_new(NULL);

        for (guint i = range.from; i < range.to; i++)
                g_string_append_printf(
                        text, "%u ",
                        omg_files_layer_get_owner(layer, omg_files_layer_get_hit(layer, i)));
        return g_string_free(text, FALSE);
}

/* A path leads to all that hold it, by the whole path and by its last part. */
static void test_owners(void)
{
        static const struct {
                const char *path, *by_path, *by_base;
        } rows[] = {
                {"usr/", "0 2 3 4 ", "0 2 3 4 "},
                {"usr/bin/", "2 3 4 ", "2 3 4 "},
                {"usr/bin", "", ""},
                {"usr/lib/libz.so", "0 3 ", "0 3 "},
                {"usr/bin/bash", "2 ", "2 4 "},
                {"usr/bin/doc/bash", "4 ", "2 4 "},
                {"usr/lib/bash", "", "2 4 "},
                {"README", "2 ", "2 "},
                {"usr/bin/\xff", "4 ", "4 "},
                {"usr/bin/nothing", "", ""},
                {"", "", ""},
                {"/", "", ""},
        };
        g_autoptr(OmgFilesLayer) layer = fixture_files(OMG_LAYER_SYNC_FILES, packages);

        for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
                const char *path = rows[i].path;
                gsize len = strlen(path), folder = omg_path_split(path, len);
                g_autofree char *by_path =
                        owners(layer, omg_files_layer_find_path(layer, path, len));
                g_autofree char *by_base = owners(
                        layer, omg_files_layer_find_base(layer, path + folder, len - folder));
                g_assert_cmpstr(by_path, ==, rows[i].by_path);
                g_assert_cmpstr(by_base, ==, rows[i].by_base);
        }
}

/* Thousands of made-up paths: each leads to exactly its owners, none to another. */
static void test_many(void)
{
        g_autoptr(OmgFilesLayerBuilder) builder =
                omg_files_layer_builder_new(OMG_LAYER_LOCAL_FILES, NULL);
        g_autoptr(GBytes) stamps = g_bytes_new(NULL, 0);
        g_autoptr(GError) error = NULL;
        enum { N_PACKAGES = 100, N_EACH = 200 };

        omg_files_layer_builder_add_repository(builder, "local");
        for (guint p = 0; p < N_PACKAGES; p++) {
                g_autofree char *name = g_strdup_printf("package%u", p);
                g_assert_true(omg_files_layer_builder_begin_package(builder, name, "1-1", &error));
                for (guint i = 0; i < N_EACH; i++) {
                        /* Some of everybody, some of each alone; the last parts are all shared. */
                        g_autofree char *path = g_strdup_printf("d%u/f%u", i % 3 ? p : 0, i);
                        g_assert_true(omg_files_layer_builder_add_path(builder, path, strlen(path),
                                                                       &error));
                }
                omg_files_layer_builder_end_package(builder);
        }
        g_autoptr(GPtrArray) pieces = omg_files_layer_builder_finish(builder, stamps, 7, &error);
        g_autoptr(GBytes) bytes = fixture_join_pieces(pieces);
        g_autoptr(OmgFilesLayer) layer =
                omg_files_layer_new_from_bytes(bytes, OMG_LAYER_LOCAL_FILES, &error);
        g_assert_no_error(error);
        for (guint p = 0; p < N_PACKAGES; p++)
                for (guint i = 0; i < N_EACH; i++) {
                        g_autofree char *path = g_strdup_printf("d%u/f%u", p, i);
                        OmgFilesRange range = omg_files_layer_find_path(layer, path, strlen(path));
                        guint n = i % 3 ? 1 : p == 0 ? N_PACKAGES : 0;
                        g_assert_cmpuint(range.to - range.from, ==, n);
                        for (guint k = range.from; k < range.to; k++)
                                g_assert_cmpuint(omg_files_layer_get_owner(
                                                         layer, omg_files_layer_get_hit(layer, k)),
                                                 ==, n == 1 ? p : k - range.from);
                }
}

/* What was read of a repository before it broke leaves no trace. */
static void test_drop(void)
{
        g_autoptr(OmgFilesLayerBuilder) builder =
                omg_files_layer_builder_new(OMG_LAYER_SYNC_FILES, NULL);
        g_autoptr(GBytes) stamps = g_bytes_new(NULL, 0);

        omg_files_layer_builder_add_repository(builder, "core");
        g_assert_true(omg_files_layer_builder_begin_package(builder, "a", "1-1", NULL));
        g_assert_true(omg_files_layer_builder_add_path(builder, "x", 1, NULL));
        omg_files_layer_builder_end_package(builder);
        omg_files_layer_builder_add_repository(builder, "extra");
        g_assert_true(omg_files_layer_builder_begin_package(builder, "b", "1-1", NULL));
        g_assert_true(omg_files_layer_builder_add_path(builder, "x", 1, NULL));
        g_assert_true(omg_files_layer_builder_add_path(builder, "y", 1, NULL));
        omg_files_layer_builder_drop_packages(builder);
        omg_files_layer_builder_set_error(builder, OMG_REPOSITORY_ABSENT,
                                          OMG_ERROR_DATABASE_CORRUPT, "broken");
        g_autoptr(GPtrArray) pieces = omg_files_layer_builder_finish(builder, stamps, 7, NULL);
        g_autoptr(GBytes) bytes = fixture_join_pieces(pieces);
        g_autoptr(OmgFilesLayer) layer =
                omg_files_layer_new_from_bytes(bytes, OMG_LAYER_SYNC_FILES, NULL);
        g_autofree char *x = owners(layer, omg_files_layer_find_path(layer, "x", 1));
        g_autofree char *y = owners(layer, omg_files_layer_find_path(layer, "y", 1));
        g_assert_cmpstr(x, ==, "0 ");
        g_assert_cmpstr(y, ==, "");
        g_assert_cmpuint(omg_files_layer_get_repository(layer, 0)->n_packages, ==, 1);
        const OmgRepositoryRecord *extra = omg_files_layer_get_repository(layer, 1);
        g_assert_cmpuint(extra->n_packages, ==, 0);
        g_assert_cmpuint(extra->state, ==, OMG_REPOSITORY_ABSENT);
        g_assert_cmpstr(omg_files_layer_get_text(layer, extra->message), ==, "broken");
}

/* More than allowed is refused with the limit, not counted wrong. */
static void test_limits(void)
{
        static const struct {
                OmgFilesLimits limits;
                const char *message;
        } rows[] = {
                {{2, 1000, 1000}, "more than 2 paths"},
                {{1000, 3, 1000}, "more than 3 distinct parts"},
                {{1000, 1000, 14}, "more than 14 bytes"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autoptr(OmgFilesLayerBuilder) builder =
                        omg_files_layer_builder_new(OMG_LAYER_SYNC_FILES, &rows[i].limits);
                g_autoptr(GError) error = NULL;
                omg_files_layer_builder_add_repository(builder, "core");
                g_assert_true(omg_files_layer_builder_begin_package(builder, "a", "1", NULL));
                g_assert_true(omg_files_layer_builder_add_path(builder, "x", 1, NULL));
                g_assert_true(omg_files_layer_builder_add_path(builder, "y", 1, NULL));
                g_assert_false(omg_files_layer_builder_add_path(builder, "z", 1, &error));
                g_assert_error(error, OMG_ERROR, OMG_ERROR_LIMITS_EXCEEDED);
                g_assert_nonnull(strstr(error->message, rows[i].message));
        }
}

/* A layer of nothing is a layer. */
static void test_empty(void)
{
        const FixtureFiles none[] = {{}};
        g_autoptr(OmgFilesLayer) layer = fixture_files(OMG_LAYER_LOCAL_FILES, none);
        OmgFilesRange range = omg_files_layer_find_path(layer, "usr/", 4);

        g_assert_cmpuint(range.from, ==, range.to);
        g_assert_cmpuint(omg_files_layer_find_package(layer, "a", NULL, 0), ==, OMG_NO_PACKAGE);
        g_assert_cmpuint(omg_files_layer_get_owner(layer, 0), ==, OMG_NO_PACKAGE);
}

/* No bit of a file can change, and no byte be cut off, without the file being refused. */
static void test_damage(void)
{
        g_autoptr(GBytes) good = fixture_files_bytes(OMG_LAYER_SYNC_FILES, packages);
        gsize size;
        const guint8 *data = g_bytes_get_data(good, &size);

        g_assert_null(omg_files_layer_new_from_bytes(good, OMG_LAYER_LOCAL_FILES, NULL));
        for (gsize i = 0; i < size; i++) {
                g_autofree guint8 *copy = g_memdup2(data, size);
                copy[i] ^= 1u << (i % 8);
                g_autoptr(GBytes) flipped = g_bytes_new(copy, size);
                g_autoptr(GBytes) cut = g_bytes_new(data, i);
                g_autoptr(GError) error = NULL;
                g_assert_null(
                        omg_files_layer_new_from_bytes(flipped, OMG_LAYER_SYNC_FILES, &error));
                g_assert_error(error, OMG_ERROR, OMG_ERROR_DATABASE_CORRUPT);
                g_assert_null(omg_files_layer_new_from_bytes(cut, OMG_LAYER_SYNC_FILES, NULL));
        }
}

static void ask_everything(const OmgFilesLayer *layer)
{
        g_autoptr(GString) path = g_string_new(NULL);

        for (guint id = 0; id < MIN(omg_files_layer_get_n_packages(layer), 100); id++) {
                const OmgFilesPackageRecord *package = omg_files_layer_get_package(layer, id);
                (void)omg_files_layer_find_package(
                        layer, omg_files_layer_get_text(layer, package->name), NULL, 0);
                for (guint i = 0; i < MIN(package->count, 100); i++) {
                        g_string_truncate(path, 0);
                        if (!omg_files_layer_append_path(layer, package->first + i, path))
                                break;
                        OmgFilesRange range =
                                omg_files_layer_find_path(layer, path->str, path->len);
                        for (guint k = range.from; k < MIN(range.to, range.from + 100); k++)
                                (void)omg_files_layer_get_owner(layer,
                                                                omg_files_layer_get_hit(layer, k));
                }
        }
}

/* Lies with right checksums (numbers that point anywhere, sections that overlap, are too long or
 * too short) are refused or answered without a fault. */
static void test_lies(void)
{
        g_autoptr(GBytes) good = fixture_files_bytes(OMG_LAYER_SYNC_FILES, packages);
        gsize size;
        const guint8 *data = g_bytes_get_data(good, &size);
        static const guint32 values[] = {0, 1, 7, 0x7fffffff, 0x80000000, 0xffffffff};

        for (gsize at = 0; at + sizeof(guint32) <= size; at += sizeof(guint32))
                for (gsize v = 0; v < G_N_ELEMENTS(values); v++) {
                        g_autofree guint8 *copy = g_memdup2(data, size);
                        memcpy(copy + at, &values[v], sizeof(values[v]));
                        mend_sections(copy, size, OMG_FILES_SECTION_N);
                        g_autoptr(GBytes) bytes = g_bytes_new(copy, size);
                        g_autoptr(OmgFilesLayer) layer =
                                omg_files_layer_new_from_bytes(bytes, OMG_LAYER_SYNC_FILES, NULL);
                        if (layer)
                                ask_everything(layer);
                }
}

/* Shortening the file under the map costs the layer, not the process. */
static void test_shortened(void)
{
        g_autoptr(GBytes) bytes = fixture_files_bytes(OMG_LAYER_SYNC_FILES, packages);
        g_autofree char *dir = g_dir_make_tmp("omg-test-XXXXXX", NULL);
        g_autofree char *path = g_build_filename(dir, "sync-files.idx", NULL);
        gsize size;
        gconstpointer content = g_bytes_get_data(bytes, &size);

        g_assert_true(g_file_set_contents(path, content, (gssize)size, NULL));
        g_assert_cmpint(g_chmod(path, 0600), ==, 0);
        g_autoptr(OmgFilesLayer) layer = omg_files_layer_open(path, OMG_LAYER_SYNC_FILES, NULL);
        g_assert_nonnull(layer);
        g_assert_cmpint(truncate(path, 0), ==, 0);
        ask_everything(layer);
        g_assert_true(omg_section_file_is_damaged(omg_files_layer_get_file(layer)));
        (void)g_remove(path);
        (void)g_rmdir(dir);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/files-layer/paths", test_paths);
        g_test_add_func("/files-layer/find-package", test_find_package);
        g_test_add_func("/files-layer/owners", test_owners);
        g_test_add_func("/files-layer/many", test_many);
        g_test_add_func("/files-layer/drop", test_drop);
        g_test_add_func("/files-layer/limits", test_limits);
        g_test_add_func("/files-layer/empty", test_empty);
        g_test_add_func("/files-layer/damage", test_damage);
        g_test_add_func("/files-layer/lies", test_lies);
        g_test_add_func("/files-layer/shortened", test_shortened);
        return g_test_run();
}
