/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/version-order.h"
#include "engine/audit-private.h"
#include "sources/osv.h"

typedef enum { CLEAN, AFFECTED, OPEN /* cannot be told */ } Verdict;

/* One package of one record, asked about the version at hand. */
typedef struct {
        OmgAuditRun *run;
        const OmgAdvisoryLayer *layer;
        const char *version;
        OmgOrder order;        /* in which .fixed stands */
        const char *fixed;     /* the highest end of a range that holds the version; NULL: none */
        const char *fixed_key; /* its key */
} Question;

/* Of the version at hand; NULL when it has no place in that order. */
static const char *get_key(const Question *question, guint order)
{
        OmgAuditRun *run = question->run;

        if (order >= OMG_ORDER_N)
                return NULL;
        if (run->has_key[order] == 0) {
                g_string_truncate(run->keys[order], 0);
                run->has_key[order] =
                        omg_version_order_append_key(order, question->version, run->keys[order])
                                ? 1
                                : -1;
        }
        return run->has_key[order] > 0 ? run->keys[order]->str : NULL;
}

/* What ends the range is what is to be reached; of several the last. */
static void keep_fixed(Question *question, OmgOrder order, const OmgAdvisoryEvent *event)
{
        const char *key = omg_advisory_layer_get_text(question->layer, event->key);

        if (question->fixed && (question->order != order || strcmp(key, question->fixed_key) <= 0))
                return;
        question->fixed = omg_advisory_layer_get_text(question->layer, event->version);
        question->fixed_key = key;
        question->order = order;
}

/* The evaluation of OSV's schema ("Evaluation" in its description), over events in their order. */
static Verdict ask_range(Question *question, const OmgAdvisoryRange *range)
{
        OmgAdvisoryRun events =
                omg_advisory_layer_clip(question->layer, OMG_ADVISORY_EVENTS, range->events);
        gboolean affected = FALSE, limited = FALSE, below_limit = FALSE;
        const OmgAdvisoryEvent *fixed = NULL;
        const char *key = get_key(question, range->order);

        for (guint i = 0; i < events.count; i++) {
                const OmgAdvisoryEvent *event =
                        omg_advisory_layer_get_event(question->layer, events.first + i);
                const char *other = omg_advisory_layer_get_text(question->layer, event->key);
                /* "" is before all versions, also before those without a place. */
                if (!key && *other)
                        return OPEN;
                int result = *other ? strcmp(key, other) : 1;
                if (event->kind == OMG_OSV_LIMIT) {
                        limited = TRUE;
                        below_limit = below_limit || result < 0;
                } else if (event->kind == OMG_OSV_LAST_AFFECTED ? result > 0 : result >= 0)
                        affected = event->kind == OMG_OSV_INTRODUCED;
                else if (event->kind == OMG_OSV_FIXED && affected && !fixed)
                        fixed = event;
        }
        if (!affected || (limited && !below_limit))
                return CLEAN;
        if (fixed)
                keep_fixed(question, range->order, fixed);
        return AFFECTED;
}

/* Whether a version is listed: by its key where it has one, else by its text. */
static gboolean is_listed(const Question *question, const OmgAdvisoryAffected *affected)
{
        OmgAdvisoryRun list =
                omg_advisory_layer_clip(question->layer, OMG_ADVISORY_LISTS, affected->versions);
        guint n_ordered = MIN(affected->n_ordered, list.count), from = 0, to = n_ordered;
        const char *key = get_key(question, affected->order);

        for (guint i = n_ordered; i < list.count; i++)
                if (strcmp(omg_advisory_layer_get_listed(question->layer, &list, i),
                           question->version) == 0)
                        return TRUE;
        /* Mostly the installed one is newer than all of them. */
        if (key && to > 0 &&
            strcmp(key, omg_advisory_layer_get_listed(question->layer, &list, to - 1)) > 0)
                return FALSE;
        while (key && from < to) {
                guint middle = from + (to - from) / 2;
                int result =
                        strcmp(key, omg_advisory_layer_get_listed(question->layer, &list, middle));
                if (result == 0)
                        return TRUE;
                if (result < 0)
                        to = middle;
                else
                        from = middle + 1;
        }
        return FALSE;
}

static Verdict ask(Question *question, const OmgAdvisoryAffected *affected)
{
        OmgAdvisoryRun ranges =
                omg_advisory_layer_clip(question->layer, OMG_ADVISORY_RANGES, affected->ranges);
        Verdict verdict = affected->uncertain ? OPEN : CLEAN;

        for (guint i = 0; i < ranges.count; i++) {
                Verdict one = ask_range(
                        question, omg_advisory_layer_get_range(question->layer, ranges.first + i));
                if (one == AFFECTED || (one == OPEN && verdict == CLEAN))
                        verdict = one;
        }
        if (verdict == AFFECTED || is_listed(question, affected))
                return AFFECTED;
        /* A list of exact versions says all, but only of versions that it would know. */
        if (affected->versions.count > 0 && !get_key(question, affected->order))
                return OPEN;
        return verdict;
}

