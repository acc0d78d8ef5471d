/* SPDX-License-Identifier: GPL-3.0-or-later */

/* pacman.conf is read as pacman 6 reads it; tests/e2e/test-pacman-conf.py asks the real
 * pacman-conf the same questions. */

#include "sources/pacman-conf.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/error.h"
#include "base/limits.h"
#include "sources/pacman-conf-private.h"
#include "tests/unit/conf-memory.h"

#define MAIN "/etc/pacman.conf"

static GHashTable *files_new(void)
{
        return g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                     (GDestroyNotify)g_bytes_unref);
}

static void put(GHashTable *files, const char *path, const char *content)
{
        g_hash_table_insert(files, g_strdup(path), g_bytes_new(content, strlen(content)));
}

static OmgPacmanConf *load(const char *content)
{
        g_autoptr(GHashTable) files = files_new();
        g_autoptr(GError) error = NULL;

        put(files, MAIN, content);
        OmgPacmanConf *conf = memory_load(files, MAIN, NULL, NULL, &error);
        g_assert_no_error(error);
        return conf;
}

static char *refuse_files(GHashTable *files, int code)
{
        g_autoptr(GError) error = NULL;

        g_assert_null(memory_load(files, MAIN, NULL, NULL, &error));
        g_assert_error(error, OMG_ERROR, code);
        g_assert_true(g_utf8_validate(error->message, -1, NULL));
        return g_strdup(error->message);
}

static char *refuse(const char *content)
{
        g_autoptr(GHashTable) files = files_new();

        put(files, MAIN, content);
        return refuse_files(files, OMG_ERROR_UNAVAILABLE);
}

static void assert_list(GStrv list, const char *joined)
{
        g_autofree char *text = g_strjoinv("|", list);

        g_assert_cmpstr(text, ==, joined);
}

static void assert_repositories(const OmgPacmanConf *conf, const char *joined)
{
        g_autoptr(GString) text = g_string_new(NULL);

        for (guint i = 0; i < conf->repositories->len; i++) {
                const OmgRepository *repository = g_ptr_array_index(conf->repositories, i);
                g_string_append_printf(text, "%s%s", i > 0 ? "|" : "", repository->name);
        }
        g_assert_cmpstr(text->str, ==, joined);
}

/* An empty file is a configuration: pacman's defaults, no repository. */
static void test_defaults(void)
{
        g_autoptr(OmgPacmanConf) conf = load("");

        g_assert_cmpstr(conf->root_dir, ==, "/");
        g_assert_cmpstr(conf->db_path, ==, "/var/lib/pacman/");
        g_assert_cmpstr(conf->log_file, ==, "/var/log/pacman.log");
        g_assert_cmpstr(conf->gpg_dir, ==, "/etc/pacman.d/gnupg/");
        assert_list(conf->cache_dirs, "/var/cache/pacman/pkg/");
        assert_list(conf->hook_dirs, "/etc/pacman.d/hooks/");
        assert_list(conf->architectures, "");
        assert_list(conf->warnings, "");
        assert_list(conf->files, MAIN);
        g_assert_cmpuint(conf->siglevel, ==, OMG_CONF_SIGLEVEL_DEFAULT);
        g_assert_cmpuint(conf->local_file_siglevel, ==, OMG_CONF_SIGLEVEL_DEFAULT);
        g_assert_cmpuint(conf->repositories->len, ==, 0);
}

