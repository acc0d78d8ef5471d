/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole lists: their JSON, groups, repositories, history. */
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/limits.h"
#include "engine/groups.h"
#include "engine/lists.h"
#include "engine/repositories.h"
#include "fixture.h"

static const FixturePackage sync_packages[] = {
        {"core", "bash", "5.2-1", "The \"GNU\" shell \\ \t\x1b[31m", "base tools", NULL, 0},
        {"core", "glibc", "2.38-7", "GNU C Library \302\205\342\200\256", "base", NULL, 0},
        {"extra", "bash", "5.1-9", "An older one", "base", NULL, 0},
        {"extra", "vim", "9.0-1", "Vi \303\266", "editors", NULL, 0},
        {NULL, NULL, NULL, NULL, NULL, NULL, 0},
};

static const FixturePackage local_packages[] = {
        {NULL, "bash", "5.1-1", "The shell", "base", NULL, OMG_PACKAGE_EXPLICIT},
        {NULL, "mine", "1-1", "Of this machine", "own", NULL, 0},
        {NULL, NULL, NULL, NULL, NULL, NULL, 0},
};

#define CONF                                                                  \
        "[options]\nDBPath = /nowhere/db\n"                                   \
        "[core]\nServer = file:///c\nUsage = Sync Search\nSigLevel = Never\n" \
        "[extra]\nServer = file:///e/$repo\nSigLevel = Optional TrustAll\n"   \
        "[third]\nServer = file:///t\n"

/* The content of a list's file, which must be nothing but JSON objects. */
static char *read_file(const OmgListFile *file)
{
        GString *text = g_string_new(NULL);
        char block[4096];
        ssize_t n;
        guint n_lines = 0;

        while ((n = read(file->fd, block, sizeof(block))) > 0)
                g_string_append_len(text, block, n);
        (void)close(file->fd);
        g_auto(GStrv) lines = g_strsplit(text->str, "\n", -1);
        for (guint i = 0; lines[i] && lines[i][0] != '\0'; i++, n_lines++) {
                g_autoptr(JsonParser) parser = json_parser_new();
                g_autoptr(GError) error = NULL;
                (void)json_parser_load_from_data(parser, lines[i], -1, &error);
                g_assert_no_error(error);
                g_assert_true(JSON_NODE_HOLDS_OBJECT(json_parser_get_root(parser)));
        }
        g_assert_cmpuint(n_lines, ==, file->n_rows);
        return g_string_free(text, FALSE);
}

static char *write_list(const OmgSnapshot *snapshot, const char *name,
                        const OmgListOptions *options)
{
        g_autoptr(GError) error = NULL;
        OmgListFile file;

        (void)omg_list_write(omg_list_find(name), snapshot, options, &file, &error);
        g_assert_no_error(error);
        return read_file(&file);
}

static void expect_list(const OmgSnapshot *snapshot, const char *name,
                        const OmgListOptions *options, const char *expected)
{
        g_autofree char *text = write_list(snapshot, name, options);
        g_assert_cmpstr(text, ==, expected);
}

/* Each list has its rows and keys, in the order of the paged member; what a terminal obeys and what
 * is no plain JSON is escaped, other text is not. */
