/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/runtime-match.h"

#include <string.h>

#include "base/version.h"

/* ---- ranges ---- */

typedef struct {
        guint64 part[3];
        guint n; /* parts that are given */
} Triple;

/* From <= version < to. */
typedef struct {
        Triple from, to;
} Span;

#define ANY_PART G_MAXUINT64

static int triple_compare(const Triple *a, const Triple *b)
{
        for (guint i = 0; i < 3; i++)
                if (a->part[i] != b->part[i])
                        return a->part[i] < b->part[i] ? -1 : 1;
        return 0;
}

/* The next one of the given precision: 1.2 is followed by 1.3. With none given there is no end. */
static Triple triple_next(const Triple *triple, guint n)
{
        Triple next = {.n = 3};

        if (n == 0)
                return (Triple){{ANY_PART, ANY_PART, ANY_PART}, 3};
        for (guint i = 0; i < n; i++)
                next.part[i] = triple->part[i];
        next.part[n - 1]++;
        return next;
}

/* "1.2.3", "1.2", "1.x", "v1", "*"; behind it may be what belongs to no number. Returns the length;
 * 0: it is none. */
static gsize read_triple(const char *text, Triple *ret_triple, gboolean *ret_is_pre)
{
        const char *at = text + (text[0] == 'v' && g_ascii_isdigit(text[1]));
        Triple triple = {};
        gboolean is_open = FALSE;

        for (guint i = 0; i < 3; i++) {
                char *end;

                if (i > 0 && *at != '.')
                        break;
                at += i > 0;
                if (*at == 'x' || *at == 'X' || *at == '*') {
                        is_open = TRUE;
                        at++;
                        continue;
                }
                if (!g_ascii_isdigit(*at))
                        return 0;
                triple.part[i] = MIN(g_ascii_strtoull(at, &end, 10), G_MAXUINT32);
                triple.n += !is_open;
                at = end;
        }
        *ret_is_pre = *at == '-' || g_ascii_isalpha(*at);
        *ret_triple = triple;
        return (gsize)(at - text) + strcspn(at, " |");
}

static Span get_caret_span(const Triple *version)
{
        guint n = 1;

        /* The first part that is not 0 stays. */
        while (n < version->n && version->part[n - 1] == 0)
                n++;
        return (Span){*version, triple_next(version, MIN(n, version->n))};
}

static gboolean get_span(const char *op, gsize op_length, const Triple *version, Span *ret_span)
{
        static const Triple end = {{ANY_PART, ANY_PART, ANY_PART}, 3};
        const Triple next = triple_next(version, version->n);
        const struct {
                const char *op;
                Span span;
        } table[] = {
                {"", {*version, next}},
                {"=", {*version, next}},
                {">=", {*version, end}},
                {">", {next, end}},
                {"<=", {{}, next}},
                {"<", {{}, *version}},
                {"~", {*version, triple_next(version, MIN(version->n, 2u))}},
                {"~>", {*version, triple_next(version, MIN(version->n, 2u))}},
                {"^", get_caret_span(version)},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(table); i++)
                if (strlen(table[i].op) == op_length && strncmp(op, table[i].op, op_length) == 0) {
                        *ret_span = table[i].span;
                        return TRUE;
                }
        return FALSE;
}

static gboolean is_inside(const Span *span, const Triple *version)
{
        return triple_compare(&span->from, version) <= 0 && triple_compare(version, &span->to) < 0;
}

/* "1.2 - 2.3" at the first of the two: "<=" of the second. */
static gsize read_hyphen(const char *text, Span *span)
{
        Triple last;
        gboolean is_pre;
        gsize n;

        if (!g_str_has_prefix(text, " - "))
                return 0;
        n = read_triple(text + 3, &last, &is_pre);
        if (n == 0)
                return 0;
        span->to = triple_next(&last, last.n);
        return 3 + n;
}

/* One alternative, up to "||" or the end. NULL in *text: it is no range. */
static gboolean is_in_alternative(const char **text, const Triple *version)
{
        gboolean is_in = TRUE;

        for (;;) {
                const char *at = *text + strspn(*text, " ");
                gsize op_length = strspn(at, "<>=~^");
                const char *op = at;
                gboolean is_pre;
                Triple bound;
                Span span;
                gsize n;

                if (*at == '\0' || *at == '|') {
                        *text = at;
                        return is_in;
                }
                at += op_length;
                at += strspn(at, " ");
                n = read_triple(at, &bound, &is_pre);
                if (n == 0 || !get_span(op, op_length, &bound, &span)) {
                        *text = NULL;
                        return FALSE;
                }
                at += n;
                at += op_length == 0 ? read_hyphen(at, &span) : 0;
                is_in &= is_inside(&span, version);
                *text = at;
        }
}

