/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/feed-osv.h"

#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/limits-advisories.h"
#include "loop/log.h"
#include "loop/osv-asker.h"
#include "loop/osv-folder.h"
#include "loop/osv-records.h"

typedef struct {
        OmgFeedPart part;
        OmgOsvAsker *asker;
        OmgOsvRecords *records;
        guint n_batches; /* of the round */
        gboolean is_staged[OMG_LIMIT_OSV_ROUND];
        guint judged; /* the batch whose answer is judged */
        gboolean is_bad;
} Osv;

/* ---- questions ---- */

static char *dup_name(const char *what, guint batch)
{
        return g_strdup_printf("%s-%u.json", what, batch);
}

/* FALSE: not to be asked. */
static gboolean write_body(Osv *osv, guint batch, const char *name)
{
        g_autofree char *path = omg_feed_part_dup_staged(&osv->part, name);
        g_autoptr(GError) error = NULL;
        g_autofree char *body = omg_osv_asker_dup_body(osv->asker, batch, &error);
        g_autoptr(OmgFileWriter) writer = body ? omg_file_writer_new(path, &error) : NULL;

        if (writer && omg_file_writer_write(writer, body, strlen(body), &error) &&
            omg_file_writer_rename(writer, &error))
                return TRUE;
        omg_feed_part_fail(&osv->part, omg_error_get_code(error), "%s", error->message);
        omg_osv_asker_set_failed(osv->asker, batch);
        return FALSE;
}

static void make_requests(OmgFeedPart *part, GArray *requests)
{
        Osv *osv = (Osv *)part;

        if (omg_osv_records_is_begun(osv->records)) {
                omg_osv_records_make_requests(osv->records, part, requests);
                return;
        }
        for (guint i = 0; i < osv->n_batches; i++) {
                g_autofree char *body = dup_name("questions", i);
                g_autofree char *output = dup_name("answer", i);
                osv->is_staged[i] = FALSE;
                if (!write_body(osv, i, body))
                        continue;
                OmgFetchRequest request =
                        omg_feed_part_make_request(part, i + 1, part->url, output, FALSE);
                request.body = g_steal_pointer(&body);
                g_array_append_val(requests, request);
        }
}

/* Status 400 is about what was asked; all else is the server's trouble. */
static void take_answer(Osv *osv, const OmgFetchResult *result)
{
        OmgFeedPart *part = &osv->part;

        if (result->event != OMG_FETCH_EVENT_DONE || result->id < 1 || result->id > osv->n_batches)
                return;
        const guint batch = (guint)result->id - 1;
        osv->is_staged[batch] = result->outcome == OMG_FETCH_STORED;
        if (osv->is_staged[batch])
                return;
        if (result->status == 400) {
                omg_osv_asker_set_refused(osv->asker, batch);
                return;
        }
        omg_osv_asker_set_failed(osv->asker, batch);
        g_free(omg_feed_part_take_failure(part, result, part->url));
}

static void take_result(OmgFeedPart *part, const OmgFetchResult *result)
{
        Osv *osv = (Osv *)part;

        if (omg_osv_records_is_begun(osv->records))
                omg_osv_records_take_result(osv->records, part, result);
        else
                take_answer(osv, result);
}

/* A server that takes no question at all is none of OSV's: nothing is known then. */
static gboolean judge_answers(Osv *osv, const OmgOsvAskerState *state)
{
        const guint n_missing = state->n_questions - state->n_answered - state->n_refused;

        if (state->n_refused > 0)
                omg_log_warning("OSV does not take %u questions, such as that about %s, ignoring",
                                state->n_refused, state->refused);
        if (n_missing > 0)
                omg_feed_part_fail(&osv->part, OMG_ERROR_UPSTREAM_INVALID,
                                   "%s: %u of %u questions were not answered wholly", osv->part.url,
                                   n_missing, state->n_questions);
        else if (state->n_refused > 0 && state->n_answered == 0)
                omg_feed_part_fail(&osv->part, OMG_ERROR_UPSTREAM_INVALID,
                                   "%s: no question is taken, such as that about %s", osv->part.url,
                                   state->refused);
        else
                return TRUE;
        return FALSE;
}

/* What is known to be named is fetched even if not all is known. */
static void begin_records(Osv *osv)
{
        OmgOsvAskerState state;

        omg_osv_asker_get_state(osv->asker, &state);
        osv->part.report.n_refused = state.n_refused;
        const gboolean is_complete = judge_answers(osv, &state);
        omg_osv_records_begin(osv->records, &osv->part, omg_osv_asker_get_named(osv->asker),
                              is_complete);
}

