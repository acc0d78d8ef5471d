/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What looks at a sequence of snapshots make of who maintains the installed packages of the AUR. */
#include "engine/maintainers.h"

#include <string.h>

#include "base/limits-store.h"
#include "engine/maintainer-events.h"
#include "engine/rows.h"
#include "engine/security-events.h"
#include "fixture.h"

#define CONF "[options]\nSigLevel = Never\n[core]\n"

static const FixturePackage sync_packages[] = {{"core", "glibc", "2-1"}, {}};
/* So that one that is gone is no half of the archive. */
#define OTHERS                                                                            \
        {"aur", "o1", "1-1", .maintainer = "o"}, {"aur", "o2", "1-1", .maintainer = "o"}, \
        {                                                                                 \
        }

typedef struct {
        OmgMaintainers *maintainers;
        OmgSnapshot *snapshot; /* of the last look */
        guint64 now;
} Fixture;

static void set_up(Fixture *f, gconstpointer unused)
{
        f->maintainers = omg_maintainers_new(g_hash_table_new_full(
                g_str_hash, g_str_equal, NULL, (GDestroyNotify)omg_aur_row_free));
        f->now = 1000;
}

static void tear_down(Fixture *f, gconstpointer unused)
{
        omg_maintainers_free(f->maintainers);
        omg_snapshot_unref(f->snapshot);
}

static char *describe(const GPtrArray *changes)
{
        GString *text = g_string_new(NULL);

        for (guint i = 0; i < changes->len; i++) {
                const OmgMaintainerChange *c = changes->pdata[i];
                g_string_append_printf(text, "%s%s %s %s>%s%s", i > 0 ? ", " : "", c->name,
                                       omg_maintainer_event_get_word(c->event), c->old ?: "-",
                                       c->new ?: "-", c->is_marked ? "!" : "");
        }
        return g_string_free(text, FALSE);
}

/* @aur NULL: it is not known. */
static void look_beside(Fixture *f, const FixturePackage *sync, const FixturePackage *local,
                        const FixturePackage *aur, const char *expected)
{
        const FixtureSystem system = {.sync = sync, .local = local, .aur = aur, .conf = CONF};
        g_autoptr(GPtrArray) changes = NULL;
        g_autofree char *text = NULL;

        g_clear_pointer(&f->snapshot, omg_snapshot_unref);
        f->snapshot = fixture_system_snapshot(&system);
        changes = omg_maintainers_look(f->maintainers, f->snapshot, ++f->now);
        omg_maintainers_mark(f->maintainers, f->snapshot);
        text = describe(changes);
        g_assert_cmpstr(text, ==, expected);
}

static void look(Fixture *f, const FixturePackage *local, const FixturePackage *aur,
                 const char *expected)
{
        look_beside(f, sync_packages, local, aur, expected);
}

/* Whom a package was trusted under; NULL: it is not marked. */
static const char *get_before(const Fixture *f, const char *name)
{
        guint id = omg_layer_find(f->snapshot->local, name, strlen(name), NULL);
        const OmgMaintainerMark *mark = omg_snapshot_get_maintainer_mark(f->snapshot, id);
        OmgPackageView view;

        omg_installed_view(f->snapshot, id, &view);
        g_assert_cmpint((view.flags & OMG_PKG_MAINTAINER_CHANGED) != 0, ==, mark != NULL);
        return mark ? mark->before : NULL;
}

static const FixturePackage yay_1[] = {{NULL, "yay", "1-1", .relations = "I:100"}, {}};
static const FixturePackage yay_2[] = {{NULL, "yay", "2-1", .relations = "I:200"}, {}};
static const FixturePackage yay_1_again[] = {{NULL, "yay", "1-1", .relations = "I:300"}, {}};
static const FixturePackage of_jguer[] = {{"aur", "yay", "2-1", .maintainer = "jguer"}, OTHERS};
static const FixturePackage of_eve[] = {{"aur", "yay", "2-1", .maintainer = "eve"}, OTHERS};
static const FixturePackage of_mallory[] = {{"aur", "yay", "3-1", .maintainer = "mallory"}, OTHERS};
static const FixturePackage of_nobody[] = {
        {"aur", "yay", "2-1", .flags = OMG_PACKAGE_NO_MAINTAINER}, OTHERS};
