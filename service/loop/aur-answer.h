/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What the AUR's RPC answered to one question, and a few of these kept in memory for whoever asks
 * the same a little later. An answer is a small index layer, mapped from a file that has no name
 * any more. */

#include "sources/aur-question.h"
#include "store/layer.h"

/* Immutable and reference-counted, for any thread. */
typedef struct {
        OmgAurQuestion *question;
        OmgLayer *layer;
        guint64 as_of_usec; /* when it came, µs since 1970 */
        gsize n_bytes;      /* of the layer */
        guint32 *ids;       /* of the packages: of names in their order, else in the layer's */
        guint n_ids;
        guint n_dropped;    /* records of it that made no sense */
        GPtrArray *missing; /* names that were asked for and are not there: the AUR does not have
                             * them, or with n_dropped nobody knows; borrowed from the question */
} OmgAurAnswer;

/* References both. What nobody asked for by name is left out. */
OmgAurAnswer *omg_aur_answer_new(OmgAurQuestion *question, OmgLayer *layer, gsize n_bytes,
                                 guint n_dropped, guint64 as_of_usec);
OmgAurAnswer *omg_aur_answer_ref(OmgAurAnswer *answer);
void omg_aur_answer_unref(OmgAurAnswer *answer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgAurAnswer, omg_aur_answer_unref)

/* Those that are kept: at most OMG_LIMIT_AUR_ANSWERS, of OMG_LIMIT_AUR_ANSWER_BYTES, for
 * OMG_LIMIT_AUR_ANSWER_SEC; the oldest go first. One thread. @now_usec: of one monotonic clock. */
typedef struct OmgAurAnswers OmgAurAnswers;

OmgAurAnswers *omg_aur_answers_new(void);
void omg_aur_answers_free(OmgAurAnswers *answers);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgAurAnswers, omg_aur_answers_free)

/* Keeps it (referenced) in the place of an older one to the same question of the same server. One
 * that is too large by itself is not kept. */
void omg_aur_answers_add(OmgAurAnswers *answers, const char *server, OmgAurAnswer *answer,
                         guint64 now_usec);

/* One that is younger than that, or NULL. Borrowed. */
OmgAurAnswer *omg_aur_answers_find(OmgAurAnswers *answers, const char *server,
                                   const OmgAurQuestion *question, guint max_age_sec,
                                   guint64 now_usec);

/* Drops what is too old. Returns when the next will be; G_MAXUINT64: nothing is kept. */
guint64 omg_aur_answers_expire(OmgAurAnswers *answers, guint64 now_usec);
