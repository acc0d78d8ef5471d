/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/purl.h"

#include <string.h>

/* The colon too, "whether used as a separator or otherwise". */
static void append_encoded(GString *purl, const char *text, gboolean lower)
{
        for (; *text; text++) {
                char c = lower ? g_ascii_tolower(*text) : *text;
                if (g_ascii_isalnum(c) || strchr(".-_~:", c))
                        g_string_append_c(purl, c);
                else
                        g_string_append_printf(purl, "%%%02X", (guchar)c);
        }
}

static void append_version(GString *purl, const char *version)
{
        if (!*version)
                return;
        g_string_append_c(purl, '@');
        append_encoded(purl, version, FALSE);
}

char *omg_purl_dup_alpm(const char *vendor, const char *name, const char *version,
                        const char *architecture)
{
        GString *purl = g_string_new("pkg:alpm/");

        append_encoded(purl, vendor, TRUE);
        g_string_append_c(purl, '/');
        append_encoded(purl, name, TRUE);
        append_version(purl, version);
        if (architecture && *architecture) {
                g_string_append(purl, "?arch=");
                append_encoded(purl, architecture, FALSE);
        }
        return g_string_free(purl, FALSE);
}

char *omg_purl_dup_generic(const char *name, const char *version)
{
        GString *purl = g_string_new("pkg:generic/");

        append_encoded(purl, name, FALSE);
        append_version(purl, version);
        return g_string_free(purl, FALSE);
}
