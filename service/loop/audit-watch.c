/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/audit-watch.h"

#include "base/limits-store.h"
#include "engine/maintainer-events.h"
#include "engine/security-events.h"
#include "engine/security.h"
#include "loop/indexer.h"
#include "loop/log.h"
#include "sources/stamps.h"

struct OmgAuditWatch {
        OmgAuditLog *log;
        /* What the next outcome is compared with; NULL: nothing is known. */
        OmgLayer *local;
        char *db_path; /* of what database; NULL: as its stamps say */
        OmgAudit *audit;
        OmgRefusals *refusals;
        gboolean has_maintainers; /* the log was asked what is in it */
        /* Of scans. */
        gboolean has_scans; /* the rest counts: what was known at the start is no news */
        guint64 scanned_usec;
        guint64 recorded_usec;
        char *result; /* as it was recorded last */
        char *error;  /* likewise; "": none */
};

OmgAuditWatch *omg_audit_watch_new(OmgAuditLog *log, const OmgPaths *paths)
{
        OmgAuditWatch *watch = g_new0(OmgAuditWatch, 1);
        g_autofree char *path = omg_indexer_dup_path(paths, OMG_LAYER_LOCAL);

        watch->log = omg_audit_log_ref(log);
        /* What is wrong with it is said by the refresh. */
        watch->local = omg_layer_open(path, OMG_LAYER_LOCAL, NULL);
        return watch;
}

void omg_audit_watch_free(OmgAuditWatch *watch)
{
        if (!watch)
                return;
        omg_audit_log_unref(watch->log);
        omg_layer_unref(watch->local);
        g_free(watch->db_path);
        omg_audit_unref(watch->audit);
        omg_refusals_unref(watch->refusals);
        g_free(watch->result);
        g_free(watch->error);
        g_free(watch);
}

/* ---- packages ---- */

/* A database that could not be read has no packages, which says nothing of what is installed. */
static gboolean is_whole(const OmgLayer *layer)
{
        return (omg_layer_get_states(layer) & 1u << OMG_REPOSITORY_ABSENT) == 0;
}

/* Whether both are of one database. */
static gboolean can_compare(const OmgAuditWatch *watch, const OmgSnapshot *after)
{
        gsize size;
        gconstpointer stamps = omg_layer_get_section(watch->local, OMG_SECTION_STAMPS, &size);

        if (!after->conf || !is_whole(watch->local))
                return FALSE;
        return watch->db_path ? g_str_equal(watch->db_path, after->conf->db_path)
                              : omg_stamps_are_of(stamps, size, after->conf);
}

/* Not what was cut under the map meanwhile. */
static void compare_packages(OmgAuditEvents *events, const OmgLayer *before,
                             const OmgSnapshot *after)
{
        const guint n = events->records->len;

        omg_audit_events_add_packages(events, before, after->local);
        if (omg_section_file_is_damaged(omg_layer_get_file(before)) ||
            omg_snapshot_is_damaged(after))
                g_array_set_size(events->records, n);
}

static void take_packages(OmgAuditWatch *watch, const OmgSnapshot *snapshot, OmgAuditEvents *events)
{
        if (!snapshot->local || snapshot->local == watch->local || !is_whole(snapshot->local))
                return;
        if (watch->local && can_compare(watch, snapshot))
                compare_packages(events, watch->local, snapshot);
        if (omg_snapshot_is_damaged(snapshot) || !snapshot->conf)
                return;
        omg_layer_unref(watch->local);
        watch->local = omg_layer_ref(snapshot->local);
        g_free(watch->db_path);
        watch->db_path = g_strdup(snapshot->conf->db_path);
}

/* ---- the audit, the policy ---- */

/* What earlier runs have recorded; NULL, as if nothing were, when the log cannot be read. */
static GHashTable *list_known(OmgAuditWatch *watch, OmgAuditEvent event, const char *member)
{
        g_autoptr(GError) error = NULL;
        GHashTable *known = NULL;
        OmgAuditDb *db = omg_audit_log_open(watch->log, &error);

        if (!db ||
            !omg_audit_db_list_details(db, omg_audit_event_get_word(event), member, &known, &error))
                omg_log_debug("The audit log cannot be read: %s, ignoring", error->message);
        return known;
}

static void take_findings(OmgAuditWatch *watch, const OmgSecurity *security, OmgAuditEvents *events)
{
        g_autoptr(GHashTable) known = NULL;

        if (!security->audit || security->audit == watch->audit)
                return;
        if (!watch->audit)
                known = list_known(watch, OMG_AUDIT_VULNERABILITY_DETECTED, "advisory");
        omg_audit_events_add_new_findings(events, watch->audit, security->audit, known);
        omg_audit_unref(watch->audit);
        watch->audit = omg_audit_ref(security->audit);
}

