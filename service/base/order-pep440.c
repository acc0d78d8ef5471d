/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/order-private.h"

/* Where a part that is missing stands: before all of its kind, or behind. */
typedef enum { BEFORE = -1, GIVEN, BEHIND } Place;

typedef struct {
        Place place;
        char letter; /* of a pre-release: 'a', 'b' or 'r' */
        OmgSpan number;
} Part;

typedef struct {
        OmgSpan epoch;
        const char *release; /* up to the first byte that is neither digit nor a '.' before one */
        Part pre, post, dev;
        const char *local; /* NULL: none */
} Version;

static gboolean is_separator(char c)
{
        return c == '-' || c == '_' || c == '.';
}

/* Takes a word, in any case. */
static gboolean take_word(const char **text, const char *word)
{
        gsize len = strlen(word);

        if (g_ascii_strncasecmp(*text, word, len) != 0)
                return FALSE;
        *text += len;
        return TRUE;
}

/* "[-_.]?word[-_.]?[0-9]*" for the first of the words that fits. */
static const char *take_part(const char **text, const char *const *words, OmgSpan *ret_number)
{
        const char *at = *text + is_separator(**text);

        for (guint i = 0; words[i]; i++)
                if (take_word(&at, words[i])) {
                        at += is_separator(*at);
                        *ret_number = omg_span_take_digits(&at);
                        *text = at;
                        return words[i];
                }
        return NULL;
}

static gboolean take_release(const char **text)
{
        if (omg_span_take_digits(text).len == 0)
                return FALSE;
        while (**text == '.' && g_ascii_isdigit((*text)[1])) {
                (*text)++;
                (void)omg_span_take_digits(text);
        }
        return TRUE;
}

static gboolean take_local(const char **text)
{
        do {
                const char *start = *text;
                while (g_ascii_isalnum(**text))
                        (*text)++;
                if (*text == start)
                        return FALSE;
        } while (is_separator(**text) && (*text)++);
        return TRUE;
}

static void take_post(const char **text, Part *ret)
{
        static const char *const words[] = {"post", "rev", "r", NULL};

        if (**text == '-' && g_ascii_isdigit((*text)[1])) {
                (*text)++;
                ret->number = omg_span_take_digits(text);
                ret->place = GIVEN;
        } else if (take_part(text, words, &ret->number))
                ret->place = GIVEN;
}

static void take_suffixes(const char **text, Version *ret)
{
        static const char *const pre_words[] = {"alpha", "a",  "beta", "b", "preview",
                                                "pre",   "rc", "c",    NULL};
        static const char *const dev_words[] = {"dev", NULL};
        const char *pre = take_part(text, pre_words, &ret->pre.number);

        ret->post.place = BEFORE;
        take_post(text, &ret->post);
        gboolean dev = take_part(text, dev_words, &ret->dev.number) != NULL;
        ret->dev.place = dev ? GIVEN : BEHIND;
        if (pre)
                ret->pre.letter = *pre == 'a' || *pre == 'b' ? *pre : 'r';
        /* 1.0.dev1 is before 1.0a1; 1.0.post1.dev1 is not. */
        else
                ret->pre.place = dev && ret->post.place == BEFORE ? BEFORE : BEHIND;
}

static gboolean read_version(const char *text, Version *ret)
{
        *ret = (Version){};
        text += *text == 'v' || *text == 'V';
        const char *at = text;
        OmgSpan first = omg_span_take_digits(&at);
        if (first.len > 0 && *at == '!') {
                ret->epoch = first;
                text = at + 1;
        }
        ret->release = text;
        if (!take_release(&text))
                return FALSE;
        take_suffixes(&text, ret);
        if (*text == '+') {
                ret->local = ++text;
                if (!take_local(&text))
                        return FALSE;
        }
        return *text == '\0';
}

/* The next number of a release, 0 (empty) behind its end. */
static OmgSpan next_number(const char **release, gboolean *ret_more)
{
        OmgSpan number = omg_span_take_digits(release);

        if (**release == '.' && g_ascii_isdigit((*release)[1])) {
                (*release)++;
                *ret_more = TRUE;
        } else {
                /* Nothing more is taken from here. */
                *release = "";
        }
        return number;
}

