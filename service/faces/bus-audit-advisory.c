/* SPDX-License-Identifier: GPL-3.0-or-later */
/* org.omgd1.Audit: GetAdvisory. */
#include <errno.h>

#include "base/cvss.h"
#include "engine/advisory-answer.h"
#include "faces/bus-audit.h"
#include "faces/bus-call.h"
#include "faces/bus-options.h"
#include "sources/osv.h"

typedef struct {
        char *id;
        OmgAdvisoryAnswer *answer; /* on the pool */
} Work;

static void work_free(Work *work)
{
        g_free(work->id);
        omg_advisory_answer_free(work->answer);
        g_free(work);
}

static gboolean work_look_up(const OmgSnapshot *snapshot, const OmgPoolJob *job, gpointer data,
                             GError **error)
{
        Work *work = data;

        work->answer = omg_advisory_look_up(snapshot, work->id, error);
        return work->answer != NULL;
}

/* ---- entries; what is not known is left out ---- */

static int append_text(sd_bus_message *reply, const char *key, const char *text)
{
        return *text ? omg_bus_entry_append(reply, key, 's', text) : 0;
}

static int append_offset(sd_bus_message *reply, const char *key, const OmgAdvisoryLayer *layer,
                         guint32 offset)
{
        return append_text(reply, key, omg_advisory_layer_get_text(layer, offset));
}

static int append_run(sd_bus_message *reply, const char *key, const OmgAdvisoryLayer *layer,
                      OmgAdvisoryRun run)
{
        OmgAdvisoryRun list = omg_advisory_layer_clip(layer, OMG_ADVISORY_LISTS, run);
        g_autoptr(GPtrArray) texts = g_ptr_array_new();

        for (guint i = 0; i < list.count; i++)
                g_ptr_array_add(texts, (char *)omg_advisory_layer_get_listed(layer, &list, i));
        if (texts->len == 0)
                return 0;
        g_ptr_array_add(texts, NULL);
        return omg_bus_entry_append_strv(reply, key, (const char *const *)texts->pdata);
}

static int append_url(sd_bus_message *reply, const char *id)
{
        g_autofree char *url = omg_advisory_dup_url(id);

        return append_text(reply, "url", url);
}

static int open_entry(sd_bus_message *reply, const char *key, const char *contents)
{
        int r;

        if ((r = sd_bus_message_open_container(reply, 'e', "sv")) < 0 ||
            (r = sd_bus_message_append_basic(reply, 's', key)) < 0)
                return r;
        return sd_bus_message_open_container(reply, 'v', contents);
}

static int close_entry(sd_bus_message *reply)
{
        int r = sd_bus_message_close_container(reply);

        return r < 0 ? r : sd_bus_message_close_container(reply);
}

/* ---- the tracker's groups ---- */

static int append_packages(sd_bus_message *reply, const OmgSnapshot *snapshot,
                           const OmgAdvisoryAnswer *answer, guint index)
{
        const OmgAdvisoryGroup *group = omg_advisory_layer_get_group(answer->layer, index);
        OmgAdvisoryRun list =
                omg_advisory_layer_clip(answer->layer, OMG_ADVISORY_LISTS, group->packages);
        int r;

        if ((r = open_entry(reply, "packages", "a(sss)")) < 0 ||
            (r = sd_bus_message_open_container(reply, 'a', "(sss)")) < 0)
                return r;
        for (guint i = 0; r >= 0 && i < list.count; i++) {
                const char *name = omg_advisory_layer_get_listed(answer->layer, &list, i);
                const char *installed;
                const char *state =
                        omg_advisory_answer_get_state(answer, snapshot, index, name, &installed);
                r = sd_bus_message_append(reply, "(sss)", name, installed, state);
        }
        if (r < 0 || (r = sd_bus_message_close_container(reply)) < 0)
                return r;
        return close_entry(reply);
}

static int append_group(sd_bus_message *reply, const OmgSnapshot *snapshot,
                        const OmgAdvisoryAnswer *answer, guint index)
{
        const OmgAdvisoryLayer *layer = answer->layer;
        const OmgAdvisoryGroup *group = omg_advisory_layer_get_group(layer, index);
        int r;

        if ((r = sd_bus_message_open_container(reply, 'a', "{sv}")) < 0 ||
            (r = append_offset(reply, "id", layer, group->id)) < 0 ||
            (r = append_url(reply, omg_advisory_layer_get_text(layer, group->id))) < 0 ||
            (r = append_text(reply, "status", omg_tracker_status_get_word(group->status))) < 0 ||
            (r = append_text(reply, "severity", omg_severity_get_word(group->severity))) < 0 ||
            (r = append_offset(reply, "type", layer, group->type)) < 0 ||
            (r = append_offset(reply, "affected", layer, group->affected)) < 0 ||
            (r = append_offset(reply, "fixed", layer, group->fixed)) < 0 ||
            (r = append_offset(reply, "ticket", layer, group->ticket)) < 0 ||
            (r = append_run(reply, "cves", layer, group->issues)) < 0 ||
            (r = append_run(reply, "advisories", layer, group->advisories)) < 0 ||
            (r = append_run(reply, "references", layer, group->references)) < 0 ||
            (r = append_offset(reply, "notes", layer, group->notes)) < 0 ||
            (r = append_packages(reply, snapshot, answer, index)) < 0)
                return r;
        return sd_bus_message_close_container(reply);
}