static void test_lists(void)
{
        g_autoptr(OmgSnapshot) s = fixture_snapshot(sync_packages, local_packages, CONF);
        static const char *const only_core[] = {"core", NULL};

        expect_list(s, "packages", &(OmgListOptions){},
                    "{\"name\": \"bash\", \"version\": \"5.2-1\", \"repository\": \"core\", "
                    "\"description\": \"The \\\"GNU\\\" shell \\\\ \\u0009\\u001b[31m\", "
                    "\"installed-version\": \"5.1-1\", \"flags\": 19}\n"
                    "{\"name\": \"bash\", \"version\": \"5.1-9\", \"repository\": \"extra\", "
                    "\"description\": \"An older one\", "
                    "\"installed-version\": \"5.1-1\", \"flags\": 19}\n"
                    "{\"name\": \"glibc\", \"version\": \"2.38-7\", \"repository\": \"core\", "
                    "\"description\": \"GNU C Library \\u0085\\u202e\", "
                    "\"installed-version\": null, \"flags\": 0}\n"
                    "{\"name\": \"vim\", \"version\": \"9.0-1\", \"repository\": \"extra\", "
                    "\"description\": \"Vi \303\266\", "
                    "\"installed-version\": null, \"flags\": 0}\n"
                    "{\"name\": \"mine\", \"version\": \"1-1\", \"repository\": \"local\", "
                    "\"description\": \"Of this machine\", "
                    "\"installed-version\": \"1-1\", \"flags\": 9}\n");
        expect_list(s, "explicit", &(OmgListOptions){.repositories = only_core},
                    "{\"name\": \"bash\", \"version\": \"5.1-1\", \"repository\": \"core\", "
                    "\"description\": \"The shell\", "
                    "\"installed-version\": \"5.1-1\", \"flags\": 19}\n");
        expect_list(s, "orphans", &(OmgListOptions){}, "");
        expect_list(s, "groups", &(OmgListOptions){},
                    "{\"name\": \"base\", \"packages\": 2}\n"
                    "{\"name\": \"editors\", \"packages\": 1}\n"
                    "{\"name\": \"tools\", \"packages\": 1}\n");
        expect_list(s, "groups", &(OmgListOptions){.installed = TRUE},
                    "{\"name\": \"base\", \"packages\": 1}\n"
                    "{\"name\": \"own\", \"packages\": 1}\n");
        g_assert_null(omg_list_find("nonsense"));
}

/* The files of one package, of which there may be more than fit into a piece; one that is in no
 * list is NOT_FOUND, and lists that nobody asked for yet are said not to be there. */
