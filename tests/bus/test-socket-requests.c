/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What each request of the socket is answered, with every bound crossed; and that it is what D-Bus
 * says. */
#include "base/error.h"
#include "base/limits.h"
#include "engine/suggest.h"
#include "faces/bus-interfaces.h"
#include "faces/service-background.h"
#include "faces/socket-reply.h"
#include "socket-fixture.h"
#include "store/layer-builder.h"

#define INVALID   -32602
#define INTERNAL  -32603
#define NOT_FOUND -1001

/* The widest id of each width, and the next. */
static const guint64 ids[] = {
        0,       1,           G_MAXUINT8,  0x100,      G_MAXUINT16,
        0x10000, G_MAXUINT32, 0x100000000, G_MAXINT64, G_MAXUINT64,
};

static void expect_names(OmgWirePackages packages, const char *const *names)
{
        g_assert_cmpuint(packages.n, ==, g_strv_length((char **)names));
        for (gsize i = 0; i < packages.n; i++)
                check_text(packages.items[i].name, names[i]);
}

/* ---- Ping ---- */

/* With any id, and needs nothing: at once before anything was read. */
static void test_ping(void)
{
        g_autoptr(SocketFixture) f = socket_fixture_new_empty();

        for (gsize i = 0; i < G_N_ELEMENTS(ids); i++) {
                OmgWireRequest request = make_request(OMG_WIRE_PING, ids[i]);
                const OmgWireResult *result = expect_success(f, &request);

                g_assert_cmpint(result->tag, ==, OMG_WIRE_RESULT_PING);
                check_text(result->text, "pong");
        }
}

/* ---- Search ---- */

/* Packages of repositories alone, ranked; their source is "official". */
static void test_search(void)
{
        g_autoptr(SocketFixture) f = socket_fixture_new();
        OmgWireRequest request = make_query(OMG_WIRE_SEARCH, 5, "an", -1);
        const OmgWireResult *result = expect_success(f, &request);

        /* "An old tool" is of no repository. */
        g_assert_cmpint(result->tag, ==, OMG_WIRE_RESULT_SEARCH);
        expect_names(result->search.packages, (const char *const[]){"vim", "firefox", NULL});
        g_assert_cmpuint(result->search.total, ==, 2);
        check_text(result->search.packages.items[0].version, "9.0-1");
        check_text(result->search.packages.items[0].description, "Vi Improved, an editor");
        check_text(result->search.packages.items[1].source, "official");

        request = make_query(OMG_WIRE_SEARCH, 6, "my-scripts", -1);
        g_assert_cmpuint(expect_success(f, &request)->search.packages.n, ==, 0);
        request = make_query(OMG_WIRE_SEARCH, 6, "", -1);
        result = expect_success(f, &request);
        g_assert_cmpuint(result->search.packages.n, ==, 0);
        g_assert_cmpuint(result->search.total, ==, 0);
}

/* Rows: 50 when not said, as many as said, 1,000 at most; the total is that of all. */
static void test_search_limit(void)
{
        g_autoptr(SocketFixture) f = socket_fixture_new_empty();
        g_autoptr(OmgSnapshot) snapshot = make_big_snapshot(OMG_LIMIT_ROWS + 5, "A package");
        const struct {
                OmgWireOptionU64 limit;
                gsize rows;
        } cases[] = {
                {{FALSE, 0}, OMG_LIMIT_ROWS_DEFAULT},
                {{TRUE, 0}, 0},
                {{TRUE, 1}, 1},
                {{TRUE, OMG_LIMIT_ROWS}, OMG_LIMIT_ROWS},
                {{TRUE, OMG_LIMIT_ROWS + 1}, OMG_LIMIT_ROWS},
                {{TRUE, 0x100000001}, OMG_LIMIT_ROWS},
                {{TRUE, G_MAXUINT64}, OMG_LIMIT_ROWS},
        };

        load(f, snapshot);
        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                OmgWireRequest request = make_query(OMG_WIRE_SEARCH, i, "p", -1);
                const OmgWireResult *result;

                request.query.limit = cases[i].limit;
                result = expect_success(f, &request);
                g_assert_cmpuint(result->search.packages.n, ==, cases[i].rows);
                g_assert_cmpuint(result->search.total, ==, OMG_LIMIT_ROWS + 5);
                if (cases[i].rows > 0)
                        check_text(result->search.packages.items[cases[i].rows - 1].name,
                                   cases[i].rows == 1                        ? "p0000"
                                   : cases[i].rows == OMG_LIMIT_ROWS_DEFAULT ? "p0049"
                                                                             : "p0999");
        }
}

/* Texts of each request that has one: the longest, one byte more, with a NUL inside. */
static void test_query(void)
{
        static const OmgWireRequestTag tags[] = {OMG_WIRE_SEARCH, OMG_WIRE_SUGGEST,
                                                 OMG_WIRE_DEBIAN_SEARCH};
        g_autoptr(SocketFixture) f = socket_fixture_new();
        g_autofree char *longest = g_strnfill(OMG_LIMIT_QUERY, 'v');
        g_autofree char *longer = g_strnfill(OMG_LIMIT_QUERY + 1, 'v');
        g_autoptr(GString) words = g_string_new(NULL);

        for (gsize i = 0; i < G_N_ELEMENTS(tags); i++) {
                OmgWireRequest request = make_query(tags[i], 3, longer, -1);

                expect_failure(f, &request, INVALID, "query: 501 bytes, the limit is 500");
                request.query.text = (OmgWireString){"vim\0vim", 7};
                expect_failure(f, &request, INVALID, "query: holds a NUL byte");
                request.query.text = (OmgWireString){"vim", 4};
                expect_failure(f, &request, INVALID, "query: holds a NUL byte");
                request = make_query(tags[i], 3, longest, -1);
                if (tags[i] == OMG_WIRE_DEBIAN_SEARCH)
                        expect_failure(f, &request, INTERNAL, "Debian");
                else
                        (void)expect_success(f, &request);
        }

        for (guint i = 0; i <= OMG_LIMIT_QUERY_WORDS; i++)
                g_string_append_printf(words, "w%u ", i);
        OmgWireRequest request = make_query(OMG_WIRE_SEARCH, 3, words->str, -1);
        expect_failure(f, &request, INVALID, "words");
}