static int append_groups(sd_bus_message *reply, const OmgSnapshot *snapshot,
                         const OmgAdvisoryAnswer *answer)
{
        int r;

        if ((r = open_entry(reply, "groups", "aa{sv}")) < 0 ||
            (r = sd_bus_message_open_container(reply, 'a', "a{sv}")) < 0)
                return r;
        for (guint i = 0; r >= 0 && i < answer->groups->len; i++)
                r = append_group(reply, snapshot, answer, g_array_index(answer->groups, guint, i));
        if (r < 0 || (r = sd_bus_message_close_container(reply)) < 0)
                return r;
        return close_entry(reply);
}

/* ---- OSV's records ---- */

/* Of several vectors the worst counts. */
static int append_scores(sd_bus_message *reply, const OmgAdvisoryLayer *layer,
                         const OmgAdvisoryRecord *record)
{
        OmgAdvisoryRun list = omg_advisory_layer_clip(layer, OMG_ADVISORY_LISTS, record->vectors);
        OmgSeverity severity = MIN(record->severity, OMG_SEVERITY_N - 1);
        gboolean is_known = FALSE;
        guint worst = 0;
        int r = 0;

        for (guint i = 0; i < list.count; i++) {
                OmgCvss cvss;
                if (!omg_cvss_parse(omg_advisory_layer_get_listed(layer, &list, i), &cvss, NULL))
                        continue;
                worst = MAX(worst, omg_cvss_score(&cvss, NULL));
                is_known = TRUE;
        }
        if (is_known) {
                double score = worst / 10.0;
                r = omg_bus_entry_append(reply, "cvss", 'd', &score);
                severity = omg_severity_from_score(worst);
        }
        if (r < 0 || (r = append_run(reply, "vectors", layer, record->vectors)) < 0)
                return r;
        return append_text(reply, "severity", omg_severity_get_word(severity));
}

static int append_modified(sd_bus_message *reply, const OmgAdvisoryRecord *record)
{
        return record->modified_usec == 0
                       ? 0
                       : omg_bus_entry_append(reply, "modified", 't', &record->modified_usec);
}

static int append_events(sd_bus_message *reply, const OmgAdvisoryLayer *layer,
                         const OmgAdvisoryRange *range)
{
        static const char *const kinds[OMG_OSV_EVENT_N] = {[OMG_OSV_LIMIT] = "limit",
                                                           [OMG_OSV_LAST_AFFECTED] =
                                                                   "last-affected",
                                                           [OMG_OSV_FIXED] = "fixed",
                                                           [OMG_OSV_INTRODUCED] = "introduced"};
        OmgAdvisoryRun events = omg_advisory_layer_clip(layer, OMG_ADVISORY_EVENTS, range->events);
        int r = 0;

        for (guint i = 0; r >= 0 && i < events.count; i++) {
                const OmgAdvisoryEvent *event =
                        omg_advisory_layer_get_event(layer, events.first + i);
                const char *version = omg_advisory_layer_get_text(layer, event->version);
                if (event->kind < OMG_OSV_EVENT_N)
                        r = sd_bus_message_append(reply, "(ss)", kinds[event->kind],
                                                  *version ? version : "0");
        }
        return r;
}

static int append_affected(sd_bus_message *reply, const OmgAdvisoryLayer *layer,
                           const OmgAdvisoryAffected *affected)
{
        OmgAdvisoryRun ranges =
                omg_advisory_layer_clip(layer, OMG_ADVISORY_RANGES, affected->ranges);
        int r;

        if ((r = sd_bus_message_open_container(reply, 'r', "ssa(ss)")) < 0 ||
            (r = sd_bus_message_append(reply, "ss",
                                       omg_advisory_layer_get_text(layer, affected->ecosystem),
                                       omg_advisory_layer_get_text(layer, affected->name))) < 0 ||
            (r = sd_bus_message_open_container(reply, 'a', "(ss)")) < 0)
                return r;
        for (guint i = 0; r >= 0 && i < ranges.count; i++)
                r = append_events(reply, layer,
                                  omg_advisory_layer_get_range(layer, ranges.first + i));
        if (r < 0 || (r = sd_bus_message_close_container(reply)) < 0)
                return r;
        return sd_bus_message_close_container(reply);
}

