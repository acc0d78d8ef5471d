/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Other maintainers in the AUR: the flags in rows, and the signal. */
#include <string.h>

#include "base/limits-store.h"
#include "bus-fixture.h"
#include "engine/maintainers.h"

#define CONF   "[options]\n[core]\nServer = file:///c\n"
#define SIGNAL PACKAGES ".AurMaintainersChanged"

static const FixturePackage sync_packages[] = {{"core", "bash", "5.2-1", "The GNU shell"}, {}};
static const FixturePackage local_packages[] = {
        {NULL, "bash", "5.1-1", "The GNU shell"}, {NULL, "yay", "1-1", "A helper"}, {}};
static const FixturePackage of_jguer[] = {
        {"aur", "yay", "2-1", "A helper", .maintainer = "jguer", .relations = "K:bob"}, {}};
static const FixturePackage of_eve[] = {{"aur", "yay", "2-1", "A helper", .maintainer = "eve",
                                         .relations = "K:bob K:alice T:1600000000"},
                                        {}};

typedef struct {
        BusFixture *bus;
        OmgMaintainers *maintainers;
        guint64 generation;
} Fixture;

static void set_up(Fixture *f, gconstpointer unused)
{
        f->bus = bus_fixture_new();
        f->maintainers = omg_maintainers_new(g_hash_table_new_full(
                g_str_hash, g_str_equal, NULL, (GDestroyNotify)omg_aur_row_free));
}

static void tear_down(Fixture *f, gconstpointer unused)
{
        bus_fixture_free(f->bus);
        omg_maintainers_free(f->maintainers);
}

static void apply_changes(Fixture *f, OmgSnapshot *snapshot, GPtrArray *maintainers)
{
        g_autoptr(OmgChanges) changes = omg_changes_new(f->bus->service->snapshot, snapshot);
        const OmgRefreshOutcome outcome = {
                .snapshot = snapshot, .what = OMG_REFRESH_ALL, .changes = changes};

        g_ptr_array_unref(changes->maintainers);
        changes->maintainers = maintainers;
        omg_service_apply(f->bus->service, &outcome);
        settle(f->bus);
}

static void refresh(Fixture *f, const FixturePackage *aur)
{
        const FixtureSystem system = {
                .sync = sync_packages, .local = local_packages, .aur = aur, .conf = CONF};
        g_autoptr(OmgSnapshot) snapshot = fixture_system_snapshot(&system);
        GPtrArray *changes;

        snapshot->generation = ++f->generation;
        changes = omg_maintainers_look(f->maintainers, snapshot, f->generation);
        omg_maintainers_mark(f->maintainers, snapshot);
        apply_changes(f, snapshot, changes);
}

static void assert_list(sd_bus_message *message, const char *key, const char *expected)
{
        const char *text;
        g_autoptr(GString) all = g_string_new(NULL);

        enter_key(message, key, "as");
        g_assert_cmpint(sd_bus_message_enter_container(message, 'a', "s"), >, 0);
        while (sd_bus_message_read_basic(message, 's', &text) > 0)
                g_string_append_printf(all, "%s ", text);
        g_assert_cmpstr(all->str, ==, expected);
}

static void read_first(sd_bus_message *signal, const char *expected)
{
        const char *name, *change, *old, *new;
        g_autofree char *text = NULL;
        guint64 generation;

        g_assert_cmpint(sd_bus_message_rewind(signal, 1), >=, 0);
        g_assert_true(sd_bus_message_has_signature(signal, "ta(ssssa{sv})b"));
        g_assert_cmpint(sd_bus_message_read_basic(signal, 't', &generation), >, 0);
        g_assert_cmpint(sd_bus_message_enter_container(signal, 'a', "(ssssa{sv})"), >, 0);
        g_assert_cmpint(sd_bus_message_enter_container(signal, 'r', "ssssa{sv}"), >, 0);
        g_assert_cmpint(sd_bus_message_read(signal, "ssss", &name, &change, &old, &new), >, 0);
        text = g_strdup_printf("%" G_GUINT64_FORMAT " %s %s %s>%s", generation, name, change, old,
                               new);
        g_assert_cmpstr(text, ==, expected);
}

/* One for each look that found something, with all of it, also for the first load. */
static void test_signal(Fixture *f, gconstpointer unused)
{
        sd_bus_message *signal;
        guint64 modified;
        int flagged;

        refresh(f, of_jguer);
        refresh(f, of_jguer);
        g_assert_cmpuint(count_signals(f->bus, SIGNAL), ==, 0);
        refresh(f, of_eve);
        g_assert_cmpuint(count_signals(f->bus, SIGNAL), ==, 1);
        signal = f->bus->last_signal;
        read_first(signal, "3 yay changed jguer>eve");
        enter_key(signal, "flagged", "b");
        g_assert_cmpint(sd_bus_message_read_basic(signal, 'b', &flagged), >, 0);
        g_assert_true(flagged);
        read_first(signal, "3 yay changed jguer>eve");
        enter_key(signal, "last-modified", "t");
        g_assert_cmpint(sd_bus_message_read_basic(signal, 't', &modified), >, 0);
        g_assert_cmpuint(modified, ==, 1600000000);
        read_first(signal, "3 yay changed jguer>eve");
        assert_list(signal, "co-maintainers-before", "bob ");
        read_first(signal, "3 yay changed jguer>eve");
        assert_list(signal, "co-maintainers", "alice bob ");
        refresh(f, of_eve);
        refresh(f, NULL);
        g_assert_cmpuint(count_signals(f->bus, SIGNAL), ==, 1);
}

