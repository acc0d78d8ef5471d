/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Headers as repo-add's bsdtar writes them are read; others are odd. That libarchive reads the
 * same, the fuzz target shows. */

#include "omgd-index/tar-header.h"

#include <stdio.h>
#include <string.h>

static void set_sum(guint8 *block)
{
        guint sum = 0;

        memset(block + 148, ' ', 8);
        for (gsize i = 0; i < OMG_TAR_BLOCK; i++)
                sum += block[i];
        (void)snprintf((char *)block + 148, 8, "%06o", sum);
}

static void make(guint8 block[OMG_TAR_BLOCK], const char *name, char type, guint size)
{
        memset(block, 0, OMG_TAR_BLOCK);
        memcpy(block, name, strnlen(name, 100));
        memcpy(block + 100, "000644 ", 8);
        memcpy(block + 108, "001757 ", 8);
        memcpy(block + 116, "001731 ", 8);
        (void)snprintf((char *)block + 124, 13, "%011o ", size);
        memcpy(block + 136, "14305075671 ", 12);
        block[156] = (guint8)type;
        memcpy(block + 257, "ustar", 6);
        memcpy(block + 263, "00root", 6);
        set_sum(block);
}

static OmgTarKind kind_of(const guint8 *block)
{
        OmgTarHeader header;

        omg_tar_header_parse(block, &header);
        return header.kind;
}

/* A file, a folder, an extended header, the end. */
static void test_kinds(void)
{
        guint8 block[OMG_TAR_BLOCK];
        OmgTarHeader header;

        make(block, "a-1-1/desc", '0', 1508);
        omg_tar_header_parse(block, &header);
        g_assert_cmpint(header.kind, ==, OMG_TAR_FILE);
        g_assert_cmpuint(header.size, ==, 1508);
        g_assert_cmpstr(header.path, ==, "a-1-1/desc");
        make(block, "a-1-1/", '5', 0);
        g_assert_cmpint(kind_of(block), ==, OMG_TAR_FOLDER);
        make(block, "PaxHeader/a-1-1", 'x', 23);
        g_assert_cmpint(kind_of(block), ==, OMG_TAR_EXTENDED);
        memset(block, 0, sizeof(block));
        g_assert_cmpint(kind_of(block), ==, OMG_TAR_END);
}

/* A name that fills its field, with one before it. */
static void test_long_path(void)
{
        guint8 block[OMG_TAR_BLOCK];
        OmgTarHeader header;
        g_autofree char *name = g_strnfill(100, 'n'), *prefix = g_strnfill(155, 'p');
        g_autofree char *expected = g_strconcat(prefix, "/", name, NULL);

        make(block, name, '0', 1);
        memcpy(block + 345, prefix, 155);
        set_sum(block);
        omg_tar_header_parse(block, &header);
        g_assert_cmpint(header.kind, ==, OMG_TAR_FILE);
        g_assert_cmpstr(header.path, ==, expected);
}

/* One thing at a time that is not as it should be. */
static void test_odd(void)
{
        static const struct {
                gsize at;
                const char *text;
                gsize length;
        } changes[] = {
                {0, "\0", 1},        {0, "\xc3\xa4", 2}, {0, "a b", 3},        {50, "x", 1},
                {100, "8", 1},       {108, " ", 1},      {124, "\x80", 1},     {124, "-", 1},
                {136, "x", 1},       {156, "1", 1},      {156, "2", 1},        {156, "\0", 1},
                {156, "5", 1},       {156, "g", 1},      {156, "L", 1},        {157, "l", 1},
                {257, "ustar  ", 8}, {263, "01", 2},     {265, "\xc3\xa4", 2}, {297, "\n", 1},
                {329, "x", 1},       {337, "x", 1},      {345, "\x80", 1},
        };
        guint8 block[OMG_TAR_BLOCK];

        for (gsize i = 0; i < G_N_ELEMENTS(changes); i++) {
                make(block, "a-1-1/desc", '0', 5);
                memcpy(block + changes[i].at, changes[i].text, changes[i].length);
                set_sum(block);
                if (kind_of(block) != OMG_TAR_ODD)
                        g_error("change %" G_GSIZE_FORMAT " is not seen", i);
        }
        make(block, "a-1-1/desc", '0', 5);
        block[0] = 'b';
        g_assert_cmpint(kind_of(block), ==, OMG_TAR_ODD);
}

/* Times and flags do no harm; whatever else there is may, and so may a length that lies. */
static void test_harmless(void)
{
        static const struct {
                const char *text;
                gboolean harmless;
        } cases[] = {
                {"23 SCHILY.fflags=nocow\n", TRUE},
                {"20 mtime=1600000000\n", TRUE},
                {"11 mtime=1\n11 ctime=2\n11 atime=3\n", TRUE},
                {"19 path=b-1-1/desc\n", FALSE},
                {"9 size=5\n", FALSE},
                {"11 mtime=1\n9 size=5\n", FALSE},
                {"10 mtime=1\n", FALSE},
                {"12 mtime=1\n", FALSE},
                {"011 mtime=1\n", FALSE},
                {"11  mtime=1\n", FALSE},
                {"11 mtime=x\n", FALSE},
                {"11 mtime=1 ", FALSE},
                {"10 mtime=\n", FALSE},
                {"99999 mtime=1\n", FALSE},
                {"1 ", FALSE},
                {"5", FALSE},
                {" ", FALSE},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                gsize size = strlen(cases[i].text);
                g_autofree char *text = g_memdup2(cases[i].text, size);
                g_assert_cmpint(omg_tar_is_harmless(text, size), ==, cases[i].harmless);
        }
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/tar-header/kinds", test_kinds);
        g_test_add_func("/tar-header/long-path", test_long_path);
        g_test_add_func("/tar-header/odd", test_odd);
        g_test_add_func("/tar-header/harmless", test_harmless);
        return g_test_run();
}