/* A description that omg-fast would split amid a character gets blanks; Info has it as it is. */
static void test_description(void)
{
        static const char text[] =
                "0123456789 123456789 123456789 123456789 12345\xc3\xa9 and more";
        static const char mended[] =
                "0123456789 123456789 123456789 123456789  12345\xc3\xa9 and more";
        g_autoptr(SocketFixture) f = socket_fixture_new_empty();
        g_autoptr(OmgSnapshot) snapshot = make_big_snapshot(3, text);
        OmgWireRequest request = make_query(OMG_WIRE_SEARCH, 1, "p", -1);
        const OmgWireResult *result;

        load(f, snapshot);
        result = expect_success(f, &request);
        g_assert_cmpuint(result->search.packages.n, ==, 3);
        for (gsize i = 0; i < 3; i++)
                check_text(result->search.packages.items[i].description, mended);
        request = make_info(1, "p0001");
        check_text(expect_success(f, &request)->info.description, text);
}

/* A search that was asked before is answered out of the cache, to the byte, whatever its id; and
 * not after CacheClear, with another limit, or out of newer data. */
static void test_search_kept(void)
{
        g_autoptr(SocketFixture) f = socket_fixture_new();
        g_autoptr(OmgSnapshot) next = make_big_snapshot(3, "An editor");
        const OmgMetrics *metrics = &f->service->metrics;
        OmgWireRequest stats = make_request(OMG_WIRE_CACHE_STATS, 1);
        OmgWireRequest clear = make_request(OMG_WIRE_CACHE_CLEAR, 1);
        OmgWireRequest request;

        g_assert_cmpuint(expect_success(f, &stats)->cache_stats.size, ==, 0);
        for (gsize i = 0; i < G_N_ELEMENTS(ids); i++) {
                request = make_query(OMG_WIRE_SEARCH, ids[i], "editor", -1);
                g_autoptr(Ask) fresh = ask(f, &request);
                /* 50 is what none means. */
                request = make_query(OMG_WIRE_SEARCH, ids[i], "editor", OMG_LIMIT_ROWS_DEFAULT);
                g_autoptr(Ask) kept = ask(f, &request);

                g_assert_cmpmem(fresh->frame->data, fresh->frame->len, kept->frame->data,
                                kept->frame->len);
                g_assert_cmpuint(await_answer(kept)->id, ==, ids[i]);
                g_assert_cmpuint(await_answer(kept)->result.search.packages.n, ==, 1);
                g_assert_cmpuint(metrics->cache_hits, ==, i + 1);
                g_assert_cmpuint(metrics->cache_misses, ==, i + 1);
                g_assert_cmpuint(metrics->search_calls, ==, 2 * i + 2);
                g_assert_cmpuint(expect_success(f, &stats)->cache_stats.size, ==, 1);
                check_text(expect_success(f, &clear)->text, "cleared");
                g_assert_cmpuint(expect_success(f, &stats)->cache_stats.size, ==, 0);
        }
        g_assert_cmpuint(expect_success(f, &stats)->cache_stats.max_size, ==,
                         OMG_LIMIT_CACHE_ENTRIES);

        request = make_query(OMG_WIRE_SEARCH, 1, "editor", 0);
        g_assert_cmpuint(expect_success(f, &request)->search.packages.n, ==, 0);
        request = make_query(OMG_WIRE_SEARCH, 1, "editor", 1);
        g_assert_cmpuint(expect_success(f, &request)->search.packages.n, ==, 1);
        g_assert_cmpuint(expect_success(f, &stats)->cache_stats.size, ==, 2);
        next->generation = 8;
        load(f, next);
        g_assert_cmpuint(expect_success(f, &stats)->cache_stats.size, ==, 0);
        request = make_query(OMG_WIRE_SEARCH, 1, "editor", 1);
        check_text(expect_success(f, &request)->search.packages.items[0].name, "p0000");
        g_assert_cmpuint(metrics->cache_hits, ==, G_N_ELEMENTS(ids));

        /* Errors are not kept. */
        request = make_query(OMG_WIRE_SEARCH, 1, "w w w w w w w w w w w w w w w w w", 1);
        expect_failure(f, &request, INVALID, "words");
        expect_failure(f, &request, INVALID, "words");
        g_assert_cmpuint(expect_success(f, &stats)->cache_stats.size, ==, 1);
}

/* ---- Info ---- */

static OmgPackage *make_package(const char *name, const char *version, gboolean is_local)
{
        OmgPackage *package = omg_package_new(name, version, "All there is");

        omg_package_set_string(package, OMG_FIELD_URL, "https://example.org/");
        omg_package_take_strv(package, OMG_FIELD_LICENSES,
                              g_strsplit("GPL-3.0-or-later MIT", " ", 0));
        omg_package_take_strv(package, OMG_FIELD_DEPENDS, g_strsplit("glibc>=2 sh", " ", 0));
        omg_package_set_number(package, OMG_FIELD_INSTALLED_SIZE, 5000000000);
        if (!is_local)
                omg_package_set_number(package, OMG_FIELD_DOWNLOAD_SIZE, 1000000);
        return package;
}

