/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What is asked of OSV's POST /v1/querybatch, and what it answers (google.github.io/osv.dev): ids
 * alone, in the order of the questions. A question whose result has a token is asked again with it,
 * and only that one; a result may be nothing but a token. */

#include <glib.h>

typedef struct {
        const char *ecosystem, *name, *version;
        const char *page_token; /* NULL: the first page */
} OmgOsvQuery;

/* The body for 1 to OMG_LIMIT_OSV_BATCH questions, new. INVALID_ARGS: another number of them. */
char *omg_osv_batch_format(const OmgOsvQuery *queries, guint n, GError **error);

typedef struct {
        char *id;
        guint64 modified_usec; /* since 1970; 0: it does not say */
} OmgOsvId;

typedef struct {
        GArray *ids;      /* OmgOsvId */
        char *page_token; /* NULL: this was the last page */
        guint n_dropped;  /* entries without a usable id */
} OmgOsvResult;

/* The results (GPtrArray of OmgOsvResult) of @n questions. UPSTREAM_INVALID: no JSON, another
 * number of results, or the server's refusal, with its words. */
GPtrArray *omg_osv_batch_parse(GBytes *bytes, guint n, GError **error);
