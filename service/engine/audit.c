/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/audit.h"

#include <string.h>

#include "base/error.h"
#include "base/severity.h"
#include "base/version-order.h"
#include "base/version.h"
#include "engine/audit-private.h"

static const OmgAdvisoryLayer *get_layer(const OmgAuditRun *run)
{
        return run->params->advisories;
}

static const char *get_text(const OmgAuditRun *run, guint32 offset)
{
        return omg_advisory_layer_get_text(get_layer(run), offset);
}

static GStrv dup_list(const OmgAuditRun *run, OmgAdvisoryRun list)
{
        OmgAdvisoryRun whole = omg_advisory_layer_clip(get_layer(run), OMG_ADVISORY_LISTS, list);
        GStrv texts = g_new0(char *, (gsize)whole.count + 1);

        for (guint i = 0; i < whole.count; i++)
                texts[i] = g_strdup(omg_advisory_layer_get_listed(get_layer(run), &whole, i));
        return texts;
}

/* Those that pacman would upgrade or install from. */
static guint8 *make_enabled(const OmgSnapshot *snapshot)
{
        guint n = snapshot->sync ? omg_layer_get_n_repositories(snapshot->sync) : 0;
        guint8 *enabled = g_new0(guint8, n + 1);

        for (guint i = 0; i < n; i++) {
                const char *name = omg_layer_get_text(
                        snapshot->sync, omg_layer_get_repository(snapshot->sync, i)->name);
                for (guint j = 0; snapshot->conf && j < snapshot->conf->repositories->len; j++) {
                        const OmgRepository *repository =
                                g_ptr_array_index(snapshot->conf->repositories, j);
                        if (strcmp(repository->name, name) == 0)
                                enabled[i] = (repository->usage &
                                              (OMG_USAGE_INSTALL | OMG_USAGE_UPGRADE)) != 0;
                }
        }
        return enabled;
}

const char *omg_audit_find_version(const OmgAuditRun *run, const char *package,
                                   gboolean (*is_fixed)(const char *version, gpointer userdata),
                                   gpointer userdata, const char **ret_first)
{
        const OmgLayer *sync = run->params->snapshot->sync;
        guint n = sync ? omg_layer_get_n_repositories(sync) : 0;
        gsize len = strlen(package);
        guint64 cursor = 0;

        *ret_first = NULL;
        while (sync) {
                guint id = omg_layer_find(sync, package, len, &cursor);
                if (id == OMG_NO_PACKAGE)
                        break;
                guint repository = omg_layer_get_record(sync, id)->repository;
                if (repository >= n || !run->enabled[repository])
                        continue;
                const char *version = omg_layer_get_version(sync, id);
                if (!*ret_first)
                        *ret_first = version;
                if (is_fixed(version, userdata))
                        return version;
        }
        return NULL;
}

static gboolean is_at_least(const char *version, gpointer fixed)
{
        return omg_version_compare(version, fixed) >= 0;
}

/* FALSE: the group says that this version is clean. */
static gboolean decide_group(OmgAuditRun *run, const OmgAdvisoryGroup *group, const char *package,
                             const char *installed, OmgFindingState *ret_state,
                             const char **ret_repo_version)
{
        const char *fixed = get_text(run, group->fixed), *first = NULL;

        *ret_repo_version = NULL;
        if (group->status == OMG_TRACKER_NOT_AFFECTED)
                return FALSE;
        if (*fixed && omg_version_compare(installed, fixed) >= 0)
                return FALSE;
        const char *found = omg_audit_find_version(run, package, is_at_least,
                                                   (gpointer)(*fixed ? fixed : ""), &first);
        *ret_repo_version = *fixed && found ? found : first;
        if (*fixed)
                *ret_state = found ? OMG_FINDING_FIX_AVAILABLE : OMG_FINDING_FIX_PENDING;
        else
                *ret_state = omg_version_compare(installed, get_text(run, group->affected)) <= 0
                                     ? OMG_FINDING_NO_FIX
                                     : OMG_FINDING_UNCONFIRMED;
        return TRUE;
}

