/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/version.h"

#include <string.h>

typedef struct {
        const char *at;
        const char *end;
} Span;

/* The parts of "[epoch:]version[-pkgrel]"; pkgrel.at is NULL where there is none. */
typedef struct {
        Span epoch;
        Span version;
        Span pkgrel;
} Evr;

static gboolean span_is_empty(const Span *span)
{
        return span->at == span->end;
}

static gboolean span_starts_alpha(const Span *span)
{
        return !span_is_empty(span) && g_ascii_isalpha(*span->at);
}

static gboolean is_separator(char c)
{
        return !g_ascii_isalnum(c);
}

static gboolean is_digit(char c)
{
        return g_ascii_isdigit(c);
}

static gboolean is_alpha(char c)
{
        return g_ascii_isalpha(c);
}

/* Cuts the longest prefix of which each byte is of that kind, and returns it. */
static Span span_take(Span *span, gboolean (*kind)(char))
{
        Span taken = {span->at, span->at};

        while (taken.end < span->end && kind(*taken.end))
                taken.end++;
        span->at = taken.end;
        return taken;
}

static int sign(gssize difference)
{
        return (difference > 0) - (difference < 0);
}

static gssize span_length(const Span *span)
{
        return span->end - span->at;
}

/* As strcmp. */
static int span_compare_bytes(const Span *a, const Span *b)
{
        gssize shorter = MIN(span_length(a), span_length(b));
        int r = shorter > 0 ? memcmp(a->at, b->at, (gsize)shorter) : 0;

        return r != 0 ? sign(r) : sign(span_length(a) - span_length(b));
}

/* Two runs of digits by their value, however long they are. */
static int span_compare_numbers(Span a, Span b)
{
        while (!span_is_empty(&a) && *a.at == '0')
                a.at++;
        while (!span_is_empty(&b) && *b.at == '0')
                b.at++;
        if (span_length(&a) != span_length(&b))
                return sign(span_length(&a) - span_length(&b));
        return span_compare_bytes(&a, &b);
}

/* rpm's algorithm as libalpm has it: runs of digits or of letters, one after the other. Which
 * character separates them does not count, how many do does. */
static int compare_part(Span a, Span b)
{
        if (span_compare_bytes(&a, &b) == 0)
                return 0;

        while (!span_is_empty(&a) && !span_is_empty(&b)) {
                Span separator_a = span_take(&a, is_separator);
                Span separator_b = span_take(&b, is_separator);
                if (span_is_empty(&a) || span_is_empty(&b))
                        break;
                if (span_length(&separator_a) != span_length(&separator_b))
                        return sign(span_length(&separator_a) - span_length(&separator_b));

                gboolean number = is_digit(*a.at);
                Span run_a = span_take(&a, number ? is_digit : is_alpha);
                Span run_b = span_take(&b, number ? is_digit : is_alpha);
                /* A number is newer than letters. */
                if (span_is_empty(&run_b))
                        return number ? 1 : -1;

                int r = number ? span_compare_numbers(run_a, run_b)
                               : span_compare_bytes(&run_a, &run_b);
                if (r != 0)
                        return r;
        }

        if (span_is_empty(&a) && span_is_empty(&b))
                return 0;
        /* What is left decides: letters make it older ("1.0rc" before "1.0"), all else newer. */
        if ((span_is_empty(&a) && !span_starts_alpha(&b)) || span_starts_alpha(&a))
                return -1;
        return 1;
}

static Evr split(const char *text, gsize length)
{
        Evr evr = {
                .epoch = {"0", NULL},
                .version = {text, text + length},
        };
        Span rest = evr.version;
        Span digits = span_take(&rest, is_digit);

        evr.epoch.end = evr.epoch.at + 1;
        if (!span_is_empty(&rest) && *rest.at == ':') {
                /* ":1.0" is epoch 0, as is no epoch at all. */
                if (!span_is_empty(&digits))
                        evr.epoch = digits;
                evr.version.at = rest.at + 1;
        }

        /* The digits are no place to look for the pkgrel's dash, but the colon would be. */
        for (const char *p = rest.end; p > rest.at; p--)
                if (p[-1] == '-') {
                        evr.pkgrel = (Span){p, rest.end};
                        evr.version.end = p - 1;
                        break;
                }
        return evr;
}

int omg_version_compare_spans(const char *a, gsize a_length, const char *b, gsize b_length)
{
        /* An empty span may be NULL, which memcmp and pointer arithmetic do not like. */
        a = a_length > 0 ? a : "";
        b = b_length > 0 ? b : "";
        if (a_length == b_length && memcmp(a, b, a_length) == 0)
                return 0;

        Evr evr_a = split(a, a_length);
        Evr evr_b = split(b, b_length);

        int r = compare_part(evr_a.epoch, evr_b.epoch);
        if (r == 0)
                r = compare_part(evr_a.version, evr_b.version);
        if (r == 0 && evr_a.pkgrel.at && evr_b.pkgrel.at)
                r = compare_part(evr_a.pkgrel, evr_b.pkgrel);
        return r;
}

int omg_version_compare(const char *a, const char *b)
{
        if (!a || !b)
                return (a != NULL) - (b != NULL);
        return omg_version_compare_spans(a, strlen(a), b, strlen(b));
}

gboolean omg_version_result_satisfies(int result, OmgDepMod mod)
{
        switch (mod) {
        case OMG_DEP_MOD_EQ:
                return result == 0;
        case OMG_DEP_MOD_GE:
                return result >= 0;
        case OMG_DEP_MOD_LE:
                return result <= 0;
        case OMG_DEP_MOD_GT:
                return result > 0;
        case OMG_DEP_MOD_LT:
                return result < 0;
        case OMG_DEP_MOD_ANY:
                break;
        }
        return TRUE;
}

gboolean omg_version_satisfies(const char *version, OmgDepMod mod, const char *wanted)
{
        return mod == OMG_DEP_MOD_ANY ||
               omg_version_result_satisfies(omg_version_compare(version, wanted), mod);
}