static void test_files(void)
{
        g_autoptr(GString) paths = g_string_new("usr/");
        g_autoptr(GError) error = NULL;
        OmgListOptions options = {.package = "bash", .files_source = OMG_FILES_LOCAL};
        OmgListFile file = {.fd = -1};

        for (guint i = 0; i < 2 * OMG_LIMIT_ROWS; i++)
                g_string_append_printf(paths, " usr/%04u", i);
        const FixtureFiles files[] = {
                {NULL, "bash", "5.1-1", paths->str}, {NULL, "vim", "9-1", "\"\x1b"}, {}};
        const FixtureSystem system = {
                .local = local_packages, .conf = CONF, .files[OMG_FILES_LOCAL] = files};
        g_autoptr(OmgSnapshot) s = fixture_system_snapshot(&system);
        g_autofree char *text = write_list(s, "files", &options);
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        g_assert_cmpuint(g_strv_length(lines), ==, 2 * OMG_LIMIT_ROWS + 2);
        g_assert_cmpstr(lines[0], ==, "{\"path\": \"/usr/\"}");
        g_assert_cmpstr(lines[2 * OMG_LIMIT_ROWS], ==, "{\"path\": \"/usr/1999\"}");
        options.package = "vim";
        expect_list(s, "files", &options, "{\"path\": \"/\\\"\\u001b\"}\n");
        options.package = "none";
        g_assert_false(omg_list_write(omg_list_find("files"), s, &options, &file, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_NOT_FOUND);
        g_clear_error(&error);
        options.files_source = OMG_FILES_REPO;
        g_assert_false(omg_list_write(omg_list_find("files"), s, &options, &file, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE);
}

static gboolean always(gconstpointer unused)
{
        return TRUE;
}

/* A cancelled list ends with an error, and so does one of what was never read. */
static void test_errors(void)
{
        g_autoptr(OmgSnapshot) s = fixture_snapshot(NULL, local_packages, CONF);
        static const char *const names[] = {"packages", "updates", "groups", "foreign"};
        OmgListFile file = {.fd = -1};

        for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
                g_autoptr(GError) error = NULL;
                g_assert_false(omg_list_write(omg_list_find(names[i]), s, &(OmgListOptions){},
                                              &file, &error));
                g_assert_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE);
        }
        g_autoptr(GError) error = NULL;
        g_assert_false(omg_list_write(omg_list_find("installed"), s,
                                      &(OmgListOptions){.is_cancelled = always}, &file, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_CANCELLED);
        g_assert_cmpint(file.fd, ==, -1);
}

/* All of pacman.conf's repositories, in its order; one that the index does not know is absent and
 * never "ok"; times and counts that are not known are not 0. */
static void test_repositories(void)
{
        g_autoptr(OmgSnapshot) s = fixture_snapshot(sync_packages, local_packages, CONF);
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) views = omg_repositories_list(s, &error);
        const OmgRepositoryView *core, *third;

        g_assert_no_error(error);
        g_assert_cmpuint(views->len, ==, 3);
        core = views->pdata[0];
        g_assert_cmpstr(core->conf->name, ==, "core");
        g_assert_true(core->readable);
        g_assert_cmpstr(core->state, ==, "ok");
        g_assert_null(core->message);
        g_assert_cmpuint(core->n_packages, ==, 2);
        g_assert_cmpuint(core->time_usec, ==, G_MAXUINT64); /* the fixture has no stamps */
        g_assert_cmpstr(core->path, ==, "/nowhere/db/sync/core.db");
        g_assert_false(core->has_files);
        third = views->pdata[2];
        g_assert_false(third->readable);
        g_assert_false(third->has_packages);
        g_assert_cmpstr(third->state, ==, "absent");
        g_assert_nonnull(third->message);

        g_autofree const char **usage = omg_repository_dup_usage(core->conf);
        g_autofree char *usage_text = g_strjoinv(" ", (char **)usage);
        g_assert_cmpstr(usage_text, ==, "sync search");
        g_autofree const char **never = omg_repository_dup_siglevel(core->conf);
        g_autofree char *never_text = g_strjoinv(" ", (char **)never);
        g_assert_cmpstr(never_text, ==, "PackageNever DatabaseNever");
        g_autofree const char **level =
                omg_repository_dup_siglevel(((OmgRepositoryView *)views->pdata[1])->conf);
        g_autofree char *level_text = g_strjoinv(" ", (char **)level);
        g_assert_cmpstr(level_text, ==,
                        "PackageOptional PackageTrustAll DatabaseOptional DatabaseTrustAll");
}

/* When no database could be read again, the last packages are carried, and it says why. */
static void test_repositories_stale(void)
{
        g_autoptr(OmgLayer) sync = fixture_layer(OMG_LAYER_SYNC, sync_packages);
        g_autoptr(GPtrArray) errors =
                g_ptr_array_new_with_free_func((GDestroyNotify)omg_source_error_free);
        g_autoptr(GError) reason =
                g_error_new_literal(OMG_ERROR, OMG_ERROR_TIMEOUT, "the helper took too long");
        OmgSnapshotParts parts = {.sync = sync, .conf = fixture_conf(CONF), .errors = errors};

        g_ptr_array_add(errors, omg_source_error_new("sync", reason));
        g_autoptr(OmgSnapshot) s = omg_snapshot_new(&parts, 1);
        g_autoptr(GPtrArray) views = omg_repositories_list(s, NULL);
        const OmgRepositoryView *core = views->pdata[0];
        g_assert_false(core->readable);
        g_assert_cmpstr(core->state, ==, "carried");
        g_assert_cmpint((int)core->error, ==, OMG_ERROR_TIMEOUT);
        g_assert_cmpuint(core->n_packages, ==, 2);
}

/* ---- history ---- */