static void add_clean(OmgAuditRun *run, const OmgAdvisoryGroup *group)
{
        OmgAdvisoryRun issues =
                omg_advisory_layer_clip(get_layer(run), OMG_ADVISORY_LISTS, group->issues);

        for (guint i = 0; i < issues.count; i++)
                (void)g_hash_table_add(run->clean, (char *)omg_advisory_layer_get_listed(
                                                           get_layer(run), &issues, i));
}

static OmgFinding *make_finding(OmgAuditRun *run, const OmgAdvisoryGroup *group,
                                const char *package, const char *installed, OmgFindingState state,
                                const char *repo_version)
{
        OmgFinding *finding = omg_finding_new(package, installed, get_text(run, group->id));

        finding->fixed = g_strdup(get_text(run, group->fixed));
        finding->severity = MIN(group->severity, OMG_SEVERITY_N - 1);
        finding->state = state;
        finding->vector = g_strdup("");
        finding->type = g_strdup(get_text(run, group->type));
        finding->status = g_strdup(omg_tracker_status_get_word(group->status));
        finding->summary = g_strdup("");
        finding->repo_version = g_strdup(repo_version ? repo_version : "");
        finding->reason = g_strdup("");
        finding->cves = dup_list(run, group->issues);
        finding->advisories = dup_list(run, group->advisories);
        finding->aliases = g_new0(char *, 1);
        return finding;
}

static void add_tracker(OmgAuditRun *run, const char *package, const char *installed)
{
        const OmgAdvisoryName *name = omg_advisory_layer_find(get_layer(run), "", package);

        for (guint i = 0; name && i < name->entries.count; i++) {
                guint index = omg_advisory_layer_get_entry(get_layer(run), name, i);
                if (index == G_MAXUINT32)
                        break;
                const OmgAdvisoryGroup *group = omg_advisory_layer_get_group(get_layer(run), index);
                OmgFindingState state;
                const char *repo_version;
                if (decide_group(run, group, package, installed, &state, &repo_version))
                        g_ptr_array_add(run->tracker, make_finding(run, group, package, installed,
                                                                   state, repo_version));
                else
                        add_clean(run, group);
        }
}

static const OmgPolicyIgnore *find_rule(const OmgAuditRun *run, const OmgFinding *finding,
                                        const char *const *ids)
{
        return omg_policy_find_ignore(run->params->policy, finding->package, ids,
                                      run->params->now_usec);
}

/* A group of several flaws is ignored by its own ids, or when each of the flaws is: until the first
 * of these rules ends. */
static const OmgPolicyIgnore *find_ignore(const OmgAuditRun *run, const OmgFinding *finding,
                                          guint64 *ret_until_usec)
{
        g_autoptr(GPtrArray) ids = g_ptr_array_new();
        const OmgPolicyIgnore *rule = NULL;
        GStrv own[] = {finding->advisories, finding->is_osv ? finding->aliases : NULL,
                       finding->is_osv ? finding->cves : NULL};

        g_ptr_array_add(ids, finding->id);
        for (gsize i = 0; i < G_N_ELEMENTS(own); i++)
                for (char **id = own[i]; id && *id; id++)
                        g_ptr_array_add(ids, *id);
        g_ptr_array_add(ids, NULL);
        rule = find_rule(run, finding, (const char *const *)ids->pdata);
        *ret_until_usec = rule ? rule->until_usec : G_MAXUINT64;
        for (char **cve = finding->cves; !rule && *cve; cve++) {
                const char *const one[] = {*cve, NULL};
                const OmgPolicyIgnore *found = find_rule(run, finding, one);
                if (!found)
                        return NULL;
                *ret_until_usec = MIN(*ret_until_usec, found->until_usec);
                if (!cve[1])
                        rule = found;
        }
        return rule;
}