/* Databases and log follow the root, unless said; the other folders never do. */
static void test_root(void)
{
        g_autoptr(OmgPacmanConf) moved = load("[options]\nRootDir = /mnt//x\nCacheDir = /c d\n");
        g_autoptr(OmgPacmanConf) said =
                load("[options]\nDBPath=/db\nLogFile=/l\nRootDir = /mnt/\nGPGDir=/g\n"
                     "HookDir=/h/ /i\nRootDir = /second\nDBPath = /second\n");
        g_autofree char *cwd = g_get_current_dir();
        g_autofree char *below = g_build_filename(cwd, "rel/", NULL);
        g_autoptr(OmgPacmanConf) relative = load("[options]\nDBPath = rel\n");

        g_assert_cmpstr(moved->root_dir, ==, "/mnt/x/");
        g_assert_cmpstr(moved->db_path, ==, "/mnt/x/var/lib/pacman/");
        g_assert_cmpstr(moved->log_file, ==, "/mnt/x/var/log/pacman.log");
        g_assert_cmpstr(moved->gpg_dir, ==, "/etc/pacman.d/gnupg/");
        g_assert_true(g_str_has_prefix(moved->cache_dirs[0], "/c/"));
        g_assert_cmpuint(g_strv_length(moved->cache_dirs), ==, 2);

        g_assert_cmpstr(said->root_dir, ==, "/mnt/");
        g_assert_cmpstr(said->db_path, ==, "/db/");
        g_assert_cmpstr(said->log_file, ==, "/l");
        g_assert_cmpstr(said->gpg_dir, ==, "/g/");
        assert_list(said->hook_dirs, "/h/|/i/");
        g_assert_cmpstr(relative->db_path, ==, below);
}

/* The overrides stand before the file, as pacman's --root and --dbpath. */
static void test_overrides(void)
{
        g_autoptr(GHashTable) files = files_new();
        put(files, MAIN, "[options]\nRootDir = /a\nDBPath = /b\n");
        g_autoptr(OmgPacmanConf) root = memory_load(files, MAIN, "/r", NULL, NULL);
        g_autoptr(OmgPacmanConf) both = memory_load(files, MAIN, "/r", "/d", NULL);
        put(files, MAIN, "");
        g_autoptr(OmgPacmanConf) bare = memory_load(files, MAIN, "/r", NULL, NULL);

        g_assert_cmpstr(root->root_dir, ==, "/r/");
        g_assert_cmpstr(root->db_path, ==, "/b/");
        g_assert_cmpstr(both->db_path, ==, "/d/");
        g_assert_cmpstr(bare->db_path, ==, "/r/var/lib/pacman/");
}

/* Lists grow with each line; words are parted by blanks alone; '#' begins a comment only at the
 * beginning of a line. */
static void test_lists(void)
{
        g_autoptr(OmgPacmanConf) conf =
                load("  # comment = x\n[options]\nIgnorePkg = a  b*\nIgnorePkg=c # d\n"
                     "IgnoreGroup = g\th\nHoldPkg =\nHoldPkg = pacman glibc\n"
                     "NoUpgrade = etc/x\nNoExtract = y\n\t Color \nIgnorePkg = a=b");

        assert_list(conf->ignore_packages, "a|b*|c|#|d|a=b");
        assert_list(conf->ignore_groups, "g\th");
        assert_list(conf->hold_packages, "pacman|glibc");
        assert_list(conf->warnings, "");
}

/* "auto" is this machine; the first architecture stands for $arch, also when it is said last. */
static void test_architecture(void)
{
        struct utsname machine;
        g_assert_cmpint(uname(&machine), ==, 0);
        g_autofree char *list = g_strconcat(machine.machine, "|", "i686", NULL);
        g_autofree char *server = g_strconcat("http://m/core/", machine.machine, "/core", NULL);
        g_autoptr(OmgPacmanConf) conf =
                load("[core]\nServer = http://m/$repo/$arch/$repo\nServer = file:///x\n"
                     "CacheServer = http://c/$arch-$repo\n[options]\n"
                     "Architecture = auto\nArchitecture = i686\n");
        const OmgRepository *core = omg_pacman_conf_get_repository(conf, "core");

        assert_list(conf->architectures, list);
        g_assert_cmpstr(core->servers[0], ==, server);
        g_assert_cmpstr(core->servers[1], ==, "file:///x");
        g_assert_cmpuint(g_strv_length(core->cache_servers), ==, 1);
        g_assert_null(strstr(core->cache_servers[0], "$"));
        g_assert_null(omg_pacman_conf_get_repository(conf, "extra"));
}

