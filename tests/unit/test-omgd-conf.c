/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "sources/omgd-conf-keys.h"

typedef struct Fixture {
        char *dir;
        char *drop_ins;
        OmgConf conf;
        OmgConfMessages *messages;
} Fixture;

static void set_up(Fixture *f, gconstpointer unused)
{
        g_autoptr(GError) error = NULL;

        f->dir = g_dir_make_tmp("omg-conf-XXXXXX", &error);
        g_assert_no_error(error);
        f->drop_ins = g_build_filename(f->dir, "omgd.conf.d", NULL);
        omg_conf_init(&f->conf);
        f->messages = omg_conf_messages_new();
}

static void remove_all(const char *dir)
{
        g_autoptr(GDir) folder = g_dir_open(dir, 0, NULL);

        for (const char *name; folder && (name = g_dir_read_name(folder));) {
                g_autofree char *path = g_build_filename(dir, name, NULL);
                g_assert_true(g_unlink(path) == 0 || g_rmdir(path) == 0);
        }
        (void)g_rmdir(dir);
}

static void tear_down(Fixture *f, gconstpointer unused)
{
        remove_all(f->drop_ins);
        remove_all(f->dir);
        omg_conf_messages_free(f->messages);
        g_free(f->drop_ins);
        g_free(f->dir);
}

static void put(Fixture *f, const char *name, const char *text)
{
        g_autofree char *path = g_build_filename(f->dir, name, NULL);
        g_autofree char *dir = g_path_get_dirname(path);
        g_autoptr(GError) error = NULL;

        g_assert_cmpint(g_mkdir_with_parents(dir, 0700), ==, 0);
        g_file_set_contents(path, text, -1, &error);
        g_assert_no_error(error);
}

static void load(Fixture *f)
{
        omg_conf_messages_free(f->messages);
        f->messages = omg_conf_messages_new();
        omg_conf_load(&f->conf, f->dir, f->messages);
}

static void assert_conf(const Fixture *f, guint rate, guint burst)
{
        g_assert_cmpuint(f->conf.rate, ==, rate);
        g_assert_cmpuint(f->conf.burst, ==, burst);
}

/* Just that many, and each that is named has all of the words (separated by '|'). */
static void assert_messages(const Fixture *f, const char *error, const char *warning)
{
        const GPtrArray *arrays[] = {f->messages->errors, f->messages->warnings};
        const char *expected[] = {error, warning};

        for (gsize i = 0; i < G_N_ELEMENTS(arrays); i++) {
                g_auto(GStrv) words = g_strsplit(expected[i] ?: "", "|", -1);

                g_assert_cmpuint(arrays[i]->len, ==, expected[i] ? 1 : 0);
                for (gsize j = 0; words[j]; j++) {
                        if (!strstr(arrays[i]->pdata[0], words[j]))
                                g_error("no \"%s\" in: %s", words[j], (char *)arrays[i]->pdata[0]);
                }
        }
}

/* Without a file, or even a directory, the presets count and nothing is said. */
static void test_missing(Fixture *f, gconstpointer unused)
{
        load(f);
        assert_conf(f, OMG_LIMIT_RATE, OMG_LIMIT_BURST);
        assert_messages(f, NULL, NULL);
        g_assert_cmpint(g_rmdir(f->dir), ==, 0);
        load(f);
        assert_conf(f, OMG_LIMIT_RATE, OMG_LIMIT_BURST);
        assert_messages(f, NULL, NULL);
        put(f, "omgd.conf", "");
        load(f);
        assert_conf(f, OMG_LIMIT_RATE, OMG_LIMIT_BURST);
        assert_messages(f, NULL, NULL);
}

/* Values are taken up to the limits, 0 included; what is no longer in the file has its preset
 * again.
 */
static void test_values(Fixture *f, gconstpointer unused)
{
        put(f, "omgd.conf", "# words\n\n[limits]\nrate = 7 \nburst=9\n");
        load(f);
        assert_conf(f, 7, 9);
        put(f, "omgd.conf", "[limits]\nrate=" G_STRINGIFY(1000000) "\nburst=1000000\n");
        load(f);
        assert_conf(f, OMG_LIMIT_RATE_SETTING, OMG_LIMIT_RATE_SETTING);
        put(f, "omgd.conf", "[limits]\nrate=0\nburst=0\n");
        load(f);
        assert_conf(f, 0, 0);
        assert_messages(f, NULL, NULL);
        put(f, "omgd.conf", "[limits]\nburst=3\n");
        load(f);
        assert_conf(f, OMG_LIMIT_RATE, 3);
}