static int compare_releases(const char *a, const char *b)
{
        gboolean more = TRUE;

        while (more) {
                more = FALSE;
                OmgSpan x = next_number(&a, &more), y = next_number(&b, &more);
                int order = omg_span_compare_numbers(x, y);
                if (order != 0)
                        return order;
        }
        return 0;
}

static int compare_parts(const Part *a, const Part *b)
{
        if (a->place != b->place)
                return a->place < b->place ? -1 : 1;
        if (a->place != GIVEN)
                return 0;
        return a->letter != b->letter ? (a->letter < b->letter ? -1 : 1)
                                      : omg_span_compare_numbers(a->number, b->number);
}

static OmgSpan next_local(const char **local, gboolean *ret_is_number)
{
        const char *start = *local;

        *ret_is_number = TRUE;
        while (g_ascii_isalnum(**local)) {
                *ret_is_number &= g_ascii_isdigit(**local);
                (*local)++;
        }
        return (OmgSpan){start, (gsize)(*local - start)};
}

/* Letters regardless of case. */
static int compare_letters(OmgSpan a, OmgSpan b)
{
        int order = g_ascii_strncasecmp(a.text, b.text, MIN(a.len, b.len));

        return order != 0 ? (order < 0 ? -1 : 1) : (a.len > b.len) - (a.len < b.len);
}

/* Numbers are behind letters, a shorter one is before a longer one. */
static int compare_locals(const char *a, const char *b)
{
        if (!a || !b)
                return (a != NULL) - (b != NULL);
        while (TRUE) {
                gboolean x_number, y_number;
                OmgSpan x = next_local(&a, &x_number), y = next_local(&b, &y_number);
                if (x_number != y_number)
                        return x_number ? 1 : -1;
                int order = x_number ? omg_span_compare_numbers(x, y) : compare_letters(x, y);
                if (order != 0 || *a == '\0' || *b == '\0')
                        return order != 0 ? order : (*a != '\0') - (*b != '\0');
                a++;
                b++;
        }
}

gboolean omg_order_compare_pep440(const char *a, const char *b, int *ret_result)
{
        Version x, y;

        if (!read_version(a, &x) || !read_version(b, &y))
                return FALSE;
        int order = omg_span_compare_numbers(x.epoch, y.epoch);
        if (order == 0)
                order = compare_releases(x.release, y.release);
        if (order == 0)
                order = compare_parts(&x.pre, &y.pre);
        if (order == 0)
                order = compare_parts(&x.post, &y.post);
        if (order == 0)
                order = compare_parts(&x.dev, &y.dev);
        *ret_result = order != 0 ? order : compare_locals(x.local, y.local);
        return TRUE;
}

/* Zeros at the end do not count. */
static void append_release(GString *key, const char *release)
{
        gsize kept = key->len;
        gboolean more = TRUE;

        while (more) {
                more = FALSE;
                OmgSpan number = next_number(&release, &more);
                g_string_append(key, OMG_KEY_FIRST);
                omg_key_append_number(key, number);
                if (omg_span_compare_numbers(number, (OmgSpan){"", 0}) != 0)
                        kept = key->len;
        }
        g_string_truncate(key, kept);
        g_string_append(key, OMG_KEY_END);
}

static void append_part(GString *key, const Part *part)
{
        g_string_append(key, part->place == BEFORE  ? OMG_KEY_END
                             : part->place == GIVEN ? OMG_KEY_FIRST
                                                    : OMG_KEY_SECOND);
        if (part->place != GIVEN)
                return;
        if (part->letter)
                g_string_append_c(key, part->letter);
        omg_key_append_number(key, part->number);
}

static void append_local(GString *key, const char *local)
{
        while (local) {
                gboolean is_digits;
                OmgSpan one = next_local(&local, &is_digits);
                g_string_append(key, is_digits ? OMG_KEY_SECOND : OMG_KEY_FIRST);
                if (is_digits)
                        omg_key_append_number(key, one);
                else
                        omg_key_append_text(key, one, TRUE);
                local = *local ? local + 1 : NULL;
        }
        g_string_append(key, OMG_KEY_END);
}

gboolean omg_order_append_key_pep440(const char *version, GString *key)
{
        Version read;

        if (!read_version(version, &read))
                return FALSE;
        omg_key_append_number(key, read.epoch);
        append_release(key, read.release);
        append_part(key, &read.pre);
        append_part(key, &read.post);
        append_part(key, &read.dev);
        append_local(key, read.local);
        return TRUE;
}
