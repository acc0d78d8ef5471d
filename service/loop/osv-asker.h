/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The questions of one pass to OSV's querybatch, and what its answers name. They go out in batches,
 * some of which make a round; what has a page token is asked again with it, and nothing else. One
 * bad question makes OSV refuse a whole batch (status 400): its halves are asked, until the bad one
 * is alone. It touches no network and waits for nothing; loop/feed-osv.c does. */

#include <glib.h>

typedef struct OmgOsvAsker OmgOsvAsker;

/* @questions: OmgOsvQuestion, referenced; NULL: none. */
OmgOsvAsker *omg_osv_asker_new(GPtrArray *questions);
void omg_osv_asker_free(OmgOsvAsker *asker);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgOsvAsker, omg_osv_asker_free)

/* Begins the next round, at most OMG_LIMIT_OSV_ROUND batches; how many there are, by their place.
 * 0: all is asked, or OMG_LIMIT_OSV_ASKS batches were. What became of each batch is told by exactly
 * one of the three below before the next round. */
guint omg_osv_asker_begin_round(OmgOsvAsker *asker);

/* The questions of a batch: how many, and the body to be sent. New; INVALID_ARGS. */
guint omg_osv_asker_get_n(const OmgOsvAsker *asker, guint batch);
char *omg_osv_asker_dup_body(const OmgOsvAsker *asker, guint batch, GError **error);

/* It was refused with status 400. */
void omg_osv_asker_set_refused(OmgOsvAsker *asker, guint batch);

/* There is no answer, or none that is good: what it was said to name does not count. */
void omg_osv_asker_set_failed(OmgOsvAsker *asker, guint batch);

/* It was answered, with all that was said before. */
void omg_osv_asker_set_answered(OmgOsvAsker *asker, guint batch);

/* What the answer of a batch says about one of its questions. */
void omg_osv_asker_add_id(OmgOsvAsker *asker, guint batch, guint question, const char *id,
                          guint64 modified_usec);
void omg_osv_asker_add_token(OmgOsvAsker *asker, guint batch, guint question, const char *token);

/* What was named so far: id (char *) → when it was modified (guint64 *, µs, 0: not known). At most
 * OMG_LIMIT_OSV_IDS; an answer that names more counts as failed. */
GHashTable *omg_osv_asker_get_named(const OmgOsvAsker *asker);

typedef struct {
        guint n_questions;
        guint n_answered;    /* wholly, with all pages */
        guint n_refused;     /* that OSV does not take */
        const char *refused; /* the first of these, in words; NULL: none */
} OmgOsvAskerState;

/* Borrowed words. While a round is under way its questions are not answered. */
void omg_osv_asker_get_state(const OmgOsvAsker *asker, OmgOsvAskerState *ret_state);
