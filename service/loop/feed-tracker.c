/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/feed-tracker.h"

#include <errno.h>
#include <glib/gstdio.h>

#include "base/error.h"
#include "base/limits-advisories.h"
#include "fetch/json-line.h"
#include "loop/tracker-details.h"
#include "sources/advisory-files.h"
#include "store/cache-feeds.h"
#include "store/cache-http.h"

#define STAGED_LIST "tracker.json"
/* Of the way, when the list is known. */
#define LIST_PROGRESS 0.5

typedef struct {
        OmgFeedPart part;
        char *list_path;
        gboolean is_whole;     /* the list is asked for without validators */
        gboolean only_details; /* it is not asked for */
        gboolean is_unchanged, has_list;
        char *etag, *last_modified; /* of what is staged, or was unchanged */
        guint64 newest, previous;   /* of the judgement, which may not have come: */
        gboolean is_good;
        OmgTrackerDetails *details; /* NULL: the list is not known yet */
} Tracker;

/* ---- age ---- */

gboolean omg_tracker_is_older(const OmgTrackerAge *age)
{
        if (age->modified_sec >= 0 && age->previous_modified_sec >= 0)
                return age->modified_sec < age->previous_modified_sec;
        return age->previous != OMG_JSON_NONE && age->newest < age->previous &&
               age->confirmed_sec < OMG_TRACKER_OLDER_SEC;
}

/* ---- the list ---- */

static gboolean has_list_file(const Tracker *tracker)
{
        return g_file_test(tracker->list_path, G_FILE_TEST_IS_REGULAR);
}

static void make_requests(OmgFeedPart *part, GArray *requests)
{
        Tracker *tracker = (Tracker *)part;

        if (tracker->details) {
                omg_tracker_details_make_requests(tracker->details, part, requests);
                return;
        }
        OmgFetchRequest request = omg_feed_part_make_request(
                part, 1, part->url, STAGED_LIST, has_list_file(tracker) && !tracker->is_whole);
        /* It may take longer than an API's answer, as long as it goes on. */
        request.kind = OMG_FETCH_BULK;
        request.max_bytes = OMG_LIMIT_TRACKER_FEED;
        g_array_append_val(requests, request);
        part->report.n_asked = 1;
}

static void set_text(char **text, const char *value)
{
        g_free(*text);
        *text = g_strdup(value);
}

static void take_list(Tracker *tracker, const OmgFetchResult *result)
{
        OmgFeedPart *part = &tracker->part;

        if (result->event == OMG_FETCH_EVENT_PROGRESS) {
                if (result->total != OMG_JSON_NONE && result->total > 0)
                        part->progress = LIST_PROGRESS *
                                         MIN((double)result->size / (double)result->total, 1);
                return;
        }
        tracker->has_list = result->outcome == OMG_FETCH_STORED;
        tracker->is_unchanged = result->outcome == OMG_FETCH_UNCHANGED;
        set_text(&tracker->etag, result->etag);
        set_text(&tracker->last_modified, result->last_modified);
        if (!tracker->has_list && !tracker->is_unchanged)
                g_free(omg_feed_part_take_failure(part, result, part->url));
}

static void take_result(OmgFeedPart *part, const OmgFetchResult *result)
{
        Tracker *tracker = (Tracker *)part;

        if (tracker->details)
                omg_tracker_details_take_result(tracker->details, part, result);
        else
                take_list(tracker, result);
}

static void end_fetch(OmgFeedPart *part)
{
        Tracker *tracker = (Tracker *)part;

        if (tracker->details)
                omg_tracker_details_end_fetch(tracker->details, part);
        else if (tracker->has_list || tracker->is_unchanged)
                part->step = OMG_FEED_STEP_JUDGE;
        else
                part->step = OMG_FEED_STEP_DONE;
}

/* ---- the judgement of the list ---- */

/* Also one that is unchanged is judged: it says which details are not at hand, and it may have been
 * damaged meanwhile. */
static void make_judge(OmgFeedPart *part, OmgFeedJudgeStart *start)
{
        Tracker *tracker = (Tracker *)part;

        if (tracker->details) {
                omg_tracker_details_make_judge(tracker->details, part, start);
                return;
        }
        start->kind = OMG_FEED_JUDGE_LIST;
        g_ptr_array_add(start->files, tracker->is_unchanged
                                              ? g_strdup(tracker->list_path)
                                              : omg_feed_part_dup_staged(part, STAGED_LIST));
        start->previous = tracker->is_unchanged ? NULL : tracker->list_path;
        tracker->is_good = FALSE;
        tracker->details = omg_tracker_details_new(part);
        omg_tracker_details_want(tracker->details, part, start);
}

static void take_list_line(Tracker *tracker, const OmgJudgeLine *line)
{
        OmgFeedPart *part = &tracker->part;

        if (line->what == OMG_JUDGE_LINE_LIST) {
                tracker->is_good = TRUE;
                tracker->newest = line->newest;
                tracker->previous = line->previous;
        } else if (line->what == OMG_JUDGE_LINE_WANTED) {
                omg_tracker_details_add(tracker->details, line->id);
        } else if (!tracker->is_unchanged) {
                omg_feed_part_fail(part, omg_error_from_dbus_name(line->error), "%s: %s", part->url,
                                   line->message);
        }
}

