/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/version-order.h"

#include <string.h>

#include "base/limits-advisories.h"
#include "base/order-private.h"

int omg_span_compare_bytes(OmgSpan a, OmgSpan b)
{
        const gsize len = MIN(a.len, b.len);
        /* An empty span may point nowhere, which memcmp(3) does not take. */
        int order = len > 0 ? memcmp(a.text, b.text, len) : 0;

        if (order != 0)
                return order < 0 ? -1 : 1;
        return (a.len > b.len) - (a.len < b.len);
}

static OmgSpan drop_zeros(OmgSpan span)
{
        while (span.len > 0 && *span.text == '0') {
                span.text++;
                span.len--;
        }
        return span;
}

int omg_span_compare_numbers(OmgSpan a, OmgSpan b)
{
        a = drop_zeros(a);
        b = drop_zeros(b);
        return a.len != b.len ? (a.len < b.len ? -1 : 1) : omg_span_compare_bytes(a, b);
}

OmgSpan omg_span_take_digits(const char **text)
{
        OmgSpan span = {*text, strspn(*text, "0123456789")};

        *text += span.len;
        return span;
}

/* A number without leading zeros. */
static gboolean take_strict_number(const char **text, OmgSpan *ret_span)
{
        *ret_span = omg_span_take_digits(text);
        return ret_span->len == 1 || (ret_span->len > 1 && *ret_span->text != '0');
}

static gboolean is_number(OmgSpan span)
{
        for (gsize i = 0; i < span.len; i++)
                if (!g_ascii_isdigit(span.text[i]))
                        return FALSE;
        return TRUE;
}

/* One identifier of a pre-release or of build metadata; empty when there is none. */
static OmgSpan take_identifier(const char **text)
{
        const char *start = *text;

        while (g_ascii_isalnum(**text) || **text == '-')
                (*text)++;
        return (OmgSpan){start, (gsize)(*text - start)};
}

static gboolean take_identifiers(const char **text, gboolean may_have_zeros)
{
        do {
                OmgSpan one = take_identifier(text);
                if (one.len == 0 ||
                    (!may_have_zeros && one.len > 1 && *one.text == '0' && is_number(one)))
                        return FALSE;
        } while (**text == '.' && (*text)++);
        return TRUE;
}

typedef struct {
        OmgSpan numbers[3];
        const char *pre; /* the pre-release, up to '+' or the end; NULL: none */
} Semver;

static gboolean read_semver(const char *text, Semver *ret)
{
        *ret = (Semver){};
        for (guint i = 0; i < 3; i++) {
                if (i > 0 && *text++ != '.')
                        return FALSE;
                if (!take_strict_number(&text, &ret->numbers[i]))
                        return FALSE;
        }
        if (*text == '-') {
                ret->pre = ++text;
                if (!take_identifiers(&text, FALSE))
                        return FALSE;
        }
        if (*text == '+') {
                text++;
                if (!take_identifiers(&text, TRUE))
                        return FALSE;
        }
        return *text == '\0';
}

/* Numbers are before letters. */
static int compare_identifiers(OmgSpan a, OmgSpan b)
{
        gboolean x = is_number(a), y = is_number(b);

        return x != y ? (x ? -1 : 1)
               : x    ? omg_span_compare_numbers(a, b)
                      : omg_span_compare_bytes(a, b);
}

static int compare_pre(const char *a, const char *b)
{
        if (!a || !b)
                return (a == NULL) - (b == NULL);
        while (TRUE) {
                OmgSpan x = take_identifier(&a), y = take_identifier(&b);
                int order = compare_identifiers(x, y);
                if (order != 0)
                        return order;
                if (*a != '.' || *b != '.')
                        return (*a == '.') - (*b == '.');
                a++;
                b++;
        }
}

static gboolean compare_semver(const char *a, const char *b, int *ret_result)
{
        Semver x, y;
        int order = 0;

        if (!read_semver(a, &x) || !read_semver(b, &y))
                return FALSE;
        for (guint i = 0; i < 3 && order == 0; i++)
                order = omg_span_compare_numbers(x.numbers[i], y.numbers[i]);
        *ret_result = order != 0 ? order : compare_pre(x.pre, y.pre);
        return TRUE;
}

static gboolean is_pvp(const char *text)
{
        do {
                if (omg_span_take_digits(&text).len == 0)
                        return FALSE;
        } while (*text == '.' && text++);
        return *text == '\0';
}

