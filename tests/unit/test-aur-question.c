/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which questions the AUR can be asked, and that no argument becomes more than the value of one
 * parameter of a URL that the AUR's server takes. */
#include "sources/aur-question.h"

#include <string.h>

#include "base/error.h"
#include "base/limits-aur.h"
#include "base/limits-fetch.h"
#include "base/limits-network.h"
#include "base/limits.h"

#define BASE "https://aur.archlinux.org"

static OmgAurQuestion *make(const char *by, const char *const *arguments)
{
        g_autoptr(GError) error = NULL;
        OmgAurQuestion *question = omg_aur_question_new(by, arguments, &error);

        g_assert_no_error(error);
        return question;
}

static void assert_refused(const char *by, const char *const *arguments, const char *text)
{
        g_autoptr(GError) error = NULL;

        g_assert_null(omg_aur_question_new(by, arguments, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS);
        if (!strstr(error->message, text))
                g_error("\"%s\" lacks \"%s\"", error->message, text);
}

/* Each is refused with its reason, and what is just good enough is not. */
static void test_check(void)
{
        g_autofree char *longest = g_strnfill(OMG_LIMIT_QUERY, 'x');
        g_autofree char *longer = g_strnfill(OMG_LIMIT_QUERY + 1, 'x');
        const char *two[] = {"vim", "nano", NULL}, *none[] = {NULL};

        assert_refused("", two, "by: \"\" is none of");
        assert_refused("Name", two, "by: \"Name\" is none of");
        assert_refused("info", none, "is empty");
        assert_refused("name", none, "is empty");
        assert_refused("depends", two, "exactly one");
        assert_refused("name", (const char *[]){"x", NULL}, "fewer than 2 characters");
        assert_refused("name", (const char *[]){"", NULL}, "fewer than 2 characters");
        assert_refused("name", (const char *[]){"ü", NULL}, "fewer than 2 characters");
        assert_refused("name", (const char *[]){longer, NULL}, "more than 500 bytes");
        assert_refused("name", (const char *[]){"ab\nc", NULL}, "control character at byte 2");
        assert_refused("info", (const char *[]){"vim", "", NULL},
                       "number 2: The package name is empty");
        assert_refused("info", (const char *[]){"../vim", NULL}, "");
        assert_refused("info", (const char *[]){"a b", NULL}, "");
        omg_aur_question_unref(make("name", (const char *[]){longest, NULL}));
        omg_aur_question_unref(make("comaintainers", (const char *[]){"üü", NULL}));
        omg_aur_question_unref(make("info", (const char *[]){"x", NULL}));
}

/* The same names are the same question, in whatever order and however often. */
static void test_key(void)
{
        g_autoptr(OmgAurQuestion) a = make("info", (const char *[]){"vim", "nano", "vim", NULL});
        g_autoptr(OmgAurQuestion) b = make("info", (const char *[]){"nano", "vim", NULL});
        g_autoptr(OmgAurQuestion) c = make("info", (const char *[]){"nano", NULL});
        g_autoptr(OmgAurQuestion) d = make("name", (const char *[]){"nano", NULL});
        g_autoptr(OmgAurQuestion) e = make("name-desc", (const char *[]){"nano", NULL});

        g_assert_cmpstr(a->key, ==, b->key);
        g_assert_cmpuint(g_strv_length(a->arguments), ==, 2);
        g_assert_cmpstr(a->arguments[0], ==, "nano");
        g_assert_cmpstr(b->key, !=, c->key);
        g_assert_cmpstr(c->key, !=, d->key);
        g_assert_cmpstr(d->key, !=, e->key);
}

static void assert_url(const char *by, const char *argument, const char *expected)
{
        g_autoptr(OmgAurQuestion) question = make(by, (const char *[]){argument, NULL});
        g_auto(GStrv) urls = omg_aur_question_dup_urls(question, BASE);

        g_assert_cmpuint(g_strv_length(urls), ==, 1);
        g_assert_cmpstr(urls[0], ==, expected);
}

static void test_urls(void)
{
        assert_url("name", "vim", BASE "/rpc/v5/search?by=name&arg=vim");
        assert_url("name-desc", "a b", BASE "/rpc/v5/search?by=name-desc&arg=a%20b");
        assert_url("depends", "x&by=name", BASE "/rpc/v5/search?by=depends&arg=x%26by%3Dname");
        assert_url("provides", "../../x?y#z",
                   BASE "/rpc/v5/search?by=provides&arg=..%2F..%2Fx%3Fy%23z");
        assert_url("keywords", "c++%00;", BASE "/rpc/v5/search?by=keywords&arg=c%2B%2B%2500%3B");
        assert_url("maintainer", "Jürgen", BASE "/rpc/v5/search?by=maintainer&arg=J%C3%BCrgen");
        assert_url("info", "gtk2+extra@1.0", BASE "/rpc/v5/info?arg%5B%5D=gtk2%2Bextra%401.0");
}

/* Adds the names that a URL asks for, decoded. */
static void take_names(const char *url, GPtrArray *names)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_ENCODED, &error);

        g_assert_no_error(error);
        g_auto(GStrv) pairs = g_strsplit(g_uri_get_query(uri), "&", -1);
        for (guint i = 0; pairs[i]; i++) {
                g_autofree char *pair = g_uri_unescape_string(pairs[i], NULL);
                g_assert_true(g_str_has_prefix(pair, "arg[]="));
                g_ptr_array_add(names, g_strdup(pair + strlen("arg[]=")));
        }
}

