/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/osv-records.h"

#include <string.h>

#include "base/error.h"
#include "base/limits-advisories.h"
#include "base/text.h"
#include "loop/log.h"
#include "loop/osv-folder.h"

/* Of the way, when all questions are answered. */
#define ANSWERED_PROGRESS 0.3

/* One that is asked for. */
typedef struct {
        const char *id;
        char *url, *output;
        char *etag, *last_modified;
        gboolean is_named; /* else it is read again */
        gboolean is_staged;
} Item;

struct OmgOsvRecords {
        OmgOsvFolder *folder;
        guint64 begun_usec; /* of the pass: named since means named by it */
        gboolean is_begun;
        GPtrArray *ids; /* to be fetched: first n_named that were named, then others */
        guint n_named;
        guint next;    /* the first that was not asked for */
        guint n_known; /* of those named, that came or are gone */
        Item items[OMG_LIMIT_OSV_CHUNK];
        guint n_items;
        guint judged[OMG_LIMIT_OSV_CHUNK]; /* the item of each file */
        guint n_judged;                    /* of these */
        guint n_to_judge;
};

static void clear_items(OmgOsvRecords *records)
{
        for (guint i = 0; i < records->n_items; i++) {
                Item *item = &records->items[i];
                g_free(item->url);
                g_free(item->output);
                g_free(item->etag);
                g_free(item->last_modified);
                *item = (Item){};
        }
        records->n_items = 0;
}

OmgOsvRecords *omg_osv_records_new(const OmgFeedPart *part)
{
        OmgOsvRecords *records = g_new0(OmgOsvRecords, 1);

        records->begun_usec = (guint64)g_get_real_time();
        records->folder = omg_osv_folder_open(part->setup->paths->cache_dir, records->begun_usec);
        records->ids = g_ptr_array_new_with_free_func(g_free);
        return records;
}

void omg_osv_records_free(OmgOsvRecords *records)
{
        if (!records)
                return;
        clear_items(records);
        g_ptr_array_unref(records->ids);
        omg_osv_folder_free(records->folder);
        g_free(records);
}

/* ---- which ---- */

/* A record that is older at the server than here is refused now, for the server would send it. */
static gboolean is_to_fetch(OmgOsvRecords *records, OmgFeedPart *part, const char *id,
                            guint64 modified_usec)
{
        OmgOsvNote *note = omg_osv_folder_get(records->folder, id);

        if (!note)
                return TRUE;
        note->named_usec = records->begun_usec;
        if (part->setup->force || note->modified_usec == 0 || modified_usec == 0 ||
            modified_usec > note->modified_usec)
                return TRUE;
        if (modified_usec == note->modified_usec)
                note->checked_usec = records->begun_usec;
        else
                part->report.n_older++;
        return FALSE;
}

static void add_named(OmgOsvRecords *records, OmgFeedPart *part, GHashTable *named)
{
        GHashTableIter iter;
        gpointer id, modified;

        g_hash_table_iter_init(&iter, named);
        while (g_hash_table_iter_next(&iter, &id, &modified))
                if (is_to_fetch(records, part, id, *(const guint64 *)modified))
                        g_ptr_array_add(records->ids, g_strdup(id));
        g_ptr_array_sort(records->ids, omg_text_compare_pointers);
        records->n_named = records->ids->len;
}

/* After those that were named, as far as there is room in this pass. */
static void add_unnamed(OmgOsvRecords *records, OmgFeedPart *part)
{
        const guint room = OMG_LIMIT_OSV_FETCHED - MIN(records->n_named, OMG_LIMIT_OSV_FETCHED);
        const guint64 checked_before =
                records->begun_usec - (guint64)OMG_OSV_REREAD_SEC * G_USEC_PER_SEC;

        part->report.n_new += omg_osv_folder_expire(
                records->folder, records->begun_usec - (guint64)OMG_OSV_KEEP_SEC * G_USEC_PER_SEC);
        g_autoptr(GPtrArray) unnamed = omg_osv_folder_list_unnamed(
                records->folder, records->begun_usec,
                part->setup->force ? G_MAXUINT64 : checked_before, MIN(room, OMG_LIMIT_OSV_REREAD));
        g_ptr_array_extend_and_steal(records->ids, g_steal_pointer(&unnamed));
}

