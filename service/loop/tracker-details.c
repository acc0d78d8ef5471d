/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/tracker-details.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/limits-advisories.h"
#include "loop/log.h"
#include "sources/advisory-files.h"

/* One that is asked for. */
typedef struct {
        const char *id;
        char *url, *path, *output;
        gboolean is_staged;
} Item;

struct OmgTrackerDetails {
        char *folder;
        GPtrArray *ids;
        gboolean is_begun;
        guint next;    /* the first that was not asked for */
        guint n_known; /* that came, or are not there */
        Item items[OMG_LIMIT_TRACKER_AT_ONCE];
        guint n_items;
        guint judged[OMG_LIMIT_TRACKER_AT_ONCE]; /* the item of each file */
        gboolean has_warned;
};

static void clear_items(OmgTrackerDetails *details)
{
        for (guint i = 0; i < details->n_items; i++) {
                Item *item = &details->items[i];
                g_free(item->url);
                g_free(item->path);
                g_free(item->output);
                *item = (Item){};
        }
        details->n_items = 0;
}

OmgTrackerDetails *omg_tracker_details_new(const OmgFeedPart *part)
{
        OmgTrackerDetails *details = g_new0(OmgTrackerDetails, 1);

        details->folder = omg_advisory_files_dup_groups(part->setup->paths->cache_dir);
        details->ids = g_ptr_array_new_with_free_func(g_free);
        return details;
}

void omg_tracker_details_free(OmgTrackerDetails *details)
{
        if (!details)
                return;
        clear_items(details);
        g_ptr_array_unref(details->ids);
        g_free(details->folder);
        g_free(details);
}

/* With "force" all are fetched: nothing is at hand where nothing is looked for. */
void omg_tracker_details_want(const OmgTrackerDetails *details, const OmgFeedPart *part,
                              OmgFeedJudgeStart *start)
{
        start->details = part->setup->force ? part->staging : details->folder;
        start->groups = (char **)part->setup->groups;
}

void omg_tracker_details_add(OmgTrackerDetails *details, const char *id)
{
        g_ptr_array_add(details->ids, g_strdup(id));
}

/* ---- one second after the other ---- */

static void go_on(OmgTrackerDetails *details, OmgFeedPart *part)
{
        clear_items(details);
        if (part->is_stopped || details->next >= MIN(details->ids->len, OMG_LIMIT_TRACKER_DETAILS))
                part->step = OMG_FEED_STEP_DONE;
        else
                part->step = OMG_FEED_STEP_WAIT;
}

void omg_tracker_details_begin(OmgTrackerDetails *details, OmgFeedPart *part)
{
        details->is_begun = part->is_known = TRUE;
        /* The list was a request, too. */
        part->wait_usec = g_get_monotonic_time() + G_USEC_PER_SEC;
        go_on(details, part);
}

gboolean omg_tracker_details_is_begun(const OmgTrackerDetails *details)
{
        return details->is_begun;
}

static void begin_item(OmgTrackerDetails *details, OmgFeedPart *part, const char *id)
{
        Item *item = &details->items[details->n_items];

        *item = (Item){
                .id = id,
                .url = g_strdup_printf("%s/%s.json", part->base_url, id),
                .path = g_strdup_printf("%s/%s.json", details->folder, id),
                .output = g_strdup_printf("group-%u.json", details->n_items),
        };
        details->n_items++;
}

/* Never with validators: what is at hand says something else than the list. */
void omg_tracker_details_make_requests(OmgTrackerDetails *details, OmgFeedPart *part,
                                       GArray *requests)
{
        const guint end = MIN(details->ids->len, OMG_LIMIT_TRACKER_DETAILS);

        while (details->n_items < OMG_LIMIT_TRACKER_AT_ONCE && details->next < end) {
                begin_item(details, part, g_ptr_array_index(details->ids, details->next++));
                const Item *item = &details->items[details->n_items - 1];
                OmgFetchRequest request = omg_feed_part_make_request(
                        part, details->n_items, item->url, item->output, FALSE);
                request.max_bytes = OMG_LIMIT_TRACKER_GROUP;
                request.is_optional = TRUE;
                g_array_append_val(requests, request);
                part->report.n_asked++;
        }
}

/* Told once a pass. */
static void warn(OmgTrackerDetails *details, const char *message)
{
        if (!details->has_warned)
                omg_log_warning("%s: details of the tracker are left for later, ignoring", message);
        details->has_warned = TRUE;
}