/* Drop-ins count after the file, in the order of their names; hidden ones and other endings do not
 * count at all. */
static void test_drop_ins(Fixture *f, gconstpointer unused)
{
        put(f, "omgd.conf", "[limits]\nrate=1\nburst=1\n");
        put(f, "omgd.conf.d/20-b.conf", "[limits]\nrate=20\n");
        put(f, "omgd.conf.d/10-a.conf", "[limits]\nrate=10\nburst=10\n");
        put(f, "omgd.conf.d/99.conf~", "[limits]\nrate=99\n");
        put(f, "omgd.conf.d/.99.conf", "[limits]\nrate=99\n");
        load(f);
        assert_conf(f, 20, 10);
        assert_messages(f, NULL, NULL);
}

/* A group or key that is not known is named with its file and has no effect on the others. */
static void test_unknown(Fixture *f, gconstpointer unused)
{
        put(f, "omgd.conf", "[limits]\nrate=5\nrat=6\n");
        load(f);
        assert_conf(f, 5, OMG_LIMIT_BURST);
        assert_messages(f, NULL, "/omgd.conf:3: [limits] rat: ");
        /* Bytes that are no text are shown as such. */
        put(f, "omgd.conf", "[limits]\n\xff\xfe=6\n");
        load(f);
        assert_messages(f, NULL, "/omgd.conf|\357\277\275");
        put(f, "omgd.conf", "[limit]\nrate=6\n[limits]\nburst=7\n");
        load(f);
        assert_conf(f, OMG_LIMIT_RATE, 7);
        assert_messages(f, NULL, "/omgd.conf:1: [limit]: ");
}

/* A value that the key cannot have is an error with file, key and value: the preset counts at the
 * start, and later what counted before; other keys are read all the same. */
static void test_bad_values(Fixture *f, gconstpointer unused)
{
        static const char *const bad[] = {
                "-1", "+1", "1.5", "ten", "", "0x1", "5 0", "1000001", "99999999999999999999",
                "5;"};

        for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
                g_autofree char *text = g_strdup_printf("[limits]\nrate=%s\nburst=8\n", bad[i]);
                g_autofree char *quoted =
                        g_strdup_printf("/omgd.conf:2: [limits] rate: \"%s\"", bad[i]);

                put(f, "omgd.conf", text);
                omg_conf_init(&f->conf);
                load(f);
                assert_conf(f, OMG_LIMIT_RATE, 8);
                assert_messages(f, quoted, NULL);
                f->conf.rate = 77;
                load(f);
                assert_conf(f, 77, 8);
        }
}

/* A burst of 0 with a rate would refuse every request: neither of both is taken, wherever they come
 * from. */
static void test_burst_of_none(Fixture *f, gconstpointer unused)
{
        put(f, "omgd.conf", "[limits]\nrate=5\n");
        put(f, "omgd.conf.d/x.conf", "[limits]\nburst=0\n");
        load(f);
        assert_conf(f, OMG_LIMIT_RATE, OMG_LIMIT_BURST);
        assert_messages(f, "/omgd.conf.d/x.conf:2: [limits] burst: 0", NULL);
        f->conf = (OmgConf){.rate = 3, .burst = 4};
        load(f);
        assert_conf(f, 3, 4);
}