static void go_on(OmgOsvRecords *records, OmgFeedPart *part)
{
        const guint n = MIN(records->ids->len, OMG_LIMIT_OSV_FETCHED);

        clear_items(records);
        part->progress = ANSWERED_PROGRESS +
                         (1 - ANSWERED_PROGRESS) * (n > 0 ? (double)records->next / n : 1);
        part->step =
                part->is_stopped || records->next >= n ? OMG_FEED_STEP_DONE : OMG_FEED_STEP_FETCH;
}

void omg_osv_records_begin(OmgOsvRecords *records, OmgFeedPart *part, GHashTable *named,
                           gboolean is_complete)
{
        records->is_begun = TRUE;
        add_named(records, part, named);
        if (is_complete)
                add_unnamed(records, part);
        go_on(records, part);
}

gboolean omg_osv_records_is_begun(const OmgOsvRecords *records)
{
        return records->is_begun;
}

/* ---- fetching ---- */

static void begin_item(OmgOsvRecords *records, OmgFeedPart *part)
{
        Item *item = &records->items[records->n_items];
        const char *id = g_ptr_array_index(records->ids, records->next);
        g_autofree char *escaped = g_uri_escape_string(id, ":", FALSE);

        *item = (Item){
                .id = id,
                .url = g_strdup_printf("%s/v1/vulns/%s", part->base_url, escaped),
                .output = g_strdup_printf("record-%u.json", records->n_items),
                .is_named = records->next < records->n_named,
        };
        records->n_items++;
        records->next++;
}

/* What OSV says is modified is asked for wholly; validators are for those read again. */
void omg_osv_records_make_requests(OmgOsvRecords *records, OmgFeedPart *part, GArray *requests)
{
        const guint end = MIN(records->ids->len, OMG_LIMIT_OSV_FETCHED);

        while (records->n_items < OMG_LIMIT_OSV_CHUNK && records->next < end) {
                begin_item(records, part);
                const Item *item = &records->items[records->n_items - 1];
                OmgFetchRequest request = omg_feed_part_make_request(
                        part, records->n_items, item->url, item->output,
                        !item->is_named && omg_osv_folder_get(records->folder, item->id));
                request.max_bytes = OMG_LIMIT_OSV_RECORD;
                request.is_optional = TRUE;
                g_array_append_val(requests, request);
        }
}

static void set_known(OmgOsvRecords *records, const Item *item)
{
        OmgOsvNote *note = omg_osv_folder_get(records->folder, item->id);

        records->n_known += item->is_named;
        if (note)
                note->checked_usec = records->begun_usec;
}

static void drop(OmgOsvRecords *records, OmgFeedPart *part, const Item *item)
{
        set_known(records, item);
        if (omg_osv_folder_remove(records->folder, item->id))
                part->report.n_new++;
        else if (omg_osv_folder_get(records->folder, item->id))
                omg_feed_part_fail(part, OMG_ERROR_UNAVAILABLE,
                                   "the OSV record %s, which was withdrawn, cannot be removed",
                                   item->id);
}

/* OSV has no such record (any more); but one that it has just named is not known. */
static void take_absent(OmgOsvRecords *records, OmgFeedPart *part, const Item *item)
{
        if (item->is_named)
                omg_feed_part_fail(part, OMG_ERROR_UPSTREAM_INVALID,
                                   "%s: the server names this record and does not have it",
                                   item->url);
        else
                drop(records, part, item);
}

void omg_osv_records_take_result(OmgOsvRecords *records, OmgFeedPart *part,
                                 const OmgFetchResult *result)
{
        if (result->event != OMG_FETCH_EVENT_DONE || result->id < 1 ||
            result->id > records->n_items)
                return;
        Item *item = &records->items[result->id - 1];
        item->is_staged = result->outcome == OMG_FETCH_STORED;
        item->etag = g_strdup(result->etag);
        item->last_modified = g_strdup(result->last_modified);
        if (result->outcome == OMG_FETCH_UNCHANGED)
                set_known(records, item);
        else if (result->outcome == OMG_FETCH_ABSENT)
                take_absent(records, part, item);
        else if (!item->is_staged)
                g_free(omg_feed_part_take_failure(part, result, item->url));
}

/* ---- judging ---- */

static void list_staged(OmgOsvRecords *records)
{
        records->n_judged = records->n_to_judge = 0;
        for (guint i = 0; i < records->n_items; i++)
                if (records->items[i].is_staged)
                        records->judged[records->n_to_judge++] = i;
}