static void note_failure(OmgTrackerDetails *details, OmgFeedPart *part,
                         const OmgFetchResult *result, const char *url)
{
        g_autofree char *message = omg_feed_part_take_failure(part, result, url);

        if (message)
                warn(details, message);
}

void omg_tracker_details_take_result(OmgTrackerDetails *details, OmgFeedPart *part,
                                     const OmgFetchResult *result)
{
        if (result->event != OMG_FETCH_EVENT_DONE || result->id < 1 ||
            result->id > details->n_items)
                return;
        Item *item = &details->items[result->id - 1];
        item->is_staged = result->outcome == OMG_FETCH_STORED;
        if (result->outcome == OMG_FETCH_ABSENT)
                details->n_known++;
        else if (!item->is_staged)
                note_failure(details, part, result, item->url);
}

void omg_tracker_details_end_fetch(OmgTrackerDetails *details, OmgFeedPart *part)
{
        /* From the end: who knows how long ago they reached the server. */
        part->wait_usec = g_get_monotonic_time() + G_USEC_PER_SEC;
        for (guint i = 0; i < details->n_items; i++)
                if (details->items[i].is_staged) {
                        part->step = OMG_FEED_STEP_JUDGE;
                        return;
                }
        go_on(details, part);
}

void omg_tracker_details_make_judge(OmgTrackerDetails *details, OmgFeedPart *part,
                                    OmgFeedJudgeStart *start)
{
        start->kind = OMG_FEED_JUDGE_GROUPS;
        for (guint i = 0; i < details->n_items; i++) {
                const Item *item = &details->items[i];
                if (!item->is_staged)
                        continue;
                details->judged[start->files->len] = i;
                g_ptr_array_add(start->files, omg_feed_part_dup_staged(part, item->output));
        }
}

static void refuse(OmgTrackerDetails *details, const Item *item, const char *why)
{
        g_autofree char *message = g_strdup_printf("%s: %s", item->url, why);

        warn(details, message);
}

void omg_tracker_details_take_line(OmgTrackerDetails *details, OmgFeedPart *part,
                                   const OmgJudgeLine *line)
{
        const Item *item = &details->items[details->judged[line->file]];
        g_autofree char *staged = omg_feed_part_dup_staged(part, item->output);

        if (line->what == OMG_JUDGE_LINE_BAD) {
                refuse(details, item, line->message);
        } else if (strcmp(line->id, item->id) != 0) {
                refuse(details, item, "another group came");
        } else if (g_rename(staged, item->path) < 0) {
                refuse(details, item, "cannot be put in its place");
        } else {
                details->n_known++;
                part->report.n_new++;
        }
}

void omg_tracker_details_end_judge(OmgTrackerDetails *details, OmgFeedPart *part,
                                   const GError *error)
{
        if (error)
                warn(details, error->message);
        part->progress += (1 - part->progress) / 2;
        go_on(details, part);
}

/* ---- the end ---- */

typedef struct {
        char *path;
        gint64 fetched_sec;
} Kept;

static void kept_clear(Kept *kept)
{
        g_free(kept->path);
}

static int compare_kept(gconstpointer a, gconstpointer b)
{
        const Kept *x = a, *y = b;

        if (x->fetched_sec != y->fetched_sec)
                return x->fetched_sec < y->fetched_sec ? -1 : 1;
        return strcmp(x->path, y->path);
}

static void prune(const char *folder)
{
        g_autoptr(GArray) files = g_array_new(FALSE, FALSE, sizeof(Kept));
        g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
        const char *name;

        g_array_set_clear_func(files, (GDestroyNotify)kept_clear);
        while (dir && (name = g_dir_read_name(dir))) {
                Kept kept = {g_build_filename(folder, name, NULL), 0};
                struct stat st;
                if (lstat(kept.path, &st) == 0)
                        kept.fetched_sec = (gint64)st.st_ctim.tv_sec;
                g_array_append_val(files, kept);
        }
        g_array_sort(files, compare_kept);
        for (guint i = 0; i + OMG_LIMIT_TRACKER_KEPT < files->len; i++)
                (void)g_unlink(g_array_index(files, Kept, i).path);
}

void omg_tracker_details_finish(OmgTrackerDetails *details, OmgFeedPart *part)
{
        part->report.n_left = details->ids->len - details->n_known;
        if (part->report.n_new > 0)
                prune(details->folder);
}
