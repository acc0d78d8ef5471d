/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/feed-judge.h"

#include "base/error.h"
#include "base/limits-advisories.h"
#include "base/limits.h"
#include "config.h"
#include "loop/process.h"
#include "sources/osv.h"
#include "sources/tracker.h"

struct OmgFeedJudge {
        OmgProcess *process;
        OmgFeedJudgeKind kind;
        guint n_files, n_questions;
        guint n_judged; /* files, or, of an answer, questions that lines may no more be about */
        guint n_lines;
        gboolean is_bad; /* the one file, of which nothing is to follow */
        GError *fault;   /* nonsense that it spoke */
        OmgFeedJudgeLine on_line;
        OmgFeedJudgeDone on_done;
        gpointer userdata;
};

static gboolean refuse(GError **error, const char *what)
{
        g_set_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE, "omgd-index spoke nonsense: %s", what);
        return FALSE;
}

static gboolean check_order(OmgFeedJudge *judge, guint64 file, GError **error)
{
        if (file != judge->n_judged || file >= judge->n_files)
                return refuse(error, "it is not asked for that");
        judge->n_judged++;
        return TRUE;
}

/* Questions come in their order; a token ends one. */
static gboolean check_question(OmgFeedJudge *judge, const OmgJudgeLine *line, GError **error)
{
        if (line->question < judge->n_judged || line->question >= judge->n_questions)
                return refuse(error, "there is no such question");
        judge->n_judged = (guint)line->question + (line->what == OMG_JUDGE_LINE_TOKEN);
        return TRUE;
}

static gboolean check_id(const OmgJudgeLine *line, GError **error)
{
        const gboolean is_group =
                line->what == OMG_JUDGE_LINE_WANTED || line->what == OMG_JUDGE_LINE_GROUP;

        if (line->id && !(is_group ? omg_tracker_id_check(line->id) : omg_osv_id_check(line->id)))
                return refuse(error, "this is no id");
        return TRUE;
}

static gboolean check_line(OmgFeedJudge *judge, const OmgJudgeLine *line, GError **error)
{
        static const struct {
                OmgJudgeLineKind first, second;
        } expected[] = {
                [OMG_FEED_JUDGE_LIST] = {OMG_JUDGE_LINE_LIST, OMG_JUDGE_LINE_WANTED},
                [OMG_FEED_JUDGE_GROUPS] = {OMG_JUDGE_LINE_GROUP, OMG_JUDGE_LINE_GROUP},
                [OMG_FEED_JUDGE_ANSWER] = {OMG_JUDGE_LINE_ID, OMG_JUDGE_LINE_TOKEN},
                [OMG_FEED_JUDGE_RECORDS] = {OMG_JUDGE_LINE_RECORD, OMG_JUDGE_LINE_RECORD},
        };
        const gboolean is_bad = line->what == OMG_JUDGE_LINE_BAD;

        if (++judge->n_lines > OMG_LIMIT_JUDGE_LINES)
                return refuse(error, "too much");
        if (judge->is_bad || (!is_bad && line->what != expected[judge->kind].first &&
                              line->what != expected[judge->kind].second))
                return refuse(error, "it is not asked for that");
        if (judge->kind == OMG_FEED_JUDGE_ANSWER || judge->kind == OMG_FEED_JUDGE_LIST)
                judge->is_bad = is_bad;
        if (!check_id(line, error))
                return FALSE;
        if (judge->kind == OMG_FEED_JUDGE_ANSWER)
                return is_bad ? judge->n_lines == 1 || refuse(error, "it was good before")
                              : check_question(judge, line, error);
        if (judge->kind == OMG_FEED_JUDGE_LIST && line->what == OMG_JUDGE_LINE_WANTED)
                return judge->n_judged == 1 || refuse(error, "it is not known to be good yet");
        return check_order(judge, line->what == OMG_JUDGE_LINE_LIST ? 0 : line->file, error);
}