static const FixturePackage without[] = {{"aur", "o3", "1-1", .maintainer = "o"}, OTHERS};

/* Told once; marked until the former maintainer is back. */
static void test_changed(Fixture *f, gconstpointer unused)
{
        look(f, yay_1, of_jguer, "");
        g_assert_null(get_before(f, "yay"));
        look(f, yay_1, of_jguer, "");
        look(f, yay_1, of_eve, "yay changed jguer>eve!");
        g_assert_cmpstr(get_before(f, "yay"), ==, "jguer");
        look(f, yay_1, of_eve, "");
        g_assert_cmpstr(get_before(f, "yay"), ==, "jguer");
        look(f, yay_1, of_mallory, "yay changed eve>mallory!");
        g_assert_cmpstr(get_before(f, "yay"), ==, "jguer");
        look(f, yay_1, of_jguer, "yay changed mallory>jguer");
        g_assert_null(get_before(f, "yay"));
        g_assert_null(f->snapshot->maintainer_marks);
}

static void test_orphaned(Fixture *f, gconstpointer unused)
{
        look(f, yay_1, of_jguer, "");
        look(f, yay_1, of_nobody, "yay orphaned jguer>-!");
        g_assert_cmpstr(get_before(f, "yay"), ==, "jguer");
        look(f, yay_1, of_eve, "yay adopted ->eve!");
        look(f, yay_1, of_jguer, "yay changed eve>jguer");
        g_assert_null(get_before(f, "yay"));
}

/* Of one that nobody maintained when it was installed "nobody" is the former maintainer. */
static void test_adopted(Fixture *f, gconstpointer unused)
{
        look(f, yay_1, of_nobody, "");
        g_assert_null(get_before(f, "yay"));
        look(f, yay_1, of_eve, "yay adopted ->eve!");
        g_assert_cmpstr(get_before(f, "yay"), ==, "");
        look(f, yay_1, of_nobody, "yay orphaned eve>-");
        g_assert_null(get_before(f, "yay"));
}

/* Whoever installs it anew went through with it; the same version at another time, too. */
static void test_installed_anew(Fixture *f, gconstpointer unused)
{
        look(f, yay_1, of_jguer, "");
        look(f, yay_1, of_eve, "yay changed jguer>eve!");
        look(f, yay_2, of_eve, "");
        g_assert_null(get_before(f, "yay"));
        look(f, yay_2, of_jguer, "yay changed eve>jguer!");
        look(f, yay_1_again, of_jguer, "");
        g_assert_null(get_before(f, "yay"));
        look(f, yay_1, of_jguer, "");
        look(f, yay_1, of_eve, "yay changed jguer>eve!");
        look(f, yay_1_again, of_eve, "");
        g_assert_null(get_before(f, "yay"));
}

/* Nobody knows whether the new build came before or after the new maintainer: the doubt counts. */
static void test_both_at_once(Fixture *f, gconstpointer unused)
{
        look(f, yay_1, of_jguer, "");
        look(f, yay_2, of_eve, "yay changed jguer>eve!");
        g_assert_cmpstr(get_before(f, "yay"), ==, "jguer");
        look(f, yay_1_again, of_eve, "");
        g_assert_null(get_before(f, "yay"));
}

/* Removed, it is forgotten: what is installed later is seen for the first time. */
static void test_removed(Fixture *f, gconstpointer unused)
{
        const FixturePackage nothing[] = {{NULL, "glibc", "2-1"}, {}};

        look(f, yay_1, of_jguer, "");
        look(f, nothing, of_jguer, "");
        g_assert_cmpuint(g_hash_table_size(f->maintainers->rows), ==, 0);
        look(f, yay_1, of_eve, "");
        g_assert_null(get_before(f, "yay"));
}

/* While nothing is known of the AUR nothing has changed, and what was marked stays so; not in the
 * answers of an omgd whose AUR is off. */