/* A file that cannot be parsed or read changes nothing, whatever the others say. */
static void test_bad_files(Fixture *f, gconstpointer unused)
{
        static const struct {
                const char *text;
                const char *where;
        } bad[] = {
                {"rate=5\n", "/omgd.conf:1: "},
                {"[limits\nrate=5\n", "/omgd.conf:1: "},
                {"[limits]\nrate\n", "/omgd.conf:2: "},
        };
        g_autofree char *link = g_build_filename(f->dir, "omgd.conf.d", "z.conf", NULL);

        put(f, "omgd.conf.d/y.conf", "[limits]\nrate=6\n");
        f->conf = (OmgConf){.rate = 3, .burst = 4};
        for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
                put(f, "omgd.conf", bad[i].text);
                load(f);
                assert_conf(f, 3, 4);
                assert_messages(f, bad[i].where, NULL);
        }
        put(f, "omgd.conf", "[limits]\nrate=5\n");
        g_assert_cmpint(symlink("nowhere", link), ==, 0);
        load(f);
        assert_conf(f, 3, 4);
        assert_messages(f, "/omgd.conf.d/z.conf", NULL);
        g_assert_cmpint(g_unlink(link), ==, 0);
        g_assert_cmpint(g_mkdir(link, 0700), ==, 0);
        load(f);
        assert_conf(f, 3, 4);
        assert_messages(f, "/omgd.conf.d/z.conf|regular file", NULL);
        g_assert_cmpint(g_rmdir(link), ==, 0);
        load(f);
        assert_conf(f, 6, OMG_LIMIT_BURST);
}

/* Each message names the line, of which GLib says nothing: whatever stands before it. */
static void test_lines(Fixture *f, gconstpointer unused)
{
        static const struct {
                const char *text;
                const char *error;
                const char *warning;
        } rows[] = {
                {"# [limits]\n\n[limits]\n#rate=1\nburst=2\n \t rate = x\n",
                 ":6: [limits] rate: \"x\"", NULL},
                {"\r\n[limits]\r\nburst=2\r\nrate=x\r\n", ":4: [limits] rate: \"x\"", NULL},
                /* The end of the last line is the end of the file. */
                {"[limits]\nrate=x", ":2: [limits] rate: \"x\"", NULL},
                /* Of a key that stands there twice the last value counts, and its line. */
                {"[limits]\nrate=x\nburst=2\nrate=y\n", ":4: [limits] rate: \"y\"", NULL},
                {"[limits]\nrate=x\nrate=5\n", NULL, NULL},
                {"[limits]\nrat=1\nrat=2\n", NULL, ":3: [limits] rat: "},
                /* A group that stands there twice is one. */
                {"[limits]\nrate=x\n[other]\nrate=3\n[limits]\nburst=z=\nrate=5\n",
                 ":6: [limits] burst: \"z=\"", ":3: [other]: "},
                {"[other]\n[limits]\n[other]\n", NULL, ":1: [other]: "},
                {"[limits] \t\nrat=\n", NULL, ":2: [limits] rat: "},
                /* GLib would leave out what looks like a translation. */
                {"[limits]\nrate[de]=5\n", NULL, ":2: [limits] rate[de]: "},
                /* What GLib refuses, and where: lines that others may continue, no group, no key.
                 */
                {"[limits]\nrate=1\\\n  0\n", ":3: ", NULL},
                {"#\nrate=5\n[limits]\n", ":2: ", NULL},
                {"\n\nrate=5", ":3: ", NULL},
                {"[limits]\nrate=5\n\n[limits\n", ":4: ", NULL},
                {"[limits]\nrate=5\n=7\nburst\n", ":3: ", NULL},
                {"[limits]\n[lim\001its]\n", ":2: ", NULL},
                {"\357\273\277[limits]\nrate=5\n", ":1: ", NULL},
                {"[limits]\nrate=5\nburst", ":3: ", NULL},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autofree char *error = g_strconcat("/omgd.conf", rows[i].error, NULL);
                g_autofree char *warning = g_strconcat("/omgd.conf", rows[i].warning, NULL);

                put(f, "omgd.conf", rows[i].text);
                load(f);
                assert_messages(f, rows[i].error ? error : NULL, rows[i].warning ? warning : NULL);
        }
}

/* The line of a drop-in is its own; that of a burst which does not go with the rate is where the
 * last of both stands, whatever other files follow. */
static void test_lines_of_drop_ins(Fixture *f, gconstpointer unused)
{
        put(f, "omgd.conf", "\n\n\n[limits]\nrate=5\n");
        put(f, "omgd.conf.d/a.conf", "[limits]\n\nrate=-5\n");
        load(f);
        assert_messages(f, "/omgd.conf.d/a.conf:3: [limits] rate: \"-5\"", NULL);
        put(f, "omgd.conf.d/a.conf", "\n\n[limits]\nburst=0\n");
        put(f, "omgd.conf.d/b.conf", "\n#\n");
        load(f);
        assert_messages(f, "/omgd.conf.d/a.conf:4: [limits] burst: 0", NULL);
}