/* Repositories keep their order; usages add up; none said means all. */
static void test_repositories(void)
{
        g_autoptr(OmgPacmanConf) conf =
                load("[zeta]\n[alpha]\nUsage = Sync\nUsage = Search\n[options]\n[mid]\n"
                     "Usage = All\n[low]\nUsage =\nUsage = Upgrade Install\n");

        assert_repositories(conf, "zeta|alpha|mid|low");
        g_assert_cmpuint(omg_pacman_conf_get_repository(conf, "zeta")->usage, ==, OMG_USAGE_ALL);
        g_assert_cmpuint(omg_pacman_conf_get_repository(conf, "alpha")->usage, ==,
                         OMG_USAGE_SYNC | OMG_USAGE_SEARCH);
        g_assert_cmpuint(omg_pacman_conf_get_repository(conf, "mid")->usage, ==, OMG_USAGE_ALL);
        g_assert_cmpuint(omg_pacman_conf_get_repository(conf, "low")->usage, ==,
                         OMG_USAGE_UPGRADE | OMG_USAGE_INSTALL);
}

/* What libalpm will not register is left out with a word, and the rest goes on, as in pacman. */
static void test_left_out(void)
{
        g_autoptr(OmgPacmanConf) conf =
                load("[core]\nServer = a\n[core]\nServer = b\n[local]\n[]\n[x/y]\n[ local ]\n");

        assert_repositories(conf, "core| local ");
        assert_list(omg_pacman_conf_get_repository(conf, "core")->servers, "a");
        g_assert_cmpuint(g_strv_length(conf->warnings), ==, 4);
        g_assert_true(g_str_has_prefix(conf->warnings[0], MAIN ":3: "));
        g_assert_true(g_str_has_prefix(conf->warnings[1], MAIN ":5: "));
}

#define PACKAGE_ALL                                                                                \
        (OMG_SIGLEVEL_PACKAGE | OMG_SIGLEVEL_PACKAGE_OPTIONAL | OMG_SIGLEVEL_PACKAGE_MARGINAL_OK | \
         OMG_SIGLEVEL_PACKAGE_UNKNOWN_OK)

/* Words apply in order; what a repository does not speak of comes from [options], wherever that
 * stands. */
static void test_siglevel(void)
{
        g_autoptr(OmgPacmanConf) conf =
                load("[none]\n[never]\nSigLevel = Never\n[pkg]\nSigLevel = PackageRequired\n"
                     "SigLevel = PackageTrustAll\n[db]\nSigLevel = DatabaseNever TrustedOnly\n"
                     "[options]\nSigLevel = Required DatabaseOptional\n"
                     "LocalFileSigLevel = Optional TrustAll\n");
        guint base = OMG_SIGLEVEL_PACKAGE | OMG_SIGLEVEL_DATABASE | OMG_SIGLEVEL_DATABASE_OPTIONAL;

        g_assert_cmpuint(conf->siglevel, ==, base);
        g_assert_cmpuint(conf->local_file_siglevel, ==, PACKAGE_ALL | PACKAGE_ALL << 10);
        g_assert_cmpuint(conf->remote_file_siglevel, ==, base);
        g_assert_cmpuint(omg_pacman_conf_get_repository(conf, "none")->siglevel, ==, base);
        g_assert_cmpuint(omg_pacman_conf_get_repository(conf, "never")->siglevel, ==,
                         OMG_SIGLEVEL_DATABASE_OPTIONAL);
        g_assert_cmpuint(omg_pacman_conf_get_repository(conf, "pkg")->siglevel, ==,
                         base | OMG_SIGLEVEL_PACKAGE_MARGINAL_OK | OMG_SIGLEVEL_PACKAGE_UNKNOWN_OK);
        g_assert_cmpuint(omg_pacman_conf_get_repository(conf, "db")->siglevel, ==,
                         OMG_SIGLEVEL_PACKAGE | OMG_SIGLEVEL_DATABASE_OPTIONAL);
}

/* Each directive of pacman.conf(5) is known; anything else, or one in the other form, warns with
 * file and line and changes nothing. */
static void test_directives(void)
{
        g_autoptr(OmgPacmanConf) known =
                load("[options]\nUseSyslog\nColor\nNoProgressBar\nCheckSpace\nVerbosePkgLists\n"
                     "DisableDownloadTimeout\nILoveCandy\nDisableSandbox\n"
                     "DisableSandboxFilesystem\nDisableSandboxSyscalls\nDownloadUser = alpm\n"
                     "ParallelDownloads = 5\nCleanMethod = KeepInstalled KeepCurrent\n"
                     "XferCommand = /usr/bin/curl -o %o 'a \\' b' \"%u\"\n");
        g_autoptr(OmgPacmanConf) unknown =
                load("[options]\nColour\nColor = yes\nIgnorePkg\n = x\ncolor\n[core]\nIgnorePkg = "
                     "a\nServer x\n[broken\n");

        assert_list(known->warnings, "");
        g_assert_cmpuint(g_strv_length(unknown->warnings), ==, 8);
        g_assert_cmpstr(unknown->warnings[0], ==,
                        MAIN ":2: directive 'Colour' in section 'options' not recognized");
        g_assert_cmpstr(unknown->warnings[6], ==,
                        MAIN ":9: directive 'Server x' in section 'core' not recognized");
        assert_list(unknown->ignore_packages, "");
}