static OmgLayer *make_layer(OmgLayerKind kind, const char *repository, const char *version,
                            const char *const *names)
{
        g_autoptr(OmgLayerBuilder) builder = omg_layer_builder_new(kind);
        g_autoptr(GBytes) stamps = g_bytes_new_static("s", 1);
        g_autoptr(GBytes) bytes = NULL;
        g_autoptr(GError) error = NULL;
        OmgLayer *layer;

        omg_layer_builder_add_repository(builder, repository);
        for (; *names; names++) {
                g_autoptr(OmgPackage) package =
                        make_package(*names, version, kind == OMG_LAYER_LOCAL);

                g_assert_true(omg_layer_builder_add_package(builder, package, &error));
        }
        bytes = omg_layer_builder_finish(builder, stamps, 1000000, &error);
        g_assert_no_error(error);
        layer = omg_layer_new_from_bytes(bytes, kind, &error);
        g_assert_no_error(error);
        return layer;
}

static OmgSnapshot *make_detailed_snapshot(void)
{
        g_autoptr(OmgLayer) sync = make_layer(OMG_LAYER_SYNC, "core", "2-1",
                                              (const char *const[]){"both", "there", NULL});
        g_autoptr(OmgLayer) local = make_layer(OMG_LAYER_LOCAL, "local", "1-1",
                                               (const char *const[]){"both", "own", NULL});
        OmgSnapshotParts parts = {
                .sync = sync,
                .local = local,
                .conf = fixture_conf("[core]\nServer = file:///c\n"),
                .as_of_usec = 1000000,
        };

        return omg_snapshot_new(&parts, 1);
}

/* The repository's package before the installed one; each field. */
static void test_info(void)
{
        static const struct {
                const char *name, *version, *repo, *source;
                guint64 download_size;
        } cases[] = {
                {"both", "2-1", "core", "official", 1000000},
                {"core/both", "2-1", "core", "official", 1000000},
                {"there", "2-1", "core", "official", 1000000},
                {"own", "1-1", "local", "local", 0},
                {"local/both", "1-1", "local", "local", 0},
        };
        g_autoptr(SocketFixture) f = socket_fixture_new_empty();
        g_autoptr(OmgSnapshot) snapshot = make_detailed_snapshot();

        load(f, snapshot);
        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                OmgWireRequest request = make_info(i, cases[i].name);
                const OmgWireResult *result = expect_success(f, &request);
                const OmgWireInfo *info = &result->info;

                g_assert_cmpint(result->tag, ==, OMG_WIRE_RESULT_INFO);
                check_text(info->name, strrchr(cases[i].name, '/') ? "both" : cases[i].name);
                check_text(info->version, cases[i].version);
                check_text(info->description, "All there is");
                check_text(info->url, "https://example.org/");
                g_assert_cmpuint(info->size, ==, 5000000000);
                g_assert_cmpuint(info->download_size, ==, cases[i].download_size);
                check_text(info->repo, cases[i].repo);
                check_text(info->source, cases[i].source);
                g_assert_cmpuint(info->depends.n, ==, 2);
                check_text(info->depends.items[0], "glibc>=2");
                check_text(info->depends.items[1], "sh");
                g_assert_cmpuint(info->licenses.n, ==, 2);
                check_text(info->licenses.items[1], "MIT");
        }
}

/* Names that are none, and names of nothing. */
static void test_info_names(void)
{
        g_autoptr(SocketFixture) f = socket_fixture_new();
        g_autofree char *longest = g_strnfill(OMG_LIMIT_PACKAGE_NAME, 'v');
        g_autofree char *longer = g_strnfill(OMG_LIMIT_PACKAGE_NAME + 1, 'v');
        const char *const bad[] = {"",    "-v",  ".v",          "/v",        "a..b",
                                   "a b", "a;b", "caf\xc3\xa9", "../../etc", longer};
        const char *const missing[] = {"nope", "core/vim", "local/vim", longest, "a@b+c_d-e.f"};
        OmgWireRequest request;

        for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
                request = make_info(i, bad[i]);
                expect_failure(f, &request, INVALID, "");
        }
        request.package = (OmgWireString){"vim\0", 4};
        expect_failure(f, &request, INVALID, "package: holds a NUL byte");
        for (gsize i = 0; i < G_N_ELEMENTS(missing); i++) {
                request = make_info(i, missing[i]);
                expect_failure(f, &request, NOT_FOUND, missing[i]);
        }
}

/* ---- the AUR ---- */

static const FixturePackage aur_sync[] = {{"core", "bash", "5.2-1", "The GNU shell"}, {}};
static const FixturePackage aur_local[] = {
        {NULL, "nowhere", "1-1", ""}, {NULL, "same", "3-1", ""}, {NULL, "yay", "12.0-1", ""}, {}};
static const FixturePackage aur_packages[] = {
        {"aur", "bash", "9-1", ""},
        {"aur", "same", "3-1", ""},
        {"aur", "yay", "12.1-1", "An AUR helper of bash", .relations = "D:git>=2 D:sh L:GPL3"},
        {"aur", "yay-bin", "12.1-1", ""},
        {}};

static OmgSnapshot *make_aur_snapshot(gboolean with_aur)
{
        const FixtureSystem system = {.sync = aur_sync,
                                      .local = aur_local,
                                      .aur = with_aur ? aur_packages : NULL,
                                      .conf = "[core]\nServer = file:///c\n"};

        return fixture_system_snapshot(&system);
}

/* Repositories before the AUR, the AUR before what is installed; the size of what is to be built is
 * known where it is installed as it is there. */
