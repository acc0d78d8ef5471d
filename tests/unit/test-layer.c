/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/limits-aur.h"
#include "base/limits.h"
#include "fixture.h"

static const FixturePackage packages[] = {
        {"core", "zlib", "1.2-1", "Compression library", "base", NULL, 0},
        {"core", "glibc", "2.36-1", "GNU C Library", NULL, "libxcrypt-compat<4 glibc-old", 0},
        {"extra", "zlib", "1.3-1", "Another compression library", NULL, NULL, 0},
        {"extra", "Émacs", "28-1", "Éditeur", "base editors", NULL, 0},
        {},
};

/* Ids are in the order of rank, exact look-up meets repositories by precedence, names are in order.
 */
static void test_look_up(void)
{
        g_autoptr(OmgLayer) layer = fixture_layer(OMG_LAYER_SYNC, packages);
        guint64 cursor = 0;

        g_assert_cmpuint(omg_layer_get_n_packages(layer), ==, 4);
        guint first = omg_layer_find(layer, "zlib", 4, &cursor);
        guint second = omg_layer_find(layer, "zlib", 4, &cursor);
        g_assert_cmpuint(omg_layer_find(layer, "zlib", 4, &cursor), ==, OMG_NO_PACKAGE);
        g_assert_cmpuint(first, ==, 0);
        g_assert_cmpuint(second, ==, 1);
        g_assert_cmpstr(omg_layer_get_text(layer, omg_layer_get_record(layer, second)->version), ==,
                        "1.3-1");
        g_assert_cmpuint(omg_layer_find(layer, "zli", 3, NULL), ==, OMG_NO_PACKAGE);
        g_assert_cmpuint(omg_layer_find(layer, "", 0, NULL), ==, OMG_NO_PACKAGE);
        for (guint i = 1; i < 4; i++) {
                const OmgPackageRecord *a =
                        omg_layer_get_record(layer, omg_layer_get_by_name(layer, i - 1));
                const OmgPackageRecord *b =
                        omg_layer_get_record(layer, omg_layer_get_by_name(layer, i));
                g_assert_cmpint(strcmp(omg_layer_get_text(layer, a->folded_name),
                                       omg_layer_get_text(layer, b->folded_name)),
                                <=, 0);
        }
        g_assert_cmpuint(omg_layer_get_by_name(layer, 4), ==, OMG_NO_PACKAGE);
}

/* A prefix gives exactly the names that begin with it. */
static void test_prefix(void)
{
        g_autoptr(OmgLayer) layer = fixture_layer(OMG_LAYER_SYNC, packages);
        guint from, to;

        omg_layer_find_prefix(layer, "zl", 2, &from, &to);
        g_assert_cmpuint(to - from, ==, 2);
        omg_layer_find_prefix(layer, "é", 2, &from, &to);
        g_assert_cmpuint(to - from, ==, 1);
        omg_layer_find_prefix(layer, "q", 1, &from, &to);
        g_assert_cmpuint(to - from, ==, 0);
        omg_layer_find_prefix(layer, "", 0, &from, &to);
        g_assert_cmpuint(to - from, ==, 4);
}