/* What pacman refuses is refused, with file and line. */
static void test_refused(void)
{
        static const struct {
                const char *content;
                const char *place;
        } rows[] = {
                {"Color\n", ":1: "},
                {"\n[core] # main\n", ":2: "},
                {"[core]\nServer\n", ":2: "},
                {"[core]\nUsage = Sync Nothing\n", ":2: "},
                {"[core]\nUsage\n", ":2: "},
                {"[core]\nSigLevel = Sometimes\n", ":2: "},
                {"[core]\nSigLevel = Package\n", ":2: "},
                {"[core]\nSigLevel = PackageDatabaseNever\n", ":2: "},
                {"[options]\nSigLevel = optional\n", ":2: "},
                {"[options]\n\nRemoteFileSigLevel = X\n", ":3: "},
                {"[options]\nCleanMethod = All\n", ":2: "},
                {"[options]\nParallelDownloads = 0\n", ":2: "},
                {"[options]\nParallelDownloads = 5x\n", ":2: "},
                {"[options]\nParallelDownloads = 99999999999999999999\n", ":2: "},
                {"[options]\nXferCommand = 'open\n", ":2: "},
                {"[options]\nDBPath =\n", ":2: "},
                {"[options]\nInclude\n", ":2: "},
                {"[core]\nServer = http://$arch\n", ":2: "},
                {"[c\xFFre]\n", ":1: "},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autofree char *message = refuse(rows[i].content);
                g_autofree char *prefix = g_strconcat(MAIN, rows[i].place, NULL);
                g_test_message("%s", message);
                g_assert_true(g_str_has_prefix(message, prefix));
        }
}

/* Whole repositories, servers of the section that includes, and globs in sorted order. */
static void test_include(void)
{
        g_autoptr(GHashTable) files = files_new();
        g_autoptr(GError) error = NULL;

        put(files, MAIN,
            "Include = /etc/repos/?*.conf\nServer = after\n[options]\nInclude = /etc/options\n"
            "[last]\nInclude = /etc/mirrors\nServer = own\n");
        put(files, "/etc/repos/b.conf", "[b]\nServer = b1\n");
        put(files, "/etc/repos/a.conf", "[a]\r\nServer = a1\r\n");
        put(files, "/etc/options", "IgnorePkg = x");
        put(files, "/etc/mirrors", "# list\nServer = m1\nServer = m2\nBogus = 1\n");
        g_autoptr(OmgPacmanConf) conf = memory_load(files, MAIN, NULL, NULL, &error);

        g_assert_no_error(error);
        assert_repositories(conf, "a|b|last");
        assert_list(omg_pacman_conf_get_repository(conf, "a")->servers, "a1");
        assert_list(omg_pacman_conf_get_repository(conf, "b")->servers, "b1|after");
        assert_list(omg_pacman_conf_get_repository(conf, "last")->servers, "m1|m2|own");
        assert_list(conf->ignore_packages, "x");
        assert_list(conf->files, "/etc/mirrors|/etc/options|" MAIN
                                 "|/etc/repos|/etc/repos/a.conf|/etc/repos/b.conf");
        assert_list(conf->warnings,
                    "/etc/mirrors:4: directive 'Bogus' in section 'last' not recognized");
}