static void test_info_aur(void)
{
        static const struct {
                const char *asked, *name, *version, *source;
                guint64 size;
        } cases[] = {
                {"bash", "bash", "5.2-1", "official", 100},
                {"aur/bash", "bash", "9-1", "aur", 0},
                {"yay", "yay", "12.1-1", "aur", 0},
                {"local/yay", "yay", "12.0-1", "aur", 100},
                {"same", "same", "3-1", "aur", 100},
                {"yay-bin", "yay-bin", "12.1-1", "aur", 0},
                {"nowhere", "nowhere", "1-1", "local", 100},
        };
        g_autoptr(SocketFixture) f = socket_fixture_new_empty();
        g_autoptr(OmgSnapshot) snapshot = make_aur_snapshot(TRUE);

        load(f, snapshot);
        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                OmgWireRequest request = make_info(i, cases[i].asked);
                const OmgWireInfo *info = &expect_success(f, &request)->info;

                check_text(info->name, cases[i].name);
                check_text(info->version, cases[i].version);
                check_text(info->source, cases[i].source);
                check_text(info->repo, i == 0 ? "core" : cases[i].source);
                g_assert_cmpuint(info->size, ==, cases[i].size);
                g_assert_cmpuint(info->download_size, ==, 0);
        }
        OmgWireRequest request = make_info(9, "yay");
        const OmgWireInfo *info = &expect_success(f, &request)->info;
        g_assert_cmpuint(info->depends.n, ==, 2);
        check_text(info->depends.items[0], "git>=2");
        g_assert_cmpuint(info->licenses.n, ==, 1);
        check_text(info->licenses.items[0], "GPL3");
}

/* Not there is another answer than not known, which no later answer is taken from. */
static void test_info_aur_unknown(void)
{
        g_autoptr(SocketFixture) f = socket_fixture_new_empty();
        g_autoptr(OmgSnapshot) snapshot = make_aur_snapshot(FALSE);
        g_autoptr(OmgSnapshot) known = make_aur_snapshot(TRUE);
        g_autoptr(OmgSnapshot) no_sync = fixture_snapshot(NULL, aur_local, "[core]\n");
        GError limit = {OMG_ERROR, OMG_ERROR_LIMITS_EXCEEDED, (char *)"HTTP 429"};
        GError gone = {OMG_ERROR, OMG_ERROR_NOT_FOUND, (char *)"HTTP 404"};
        OmgWireRequest request = make_info(1, "yay-bin");
        OmgWireRequest elsewhere = make_info(2, "core/yay-bin");
        OmgWireRequest installed = make_info(3, "yay");

        load(f, snapshot);
        expect_failure(f, &request, NOT_FOUND, "There is no package \"yay-bin\"");
        snapshot->aur_feed.is_on = TRUE;
        expect_failure(f, &request, NOT_FOUND, "the AUR was not asked yet");
        expect_failure(f, &elsewhere, NOT_FOUND, "There is no package \"core/yay-bin\"");
        snapshot->aur_feed.error = omg_source_error_new("aur", &limit);
        expect_failure(f, &request, INTERNAL, "HTTP 429");
        expect_failure(f, &elsewhere, NOT_FOUND, "core/yay-bin");
        g_clear_pointer(&snapshot->aur_feed.error, omg_source_error_free);
        snapshot->aur_feed.error = omg_source_error_new("aur", &gone);
        expect_failure(f, &request, INTERNAL, "HTTP 404");
        check_text(expect_success(f, &installed)->info.source, "local");

        known->generation = snapshot->generation;
        load(f, known);
        check_text(expect_success(f, &request)->info.source, "aur");
        known->aur_feed.error = omg_source_error_new("aur", &gone);
        request = make_info(1, "no-such");
        expect_failure(f, &request, NOT_FOUND, "There is no package \"no-such\"");
        load(f, no_sync);
        expect_failure(f, &request, INTERNAL, "");
}

/* Official only, unless omgd.conf says otherwise, at once; what was kept is no answer then. */
static void test_search_aur(void)
{
        g_autoptr(SocketFixture) f = socket_fixture_new_empty();
        g_autoptr(OmgSnapshot) snapshot = make_aur_snapshot(TRUE);
        OmgWireRequest request = make_query(OMG_WIRE_SEARCH, 1, "bash", -1);
        const OmgWireResult *result;

        load(f, snapshot);
        result = expect_success(f, &request);
        expect_names(result->search.packages, (const char *const[]){"bash", NULL});
        g_assert_cmpuint(result->search.total, ==, 1);
        for (guint i = 0; i < 2; i++) {
                omg_service_set_search_aur(f->service, TRUE);
                result = expect_success(f, &request);
                expect_names(result->search.packages,
                             (const char *const[]){"bash", "bash", "yay", NULL});
                g_assert_cmpuint(result->search.total, ==, 3);
                check_text(result->search.packages.items[0].source, "official");
                check_text(result->search.packages.items[1].source, "aur");
                check_text(result->search.packages.items[1].version, "9-1");
        }
        g_assert_cmpuint(f->service->metrics.cache_hits, ==, 1);
        OmgWireRequest batch = make_batch(2, &request, 1);
        g_assert_cmpuint(expect_success(f, &batch)->batch.items[0].result.search.packages.n, ==, 3);
        omg_service_set_search_aur(f->service, FALSE);
        g_assert_cmpuint(expect_success(f, &request)->search.total, ==, 1);
}

/* ---- Status, Explicit ---- */

