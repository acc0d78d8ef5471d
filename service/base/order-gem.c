/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/limits-advisories.h"
#include "base/order-private.h"

#define MAX_SEGMENTS OMG_LIMIT_ADVISORY_VERSION

typedef struct {
        OmgSpan span;
        gboolean is_number;
} Segment;

typedef struct {
        Segment segments[MAX_SEGMENTS];
        guint n;
} Version;

/* "[0-9]+(\.[0-9a-zA-Z]+)*(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?" */
static gboolean is_version(const char *text)
{
        gboolean dashed = FALSE, begins = TRUE;

        if (!g_ascii_isdigit(*text))
                return FALSE;
        while (g_ascii_isdigit(*text))
                text++;
        for (; *text; text++) {
                if (!dashed && *text == '-') {
                        if (begins && text[-1] == '.')
                                return FALSE;
                        dashed = TRUE;
                        begins = TRUE;
                } else if (*text == '.') {
                        if (text[-1] == '.' || (dashed && begins))
                                return FALSE;
                        begins = TRUE;
                } else if (g_ascii_isalnum(*text) || (dashed && *text == '-')) {
                        /* Letters right behind the first number are no segment of it. */
                        if (!dashed && begins && text[-1] != '.')
                                return FALSE;
                        begins = FALSE;
                } else
                        return FALSE;
        }
        return !begins || g_ascii_isdigit(text[-1]);
}

static void add_segment(Version *version, OmgSpan span, gboolean is_number)
{
        if (version->n < MAX_SEGMENTS)
                version->segments[version->n++] = (Segment){span, is_number};
}

static gboolean is_zero(const Segment *segment)
{
        return segment->is_number && omg_span_compare_numbers(segment->span, (OmgSpan){"", 0}) == 0;
}

/* Drops zeros from the end down to @from. */
static void drop_zeros(Version *version, guint from)
{
        while (version->n > from && is_zero(&version->segments[version->n - 1]))
                version->n--;
}

/* Runs of digits and of letters, '-' being "pre"; without the zeros before the first letters, and
 * those at the end. */
static void split(const char *text, Version *version)
{
        gboolean has_letters = FALSE;
        guint from = 0;

        version->n = 0;
        while (*text) {
                const char *start = text;
                gboolean is_number = g_ascii_isdigit(*text);
                while (is_number ? g_ascii_isdigit(*text) : g_ascii_isalpha(*text))
                        text++;
                OmgSpan span = {start, (gsize)(text - start)};
                if (span.len == 0 && *text++ == '-')
                        span = (OmgSpan){"pre", 3};
                if (span.len == 0)
                        continue;
                if (!is_number && !has_letters) {
                        drop_zeros(version, 0);
                        from = version->n;
                        has_letters = TRUE;
                }
                add_segment(version, span, is_number);
        }
        drop_zeros(version, from);
}

static int compare_segments(const Segment *a, const Segment *b)
{
        if (a->is_number != b->is_number)
                return a->is_number ? 1 : -1;
        return a->is_number ? omg_span_compare_numbers(a->span, b->span)
                            : omg_span_compare_bytes(a->span, b->span);
}

gboolean omg_order_compare_gem(const char *a, const char *b, int *ret_result)
{
        static const Segment zero = {{"0", 1}, TRUE};
        Version x, y;
        int order = 0;

        if (!is_version(a) || !is_version(b))
                return FALSE;
        split(a, &x);
        split(b, &y);
        for (guint i = 0; i < MAX(x.n, y.n) && order == 0; i++)
                order = compare_segments(i < x.n ? &x.segments[i] : &zero,
                                         i < y.n ? &y.segments[i] : &zero);
        *ret_result = order;
        return TRUE;
}

/* The end counts as zeros without end: what begins with zeros is before it when letters follow
 * them, the more zeros the later, and behind it when a number does, the more zeros the earlier. No
 * zeros are the last ones. */
static void append_zeros(GString *key, guint n, gboolean is_number)
{
        g_string_append(key, is_number ? OMG_KEY_FOURTH : OMG_KEY_SECOND);
        omg_key_append_count(key, is_number ? MAX_SEGMENTS - n : n);
}

gboolean omg_order_append_key_gem(const char *version, GString *key)
{
        Version read;
        guint zeros = 0;

        if (!is_version(version))
                return FALSE;
        split(version, &read);
        for (guint i = 0; i < read.n; i++) {
                const Segment *segment = &read.segments[i];
                if (is_zero(segment)) {
                        zeros++;
                        continue;
                }
                if (zeros > 0)
                        append_zeros(key, zeros, segment->is_number);
                zeros = 0;
                g_string_append(key, segment->is_number ? OMG_KEY_FIFTH : OMG_KEY_FIRST);
                if (segment->is_number)
                        omg_key_append_number(key, segment->span);
                else
                        omg_key_append_text(key, segment->span, FALSE);
        }
        g_string_append(key, OMG_KEY_THIRD);
        return TRUE;
}
