/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "omgd-index/judge-staged.h"

#include <stdio.h>

#include "base/error.h"
#include "base/file.h"
#include "base/limits-advisories.h"
#include "fetch/json-line.h"
#include "fetch/judge-line.h"
#include "sources/osv-batch.h"
#include "sources/osv.h"
#include "sources/tracker.h"

static void say(const OmgJudgeLine *line)
{
        g_autofree char *text = omg_judge_line_format(line);

        (void)printf("%s\n", text);
}

static void say_bad(guint file, const GError *error)
{
        g_auto(OmgJudgeLine) line;

        omg_judge_line_init(&line, OMG_JUDGE_LINE_BAD);
        line.file = file;
        line.error = g_strdup(omg_error_get_dbus_name(omg_error_get_code(error)));
        /* A byte may become three when it is made valid. */
        line.message = g_strndup(error->message, OMG_LIMIT_ADVISORY_TEXT / 3);
        say(&line);
}

/* ---- the tracker's list ---- */

static guint64 get_newest(const OmgTrackerFeed *feed)
{
        const OmgTrackerGroup *last = g_ptr_array_index(feed->groups, feed->groups->len - 1);

        return omg_tracker_id_get_number(last->id);
}

/* One at hand that cannot be read is worse than any that can: there is none. */
static guint64 get_previous(const char *path)
{
        g_autoptr(GBytes) bytes = NULL;

        if (!path || !omg_file_read(path, OMG_LIMIT_TRACKER_FEED, &bytes, NULL))
                return OMG_JSON_NONE;
        g_autoptr(OmgTrackerFeed) feed = omg_tracker_parse(bytes, NULL);
        return feed ? get_newest(feed) : OMG_JSON_NONE;
}

static gboolean is_at_hand(const char *folder, const OmgTrackerGroup *group)
{
        g_autofree char *path = g_strdup_printf("%s/%s.json", folder, group->id);
        g_autoptr(GBytes) bytes = NULL;

        if (!omg_file_read(path, OMG_LIMIT_TRACKER_GROUP, &bytes, NULL))
                return FALSE;
        g_autoptr(OmgTrackerGroup) details = omg_tracker_group_parse(bytes, NULL);
        return details && omg_tracker_group_equal(details, group);
}

static void say_wanted(const OmgTask *task, const OmgTrackerFeed *feed)
{
        g_autoptr(GHashTable) groups = g_hash_table_new(g_str_hash, g_str_equal);
        g_auto(GStrv) wanted = g_strsplit(task->groups, ",", -1);

        for (guint i = 0; i < feed->groups->len; i++) {
                OmgTrackerGroup *group = g_ptr_array_index(feed->groups, i);
                g_hash_table_insert(groups, group->id, group);
        }
        for (char **id = wanted; *id; id++) {
                const OmgTrackerGroup *group = g_hash_table_lookup(groups, *id);
                g_auto(OmgJudgeLine) line;
                omg_judge_line_init(&line, OMG_JUDGE_LINE_WANTED);
                if (!group || is_at_hand(task->details, group))
                        continue;
                line.id = g_strdup(group->id);
                say(&line);
        }
}

static gboolean judge_list(const OmgTask *task, guint file, GBytes *bytes, GError **error)
{
        g_autoptr(OmgTrackerFeed) feed = omg_tracker_parse(bytes, error);
        g_auto(OmgJudgeLine) line;

        omg_judge_line_init(&line, OMG_JUDGE_LINE_LIST);
        if (!feed)
                return FALSE;
        line.groups = feed->groups->len;
        line.dropped = feed->n_dropped;
        line.newest = get_newest(feed);
        line.previous = get_previous(task->previous);
        say(&line);
        if (task->groups && task->details)
                say_wanted(task, feed);
        return TRUE;
}

static gboolean judge_group(const OmgTask *task, guint file, GBytes *bytes, GError **error)
{
        g_autoptr(OmgTrackerGroup) group = omg_tracker_group_parse(bytes, error);
        g_auto(OmgJudgeLine) line;

        omg_judge_line_init(&line, OMG_JUDGE_LINE_GROUP);
        if (!group)
                return FALSE;
        line.file = file;
        line.id = g_strdup(group->id);
        say(&line);
        return TRUE;
}

/* ---- OSV ---- */

static void say_id(guint question, const OmgOsvId *id)
{
        g_auto(OmgJudgeLine) line;

        omg_judge_line_init(&line, OMG_JUDGE_LINE_ID);
        line.question = question;
        line.id = g_strdup(id->id);
        line.modified = id->modified_usec;
        say(&line);
}

static void say_token(guint question, const char *token)
{
        g_auto(OmgJudgeLine) line;

        omg_judge_line_init(&line, OMG_JUDGE_LINE_TOKEN);
        line.question = question;
        line.token = g_strdup(token);
        say(&line);
}

/* A flaw that cannot be looked up would be one that nobody hears of. */
static gboolean check_ids(const GPtrArray *results, GError **error)
{
        guint n_dropped = 0;

        for (guint i = 0; i < results->len; i++)
                n_dropped += ((const OmgOsvResult *)g_ptr_array_index(results, i))->n_dropped;
        if (n_dropped == 0)
                return TRUE;
        g_set_error(error, OMG_ERROR, OMG_ERROR_UPSTREAM_INVALID,
                    "OSV's answer names %u records by ids that make no sense", n_dropped);
        return FALSE;
}

static gboolean judge_answer(const OmgTask *task, guint file, GBytes *bytes, GError **error)
{
        g_autoptr(GPtrArray) results = omg_osv_batch_parse(bytes, task->questions, error);

        if (!results || !check_ids(results, error))
                return FALSE;
        for (guint i = 0; i < results->len; i++) {
                const OmgOsvResult *result = g_ptr_array_index(results, i);
                for (guint j = 0; j < result->ids->len; j++)
                        say_id(i, &g_array_index(result->ids, OmgOsvId, j));
                if (result->page_token)
                        say_token(i, result->page_token);
        }
        return TRUE;
}

static gboolean judge_record(const OmgTask *task, guint file, GBytes *bytes, GError **error)
{
        g_auto(OmgJudgeLine) line;
        OmgOsvHead head;

        omg_judge_line_init(&line, OMG_JUDGE_LINE_RECORD);
        if (!omg_osv_parse_head(bytes, &head, error))
                return FALSE;
        line.file = file;
        line.id = head.id;
        line.modified = head.modified_usec;
        line.is_withdrawn = head.is_withdrawn;
        say(&line);
        return TRUE;
}

static const struct {
        gsize max;
        gboolean (*judge)(const OmgTask *task, guint file, GBytes *bytes, GError **error);
} judges[OMG_JUDGE_N] = {
        [OMG_JUDGE_LIST] = {OMG_LIMIT_TRACKER_FEED, judge_list},
        [OMG_JUDGE_GROUPS] = {OMG_LIMIT_TRACKER_GROUP, judge_group},
        [OMG_JUDGE_ANSWER] = {OMG_LIMIT_OSV_ANSWER, judge_answer},
        [OMG_JUDGE_RECORDS] = {OMG_LIMIT_OSV_RECORD, judge_record},
};

void omg_judge_staged(const OmgTask *task)
{
        for (guint i = 0; task->files[i]; i++) {
                g_autoptr(GBytes) bytes = NULL;
                g_autoptr(GError) error = NULL;
                if (!omg_file_read(task->files[i], judges[task->judge].max, &bytes, &error) ||
                    !judges[task->judge].judge(task, i, bytes, &error))
                        say_bad(i, error);
                /* Should the next one be the end of us, this one is known. */
                (void)fflush(stdout);
        }
}