static void test_status(void)
{
        g_autoptr(SocketFixture) f = socket_fixture_new();
        OmgWireRequest request = make_request(OMG_WIRE_STATUS, 9);
        const OmgWireResult *result = expect_success(f, &request);

        g_assert_cmpint(result->tag, ==, OMG_WIRE_RESULT_STATUS);
        g_assert_cmpuint(result->status.total_packages, ==, 5);
        g_assert_cmpuint(result->status.explicit_packages, ==, 3);
        g_assert_cmpuint(result->status.orphan_packages, ==, 1);
        g_assert_cmpuint(result->status.updates_available, ==,
                         f->service->status.updates_available);
        g_assert_cmpuint(result->status.security_vulnerabilities, ==, G_MAXUINT32);
        g_assert_cmpuint(result->status.runtime_versions.n, ==, 0);
}

static OmgRuntime *add_runtime(OmgRuntimes *found, const char *name, const char *version)
{
        OmgRuntime *runtime =
                omg_runtime_new(OMG_RUNTIME_PATH, name, version, "/usr/bin/x", "/usr/bin");

        runtime->program = g_strdup("/usr/bin/x");
        runtime->is_first = TRUE;
        g_ptr_array_add(found->installed, runtime);
        return runtime;
}

/* Status has the active runtimes; one of unknown version has no place in it. */
static void test_status_runtimes(void)
{
        g_autoptr(SocketFixture) f = socket_fixture_new();
        OmgWireRequest request = make_request(OMG_WIRE_STATUS, 9);
        OmgRuntimes *found = g_new0(OmgRuntimes, 1);
        const OmgWireResult *result;
        OmgWireString name, version;

        found->installed = g_ptr_array_new_with_free_func((GDestroyNotify)omg_runtime_free);
        found->wishes = g_ptr_array_new_with_free_func((GDestroyNotify)omg_runtime_wish_free);
        found->problems = g_ptr_array_new_with_free_func((GDestroyNotify)omg_runtime_problem_free);
        found->watches = g_ptr_array_new_with_free_func(g_free);
        (void)add_runtime(found, "node", "20.1.0");
        (void)add_runtime(found, "go", "");
        add_runtime(found, "ruby", "3.3")->is_first = FALSE;
        omg_service_set_runtimes(f->service, omg_runtime_list_new(found, NULL, 1));
        result = expect_success(f, &request);
        g_assert_cmpuint(result->status.runtime_versions.n, ==, 1);
        name = result->status.runtime_versions.items[0].name;
        version = result->status.runtime_versions.items[0].version;
        g_assert_cmpmem(name.bytes, name.length, "node", 4);
        g_assert_cmpmem(version.bytes, version.length, "20.1.0", 6);
}

/* What is not known is an error and no number. */
static void test_unknown(void)
{
        static const FixturePackage local[] = {
                {NULL, "a", "1-1", "", NULL, NULL, OMG_PACKAGE_EXPLICIT, NULL},
                {},
        };
        g_autoptr(SocketFixture) f = socket_fixture_new_empty();
        g_autoptr(OmgSnapshot) nothing = fixture_snapshot(NULL, NULL, "");
        g_autoptr(OmgSnapshot) no_sync = fixture_snapshot(NULL, local, "");
        OmgWireRequest status = make_request(OMG_WIRE_STATUS, 1);
        OmgWireRequest count = make_request(OMG_WIRE_EXPLICIT_COUNT, 2);
        OmgWireRequest names = make_request(OMG_WIRE_EXPLICIT, 3);
        OmgWireRequest search = make_query(OMG_WIRE_SEARCH, 4, "a", -1);
        OmgWireRequest suggest = make_query(OMG_WIRE_SUGGEST, 5, "a", -1);
        OmgWireRequest info = make_info(6, "a");

        load(f, nothing);
        expect_failure(f, &status, INTERNAL, "");
        expect_failure(f, &count, INTERNAL, "");
        expect_failure(f, &names, INTERNAL, "");
        expect_failure(f, &search, INTERNAL, "");
        expect_failure(f, &suggest, INTERNAL, "");
        expect_failure(f, &info, INTERNAL, "");
        no_sync->generation = 2;
        load(f, no_sync);
        expect_failure(f, &status, INTERNAL, "");
        expect_failure(f, &search, INTERNAL, "");
        g_assert_cmpuint(expect_success(f, &count)->count, ==, 1);
        g_assert_cmpuint(expect_success(f, &names)->names.n, ==, 1);
        check_text(expect_success(f, &info)->info.repo, "local");
}

/* An installed package that cannot be read: nobody knows how many were asked for. */
static void test_unknown_gap(void)
{
        g_autoptr(SocketFixture) f = socket_fixture_new_empty();
        g_autoptr(OmgLayer) sync =
                make_layer(OMG_LAYER_SYNC, "core", "2-1", (const char *const[]){"both", NULL});
        g_autoptr(OmgLayerBuilder) builder = omg_layer_builder_new(OMG_LAYER_LOCAL);
        g_autoptr(GBytes) stamps = g_bytes_new_static("s", 1);
        g_autoptr(GBytes) bytes = NULL;
        g_autoptr(OmgLayer) local = NULL;
        g_autoptr(OmgSnapshot) snapshot = NULL;
        OmgSnapshotParts parts = {.sync = sync, .conf = fixture_conf("[core]\n")};
        OmgWireRequest status = make_request(OMG_WIRE_STATUS, 1);
        OmgWireRequest count = make_request(OMG_WIRE_EXPLICIT_COUNT, 2);

        omg_layer_builder_add_repository(builder, "local");
        omg_layer_builder_set_repository_error(builder, 0, OMG_REPOSITORY_INCOMPLETE,
                                               OMG_ERROR_DATABASE_CORRUPT, "odd");
        bytes = omg_layer_builder_finish(builder, stamps, 1000000, NULL);
        local = omg_layer_new_from_bytes(bytes, OMG_LAYER_LOCAL, NULL);
        parts.local = local;
        snapshot = omg_snapshot_new(&parts, 1);
        load(f, snapshot);
        expect_failure(f, &status, INTERNAL, "not known");
        expect_failure(f, &count, INTERNAL, "not known");
}

