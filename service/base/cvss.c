/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/cvss.h"

#include <string.h>

#include "base/cvss-private.h"
#include "base/error.h"
#include "base/limits-score.h"

#define NOT_SEEN 0xFFu

typedef struct {
        const char *vector;
        const char *at;
        OmgCvss cvss;
        const OmgCvssMetric *metrics;
        guint n, n_base;
        guint next; /* version 4.0: no metric before this one any more */
} Reader;

static const struct {
        const char *prefix;
        OmgCvssVersion version;
} prefixes[] = {
        {"CVSS:4.0/", OMG_CVSS_4_0},
        {"CVSS:3.1/", OMG_CVSS_3_1},
        {"CVSS:3.0/", OMG_CVSS_3_0},
};

G_GNUC_PRINTF(4, 5)
static gboolean fail(const Reader *reader, const char *at, GError **error, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        (void)omg_error_set_at(error, "CVSS vector", (gsize)(at - reader->vector), format, args);
        va_end(args);
        return FALSE;
}

static gboolean span_equals(const char *span, gsize length, const char *text)
{
        return strlen(text) == length && memcmp(span, text, length) == 0;
}

static gboolean read_version(Reader *reader, GError **error)
{
        reader->cvss.version = OMG_CVSS_2_0;
        for (gsize i = 0; i < G_N_ELEMENTS(prefixes); i++)
                if (g_str_has_prefix(reader->vector, prefixes[i].prefix)) {
                        reader->cvss.version = prefixes[i].version;
                        reader->at += strlen(prefixes[i].prefix);
                }
        if (reader->at == reader->vector && g_str_has_prefix(reader->vector, "CVSS:"))
                return fail(reader, reader->at, error, "no version 3.0, 3.1 or 4.0: %.12s",
                            reader->vector);

        memset(reader->cvss.values, NOT_SEEN, sizeof(reader->cvss.values));
        reader->metrics = omg_cvss_metrics(reader->cvss.version, &reader->n, &reader->n_base);
        return TRUE;
}

/* The metric's number, or -1. */
static int find_metric(const Reader *reader, gsize length, GError **error)
{
        guint metric = 0;

        while (metric < reader->n && !span_equals(reader->at, length, reader->metrics[metric].name))
                metric++;
        if (metric == reader->n)
                (void)fail(reader, reader->at, error, "no metric of this version: %.*s",
                           (int)MIN(length, 12), reader->at);
        else if (reader->cvss.values[metric] != NOT_SEEN)
                (void)fail(reader, reader->at, error, "%s for the second time",
                           reader->metrics[metric].name);
        else if (reader->cvss.version == OMG_CVSS_4_0 && metric < reader->next)
                (void)fail(reader, reader->at, error, "%s must stand before %s",
                           reader->metrics[metric].name, reader->metrics[reader->next - 1].name);
        else
                return (int)metric;
        return -1;
}

static gboolean read_value(Reader *reader, guint metric, const char *at, gsize length,
                           GError **error)
{
        const OmgCvssValue *values = reader->metrics[metric].values;

        for (guint i = 0; i < G_N_ELEMENTS(reader->metrics[metric].values) && values[i].text; i++)
                if (span_equals(at, length, values[i].text)) {
                        reader->cvss.values[metric] = (guint8)i;
                        reader->next = metric + 1;
                        return TRUE;
                }
        return fail(reader, at, error, "no value of %s: %.*s", reader->metrics[metric].name,
                    (int)MIN(length, 12), at);
}

/* One "NAME:VALUE". */
static gboolean read_metric(Reader *reader, GError **error)
{
        gsize length = strcspn(reader->at, "/");
        const char *colon = memchr(reader->at, ':', length);

        if (!colon)
                return fail(reader, reader->at, error, "metric:value expected");
        int metric = find_metric(reader, (gsize)(colon - reader->at), error);
        if (metric < 0 || !read_value(reader, (guint)metric, colon + 1,
                                      (gsize)(reader->at + length - colon) - 1, error))
                return FALSE;

        reader->at += length;
        if (*reader->at == '/')
                reader->at++;
        return TRUE;
}

/* What was left out: an error of a base metric, "not defined" of another. */
static gboolean finish(Reader *reader, GError **error)
{
        for (guint metric = 0; metric < reader->n; metric++) {
                if (reader->cvss.values[metric] != NOT_SEEN)
                        continue;
                if (metric < reader->n_base)
                        return fail(reader, reader->at, error, "%s is missing",
                                    reader->metrics[metric].name);
                reader->cvss.values[metric] = 0;
        }
        memset(reader->cvss.values + reader->n, 0, OMG_CVSS_METRICS - reader->n);
        return TRUE;
}

gboolean omg_cvss_parse(const char *vector, OmgCvss *ret_cvss, GError **error)
{
        Reader reader = {.vector = vector, .at = vector};

        if (strnlen(vector, OMG_LIMIT_CVSS_VECTOR + 1) > OMG_LIMIT_CVSS_VECTOR) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS,
                            "CVSS vector: longer than %u bytes", OMG_LIMIT_CVSS_VECTOR);
                return FALSE;
        }
        if (!read_version(&reader, error))
                return FALSE;
        do
                if (!read_metric(&reader, error))
                        return FALSE;
        while (*reader.at);
        if (!finish(&reader, error))
                return FALSE;
        *ret_cvss = reader.cvss;
        return TRUE;
}
