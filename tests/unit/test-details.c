/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <json-glib/json-glib.h>
#include <string.h>

#include "base/limits.h"
#include "engine/details.h"
#include "engine/status.h"
#include "fixture.h"

#define CONF "[options]\nRootDir = /\n[core]\n[extra]\n"

static const FixturePackage sync_packages[] = {{"core", "a", "1-1", "", NULL, NULL, 0},
                                               {"extra", "a", "2-1", "", NULL, NULL, 0},
                                               {"extra", "b", "1-1", "", NULL, NULL, 0},
                                               {}};
static const FixturePackage local_packages[] = {
        {NULL, "a", "0-1", "", NULL, NULL, OMG_PACKAGE_EXPLICIT},
        {NULL, "own", "1-1", "", NULL, NULL, OMG_PACKAGE_ORPHAN},
        {}};

/* What a name finds, as "repository version|installed version|flags|repositories", or "missing". */
static char *look_up(const OmgSnapshot *s, const char *name)
{
        g_autoptr(OmgDetails) d = NULL;
        g_autoptr(GError) error = NULL;

        if (!omg_details_get(s, name, &d, &error))
                return g_strdup(omg_error_get_dbus_name(error->code));
        if (!d)
                return g_strdup("missing");
        g_ptr_array_add(d->repositories, NULL);
        g_autofree char *repositories = g_strjoinv(",", (GStrv)d->repositories->pdata);
        return g_strdup_printf("%s %s|%s|%u|%s", d->repository, d->sync ? d->sync->version : "-",
                               d->local ? d->local->version : "-", d->flags, repositories);
}