void omg_osv_records_end_fetch(OmgOsvRecords *records, OmgFeedPart *part)
{
        list_staged(records);
        if (records->n_to_judge > 0)
                part->step = OMG_FEED_STEP_JUDGE;
        else
                go_on(records, part);
}

void omg_osv_records_make_judge(OmgOsvRecords *records, OmgFeedPart *part, OmgFeedJudgeStart *start)
{
        start->kind = OMG_FEED_JUDGE_RECORDS;
        for (guint i = records->n_judged; i < records->n_to_judge; i++)
                g_ptr_array_add(
                        start->files,
                        omg_feed_part_dup_staged(part, records->items[records->judged[i]].output));
}

static void put_in_place(OmgOsvRecords *records, OmgFeedPart *part, const Item *item,
                         guint64 modified_usec)
{
        g_autofree char *staged = omg_feed_part_dup_staged(part, item->output);
        g_autoptr(GError) error = NULL;
        guint n_gone;

        if (!omg_osv_folder_put(records->folder, staged, item->id, modified_usec,
                                records->begun_usec, records->begun_usec, &n_gone, &error)) {
                omg_feed_part_fail(part, error->code, "%s", error->message);
                return;
        }
        set_known(records, item);
        part->report.n_new += 1 + n_gone;
        omg_feed_part_keep_validators(part, item->url, item->etag, item->last_modified);
}

static void take_record(OmgOsvRecords *records, OmgFeedPart *part, const Item *item,
                        const OmgJudgeLine *line)
{
        const OmgOsvNote *note = omg_osv_folder_get(records->folder, item->id);
        const gboolean is_forced = part->setup->force;

        if (strcmp(line->id, item->id) != 0)
                omg_feed_part_fail(part, OMG_ERROR_UPSTREAM_INVALID, "%s: another record came: %s",
                                   item->url, line->id);
        else if (note && !is_forced && line->modified < note->modified_usec)
                part->report.n_older++;
        else if (line->is_withdrawn)
                drop(records, part, item);
        else if (note && !is_forced && line->modified > 0 && line->modified == note->modified_usec)
                set_known(records, item);
        else
                put_in_place(records, part, item, line->modified);
}

void omg_osv_records_take_line(OmgOsvRecords *records, OmgFeedPart *part, const OmgJudgeLine *line)
{
        const Item *item = &records->items[records->judged[records->n_judged++]];

        if (line->what == OMG_JUDGE_LINE_BAD)
                omg_feed_part_fail(part, omg_error_from_dbus_name(line->error), "%s: %s", item->url,
                                   line->message);
        else
                take_record(records, part, item, line);
}

/* Should one be the end of the helper, the others are judged without it. */
void omg_osv_records_end_judge(OmgOsvRecords *records, OmgFeedPart *part, const GError *error)
{
        if (error && records->n_judged < records->n_to_judge) {
                const Item *item = &records->items[records->judged[records->n_judged++]];
                omg_feed_part_fail(part, error->code, "%s: %s", item->url, error->message);
        }
        if (records->n_judged < records->n_to_judge)
                part->step = OMG_FEED_STEP_JUDGE;
        else
                go_on(records, part);
}

/* ---- the end ---- */

void omg_osv_records_finish(OmgOsvRecords *records, OmgFeedPart *part)
{
        g_autoptr(GError) error = NULL, folder_error = NULL;
        g_autofree char *older =
                part->report.n_older > 0
                        ? g_strdup_printf("%u records are older than those that are here",
                                          part->report.n_older)
                        : NULL;

        part->report.n_left = records->n_named - records->n_known;
        if (older)
                omg_feed_part_fail_stale(part, older);
        else if (part->report.n_left > 0)
                omg_feed_part_fail(part, OMG_ERROR_LIMITS_EXCEEDED,
                                   "%s: %u records are left for the next time", part->base_url,
                                   part->report.n_left);
        if (!part->report.error && !omg_osv_folder_make(records->folder, &folder_error))
                omg_feed_part_fail(part, folder_error->code, "%s", folder_error->message);
        if (!omg_osv_folder_save(records->folder, &error))
                omg_log_warning("%s: records of OSV will be asked for again, ignoring",
                                error->message);
}
