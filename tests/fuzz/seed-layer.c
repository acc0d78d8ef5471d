/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Writes index files of today's format into DIR/layer, DIR/files-layer and DIR/advisory-layer, for
 * the fuzz targets of these names to begin with. Kept files would be of the format of their day,
 * and a fuzzer that never gets past the first check finds nothing.
 *
 *   seed-layer DIR STAMP   (STAMP is written last, for meson)
 *
 * Good files, and for each section files in which it is all ones, all zeros, or larger than the
 * file. */

#include <stdio.h>
#include <string.h>

#include "advisory-fixture.h"
#include "fixture.h"

static const FixturePackage packages[] = {
        {"core", "zlib", "1.2-1", "Compression library", "base", NULL, 0, "P:libz.so=1-64"},
        {"core", "glibc", "2.36-1", "GNU C Library", NULL, "libxcrypt-compat<4 glibc-old", 0,
         "P:libc.so=6-64 D:filesystem"},
        {"core", "bash", "5.2-1", "Shell", "base", NULL, 0,
         "P:sh D:glibc>=2 D:libc.so=6-64 O:zlib"},
        {"extra", "zlib", "1.3-1", "Another compression library", NULL, NULL, 0, "P:zlib=9"},
        {"extra", "dash", "0.5-1", "Shell", "base", NULL, 0, "P:sh=1 D:glibc M:bash C:zlib"},
        {"extra", "Émacs", "28-1", "Éditeur", "base editors", NULL, 0, "D:sh D:zlib<2 D:gone"},
        {},
};
static const FixturePackage local_packages[] = {
        {NULL, "zlib", "1.1-1", "Compression library", "base", NULL, OMG_PACKAGE_DEPENDENCY, NULL},
        {NULL, "bash", "5.1-1", "Shell", NULL, NULL, OMG_PACKAGE_EXPLICIT, "P:sh D:glibc>=2"},
        {NULL, "libxcrypt-compat", "3-1", "Old", NULL, NULL, OMG_PACKAGE_ORPHAN, NULL},
        {},
};
static const FixturePackage none[] = {{}};

static const FixtureFiles files[] = {
        {"core", "zlib", "1.2-1", "usr/ usr/lib/ usr/lib/libz.so"},
        {"core", "bash", "5.2-1", "usr/ usr/bin/ usr/bin/bash usr/bin/sh README"},
        {"extra", "zlib", "1.3-1", "usr/ usr/lib/ usr/lib/libz.so usr/bin/z"},
        {"extra", "empty", "1-1", ""},
        {"extra", "odd", "1-1", "usr/bin/\xff usr/bin/a usr/bin/doc/ usr/bin/doc/bash a//b"},
        {"third", "not there", NULL, NULL},
        {},
};
static const FixtureFiles local_files[] = {
        {NULL, "zlib", "1.1-1", "usr/ usr/lib/ usr/lib/libz.so"},
        {NULL, "bash", "5.1-1", "usr/ usr/bin/ usr/bin/bash usr/bin/sh"},
        {},
};
static const FixtureFiles no_files[] = {{}};

static const char *const groups[] = {
        "AVG-1 zlib,bash Vulnerable High 1.2-1 1.3-1 CVE-2020-2,CVE-2020-1 ASA-1",
        "AVG-2 bash Not_affected Low 5.0-1 - - -",
        "{\"name\":\"AVG-3\",\"packages\":[\"zlib\"],\"affected\":\"1\","
        "\"references\":[\"https://a/\"],\"notes\":\"n\"}",
        NULL,
};
static const char *const records[] = {
        "GHSA-1 PyPI/yaml 0,<1.0,2,<=2.5,=0.9,=odd CVE-2020-1 CVSS:3.1/AV:N",
        "GHSA-2 npm/nopt 1.0.0,^2.0.0 PYSEC-1 -",
        NULL,
};
static const char *const nothing[] = {NULL};

static gboolean write_bytes(const char *folder, const char *name, const guint8 *data, gsize size)
{
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_autoptr(GError) error = NULL;

        if (g_file_set_contents(path, (const char *)data, (gssize)size, &error))
                return TRUE;
        (void)fprintf(stderr, "%s\n", error->message);
        return FALSE;
}