static void test_unknown(Fixture *f, gconstpointer unused)
{
        const FixtureSystem system = {.sync = sync_packages, .local = yay_1, .conf = CONF};
        g_autoptr(OmgSnapshot) failing = fixture_system_snapshot(&system);

        look(f, yay_1, of_jguer, "");
        look(f, yay_1, NULL, "");
        look(f, yay_1, of_eve, "yay changed jguer>eve!");
        look(f, yay_1, NULL, "");
        g_assert_null(f->snapshot->maintainer_marks);
        failing->aur_feed.is_on = TRUE;
        omg_maintainers_mark(f->maintainers, failing);
        g_assert_cmpuint(g_hash_table_size(failing->maintainer_marks), ==, 1);
        g_assert_false(omg_maintainer_marks_equal(f->snapshot->maintainer_marks,
                                                  failing->maintainer_marks));
        look(f, yay_1, of_eve, "");
        g_assert_cmpstr(get_before(f, "yay"), ==, "jguer");
        g_assert_true(omg_maintainer_marks_equal(f->snapshot->maintainer_marks,
                                                 failing->maintainer_marks));
        look(f, yay_2, NULL, "");
        look(f, yay_2, of_eve, "");
        g_assert_null(get_before(f, "yay"));
}

static void test_vanished(Fixture *f, gconstpointer unused)
{
        look(f, yay_1, of_jguer, "");
        look(f, yay_1, without, "yay vanished jguer>-");
        g_assert_null(get_before(f, "yay"));
        look(f, yay_1, without, "");
        look(f, yay_1, of_jguer, "yay reappeared jguer>jguer");
        g_assert_null(get_before(f, "yay"));
        look(f, yay_1, without, "yay vanished jguer>-");
        look(f, yay_1, of_eve, "yay reappeared jguer>eve!");
        g_assert_cmpstr(get_before(f, "yay"), ==, "jguer");
        look(f, yay_1, without, "yay vanished eve>-!");
        g_assert_cmpstr(get_before(f, "yay"), ==, "jguer");
}

/* An archive of which most is missing says nothing of what is not in it. */
static void test_cut_archive(Fixture *f, gconstpointer unused)
{
        const FixturePackage cut[] = {{"aur", "o1", "1-1", .maintainer = "o"}, {}};
        const FixturePackage empty[] = {{}};

        look(f, yay_1, of_jguer, "");
        look(f, yay_1, cut, "");
        look(f, yay_1, empty, "");
        look(f, yay_1, without, "yay vanished jguer>-");
        look(f, yay_1, cut, "");
}

/* What else comes and goes there is no news of the package, and not written. */
static void test_size(Fixture *f, gconstpointer unused)
{
        g_autofree FixturePackage *aur = g_new0(FixturePackage, 101);
        g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
        GHashTable *dirty = f->maintainers->dirty;

        aur[0] = of_jguer[0];
        for (guint i = 1; i < 100; i++) {
                char *name = g_strdup_printf("p%u", i);
                g_ptr_array_add(names, name);
                aur[i] = (FixturePackage){"aur", name, "1-1"};
        }
        look(f, yay_1, aur, "");
        g_hash_table_remove_all(dirty);
        aur[91].name = NULL;
        look(f, yay_1, aur, "");
        g_assert_cmpuint(g_hash_table_size(dirty), ==, 0);
        aur[80].name = NULL;
        look(f, yay_1, aur, "");
        g_assert_cmpuint(g_hash_table_size(dirty), ==, 1);
        look(f, yay_1, of_eve, "yay changed jguer>eve!");
        look(f, yay_1, without, "yay vanished eve>-!");
}

static void test_co_maintainers(Fixture *f, gconstpointer unused)
{
        const FixturePackage one[] = {
                {"aur", "yay", "2-1", .maintainer = "jguer", .relations = "K:bob K:alice T:50"},
                OTHERS};
        const FixturePackage turned[] = {
                {"aur", "yay", "2-1", .maintainer = "jguer", .relations = "K:alice K:bob T:60"},
                OTHERS};
        const FixturePackage two[] = {
                {"aur", "yay", "2-1", .maintainer = "jguer", .relations = "K:alice K:eve"}, OTHERS};
        const OmgAurRow *row;

        look(f, yay_1, one, "");
        g_hash_table_remove_all(f->maintainers->dirty);
        look(f, yay_1, turned, "");
        row = g_hash_table_lookup(f->maintainers->rows, "yay");
        g_assert_cmpstr(row->others, ==, "alice\nbob");
        g_assert_cmpuint(row->modified_sec, ==, 60);
        g_assert_cmpuint(g_hash_table_size(f->maintainers->dirty), ==, 1);
        look(f, yay_1, two, "yay co-maintainers jguer>jguer");
        g_assert_null(get_before(f, "yay"));
        look(f, yay_1, of_jguer, "yay co-maintainers jguer>jguer");
        /* With another maintainer it is one change. */
        look(f, yay_1, two, "yay co-maintainers jguer>jguer");
        look(f, yay_1, of_eve, "yay changed jguer>eve!");
}

