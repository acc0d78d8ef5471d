/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/advisory-layer.h"

#include <glib/gstdio.h>
#include <string.h>

#include "advisory-fixture.h"
#include "base/ecosystem.h"
#include "base/error.h"
#include "base/severity.h"
#include "base/version-order.h"
#include "sources/osv.h"
#include "sources/tracker.h"

static const char *const groups[] = {
        "AVG-10 b,a Vulnerable High 1.0-1 1.1-1 CVE-2020-2,CVE-2020-1 ASA-2,ASA-1",
        "AVG-9 a Not_affected Low 2:1.0-1 - - -",
        NULL,
};
static const char *const records[] = {
        "GHSA-2 PyPI/Some.Name 2,<2.5,0,<1.0.1,=1.0,=1.0.dev1,=odd,=0.9 CVE-2020-9 CVSS:3.1/AV:N",
        "GHSA-1 PyPI/some-name 1,<=odd,=5 - -",
        "GO-1 Go/net/http 0,^2.0.0,^* - -",
        "X-1 Nowhere/n 1,<2 - -",
        NULL,
};

static const char *text(const OmgAdvisoryLayer *layer, guint32 offset)
{
        return omg_advisory_layer_get_text(layer, offset);
}

static char *join(const OmgAdvisoryLayer *layer, const OmgAdvisoryRun *run)
{
        GString *joined = g_string_new(NULL);

        for (guint i = 0; i < run->count; i++)
                g_string_append_printf(joined, "%s%s", i > 0 ? " " : "",
                                       omg_advisory_layer_get_listed(layer, run, i));
        return g_string_free(joined, FALSE);
}

static void assert_list(const OmgAdvisoryLayer *layer, const OmgAdvisoryRun *run,
                        const char *expected)
{
        g_autofree char *joined = join(layer, run);

        g_assert_cmpstr(joined, ==, expected);
}

static void test_tracker(void)
{
        g_autoptr(OmgAdvisoryLayer) layer = advisory_fixture(groups, records);
        const OmgAdvisoryName *name = omg_advisory_layer_find(layer, "", "a");

        g_assert_cmpuint(omg_advisory_layer_get_n_groups(layer), ==, 2);
        g_assert_nonnull(name);
        g_assert_cmpuint(name->entries.count, ==, 2);
        g_assert_false(name->is_osv);
        guint first = omg_advisory_layer_get_entry(layer, name, 0);
        g_assert_cmpuint(first, ==, omg_advisory_layer_find_group(layer, "AVG-10"));
        g_assert_cmpuint(omg_advisory_layer_get_entry(layer, name, 1), ==,
                         omg_advisory_layer_find_group(layer, "AVG-9"));
        g_assert_cmpuint(omg_advisory_layer_get_entry(layer, name, 2), ==, G_MAXUINT32);
        const OmgAdvisoryGroup *group = omg_advisory_layer_get_group(layer, first);
        g_assert_cmpstr(text(layer, group->id), ==, "AVG-10");
        g_assert_cmpstr(text(layer, group->type), ==, "a type");
        g_assert_cmpstr(text(layer, group->affected), ==, "1.0-1");
        g_assert_cmpstr(text(layer, group->fixed), ==, "1.1-1");
        g_assert_cmpstr(text(layer, group->ticket), ==, "");
        g_assert_cmpuint(group->status, ==, OMG_TRACKER_VULNERABLE);
        g_assert_cmpuint(group->severity, ==, OMG_SEVERITY_HIGH);
        assert_list(layer, &group->packages, "a b");
        assert_list(layer, &group->issues, "CVE-2020-2 CVE-2020-1");
        assert_list(layer, &group->advisories, "ASA-1 ASA-2");
        g_assert_null(omg_advisory_layer_find(layer, "", "some-name"));
        g_assert_null(omg_advisory_layer_find(layer, "PyPI", "a"));
        g_assert_cmpuint(omg_advisory_layer_find_group(layer, "AVG-1"), ==, G_MAXUINT32);
}

/* The first of a list are the keys of these versions of PyPI. */
static void assert_keys(const OmgAdvisoryLayer *layer, const OmgAdvisoryRun *run,
                        const char *versions)
{
        g_auto(GStrv) each = g_strsplit(versions, " ", -1);

        for (guint i = 0; each[i]; i++) {
                g_autoptr(GString) key = g_string_new(NULL);
                g_assert_true(omg_version_order_append_key(OMG_ORDER_PEP440, each[i], key));
                g_assert_cmpstr(omg_advisory_layer_get_listed(layer, run, i), ==, key->str);
        }
}

