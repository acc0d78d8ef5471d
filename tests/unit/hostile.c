/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hostile.h"

#include <string.h>

#include "base/error.h"
#include "store/layer-format.h"
#include "tests/fuzz/mend-sections.h"

#define N_FLIPS 1000

HostileFile hostile_file_new(const HostileFormat *format)
{
        g_autoptr(GBytes) bytes = format->make();
        gsize size;
        gconstpointer data = g_bytes_get_data(bytes, &size);

        return (HostileFile){g_memdup2(data, size), size};
}

void hostile_file_clear(HostileFile *file)
{
        g_free(file->data);
}

void hostile_file_mend(const HostileFormat *format, HostileFile *file)
{
        mend_sections(file->data, file->size, format->n_sections);
}

static HostileFile copy_file(const HostileFile *file)
{
        return (HostileFile){g_memdup2(file->data, file->size), file->size};
}

OmgSectionEntry hostile_file_get_entry(const HostileFile *file, guint section)
{
        OmgSectionEntry entry;

        memcpy(&entry, file->data + sizeof(OmgLayerHeader) + section * sizeof(entry),
               sizeof(entry));
        return entry;
}

static void set_entry(HostileFile *file, guint section, OmgSectionEntry entry)
{
        memcpy(file->data + sizeof(OmgLayerHeader) + section * sizeof(entry), &entry,
               sizeof(entry));
}

void hostile_file_set_word(HostileFile *file, guint section, gsize at, guint32 value)
{
        memcpy(file->data + hostile_file_get_entry(file, section).offset + at, &value,
               sizeof(value));
}

/* What opening exactly these bytes comes to: NULL, or the reason against it. */
static char *ask(const HostileFormat *format, const guint8 *data, gsize size)
{
        g_autofree guint8 *exact = g_memdup2(data, size);
        g_autoptr(GBytes) bytes = g_bytes_new_static(exact, size);
        g_autoptr(GError) error = NULL;

        if (format->open(bytes, &error)) {
                g_assert_no_error(error);
                return NULL;
        }
        g_assert_error(error, OMG_ERROR, OMG_ERROR_DATABASE_CORRUPT);
        return g_strdup(error->message);
}

/* Refused although all checksums are right, with that word in the reason (NULL: any). */
static void assert_refused(const HostileFormat *format, HostileFile *file, const char *what,
                           const char *reason)
{
        hostile_file_mend(format, file);
        g_autofree char *said = ask(format, file->data, file->size);

        if (!said)
                g_error("accepted: %s", what);
        g_test_message("%s: %s", what, said);
        if (reason)
                g_assert_nonnull(strstr(said, reason));
        (void)LLVMFuzzerTestOneInput(file->data, file->size);
}

/* Refused, or every answer from it within its bounds. */
static void assert_harmless(const HostileFile *file)
{
        (void)LLVMFuzzerTestOneInput(file->data, file->size);
}

/* One bit out of a thousand chosen over the whole file, padding included, and the file is refused;
 * also when all that the rest of omgd could check, the checksums, has been put right, nothing reads
 * outside. */
static void test_flips(gconstpointer data)
{
        const HostileFormat *format = data;
        g_auto(HostileFile) good = hostile_file_new(format);
        g_autoptr(GRand) rand = g_rand_new_with_seed(3);

        g_assert_null(ask(format, good.data, good.size));
        for (guint i = 0; i < N_FLIPS; i++) {
                guint32 at = g_rand_int_range(rand, 0, good.size);
                g_auto(HostileFile) bad = copy_file(&good);
                bad.data[at] ^= 1u << g_rand_int_range(rand, 0, 8);
                g_autofree char *said = ask(format, bad.data, bad.size);
                if (!said)
                        g_error("accepted with a flipped bit in byte %u", at);
                /* Reading everything takes a while: of the mended ones some. */
                if (i % 10 == 0)
                        assert_harmless(&bad);
        }
}