/* A first load is compared with what an omgd before this one knew. */
static void test_first_load(Fixture *f, gconstpointer unused)
{
        const FixtureSystem system = {
                .sync = sync_packages, .local = local_packages, .aur = of_jguer, .conf = CONF};
        g_autoptr(OmgSnapshot) before = fixture_system_snapshot(&system);
        g_autoptr(GPtrArray) G_GNUC_UNUSED none = omg_maintainers_look(f->maintainers, before, 1);

        refresh(f, of_eve);
        g_assert_cmpuint(count_signals(f->bus, SIGNAL), ==, 1);
}

static GPtrArray *make_changes(guint n)
{
        GPtrArray *changes =
                g_ptr_array_new_with_free_func((GDestroyNotify)omg_maintainer_change_free);

        for (guint i = 0; i < n; i++) {
                OmgMaintainerChange *change = g_new0(OmgMaintainerChange, 1);
                change->name = g_strdup_printf("p%u", i);
                change->event = OMG_MAINTAINER_ORPHANED;
                change->old = g_strdup("jguer");
                g_ptr_array_add(changes, change);
        }
        return changes;
}

static void assert_bounded(Fixture *f, guint n, guint expected, gboolean is_truncated)
{
        const FixtureSystem system = {.sync = sync_packages, .local = local_packages, .conf = CONF};
        g_autoptr(OmgSnapshot) snapshot = fixture_system_snapshot(&system);
        sd_bus_message *signal;
        guint n_seen = 0;
        int truncated;

        apply_changes(f, snapshot, make_changes(n));
        signal = f->bus->last_signal;
        g_assert_cmpint(sd_bus_message_skip(signal, "t"), >, 0);
        g_assert_cmpint(sd_bus_message_enter_container(signal, 'a', "(ssssa{sv})"), >, 0);
        while (sd_bus_message_skip(signal, "(ssssa{sv})") > 0)
                n_seen++;
        g_assert_cmpint(sd_bus_message_exit_container(signal), >=, 0);
        g_assert_cmpint(sd_bus_message_read_basic(signal, 'b', &truncated), >, 0);
        g_assert_cmpuint(n_seen, ==, expected);
        g_assert_cmpint(truncated, ==, is_truncated);
}

static void test_limit(Fixture *f, gconstpointer unused)
{
        assert_bounded(f, OMG_LIMIT_MAINTAINER_NEWS, OMG_LIMIT_MAINTAINER_NEWS, FALSE);
        assert_bounded(f, OMG_LIMIT_MAINTAINER_NEWS + 1, OMG_LIMIT_MAINTAINER_NEWS, TRUE);
}

/* ---- rows ---- */

/* The flags of the row of that name in a reply that begins with rows of this type. */
static guint32 get_flags(sd_bus_message *reply, const char *row, const char *before,
                         const char *wanted)
{
        guint32 flags = 0;

        g_assert_cmpint(sd_bus_message_enter_container(reply, 'a', NULL), >, 0);
        while (sd_bus_message_enter_container(reply, 'r', row) > 0) {
                const char *name;
                g_assert_cmpint(sd_bus_message_read_basic(reply, 's', &name), >, 0);
                gboolean is_it = g_str_equal(name, wanted);
                g_assert_cmpint(sd_bus_message_skip(reply, before), >, 0);
                g_assert_cmpint(sd_bus_message_read_basic(reply, 'u', &flags), >, 0);
                if (is_it)
                        return flags;
                g_assert_cmpint(sd_bus_message_skip(reply, "a{sv}"), >, 0);
                g_assert_cmpint(sd_bus_message_exit_container(reply), >=, 0);
        }
        g_assert_not_reached();
}

#define PKG_ROW "sssssua{sv}"
#define PKG     "a(" PKG_ROW ")a{sv}"
#define UPD_ROW "sssstxua{sv}"

static guint32 get_package_flags(Fixture *f, sd_bus_message *call, const char *name)
{
        g_autoptr(Call) reply = expect_reply(f->bus, call, PKG);

        return get_flags(reply->reply, PKG_ROW, "ssss", name);
}

static sd_bus_message *make_list(Fixture *f, const char *member)
{
        return make_call_with(f->bus, PACKAGES, member, "a{sv}", 0);
}

static void test_rows(Fixture *f, gconstpointer unused)
{
        const guint32 changed = OMG_PKG_MAINTAINER_CHANGED;
        guint32 flags;

        refresh(f, of_jguer);
        g_assert_cmpuint(get_package_flags(f, make_list(f, "ListForeign"), "yay") & changed, ==, 0);
        refresh(f, of_eve);
        g_assert_cmpuint(get_package_flags(f, make_list(f, "ListForeign"), "yay") & changed, !=, 0);
        g_assert_cmpuint(get_package_flags(f, make_list(f, "ListInstalled"), "yay") & changed, !=,
                         0);
        g_assert_cmpuint(get_package_flags(f, make_list(f, "ListInstalled"), "bash") & changed, ==,
                         0);
        g_assert_cmpuint(
                get_package_flags(f, make_call_with(f->bus, PACKAGES, "Search", "sa{sv}", "yay", 0),
                                  "yay") &
                        changed,
                !=, 0);
        g_autoptr(Call) updates =
                expect_reply(f->bus, make_list(f, "ListUpdates"), "a(" UPD_ROW ")a{sv}");
        flags = get_flags(updates->reply, UPD_ROW, "ssstx", "yay");
        g_assert_cmpuint(flags, ==, OMG_UPD_AUR | OMG_UPD_MAINTAINER_CHANGED);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
#define add(path, func) g_test_add("/bus-maintainers/" path, Fixture, NULL, set_up, func, tear_down)
        add("signal", test_signal);
        add("first-load", test_first_load);
        add("limit", test_limit);
        add("rows", test_rows);
        return g_test_run();
}