/* A missing file is told apart from a broken one, and named; so is who wanted it. */
static void test_missing(void)
{
        g_autoptr(GHashTable) files = files_new();
        g_autofree char *first = refuse_files(files, OMG_ERROR_DATABASE_MISSING);
        put(files, MAIN, "[core]\nInclude = /etc/no\n");
        g_autofree char *second = refuse_files(files, OMG_ERROR_DATABASE_MISSING);
        put(files, MAIN, "[core]\n\nInclude = /etc/no*\n");
        g_autofree char *third = refuse_files(files, OMG_ERROR_DATABASE_MISSING);

        g_assert_true(g_str_has_prefix(first, MAIN ": "));
        g_assert_true(g_str_has_prefix(second, MAIN ":2: /etc/no: "));
        g_assert_true(g_str_has_prefix(third, MAIN ":3: /etc/no*: "));
}

/* CRLF, no last newline, NUL, other encodings, over-long lines: as pacman, and with a word where
 * pacman silently drops something. */
static void test_bytes(void)
{
        g_autoptr(GHashTable) files = files_new();
        g_autoptr(OmgPacmanConf) crlf = load("[options]\r\nIgnorePkg = a b\r\n\r\n[core]\r");
        g_autoptr(OmgPacmanConf) latin = load("[options]\nIgnorePkg = gr\xFCn\nF\xFC = 1\n");
        static const char nul[] = "[options]\nIgnorePkg = a\0b\nIgnorePkg = c\n\0\n";
        g_autofree char *blanks = g_strnfill(5000, ' ');
        g_autofree char *line =
                g_strconcat("[options]\nIgnorePkg = a", blanks, "HoldPkg = b\nBogus\n", NULL);
        g_autoptr(OmgPacmanConf) longer = load(line);

        assert_list(crlf->ignore_packages, "a|b");
        assert_repositories(crlf, "core");
        assert_list(latin->ignore_packages, "gr\xFCn");
        g_assert_true(g_utf8_validate(latin->warnings[0], -1, NULL));

        g_hash_table_insert(files, g_strdup(MAIN), g_bytes_new_static(nul, sizeof(nul) - 1));
        g_autoptr(OmgPacmanConf) cut = memory_load(files, MAIN, NULL, NULL, NULL);
        assert_list(cut->ignore_packages, "a|c");
        g_assert_cmpuint(g_strv_length(cut->warnings), ==, 1);
        g_assert_true(g_str_has_prefix(cut->warnings[0], MAIN ":2: "));

        assert_list(longer->ignore_packages, "a");
        assert_list(longer->hold_packages, "b");
        g_assert_true(g_str_has_prefix(longer->warnings[0], MAIN ":2: "));
        g_assert_true(g_str_has_prefix(longer->warnings[1], MAIN ":3: "));
}

static void put_chain(GHashTable *files, guint length)
{
        put(files, MAIN, "Include = /1\n");
        for (guint i = 1; i <= length; i++) {
                g_autofree char *path = g_strdup_printf("/%u", i);
                g_autofree char *content = g_strdup_printf("Include = /%u\n", i + 1);
                put(files, path, i == length ? "[end]\n" : content);
        }
}

/* Ten Includes in each other are allowed, as in pacman; an eleventh, or a circle, is not. */
static void test_limit_depth(void)
{
        g_autoptr(GHashTable) files = files_new();

        put_chain(files, OMG_LIMIT_CONFIG_DEPTH);
        g_autoptr(OmgPacmanConf) deep = memory_load(files, MAIN, NULL, NULL, NULL);
        assert_repositories(deep, "end");
        put_chain(files, OMG_LIMIT_CONFIG_DEPTH + 1);
        g_autofree char *message = refuse_files(files, OMG_ERROR_UNAVAILABLE);
        g_assert_true(g_str_has_prefix(message, "/10:1: "));
        put(files, MAIN, "Include = " MAIN "\n");
        g_autofree char *circle = refuse_files(files, OMG_ERROR_UNAVAILABLE);
        g_assert_nonnull(strstr(circle, "nested"));
}

static char *repeat(const char *before, const char *after, guint n)
{
        GString *text = g_string_new(NULL);

        for (guint i = 0; i < n; i++)
                g_string_append_printf(text, "%s%u%s\n", before, i, after);
        return g_string_free(text, FALSE);
}