/* A NUL would end the text for GLib: nothing behind it may be lost unseen. */
static void test_nul(Fixture *f, gconstpointer unused)
{
        static const char text[] = "[limits]\nrate=5\n\0\nburst=6\n";
        g_autoptr(GBytes) bytes = g_bytes_new_static(text, sizeof(text) - 1);

        omg_conf_read(&f->conf, &(OmgConfFile){.path = "/omgd.conf", .bytes = bytes}, 1,
                      f->messages);
        assert_conf(f, OMG_LIMIT_RATE, OMG_LIMIT_BURST);
        assert_messages(f, "/omgd.conf:3: there is a NUL", NULL);
}

/* A drop-in folder that is none is said, too. */
static void test_drop_ins_no_folder(Fixture *f, gconstpointer unused)
{
        put(f, "omgd.conf", "[limits]\nrate=5\n");
        put(f, "omgd.conf.d", "");
        load(f);
        assert_conf(f, OMG_LIMIT_RATE, OMG_LIMIT_BURST);
        assert_messages(f, "omgd.conf.d", NULL);
}

/* The limits: length of a file, number of drop-ins, number and length of messages. */
static void test_limits(Fixture *f, gconstpointer unused)
{
        g_autoptr(GString) text = g_string_new("[limits]\nrate=5\n#");

        while (text->len < OMG_LIMIT_CONFIG_FILE)
                g_string_append_c(text, 'x');
        put(f, "omgd.conf", text->str);
        load(f);
        assert_conf(f, 5, OMG_LIMIT_BURST);
        g_string_append_c(text, 'x');
        put(f, "omgd.conf", text->str);
        omg_conf_init(&f->conf);
        load(f);
        assert_conf(f, OMG_LIMIT_RATE, OMG_LIMIT_BURST);
        assert_messages(f, "/omgd.conf|limit", NULL);

        g_string_assign(text, "[limits]\nrate=");
        for (guint i = 0; i < 10000; i++)
                g_string_append_c(text, 'y');
        put(f, "omgd.conf", text->str);
        load(f);
        assert_messages(f, "rate", NULL);
        g_assert_cmpuint(strlen(f->messages->errors->pdata[0]), <, 1000);

        g_string_assign(text, "[limits]\n");
        for (guint i = 0; i < OMG_LIMIT_CONFIG_WARNINGS + 5; i++)
                g_string_append_printf(text, "key%u=1\n", i);
        put(f, "omgd.conf", text->str);
        load(f);
        g_assert_cmpuint(f->messages->warnings->len, ==, OMG_LIMIT_CONFIG_WARNINGS);
        g_assert_cmpuint(f->messages->n_left_out, ==, 5);

        put(f, "omgd.conf", "[limits]\nrate=5\n");
        for (guint i = 0; i < OMG_LIMIT_CONFIG_FILES; i++) {
                g_autofree char *name = g_strdup_printf("omgd.conf.d/%u.conf", i);
                put(f, name, "[limits]\nrate=6\n");
        }
        load(f);
        assert_conf(f, 6, OMG_LIMIT_BURST);
        put(f, "omgd.conf.d/more.conf", "");
        f->conf.rate = 9;
        load(f);
        assert_conf(f, 9, OMG_LIMIT_BURST);
        assert_messages(f, "omgd.conf.d|more than", NULL);
}