/* What nothing changed is not written again; a row that is gone is. */
static void test_dirty(Fixture *f, gconstpointer unused)
{
        const FixturePackage nothing[] = {{NULL, "glibc", "2-1"}, {}};
        GHashTable *dirty = f->maintainers->dirty;

        look(f, yay_1, of_jguer, "");
        g_assert_cmpuint(g_hash_table_size(dirty), ==, 1);
        g_hash_table_remove_all(dirty);
        look(f, yay_1, of_jguer, "");
        look(f, yay_1, NULL, "");
        g_assert_cmpuint(g_hash_table_size(dirty), ==, 0);
        look(f, nothing, of_jguer, "");
        g_assert_true(g_hash_table_contains(dirty, "yay"));
}

/* What is in a repository is none of the AUR's, whoever has its name there; nor is what the AUR
 * never had. */
static void test_whose(Fixture *f, gconstpointer unused)
{
        const FixturePackage local[] = {{NULL, "glibc", "2-1"}, {NULL, "mine", "1-1"}, {}};
        const FixturePackage first[] = {{"aur", "glibc", "2-1", .maintainer = "a"}, OTHERS};
        const FixturePackage second[] = {{"aur", "glibc", "2-1", .maintainer = "b"},
                                         {"aur", "mine", "2-1", .maintainer = "eve"},
                                         OTHERS};

        look(f, local, first, "");
        g_assert_cmpuint(g_hash_table_size(f->maintainers->rows), ==, 0);
        look(f, local, second, "");
        g_assert_cmpuint(g_hash_table_size(f->maintainers->rows), ==, 1);
}

/* While a repository has it a package is not marked, but what is known of it stays: for the same
 * build afterwards, and for what the AUR says then. */
static void test_repository(Fixture *f, gconstpointer unused)
{
        const FixturePackage sync[] = {{"core", "yay", "1-1"}, {}};

        look(f, yay_1, of_jguer, "");
        look(f, yay_1, of_eve, "yay changed jguer>eve!");
        look_beside(f, sync, yay_1, of_mallory, "");
        g_assert_null(get_before(f, "yay"));
        look(f, yay_1, of_eve, "");
        g_assert_cmpstr(get_before(f, "yay"), ==, "jguer");
        look_beside(f, sync, yay_2, of_mallory, "");
        look(f, yay_2, of_mallory, "yay changed eve>mallory!");
        g_assert_cmpstr(get_before(f, "yay"), ==, "eve");
}

/* The update is marked too, and no other one. */
static void test_updates(Fixture *f, gconstpointer unused)
{
        const FixturePackage local[] = {{NULL, "glibc", "1-1"}, {NULL, "yay", "1-1"}, {}};
        guint n = 0;

        look(f, local, of_jguer, "");
        look(f, local, of_eve, "yay changed jguer>eve!");
        g_assert_cmpuint(f->snapshot->updates->len, ==, 2);
        for (guint i = 0; i < 2; i++) {
                OmgUpdateView view;
                omg_update_view(f->snapshot, &g_array_index(f->snapshot->updates, OmgUpdate, i),
                                &view);
                g_assert_cmpint((view.flags & OMG_UPD_MAINTAINER_CHANGED) != 0, ==,
                                g_str_equal(view.name, "yay"));
                n += (view.flags & OMG_UPD_MAINTAINER_CHANGED) != 0;
                omg_update_view_clear(&view);
        }
        g_assert_cmpuint(n, ==, 1);
}

/* The same change has the same beginning, whoever finds it. */
static void test_since(Fixture *f, gconstpointer unused)
{
        const FixtureSystem system = {
                .sync = sync_packages, .local = yay_1, .aur = of_eve, .conf = CONF};
        g_autoptr(OmgSnapshot) snapshot = fixture_system_snapshot(&system);
        g_autoptr(GPtrArray) changes = NULL;

        look(f, yay_1, of_jguer, "");
        look(f, yay_1, of_jguer, "");
        changes = omg_maintainers_look(f->maintainers, snapshot, 5000);
        g_assert_cmpuint(changes->len, ==, 1);
        g_assert_cmpuint(((OmgMaintainerChange *)changes->pdata[0])->since_usec, ==, 1001);
}