/* Takes the bytes over. */
static gboolean write_whole(const char *folder, const char *name, GBytes *whole)
{
        g_autoptr(GBytes) bytes = whole;
        gsize size;
        const guint8 *data = g_bytes_get_data(bytes, &size);

        return write_bytes(folder, name, data, size);
}

static gboolean write_spoiled(const char *folder, GBytes *whole, guint section)
{
        g_autoptr(GBytes) bytes = whole;
        gsize size;
        g_autofree guint8 *data = g_bytes_unref_to_data(g_steal_pointer(&bytes), &size);
        guint8 *at = data + sizeof(OmgLayerHeader) + section * sizeof(OmgSectionEntry);
        g_autofree char *ones = g_strdup_printf("section-%u-ones", section);
        g_autofree char *zeros = g_strdup_printf("section-%u-zeros", section);
        g_autofree char *large = g_strdup_printf("section-%u-too-large", section);
        OmgSectionEntry entry;

        /* The fuzz target puts the checksums right. */
        memcpy(&entry, at, sizeof(entry));
        memset(data + entry.offset, 0xff, entry.size);
        gboolean good = write_bytes(folder, ones, data, size);
        memset(data + entry.offset, 0, entry.size);
        good = good && write_bytes(folder, zeros, data, size);
        entry.size = G_MAXUINT64 - 7;
        memcpy(at, &entry, sizeof(entry));
        return good && write_bytes(folder, large, data, size);
}

static gboolean write_layers(const char *top)
{
        g_autofree char *folder = g_build_filename(top, "layer", NULL);

        (void)g_mkdir_with_parents(folder, 0755);
        gboolean good =
                write_whole(folder, "sync", fixture_layer_bytes(OMG_LAYER_SYNC, packages)) &&
                write_whole(folder, "local",
                            fixture_layer_bytes(OMG_LAYER_LOCAL, local_packages)) &&
                write_whole(folder, "empty", fixture_layer_bytes(OMG_LAYER_SYNC, none)) &&
                write_bytes(folder, "nothing", (const guint8 *)"", 0);
        for (guint i = 0; good && i < OMG_SECTION_N; i++)
                good = write_spoiled(folder, fixture_layer_bytes(OMG_LAYER_SYNC, packages), i);
        return good;
}

static gboolean write_files_layers(const char *top)
{
        g_autofree char *folder = g_build_filename(top, "files-layer", NULL);

        (void)g_mkdir_with_parents(folder, 0755);
        gboolean good =
                write_whole(folder, "sync", fixture_files_bytes(OMG_LAYER_SYNC_FILES, files)) &&
                write_whole(folder, "local",
                            fixture_files_bytes(OMG_LAYER_LOCAL_FILES, local_files)) &&
                write_whole(folder, "empty", fixture_files_bytes(OMG_LAYER_SYNC_FILES, no_files)) &&
                write_bytes(folder, "nothing", (const guint8 *)"", 0);
        for (guint i = 0; good && i < OMG_FILES_SECTION_N; i++)
                good = write_spoiled(folder, fixture_files_bytes(OMG_LAYER_SYNC_FILES, files), i);
        return good;
}

static gboolean write_advisory_layers(const char *top)
{
        g_autofree char *folder = g_build_filename(top, "advisory-layer", NULL);

        (void)g_mkdir_with_parents(folder, 0755);
        gboolean good = write_whole(folder, "both", advisory_fixture_bytes(groups, records)) &&
                        write_whole(folder, "empty", advisory_fixture_bytes(nothing, nothing)) &&
                        write_bytes(folder, "nothing", (const guint8 *)"", 0);
        for (guint i = 0; good && i < OMG_ADVISORY_SECTION_N; i++)
                good = write_spoiled(folder, advisory_fixture_bytes(groups, records), i);
        return good;
}

int main(int argc, char **argv)
{
        if (argc != 3) {
                (void)fprintf(stderr, "usage: %s DIR STAMP\n", argv[0]);
                return 2;
        }
        gboolean good = write_layers(argv[1]) && write_files_layers(argv[1]) &&
                        write_advisory_layers(argv[1]);
        return good && g_file_set_contents(argv[2], "", 0, NULL) ? 0 : 1;
}