/* Every byte between two sections counts. */
static void test_padding(gconstpointer data)
{
        const HostileFormat *format = data;
        g_auto(HostileFile) good = hostile_file_new(format);
        gsize end = sizeof(OmgLayerHeader) + format->n_sections * sizeof(OmgSectionEntry);
        guint n = 0;

        for (guint s = 0; s < format->n_sections; s++) {
                OmgSectionEntry entry = hostile_file_get_entry(&good, s);
                for (gsize at = end; at < entry.offset; at++, n++) {
                        g_auto(HostileFile) bad = copy_file(&good);
                        bad.data[at] = 1;
                        g_autofree char *said = ask(format, bad.data, bad.size);
                        if (!said)
                                g_error("accepted: byte %" G_GSIZE_FORMAT " of padding is not 0",
                                        at);
                }
                end = entry.offset + entry.size;
        }
        g_assert_cmpuint(n, >, 0);
        g_assert_cmpuint(end, ==, good.size);

        g_auto(HostileFile) longer = {g_malloc0(good.size + 8), good.size + 8};
        memcpy(longer.data, good.data, good.size);
        assert_refused(format, &longer, "zeros after the last section", NULL);
}

static void cut(const HostileFormat *format, const HostileFile *good, gsize size)
{
        g_autofree char *said = NULL;

        if (size >= good->size)
                return;
        said = ask(format, good->data, size);
        g_assert_nonnull(said);
        g_auto(HostileFile) bad = {g_memdup2(good->data, size), size};
        g_autofree char *reason = g_strdup_printf("cut off at %" G_GSIZE_FORMAT, size);
        /* With a size and checksums that agree the missing section is what is found. */
        assert_refused(format, &bad, reason, NULL);
}

/* A file that ends at a border of a section, or a byte off it, is refused, whatever its header
 * says. */
static void test_truncation(gconstpointer data)
{
        const HostileFormat *format = data;
        g_auto(HostileFile) good = hostile_file_new(format);
        static const gsize heads[] = {0, 1, 8, sizeof(OmgLayerHeader) - 1, sizeof(OmgLayerHeader)};

        for (gsize i = 0; i < G_N_ELEMENTS(heads); i++)
                cut(format, &good, heads[i]);
        for (guint s = 0; s < format->n_sections; s++) {
                OmgSectionEntry entry = hostile_file_get_entry(&good, s);
                for (int off = -1; off <= 1; off++) {
                        cut(format, &good, entry.offset + off);
                        cut(format, &good, entry.offset + entry.size + off);
                }
        }
}

/* Sections that lie outside, over each other or over the table, and places whose end wraps around:
 * each is refused with good checksums. */
static void test_places(gconstpointer data)
{
        const HostileFormat *format = data;
        g_auto(HostileFile) good = hostile_file_new(format);
        const guint64 size = good.size, max = G_MAXUINT64;

        for (guint s = 0; s < format->n_sections; s++) {
                OmgSectionEntry e = hostile_file_get_entry(&good, s);
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
                        g_auto(HostileFile) bad = copy_file(&good);
                        g_autofree char *what = g_strdup_printf("section %u %s", s, places[i].what);
                        set_entry(&bad, s,
                                  (OmgSectionEntry){places[i].offset, places[i].size, e.checksum});
                        assert_refused(format, &bad, what, NULL);
                }
        }
        for (guint s = 1; s < format->n_sections; s++) {
                OmgSectionEntry before = hostile_file_get_entry(&good, s - 1),
                                e = hostile_file_get_entry(&good, s);
                if (before.size == 0 || e.size == 0)
                        continue;
                g_auto(HostileFile) over = copy_file(&good), swapped = copy_file(&good);
                e.offset = before.offset;
                set_entry(&over, s, e);
                assert_refused(format, &over, "two sections in one place", "overlap");
                set_entry(&swapped, s - 1, hostile_file_get_entry(&good, s));
                set_entry(&swapped, s, before);
                assert_refused(format, &swapped, "two sections swapped", NULL);
        }
}

/* A section shorter by a byte or a record, made so that the places still follow each other: refused
 * where records or counts no longer fit, harmless where only less is there. */
