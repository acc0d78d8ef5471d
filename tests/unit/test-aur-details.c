/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is known of a package of the AUR; development packages; lists with rows of the AUR; what
 * the status says of it. */
#include <json-glib/json-glib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "engine/aur-details.h"
#include "engine/details.h"
#include "engine/lists.h"
#include "engine/rows.h"
#include "engine/status.h"
#include "engine/vcs.h"
#include "fixture.h"

#define CONF                                                                         \
        "[options]\nRootDir = /\nIgnorePkg = held*\n[core]\nServer = file:///core\n" \
        "[own]\nServer = file:///own\n"

static const FixturePackage sync_packages[] = {
        {"core", "bash", "5.2-1", ""}, {"own", "mine", "1-1", ""}, {}};
static const FixturePackage local_packages[] = {
        {NULL, "bash", "5.1-1", "", NULL, NULL, OMG_PACKAGE_EXPLICIT},
        {NULL, "equal", "1:1-1", ""},
        {NULL, "held-tool", "1-1", ""},
        {NULL, "mine", "1-1", ""},
        {NULL, "nowhere-git", "1-1", ""},
        {NULL, "yay", "12.0-1", "A helper", NULL, NULL, OMG_PACKAGE_EXPLICIT},
        {}};
static const FixturePackage aur_packages[] = {
        {"aur", "bash", "9-1", "Not the one of core"},
        {"aur", "equal", "1:1-1", "", .maintainer = "eve"},
        {"aur", "held-tool", "2-1", ""},
        {"aur", "mine", "9-1", "", .maintainer = "me"},
        {"aur", "other-git", "r9-1", "", .flags = OMG_PACKAGE_NO_MAINTAINER},
        {"aur", "yay", "12.1-1", "An AUR helper", .flags = OMG_PACKAGE_OUT_OF_DATE,
         .popularity = 21.5, .votes = 2300, .maintainer = "jguer", .relations = "D:git"},
        {}};

static OmgSnapshot *make_snapshot(gboolean with_sync, gboolean with_local)
{
        const FixtureSystem system = {.sync = with_sync ? sync_packages : NULL,
                                      .local = with_local ? local_packages : NULL,
                                      .aur = aur_packages,
                                      .conf = CONF};

        return fixture_system_snapshot(&system);
}