/* All fields survive the file, also the unusual ones, and what is absent stays absent. */
static void test_fields(void)
{
        g_autoptr(OmgLayerBuilder) builder = omg_layer_builder_new(OMG_LAYER_LOCAL);
        g_autoptr(OmgPackage) in = omg_package_new("a", "1", "bad \xff bytes");
        g_autoptr(GBytes) stamps = g_bytes_new(NULL, 0);
        g_autoptr(GError) error = NULL;

        for (OmgField f = 0; f < OMG_FIELD_N; f++) {
                if (f == OMG_FIELD_URL)
                        continue;
                if (omg_field_get_type(f) == OMG_FIELD_TYPE_STRING)
                        omg_package_set_string(in, f, omg_field_get_key(f));
                else if (omg_field_get_type(f) == OMG_FIELD_TYPE_NUMBER)
                        omg_package_set_number(in, f, G_MAXUINT64 - f);
                else if (omg_field_get_type(f) == OMG_FIELD_TYPE_REAL)
                        omg_package_set_real(in, f, 0.1 + f);
                else
                        omg_package_take_strv(in, f, g_strsplit("x,,z>=1: why", ",", -1));
        }
        omg_layer_builder_add_repository(builder, "local");
        g_assert_true(omg_layer_builder_add_package(builder, in, &error));
        g_autoptr(GBytes) bytes = omg_layer_builder_finish(builder, stamps, 7, &error);
        g_autoptr(OmgLayer) layer = omg_layer_new_from_bytes(bytes, OMG_LAYER_LOCAL, &error);
        g_assert_no_error(error);
        g_autoptr(OmgPackage) out = omg_layer_dup_package(layer, 0, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(omg_layer_get_built_usec(layer), ==, 7);
        g_assert_cmpstr(out->description, ==, "bad \xef\xbf\xbd bytes");
        g_assert_false(out->fields[OMG_FIELD_URL].present);
        for (OmgField f = 0; f < OMG_FIELD_N; f++) {
                if (f == OMG_FIELD_URL)
                        continue;
                g_assert_true(out->fields[f].present);
                if (omg_field_get_type(f) == OMG_FIELD_TYPE_STRING)
                        g_assert_cmpstr(out->fields[f].string, ==, omg_field_get_key(f));
                else if (omg_field_get_type(f) == OMG_FIELD_TYPE_NUMBER)
                        g_assert_cmpuint(out->fields[f].number, ==, G_MAXUINT64 - f);
                else if (omg_field_get_type(f) == OMG_FIELD_TYPE_REAL)
                        g_assert_cmpfloat(out->fields[f].real, ==, 0.1 + f);
                else
                        g_assert_cmpstrv(out->fields[f].strv, in->fields[f].strv);
        }
}

static OmgLayerBuilder *make_large(int spool)
{
        OmgLayerBuilder *builder = omg_layer_builder_new(OMG_LAYER_SYNC);
        g_autofree char *url = g_strnfill(700, 'u');

        if (spool >= 0)
                omg_layer_builder_spool_details(builder, spool);
        omg_layer_builder_add_repository(builder, "core");
        for (guint i = 0; i < 1000; i++) {
                g_autofree char *name = g_strdup_printf("package%u", i);
                g_autoptr(OmgPackage) package = omg_package_new(name, "1-1", "A Package");
                omg_package_set_string(package, OMG_FIELD_URL, url);
                omg_package_set_string(package, OMG_FIELD_BASE, name);
                g_assert_true(omg_layer_builder_add_package(builder, package, NULL));
        }
        return builder;
}

/* With details put aside, and written as it comes, it is the file that is made in memory. */
static void test_written(void)
{
        g_autofree char *path = NULL, *content = NULL;
        int spool = g_file_open_tmp("omg-layer-XXXXXX", &path, NULL);
        g_autofree char *file_path = NULL;
        int fd = g_file_open_tmp("omg-layer-XXXXXX", &file_path, NULL);
        g_autoptr(OmgLayerBuilder) whole = make_large(-1), written = make_large(spool);
        g_autoptr(GBytes) stamps = g_bytes_new_static("stamps", 6);
        g_autoptr(GBytes) bytes = omg_layer_builder_finish(whole, stamps, 7, NULL);
        gsize size;

        g_assert_cmpint(lseek(spool, 0, SEEK_END), >, 0);
        g_assert_true(omg_layer_builder_write(written, stamps, 7, fd, NULL));
        g_assert_true(g_file_get_contents(file_path, &content, &size, NULL));
        g_assert_cmpmem(content, size, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
        (void)close(fd);
        (void)close(spool);
        (void)g_unlink(path);
        (void)g_unlink(file_path);
}

/* Details that cannot be put aside are an error, and so is a file that cannot be written. */
static void test_full(void)
{
        int full = open("/dev/full", O_RDWR | O_CLOEXEC);
        g_autoptr(OmgLayerBuilder) builder = omg_layer_builder_new(OMG_LAYER_SYNC);
        g_autoptr(OmgLayerBuilder) written = make_large(-1);
        g_autoptr(GBytes) stamps = g_bytes_new_static("", 0);
        g_autofree char *url = g_strnfill(300000, 'u');
        g_autoptr(OmgPackage) package = omg_package_new("a", "1-1", "");
        g_autoptr(GError) error = NULL;

        omg_layer_builder_spool_details(builder, full);
        omg_layer_builder_add_repository(builder, "core");
        omg_package_set_string(package, OMG_FIELD_URL, url);
        g_assert_false(omg_layer_builder_add_package(builder, package, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE);
        g_clear_error(&error);
        g_assert_false(omg_layer_builder_write(written, stamps, 7, full, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE);
        (void)close(full);
}

/* Equally good packages of the AUR stand in the order of popularity, votes and name. */
static void test_popularity(void)
{
        static const FixturePackage aur[] = {
                {"aur", "bbb", "1-1", "", .popularity = 0.25, .votes = 9},
                {"aur", "aaa", "1-1", "", .popularity = 0.25, .votes = 9},
                {"aur", "long", "1-1", "", .popularity = 99, .votes = 1},
                {"aur", "zzz", "1-1", "", .popularity = 3.5, .votes = 1},
                {"aur", "ccc", "1-1", "", .popularity = 0.25, .votes = 10},
                {"aur", "mmm", "1-1", ""},
                {},
        };
        static const char *const expected[] = {"zzz", "ccc", "aaa", "bbb", "mmm", "long"};
        g_autoptr(OmgLayer) layer = fixture_layer(OMG_LAYER_AUR, aur);

        for (guint id = 0; id < G_N_ELEMENTS(expected); id++)
                g_assert_cmpstr(omg_layer_get_name(layer, id), ==, expected[id]);
        g_assert_cmpfloat(omg_layer_get_record(layer, 0)->popularity, ==, 3.5);
        g_assert_cmpuint(omg_layer_get_record(layer, 1)->votes, ==, 10);
}

/* No bit of a file can change, and no byte be cut off, without the file being refused. */
static void test_damage(void)
{
        g_autoptr(GBytes) good = fixture_layer_bytes(OMG_LAYER_SYNC, packages);
        gsize size;
        const guint8 *data = g_bytes_get_data(good, &size);
        g_autoptr(OmgLayer) other = omg_layer_new_from_bytes(good, OMG_LAYER_LOCAL, NULL);

        g_assert_null(other);
        for (gsize i = 0; i < size; i++) {
                g_autofree guint8 *copy = g_memdup2(data, size);
                copy[i] ^= 1u << (i % 8);
                g_autoptr(GBytes) bytes = g_bytes_new(copy, size);
                g_autoptr(GError) error = NULL;
                g_autoptr(OmgLayer) layer = omg_layer_new_from_bytes(bytes, OMG_LAYER_SYNC, &error);
                g_assert_null(layer);
                g_assert_error(error, OMG_ERROR, OMG_ERROR_DATABASE_CORRUPT);
        }
        for (gsize i = 0; i < size; i++) {
                g_autoptr(GBytes) bytes = g_bytes_new(data, i);
                g_autoptr(OmgLayer) layer = omg_layer_new_from_bytes(bytes, OMG_LAYER_SYNC, NULL);
                g_assert_null(layer);
        }
}

typedef struct {
        char *dir;
        char *path;
} File;

static void file_set_up(File *file, gconstpointer data)
{
        g_autoptr(GBytes) bytes = fixture_layer_bytes(OMG_LAYER_SYNC, packages);
        gsize size;
        gconstpointer content = g_bytes_get_data(bytes, &size);

        file->dir = g_dir_make_tmp("omg-test-XXXXXX", NULL);
        file->path = g_build_filename(file->dir, "sync.idx", NULL);
        g_assert_true(g_file_set_contents(file->path, content, size, NULL));
        g_assert_cmpint(g_chmod(file->path, 0600), ==, 0);
}

static void file_tear_down(File *file, gconstpointer data)
{
        (void)g_remove(file->path);
        g_assert_cmpint(g_rmdir(file->dir), ==, 0);
        g_free(file->dir);
        g_free(file->path);
}

static void assert_refused(const File *file, const char *reason)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(OmgLayer) layer = omg_layer_open(file->path, OMG_LAYER_SYNC, &error);

        g_assert_null(layer);
        g_assert_error(error, OMG_ERROR, OMG_ERROR_DATABASE_CORRUPT);
        g_assert_nonnull(strstr(error->message, reason));
}

/* What others could have put there is refused: links, folders, writable files, and other owners'.
 */
static void test_file_checks(File *file, gconstpointer data)
{
        g_autoptr(OmgLayer) layer = omg_layer_open(file->path, OMG_LAYER_SYNC, NULL);
        g_autofree char *real = g_strconcat(file->path, ".real", NULL);
        g_autoptr(GError) error = NULL;

        g_assert_nonnull(layer);
        g_assert_cmpint(g_chmod(file->path, 0622), ==, 0);
        assert_refused(file, "can be written by others");
        g_assert_cmpint(g_chmod(file->path, 0600), ==, 0);
        if (geteuid() == 0) {
                g_assert_cmpint(chown(file->path, 65534, 65534), ==, 0);
                assert_refused(file, "another user");
                g_assert_cmpint(chown(file->path, 0, 0), ==, 0);
        }
        g_assert_cmpint(g_rename(file->path, real), ==, 0);
        g_assert_cmpint(symlink(real, file->path), ==, 0);
        assert_refused(file, "symbolic link");
        g_assert_cmpint(g_remove(file->path), ==, 0);
        g_assert_null(omg_layer_open(file->path, OMG_LAYER_SYNC, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_DATABASE_MISSING);
        g_assert_cmpint(g_mkdir(file->path, 0700), ==, 0);
        assert_refused(file, "no regular file");
        (void)g_remove(real);
}

/* A newer format says so, so that the log names the reason. */
static void test_newer_format(File *file, gconstpointer data)
{
        int fd = g_open(file->path, O_WRONLY | O_CLOEXEC, 0);
        guint32 version = OMG_LAYER_VERSION + 1;

        g_assert_cmpint(pwrite(fd, &version, sizeof(version), offsetof(OmgLayerHeader, version)),
                        ==, sizeof(version));
        (void)close(fd);
        g_autofree char *expected = g_strdup_printf("format version %u", version);
        assert_refused(file, expected);
}

/* Shortening the file under the map costs the layer, not the process. */
static void test_shortened(File *file, gconstpointer data)
{
        g_autoptr(OmgLayer) layer = omg_layer_open(file->path, OMG_LAYER_SYNC, NULL);

        g_assert_nonnull(layer);
        g_assert_false(omg_layer_is_damaged(layer));
        g_assert_cmpint(truncate(file->path, 0), ==, 0);
        for (guint id = 0; id < 4; id++) {
                omg_package_free(omg_layer_dup_package(layer, id, NULL));
                (void)omg_layer_get_by_name(layer, id);
        }
        g_assert_cmpuint(omg_layer_find(layer, "zlib", 4, NULL), ==, OMG_NO_PACKAGE);
        g_assert_true(omg_layer_is_damaged(layer));
}

/* As many layers as there can be answers of the AUR, kept and of jobs, leave room for the index. */
static void test_many(File *file, gconstpointer data)
{
        g_autoptr(GPtrArray) layers =
                g_ptr_array_new_with_free_func((GDestroyNotify)omg_layer_unref);
        g_autoptr(GError) error = NULL;

        for (guint i = 0; i < OMG_LIMIT_AUR_ANSWERS + 2 * OMG_LIMIT_JOBS_TOTAL + 16; i++) {
                OmgLayer *layer = omg_layer_open(file->path, OMG_LAYER_SYNC, &error);
                g_assert_no_error(error);
                g_ptr_array_add(layers, layer);
        }
}

/* Names and counts beyond base/limits.h are refused when the index is made. */
static void test_limits(void)
{
        g_autoptr(OmgLayerBuilder) builder = omg_layer_builder_new(OMG_LAYER_SYNC);
        g_autofree char *name = g_strnfill(OMG_LIMIT_PACKAGE_NAME + 1, 'a');
        g_autoptr(OmgPackage) package = omg_package_new(name, "1", "");
        g_autoptr(GError) error = NULL;

        omg_layer_builder_add_repository(builder, "core");
        g_assert_false(omg_layer_builder_add_package(builder, package, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_LIMITS_EXCEEDED);
        package->name[OMG_LIMIT_PACKAGE_NAME] = '\0';
        g_assert_true(omg_layer_builder_add_package(builder, package, NULL));
}

/* A layer of nothing is a layer. */
static void test_empty(void)
{
        const FixturePackage none[] = {{}};
        g_autoptr(OmgLayer) layer = fixture_layer(OMG_LAYER_LOCAL, none);
        guint from, to;

        g_assert_cmpuint(omg_layer_get_n_packages(layer), ==, 0);
        g_assert_cmpuint(omg_layer_find(layer, "a", 1, NULL), ==, OMG_NO_PACKAGE);
        omg_layer_find_prefix(layer, "a", 1, &from, &to);
        g_assert_cmpuint(from, ==, to);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/layer/look-up", test_look_up);
        g_test_add_func("/layer/prefix", test_prefix);
        g_test_add_func("/layer/fields", test_fields);
        g_test_add_func("/layer/written", test_written);
        g_test_add_func("/layer/full", test_full);
        g_test_add_func("/layer/popularity", test_popularity);
        g_test_add_func("/layer/damage", test_damage);
        g_test_add_func("/layer/limits", test_limits);
        g_test_add_func("/layer/empty", test_empty);
        g_test_add("/layer/file-checks", File, NULL, file_set_up, test_file_checks, file_tear_down);
        g_test_add("/layer/many", File, NULL, file_set_up, test_many, file_tear_down);
        g_test_add("/layer/newer-format", File, NULL, file_set_up, test_newer_format,
                   file_tear_down);
        g_test_add("/layer/shortened", File, NULL, file_set_up, test_shortened, file_tear_down);
        return g_test_run();
}