typedef struct {
        OmgAuditRun *run;
        const Question *question;
} Fix;

static gboolean is_fixed(const char *version, gpointer userdata)
{
        const Fix *fix = userdata;
        const char *upstream = omg_osv_upstream_version(version, fix->run->other);
        int result;

        return fix->question->fixed &&
               omg_version_order_compare(fix->question->order, upstream, fix->question->fixed,
                                         &result) &&
               result >= 0;
}

/* CVEs, and other ids. */
static void split_aliases(const OmgAdvisoryLayer *layer, const OmgAdvisoryRecord *record,
                          OmgFinding *finding)
{
        OmgAdvisoryRun list = omg_advisory_layer_clip(layer, OMG_ADVISORY_LISTS, record->aliases);
        g_autoptr(GStrvBuilder) cves = g_strv_builder_new(), others = g_strv_builder_new();

        if (g_str_has_prefix(finding->id, "CVE-"))
                g_strv_builder_add(cves, finding->id);
        for (guint i = 0; i < list.count; i++) {
                const char *alias = omg_advisory_layer_get_listed(layer, &list, i);
                g_strv_builder_add(g_str_has_prefix(alias, "CVE-") ? cves : others, alias);
        }
        finding->cves = g_strv_builder_end(cves);
        finding->aliases = g_strv_builder_end(others);
}

static OmgFinding *make_finding(OmgAuditRun *run, const OmgAdvisoryAffected *affected,
                                const char *package, const char *installed)
{
        const OmgAdvisoryLayer *layer = run->params->advisories;
        const OmgAdvisoryRecord *record = omg_advisory_layer_get_record(layer, affected->record);
        OmgFinding *finding =
                omg_finding_new(package, installed, omg_advisory_layer_get_text(layer, record->id));

        finding->is_osv = TRUE;
        finding->vector = g_strdup("");
        finding->type = g_strdup("");
        finding->status = g_strdup("");
        finding->summary = g_strdup(omg_advisory_layer_get_text(layer, record->summary));
        finding->reason = g_strdup("");
        finding->advisories = g_new0(char *, 1);
        split_aliases(layer, record, finding);
        omg_audit_add_score(finding, layer, &affected->vectors);
        if (finding->score == OMG_NO_SCORE)
                omg_audit_add_score(finding, layer, &record->vectors);
        finding->severity = finding->score != OMG_NO_SCORE
                                    ? omg_severity_from_score(finding->score)
                                    : MIN(record->severity, OMG_SEVERITY_N - 1);
        return finding;
}

static void set_state(OmgAuditRun *run, OmgFinding *finding, const Question *question,
                      Verdict verdict)
{
        Fix fix = {run, question};
        const char *first = NULL, *found = NULL;

        if (!finding->is_runtime)
                found = omg_audit_find_version(run, finding->package, is_fixed, &fix, &first);
        finding->fixed = g_strdup(question->fixed ? question->fixed : "");
        finding->repo_version = g_strdup(found ? found : first ? first : "");
        finding->state = verdict == OPEN   ? OMG_FINDING_UNCONFIRMED
                         : found           ? OMG_FINDING_FIX_AVAILABLE
                         : question->fixed ? OMG_FINDING_FIX_PENDING
                                           : OMG_FINDING_NO_FIX;
}

void omg_audit_add_osv(OmgAuditRun *run, const char *package, const char *installed,
                       const char *upstream, const OmgOsvTarget *target, gboolean is_runtime,
                       GPtrArray *findings)
{
        const OmgAdvisoryLayer *layer = run->params->advisories;
        const OmgAdvisoryName *name =
                omg_advisory_layer_find(layer, target->ecosystem, target->name);

        memset(run->has_key, 0, sizeof(run->has_key));
        for (guint i = 0; name && i < name->entries.count; i++) {
                guint index = omg_advisory_layer_get_entry(layer, name, i);
                if (index == G_MAXUINT32)
                        break;
                const OmgAdvisoryAffected *affected = omg_advisory_layer_get_affected(layer, index);
                Question question = {.run = run, .layer = layer, .version = upstream};
                Verdict verdict = ask(&question, affected);
                if (verdict == CLEAN)
                        continue;
                OmgFinding *finding = make_finding(run, affected, package, installed);
                finding->is_runtime = is_runtime;
                set_state(run, finding, &question, verdict);
                g_ptr_array_add(findings, finding);
        }
}