static void begin_round(Osv *osv)
{
        osv->n_batches = osv->part.is_stopped ? 0 : omg_osv_asker_begin_round(osv->asker);
        if (osv->n_batches > 0)
                osv->part.step = OMG_FEED_STEP_FETCH;
        else
                begin_records(osv);
}

/* The next answer of the round is judged, or the round is over. */
static void judge_next(Osv *osv)
{
        while (osv->judged < osv->n_batches && !osv->is_staged[osv->judged])
                osv->judged++;
        if (osv->judged < osv->n_batches)
                osv->part.step = OMG_FEED_STEP_JUDGE;
        else
                begin_round(osv);
}

static void end_fetch(OmgFeedPart *part)
{
        Osv *osv = (Osv *)part;

        if (omg_osv_records_is_begun(osv->records)) {
                omg_osv_records_end_fetch(osv->records, part);
                return;
        }
        osv->judged = 0;
        judge_next(osv);
}

/* ---- answers ---- */

static void make_judge(OmgFeedPart *part, OmgFeedJudgeStart *start)
{
        Osv *osv = (Osv *)part;

        if (omg_osv_records_is_begun(osv->records)) {
                omg_osv_records_make_judge(osv->records, part, start);
                return;
        }
        g_autofree char *name = dup_name("answer", osv->judged);
        start->kind = OMG_FEED_JUDGE_ANSWER;
        start->n_questions = omg_osv_asker_get_n(osv->asker, osv->judged);
        g_ptr_array_add(start->files, omg_feed_part_dup_staged(part, name));
        osv->is_bad = FALSE;
}

static void take_line(OmgFeedPart *part, const OmgJudgeLine *line)
{
        Osv *osv = (Osv *)part;

        if (omg_osv_records_is_begun(osv->records)) {
                omg_osv_records_take_line(osv->records, part, line);
        } else if (line->what == OMG_JUDGE_LINE_ID) {
                omg_osv_asker_add_id(osv->asker, osv->judged, (guint)line->question, line->id,
                                     line->modified);
        } else if (line->what == OMG_JUDGE_LINE_TOKEN) {
                omg_osv_asker_add_token(osv->asker, osv->judged, (guint)line->question,
                                        line->token);
        } else {
                osv->is_bad = TRUE;
                omg_feed_part_fail(part, omg_error_from_dbus_name(line->error), "%s: %s", part->url,
                                   line->message);
        }
}

static void end_judge(OmgFeedPart *part, const GError *error)
{
        Osv *osv = (Osv *)part;

        if (omg_osv_records_is_begun(osv->records)) {
                omg_osv_records_end_judge(osv->records, part, error);
                return;
        }
        if (error)
                omg_feed_part_fail(part, error->code, "%s", error->message);
        if (error || osv->is_bad)
                omg_osv_asker_set_failed(osv->asker, osv->judged);
        else
                omg_osv_asker_set_answered(osv->asker, osv->judged);
        osv->judged++;
        judge_next(osv);
}

/* ---- the end ---- */

/* That there is nothing to ask is an answer, too, and leaves its notes. */
static void keep_notes(const OmgFeedPart *part)
{
        g_autoptr(OmgOsvFolder) folder =
                omg_osv_folder_open(part->setup->paths->cache_dir, (guint64)g_get_real_time());

        (void)(omg_osv_folder_make(folder, NULL) && omg_osv_folder_save(folder, NULL));
}

static void finish(OmgFeedPart *part)
{
        Osv *osv = (Osv *)part;

        if (omg_osv_records_is_begun(osv->records))
                omg_osv_records_finish(osv->records, part);
        else if (!part->report.error)
                keep_notes(part);
        omg_feed_part_save(part, (guint64)g_get_real_time());
}

static void osv_free(OmgFeedPart *part)
{
        Osv *osv = (Osv *)part;

        omg_osv_asker_free(osv->asker);
        omg_osv_records_free(osv->records);
        omg_feed_part_clear(part);
        g_free(osv);
}

OmgFeedPart *omg_feed_osv_new(const OmgAdvisoryPassSetup *setup)
{
        static const OmgFeedPartType type = {
                .make_requests = make_requests,
                .take_result = take_result,
                .end_fetch = end_fetch,
                .make_judge = make_judge,
                .take_line = take_line,
                .end_judge = end_judge,
                .finish = finish,
                .free = osv_free,
        };
        Osv *osv = g_new0(Osv, 1);

        omg_feed_part_init(&osv->part, &type, setup, OMG_ADVISORY_OSV, "/v1/querybatch");
        osv->records = omg_osv_records_new(&osv->part);
        osv->asker = omg_osv_asker_new(setup->questions);
        if (osv->part.step != OMG_FEED_STEP_DONE) {
                osv->part.report.n_asked = setup->questions ? setup->questions->len : 0;
                begin_round(osv);
        }
        return &osv->part;
}