static void test_explicit(void)
{
        static const char *const expected[] = {"bash", "firefox", "oldtool"};
        g_autoptr(SocketFixture) f = socket_fixture_new();
        OmgWireRequest request = make_request(OMG_WIRE_EXPLICIT, 9);
        const OmgWireResult *result = expect_success(f, &request);

        g_assert_cmpint(result->tag, ==, OMG_WIRE_RESULT_EXPLICIT);
        g_assert_cmpuint(result->names.n, ==, G_N_ELEMENTS(expected));
        for (gsize i = 0; i < G_N_ELEMENTS(expected); i++)
                check_text(result->names.items[i], expected[i]);
        request = make_request(OMG_WIRE_EXPLICIT_COUNT, 9);
        result = expect_success(f, &request);
        g_assert_cmpint(result->tag, ==, OMG_WIRE_RESULT_EXPLICIT_COUNT);
        g_assert_cmpuint(result->count, ==, G_N_ELEMENTS(expected));
}

/* ---- Suggest ---- */

static void test_suggest(void)
{
        static const struct {
                gint64 limit;
                gsize names;
        } cases[] = {{-1, OMG_LIMIT_SUGGEST_DEFAULT},
                     {0, 0},
                     {3, 3},
                     {OMG_LIMIT_SUGGEST, OMG_LIMIT_SUGGEST},
                     {OMG_LIMIT_SUGGEST + 1, OMG_LIMIT_SUGGEST},
                     {G_MAXINT64, OMG_LIMIT_SUGGEST}};
        g_autoptr(SocketFixture) f = socket_fixture_new_empty();
        g_autoptr(OmgSnapshot) snapshot = make_big_snapshot(100, "");

        load(f, snapshot);
        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                OmgWireRequest request = make_query(OMG_WIRE_SUGGEST, 1, "p00", cases[i].limit);
                const OmgWireResult *result = expect_success(f, &request);

                g_assert_cmpint(result->tag, ==, OMG_WIRE_RESULT_SUGGEST);
                g_assert_cmpuint(result->names.n, ==, cases[i].names);
                if (result->names.n > 0)
                        check_text(result->names.items[0], "p0000");
        }
}

/* ---- what this version cannot do ---- */

static void test_refused(void)
{
        g_autoptr(SocketFixture) f = socket_fixture_new();
        OmgWireRequest audit = make_request(OMG_WIRE_SECURITY_AUDIT, 4);
        OmgWireRequest debian = make_query(OMG_WIRE_DEBIAN_SEARCH, 5, "vim", 3);

        expect_failure(f, &audit, INTERNAL, "ever fetched");
        expect_failure(f, &debian, INTERNAL, "Debian");
        g_assert_cmpuint(f->service->metrics.audit_calls, ==, 1);
        g_assert_cmpuint(f->service->metrics.validation_failures, ==, 0);
}

/* ---- Batch ---- */

/* Answers in the order of the requests, errors in their places, each with its own id; on main when
 * it is small, else on the pool, and the same. */
static void test_batch(void)
{
        g_autoptr(SocketFixture) f = socket_fixture_new();

        for (guint round = 0; round < 2; round++) {
                OmgWireRequest items[] = {
                        make_info(100, "nope"),
                        make_query(OMG_WIRE_SEARCH, 200, "vim", 1),
                        make_request(OMG_WIRE_PING, 300),
                        make_info(G_MAXUINT64, "bash"),
                        make_query(OMG_WIRE_SUGGEST, 500, "fire", -1),
                        make_info(600, "-bad"),
                };
                gsize n = round == 0 ? 4 : G_N_ELEMENTS(items);
                OmgWireRequest request = make_batch(77, items, n);
                g_autoptr(Ask) asked = ask(f, &request);
                const OmgWireResponse *response = await_answer(asked), *got;

                g_assert_true(asked->was_late == (round == 1));
                g_assert_cmpuint(response->id, ==, 77);
                g_assert_cmpint(response->tag, ==, OMG_WIRE_SUCCESS);
                g_assert_cmpint(response->result.tag, ==, OMG_WIRE_RESULT_BATCH);
                g_assert_cmpuint(response->result.batch.n, ==, n);
                got = response->result.batch.items;
                for (gsize i = 0; i < n; i++)
                        g_assert_cmpuint(got[i].id, ==, items[i].id);
                check_failure(&got[0], 100, NOT_FOUND, "nope");
                check_text(got[1].result.search.packages.items[0].name, "vim");
                check_text(got[2].result.text, "pong");
                check_text(got[3].result.info.version, "5.2-1");
                if (n > 4) {
                        check_text(got[4].result.names.items[0], "firefox");
                        check_failure(&got[5], 600, INVALID, "begins with");
                }
        }

        /* A batch is one call; what is in it counts in its kind. */
        g_assert_cmpuint(f->service->metrics.calls_total, ==, 2);
        g_assert_cmpuint(f->service->metrics.calls_failed, ==, 0);
        g_assert_cmpuint(f->service->metrics.details_calls, ==, 5);
        g_assert_cmpuint(f->service->metrics.search_calls, ==, 2);
        g_assert_cmpuint(f->service->metrics.suggest_calls, ==, 1);
        g_assert_cmpuint(f->service->metrics.validation_failures, ==, 1);
        g_assert_cmpuint(f->service->metrics.calls_on_pool, ==, 1);
        g_assert_cmpuint(f->service->metrics.calls_waiting, ==, 0);
}

