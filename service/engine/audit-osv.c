/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/version-order.h"
#include "engine/audit-private.h"
#include "sources/osv.h"

typedef enum { CLEAN, AFFECTED, OPEN /* cannot be told */ } Verdict;

/* One package of one record, asked about one version. */
typedef struct {
        const OmgAdvisoryLayer *layer;
        const char *version;
        OmgOrder order;    /* in which .fixed stands */
        const char *fixed; /* the highest end of a range that holds the version; NULL: none */
} Question;

static const char *get_version(const Question *question, const OmgAdvisoryEvent *event)
{
        return omg_advisory_layer_get_text(question->layer, event->version);
}

/* FALSE when it cannot be told. "" is before all versions. */
static gboolean compare(const Question *question, OmgOrder order, const char *other,
                        int *ret_result)
{
        *ret_result = 1;
        return *other == '\0' ||
               omg_version_order_compare(order, question->version, other, ret_result);
}

/* The last step of an answer: what ends the range is what is to be reached. */
static void keep_fixed(Question *question, OmgOrder order, const char *fixed)
{
        int result;

        if (!fixed)
                return;
        if (!question->fixed ||
            (omg_version_order_compare(order, fixed, question->fixed, &result) && result > 0)) {
                question->fixed = fixed;
                question->order = order;
        }
}

/* The evaluation of OSV's schema ("Evaluation" in its description), over events in their order. */
static Verdict ask_range(Question *question, const OmgAdvisoryRange *range)
{
        OmgAdvisoryRun events =
                omg_advisory_layer_clip(question->layer, OMG_ADVISORY_EVENTS, range->events);
        gboolean affected = FALSE, limited = FALSE, below_limit = FALSE;
        const char *fixed = NULL;

        for (guint i = 0; i < events.count; i++) {
                const OmgAdvisoryEvent *event =
                        omg_advisory_layer_get_event(question->layer, events.first + i);
                const char *version = get_version(question, event);
                int result;
                if (!compare(question, range->order, version, &result))
                        return OPEN;
                if (event->kind == OMG_OSV_LIMIT) {
                        limited = TRUE;
                        below_limit = below_limit || result < 0;
                } else if (event->kind == OMG_OSV_LAST_AFFECTED ? result > 0 : result >= 0)
                        affected = event->kind == OMG_OSV_INTRODUCED;
                else if (event->kind == OMG_OSV_FIXED && affected && !fixed)
                        fixed = version;
        }
        if (!affected || (limited && !below_limit))
                return CLEAN;
        keep_fixed(question, range->order, fixed);
        return AFFECTED;
}

/* Whether a version is listed: by halving where they stand in order, else by its text. */
static gboolean is_listed(const Question *question, const OmgAdvisoryAffected *affected)
{
        OmgAdvisoryRun list =
                omg_advisory_layer_clip(question->layer, OMG_ADVISORY_LISTS, affected->versions);
        guint from = 0, to = MIN(affected->n_ordered, list.count);
        gboolean has = omg_version_order_has(affected->order, question->version);

        for (guint i = has ? to : 0; i < list.count; i++)
                if (strcmp(omg_advisory_layer_get_listed(question->layer, &list, i),
                           question->version) == 0)
                        return TRUE;
        while (has && from < to) {
                guint middle = from + (to - from) / 2;
                int result = 0;
                const char *other = omg_advisory_layer_get_listed(question->layer, &list, middle);
                if (!omg_version_order_compare(affected->order, question->version, other,
                                               &result) ||
                    result == 0)
                        return result == 0;
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
        if (affected->versions.count > 0 &&
            !omg_version_order_has(affected->order, question->version))
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
                                    ? omg_audit_rate(finding->score)
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

        for (guint i = 0; name && i < name->entries.count; i++) {
                guint index = omg_advisory_layer_get_entry(layer, name, i);
                if (index == G_MAXUINT32)
                        break;
                const OmgAdvisoryAffected *affected = omg_advisory_layer_get_affected(layer, index);
                Question question = {.layer = layer, .version = upstream};
                Verdict verdict = ask(&question, affected);
                if (verdict == CLEAN)
                        continue;
                OmgFinding *finding = make_finding(run, affected, package, installed);
                finding->is_runtime = is_runtime;
                set_state(run, finding, &question, verdict);
                g_ptr_array_add(findings, finding);
        }
}