/* As many names as may be, of all lengths and with what must be encoded: every one is asked for
 * once, no URL is too long for the AUR or for omgd-fetch, and no two would fit into one. */
static void test_chunks(void)
{
        g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);
        g_autofree char *path = g_strnfill(OMG_LIMIT_CONFIG_URL - strlen("http://h/"), 'p');
        g_autofree char *base = g_strconcat("http://h/", path, NULL);
        guint n_long = 0;

        for (guint i = 0; i < OMG_LIMIT_ROWS; i++) {
                g_autofree char *tail = g_strnfill(i % (OMG_LIMIT_PACKAGE_NAME - 5), '+');
                g_ptr_array_add(names, g_strdup_printf("n%04u%s", i, tail));
        }
        g_ptr_array_add(names, NULL);
        g_autoptr(OmgAurQuestion) question = make("info", (const char *const *)names->pdata);
        g_auto(GStrv) urls = omg_aur_question_dup_urls(question, base);

        g_assert_cmpuint(OMG_LIMIT_AUR_URI, <=, OMG_LIMIT_FETCH_URL);
        for (guint i = 0; urls[i]; i++) {
                g_assert_cmpuint(strlen(urls[i]), <=, OMG_LIMIT_AUR_URI);
                n_long += strlen(urls[i]) > OMG_LIMIT_AUR_URI - 3 * OMG_LIMIT_PACKAGE_NAME - 11;
                take_names(urls[i], found);
        }
        g_assert_cmpuint(n_long + 1, >=, g_strv_length(urls));
        g_assert_cmpuint(found->len, ==, OMG_LIMIT_ROWS);
        for (guint i = 0; i < found->len; i++)
                g_assert_cmpstr(found->pdata[i], ==, names->pdata[i]);

        names->pdata[OMG_LIMIT_ROWS] = g_strdup("one-more");
        g_ptr_array_add(names, NULL);
        assert_refused("info", (const char *const *)names->pdata, "more than 1000 names");
}

/* The longest argument fits with the longest address. */
static void test_longest(void)
{
        g_autoptr(GString) text = g_string_new(NULL);
        g_autofree char *base = g_strnfill(OMG_LIMIT_CONFIG_URL, 'p');

        while (text->len < OMG_LIMIT_QUERY)
                g_string_append(text, "ü");
        g_autoptr(OmgAurQuestion) question =
                make("checkdepends", (const char *[]){text->str, NULL});
        g_auto(GStrv) urls = omg_aur_question_dup_urls(question, base);
        g_assert_cmpuint(strlen(urls[0]), <=, OMG_LIMIT_AUR_URI);
}

/* A URL is as long as may be to the byte: one more name of one byte would not fit. */
static void test_bound(void)
{
        g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
        const gsize each = strlen("&arg%5B%5D=n000");
        const gsize head = strlen(BASE "/rpc/v5/info?") - 1;
        const guint n = (guint)((OMG_LIMIT_AUR_URI - head) / each);
        const gsize spare = OMG_LIMIT_AUR_URI - head - n * each;

        for (guint more = 0; more < 2; more++) {
                g_ptr_array_set_size(names, 0);
                for (guint i = 0; i < n; i++)
                        g_ptr_array_add(names, g_strdup_printf("n%03u", i));
                /* The first is so much longer that nothing, or one byte less than nothing, is
                 * left. */
                g_autofree char *tail = g_strnfill(spare + more, 'x');
                g_free(names->pdata[0]);
                names->pdata[0] = g_strconcat("n000", tail, NULL);
                g_ptr_array_add(names, NULL);
                g_autoptr(OmgAurQuestion) question =
                        make("info", (const char *const *)names->pdata);
                g_auto(GStrv) urls = omg_aur_question_dup_urls(question, BASE);
                g_assert_cmpuint(g_strv_length(urls), ==, 1 + more);
                g_assert_true(more > 0 || strlen(urls[0]) == OMG_LIMIT_AUR_URI);
        }
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/aur-question/check", test_check);
        g_test_add_func("/aur-question/key", test_key);
        g_test_add_func("/aur-question/urls", test_urls);
        g_test_add_func("/aur-question/chunks", test_chunks);
        g_test_add_func("/aur-question/longest", test_longest);
        g_test_add_func("/aur-question/bound", test_bound);
        return g_test_run();
}