/* What every key is without a file. */
static void test_presets(Fixture *f, gconstpointer unused)
{
        const OmgConf *conf = &f->conf;

        load(f);
        g_assert_cmpuint(conf->interval_sec, ==, 300);
        g_assert_cmpuint(conf->mirrors_sec, ==, 3600);
        g_assert_cmpuint(conf->aur_sec, ==, 3600);
        g_assert_cmpuint(conf->tracker_sec, ==, 3600);
        g_assert_cmpuint(conf->osv_sec, ==, 86400);
        g_assert_cmpint(conf->network, ==, OMG_NETWORK_AUTO);
        g_assert_cmpint(conf->metered, ==, OMG_METERED_AUTO);
        g_assert_true(conf->tracker_enabled && conf->osv_enabled && conf->aur_enabled);
        g_assert_cmpstr(conf->tracker_url, ==, "https://security.archlinux.org");
        g_assert_cmpstr(conf->osv_url, ==, "https://api.osv.dev");
        g_assert_cmpstr(conf->aur_url, ==, "https://aur.archlinux.org");
        g_assert_false(conf->aur_socket_search);
        g_assert_cmpuint(conf->idle_exit_sec, ==, 0);
}

static const char all_keys[] = "[sync]\ninterval=5\nmirrors=60\naur=0\ntracker=31536000\nosv=61\n"
                               "[network]\nmode=offline\nmetered=no\n"
                               "[tracker]\nurl=http://127.0.0.1:8080/tracker/\nenabled=false\n"
                               "[osv]\nurl = https://[::1]/\nenabled=true\n"
                               "[aur]\nurl=https://example.org\nenabled=false\nsocket-search=true\n"
                               "[limits]\nrate=1\nburst=2\n"
                               "[daemon]\nidle-exit=1\n";

static void assert_all_keys(const OmgConf *conf)
{
        g_assert_cmpuint(conf->interval_sec, ==, OMG_LIMIT_INTERVAL_LOCAL);
        g_assert_cmpuint(conf->mirrors_sec, ==, OMG_LIMIT_INTERVAL_FEED);
        g_assert_cmpuint(conf->aur_sec, ==, 0);
        g_assert_cmpuint(conf->tracker_sec, ==, OMG_LIMIT_INTERVAL);
        g_assert_cmpuint(conf->osv_sec, ==, 61);
        g_assert_cmpint(conf->network, ==, OMG_NETWORK_OFFLINE);
        g_assert_cmpint(conf->metered, ==, OMG_METERED_NO);
        g_assert_false(conf->tracker_enabled);
        g_assert_true(conf->osv_enabled);
        g_assert_false(conf->aur_enabled);
        g_assert_true(conf->aur_socket_search);
        g_assert_cmpstr(conf->tracker_url, ==, "http://127.0.0.1:8080/tracker");
        g_assert_cmpstr(conf->osv_url, ==, "https://[::1]");
        g_assert_cmpstr(conf->aur_url, ==, "https://example.org");
        g_assert_cmpuint(conf->rate, ==, 1);
        g_assert_cmpuint(conf->burst, ==, 2);
        g_assert_cmpuint(conf->idle_exit_sec, ==, 1);
}

/* Every key is taken where it belongs, and every one that is refused keeps what was in force. */
static void test_every_key(Fixture *f, gconstpointer unused)
{
        g_autoptr(GString) bad = g_string_new(NULL);

        put(f, "omgd.conf", all_keys);
        load(f);
        assert_messages(f, NULL, NULL);
        assert_all_keys(&f->conf);

        for (guint i = 0; i < OMG_CONF_N_KEYS; i++)
                g_string_append_printf(bad, "[%s]\n%s=?\n", omg_conf_keys[i].group,
                                       omg_conf_keys[i].name);
        put(f, "omgd.conf.d/bad.conf", bad->str);
        load(f);
        g_assert_cmpuint(f->messages->errors->len, ==, OMG_CONF_N_KEYS);
        assert_all_keys(&f->conf);

        put(f, "omgd.conf.d/bad.conf", "");
        put(f, "omgd.conf", "");
        load(f);
        g_assert_cmpstr(f->conf.aur_url, ==, "https://aur.archlinux.org");
        g_assert_cmpuint(f->conf.interval_sec, ==, 300);
}

