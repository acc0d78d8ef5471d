/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Has omgd-index judge what is staged of the security feeds (omgd-index/judge-staged.h). Its word
 * is not trusted: what it says must fit what it was asked. Worker thread only. */

#include "fetch/judge-line.h"

typedef struct OmgFeedJudge OmgFeedJudge;

typedef enum {
        OMG_FEED_JUDGE_LIST,    /* one file: LIST, then WANTED */
        OMG_FEED_JUDGE_GROUPS,  /* GROUP for each file */
        OMG_FEED_JUDGE_ANSWER,  /* one file: ID, TOKEN */
        OMG_FEED_JUDGE_RECORDS, /* RECORD for each file */
} OmgFeedJudgeKind;

/* Called for each line, in the order of the files; BAD takes the place of what is expected of a
 * file. Ids are such as may be names of files. Not freed from here; cancelling is fine. */
typedef void (*OmgFeedJudgeLine)(const OmgJudgeLine *line, gpointer userdata);

/* Called once. error: NULL when it ended well, so that all was said; else TIMEOUT, CANCELLED, or
 * UNAVAILABLE for a helper that crashed or spoke nonsense. May be freed from here. */
typedef void (*OmgFeedJudgeDone)(const GError *error, gpointer userdata);

typedef struct {
        const char *helper; /* a path; NULL: the installed one */
        OmgFeedJudgeKind kind;
        GPtrArray *files;     /* paths; at least one */
        guint n_questions;    /* of the answer */
        const char *previous; /* of the list: the one at hand, */
        const char *details;  /* where details are, */
        char **groups;        /* and whose are wanted; each NULL: none */
        OmgFeedJudgeLine on_line;
        OmgFeedJudgeDone on_done;
        gpointer userdata;
} OmgFeedJudgeStart;

/* @start is borrowed until the call returns. Error: UNAVAILABLE. */
OmgFeedJudge *omg_feed_judge_start(const OmgFeedJudgeStart *start, GError **error);

/* Kills the helper; done follows with CANCELLED. */
void omg_feed_judge_cancel(OmgFeedJudge *judge);

/* Kills a running helper; nothing is called. NULL is harmless. */
void omg_feed_judge_free(OmgFeedJudge *judge);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgFeedJudge, omg_feed_judge_free)