static char *write_log(guint n)
{
        g_autoptr(GString) log = g_string_new(NULL);
        g_autoptr(GError) error = NULL;
        char *path = NULL;
        int fd = g_file_open_tmp("omg-log-XXXXXX", &path, &error);

        g_assert_no_error(error);
        (void)close(fd);
        for (guint i = 0; i < n; i++) {
                g_string_append_printf(log, "[2020-01-01T00:%02u:%02u+0000] [PACMAN] Running\n",
                                       i / 60 % 60, i % 60);
                g_string_append_printf(
                        log, "[2020-01-01T00:%02u:%02u+0000] [ALPM] %s (%s%u)\n", i / 60 % 60,
                        i % 60, i % 2 ? "upgraded odd" : "installed even", i % 2 ? "0 -> " : "", i);
        }
        (void)g_file_set_contents(path, log->str, (gssize)log->len, &error);
        g_assert_no_error(error);
        return path;
}

static void read_page(const OmgHistoryParams *params, guint offset, guint limit,
                      OmgHistoryPage *page)
{
        g_autoptr(GError) error = NULL;

        (void)omg_history_read(params, offset, limit, page, &error);
        g_assert_no_error(error);
}

/* Pages, filters and totals. */
static void test_history(void)
{
        static const char *const odd[] = {"odd", NULL}, *const installed[] = {"installed", NULL};
        g_autofree char *path = write_log(100);
        gint64 since = 1577836800 + 90;
        OmgHistoryPage page;
        const OmgHistoryEntry *entry;

        read_page(&(OmgHistoryParams){.log_file = path}, 0, 2, &page);
        g_assert_cmpuint(page.entries->len, ==, 2);
        g_assert_cmpuint(page.total, ==, 100);
        g_assert_true(page.total_exact);
        g_assert_true(page.state.complete);
        entry = page.entries->pdata[0];
        g_assert_cmpstr(entry->package, ==, "odd");
        g_assert_cmpstr(entry->version, ==, "99");
        g_assert_cmpstr(entry->old_version, ==, "0");
        g_assert_cmpint(entry->time, ==, 1577836800 + 99);
        omg_history_page_clear(&page);

        read_page(&(OmgHistoryParams){.log_file = path, .packages = odd}, 49, 10, &page);
        g_assert_cmpuint(page.entries->len, ==, 1);
        g_assert_cmpuint(page.total, ==, 50);
        omg_history_page_clear(&page);
        read_page(&(OmgHistoryParams){.log_file = path, .actions = installed, .since = &since}, 0,
                  10, &page);
        g_assert_cmpuint(page.entries->len, ==, 5);
        g_assert_cmpuint(page.total, ==, 5);
        omg_history_page_clear(&page);
        read_page(&(OmgHistoryParams){.log_file = path}, 200, 10, &page);
        g_assert_cmpuint(page.entries->len, ==, 0);
        g_assert_cmpuint(page.total, ==, 100);
        omg_history_page_clear(&page);
        (void)g_unlink(path);
}

/* Beyond the exact count reading ends with the page, and the total is said to be a lower bound. */
static void test_history_total(void)
{
        enum { N = 3 * OMG_LIMIT_TOTAL_EXACT };
        g_autofree char *path = write_log(N);
        OmgHistoryPage page;

        read_page(&(OmgHistoryParams){.log_file = path}, 0, 10, &page);
        g_assert_cmpuint(page.total, ==, OMG_LIMIT_TOTAL_EXACT);
        g_assert_false(page.total_exact);
        omg_history_page_clear(&page);
        read_page(&(OmgHistoryParams){.log_file = path}, N - 10, 10, &page);
        g_assert_cmpuint(page.entries->len, ==, 10);
        g_assert_cmpuint(page.total, ==, N);
        g_assert_true(page.total_exact);
        omg_history_page_clear(&page);
        (void)g_unlink(path);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/lists/json", test_lists);
        g_test_add_func("/lists/files", test_files);
        g_test_add_func("/lists/errors", test_errors);
        g_test_add_func("/lists/repositories", test_repositories);
        g_test_add_func("/lists/repositories/stale", test_repositories_stale);
        g_test_add_func("/lists/history", test_history);
        g_test_add_func("/lists/history/total", test_history_total);
        return g_test_run();
}
