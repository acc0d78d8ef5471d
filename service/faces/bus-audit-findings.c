/* SPDX-License-Identifier: GPL-3.0-or-later */
/* org.omgd1.Audit: ListVulnerabilities, CheckPackages. */
#include <errno.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "engine/dependents.h"
#include "engine/finding-list.h"
#include "faces/bus-audit.h"
#include "faces/bus-call.h"
#include "faces/bus-meta.h"
#include "faces/bus-options.h"

/* ---- rows ---- */

static int append_text(sd_bus_message *reply, const char *key, const char *text)
{
        return *text ? omg_bus_entry_append(reply, key, 's', text) : 0;
}

static int append_list(sd_bus_message *reply, const char *key, char *const *list)
{
        return list[0] ? omg_bus_entry_append_strv(reply, key, (const char *const *)list) : 0;
}

static int append_score(sd_bus_message *reply, const OmgFinding *finding)
{
        double score = finding->score / 10.0;

        return finding->score == OMG_NO_SCORE ? 0
                                              : omg_bus_entry_append(reply, "cvss", 'd', &score);
}

static int append_runtime(sd_bus_message *reply, const OmgFinding *finding)
{
        const int is_runtime = TRUE;

        return finding->is_runtime ? omg_bus_entry_append(reply, "runtime", 'b', &is_runtime) : 0;
}