static void take_line(OmgFeedPart *part, const OmgJudgeLine *line)
{
        Tracker *tracker = (Tracker *)part;

        if (omg_tracker_details_is_begun(tracker->details))
                omg_tracker_details_take_line(tracker->details, part, line);
        else
                take_list_line(tracker, line);
}

static guint64 get_confirmed_sec(const Tracker *tracker)
{
        g_autoptr(OmgFeedRow) row = NULL;
        const guint64 now = (guint64)g_get_real_time();

        if (!omg_cache_feeds_get(tracker->part.setup->cache, tracker->part.name, &row, NULL) ||
            row->good_usec == 0 || row->good_usec > now)
                return 0;
        return (now - row->good_usec) / G_USEC_PER_SEC;
}

static gboolean is_older(const Tracker *tracker)
{
        g_autofree char *staged = omg_feed_part_dup_staged(&tracker->part, STAGED_LIST);
        const gboolean has_previous = tracker->previous != OMG_JSON_NONE;
        const OmgTrackerAge age = {
                .newest = tracker->newest,
                .previous = tracker->previous,
                .modified_sec = tracker->last_modified ? omg_feed_part_get_mtime(staged) : -1,
                .previous_modified_sec = has_previous ? omg_feed_part_get_at_hand_sec(
                                                                &tracker->part, tracker->list_path)
                                                      : -1,
                .confirmed_sec = get_confirmed_sec(tracker),
        };
        return omg_tracker_is_older(&age);
}

/* FALSE: it is not to be taken. */
static gboolean put_in_place(Tracker *tracker)
{
        OmgFeedPart *part = &tracker->part;
        g_autofree char *staged = omg_feed_part_dup_staged(part, STAGED_LIST);

        if (!part->setup->force && is_older(tracker)) {
                part->report.n_older = 1;
                omg_feed_part_fail_stale(part, "older than the list that is here already");
                return FALSE;
        }
        if (g_rename(staged, tracker->list_path) < 0) {
                omg_feed_part_fail(part, OMG_ERROR_UNAVAILABLE, "%s: %s", tracker->list_path,
                                   g_strerror(errno));
                return FALSE;
        }
        part->report.n_new++;
        omg_feed_part_keep_validators(part, part->url, tracker->etag, tracker->last_modified);
        return TRUE;
}

/* What is unchanged and no good is fetched once more, and wholly. */
static void end_list(Tracker *tracker, const GError *error)
{
        OmgFeedPart *part = &tracker->part;

        part->step = OMG_FEED_STEP_DONE;
        if (error) {
                omg_feed_part_fail(part, error->code, "%s", error->message);
        } else if (!tracker->is_good && tracker->is_unchanged) {
                tracker->is_whole = TRUE;
                tracker->only_details = FALSE;
                g_clear_pointer(&tracker->details, omg_tracker_details_free);
                part->step = OMG_FEED_STEP_FETCH;
        } else if (tracker->is_good && (tracker->is_unchanged || put_in_place(tracker))) {
                part->progress = LIST_PROGRESS;
                omg_tracker_details_begin(tracker->details, part);
        }
}

static void end_judge(OmgFeedPart *part, const GError *error)
{
        Tracker *tracker = (Tracker *)part;

        if (omg_tracker_details_is_begun(tracker->details))
                omg_tracker_details_end_judge(tracker->details, part, error);
        else
                end_list(tracker, error);
}

/* ---- the end ---- */

static void finish(OmgFeedPart *part)
{
        Tracker *tracker = (Tracker *)part;

        if (tracker->details && omg_tracker_details_is_begun(tracker->details))
                omg_tracker_details_finish(tracker->details, part);
        /* Nobody confirmed the list. */
        if (!tracker->only_details)
                omg_feed_part_save(part, omg_feed_part_get_as_of(part, tracker->list_path));
}

static void tracker_free(OmgFeedPart *part)
{
        Tracker *tracker = (Tracker *)part;

        omg_tracker_details_free(tracker->details);
        g_free(tracker->list_path);
        g_free(tracker->etag);
        g_free(tracker->last_modified);
        omg_feed_part_clear(part);
        g_free(tracker);
}

OmgFeedPart *omg_feed_tracker_new(const OmgAdvisoryPassSetup *setup)
{
        static const OmgFeedPartType type = {
                .make_requests = make_requests,
                .take_result = take_result,
                .end_fetch = end_fetch,
                .make_judge = make_judge,
                .take_line = take_line,
                .end_judge = end_judge,
                .finish = finish,
                .free = tracker_free,
        };
        Tracker *tracker = g_new0(Tracker, 1);

        omg_feed_part_init(&tracker->part, &type, setup, OMG_ADVISORY_TRACKER, "/issues/all.json");
        tracker->list_path = omg_advisory_files_dup_tracker(setup->paths->cache_dir);
        tracker->only_details = setup->only_details && has_list_file(tracker);
        if (tracker->only_details && tracker->part.step == OMG_FEED_STEP_FETCH) {
                tracker->is_unchanged = TRUE;
                tracker->part.step = OMG_FEED_STEP_JUDGE;
        }
        return &tracker->part;
}