/* ---- the audit log ---- */

/* Of each kind: severity, text and metadata but for its id; what is known is left out. */
static void test_records(void)
{
        static const struct {
                OmgMaintainerChange change;
                const char *expected;
        } cases[] = {
                {{.event = OMG_MAINTAINER_ADOPTED, .new = (char *)"eve", .modified_sec = 9},
                 "warning yay, which nobody maintained, was adopted by eve "
                 "{\"change\":\"adopted\",\"new\":\"eve\",\"last-modified\":9,"},
                {{.event = OMG_MAINTAINER_ORPHANED, .old = (char *)"jguer"},
                 "warning yay, which jguer maintained, was orphaned "
                 "{\"change\":\"orphaned\",\"old\":\"jguer\","},
                {{.event = OMG_MAINTAINER_CHANGED, .old = (char *)"jguer", .new = (char *)"eve"},
                 "warning yay went from maintainer jguer to eve "
                 "{\"change\":\"changed\",\"old\":\"jguer\",\"new\":\"eve\","},
                {{.event = OMG_MAINTAINER_OTHERS,
                  .old = (char *)"jguer",
                  .new = (char *)"jguer",
                  .old_others = (char *)"a\nb",
                  .new_others = (char *)"a\"\\"},
                 "info yay, which jguer maintains, has other co-maintainers "
                 "{\"change\":\"co-maintainers\",\"old\":\"jguer\",\"new\":\"jguer\","
                 "\"co-maintainers-before\":[\"a\",\"b\"],\"co-maintainers\":[\"a\\\"\\\\\"],"},
                {{.event = OMG_MAINTAINER_GONE, .old = (char *)"jguer"},
                 "warning yay, which jguer maintained, is not in the AUR any more "
                 "{\"change\":\"vanished\",\"old\":\"jguer\","},
                {{.event = OMG_MAINTAINER_BACK, .new = (char *)"eve"},
                 "warning yay is in the AUR again, maintained by eve, by nobody before "
                 "{\"change\":\"reappeared\",\"new\":\"eve\","},
        };
        g_autoptr(GHashTable) ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autoptr(OmgAuditEvents) events = omg_audit_events_new(1, OMG_AUDIT_SELF);
                g_autoptr(GPtrArray) changes = g_ptr_array_new();
                OmgMaintainerChange change = cases[i].change;
                const OmgAuditRecord *record;
                g_autofree char *text = NULL;

                change.name = (char *)"yay";
                g_ptr_array_add(changes, &change);
                omg_audit_events_add_maintainers(events, changes, NULL);
                g_assert_cmpuint(events->records->len, ==, 1);
                record = &g_array_index(events->records, OmgAuditRecord, 0);
                g_assert_cmpstr(record->event, ==, "aur_maintainer_changed");
                g_assert_cmpstr(record->resource, ==, "yay");
                text = g_strdup_printf("%s %s %s", record->severity, record->description,
                                       record->metadata);
                *strstr(text, "\"id\":") = '\0';
                g_assert_cmpstr(text, ==, cases[i].expected);
                g_assert_true(g_hash_table_add(ids, g_strdup(strstr(record->metadata, "\"id\":"))));
        }
}

static char *get_id(const OmgMaintainerChange *change)
{
        g_autoptr(OmgAuditEvents) events = omg_audit_events_new(1, OMG_AUDIT_SELF);
        g_autoptr(GPtrArray) changes = g_ptr_array_new();
        const OmgAuditRecord *record;
        char *id;

        g_ptr_array_add(changes, (gpointer)change);
        omg_audit_events_add_maintainers(events, changes, NULL);
        record = &g_array_index(events->records, OmgAuditRecord, 0);
        id = g_strdup(strstr(record->metadata, "\"id\":\"") + strlen("\"id\":\""));
        *strchr(id, '"') = '\0';
        return id;
}