static gboolean is_in_range(const char *range, const char *version)
{
        gboolean is_pre = FALSE, is_in = FALSE;
        Triple triple;

        if (read_triple(version, &triple, &is_pre) == 0 || is_pre)
                return FALSE;
        for (;;) {
                is_in |= is_in_alternative(&range, &triple);
                if (!range)
                        return FALSE;
                if (!g_str_has_prefix(range, "||"))
                        return is_in && *range == '\0';
                range += 2;
        }
}

/* ---- all kinds of wishes ---- */

gboolean omg_runtime_is_version(const char *wanted)
{
        return g_ascii_isdigit(wanted[0]) && wanted[strcspn(wanted, " *<>=~^|xX")] == '\0';
}

static gboolean is_exact(const OmgRuntime *runtime, const char *wanted)
{
        if (g_str_equal(runtime->version, wanted))
                return TRUE;
        return g_ptr_array_find_with_equal_func(runtime->aliases, wanted, g_str_equal, NULL);
}

static gboolean is_prefix(const char *wanted, const char *version)
{
        gsize n = strlen(wanted);

        return n > 0 && strncmp(version, wanted, n) == 0 &&
               (version[n] == '\0' || version[n] == '.' || version[n] == '-');
}

static gboolean is_any(const char *wanted, const char *version)
{
        return g_ascii_isdigit(version[0]);
}

static gboolean is_candidate(const OmgRuntime *runtime, const OmgRuntimeWish *wish)
{
        return g_str_equal(runtime->name, wish->name) &&
               (wish->source == OMG_RUNTIME_FILE || wish->source == runtime->source);
}

typedef gboolean (*Test)(const char *wanted, const char *version);

static const OmgRuntime *find_newest(const GPtrArray *installed, const OmgRuntimeWish *wish,
                                     const char *wanted, Test test)
{
        const OmgRuntime *best = NULL;

        for (guint i = 0; i < installed->len; i++) {
                const OmgRuntime *runtime = installed->pdata[i];

                if (is_candidate(runtime, wish) && test(wanted, runtime->version) &&
                    (!best || omg_version_compare(runtime->version, best->version) > 0))
                        best = runtime;
        }
        return best;
}

static const OmgRuntime *find_exact(const GPtrArray *installed, const OmgRuntimeWish *wish)
{
        for (guint i = 0; i < installed->len; i++)
                if (is_candidate(installed->pdata[i], wish) &&
                    is_exact(installed->pdata[i], wish->wanted))
                        return installed->pdata[i];
        return NULL;
}

static const OmgRuntime *find_path(const GPtrArray *installed, const OmgRuntimeWish *wish,
                                   const char *path)
{
        for (guint i = 0; i < installed->len; i++) {
                const OmgRuntime *runtime = installed->pdata[i];
                if (g_str_equal(runtime->name, wish->name) &&
                    (g_str_equal(runtime->origin, path) || g_str_equal(runtime->bin, path)))
                        return runtime;
        }
        return NULL;
}

static const OmgRuntime *find_system(const GPtrArray *installed, const OmgRuntimeWish *wish)
{
        for (guint i = 0; i < installed->len; i++) {
                const OmgRuntime *runtime = installed->pdata[i];
                if (g_str_equal(runtime->name, wish->name) && runtime->is_first)
                        return runtime;
        }
        return NULL;
}

const OmgRuntime *omg_runtime_match(const GPtrArray *installed, const OmgRuntimeWish *wish)
{
        static const char *const newest[] = {"latest", "*", "x", "node", NULL};
        const char *wanted = wish->wanted;
        const OmgRuntime *found;

        if (g_str_has_prefix(wanted, "path:"))
                return find_path(installed, wish, wanted + strlen("path:"));
        if (g_str_equal(wanted, "system"))
                return find_system(installed, wish);
        if (g_str_has_prefix(wanted, "prefix:"))
                return find_newest(installed, wish, wanted + strlen("prefix:"), is_prefix);
        found = find_exact(installed, wish);
        if (!found && g_strv_contains(newest, wanted))
                return find_newest(installed, wish, wanted, is_any);
        found = found ?: find_newest(installed, wish, wanted, is_prefix);
        return found ?: find_newest(installed, wish, wanted, is_in_range);
}
