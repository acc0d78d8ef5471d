/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Advisories as their sources sent them: the tracker's groups, OSV's records. What they mean is for
 * those who parse the JSON. */

#include "store/cache-db.h"

typedef struct {
        char *source;    /* "tracker", "osv"; with id the key */
        char *id;        /* "AVG-2805", "GHSA-..." */
        char *ecosystem; /* "PyPI", or NULL */
        char *package;   /* by which it is looked up, or NULL */
        char *json;
        guint64 modified_usec; /* the source's own time, 0: it has none */
        guint64 fetched_usec;
} OmgAdvisoryRow;

void omg_advisory_row_free(OmgAdvisoryRow *row);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgAdvisoryRow, omg_advisory_row_free)

/* All of a source at once: @rows (GPtrArray of OmgAdvisoryRow, whose source is not looked at) in
 * the place of those stored. Of two with one id the later counts. INVALID_ARGS: more than
 * OMG_LIMIT_ADVISORIES, or one of more than OMG_LIMIT_ADVISORY bytes. */
gboolean omg_cache_advisories_replace(OmgCacheDb *cache, const char *source, GPtrArray *rows,
                                      GError **error);

/* Adds or replaces these alone. LIMITS_EXCEEDED: its source would have more than
 * OMG_LIMIT_ADVISORIES; INVALID_ARGS as above. */
gboolean omg_cache_advisories_put(OmgCacheDb *cache, const char *source, GPtrArray *rows,
                                  GError **error);

/* No error when it is not there, as an OSV record that was withdrawn. */
gboolean omg_cache_advisories_remove(OmgCacheDb *cache, const char *source, const char *id,
                                     GError **error);

/* ret_row NULL: none. */
gboolean omg_cache_advisories_get(OmgCacheDb *cache, const char *source, const char *id,
                                  OmgAdvisoryRow **ret_row, GError **error);

/* Up to @limit of a source with ids after @after ("" for the first), by id; for reading all of them
 * without holding all of them. GPtrArray of OmgAdvisoryRow, the caller's. */
gboolean omg_cache_advisories_list(OmgCacheDb *cache, const char *source, const char *after,
                                   guint limit, GPtrArray **ret_rows, GError **error);

/* All of a package; @ecosystem NULL: those without one. As above. */
gboolean omg_cache_advisories_find(OmgCacheDb *cache, const char *ecosystem, const char *package,
                                   GPtrArray **ret_rows, GError **error);