static void test_sizes(gconstpointer data)
{
        const HostileFormat *format = data;
        g_auto(HostileFile) good = hostile_file_new(format);

        for (guint s = 0; s < format->n_sections; s++)
                for (gsize less = 1; less <= 64; less += less < 8 ? 1 : 4) {
                        OmgSectionEntry entry = hostile_file_get_entry(&good, s);
                        if (entry.size < less)
                                break;
                        /* What is cut off moves into the padding: zeros, as it must be. */
                        g_auto(HostileFile) bad = copy_file(&good);
                        entry.size -= less;
                        memset(bad.data + entry.offset + entry.size, 0, less);
                        set_entry(&bad, s, entry);
                        assert_harmless(&bad);
                }
}

/* Header fields: another kind, version, number of sections, size; each is refused. */
static void test_header(gconstpointer data)
{
        const HostileFormat *format = data;
        const struct {
                const char *what;
                gsize at;
                guint32 value;
        } fields[] = {
                {"magic number", offsetof(OmgLayerHeader, magic), 0},
                {"version 0", offsetof(OmgLayerHeader, version), 0},
                {"newest version", offsetof(OmgLayerHeader, version), G_MAXUINT32},
                {"kind 0", offsetof(OmgLayerHeader, kind), 0},
                {"kind of another index", offsetof(OmgLayerHeader, kind), format->other_kind},
                {"no sections", offsetof(OmgLayerHeader, n_sections), 0},
                {"one section more", offsetof(OmgLayerHeader, n_sections), format->n_sections + 1},
                {"most sections", offsetof(OmgLayerHeader, n_sections), G_MAXUINT32},
        };
        g_auto(HostileFile) good = hostile_file_new(format);

        for (gsize i = 0; i < G_N_ELEMENTS(fields); i++) {
                g_auto(HostileFile) bad = copy_file(&good);
                memcpy(bad.data + fields[i].at, &fields[i].value, sizeof(guint32));
                assert_refused(format, &bad, fields[i].what, NULL);
        }
}

/* Puts values into every word of 32 bits of a section, one after the other. */
static void poison(const HostileFile *good, guint section, guint max_words)
{
        static const guint32 values[] = {0,           1,           0x7fffffff, 0x80000000,
                                         0xfffffff0u, G_MAXUINT32, 0x00ffffff, 0xffff0000u};
        OmgSectionEntry entry = hostile_file_get_entry(good, section);
        gsize n_words = entry.size / 4, step = MAX(1, n_words / max_words);

        for (gsize word = 0; word < n_words; word += step)
                for (gsize v = 0; v < G_N_ELEMENTS(values); v += 1 + (word + v) % 2) {
                        g_auto(HostileFile) bad = copy_file(good);
                        memcpy(bad.data + entry.offset + word * 4, &values[v], 4);
                        assert_harmless(&bad);
                }
}

/* The same value in all of a section's words, and everything random. */
static void flood(const HostileFile *good, guint section, GRand *rand)
{
        OmgSectionEntry entry = hostile_file_get_entry(good, section);

        for (guint v = 0; v < 6; v++) {
                g_auto(HostileFile) bad = copy_file(good);
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
static void test_values(gconstpointer data)
{
        const HostileFormat *format = data;
        g_auto(HostileFile) good = hostile_file_new(format);
        g_autoptr(GRand) rand = g_rand_new_with_seed(4);

        for (guint s = 0; s < format->n_sections; s++) {
                poison(&good, s, g_test_slow() ? 500 : 30);
                flood(&good, s, rand);
        }
}

void hostile_add_tests(const char *path, const HostileFormat *format)
{
        static const struct {
                const char *name;
                GTestDataFunc func;
        } tests[] = {
                {"flips", test_flips},   {"padding", test_padding}, {"truncation", test_truncation},
                {"places", test_places}, {"sizes", test_sizes},     {"header", test_header},
                {"values", test_values},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(tests); i++) {
                g_autofree char *full = g_strconcat(path, "/", tests[i].name, NULL);
                g_test_add_data_func(full, format, tests[i].func);
        }
}