/* CacheClear in a batch clears what is on main, wherever the batch is answered. */
static void test_batch_cache(void)
{
        g_autoptr(SocketFixture) f = socket_fixture_new();
        OmgWireRequest search = make_query(OMG_WIRE_SEARCH, 1, "vim", 1);
        OmgWireRequest stats = make_request(OMG_WIRE_CACHE_STATS, 1);
        OmgWireRequest items[] = {
                stats, make_request(OMG_WIRE_CACHE_CLEAR, 2), stats, search, search, search,
        };
        const gsize sizes[] = {3, G_N_ELEMENTS(items)};

        for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
                OmgWireRequest request = make_batch(7, items, sizes[i]);
                const OmgWireResult *result;

                (void)expect_success(f, &search);
                result = expect_success(f, &request);
                g_assert_cmpuint(result->batch.items[0].result.cache_stats.size, ==, 1);
                check_text(result->batch.items[1].result.text, "cleared");
                g_assert_cmpuint(result->batch.items[2].result.cache_stats.size, ==, 0);
                g_assert_cmpuint(result->batch.items[2].result.cache_stats.max_size, ==,
                                 OMG_LIMIT_CACHE_ENTRIES);
                g_assert_cmpuint(expect_success(f, &stats)->cache_stats.size, ==, 0);
        }
}

/* So many and no more: requests, audits, none a batch. The answer has the batch's id though the
 * decoder did not read all of it. */
static void test_batch_limits(void)
{
        g_autoptr(SocketFixture) f = socket_fixture_new();
        g_autofree OmgWireRequest *items = g_new0(OmgWireRequest, 5000);
        OmgWireRequest inner = make_request(OMG_WIRE_PING, 1), request;

        for (guint i = 0; i < 5000; i++)
                items[i] = make_request(OMG_WIRE_PING, i);
        request = make_batch(0x123456789, items, 0);
        g_assert_cmpuint(expect_success(f, &request)->batch.n, ==, 0);
        request = make_batch(0x123456789, items, OMG_LIMIT_BATCH);
        g_assert_cmpuint(expect_success(f, &request)->batch.n, ==, OMG_LIMIT_BATCH);
        request.batch.n = OMG_LIMIT_BATCH + 1;
        expect_failure(f, &request, INVALID, "100 requests");
        request.batch.n = OMG_LIMIT_BATCH + 2;
        expect_failure(f, &request, INVALID, "100 requests");
        request.batch.n = 5000;
        expect_failure(f, &request, INVALID, "100 requests");

        items[50] = make_batch(8, &inner, 1);
        request.batch.n = 60;
        expect_failure(f, &request, INVALID, "none of them a batch");
        items[50] = make_batch(8, NULL, 0);
        expect_failure(f, &request, INVALID, "none of them a batch");
        items[50] = make_batch(8, items + 1000, 4000);
        expect_failure(f, &request, INVALID, "none of them a batch");

        for (guint i = 0; i < OMG_LIMIT_BATCH_AUDITS; i++)
                items[i * 10] = make_request(OMG_WIRE_SECURITY_AUDIT, i);
        items[50] = make_request(OMG_WIRE_PING, 50);
        g_assert_cmpuint(expect_success(f, &request)->batch.n, ==, 60);
        items[50] = make_request(OMG_WIRE_SECURITY_AUDIT, 50);
        expect_failure(f, &request, INVALID, "5 security audits");
        g_assert_cmpuint(f->service->metrics.audit_calls, ==, OMG_LIMIT_BATCH_AUDITS);
        g_assert_cmpuint(f->service->metrics.validation_failures, ==, 7);
}

/* ---- Metrics ---- */

/* Both faces in one: what D-Bus was asked counts too. */
static void test_metrics(void)
{
        g_autoptr(SocketFixture) f = socket_fixture_new();
        OmgWireRequest request = make_request(OMG_WIRE_METRICS, 1);
        OmgWireRequest search = make_query(OMG_WIRE_SEARCH, 2, "vim", -1);
        OmgWireRequest status = make_request(OMG_WIRE_STATUS, 3);
        OmgWireRequest info = make_info(4, "..");
        g_autoptr(Call) G_GNUC_UNUSED call =
                expect_reply(f->bus, make_call_with(f->bus, PACKAGES, "Search", "sa{sv}", "vim", 0),
                             "a(sssssua{sv})a{sv}");
        const OmgWireMetrics *metrics;

        (void)expect_success(f, &search);
        (void)expect_success(f, &search);
        (void)expect_success(f, &status);
        expect_failure(f, &info, INVALID, "");
        f->service->metrics.connections = 3;
        f->service->metrics.bytes_received = 4;
        f->service->metrics.bytes_sent = 5;
        metrics = &expect_success(f, &request)->metrics;
        g_assert_cmpuint(metrics->requests_total, ==, 6);
        g_assert_cmpuint(metrics->requests_failed, ==, 1);
        g_assert_cmpuint(metrics->rate_limit_hits, ==, 0);
        g_assert_cmpuint(metrics->validation_failures, ==, 1);
        g_assert_cmpint(metrics->active_connections, ==, 3);
        g_assert_cmpuint(metrics->security_audit_requests, ==, 0);
        g_assert_cmpuint(metrics->bytes_received, ==, 4);
        g_assert_cmpuint(metrics->bytes_sent, ==, 5);
        g_assert_cmpuint(metrics->cache_hits, ==, 1);
        g_assert_cmpuint(metrics->cache_misses, ==, 1);
        g_assert_cmpuint(metrics->search_requests, ==, 3);
        g_assert_cmpuint(metrics->info_requests, ==, 1);
        g_assert_cmpuint(metrics->status_requests, ==, 1);
}

