/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fixture.h"
#include "store/generation.h"

static const FixturePackage old_packages[] = {{NULL, "a", "1-1", "", NULL, NULL, 0}, {}};
static const FixturePackage new_packages[] = {{NULL, "a", "2-1", "", NULL, NULL, 0}, {}};
static const FixtureFiles old_files[] = {{NULL, "a", "1-1", "usr/ usr/a"}, {}};
static const FixtureFiles new_files[] = {{NULL, "a", "1-1", "usr/ usr/b"}, {}};

#define CONF "[options]\n[core]\n"

typedef struct {
        OmgLayer *local;
        OmgFilesLayer *files;
        const char *conf;
} System;

/* The number chosen at time 50 after a snapshot of number 100, or at 200. */
static guint64 choose(const System *before, const System *after, guint64 now)
{
        OmgSnapshotParts old = {.local = before->local,
                                .conf = fixture_conf(before->conf),
                                .files[OMG_FILES_LOCAL].layer = before->files};
        g_autoptr(OmgSnapshot) snapshot = omg_snapshot_new(&old, 100);
        OmgSnapshotParts parts = {.local = after->local,
                                  .conf = fixture_conf(after->conf),
                                  .files[OMG_FILES_LOCAL].layer = after->files};
        guint64 generation = omg_generation_choose(snapshot, &parts, now);

        omg_pacman_conf_unref(parts.conf);
        return generation;
}

/* The same content keeps its number, whoever holds it; other content gets the time, or the next
 * number when the clock went back. File lists that come to be there change nothing. */
static void test_choose(void)
{
        g_autoptr(OmgLayer) a = fixture_layer(OMG_LAYER_LOCAL, old_packages);
        g_autoptr(OmgLayer) again = fixture_layer(OMG_LAYER_LOCAL, old_packages);
        g_autoptr(OmgLayer) b = fixture_layer(OMG_LAYER_LOCAL, new_packages);
        g_autoptr(OmgFilesLayer) f = fixture_files(OMG_LAYER_LOCAL_FILES, old_files);
        g_autoptr(OmgFilesLayer) f_again = fixture_files(OMG_LAYER_LOCAL_FILES, old_files);
        g_autoptr(OmgFilesLayer) g = fixture_files(OMG_LAYER_LOCAL_FILES, new_files);
        const struct {
                System before, after;
                gboolean same;
        } rows[] = {
                {{a, NULL, CONF}, {a, NULL, CONF}, TRUE},
                {{a, NULL, CONF}, {again, NULL, CONF}, TRUE},
                {{a, NULL, CONF}, {b, NULL, CONF}, FALSE},
                {{a, NULL, CONF}, {a, NULL, CONF "[extra]\n"}, FALSE},
                {{a, NULL, CONF}, {a, f, CONF}, TRUE},
                {{a, f, CONF}, {a, f_again, CONF}, TRUE},
                {{a, f, CONF}, {a, g, CONF}, FALSE},
                {{a, f, CONF}, {a, NULL, CONF}, FALSE},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_assert_cmpuint(choose(&rows[i].before, &rows[i].after, 200), ==,
                                 rows[i].same ? 100 : 200);
                g_assert_cmpuint(choose(&rows[i].before, &rows[i].after, 50), ==,
                                 rows[i].same ? 100 : 101);
        }
}

/* Nothing read, no number; the first gets the time. */
static void test_first(void)
{
        g_autoptr(OmgLayer) a = fixture_layer(OMG_LAYER_LOCAL, old_packages);
        OmgSnapshotParts none = {}, parts = {.local = a};

        g_assert_cmpuint(omg_generation_choose(NULL, &none, 7), ==, 0);
        g_assert_cmpuint(omg_generation_choose(NULL, &parts, 7), ==, 7);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/generation/choose", test_choose);
        g_test_add_func("/generation/first", test_first);
        return g_test_run();
}