static char *describe_range(const OmgAdvisoryLayer *layer, guint index)
{
        const OmgAdvisoryRange *range = omg_advisory_layer_get_range(layer, index);
        GString *joined = g_string_new(NULL);

        for (guint i = 0; i < range->events.count; i++) {
                const OmgAdvisoryEvent *event =
                        omg_advisory_layer_get_event(layer, range->events.first + i);
                g_string_append_printf(joined, "%s%c%s", i > 0 ? " " : "", "lafi"[event->kind],
                                       text(layer, event->version));
        }
        return g_string_free(joined, FALSE);
}

/* Events and versions stand in their order; what has none makes the package uncertain. */
static void test_osv(void)
{
        g_autoptr(OmgAdvisoryLayer) layer = advisory_fixture(groups, records);
        const OmgAdvisoryName *name = omg_advisory_layer_find(layer, "PyPI", "some-name");

        g_assert_nonnull(name);
        g_assert_cmpuint(name->entries.count, ==, 2);
        g_assert_true(name->is_osv);
        const OmgAdvisoryAffected *odd = omg_advisory_layer_get_affected(
                layer, omg_advisory_layer_get_entry(layer, name, 0));
        const OmgAdvisoryAffected *good = omg_advisory_layer_get_affected(
                layer, omg_advisory_layer_get_entry(layer, name, 1));
        g_autofree char *events = describe_range(layer, good->ranges.first);

        g_assert_cmpuint(odd->record, ==, omg_advisory_layer_find_record(layer, "GHSA-1"));
        g_assert_true(odd->uncertain);
        g_assert_cmpuint(odd->ranges.count, ==, 0);
        assert_keys(layer, &odd->versions, "5");
        g_assert_cmpuint(good->record, ==, omg_advisory_layer_find_record(layer, "GHSA-2"));
        g_assert_false(good->uncertain);
        g_assert_cmpuint(good->order, ==, OMG_ORDER_PEP440);
        g_assert_cmpuint(good->ranges.count, ==, 1);
        g_assert_cmpstr(events, ==, "i f1.0.1 i2 f2.5");
        g_assert_cmpuint(good->n_ordered, ==, 3);
        assert_keys(layer, &good->versions, "0.9 1.0.dev1 1.0");
        g_assert_cmpstr(omg_advisory_layer_get_listed(layer, &good->versions, 3), ==, "odd");
        g_assert_cmpuint(good->versions.count, ==, 4);
        const OmgAdvisoryRecord *record = omg_advisory_layer_get_record(layer, good->record);
        g_assert_cmpstr(text(layer, record->summary), ==, "About GHSA-2");
        assert_list(layer, &record->aliases, "CVE-2020-9");
        assert_list(layer, &record->vectors, "CVSS:3.1/AV:N");
}

/* A limit "*" is none, and an ecosystem without an order leaves all open. */
static void test_orders(void)
{
        g_autoptr(OmgAdvisoryLayer) layer = advisory_fixture(groups, records);
        const OmgAdvisoryName *go = omg_advisory_layer_find(layer, "Go", "net/http");
        const OmgAdvisoryName *other = omg_advisory_layer_find(layer, "Nowhere", "n");
        const OmgAdvisoryAffected *affected =
                omg_advisory_layer_get_affected(layer, omg_advisory_layer_get_entry(layer, go, 0));
        g_autofree char *events = describe_range(layer, affected->ranges.first);

        g_assert_cmpstr(events, ==, "i");
        affected = omg_advisory_layer_get_affected(layer,
                                                   omg_advisory_layer_get_entry(layer, other, 0));
        g_assert_cmpuint(affected->order, ==, OMG_ORDER_NONE);
        g_assert_true(affected->uncertain);
}

static void test_sources(void)
{
        g_autoptr(OmgAdvisoryLayer) layer = advisory_fixture(groups, records);
        const OmgAdvisorySource *tracker =
                omg_advisory_layer_get_source(layer, OMG_ADVISORY_TRACKER);
        const OmgAdvisorySource *osv = omg_advisory_layer_get_source(layer, OMG_ADVISORY_OSV);

        g_assert_cmpuint(tracker->time_usec, ==, 1000);
        g_assert_cmpuint(tracker->n, ==, 2);
        g_assert_cmpuint(tracker->n_dropped, ==, 2);
        g_assert_cmpuint(tracker->newest, ==, 10);
        g_assert_cmpstr(text(layer, tracker->reason), ==,
                        "entry 3 (AVG-7): \"fixed\" is no version");
        g_assert_cmpuint(osv->n, ==, 4);
        g_assert_cmpuint(osv->n_dropped, ==, 0);
        g_assert_cmpuint(omg_advisory_layer_get_file(layer)->built_usec, ==, 3000);
}

/* The same feeds in another order make the same file. */
static void test_deterministic(void)
{
        const char *const other_groups[] = {groups[1], groups[0], NULL};
        const char *const other_records[] = {records[3], records[1], records[0], records[2], NULL};
        g_autoptr(GBytes) one = advisory_fixture_bytes(groups, records);
        g_autoptr(GBytes) other = advisory_fixture_bytes(other_groups, other_records);

        g_assert_true(g_bytes_equal(one, other));
}