static void apply_policy(OmgAuditRun *run, OmgFinding *finding)
{
        guint64 until_usec;
        const OmgPolicyIgnore *rule =
                run->params->policy ? find_ignore(run, finding, &until_usec) : NULL;

        if (!rule)
                return;
        finding->state = OMG_FINDING_IGNORED;
        g_free(finding->reason);
        finding->reason = g_strdup(rule->reason);
        run->until_usec = MIN(run->until_usec, until_usec);
}

static void finish_finding(OmgAuditRun *run, OmgFinding *finding, GPtrArray *findings)
{
        if (finding->severity == OMG_SEVERITY_UNKNOWN && finding->score != OMG_NO_SCORE)
                finding->severity = omg_severity_from_score(finding->score);
        apply_policy(run, finding);
        g_ptr_array_add(findings, omg_finding_ref(finding));
}

/* The findings of both kinds about one package, put together, ignored, and added to @findings. */
static void finish_package(OmgAuditRun *run, GPtrArray *findings)
{
        if (run->osv->len > 0)
                omg_audit_merge(run->tracker, run->osv, run->clean);
        for (guint i = 0; i < run->tracker->len; i++)
                finish_finding(run, g_ptr_array_index(run->tracker, i), findings);
        for (guint i = 0; i < run->osv->len; i++)
                finish_finding(run, g_ptr_array_index(run->osv, i), findings);
        g_ptr_array_set_size(run->tracker, 0);
        g_ptr_array_set_size(run->osv, 0);
}

static void add_osv(OmgAuditRun *run, const OmgAuditPackage *package, gboolean is_runtime)
{
        OmgOsvTarget targets[OMG_LIMIT_OSV_TARGETS];
        const OmgOsvNames *names = run->params->names;
        guint n = is_runtime ? omg_osv_names_find_runtime(names, package->name, targets)
                             : omg_osv_names_find(names, package->name, run->name, targets);

        for (guint i = 0; i < n; i++) {
                const char *upstream =
                        is_runtime ? omg_osv_runtime_version(targets[i].ecosystem, package->version,
                                                             run->version)
                                   : omg_osv_upstream_version(package->version, run->version);
                omg_audit_add_osv(run, package->name, package->version, upstream, &targets[i],
                                  is_runtime, run->osv);
        }
}

static void audit_package(OmgAuditRun *run, const OmgAuditPackage *package, gboolean is_runtime,
                          GPtrArray *findings)
{
        if (!is_runtime && !run->params->skip_tracker)
                add_tracker(run, package->name, package->version);
        if (run->params->names)
                add_osv(run, package, is_runtime);
        if (run->tracker->len > 0 || run->osv->len > 0)
                finish_package(run, findings);
        if (g_hash_table_size(run->clean) > 0)
                g_hash_table_remove_all(run->clean);
}

static void run_init(OmgAuditRun *run, const OmgAuditParams *params)
{
        *run = (OmgAuditRun){
                .params = params,
                .enabled = make_enabled(params->snapshot),
                .name = g_string_new(NULL),
                .version = g_string_new(NULL),
                .other = g_string_new(NULL),
                .tracker = g_ptr_array_new_with_free_func((GDestroyNotify)omg_finding_unref),
                .osv = g_ptr_array_new_with_free_func((GDestroyNotify)omg_finding_unref),
                .clean = g_hash_table_new(g_str_hash, g_str_equal),
                .until_usec = G_MAXUINT64,
        };
        for (guint i = 0; i < OMG_ORDER_N; i++)
                run->keys[i] = g_string_new(NULL);
}

