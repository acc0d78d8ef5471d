/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sources/aur-question.h"

#include <string.h>

#include "base/error.h"
#include "base/limits-aur.h"
#include "base/limits.h"
#include "base/text.h"

static const char *const words[] = {
#define X(symbol, word) word,
        OMG_AUR_BY_TABLE(X)
#undef X
};

static gboolean refuse(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

static gboolean refuse(GError **error, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        g_propagate_error(error,
                          g_error_new_valist(OMG_ERROR, OMG_ERROR_INVALID_ARGS, format, args));
        va_end(args);
        return FALSE;
}

static gboolean find_by(const char *word, OmgAurBy *ret_by, GError **error)
{
        for (guint i = 0; i < OMG_AUR_BY_N; i++)
                if (g_str_equal(words[i], word)) {
                        *ret_by = (OmgAurBy)i;
                        return TRUE;
                }
        return refuse(error,
                      "by: \"%.64s\" is none of info, name, name-desc, maintainer, submitter, "
                      "depends, makedepends, optdepends, checkdepends, provides, conflicts, "
                      "replaces, groups, keywords and comaintainers",
                      word);
}

static gboolean check_names(const char *const *names, GError **error)
{
        for (guint i = 0; names[i]; i++) {
                if (i == OMG_LIMIT_ROWS)
                        return refuse(error, "arguments has more than %u names", OMG_LIMIT_ROWS);
                if (!omg_package_name_check(names[i], error)) {
                        g_prefix_error(error, "arguments, number %u: ", i + 1);
                        return FALSE;
                }
        }
        return TRUE;
}

static gboolean check_text(const char *by, const char *const *arguments, GError **error)
{
        const char *text = arguments[0];

        if (arguments[1])
                return refuse(error, "arguments: \"%s\" takes exactly one", by);
        if (strlen(text) > OMG_LIMIT_QUERY)
                return refuse(error, "arguments: more than %u bytes", OMG_LIMIT_QUERY);
        if (g_utf8_strlen(text, -1) < OMG_LIMIT_AUR_ARG)
                return refuse(error, "arguments: \"%s\" has fewer than %u characters", text,
                              OMG_LIMIT_AUR_ARG);
        for (const char *c = text; *c; c = g_utf8_next_char(c))
                if (g_unichar_iscntrl(g_utf8_get_char(c)))
                        return refuse(error, "arguments: a control character at byte %u",
                                      (guint)(c - text));
        return TRUE;
}

static int compare(gconstpointer a, gconstpointer b)
{
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Whoever asks for the same names in another order asks the same. */
static GStrv sort(const char *const *arguments)
{
        g_autoptr(GPtrArray) sorted = g_ptr_array_new();
        GPtrArray *unique = g_ptr_array_new();

        for (; *arguments; arguments++)
                g_ptr_array_add(sorted, (gpointer)*arguments);
        g_ptr_array_sort(sorted, compare);
        for (guint i = 0; i < sorted->len; i++)
                if (i == 0 || !g_str_equal(sorted->pdata[i - 1], sorted->pdata[i]))
                        g_ptr_array_add(unique, g_strdup(sorted->pdata[i]));
        g_ptr_array_add(unique, NULL);
        return (GStrv)g_ptr_array_free(unique, FALSE);
}

OmgAurQuestion *omg_aur_question_new(const char *word, const char *const *arguments, GError **error)
{
        OmgAurBy by = OMG_AUR_BY_INFO;
        OmgAurQuestion *question;

        if (!find_by(word, &by, error))
                return NULL;
        if (!arguments[0]) {
                (void)refuse(error, "arguments is empty");
                return NULL;
        }
        if (by == OMG_AUR_BY_INFO ? !check_names(arguments, error)
                                  : !check_text(word, arguments, error))
                return NULL;
        question = g_atomic_rc_box_new0(OmgAurQuestion);
        question->by = by;
        question->arguments = sort(arguments);
        /* No argument holds a control character. */
        g_autofree char *joined = g_strjoinv("\n", question->arguments);
        question->key = g_strconcat(word, "\n", joined, NULL);
        return question;
}

OmgAurQuestion *omg_aur_question_ref(OmgAurQuestion *question)
{
        return g_atomic_rc_box_acquire(question);
}

static void clear(gpointer data)
{
        OmgAurQuestion *question = data;

        g_strfreev(question->arguments);
        g_free(question->key);
}

void omg_aur_question_unref(OmgAurQuestion *question)
{
        if (question)
                g_atomic_rc_box_release_full(question, clear);
}

/* ---- URLs ---- */

/* All but letters, digits and "-._~" (RFC 3986, 2.3) is encoded: no argument can be more than the
 * value of one parameter. */
static char *encode(const char *text)
{
        return g_uri_escape_string(text, NULL, FALSE);
}

static char *make_search_url(const OmgAurQuestion *question, const char *base)
{
        g_autofree char *argument = encode(question->arguments[0]);

        return g_strdup_printf("%s/rpc/v5/search?by=%s&arg=%s", base, words[question->by],
                               argument);
}

/* "arg[]=", encoded, as url.Values of the server's language does it. */
#define ARGUMENT "arg%5B%5D="

GStrv omg_aur_question_dup_urls(const OmgAurQuestion *question, const char *base)
{
        GPtrArray *urls = g_ptr_array_new();
        GString *url = NULL;

        if (question->by != OMG_AUR_BY_INFO)
                g_ptr_array_add(urls, make_search_url(question, base));
        for (guint i = 0; question->by == OMG_AUR_BY_INFO && question->arguments[i]; i++) {
                g_autofree char *name = encode(question->arguments[i]);
                if (url && url->len + strlen("&" ARGUMENT) + strlen(name) > OMG_LIMIT_AUR_URI)
                        g_ptr_array_add(urls, g_string_free(g_steal_pointer(&url), FALSE));
                if (url) {
                        g_string_append_c(url, '&');
                } else {
                        url = g_string_new(base);
                        g_string_append(url, "/rpc/v5/info?");
                }
                g_string_append(url, ARGUMENT);
                g_string_append(url, name);
        }
        if (url)
                g_ptr_array_add(urls, g_string_free(url, FALSE));
        g_ptr_array_add(urls, NULL);
        return (GStrv)g_ptr_array_free(urls, FALSE);
}
