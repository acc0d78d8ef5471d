/* SPDX-License-Identifier: GPL-3.0-or-later */

/* An answer of the AUR's RPC, and what the AUR says when it has none. */

#include "omgd-index/aur-reply.h"

#include <string.h>

#include "base/error.h"
#include "base/limits-aur.h"

#define TAIL ",\"type\":\"search\",\"version\":5}"

static void assert_reply(const char *text, const char *results, guint64 count)
{
        g_autofree char *copy = g_strdup(text);
        g_autoptr(GError) error = NULL;
        OmgAurReply reply;

        g_assert_true(omg_aur_reply_parse(copy, strlen(copy), &reply, &error));
        g_assert_no_error(error);
        g_assert_cmpmem(reply.results, reply.size, results, strlen(results));
        g_assert_cmpuint(reply.count, ==, count);
}

static void assert_error(const char *text, OmgError code, const char *message)
{
        g_autofree char *copy = g_strdup(text);
        g_autoptr(GError) error = NULL;
        OmgAurReply reply;

        g_assert_false(omg_aur_reply_parse(copy, strlen(copy), &reply, &error));
        g_assert_error(error, OMG_ERROR, (int)code);
        g_assert_cmpstr(error->message, ==, message);
}

static void assert_invalid(const char *text, const char *what)
{
        g_autofree char *message = g_strconcat("is no answer of the AUR: ", what, NULL);

        assert_error(text, OMG_ERROR_UPSTREAM_INVALID, message);
}

/* Members in any order; results are not judged here, whatever is in them. */
static void test_good(void)
{
        assert_reply("{\"resultcount\":0,\"results\":[],\"type\":\"multiinfo\",\"version\":5}",
                     "[]", 0);
        assert_reply("{\"version\":5,\"type\":\"search\",\"resultcount\":2,"
                     "\"results\":[{\"a\":\"]\"},01 \xff]}\n",
                     "[{\"a\":\"]\"},01 \xff]", 2);
        assert_reply("{\"error\":null,\"more\":{\"x\":[1]},\"resultcount\":1,\"results\":[{}]" TAIL,
                     "[{}]", 1);
}

static void test_errors(void)
{
        assert_error("{\"error\":\"Too many package results.\",\"resultcount\":0,\"results\":[],"
                     "\"type\":\"error\",\"version\":5}",
                     OMG_ERROR_INVALID_ARGS,
                     "the AUR finds more packages than it lists: ask for something rarer");
        assert_error("{\"error\":\"Query arg too small.\",\"type\":\"error\",\"version\":5}",
                     OMG_ERROR_INVALID_ARGS, "the AUR looks for words of two characters and more");
        assert_error("{\"error\":\"Rate limit reached\",\"type\":\"error\",\"version\":5}",
                     OMG_ERROR_UPSTREAM_RATE_LIMITED,
                     "the AUR has had too many requests from this address");
        assert_error("{\"error\":\"Please specify an API version.\",\"type\":\"error\","
                     "\"version\":null}",
                     OMG_ERROR_UPSTREAM_INVALID,
                     "the AUR says: \"Please specify an API version.\"");
        assert_error("{\"error\":\"a\\u001b[31m\\nb\",\"type\":\"error\"}",
                     OMG_ERROR_UPSTREAM_INVALID, "the AUR says: \"a[31m b\"");
        assert_invalid("{\"type\":\"error\",\"version\":5}", "an error without a text");
}

/* What is quoted is cut, between characters. */
static void test_long_error(void)
{
        g_autofree char *x = g_strnfill(OMG_LIMIT_AUR_MESSAGE - 1, 'x');
        g_autofree char *most = g_strdup_printf("{\"error\":\"%sy\",\"type\":\"error\"}", x);
        g_autofree char *more =
                g_strdup_printf("{\"error\":\"%s\xc3\xa9z\",\"type\":\"error\"}", x);
        g_autofree char *kept = g_strdup_printf("the AUR says: \"%sy\"", x);
        g_autofree char *cut = g_strdup_printf("the AUR says: \"%s\"", x);

        assert_error(most, OMG_ERROR_UPSTREAM_INVALID, kept);
        assert_error(more, OMG_ERROR_UPSTREAM_INVALID, cut);
}

static void test_invalid(void)
{
        assert_invalid("", "it is empty");
        assert_invalid(" \n", "it is empty");
        assert_invalid("<html>", "it is a web page");
        assert_invalid("[]", "is no object");
        assert_invalid("nonsense", "is no object");
        assert_invalid("{\"resultcount\":0,\"results\":[],\"version\":5}", "it has no type");
        assert_invalid("{\"resultcount\":0,\"results\":[],\"type\":\"info\",\"version\":5}",
                       "it is of another type");
        assert_invalid("{\"resultcount\":0,\"results\":[],\"type\":\"search\",\"version\":6}",
                       "it is of another version");
        assert_invalid("{\"resultcount\":0,\"results\":[],\"type\":\"search\",\"version\":null}",
                       "it is of another version");
        assert_invalid("{\"resultcount\":0" TAIL, "it has no results or no count of them");
        assert_invalid("{\"results\":[]" TAIL, "it has no results or no count of them");
        assert_invalid("{\"resultcount\":-1,\"results\":[]" TAIL, "resultcount is no count");
        assert_invalid("{\"resultcount\":1e3,\"results\":[]" TAIL, "resultcount is no count");
        assert_invalid("{\"resultcount\":\"0\",\"results\":[]" TAIL,
                       "resultcount has something else where a number has to be");
        assert_invalid("{\"resultcount\":0,\"results\":{}" TAIL, "results is no list");
        assert_invalid("{\"resultcount\":0,\"results\":[],\"results\":[]" TAIL,
                       "results is there twice");
        assert_invalid("{\"resultcount\":0,\"results\":[", "results is cut");
        assert_invalid("{\"resultcount\":0,\"results\":[]", "has a comma or a bracket missing");
        assert_invalid("{\"resultcount\":0,\"results\":[]" TAIL "{}",
                       "has something behind its end");
        assert_invalid("{\"type\":5}", "type has something else where a string has to be");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/aur-reply/good", test_good);
        g_test_add_func("/aur-reply/errors", test_errors);
        g_test_add_func("/aur-reply/long-error", test_long_error);
        g_test_add_func("/aur-reply/invalid", test_invalid);
        return g_test_run();
}