/* One file included often counts each time: else ten short files could ask for 10^10 reads. */
static void test_limit_files(void)
{
        g_autoptr(GHashTable) files = files_new();
        g_autoptr(GString) text = g_string_new(NULL);

        put(files, "/e", "");
        for (guint i = 0; i < OMG_LIMIT_CONFIG_FILES - 1; i++)
                g_string_append(text, "Include = /e\n");
        put(files, MAIN, text->str);
        g_autoptr(OmgPacmanConf) conf = memory_load(files, MAIN, NULL, NULL, NULL);
        g_assert_nonnull(conf);
        g_string_append(text, "Include = /e\n");
        put(files, MAIN, text->str);
        g_autofree char *message = refuse_files(files, OMG_ERROR_UNAVAILABLE);
        g_assert_nonnull(strstr(message, "1000 files"));
}

/* The bytes of all files together are bounded too. */
static void test_limit_total(void)
{
        g_autoptr(GHashTable) files = files_new();
        g_autofree char *large = g_strnfill(OMG_LIMIT_CONFIG_FILE, '\n');
        g_autoptr(GString) text = g_string_new(NULL);

        put(files, "/large", large);
        for (guint i = 0; i < OMG_LIMIT_CONFIG_TOTAL / OMG_LIMIT_CONFIG_FILE; i++)
                g_string_append(text, "Include = /large\n");
        put(files, MAIN, text->str);
        g_autofree char *message = refuse_files(files, OMG_ERROR_UNAVAILABLE);
        g_assert_nonnull(strstr(message, "bytes in all"));
}

static void test_limit_repositories(void)
{
        g_autofree char *most = repeat("[r", "]", OMG_LIMIT_REPOSITORIES);
        g_autofree char *more = repeat("[r", "]", OMG_LIMIT_REPOSITORIES + 1);
        g_autoptr(OmgPacmanConf) conf = load(most);
        g_autofree char *message = refuse(more);

        g_assert_cmpuint(conf->repositories->len, ==, OMG_LIMIT_REPOSITORIES);
        g_assert_true(g_str_has_prefix(message, MAIN ":257: "));
}

/* A hundred warnings are kept, the others are counted. */
static void test_limit_warnings(void)
{
        g_autofree char *unknown = repeat("Bogus", "", OMG_LIMIT_CONFIG_WARNINGS + 7);
        g_autofree char *content = g_strconcat("[options]\n", unknown, NULL);
        g_autoptr(OmgPacmanConf) conf = load(content);

        g_assert_cmpuint(g_strv_length(conf->warnings), ==, OMG_LIMIT_CONFIG_WARNINGS + 1);
        g_assert_cmpstr(conf->warnings[OMG_LIMIT_CONFIG_WARNINGS], ==, "7 more warnings");
}

/* The digest changes with what changes a join, and with nothing else. */
static void test_digest(void)
{
        static const char base[] = "[options]\nIgnorePkg = a b\n[core]\n[extra]\n";
        static const char *const same[] = {
                "# x\n[options]\nIgnorePkg = a\nIgnorePkg = b\nColor\nBogus\n[core]\nServer = s\n"
                "[extra]\nUsage = All\n",
                "[core]\n[options]\nIgnorePkg = a b\nHoldPkg = c\nDBPath = /var//lib/pacman\n"
                "[extra]\n",
        };
        static const char *const other[] = {
                "[options]\nIgnorePkg = a b\n[extra]\n[core]\n",
                "[options]\nIgnorePkg = ab\n[core]\n[extra]\n",
                "[options]\nIgnorePkg = a\nIgnoreGroup = b\n[core]\n[extra]\n",
                "[options]\nIgnorePkg = a b\n[core]\n[extra]\nUsage = Sync\n",
                "[options]\nIgnorePkg = a b\nDBPath = /x\n[core]\n[extra]\n",
                "[options]\nIgnorePkg = a b\n[core]\nSigLevel = Never\n[extra]\n",
                "[options]\nIgnorePkg = a b\n[core]\n[extra]\n[x]\n",
        };
        g_autoptr(OmgPacmanConf) first = load(base);

        for (gsize i = 0; i < G_N_ELEMENTS(same); i++) {
                g_autoptr(OmgPacmanConf) conf = load(same[i]);
                g_assert_cmpstr(conf->digest, ==, first->digest);
        }
        for (gsize i = 0; i < G_N_ELEMENTS(other); i++) {
                g_autoptr(OmgPacmanConf) conf = load(other[i]);
                g_assert_cmpstr(conf->digest, !=, first->digest);
        }
}