static gboolean compare_pvp(const char *a, const char *b, int *ret_result)
{
        if (!is_pvp(a) || !is_pvp(b))
                return FALSE;
        while (TRUE) {
                OmgSpan x = omg_span_take_digits(&a), y = omg_span_take_digits(&b);
                int order = omg_span_compare_numbers(x, y);
                if (order != 0 || *a != '.' || *b != '.') {
                        *ret_result = order != 0 ? order : (*a == '.') - (*b == '.');
                        return TRUE;
                }
                a++;
                b++;
        }
}

gboolean omg_version_order_compare(OmgOrder order, const char *a, const char *b, int *ret_result)
{
        static gboolean (*const compare[OMG_ORDER_N])(const char *, const char *, int *) = {
                [OMG_ORDER_SEMVER] = compare_semver,
                [OMG_ORDER_PEP440] = omg_order_compare_pep440,
                [OMG_ORDER_GEM] = omg_order_compare_gem,
                [OMG_ORDER_PVP] = compare_pvp,
        };

        return order < OMG_ORDER_N && compare[order] &&
               strnlen(a, OMG_LIMIT_ADVISORY_VERSION + 1) <= OMG_LIMIT_ADVISORY_VERSION &&
               strnlen(b, OMG_LIMIT_ADVISORY_VERSION + 1) <= OMG_LIMIT_ADVISORY_VERSION &&
               compare[order](a, b, ret_result);
}

gboolean omg_version_order_has(OmgOrder order, const char *version)
{
        int result;

        return omg_version_order_compare(order, version, version, &result);
}

void omg_key_append_count(GString *key, gsize count)
{
        g_string_append_c(key, (char)(1 + count / 250));
        g_string_append_c(key, (char)(1 + count % 250));
}

void omg_key_append_number(GString *key, OmgSpan digits)
{
        OmgSpan span = drop_zeros(digits);

        omg_key_append_count(key, span.len);
        g_string_append_len(key, span.text, (gssize)span.len);
}

void omg_key_append_text(GString *key, OmgSpan text, gboolean fold)
{
        for (gsize i = 0; i < text.len; i++)
                g_string_append_c(key, fold ? g_ascii_tolower(text.text[i]) : text.text[i]);
        g_string_append(key, OMG_KEY_END);
}

static void append_identifier(GString *key, OmgSpan one)
{
        if (is_number(one)) {
                g_string_append(key, OMG_KEY_FIRST);
                omg_key_append_number(key, one);
        } else {
                g_string_append(key, OMG_KEY_SECOND);
                omg_key_append_text(key, one, FALSE);
        }
}

static gboolean append_key_semver(const char *version, GString *key)
{
        Semver semver;

        if (!read_semver(version, &semver))
                return FALSE;
        for (guint i = 0; i < 3; i++)
                omg_key_append_number(key, semver.numbers[i]);
        if (!semver.pre) {
                g_string_append(key, OMG_KEY_THIRD);
                return TRUE;
        }
        for (const char *at = semver.pre;; at++) {
                append_identifier(key, take_identifier(&at));
                if (*at != '.')
                        break;
        }
        g_string_append(key, OMG_KEY_END);
        return TRUE;
}

static gboolean append_key_pvp(const char *version, GString *key)
{
        if (!is_pvp(version))
                return FALSE;
        for (const char *at = version;; at++) {
                g_string_append(key, OMG_KEY_FIRST);
                omg_key_append_number(key, omg_span_take_digits(&at));
                if (*at != '.')
                        break;
        }
        g_string_append(key, OMG_KEY_END);
        return TRUE;
}

gboolean omg_version_order_append_key(OmgOrder order, const char *version, GString *key)
{
        static gboolean (*const append[OMG_ORDER_N])(const char *, GString *) = {
                [OMG_ORDER_SEMVER] = append_key_semver,
                [OMG_ORDER_PEP440] = omg_order_append_key_pep440,
                [OMG_ORDER_GEM] = omg_order_append_key_gem,
                [OMG_ORDER_PVP] = append_key_pvp,
        };

        return order < OMG_ORDER_N && append[order] &&
               strnlen(version, OMG_LIMIT_ADVISORY_VERSION + 1) <= OMG_LIMIT_ADVISORY_VERSION &&
               append[order](version, key);
}