static void run_clear(OmgAuditRun *run)
{
        if (!run->params)
                return;
        g_free((guint8 *)run->enabled);
        g_ptr_array_unref(run->tracker);
        g_ptr_array_unref(run->osv);
        g_hash_table_unref(run->clean);
        for (guint i = 0; i < OMG_ORDER_N; i++)
                g_string_free(run->keys[i], TRUE);
        g_string_free(run->name, TRUE);
        g_string_free(run->version, TRUE);
        g_string_free(run->other, TRUE);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(OmgAuditRun, run_clear)

static guint find_local(const OmgSnapshot *snapshot, const char *package)
{
        return omg_layer_find(snapshot->local, package, strlen(package), NULL);
}

static void set_bit(guint8 *bits, guint id)
{
        bits[id / 8] |= 1u << (id % 8);
}

static void count(OmgAudit *audit, const OmgSnapshot *snapshot)
{
        for (guint i = 0; i < audit->findings->len; i++) {
                const OmgFinding *finding = g_ptr_array_index(audit->findings, i);
                audit->n_by_state[finding->state]++;
                if (!omg_finding_is_confirmed(finding))
                        continue;
                audit->n_by_severity[finding->severity]++;
                audit->n_high += omg_finding_is_high(finding);
                audit->highest = MAX(audit->highest, finding->severity);
                guint id = finding->is_runtime ? OMG_NO_PACKAGE
                                               : find_local(snapshot, finding->package);
                if (id == OMG_NO_PACKAGE || omg_bits_has(audit->affected, id))
                        continue;
                set_bit(audit->affected, id);
                audit->n_packages++;
        }
}

/* Whether a version ends a finding. */
static gboolean ends(const OmgFinding *finding, const char *version, const OmgOsvNames *names)
{
        g_autoptr(GString) buffer = g_string_new(NULL), name = g_string_new(NULL);
        OmgOsvTarget targets[OMG_LIMIT_OSV_TARGETS];
        int result;

        if (!*finding->fixed)
                return FALSE;
        if (!finding->is_osv)
                return omg_version_compare(version, finding->fixed) >= 0;
        const char *upstream = omg_osv_upstream_version(version, buffer);
        return names && omg_osv_names_find(names, finding->package, name, targets) > 0 &&
               omg_version_order_compare(omg_ecosystem_get_order(targets[0].ecosystem), upstream,
                                         finding->fixed, &result) &&
               result >= 0;
}

/* The version that a row of updates makes of a package, for those that have a finding. */
static GHashTable *map_updates(const OmgAudit *audit, const OmgSnapshot *snapshot)
{
        GHashTable *map = g_hash_table_new(NULL, NULL);

        for (guint i = 0; snapshot->updates && i < snapshot->updates->len; i++) {
                const OmgUpdate *update = &g_array_index(snapshot->updates, OmgUpdate, i);
                if (update->n_replaces == 0 && !update->replaced &&
                    omg_bits_has(audit->affected, update->local_id))
                        g_hash_table_insert(map, GUINT_TO_POINTER(update->local_id),
                                            (gpointer)update);
        }
        return map;
}

static void mark_security(OmgAudit *audit, const OmgAuditParams *params)
{
        const OmgSnapshot *snapshot = params->snapshot;
        g_autoptr(GHashTable) map = map_updates(audit, snapshot);

        for (guint i = 0; i < audit->findings->len && g_hash_table_size(map) > 0; i++) {
                const OmgFinding *finding = g_ptr_array_index(audit->findings, i);
                if (!omg_finding_is_confirmed(finding) || finding->is_runtime)
                        continue;
                guint id = find_local(snapshot, finding->package);
                const OmgUpdate *update = g_hash_table_lookup(map, GUINT_TO_POINTER(id));
                if (!update || omg_bits_has(audit->security, id) ||
                    !ends(finding,
                          omg_layer_get_version(omg_snapshot_get_update_layer(snapshot, update),
                                                update->sync_id),
                          params->names))
                        continue;
                set_bit(audit->security, id);
                audit->n_security += !(update->flags & (OMG_UPD_IGNORED | OMG_UPD_AUR));
        }
}

/* What was read from a file that was cut meanwhile may be anything. */
static gboolean check_advisories(const OmgAuditParams *params, GError **error)
{
        if (!omg_section_file_is_damaged(omg_advisory_layer_get_file(params->advisories)))
                return TRUE;
        g_set_error_literal(error, OMG_ERROR, OMG_ERROR_DATABASE_CORRUPT,
                            "the index of advisories is damaged");
        return FALSE;
}

/* Takes the findings over. */
static OmgAudit *finish(OmgAuditRun *run, GPtrArray *findings, GError **error)
{
        const OmgAuditParams *params = run->params;
        g_autoptr(OmgAudit) audit = g_new0(OmgAudit, 1);
        gsize bytes = omg_layer_get_n_packages(params->snapshot->local) / 8 + 1;

        g_atomic_ref_count_init(&audit->ref_count);
        audit->findings = findings;
        audit->affected = g_new0(guint8, bytes);
        audit->security = g_new0(guint8, bytes);
        audit->until_usec = run->until_usec;
        g_ptr_array_sort(findings, omg_finding_compare);
        count(audit, params->snapshot);
        mark_security(audit, params);
        return check_advisories(params, error) ? g_steal_pointer(&audit) : NULL;
}

static void audit_runtimes(OmgAuditRun *run, GPtrArray *findings)
{
        for (guint i = 0; i < run->params->n_runtimes; i++)
                audit_package(run, &run->params->runtimes[i], TRUE, findings);
}

static gboolean check_local(const OmgSnapshot *snapshot, GError **error)
{
        if (snapshot->local)
                return TRUE;
        omg_snapshot_set_missing(snapshot, "local", error);
        return FALSE;
}

OmgAudit *omg_audit_new(const OmgAuditParams *params, GError **error)
{
        const OmgLayer *local = params->snapshot->local;
        g_auto(OmgAuditRun) run = {};

        if (!check_local(params->snapshot, error))
                return NULL;
        GPtrArray *findings = g_ptr_array_new_with_free_func((GDestroyNotify)omg_finding_unref);
        run_init(&run, params);
        for (guint id = 0; id < omg_layer_get_n_packages(local); id++) {
                OmgAuditPackage package = {omg_layer_get_name(local, id),
                                           omg_layer_get_version(local, id)};
                audit_package(&run, &package, FALSE, findings);
        }
        audit_runtimes(&run, findings);
        return finish(&run, findings, error);
}

/* Whether a name stands in the list before. */
static gboolean is_before(const char *const *names, guint index)
{
        for (guint i = 0; i < index; i++)
                if (strcmp(names[i], names[index]) == 0)
                        return TRUE;
        return FALSE;
}

OmgAudit *omg_audit_update(const OmgAudit *audit, const OmgAuditParams *params,
                           const char *const *changed, GError **error)
{
        const OmgSnapshot *snapshot = params->snapshot;
        g_auto(OmgAuditRun) run = {};

        if (!check_local(snapshot, error))
                return NULL;
        GPtrArray *findings = g_ptr_array_new_with_free_func((GDestroyNotify)omg_finding_unref);
        run_init(&run, params);
        run.until_usec = audit->until_usec;
        for (guint i = 0; i < audit->findings->len; i++) {
                OmgFinding *finding = g_ptr_array_index(audit->findings, i);
                if (!finding->is_runtime && !g_strv_contains(changed, finding->package))
                        g_ptr_array_add(findings, omg_finding_ref(finding));
        }
        for (guint i = 0; changed[i]; i++) {
                guint id = find_local(snapshot, changed[i]);
                if (id == OMG_NO_PACKAGE || is_before(changed, i))
                        continue;
                OmgAuditPackage package = {changed[i], omg_layer_get_version(snapshot->local, id)};
                audit_package(&run, &package, FALSE, findings);
        }
        audit_runtimes(&run, findings);
        return finish(&run, findings, error);
}

GPtrArray *omg_audit_check(const OmgAuditParams *params, const OmgAuditPackage *packages, guint n,
                           GError **error)
{
        g_autoptr(GPtrArray) findings =
                g_ptr_array_new_with_free_func((GDestroyNotify)omg_finding_unref);
        g_auto(OmgAuditRun) run = {};

        run_init(&run, params);
        for (guint i = 0; i < n; i++)
                audit_package(&run, &packages[i], FALSE, findings);
        if (!check_advisories(params, error))
                return NULL;
        g_ptr_array_sort(findings, omg_finding_compare);
        return g_steal_pointer(&findings);
}

static gboolean has_confirmed(const GPtrArray *findings)
{
        for (guint i = 0; i < findings->len; i++)
                if (omg_finding_is_confirmed(g_ptr_array_index(findings, i)))
                        return TRUE;
        return FALSE;
}

/* Whether any feed knows the name: for most packages that is the answer. */
static gboolean is_named(const OmgAuditParams *params, const char *package)
{
        OmgOsvTarget targets[OMG_LIMIT_OSV_TARGETS];
        g_autoptr(GString) buffer = NULL;
        guint n;

        if (!params->skip_tracker && omg_advisory_layer_find(params->advisories, "", package))
                return TRUE;
        if (!params->names)
                return FALSE;
        buffer = g_string_new(NULL);
        n = omg_osv_names_find(params->names, package, buffer, targets);
        for (guint i = 0; i < n; i++)
                if (omg_advisory_layer_find(params->advisories, targets[i].ecosystem,
                                            targets[i].name))
                        return TRUE;
        return FALSE;
}

gboolean omg_audit_is_affected(const OmgAuditParams *params, const OmgAuditPackage *package)
{
        g_autoptr(GPtrArray) findings =
                is_named(params, package->name) ? omg_audit_check(params, package, 1, NULL) : NULL;

        return findings && has_confirmed(findings);
}

GBytes *omg_audit_list_candidates(const OmgAuditParams *params, GError **error)
{
        const OmgLayer *sync = params->snapshot->sync;
        const guint n = omg_layer_get_n_packages(sync);
        const gsize size = (omg_bitmap_words(n) + 1) * sizeof(guint64);
        g_autoptr(GPtrArray) findings =
                g_ptr_array_new_with_free_func((GDestroyNotify)omg_finding_unref);
        g_autofree guint64 *bits = g_malloc0(size);
        g_auto(OmgAuditRun) run = {};

        run_init(&run, params);
        for (guint id = 0; id < n; id++) {
                OmgAuditPackage package = {omg_layer_get_name(sync, id),
                                           omg_layer_get_version(sync, id)};
                audit_package(&run, &package, FALSE, findings);
                if (has_confirmed(findings))
                        bits[id / 64] |= (guint64)1 << (id % 64);
                g_ptr_array_set_size(findings, 0);
        }
        if (!check_advisories(params, error))
                return NULL;
        return g_bytes_new_take(g_steal_pointer(&bits), size);
}

OmgAudit *omg_audit_ref(OmgAudit *audit)
{
        g_atomic_ref_count_inc(&audit->ref_count);
        return audit;
}

void omg_audit_unref(OmgAudit *audit)
{
        if (!audit || !g_atomic_ref_count_dec(&audit->ref_count))
                return;
        g_ptr_array_unref(audit->findings);
        g_free(audit->affected);
        g_free(audit->security);
        g_free(audit);
}

GPtrArray *omg_audit_find(const OmgAudit *audit, const char *package)
{
        GPtrArray *found = g_ptr_array_new();

        for (guint i = 0; i < audit->findings->len; i++) {
                OmgFinding *finding = g_ptr_array_index(audit->findings, i);
                if (!finding->is_runtime && strcmp(finding->package, package) == 0)
                        g_ptr_array_add(found, finding);
        }
        return found;
}