static void write_file(const char *dir, const char *name, const char *content)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *path = g_build_filename(dir, name, NULL);

        g_file_set_contents(path, content, -1, &error);
        g_assert_no_error(error);
}

static void remove_tree(const char *path)
{
        g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
        const char *name;

        while (dir && (name = g_dir_read_name(dir))) {
                g_autofree char *child = g_build_filename(path, name, NULL);
                remove_tree(child);
        }
        g_assert_cmpint(g_remove(path), ==, 0);
}

/* The real disk: a glob over two levels, a folder among its matches, a file over the limit, and the
 * list of what to watch, which a broken configuration has too. */
static void test_disk(void)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *dir = g_dir_make_tmp("omg-conf-XXXXXX", NULL);
        g_autofree char *path = g_build_filename(dir, "pacman.conf", NULL);
        g_autofree char *one = g_build_filename(dir, "one", NULL);
        g_autofree char *inner = g_build_filename(one, "c.conf", NULL);
        g_autofree char *content = g_strdup_printf("Include = %s/?*/?*.conf\n", dir);
        g_autofree char *large = g_strnfill(OMG_LIMIT_CONFIG_FILE, '#');

        g_assert_cmpint(g_mkdir_with_parents(inner, 0700), ==, 0);
        write_file(dir, "pacman.conf", content);
        write_file(one, "b.conf", "[b]\n");
        g_autofree char *file = g_build_filename(one, "b.conf", NULL);
        g_autoptr(OmgPacmanConf) conf = omg_pacman_conf_load(path, NULL, NULL, &error);
        g_assert_no_error(error);
        assert_repositories(conf, "b");
        for (gsize i = 0; i < 4; i++) {
                const char *const all[] = {dir, one, file, path};
                g_assert_true(g_strv_contains((const char *const *)conf->files, all[i]));
        }

        write_file(one, "b.conf", large);
        g_autoptr(OmgPacmanConf) most = omg_pacman_conf_load(path, NULL, NULL, &error);
        g_assert_no_error(error);
        g_assert_nonnull(most);
        g_autofree char *larger = g_strconcat(large, "#", NULL);
        write_file(one, "b.conf", larger);
        g_assert_null(omg_pacman_conf_load(path, NULL, NULL, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE);
        g_assert_nonnull(strstr(error->message, file));

        write_file(dir, "pacman.conf", "[core]\nInclude = /nonexistent/mirrors\n");
        g_auto(GStrv) files = omg_pacman_conf_list_files(path);
        g_assert_true(g_strv_contains((const char *const *)files, path));
        g_assert_true(g_strv_contains((const char *const *)files, "/nonexistent/mirrors"));
        remove_tree(dir);
        g_auto(GStrv) gone = omg_pacman_conf_list_files(path);
        assert_list(gone, path);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/pacman-conf/defaults", test_defaults);
        g_test_add_func("/pacman-conf/root", test_root);
        g_test_add_func("/pacman-conf/overrides", test_overrides);
        g_test_add_func("/pacman-conf/lists", test_lists);
        g_test_add_func("/pacman-conf/architecture", test_architecture);
        g_test_add_func("/pacman-conf/repositories", test_repositories);
        g_test_add_func("/pacman-conf/left-out", test_left_out);
        g_test_add_func("/pacman-conf/siglevel", test_siglevel);
        g_test_add_func("/pacman-conf/directives", test_directives);
        g_test_add_func("/pacman-conf/refused", test_refused);
        g_test_add_func("/pacman-conf/include", test_include);
        g_test_add_func("/pacman-conf/missing", test_missing);
        g_test_add_func("/pacman-conf/bytes", test_bytes);
        g_test_add_func("/pacman-conf/limit-depth", test_limit_depth);
        g_test_add_func("/pacman-conf/limit-files", test_limit_files);
        g_test_add_func("/pacman-conf/limit-total", test_limit_total);
        g_test_add_func("/pacman-conf/limit-repositories", test_limit_repositories);
        g_test_add_func("/pacman-conf/limit-warnings", test_limit_warnings);
        g_test_add_func("/pacman-conf/digest", test_digest);
        g_test_add_func("/pacman-conf/disk", test_disk);
        return g_test_run();
}