/* @needed_by: names, or NULL: nobody asked. */
static int append_extra(sd_bus_message *reply, const OmgFinding *finding,
                        const GPtrArray *needed_by)
{
        g_autofree char *url = omg_advisory_dup_url(finding->id);
        int r;

        if ((r = sd_bus_message_open_container(reply, 'a', "{sv}")) < 0 ||
            (r = append_text(reply, "source", finding->is_osv ? "osv" : "tracker")) < 0 ||
            (r = append_text(reply, "url", url)) < 0 || (r = append_score(reply, finding)) < 0 ||
            (r = append_text(reply, "vector", finding->vector)) < 0 ||
            (r = append_text(reply, "type", finding->type)) < 0 ||
            (r = append_text(reply, "status", finding->status)) < 0 ||
            (r = append_text(reply, "summary", finding->summary)) < 0 ||
            (r = append_text(reply, "repo-version", finding->repo_version)) < 0 ||
            (r = append_text(reply, "reason", finding->reason)) < 0 ||
            (r = append_list(reply, "advisories", finding->advisories)) < 0 ||
            (r = append_list(reply, "aliases", finding->aliases)) < 0 ||
            (r = append_runtime(reply, finding)) < 0)
                return r;
        if (needed_by && needed_by->len > 0)
                r = omg_bus_entry_append_strv(reply, "required-by",
                                              (const char *const *)needed_by->pdata);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int append_finding(sd_bus_message *reply, const OmgFinding *finding,
                          const GPtrArray *needed_by)
{
        int r;

        if ((r = sd_bus_message_open_container(reply, 'r', "ssssssasa{sv}")) < 0 ||
            (r = sd_bus_message_append(reply, "ssssss", finding->package, finding->installed,
                                       finding->fixed, finding->id,
                                       omg_severity_get_word(finding->severity),
                                       omg_finding_state_get_name(finding->state))) < 0 ||
            (r = sd_bus_message_append_strv(reply, finding->cves)) < 0 ||
            (r = append_extra(reply, finding, needed_by)) < 0)
                return r;
        return sd_bus_message_close_container(reply);
}

/* @lists: GPtrArray of names, NULL-ended, for each row; or NULL. */
static int append_rows(sd_bus_message *reply, const GPtrArray *findings, guint from, guint to,
                       const GPtrArray *lists)
{
        int r;

        r = sd_bus_message_open_container(reply, 'a', "(ssssssasa{sv})");
        for (guint i = from; r >= 0 && i < to; i++)
                r = append_finding(reply, findings->pdata[i],
                                   lists ? lists->pdata[i - from] : NULL);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

int omg_bus_findings_append(sd_bus_message *reply, const GPtrArray *findings)
{
        return append_rows(reply, findings, 0, findings->len, NULL);
}

static GPtrArray *join_errors(const OmgSnapshot *snapshot)
{
        GPtrArray *errors = g_ptr_array_new();

        g_ptr_array_extend(errors, snapshot->security->errors, NULL, NULL);
        g_ptr_array_extend(errors, snapshot->errors, NULL, NULL);
        return errors;
}

int omg_bus_audit_meta_append(sd_bus_message *reply, const OmgSnapshot *snapshot, guint32 total)
{
        const OmgSecurity *security = snapshot->security;
        g_autoptr(GPtrArray) errors = join_errors(snapshot);

        return omg_bus_meta_append_values(
                reply, &(OmgBusMeta){
                               .total = total,
                               .total_exact = TRUE,
                               .generation = snapshot->generation,
                               .as_of_usec = security->as_of_usec,
                               .stale = security->state != OMG_SCAN_OK || snapshot->stale,
                               .complete = security->complete && snapshot->complete,
                               .errors = errors,
                       });
}

/* ---- what both are asked ---- */

typedef struct {
        OmgBusPage page;
        OmgFindingFilter filter;
        GStrv packages;
        int required_by;
        GArray *pairs;       /* OmgAuditPackage, of texts in: */
        GStringChunk *texts; /* both NULL: all that is installed */
        GPtrArray *owned;    /* the findings about the pairs; on the pool */
        GPtrArray *found;    /* OmgFinding, borrowed; likewise */
        GPtrArray *lists;    /* for each row of the page, who needs it; or NULL */
        guint next, end;     /* rows that are still to be appended, on main */
} Query;

static void query_free(Query *query)
{
        g_strfreev(query->packages);
        g_clear_pointer(&query->pairs, g_array_unref);
        g_clear_pointer(&query->texts, g_string_chunk_free);
        g_clear_pointer(&query->found, g_ptr_array_unref);
        g_clear_pointer(&query->owned, g_ptr_array_unref);
        g_clear_pointer(&query->lists, g_ptr_array_unref);
        g_free(query);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Query, query_free)

static int read_severity(Query *query, const char *word, GError **error)
{
        OmgSeverity severity = omg_severity_from_word(word);

        if (word && severity == OMG_SEVERITY_UNKNOWN && g_ascii_strcasecmp(word, "unknown") != 0)
                return omg_call_fail(error, OMG_ERROR_INVALID_ARGS,
                                     "Option \"min-severity\": \"%.64s\" is none of Critical, "
                                     "High, Medium, Low, Unknown",
                                     word);
        query->filter.at_least = severity;
        return 0;
}

static int read_states(Query *query, char *const *words, GError **error)
{
        query->filter.states = words ? 0 : OMG_FINDING_STATES_DEFAULT;
        for (; words && *words; words++) {
                OmgFindingState state;
                if (!omg_finding_state_find(*words, &state))
                        return omg_call_fail(error, OMG_ERROR_INVALID_ARGS,
                                             "Option \"states\": \"%.64s\" is none of "
                                             "fix-available, fix-pending, no-fix, unconfirmed, "
                                             "ignored",
                                             *words);
                query->filter.states |= 1u << state;
        }
        return 0;
}

/* Reads the options; a page that waits is -EINPROGRESS. */
static int read_query(Query *query, OmgService *service, sd_bus_message *call, GError **error)
{
        const char *severity = NULL;
        g_auto(GStrv) states = NULL;
        int r;
        const OmgBusOption table[] = {
                OMG_BUS_PAGE_OPTIONS(&query->page),
                {"min-severity", OMG_BUS_OPTION_STRING, &severity, NULL},
                {"states", OMG_BUS_OPTION_STRV, &states, NULL},
                {"packages", OMG_BUS_OPTION_STRV, &query->packages, NULL},
                {"required-by", OMG_BUS_OPTION_BOOL, &query->required_by, NULL},
        };

        query->page.limit = OMG_LIMIT_ROWS;
        if ((r = omg_bus_options_read(call, table, G_N_ELEMENTS(table), error)) < 0 ||
            (r = read_severity(query, severity, error)) < 0 ||
            (r = read_states(query, states, error)) < 0)
                return r;
        query->filter.packages = (const char *const *)query->packages;
        return omg_bus_page_check(&query->page, service, error);
}

/* ---- on the pool ---- */

/* The installed packages that need it; nobody needs a runtime, or what is not installed. */
static GPtrArray *list_needed_by(const OmgSnapshot *snapshot, const OmgFinding *finding)
{
        const OmgLayer *local = snapshot->local;
        guint32 id = finding->is_runtime || !local ? OMG_NO_PACKAGE
                                                   : omg_layer_find(local, finding->package,
                                                                    strlen(finding->package), NULL);
        GPtrArray *names = id == OMG_NO_PACKAGE
                                   ? g_ptr_array_new()
                                   : omg_dependents_find(local, id, OMG_RELATION_DEPENDS);

        if (names->len > 0)
                g_ptr_array_add(names, NULL);
        return names;
}

static gboolean add_needed_by(const OmgSnapshot *snapshot, const OmgPoolJob *job, Query *query,
                              GError **error)
{
        guint from, to;

        query->lists = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
        omg_bus_page_get_range(&query->page, query->found->len, &from, &to);
        for (guint i = from; i < to; i++) {
                if (omg_pool_job_is_cancelled(job)) {
                        g_set_error_literal(error, OMG_ERROR, OMG_ERROR_CANCELLED, "cancelled");
                        return FALSE;
                }
                g_ptr_array_add(query->lists, list_needed_by(snapshot, query->found->pdata[i]));
        }
        return TRUE;
}

static gboolean work_query(const OmgSnapshot *snapshot, const OmgPoolJob *job, gpointer data,
                           GError **error)
{
        Query *query = data;
        OmgAuditParams params;
        const OmgAudit *audit;

        if (query->pairs) {
                if (!omg_security_get_params(snapshot, &params, error))
                        return FALSE;
                query->owned = omg_audit_check(&params, (const OmgAuditPackage *)query->pairs->data,
                                               query->pairs->len, error);
                if (!query->owned)
                        return FALSE;
        } else {
                audit = omg_security_get_audit(snapshot, error);
                if (!audit)
                        return FALSE;
                query->owned = g_ptr_array_ref(audit->findings);
        }
        query->found = omg_findings_select(query->owned, &query->filter);
        return !query->required_by || add_needed_by(snapshot, job, query, error);
}

static int append_query(const OmgSnapshot *snapshot, sd_bus_message *reply, gpointer data,
                        GError **error)
{
        const Query *query = data;
        guint from, to;
        int r;

        omg_bus_page_get_range(&query->page, query->found->len, &from, &to);
        r = append_rows(reply, query->found, from, to, query->lists);
        return r < 0 ? r : omg_bus_audit_meta_append(reply, snapshot, query->found->len);
}

/* ---- ListVulnerabilities ---- */

/* Less than half a millisecond. */
#define ROWS_PER_STEP 100u

static int step_list(const OmgSnapshot *snapshot, sd_bus_message *call, sd_bus_message *reply,
                     gpointer data, GError **error)
{
        Query *query = data;
        guint last = query->next + MIN(ROWS_PER_STEP, query->end - query->next);
        int r = 0;

        for (; r >= 0 && query->next < last; query->next++)
                r = append_finding(reply, query->found->pdata[query->next], NULL);
        if (r >= 0 && query->next < query->end)
                return -EINPROGRESS;
        if (r < 0 || (r = sd_bus_message_close_container(reply)) < 0)
                return r;
        return omg_bus_audit_meta_append(reply, snapshot, query->found->len);
}

static int run_list_vulnerabilities(OmgService *service, sd_bus_message *call,
                                    sd_bus_message *reply, GError **error)
{
        g_autoptr(Query) query = g_new0(Query, 1);
        int r;

        r = read_query(query, service, call, error);
        if (r < 0)
                return r;
        if (query->required_by)
                return omg_calls_run_on_pool(service->calls, work_query, append_query,
                                             g_steal_pointer(&query), (GDestroyNotify)query_free);
        if (!work_query(service->snapshot, NULL, query, error))
                return -EBADMSG;
        omg_bus_page_get_range(&query->page, query->found->len, &query->next, &query->end);
        if ((r = sd_bus_message_open_container(reply, 'a', "(ssssssasa{sv})")) < 0)
                return r;
        r = step_list(service->snapshot, call, reply, query, error);
        if (r != -EINPROGRESS)
                return r;
        return omg_calls_go_on(service->calls, step_list, g_steal_pointer(&query),
                               (GDestroyNotify)query_free);
}

/* ---- CheckPackages ---- */

static int read_pair(Query *query, const char *name, const char *version, GError **error)
{
        OmgAuditPackage pair;
        guint place = query->pairs->len + 1;

        if (place > OMG_LIMIT_ROWS)
                return omg_call_fail(error, OMG_ERROR_INVALID_ARGS, "More than %u packages",
                                     OMG_LIMIT_ROWS);
        if (!omg_package_name_check(name, error)) {
                g_prefix_error(error, "Package %u: ", place);
                return -EBADMSG;
        }
        if (!*version || strlen(version) > OMG_LIMIT_VERSION)
                return omg_call_fail(error, OMG_ERROR_INVALID_ARGS, "Package %u: its version is %s",
                                     place, *version ? "too long" : "empty");
        for (const char *c = version; *c; c++)
                if (!g_ascii_isgraph(*c))
                        return omg_call_fail(error, OMG_ERROR_INVALID_ARGS,
                                             "Package %u: its version holds more than visible "
                                             "ASCII characters",
                                             place);
        pair = (OmgAuditPackage){g_string_chunk_insert(query->texts, name),
                                 g_string_chunk_insert(query->texts, version)};
        g_array_append_val(query->pairs, pair);
        return 0;
}

static int read_pairs(Query *query, sd_bus_message *call, GError **error)
{
        const char *name, *version;
        int r;

        query->pairs = g_array_new(FALSE, FALSE, sizeof(OmgAuditPackage));
        query->texts = g_string_chunk_new(4096);
        r = sd_bus_message_enter_container(call, 'a', "(ss)");
        while (r >= 0 && (r = sd_bus_message_read(call, "(ss)", &name, &version)) > 0)
                r = read_pair(query, name, version, error);
        return r < 0 ? r : sd_bus_message_exit_container(call);
}

static int run_check_packages(OmgService *service, sd_bus_message *call, sd_bus_message *reply,
                              GError **error)
{
        g_autoptr(Query) query = g_new0(Query, 1);
        int r;

        if ((r = read_pairs(query, call, error)) < 0 ||
            (r = read_query(query, service, call, error)) < 0)
                return r;
        return omg_calls_run_on_pool(service->calls, work_query, append_query,
                                     g_steal_pointer(&query), (GDestroyNotify)query_free);
}

OMG_DEFINE_AUDIT_METHOD(list_vulnerabilities, audit_calls, TRUE, FALSE)
OMG_DEFINE_AUDIT_METHOD(check_packages, audit_calls, TRUE, FALSE)