static void on_line(const char *text, gsize length, gpointer userdata)
{
        OmgFeedJudge *judge = userdata;
        g_auto(OmgJudgeLine) line;

        omg_judge_line_init(&line, OMG_JUDGE_LINE_BAD);
        if (!omg_judge_line_parse(text, length, &line, &judge->fault)) {
                g_prefix_error(&judge->fault, "omgd-index spoke nonsense: ");
                judge->fault->code = OMG_ERROR_UNAVAILABLE;
        } else if (check_line(judge, &line, &judge->fault)) {
                judge->on_line(&line, judge->userdata);
        }
        if (judge->fault)
                omg_process_cancel(judge->process);
}

static gboolean is_all_said(const OmgFeedJudge *judge)
{
        return judge->kind == OMG_FEED_JUDGE_ANSWER || judge->n_judged == judge->n_files;
}

static void on_ended(const OmgProcessResult *result, const GError *process_error, gpointer userdata)
{
        OmgFeedJudge *judge = userdata;
        g_autoptr(GError) error = NULL;

        if (judge->fault)
                error = g_error_copy(judge->fault);
        else if (process_error)
                error = g_error_copy(process_error);
        else if (!is_all_said(judge))
                (void)refuse(&error, "it did not judge all");
        judge->on_done(error, judge->userdata);
}

static void add_option(GPtrArray *argv, const char *option, const char *value)
{
        if (value)
                g_ptr_array_add(argv, g_strconcat("--", option, "=", value, NULL));
}

static GPtrArray *make_command(const OmgFeedJudgeStart *start)
{
        static const char *const commands[] = {
                [OMG_FEED_JUDGE_LIST] = "judge-list",
                [OMG_FEED_JUDGE_GROUPS] = "judge-groups",
                [OMG_FEED_JUDGE_ANSWER] = "judge-answer",
                [OMG_FEED_JUDGE_RECORDS] = "judge-records",
        };
        GPtrArray *argv = g_ptr_array_new_with_free_func(g_free);
        g_autofree char *groups = start->groups ? g_strjoinv(",", start->groups) : NULL;
        g_autofree char *questions = start->kind == OMG_FEED_JUDGE_ANSWER
                                             ? g_strdup_printf("%u", start->n_questions)
                                             : NULL;

        g_ptr_array_add(argv,
                        g_strdup(start->helper ? start->helper : OMG_LIBEXECDIR "/omgd-index"));
        g_ptr_array_add(argv, g_strdup(commands[start->kind]));
        add_option(argv, "questions", questions);
        add_option(argv, "previous", start->previous);
        add_option(argv, "details", start->details);
        add_option(argv, "groups", groups);
        for (guint i = 0; i < start->files->len; i++)
                g_ptr_array_add(argv, g_strdup(g_ptr_array_index(start->files, i)));
        g_ptr_array_add(argv, NULL);
        return argv;
}

OmgFeedJudge *omg_feed_judge_start(const OmgFeedJudgeStart *start, GError **error)
{
        g_autoptr(GPtrArray) argv = make_command(start);
        g_autoptr(OmgFeedJudge) judge = g_new0(OmgFeedJudge, 1);
        const OmgProcessStart process = {
                .argv = (const char *const *)argv->pdata,
                .timeout_msec = OMG_LIMIT_HELPER_SEC * 1000,
                .on_line = on_line,
                .done = on_ended,
                .data = judge,
        };

        judge->kind = start->kind;
        judge->n_files = start->files->len;
        judge->n_questions = start->n_questions;
        judge->on_line = start->on_line;
        judge->on_done = start->on_done;
        judge->userdata = start->userdata;
        judge->process = omg_process_start(NULL, &process, error);
        if (!judge->process) {
                g_prefix_error(error, "the helper (OMG_INDEX_HELPER can name another): ");
                return NULL;
        }
        return g_steal_pointer(&judge);
}

void omg_feed_judge_cancel(OmgFeedJudge *judge)
{
        omg_process_cancel(judge->process);
}

void omg_feed_judge_free(OmgFeedJudge *judge)
{
        if (!judge)
                return;
        omg_process_free(judge->process);
        g_clear_error(&judge->fault);
        g_free(judge);
}