/* AFFECTED is in the order of RECORDS: the first of a record by halving. */
static guint find_affected(const OmgAdvisoryLayer *layer, guint record)
{
        guint from = 0, to = omg_advisory_layer_get_n_affected(layer);

        while (from < to) {
                guint middle = from + (to - from) / 2;
                if (omg_advisory_layer_get_affected(layer, middle)->record < record)
                        from = middle + 1;
                else
                        to = middle;
        }
        return from;
}

static int append_all_affected(sd_bus_message *reply, const OmgAdvisoryLayer *layer, guint record)
{
        guint n = omg_advisory_layer_get_n_affected(layer);
        int r;

        if ((r = open_entry(reply, "affected", "a(ssa(ss))")) < 0 ||
            (r = sd_bus_message_open_container(reply, 'a', "(ssa(ss))")) < 0)
                return r;
        for (guint i = find_affected(layer, record); r >= 0 && i < n; i++) {
                const OmgAdvisoryAffected *affected = omg_advisory_layer_get_affected(layer, i);
                if (affected->record != record)
                        break;
                r = append_affected(reply, layer, affected);
        }
        if (r < 0 || (r = sd_bus_message_close_container(reply)) < 0)
                return r;
        return close_entry(reply);
}

static int append_record(sd_bus_message *reply, const OmgAdvisoryLayer *layer, guint index)
{
        const OmgAdvisoryRecord *record = omg_advisory_layer_get_record(layer, index);
        int r;

        if ((r = sd_bus_message_open_container(reply, 'a', "{sv}")) < 0 ||
            (r = append_offset(reply, "id", layer, record->id)) < 0 ||
            (r = append_url(reply, omg_advisory_layer_get_text(layer, record->id))) < 0 ||
            (r = append_offset(reply, "summary", layer, record->summary)) < 0 ||
            (r = append_run(reply, "aliases", layer, record->aliases)) < 0 ||
            (r = append_run(reply, "references", layer, record->references)) < 0 ||
            (r = append_modified(reply, record)) < 0 ||
            (r = append_scores(reply, layer, record)) < 0 ||
            (r = append_all_affected(reply, layer, index)) < 0)
                return r;
        return sd_bus_message_close_container(reply);
}

static int append_records(sd_bus_message *reply, const OmgAdvisoryAnswer *answer)
{
        int r;

        if ((r = open_entry(reply, "records", "aa{sv}")) < 0 ||
            (r = sd_bus_message_open_container(reply, 'a', "a{sv}")) < 0)
                return r;
        for (guint i = 0; r >= 0 && i < answer->records->len; i++)
                r = append_record(reply, answer->layer, g_array_index(answer->records, guint, i));
        if (r < 0 || (r = sd_bus_message_close_container(reply)) < 0)
                return r;
        return close_entry(reply);
}

/* ---- the method ---- */

static int append_findings(sd_bus_message *reply, const OmgAdvisoryAnswer *answer)
{
        int r;

        if (!answer->audit)
                return 0;
        if ((r = open_entry(reply, "findings", "a(ssssssasa{sv})")) < 0 ||
            (r = omg_bus_findings_append(reply, answer->findings)) < 0)
                return r;
        return close_entry(reply);
}

static int append_advisory(const OmgSnapshot *snapshot, sd_bus_message *reply, gpointer data,
                           GError **error)
{
        const Work *work = data;
        const OmgAdvisoryLayer *layer = work->answer->layer;
        int r;

        if ((r = sd_bus_message_open_container(reply, 'a', "{sv}")) < 0 ||
            (r = append_text(reply, "id", work->id)) < 0 || (r = append_url(reply, work->id)) < 0 ||
            (r = append_groups(reply, snapshot, work->answer)) < 0 ||
            (r = append_records(reply, work->answer)) < 0 ||
            (r = append_findings(reply, work->answer)) < 0)
                return r;
        /* What was read from a file that was cut meanwhile may be anything. */
        if (omg_section_file_is_damaged(omg_advisory_layer_get_file(layer)))
                return omg_call_fail(error, OMG_ERROR_DATABASE_CORRUPT,
                                     "The index of advisories is damaged");
        return sd_bus_message_close_container(reply);
}

static int run_get_advisory(OmgService *service, sd_bus_message *call, sd_bus_message *reply,
                            GError **error)
{
        Work *work;
        const char *id;
        int r;

        r = sd_bus_message_read(call, "s", &id);
        if (r < 0)
                return r;
        work = g_new0(Work, 1);
        work->id = g_strdup(id);
        return omg_calls_run_on_pool(service->calls, work_look_up, append_advisory, work,
                                     (GDestroyNotify)work_free);
}

OMG_DEFINE_AUDIT_METHOD(get_advisory, audit_calls, TRUE, FALSE)