static void test_empty(void)
{
        g_autoptr(OmgAdvisoryLayer) layer = advisory_fixture(NULL, NULL);

        g_assert_cmpuint(omg_advisory_layer_get_n_groups(layer), ==, 0);
        g_assert_cmpuint(omg_advisory_layer_get_n_names(layer), ==, 0);
        g_assert_null(omg_advisory_layer_find(layer, "", "a"));
        g_assert_false(omg_section_file_is_damaged(omg_advisory_layer_get_file(layer)));
        g_assert_cmpuint(omg_advisory_layer_get_group(layer, 0)->id, ==, 0);
        g_assert_true(omg_section_file_is_damaged(omg_advisory_layer_get_file(layer)));
}

/* What is shown of a group or record, and counts for nothing. */
static void test_references(void)
{
        static const char *const some_groups[] = {
                "{\"name\":\"AVG-1\",\"packages\":[\"a\"],\"affected\":\"1-1\","
                "\"references\":[\"https://b/\",\"https://a/\"],\"notes\":\"Two\\nlines\"}",
                "AVG-2 a Fixed Low 1-1 2-1 - -", NULL};
        static const char *const some_records[] = {
                "{\"id\":\"GHSA-1\",\"affected\":[],\"references\":[{\"type\":\"WEB\","
                "\"url\":\"https://c/\"}]}",
                NULL};
        g_autoptr(OmgAdvisoryLayer) layer = advisory_fixture(some_groups, some_records);
        const OmgAdvisoryGroup *group =
                omg_advisory_layer_get_group(layer, omg_advisory_layer_find_group(layer, "AVG-1"));

        assert_list(layer, &group->references, "https://b/ https://a/");
        g_assert_cmpstr(text(layer, group->notes), ==, "Two\nlines");
        group = omg_advisory_layer_get_group(layer, omg_advisory_layer_find_group(layer, "AVG-2"));
        assert_list(layer, &group->references, "");
        g_assert_cmpstr(text(layer, group->notes), ==, "");
        assert_list(layer, &omg_advisory_layer_get_record(layer, 0)->references, "https://c/");
}

/* Another kind of index, a cut one, and one with a changed byte are refused. */
static void test_damaged(void)
{
        g_autoptr(GBytes) good = advisory_fixture_bytes(groups, records);
        gsize size;
        const guint8 *data = g_bytes_get_data(good, &size);

        for (gsize at = 0; at < size; at++) {
                g_autofree guint8 *copy = g_memdup2(data, size);
                g_autoptr(GError) error = NULL;
                copy[at] ^= 0x40;
                g_autoptr(GBytes) bytes = g_bytes_new(copy, size);
                g_assert_null(omg_advisory_layer_new_from_bytes(bytes, &error));
                g_assert_error(error, OMG_ERROR, OMG_ERROR_DATABASE_CORRUPT);
        }
        for (gsize cut = 0; cut < size; cut += 7) {
                g_autoptr(GBytes) bytes = g_bytes_new(data, cut);
                g_assert_null(omg_advisory_layer_new_from_bytes(bytes, NULL));
        }
}

static void test_file(void)
{
        g_autofree char *folder = g_dir_make_tmp(NULL, NULL);
        g_autofree char *path = g_build_filename(folder, OMG_ADVISORY_LAYER_NAME, NULL);
        g_autoptr(GBytes) bytes = advisory_fixture_bytes(groups, records);
        g_autoptr(GError) error = NULL;

        g_assert_null(omg_advisory_layer_open(path, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_DATABASE_MISSING);
        g_clear_error(&error);
        g_assert_true(g_file_set_contents(path, g_bytes_get_data(bytes, NULL),
                                          (gssize)g_bytes_get_size(bytes), NULL));
        g_autoptr(OmgAdvisoryLayer) layer = omg_advisory_layer_open(path, &error);
        g_assert_no_error(error);
        g_assert_nonnull(omg_advisory_layer_find(layer, "", "b"));
        (void)g_remove(path);
        (void)g_rmdir(folder);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/advisory-layer/tracker", test_tracker);
        g_test_add_func("/advisory-layer/osv", test_osv);
        g_test_add_func("/advisory-layer/orders", test_orders);
        g_test_add_func("/advisory-layer/sources", test_sources);
        g_test_add_func("/advisory-layer/deterministic", test_deterministic);
        g_test_add_func("/advisory-layer/empty", test_empty);
        g_test_add_func("/advisory-layer/references", test_references);
        g_test_add_func("/advisory-layer/damaged", test_damaged);
        g_test_add_func("/advisory-layer/file", test_file);
        return g_test_run();
}