/* Names alone, with a repository, installed only, and what is no name. */
static void test_names(void)
{
        g_autoptr(OmgSnapshot) s = fixture_snapshot(sync_packages, local_packages, CONF);
        g_autofree char *too_long = g_strnfill(2 * OMG_LIMIT_PACKAGE_NAME + 2, 'a');
        const struct {
                const char *name, *expected;
        } cases[] = {
                {"a", "core 1-1|0-1|19|core,extra"},
                {"extra/a", "extra 2-1|0-1|19|core,extra"},
                {"b", "extra 1-1|-|0|extra"},
                {"own", "local -|1-1|13|"},
                {"local/a", "local -|0-1|19|core,extra"},
                {"core/b", "missing"},
                {"local/b", "missing"},
                {"nope", "missing"},
                {"nope/a", "missing"},
                {"", "org.freedesktop.DBus.Error.InvalidArgs"},
                {"core/", "org.freedesktop.DBus.Error.InvalidArgs"},
                {too_long, "org.freedesktop.DBus.Error.InvalidArgs"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *got = look_up(s, cases[i].name);
                g_assert_cmpstr(got, ==, cases[i].expected);
        }
}

/* omg's four numbers are known only all together. */
static void test_status_counts(void)
{
        const OmgStatus known = {.total_packages = 4, .updates_available = 0};
        OmgStatus status = known;

        g_assert_true(omg_status_has_counts(&status));
        status.vulnerable_packages = OMG_UNKNOWN;
        status.foreign_packages = OMG_UNKNOWN;
        g_assert_true(omg_status_has_counts(&status));
        guint32 *const members[] = {&status.total_packages, &status.explicit_packages,
                                    &status.orphan_packages, &status.updates_available};
        for (gsize i = 0; i < G_N_ELEMENTS(members); i++) {
                status = known;
                *members[i] = OMG_UNKNOWN;
                g_assert_false(omg_status_has_counts(&status));
        }
}

/* Unknown is never 0: without a snapshot, without a layer, with a repository that is absent. */
static void test_status_unknown(void)
{
        g_autoptr(OmgSnapshot) nothing = fixture_snapshot(NULL, NULL, CONF);
        g_autoptr(OmgSnapshot) no_sync = fixture_snapshot(NULL, local_packages, CONF);
        OmgStatus status;

        omg_status_compute(NULL, 0, &status);
        g_assert_cmpstr(status.state, ==, "never");
        g_assert_cmpuint(status.total_packages, ==, OMG_UNKNOWN);
        g_assert_cmpuint(status.as_of_usec, ==, 0);
        omg_status_compute(nothing, 0, &status);
        g_assert_cmpstr(status.state, ==, "error");
        g_assert_cmpuint(status.updates_available, ==, OMG_UNKNOWN);
        omg_status_compute(no_sync, 0, &status);
        g_assert_cmpstr(status.state, ==, "stale");
        g_assert_cmpuint(status.total_packages, ==, 2);
        g_assert_cmpuint(status.foreign_packages, ==, OMG_UNKNOWN);
        g_assert_cmpuint(status.updates_available, ==, OMG_UNKNOWN);
        g_assert_cmpuint(status.indexed_packages, ==, OMG_UNKNOWN);
}

/* Known counts are the snapshot's; what later parts feed stays unknown. */
static void test_status_known(void)
{
        g_autoptr(OmgSnapshot) s = fixture_snapshot(sync_packages, local_packages, CONF);
        OmgStatus status;

        omg_status_compute(s, 0, &status);
        g_assert_cmpstr(status.state, ==, "ok");
        g_assert_cmpuint(status.total_packages, ==, 2);
        g_assert_cmpuint(status.explicit_packages, ==, 1);
        g_assert_cmpuint(status.orphan_packages, ==, 1);
        g_assert_cmpuint(status.foreign_packages, ==, 1);
        g_assert_cmpuint(status.updates_available, ==, 1);
        g_assert_cmpuint(status.indexed_packages, ==, 3);
        g_assert_cmpuint(status.aur_updates_available, ==, OMG_UNKNOWN);
        g_assert_cmpuint(status.vulnerable_packages, ==, OMG_UNKNOWN);
        g_assert_false(status.reboot_suggested);
}

static OmgSnapshot *snapshot_with_kernel(guint64 install_date, const char *conf)
{
        g_autoptr(OmgLayerBuilder) builder = omg_layer_builder_new(OMG_LAYER_LOCAL);
        g_autoptr(OmgPackage) package = omg_package_new("linux", "6-1", "");
        g_autoptr(GBytes) stamps = g_bytes_new(NULL, 0);

        omg_layer_builder_add_repository(builder, "local");
        omg_package_set_number(package, OMG_FIELD_INSTALL_DATE, install_date);
        g_assert_true(omg_layer_builder_add_package(builder, package, NULL));
        g_autoptr(GBytes) bytes = omg_layer_builder_finish(builder, stamps, 1, NULL);
        g_autoptr(OmgLayer) local = omg_layer_new_from_bytes(bytes, OMG_LAYER_LOCAL, NULL);
        OmgSnapshotParts parts = {.local = local, .conf = fixture_conf(conf)};
        return omg_snapshot_new(&parts, 1);
}

/* A kernel newer than the running system suggests a restart, of this system and no other. */
static void test_reboot(void)
{
        g_autoptr(OmgSnapshot) own = snapshot_with_kernel(2000, "[options]\n");
        g_autoptr(OmgSnapshot) other = snapshot_with_kernel(2000, "[options]\nRootDir = /mnt\n");
        OmgStatus status;

        omg_status_compute(own, 1000ull * G_USEC_PER_SEC, &status);
        g_assert_true(status.reboot_suggested);
        omg_status_compute(own, 3000ull * G_USEC_PER_SEC, &status);
        g_assert_false(status.reboot_suggested);
        omg_status_compute(other, 1000ull * G_USEC_PER_SEC, &status);
        g_assert_false(status.reboot_suggested);
}

/* Describe is JSON whose text is safe as Pango markup, and never says "updated" when it does not
 * know. */
static void test_describe(void)
{
        g_autoptr(OmgSnapshot) s = fixture_snapshot(sync_packages, local_packages, CONF);
        OmgStatus status;

        for (guint known = 0; known < 2; known++) {
                omg_status_compute(known ? s : NULL, 0, &status);
                g_autofree char *json = omg_status_describe(&status, known ? s : NULL);
                g_autoptr(JsonNode) root = json_from_string(json, NULL);
                JsonObject *object = json_node_get_object(root);
                g_assert_cmpstr(json_object_get_string_member(object, "text"), ==,
                                known ? "1" : "?");
                g_assert_cmpstr(json_object_get_string_member(object, "class"), ==,
                                known ? "updates" : "unknown");
        }
        GError fault = {OMG_ERROR, OMG_ERROR_DATABASE_CORRUPT, (char *)"a <b> & c"};
        g_ptr_array_add(s->errors, omg_source_error_new("sync/<i>", &fault));
        s->stale = TRUE;
        omg_status_compute(s, 0, &status);
        g_autofree char *json = omg_status_describe(&status, s);
        g_autoptr(JsonNode) root = json_from_string(json, NULL);
        const char *tooltip = json_object_get_string_member(json_node_get_object(root), "tooltip");
        g_assert_nonnull(strstr(tooltip, "sync/&lt;i&gt;: a &lt;b&gt; &amp; c"));
        g_assert_cmpstr(json_object_get_string_member(json_node_get_object(root), "class"), ==,
                        "stale");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/details/names", test_names);
        g_test_add_func("/status/unknown", test_status_unknown);
        g_test_add_func("/status/counts", test_status_counts);
        g_test_add_func("/status/known", test_status_known);
        g_test_add_func("/status/reboot", test_reboot);
        g_test_add_func("/status/describe", test_describe);
        return g_test_run();
}