static void take_refusals(OmgAuditWatch *watch, const OmgSnapshot *snapshot, OmgAuditEvents *events)
{
        OmgRefusals *refusals = snapshot->security->refusals;
        g_autoptr(GHashTable) known = NULL;
        OmgJudge judge;

        if (!refusals || refusals == watch->refusals ||
            !omg_security_get_judge(snapshot, &judge, NULL))
                return;
        if (!watch->refusals)
                known = list_known(watch, OMG_AUDIT_POLICY_VIOLATION, NULL);
        omg_audit_events_add_new_violations(events, &judge, watch->refusals, refusals, known);
        omg_refusals_unref(watch->refusals);
        watch->refusals = omg_refusals_ref(refusals);
}

/* ---- the AUR ---- */

/* An omgd before this one may have ended when they stood in the log, and in cache.db not yet. */
static void take_maintainers(OmgAuditWatch *watch, const OmgChanges *changes,
                             OmgAuditEvents *events)
{
        g_autoptr(GHashTable) known = NULL;

        if (!changes || changes->maintainers->len == 0)
                return;
        if (!watch->has_maintainers)
                known = list_known(watch, OMG_AUDIT_AUR_MAINTAINER_CHANGED,
                                   OMG_MAINTAINER_EVENT_ID);
        watch->has_maintainers = watch->has_maintainers || known;
        omg_audit_events_add_maintainers(events, changes->maintainers, known);
}

/* ---- scans ---- */

static guint count_packages(const OmgSnapshot *snapshot)
{
        return snapshot->local ? omg_layer_get_n_packages(snapshot->local) : 0;
}

/* One that comes to the same as the one before is recorded once a day: the tracker is asked every
 * hour. */
static void take_success(OmgAuditWatch *watch, const OmgSnapshot *snapshot, OmgAuditEvents *events)
{
        const guint n = events->records->len;
        const OmgAuditRecord *record;

        omg_audit_events_add_audit(events, count_packages(snapshot), snapshot->security->audit);
        record = &g_array_index(events->records, OmgAuditRecord, n);
        if (g_strcmp0(record->description, watch->result) == 0 &&
            events->time_usec - watch->recorded_usec <
                    OMG_LIMIT_SCAN_RECORD_SEC * (guint64)G_USEC_PER_SEC) {
                g_array_set_size(events->records, n);
                return;
        }
        g_free(watch->result);
        watch->result = g_strdup(record->description);
        watch->recorded_usec = events->time_usec;
}

/* The first one; further ones follow from it, or have another text soon. */
static char *dup_failure(const OmgSecurity *security, GError **ret_error)
{
        const OmgSourceError *first;

        if (security->state != OMG_SCAN_FAILED || security->errors->len == 0)
                return g_strdup("");
        first = security->errors->pdata[0];
        g_set_error(ret_error, OMG_ERROR, first->code, "%s: %s", first->source, first->message);
        return g_strdup((*ret_error)->message);
}

static void take_scans(OmgAuditWatch *watch, const OmgSnapshot *snapshot, OmgAuditEvents *events)
{
        const OmgSecurity *security = snapshot->security;
        g_autoptr(GError) error = NULL;
        g_autofree char *failure = dup_failure(security, &error);

        if (watch->has_scans && security->audit && security->scanned_usec != watch->scanned_usec)
                take_success(watch, snapshot, events);
        if (watch->has_scans && error && g_strcmp0(failure, watch->error) != 0)
                omg_audit_events_add_scan(events, 0, 0, 0, error);
        watch->has_scans = TRUE;
        watch->scanned_usec = security->scanned_usec;
        g_free(watch->error);
        watch->error = g_steal_pointer(&failure);
}

void omg_audit_watch_take_refresh(OmgAuditWatch *watch, const OmgRefreshOutcome *outcome)
{
        const OmgSnapshot *snapshot = outcome->snapshot;
        OmgAuditEvents *events;

        if (!watch || !snapshot)
                return;
        events = omg_audit_events_new((guint64)g_get_real_time(), OMG_AUDIT_SELF);
        take_packages(watch, snapshot, events);
        take_maintainers(watch, outcome->changes, events);
        if (snapshot->security && !omg_snapshot_is_damaged(snapshot)) {
                take_findings(watch, snapshot->security, events);
                take_refusals(watch, snapshot, events);
                take_scans(watch, snapshot, events);
        }
        omg_audit_log_take(watch->log, events);
}