/* Values beyond what a key can have, with the reason that is given. */
static void test_refused(Fixture *f, gconstpointer unused)
{
        static const struct {
                const char *text;
                const char *words;
        } cases[] = {
                {"[sync]\ninterval=4\n", "[sync] interval|\"4\"|neither 0 (never)|from 5 to"},
                {"[sync]\nmirrors=59\n", "[sync] mirrors|from 60 to 31536000"},
                {"[sync]\nosv=31536001\n", "[sync] osv|from 60 to 31536000"},
                {"[sync]\naur=3599\n", "[sync] aur|\"3599\"|neither 0 (never)|from 3600 to"},
                {"[sync]\naur=hourly\n", "[sync] aur|hourly"},
                {"[sync]\ntracker=-1\n", "[sync] tracker"},
                {"[network]\nmode=Auto\n",
                 "[network] mode|\"Auto\" is none of auto, online, offline"},
                {"[network]\nmode=\n", "[network] mode|\"\" is none of"},
                {"[network]\nmetered=true\n", "[network] metered|auto, yes, no"},
                {"[aur]\nenabled=1\n", "[aur] enabled|false, true"},
                {"[osv]\nurl=\n", "[osv] url|http:// or https://"},
                {"[osv]\nurl=api.osv.dev\n", "[osv] url|http:// or https://"},
                {"[osv]\nurl=ftp://api.osv.dev\n", "[osv] url|http:// or https://"},
                {"[osv]\nurl=file:///etc\n", "[osv] url|http:// or https://"},
                {"[osv]\nurl=https:///path\n", "[osv] url|http:// or https://"},
                {"[osv]\nurl=https://a:99999/\n", "[osv] url|http:// or https://"},
                {"[osv]\nurl=https://me@a/\n", "[osv] url|no user name and no password"},
                {"[osv]\nurl=https://me:secret@a/\n", "[osv] url|no user name and no password"},
                {"[osv]\nurl=https://a/?q=1\n", "[osv] url|no \"?\""},
                {"[osv]\nurl=https://a/#x\n", "[osv] url|no \"#\""},
                {"[osv]\nurl=https://a/b c\n", "[osv] url|%XX"},
                {"[osv]\nurl=https://a/\303\244\n", "[osv] url|%XX"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                OmgConf before;

                put(f, "omgd.conf", cases[i].text);
                omg_conf_init(&f->conf);
                before = f->conf;
                load(f);
                g_test_message("%s", cases[i].text);
                assert_messages(f, cases[i].words, NULL);
                g_assert_cmpmem(&f->conf, sizeof(f->conf), &before, sizeof(before));
        }
        /* What was a password is not put into the log. */
        put(f, "omgd.conf", "[osv]\nurl=https://me:secret@a/\n");
        load(f);
        g_assert_null(strstr(f->messages->errors->pdata[0], "secret"));
}

/* An address of the most bytes, and of one more. */
static void test_long_url(Fixture *f, gconstpointer unused)
{
        g_autoptr(GString) url = g_string_new("https://a/");
        g_autofree char *fits = NULL, *does_not = NULL;

        while (url->len < OMG_LIMIT_CONFIG_URL)
                g_string_append_c(url, 'x');
        fits = g_strdup_printf("[aur]\nurl=%s///\n", url->str);
        does_not = g_strdup_printf("[aur]\nurl=%sx\n", url->str);
        put(f, "omgd.conf", fits);
        load(f);
        assert_messages(f, NULL, NULL);
        g_assert_cmpstr(f->conf.aur_url, ==, url->str);
        omg_conf_init(&f->conf);
        put(f, "omgd.conf", does_not);
        load(f);
        assert_messages(f, "[aur] url|longer than 500 bytes", NULL);
        g_assert_cmpstr(f->conf.aur_url, ==, "https://aur.archlinux.org");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);

#define ADD(path, function) \
        g_test_add("/omgd-conf/" path, Fixture, NULL, set_up, function, tear_down)
        ADD("missing", test_missing);
        ADD("presets", test_presets);
        ADD("every-key", test_every_key);
        ADD("refused", test_refused);
        ADD("long-url", test_long_url);
        ADD("values", test_values);
        ADD("drop-ins", test_drop_ins);
        ADD("unknown", test_unknown);
        ADD("bad-values", test_bad_values);
        ADD("burst-of-none", test_burst_of_none);
        ADD("bad-files", test_bad_files);
        ADD("lines", test_lines);
        ADD("lines-of-drop-ins", test_lines_of_drop_ins);
        ADD("nul", test_nul);
        ADD("drop-ins-no-folder", test_drop_ins_no_folder);
        ADD("limits", test_limits);
        return g_test_run();
}