/* ---- beside D-Bus ---- */

/* Reads PKG rows, and compares name, version and description with the packages of the socket. */
static void compare_packages(sd_bus_message *reply, OmgWirePackages packages)
{
        const char *name, *version, *description;

        g_assert_cmpint(sd_bus_message_enter_container(reply, 'a', "(sssssua{sv})"), >, 0);
        for (gsize i = 0; i < packages.n; i++) {
                g_assert_cmpint(sd_bus_message_enter_container(reply, 'r', "sssssua{sv}"), >, 0);
                g_assert_cmpint(
                        sd_bus_message_read(reply, "ssss", &name, &version, NULL, &description), >,
                        0);
                check_text(packages.items[i].name, name);
                check_text(packages.items[i].version, version);
                check_text(packages.items[i].description, description);
                g_assert_cmpint(sd_bus_message_skip(reply, "sua{sv}"), >=, 0);
                g_assert_cmpint(sd_bus_message_exit_container(reply), >=, 0);
        }
        g_assert_cmpint(sd_bus_message_at_end(reply, 0), >, 0);
}

static void test_same_search(void)
{
        static const char *const queries[] = {"vim", "e", "the shell", "lib", "O", "nothing"};
        g_autoptr(SocketFixture) f = socket_fixture_new();

        for (gsize i = 0; i < G_N_ELEMENTS(queries); i++) {
                OmgWireRequest request = make_query(OMG_WIRE_SEARCH, 1, queries[i], -1);
                g_autoptr(Call) call =
                        expect_reply(f->bus,
                                     make_call_with(f->bus, PACKAGES, "Search", "sa{sv}",
                                                    queries[i], 1, "sources", "as", 1, "repo"),
                                     "a(sssssua{sv})a{sv}");

                compare_packages(call->reply, expect_success(f, &request)->search.packages);
        }
}

static void test_same_lists(void)
{
        g_autoptr(SocketFixture) f = socket_fixture_new();
        OmgWireRequest explicit = make_request(OMG_WIRE_EXPLICIT, 1);
        OmgWireRequest suggest = make_query(OMG_WIRE_SUGGEST, 1, "f", 50);
        const OmgWireStrings *names = &expect_success(f, &explicit)->names;
        g_autoptr(Call) list =
                expect_reply(f->bus, make_call_with(f->bus, PACKAGES, "ListExplicit", "a{sv}", 0),
                             "a(sssssua{sv})a{sv}");
        g_autoptr(Call) suggestions = expect_reply(
                f->bus, make_call_with(f->bus, PACKAGES, "Suggest", "su", "f", 50), "a(sd)");
        const char *name;

        g_assert_cmpint(sd_bus_message_enter_container(list->reply, 'a', "(sssssua{sv})"), >, 0);
        for (gsize i = 0; i < names->n; i++) {
                g_assert_cmpint(sd_bus_message_enter_container(list->reply, 'r', "sssssua{sv}"), >,
                                0);
                g_assert_cmpint(sd_bus_message_read(list->reply, "s", &name), >, 0);
                check_text(names->items[i], name);
                g_assert_cmpint(sd_bus_message_skip(list->reply, "ssssua{sv}"), >=, 0);
                g_assert_cmpint(sd_bus_message_exit_container(list->reply), >=, 0);
        }
        g_assert_cmpint(sd_bus_message_at_end(list->reply, 0), >, 0);

        names = &expect_success(f, &suggest)->names;
        g_assert_cmpuint(names->n, >, 0);
        g_assert_cmpint(sd_bus_message_enter_container(suggestions->reply, 'a', "(sd)"), >, 0);
        for (gsize i = 0; i < names->n; i++) {
                double score;

                g_assert_cmpint(sd_bus_message_read(suggestions->reply, "(sd)", &name, &score), >,
                                0);
                check_text(names->items[i], name);
        }
        g_assert_cmpint(sd_bus_message_at_end(suggestions->reply, 0), >, 0);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/socket-requests/ping", test_ping);
        g_test_add_func("/socket-requests/search/packages", test_search);
        g_test_add_func("/socket-requests/search/limit", test_search_limit);
        g_test_add_func("/socket-requests/search/description", test_description);
        g_test_add_func("/socket-requests/search/kept", test_search_kept);
        g_test_add_func("/socket-requests/query", test_query);
        g_test_add_func("/socket-requests/info/fields", test_info);
        g_test_add_func("/socket-requests/info/names", test_info_names);
        g_test_add_func("/socket-requests/info/aur", test_info_aur);
        g_test_add_func("/socket-requests/info/aur-unknown", test_info_aur_unknown);
        g_test_add_func("/socket-requests/search/aur", test_search_aur);
        g_test_add_func("/socket-requests/status", test_status);
        g_test_add_func("/socket-requests/status-runtimes", test_status_runtimes);
        g_test_add_func("/socket-requests/unknown/layers", test_unknown);
        g_test_add_func("/socket-requests/unknown/gap", test_unknown_gap);
        g_test_add_func("/socket-requests/explicit", test_explicit);
        g_test_add_func("/socket-requests/suggest", test_suggest);
        g_test_add_func("/socket-requests/refused", test_refused);
        g_test_add_func("/socket-requests/batch/answers", test_batch);
        g_test_add_func("/socket-requests/batch/cache", test_batch_cache);
        g_test_add_func("/socket-requests/batch/limits", test_batch_limits);
        g_test_add_func("/socket-requests/metrics", test_metrics);
        g_test_add_func("/socket-requests/same/search", test_same_search);
        g_test_add_func("/socket-requests/same/lists", test_same_lists);
        return g_test_run();
}
