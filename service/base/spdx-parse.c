/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/error.h"
#include "base/limits-score.h"
#include "base/spdx-private.h"

#define ALNUM "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

typedef struct {
        const char *text;
        const char *at;
        guint depth;
        guint n_terms;
} Reader;

G_GNUC_PRINTF(4, 5)
static gboolean fail(const Reader *reader, const char *at, GError **error, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        (void)omg_error_set_at(error, "licence expression", (gsize)(at - reader->text), format,
                               args);
        va_end(args);
        return FALSE;
}

static void skip_blanks(Reader *reader)
{
        reader->at += strspn(reader->at, " ");
}

static gboolean is_operator(const char *word)
{
        return g_str_equal(word, "AND") || g_str_equal(word, "OR") || g_str_equal(word, "WITH") ||
               g_str_equal(word, "and") || g_str_equal(word, "or") || g_str_equal(word, "with");
}

/* Takes one of the two, with blanks around it, if it is next. */
static gboolean take_operator(Reader *reader, const char *upper, const char *lower)
{
        const char *at = reader->at + strspn(reader->at, " ");
        gsize length = strlen(upper);

        if (at == reader->at || at[strnlen(at, length)] != ' ' ||
            (strncmp(at, upper, length) != 0 && strncmp(at, lower, length) != 0))
                return FALSE;
        reader->at = at + length;
        return TRUE;
}

/* "DocumentRef-NAME:" if it is there, and what must follow it then. */
static const char *skip_document(const char *word)
{
        const char *colon = strchr(word, ':');

        if (!colon || !g_str_has_prefix(word, "DocumentRef-"))
                return word;
        const char *name = word + strlen("DocumentRef-");
        return name + strcspn(name, ALNUM) < colon ? colon + 1 : word;
}

/* A word of an expression: @reference is what one of ours begins with. */
static gboolean check_word(const Reader *reader, const char *at, const char *word,
                           const char *reference, gboolean plus, GError **error)
{
        const char *rest = skip_document(word);
        gboolean is_reference = g_str_has_prefix(rest, reference);
        const char *name = is_reference ? rest + strlen(reference) : rest;

        if (is_operator(word))
                return fail(reader, at, error, "%s where a licence is expected", word);
        if (strcspn(name, ALNUM) == strlen(name))
                return fail(reader, at, error, "a name is expected");
        if (strchr(name, ':') || (!is_reference && omg_spdx_is_reference(word)))
                return fail(reader, at, error, "not the form of a reference: %.40s", word);
        if (is_reference && plus)
                return fail(reader, at, error, "%.40s takes no +", word);
        if (g_ascii_strcasecmp(word, "NONE") == 0 || g_ascii_strcasecmp(word, "NOASSERTION") == 0)
                return fail(reader, at, error, "%s names no licence", word);
        return TRUE;
}

static char *read_word(Reader *reader, const char *reference, gboolean *ret_plus, GError **error)
{
        skip_blanks(reader);
        const char *at = reader->at;
        gsize length = strspn(at, ALNUM "-.:");
        gboolean plus = ret_plus && at[length] == '+';
        g_autofree char *word = g_strndup(at, length);

        if (!check_word(reader, at, word, reference, plus, error))
                return NULL;
        reader->at += length + (plus ? 1 : 0);
        if (*reader->at && !strchr(" )", *reader->at)) {
                (void)fail(reader, reader->at, error, "a blank or the end is expected");
                return NULL;
        }
        if (ret_plus)
                *ret_plus = plus;
        return g_steal_pointer(&word);
}

static OmgSpdx *read_license(Reader *reader, GError **error)
{
        gboolean plus;
        g_autofree char *id = read_word(reader, "LicenseRef-", &plus, error);
        g_autofree char *addition = NULL;

        if (!id)
                return NULL;
        if (take_operator(reader, "WITH", "with") &&
            !(addition = read_word(reader, "AdditionRef-", NULL, error)))
                return NULL;
        if (++reader->n_terms > OMG_LIMIT_LICENSE_TERMS) {
                (void)fail(reader, reader->at, error, "more than %u licences",
                           OMG_LIMIT_LICENSE_TERMS);
                return NULL;
        }
        return omg_spdx_new_license(g_steal_pointer(&id), plus, g_steal_pointer(&addition));
}

static OmgSpdx *read_or(Reader *reader, GError **error);

static OmgSpdx *read_group(Reader *reader, GError **error)
{
        if (++reader->depth > OMG_LIMIT_LICENSE_DEPTH) {
                (void)fail(reader, reader->at, error, "more than %u parentheses in one another",
                           OMG_LIMIT_LICENSE_DEPTH);
                return NULL;
        }
        reader->at++;
        g_autoptr(OmgSpdx) inner = read_or(reader, error);
        if (!inner)
                return NULL;
        skip_blanks(reader);
        if (*reader->at != ')') {
                (void)fail(reader, reader->at, error, "AND, OR or ) is expected");
                return NULL;
        }
        reader->at++;
        reader->depth--;
        return g_steal_pointer(&inner);
}

static OmgSpdx *read_term(Reader *reader, GError **error)
{
        skip_blanks(reader);
        return *reader->at == '(' ? read_group(reader, error) : read_license(reader, error);
}

static OmgSpdx *read_and(Reader *reader, GError **error)
{
        g_autoptr(OmgSpdx) spdx = read_term(reader, error);

        while (spdx && take_operator(reader, "AND", "and")) {
                OmgSpdx *next = read_term(reader, error);
                if (!next)
                        return NULL;
                spdx = omg_spdx_join(OMG_SPDX_AND, spdx, next);
        }
        return g_steal_pointer(&spdx);
}

static OmgSpdx *read_or(Reader *reader, GError **error)
{
        g_autoptr(OmgSpdx) spdx = read_and(reader, error);

        while (spdx && take_operator(reader, "OR", "or")) {
                OmgSpdx *next = read_and(reader, error);
                if (!next)
                        return NULL;
                spdx = omg_spdx_join(OMG_SPDX_OR, spdx, next);
        }
        return g_steal_pointer(&spdx);
}

OmgSpdx *omg_spdx_parse(const char *text, GError **error)
{
        Reader reader = {.text = text, .at = text};

        if (strnlen(text, OMG_LIMIT_LICENSE + 1) > OMG_LIMIT_LICENSE) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS,
                            "licence expression: longer than %u bytes", OMG_LIMIT_LICENSE);
                return NULL;
        }
        g_autoptr(OmgSpdx) spdx = read_or(&reader, error);
        if (!spdx)
                return NULL;
        skip_blanks(&reader);
        if (*reader.at) {
                (void)fail(&reader, reader.at, error, "AND, OR or the end is expected");
                return NULL;
        }
        return g_steal_pointer(&spdx);
}