/* The same change has one id, each other one another; what has it already is not recorded. */
static void test_ids(void)
{
        OmgMaintainerChange x = {.name = (char *)"yay",
                                 .event = OMG_MAINTAINER_CHANGED,
                                 .old = (char *)"jguer",
                                 .new = (char *)"eve",
                                 .since_usec = 7};
        OmgMaintainerChange y = x;
        g_autofree char *one = get_id(&x), *same = get_id(&y), *later = NULL, *other = NULL;
        g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_autoptr(OmgAuditEvents) events = omg_audit_events_new(1, OMG_AUDIT_SELF);
        g_autoptr(GPtrArray) changes = g_ptr_array_new();

        g_assert_cmpstr(one, ==, same);
        y.since_usec = 8;
        later = get_id(&y);
        g_assert_cmpstr(one, !=, later);
        y.since_usec = 7;
        y.new_others = (char *)"bob";
        other = get_id(&y);
        g_assert_cmpstr(one, !=, other);
        g_ptr_array_add(changes, &x);
        g_ptr_array_add(changes, &y);
        (void)g_hash_table_add(known, omg_security_event_dup_key("yay", one));
        omg_audit_events_add_maintainers(events, changes, known);
        g_assert_cmpuint(events->records->len, ==, 1);
}

/* A hostile record is kept in bounds, by whole names. */
static void test_others_limit(Fixture *f, gconstpointer unused)
{
        g_autoptr(GString) list = g_string_new(NULL);
        FixturePackage aur[] = {{"aur", "yay", "2-1", .maintainer = "jguer"}, OTHERS};
        const OmgAurRow *row;

        for (guint i = 0; i < OMG_LIMIT_AUR_OTHERS / 8; i++)
                g_string_append_printf(list, "K:name%03u ", i);
        aur[0].relations = list->str;
        look(f, yay_1, aur, "");
        row = g_hash_table_lookup(f->maintainers->rows, "yay");
        g_assert_cmpuint(strlen(row->others), ==, OMG_LIMIT_AUR_OTHERS - 1);
        g_string_append(list, "K:name999 K:zzz");
        aur[0].relations = list->str;
        look(f, yay_1, aur, "");
        g_string_prepend(list, "K:name0000000 ");
        aur[0].relations = list->str;
        look(f, yay_1, aur, "yay co-maintainers jguer>jguer");
        row = g_hash_table_lookup(f->maintainers->rows, "yay");
        g_assert_cmpuint(strlen(row->others), <=, OMG_LIMIT_AUR_OTHERS);
        g_assert_true(g_str_has_suffix(row->others, "\nname509"));
}

static void test_limit(Fixture *f, gconstpointer unused)
{
        g_autofree FixturePackage *local = g_new0(FixturePackage, OMG_LIMIT_AUR_ROWS + 3);
        g_autofree FixturePackage *aur = g_new0(FixturePackage, OMG_LIMIT_AUR_ROWS + 3);
        g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

        for (guint i = 0; i < OMG_LIMIT_AUR_ROWS + 2; i++) {
                char *name = g_strdup_printf("p%u", i);
                g_ptr_array_add(names, name);
                local[i] = (FixturePackage){NULL, name, "1-1"};
                aur[i] = (FixturePackage){"aur", name, "1-1", .maintainer = "m"};
        }
        look(f, local, aur, "");
        g_assert_cmpuint(g_hash_table_size(f->maintainers->rows), ==, OMG_LIMIT_AUR_ROWS);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
#define add(path, func) g_test_add("/maintainers/" path, Fixture, NULL, set_up, func, tear_down)
        add("changed", test_changed);
        add("orphaned", test_orphaned);
        add("adopted", test_adopted);
        add("installed-anew", test_installed_anew);
        add("both-at-once", test_both_at_once);
        add("removed", test_removed);
        add("unknown", test_unknown);
        add("vanished", test_vanished);
        add("cut-archive", test_cut_archive);
        add("size", test_size);
        add("co-maintainers", test_co_maintainers);
        add("dirty", test_dirty);
        add("whose", test_whose);
        add("repository", test_repository);
        add("updates", test_updates);
        add("since", test_since);
        g_test_add_func("/maintainers/records", test_records);
        g_test_add_func("/maintainers/ids", test_ids);
        add("others-limit", test_others_limit);
        add("limit", test_limit);
        return g_test_run();
}
