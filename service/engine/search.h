/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Ranked search over names and descriptions. Letter case does not count (base/text.h folds both
 * sides); matching is on whole UTF-8 characters because UTF-8 is self-synchronising. */

#include "engine/rows.h"

typedef enum {
        OMG_SEARCH_RANK_EXACT,       /* the name is the query */
        OMG_SEARCH_RANK_PREFIX,      /* the name begins with it */
        OMG_SEARCH_RANK_WORD_START,  /* it stands in the name after a character that is no letter or
                                        digit */
        OMG_SEARCH_RANK_INSIDE,      /* elsewhere in the name */
        OMG_SEARCH_RANK_DESCRIPTION, /* only in the description */
        OMG_SEARCH_RANK_N
} OmgSearchRank;

typedef enum {
        OMG_SEARCH_MODE_WORDS,  /* every word in the name or the description */
        OMG_SEARCH_MODE_NAME,   /* every word in the name */
        OMG_SEARCH_MODE_PREFIX, /* the name begins with the query */
        /* The others are search-scan.h's. */
        OMG_SEARCH_MODE_GLOB,     /* a shell pattern for the name */
        OMG_SEARCH_MODE_REGEX,    /* a Perl-compatible expression in name or description */
        OMG_SEARCH_MODE_PROVIDES, /* what satisfies a dependency */
        OMG_SEARCH_MODE_FILE,     /* what holds a file */
        OMG_SEARCH_MODE_GROUP,    /* the members of a group */
} OmgSearchMode;

typedef enum {
        OMG_SEARCH_SORT_RANK,
        OMG_SEARCH_SORT_NAME,
} OmgSearchSort;

typedef enum {
        OMG_SEARCH_ANY,
        OMG_SEARCH_ONLY_INSTALLED,
        OMG_SEARCH_ONLY_OTHERS,
} OmgSearchInstalled;

typedef struct {
        const char *query; /* valid UTF-8, at most OMG_LIMIT_QUERY bytes */
        OmgSearchMode mode;
        OmgSearchSort sort;
        OmgSearchInstalled installed;
        gboolean skip_repo;   /* leave out the repositories' packages */
        gboolean skip_aur;    /* leave out the AUR's */
        gboolean skip_local;  /* leave out installed packages of neither; without the AUR,
                                 those that no repository holds */
        gboolean with_hidden; /* also repositories whose Usage lacks Search */
        gboolean count_all;   /* the total is exact, however many there are */
        const char *const *repositories; /* only these; NULL: those whose Usage has Search */
        guint offset;
        guint limit; /* rows wanted, at most OMG_LIMIT_ROWS */
} OmgSearchParams;

typedef struct {
        const OmgRow *rows; /* borrowed: until the next search with the same OmgSearch */
        guint n_rows;
        guint total;          /* matches in all, the page and what stands before and after it */
        gboolean total_exact; /* FALSE: at least that many (counting ended early) */
} OmgSearchResult;

/* Buffers that searches reuse, so that a search allocates nothing once they have grown. Not for two
 * threads at once. */
typedef struct OmgSearch OmgSearch;
OmgSearch *omg_search_new(void);
void omg_search_free(OmgSearch *search);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgSearch, omg_search_free)

/* Errors: INVALID_ARGS when the query is no UTF-8, too long or has more than
 * OMG_LIMIT_QUERY_WORDS words, and for a repository that pacman.conf does not have;
 * DATABASE_MISSING and relatives when the sync databases were never read and are asked for; when
 * the AUR alone is, and nothing is known of it, those of omg_aur_feed_set_missing(). A query
 * without words finds nothing. */
gboolean omg_search_run(OmgSearch *search, const OmgSnapshot *snapshot,
                        const OmgSearchParams *params, OmgSearchResult *ret_result, GError **error);
