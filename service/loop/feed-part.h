/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* One feed while it is asked: what to do next, and what an answer means. It waits for nothing;
 * loop/advisory-pass.c runs omgd-fetch, omgd-index and the clock for it. */

#include "fetch/fetch-request.h"
#include "fetch/fetch-result.h"
#include "loop/advisory-pass.h"
#include "loop/feed-judge.h"

typedef enum {
        OMG_FEED_STEP_FETCH,
        OMG_FEED_STEP_JUDGE,
        OMG_FEED_STEP_WAIT, /* until wait_usec, then FETCH */
        OMG_FEED_STEP_DONE,
} OmgFeedStep;

typedef struct OmgFeedPart OmgFeedPart;

/* After each call but take_result() and take_line() step says what is next. */
typedef struct {
        /* FETCH: adds OmgFetchRequest (outputs in staging), at least one. Each has its result, of
         * event DONE or PROGRESS; then end_fetch() is called. */
        void (*make_requests)(OmgFeedPart *part, GArray *requests);
        void (*take_result)(OmgFeedPart *part, const OmgFetchResult *result);
        void (*end_fetch)(OmgFeedPart *part);
        /* JUDGE: fills in kind, files (to be unreferenced by the caller) and what belongs to them;
         * lines, then end_judge(), @error as OmgFeedJudgeDone. */
        void (*make_judge)(OmgFeedPart *part, OmgFeedJudgeStart *start);
        void (*take_line)(OmgFeedPart *part, const OmgJudgeLine *line);
        void (*end_judge)(OmgFeedPart *part, const GError *error);
        /* DONE, or the pass was cancelled: what is to be kept is saved. */
        void (*finish)(OmgFeedPart *part);
        void (*free)(OmgFeedPart *part);
} OmgFeedPartType;

struct OmgFeedPart {
        const OmgFeedPartType *type;
        const OmgAdvisoryPassSetup *setup; /* why_not may be gone */
        const char *name;                  /* "tracker", "osv", "aur": of cache-feeds.h */
        const char *base_url;
        char *url;     /* what is asked first, and carries the server's wish for a pause */
        char *staging; /* the folder */
        OmgFeedStep step;
        gint64 wait_usec;    /* monotonic */
        gboolean is_stopped; /* no more requests: what is under way is cancelled */
        gboolean is_stale;   /* the error says that what came is older than what is here */
        gboolean is_known;   /* all that is wanted but for details: what fails now is no failure */
        guint n_failures;    /* of the network */
        double progress;     /* 0 to 1 */
        OmgAdvisoryReport report;
};

/* The embedded beginning of a part, as the setup says; DONE with an error if the server may not be
 * asked. @path: of url, behind base_url. */
void omg_feed_part_init(OmgFeedPart *part, const OmgFeedPartType *type,
                        const OmgAdvisoryPassSetup *setup, OmgAdvisoryOrigin origin,
                        const char *path);

/* The last of that, for one that is no security feed (aur-pass.c) and has what stands before step
 * already: whether it may be asked. Of the setup paths, cache, force and why_not count. */
void omg_feed_part_begin(OmgFeedPart *part);
void omg_feed_part_clear(OmgFeedPart *part);

/* The first error counts, and none once it is known. */
void omg_feed_part_fail(OmgFeedPart *part, int code, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* What came is older than what is here. */
void omg_feed_part_fail_stale(OmgFeedPart *part, const char *what);

/* A result that is none: notes the error, which names @url, and whether to stop. NULL: the request
 * was cancelled because of a stop, so that it counts as not made; else its message, new. */
char *omg_feed_part_take_failure(OmgFeedPart *part, const OmgFetchResult *result, const char *url);

/* A request for @url into staging; its texts are its own. With validators, if they are known and
 * @has_file. */
OmgFetchRequest omg_feed_part_make_request(OmgFeedPart *part, guint64 id, const char *url,
                                           const char *output, gboolean has_file);

/* What was fetched is in its place: its validators are remembered (each may be NULL). */
void omg_feed_part_keep_validators(OmgFeedPart *part, const char *url, const char *etag,
                                   const char *last_modified);

/* Last-Modified of a file that omgd-fetch brought, which gave it that time (a rename keeps it),
 * Unix time; -1: there is none. The second: of the one at hand for part->url, -1 also when its
 * server did not say, or said a time of the future, which would make all that follow older.
 * The third: when that was made, µs since 1970: as the server says, else it is as of now. */
gint64 omg_feed_part_get_mtime(const char *path);
gint64 omg_feed_part_get_at_hand_sec(const OmgFeedPart *part, const char *path);
guint64 omg_feed_part_get_as_of(const OmgFeedPart *part, const char *path);

/* The state of the feed is kept, and until when the server wants a pause. @as_of_usec: of the data,
 * if there is no error. Not when it was not asked, or cancelled. */
void omg_feed_part_save(OmgFeedPart *part, guint64 as_of_usec);

/* A path in staging; new. */
char *omg_feed_part_dup_staged(const OmgFeedPart *part, const char *name);
