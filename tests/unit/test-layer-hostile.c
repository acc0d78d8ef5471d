/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Index files that somebody damaged or made to harm: refused, or read within their bounds. The
 * bytes are in blocks of exactly their length, so that the address sanitizer sees each step
 * outside. */

#include <string.h>

#include "../fuzz/fuzz-layer.h"
#include "base/error.h"
#include "fixture.h"

#define N_PACKAGES 300
#define N_FLIPS    1000

typedef struct {
        guint8 *data;
        gsize size;
} File;

static void file_clear(File *file)
{
        g_free(file->data);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(File, file_clear)

/* A layer with something in every section. */
static File make_file(void)
{
        g_autoptr(OmgLayerBuilder) builder = omg_layer_builder_new(OMG_LAYER_SYNC);
        g_autoptr(GBytes) stamps = g_bytes_new_static("what it was made from", 21);
        g_autoptr(GError) error = NULL;
        File file;

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
        g_autoptr(GBytes) bytes = omg_layer_builder_finish(builder, stamps, 1, &error);
        g_assert_no_error(error);
        file.data = g_memdup2(g_bytes_get_data(bytes, &file.size), g_bytes_get_size(bytes));
        return file;
}

static File copy_file(const File *file)
{
        return (File){g_memdup2(file->data, file->size), file->size};
}

static OmgSectionEntry get_entry(const File *file, guint section)
{
        OmgSectionEntry entry;

        memcpy(&entry, file->data + sizeof(OmgLayerHeader) + section * sizeof(entry),
               sizeof(entry));
        return entry;
}

static void set_entry(File *file, guint section, OmgSectionEntry entry)
{
        memcpy(file->data + sizeof(OmgLayerHeader) + section * sizeof(entry), &entry,
               sizeof(entry));
}

/* What omg_layer_new_from_bytes() says to exactly these bytes: NULL, or the reason. */
static char *ask_layer(const guint8 *data, gsize size)
{
        g_autofree guint8 *exact = g_memdup2(data, size);
        g_autoptr(GBytes) bytes = g_bytes_new_static(exact, size);
        g_autoptr(GError) error = NULL;
        OmgLayer *layer = omg_layer_new_from_bytes(bytes, OMG_LAYER_SYNC, &error);

        if (layer) {
                g_assert_no_error(error);
                omg_layer_unref(layer);
                return NULL;
        }
        g_assert_error(error, OMG_ERROR, OMG_ERROR_DATABASE_CORRUPT);
        return g_strdup(error->message);
}

/* Refused although all checksums are right, with that word in the reason (NULL: any). */
static void assert_refused(File *file, const char *what, const char *reason)
{
        fuzz_layer_mend(file->data, file->size);
        g_autofree char *said = ask_layer(file->data, file->size);

        if (!said)
                g_error("accepted: %s", what);
        g_test_message("%s: %s", what, said);
        if (reason)
                g_assert_nonnull(strstr(said, reason));
        (void)LLVMFuzzerTestOneInput(file->data, file->size);
}

/* Refused, or every answer from it within its bounds. */
static void assert_harmless(const File *file)
{
        (void)LLVMFuzzerTestOneInput(file->data, file->size);
}

/* One bit out of a thousand chosen over the whole file, padding included, and the file is refused;
 * also when all that the rest of omgd could check, the checksums, has been put right, nothing reads
 * outside. */
static void test_flips(void)
{
        g_auto(File) good = make_file();
        g_autoptr(GRand) rand = g_rand_new_with_seed(3);

        g_assert_null(ask_layer(good.data, good.size));
        for (guint i = 0; i < N_FLIPS; i++) {
                guint32 at = g_rand_int_range(rand, 0, good.size);
                g_auto(File) bad = copy_file(&good);
                bad.data[at] ^= 1u << g_rand_int_range(rand, 0, 8);
                g_autofree char *said = ask_layer(bad.data, bad.size);
                if (!said)
                        g_error("accepted with a flipped bit in byte %u", at);
                /* Reading everything takes a while: of the mended ones some. */
                if (i % 10 == 0)
                        assert_harmless(&bad);
        }
}

/* Every byte between two sections counts. */
static void test_padding(void)
{
        g_auto(File) good = make_file();
        gsize end = sizeof(OmgLayerHeader) + OMG_SECTION_N * sizeof(OmgSectionEntry);
        guint n = 0;

        for (guint s = 0; s < OMG_SECTION_N; s++) {
                OmgSectionEntry entry = get_entry(&good, s);
                for (gsize at = end; at < entry.offset; at++, n++) {
                        g_auto(File) bad = copy_file(&good);
                        bad.data[at] = 1;
                        g_autofree char *said = ask_layer(bad.data, bad.size);
                        if (!said)
                                g_error("accepted: byte %" G_GSIZE_FORMAT " of padding is not 0",
                                        at);
                }
                end = entry.offset + entry.size;
        }
        g_assert_cmpuint(n, >, 0);
        g_assert_cmpuint(end, ==, good.size);

        g_auto(File) longer = {g_malloc0(good.size + 8), good.size + 8};
        memcpy(longer.data, good.data, good.size);
        assert_refused(&longer, "zeros after the last section", NULL);
}

static void cut(const File *good, gsize size)
{
        g_autofree char *said = NULL;

        if (size >= good->size)
                return;
        said = ask_layer(good->data, size);
        g_assert_nonnull(said);
        g_auto(File) bad = {g_memdup2(good->data, size), size};
        g_autofree char *reason = g_strdup_printf("cut off at %" G_GSIZE_FORMAT, size);
        /* With a size and checksums that agree the missing section is what is found. */
        assert_refused(&bad, reason, NULL);
}

/* A file that ends at a border of a section, or a byte off it, is refused, whatever its header
 * says. */
static void test_truncation(void)
{
        g_auto(File) good = make_file();
        static const gsize heads[] = {0, 1, 8, sizeof(OmgLayerHeader) - 1, sizeof(OmgLayerHeader)};

        for (gsize i = 0; i < G_N_ELEMENTS(heads); i++)
                cut(&good, heads[i]);
        for (guint s = 0; s < OMG_SECTION_N; s++) {
                OmgSectionEntry entry = get_entry(&good, s);
                for (int off = -1; off <= 1; off++) {
                        cut(&good, entry.offset + off);
                        cut(&good, entry.offset + entry.size + off);
                }
        }
}

/* Sections that lie outside, over each other or over the table, and places whose end wraps around:
 * each is refused with good checksums. */
static void test_places(void)
{
        g_auto(File) good = make_file();
        const guint64 size = good.size, max = G_MAXUINT64;

        for (guint s = 0; s < OMG_SECTION_N; s++) {
                OmgSectionEntry e = get_entry(&good, s);
                const struct {
                        const char *what;
                        guint64 offset, size;
                } places[] = {
                        {"begins at the end", (size + 7) / 8 * 8 + 8, 8},
                        {"ends one byte outside", e.offset, size - e.offset + 1},
                        {"ends far outside", e.offset, max / 2},
                        {"begins far outside", max / 2 / 8 * 8, e.size},
                        {"wraps around to 0", max / 8 * 8, 8},
                        {"wraps around to itself", e.offset, max - e.offset + 1 + e.size},
                        {"the largest of all", max / 8 * 8, max},
                        {"size wraps", e.offset, max},
                        {"lies on the header", 0, 8},
                        {"lies on the table", sizeof(OmgLayerHeader), 8},
                        {"begins off a multiple of 8", e.offset + 4, e.size},
                };
                for (gsize i = 0; i < G_N_ELEMENTS(places); i++) {
                        g_auto(File) bad = copy_file(&good);
                        g_autofree char *what = g_strdup_printf("section %u %s", s, places[i].what);
                        set_entry(&bad, s,
                                  (OmgSectionEntry){places[i].offset, places[i].size, e.checksum});
                        assert_refused(&bad, what, NULL);
                }
        }
        for (guint s = 1; s < OMG_SECTION_N; s++) {
                OmgSectionEntry before = get_entry(&good, s - 1), e = get_entry(&good, s);
                if (before.size == 0 || e.size == 0)
                        continue;
                g_auto(File) over = copy_file(&good), swapped = copy_file(&good);
                e.offset = before.offset;
                set_entry(&over, s, e);
                assert_refused(&over, "two sections in one place", "overlap");
                set_entry(&swapped, s - 1, get_entry(&good, s));
                set_entry(&swapped, s, before);
                assert_refused(&swapped, "two sections swapped", NULL);
        }
}

/* A section shorter by a byte or a record, made so that the places still follow each other: refused
 * where records or counts no longer fit, harmless where only less is there. */
static void test_sizes(void)
{
        g_auto(File) good = make_file();

        for (guint s = 0; s < OMG_SECTION_N; s++)
                for (gsize less = 1; less <= 64; less += less < 8 ? 1 : 4) {
                        OmgSectionEntry entry = get_entry(&good, s);
                        if (entry.size < less)
                                break;
                        /* What is cut off moves into the padding: zeros, as it must be. */
                        g_auto(File) bad = copy_file(&good);
                        entry.size -= less;
                        memset(bad.data + entry.offset + entry.size, 0, less);
                        set_entry(&bad, s, entry);
                        assert_harmless(&bad);
                }
}

/* Header fields: another kind, version, number of sections, size; each is refused. */
static void test_header(void)
{
        static const struct {
                const char *what;
                gsize at;
                guint32 value;
        } fields[] = {
                {"magic number", offsetof(OmgLayerHeader, magic), 0},
                {"version 0", offsetof(OmgLayerHeader, version), 0},
                {"newest version", offsetof(OmgLayerHeader, version), G_MAXUINT32},
                {"kind 0", offsetof(OmgLayerHeader, kind), 0},
                {"kind of the local index", offsetof(OmgLayerHeader, kind), OMG_LAYER_LOCAL},
                {"no sections", offsetof(OmgLayerHeader, n_sections), 0},
                {"one section more", offsetof(OmgLayerHeader, n_sections), OMG_SECTION_N + 1},
                {"most sections", offsetof(OmgLayerHeader, n_sections), G_MAXUINT32},
        };
        g_auto(File) good = make_file();

        for (gsize i = 0; i < G_N_ELEMENTS(fields); i++) {
                g_auto(File) bad = copy_file(&good);
                memcpy(bad.data + fields[i].at, &fields[i].value, sizeof(guint32));
                assert_refused(&bad, fields[i].what, NULL);
        }
}

/* Puts values into every word of 32 bits of a section, one after the other. */
static void poison(const File *good, guint section, guint max_words)
{
        static const guint32 values[] = {0,           1,           0x7fffffff, 0x80000000,
                                         0xfffffff0u, G_MAXUINT32, 0x00ffffff, 0xffff0000u};
        OmgSectionEntry entry = get_entry(good, section);
        gsize n_words = entry.size / 4, step = MAX(1, n_words / max_words);

        for (gsize word = 0; word < n_words; word += step)
                for (gsize v = 0; v < G_N_ELEMENTS(values); v += 1 + (word + v) % 2) {
                        g_auto(File) bad = copy_file(good);
                        memcpy(bad.data + entry.offset + word * 4, &values[v], 4);
                        assert_harmless(&bad);
                }
}

/* The same value in all of a section's words, and everything random. */
static void flood(const File *good, guint section, GRand *rand)
{
        OmgSectionEntry entry = get_entry(good, section);

        for (guint v = 0; v < 6; v++) {
                g_auto(File) bad = copy_file(good);
                for (gsize i = 0; i < entry.size; i++)
                        bad.data[entry.offset + i] = v == 0   ? 0
                                                     : v == 1 ? 0xff
                                                     : v == 2 ? 0x80
                                                     : v == 3 ? (i % 4 == 0)
                                                              : g_rand_int_range(rand, 0, 256);
                assert_harmless(&bad);
        }
}

/* Counts, offsets, ids, repository indices, slots and group ranges that overflow or lie outside,
 * with good checksums: every section gets them in many places. Refused, or answers in bounds. */
static void test_values(void)
{
        g_auto(File) good = make_file();
        g_autoptr(GRand) rand = g_rand_new_with_seed(4);

        for (guint s = 0; s < OMG_SECTION_N; s++) {
                poison(&good, s, g_test_slow() ? 500 : 30);
                flood(&good, s, rand);
        }
}

static void set_record(File *file, OmgSection section, gsize size, gsize at, gsize index,
                       guint32 value)
{
        memcpy(file->data + get_entry(file, section).offset + index * size + at, &value,
               sizeof(value));
}

/* A damaged reference gives nothing or "", never something from elsewhere. */
static void test_references(void)
{
        g_auto(File) bad = make_file();
        g_autoptr(GError) error = NULL;

        for (guint id = 0; id < N_PACKAGES; id++) {
                set_record(&bad, OMG_SECTION_PACKAGES, sizeof(OmgPackageRecord),
                           offsetof(OmgPackageRecord, name), id, G_MAXUINT32);
                set_record(&bad, OMG_SECTION_PACKAGES, sizeof(OmgPackageRecord),
                           offsetof(OmgPackageRecord, details), id, G_MAXUINT32 - id);
                set_record(&bad, OMG_SECTION_NAME_ORDER, sizeof(guint32), 0, id, N_PACKAGES + id);
        }
        fuzz_layer_mend(bad.data, bad.size);
        g_autoptr(GBytes) bytes = g_bytes_new(bad.data, bad.size);
        g_autoptr(OmgLayer) layer = omg_layer_new_from_bytes(bytes, OMG_LAYER_SYNC, &error);
        if (!layer)
                return;
        for (guint id = 0; id < N_PACKAGES; id++) {
                g_autoptr(OmgPackage) package = omg_layer_dup_package(layer, id, NULL);
                g_assert_null(package);
                g_assert_cmpstr(omg_layer_get_name(layer, id), ==, "");
                g_assert_cmpuint(omg_layer_get_by_name(layer, id), ==, OMG_NO_PACKAGE);
        }
        g_assert_cmpuint(omg_layer_find(layer, "lib-x1", 6, NULL), ==, OMG_NO_PACKAGE);
        g_assert_cmpuint(omg_layer_get_record(layer, G_MAXUINT32)->name, ==, 0);
        g_assert_cmpuint(omg_layer_get_repository(layer, G_MAXUINT32)->name, ==, 0);
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
        g_test_add_func("/layer-hostile/flips", test_flips);
        g_test_add_func("/layer-hostile/padding", test_padding);
        g_test_add_func("/layer-hostile/truncation", test_truncation);
        g_test_add_func("/layer-hostile/places", test_places);
        g_test_add_func("/layer-hostile/sizes", test_sizes);
        g_test_add_func("/layer-hostile/header", test_header);
        g_test_add_func("/layer-hostile/values", test_values);
        g_test_add_func("/layer-hostile/references", test_references);
        g_test_add_func("/layer-hostile/twice", test_twice);
        return g_test_run();
}