/* The end of the name, and nothing else, makes a development package. */
static void test_vcs(void)
{
        static const struct {
                const char *name, *system;
        } cases[] = {
                {"mpv-git", "git"},
                {"a-svn", "svn"},
                {"b-hg", "hg"},
                {"c-bzr", "bzr"},
                {"d-cvs", "cvs"},
                {"e-darcs", "darcs"},
                {"f-fossil", "fossil"},
                {"git", NULL},
                {"libgit", NULL},
                {"git-annex", NULL},
                {"-git", NULL},
                {"x-Git", NULL},
                {"x-git-bin", NULL},
                {"x-nightly", NULL},
                {"x-always", NULL},
                {"", NULL},
                {"x-", NULL},
                {"x-gitea", NULL},
                {"lib32-mesa-git", "git"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
                g_assert_cmpstr(omg_vcs_find(cases[i].name), ==, cases[i].system);
}

/* "version|installed|flags|upgradable|vcs", or "missing", or the error's name. */
static char *look_up(const OmgSnapshot *s, const char *name)
{
        g_autoptr(OmgAurDetails) d = NULL;
        g_autoptr(GError) error = NULL;

        if (!omg_aur_details_get(s, name, &d, &error))
                return g_strdup(omg_error_get_dbus_name(error->code));
        if (!d)
                return g_strdup("missing");
        return g_strdup_printf("%s|%s|%u|%s|%s", d->package->version, d->installed_version ?: "-",
                               d->flags,
                               !d->knows_upgradable ? "?"
                               : d->upgradable      ? "yes"
                                                    : "no",
                               d->vcs ?: "-");
}

static void expect_details(const OmgSnapshot *s, const char *name, const char *expected)
{
        g_autofree char *got = look_up(s, name);
        g_assert_cmpstr(got, ==, expected);
}

/* Names as they are there or with "aur/" before them; what a repository holds, the user's own too,
 * is nothing that the AUR would upgrade. */
static void test_details(void)
{
        g_autoptr(OmgSnapshot) s = make_snapshot(TRUE, TRUE);
        g_autofree char *too_long = g_strnfill(OMG_LIMIT_PACKAGE_NAME + 1, 'a');

        expect_details(s, "yay", "12.1-1|12.0-1|155|yes|-");
        expect_details(s, "aur/yay", "12.1-1|12.0-1|155|yes|-");
        expect_details(s, "held-tool", "2-1|1-1|89|yes|-");
        expect_details(s, "equal", "1:1-1|1:1-1|9|no|-");
        expect_details(s, "mine", "9-1|1-1|1|no|-");
        expect_details(s, "bash", "9-1|5.1-1|19|no|-");
        expect_details(s, "other-git", "r9-1|-|512|?|git");
        expect_details(s, "nowhere-git", "missing");
        expect_details(s, "core/yay", "missing");
        expect_details(s, "ya", "missing");
        expect_details(s, "", "org.freedesktop.DBus.Error.InvalidArgs");
        expect_details(s, "aur/", "org.freedesktop.DBus.Error.InvalidArgs");
        expect_details(s, too_long, "org.freedesktop.DBus.Error.InvalidArgs");
}

/* Without a database nobody knows what of the AUR is installed, or whether it is from there. */
static void test_details_unknown(void)
{
        g_autoptr(OmgSnapshot) no_sync = make_snapshot(FALSE, TRUE);
        g_autoptr(OmgSnapshot) no_local = make_snapshot(TRUE, FALSE);

        expect_details(no_sync, "yay", "12.1-1|12.0-1|131|?|-");
        expect_details(no_local, "yay", "12.1-1|-|128|?|-");
}

/* That nothing is known of the AUR is never "missing". */
static void test_nothing_known(void)
{
        g_autoptr(OmgSnapshot) s = fixture_snapshot(sync_packages, local_packages, CONF);
        GError offline = {OMG_ERROR, OMG_ERROR_OFFLINE, (char *)"there is no network"};

        expect_details(s, "yay", "org.omgd1.Error.Unavailable");
        s->aur_feed.is_on = TRUE;
        expect_details(s, "yay", "org.omgd1.Error.Unavailable");
        s->aur_feed.error = omg_source_error_new("aur", &offline);
        expect_details(s, "yay", "org.omgd1.Error.Offline");
}

/* What is installed from there says so in GetDetails, too; what is only there is not its matter. */
static void test_repository(void)
{
        static const struct {
                const char *name, *repository;
        } cases[] = {{"yay", "aur"},      {"local/yay", "aur"}, {"nowhere-git", "local"},
                     {"mine", "own"},     {"bash", "core"},     {"local/bash", "local"},
                     {"other-git", NULL}, {"aur/yay", NULL}};
        g_autoptr(OmgSnapshot) s = make_snapshot(TRUE, TRUE);

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autoptr(OmgDetails) d = NULL;
                g_autoptr(GError) error = NULL;

                g_assert_true(omg_details_get(s, cases[i].name, &d, &error));
                g_assert_cmpstr(d ? d->repository : NULL, ==, cases[i].repository);
        }
}

static char *write_list(const OmgSnapshot *snapshot, const char *name,
                        const OmgListOptions *options)
{
        g_autoptr(GError) error = NULL;
        char text[4096] = "";
        OmgListFile file;

        (void)omg_list_write(omg_list_find(name), snapshot, options, &file, &error);
        g_assert_no_error(error);
        g_assert_cmpint(read(file.fd, text, sizeof(text) - 1), >=, 0);
        (void)close(file.fd);
        return g_strdup(text);
}

static void expect_list(const OmgSnapshot *s, const char *name, const OmgListOptions *options,
                        const char *expected)
{
        g_autofree char *text = write_list(s, name, options);
        g_assert_cmpstr(text, ==, expected);
}

#define BASH                                                                                  \
        "{\"name\": \"bash\", \"installed-version\": \"5.1-1\", \"new-version\": \"5.2-1\", " \
        "\"repository\": \"core\", \"download-size\": 0, \"size-change\": 0, \"flags\": 0}\n"
#define HELD                                                                                   \
        "{\"name\": \"held-tool\", \"installed-version\": \"1-1\", \"new-version\": \"2-1\", " \
        "\"repository\": \"aur\", \"download-size\": null, \"size-change\": null, "            \
        "\"flags\": 10}\n"
#define YAY                                                                                    \
        "{\"name\": \"yay\", \"installed-version\": \"12.0-1\", \"new-version\": \"12.1-1\", " \
        "\"repository\": \"aur\", \"download-size\": null, \"size-change\": null, "            \
        "\"flags\": 8, \"maintainer\": \"jguer\", \"out-of-date\": 1600000000}\n"

/* Rows of both, of one, without what is held back; an unknown size is no number. */
static void test_updates_list(void)
{
        g_autoptr(OmgSnapshot) s = make_snapshot(TRUE, TRUE);

        expect_list(s, "updates", &(OmgListOptions){}, BASH HELD YAY);
        expect_list(s, "updates", &(OmgListOptions){.without_aur = TRUE}, BASH);
        expect_list(s, "updates", &(OmgListOptions){.without_repo = TRUE}, HELD YAY);
        expect_list(s, "updates", &(OmgListOptions){.without_repo = TRUE, .without_ignored = TRUE},
                    YAY);
}

/* The AUR's packages among the foreign ones, and those of nowhere. */
static void test_foreign_list(void)
{
        static const char *const only_local[] = {"local", NULL};
        static const char *const only_aur[] = {"aur", NULL};
        g_autoptr(OmgSnapshot) s = make_snapshot(TRUE, TRUE);

        expect_list(s, "foreign", &(OmgListOptions){.repositories = only_local},
                    "{\"name\": \"nowhere-git\", \"version\": \"1-1\", \"repository\": \"local\", "
                    "\"description\": \"\", \"installed-version\": \"1-1\", \"flags\": 9, "
                    "\"vcs\": \"git\"}\n");
        expect_list(s, "packages", &(OmgListOptions){.repositories = only_aur},
                    "{\"name\": \"equal\", \"version\": \"1:1-1\", \"repository\": \"aur\", "
                    "\"description\": \"\", \"installed-version\": \"1:1-1\", \"flags\": 9, "
                    "\"votes\": 0, \"popularity\": 0}\n"
                    "{\"name\": \"held-tool\", \"version\": \"1-1\", \"repository\": \"aur\", "
                    "\"description\": \"\", \"installed-version\": \"1-1\", \"flags\": 89, "
                    "\"votes\": 0, \"popularity\": 0}\n"
                    "{\"name\": \"yay\", \"version\": \"12.0-1\", \"repository\": \"aur\", "
                    "\"description\": \"A helper\", \"installed-version\": \"12.0-1\", "
                    "\"flags\": 155, \"votes\": 2300, \"popularity\": 21.5}\n");
}

/* Pages and totals count the rows that are wanted; the AUR alone, and nothing known of it, is an
 * error and no empty list. */
static void test_updates_pages(void)
{
        g_autoptr(OmgSnapshot) s = make_snapshot(TRUE, TRUE);
        g_autoptr(OmgSnapshot) without = fixture_snapshot(sync_packages, local_packages, CONF);
        g_autoptr(GArray) page = NULL, rest = NULL;
        g_autoptr(GError) error = NULL;
        GArray *none = NULL;
        guint total;

        g_assert_true(omg_list_updates(s, &(OmgUpdatesParams){.offset = 1, .limit = 1}, &page,
                                       &total, NULL));
        g_assert_cmpuint(page->len, ==, 1);
        g_assert_cmpuint(g_array_index(page, guint, 0), ==, 1);
        g_assert_cmpuint(total, ==, 3);
        g_assert_true(
                omg_list_updates(s, &(OmgUpdatesParams){.skip_repo = TRUE, .offset = 1, .limit = 5},
                                 &rest, &total, NULL));
        g_assert_cmpuint(rest->len, ==, 1);
        g_assert_cmpuint(g_array_index(rest, guint, 0), ==, 2);
        g_assert_cmpuint(total, ==, 2);
        g_assert_false(omg_list_updates(without, &(OmgUpdatesParams){.skip_repo = TRUE, .limit = 5},
                                        &none, &total, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE);
        g_assert_null(none);
}

static char *dup_tooltip(const OmgSnapshot *s)
{
        OmgStatus status;

        omg_status_compute(s, 0, &status);
        g_autofree char *json = omg_status_describe(&status, s);
        g_autoptr(JsonNode) root = json_from_string(json, NULL);
        return g_strdup(json_object_get_string_member(json_node_get_object(root), "tooltip"));
}

static void expect_state(const OmgSnapshot *s, const char *state, const char *line)
{
        g_autofree char *tooltip = dup_tooltip(s);

        g_assert_cmpstr(omg_status_get_aur_state(s), ==, state);
        if (line)
                g_assert_nonnull(strstr(tooltip, line));
        else
                g_assert_null(strstr(tooltip, "AUR"));
}

/* What is known of the AUR, from off to yesterday's; its line is not there where it is off. */
static void test_states(void)
{
        g_autoptr(OmgSnapshot) s = make_snapshot(TRUE, TRUE);
        g_autoptr(OmgSnapshot) without = fixture_snapshot(sync_packages, local_packages, CONF);
        GError fault = {OMG_ERROR, OMG_ERROR_NETWORK, (char *)"<refused>"};
        OmgStatus status;

        g_assert_cmpstr(omg_status_get_aur_state(NULL), ==, "never");
        expect_state(without, "off", NULL);
        without->aur_feed.is_on = TRUE;
        expect_state(without, "never", "AUR updates: unknown\n");
        without->aur_feed.error = omg_source_error_new("aur", &fault);
        expect_state(without, "failed", "aur: &lt;refused&gt;");
        expect_state(s, "ok", "AUR updates: 1\n");
        s->aur_feed.is_stale = TRUE;
        expect_state(s, "stale", "AUR updates: 1\n");
        s->aur_feed.is_stale = FALSE;
        s->aur_feed.error = omg_source_error_new("aur", &fault);
        expect_state(s, "stale", "aur: &lt;refused&gt;");

        omg_status_compute(s, 0, &status);
        g_assert_cmpuint(status.aur_updates_available, ==, 1);
        g_assert_cmpuint(status.updates_available, ==, 1);
        g_assert_cmpuint(status.ignored_updates, ==, 1);
        omg_status_compute(without, 0, &status);
        g_assert_cmpuint(status.aur_updates_available, ==, OMG_UNKNOWN);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/aur-details/vcs", test_vcs);
        g_test_add_func("/aur-details/details", test_details);
        g_test_add_func("/aur-details/unknown", test_details_unknown);
        g_test_add_func("/aur-details/nothing-known", test_nothing_known);
        g_test_add_func("/aur-details/repository", test_repository);
        g_test_add_func("/aur-details/lists/updates", test_updates_list);
        g_test_add_func("/aur-details/lists/foreign", test_foreign_list);
        g_test_add_func("/aur-details/updates/pages", test_updates_pages);
        g_test_add_func("/aur-details/status", test_states);
        return g_test_run();
}
