/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/refresh-advisories.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <sys/stat.h>

#include "base/error.h"
#include "config.h"
#include "engine/osv-questions.h"
#include "loop/log-ids.h"
#include "loop/log.h"
#include "loop/refresh-private.h"
#include "sources/advisory-files.h"
#include "store/cache-feeds.h"
#include "store/generation.h"

#define NAMES_FILE "osv-names.conf"

void omg_refresh_audit_clear(OmgRefreshAudit *audit)
{
        g_clear_pointer(&audit->pass, omg_advisory_pass_free);
        g_clear_pointer(&audit->layer, omg_advisory_layer_unref);
        g_clear_error(&audit->error);
        g_clear_pointer(&audit->names, omg_osv_names_unref);
        g_clear_pointer(&audit->names_stamp, g_free);
        g_clear_error(&audit->names_error);
        g_clear_pointer(&audit->policy, omg_policy_state_unref);
        g_clear_pointer(&audit->runtimes, omg_runtime_list_unref);
        g_clear_pointer(&audit->timer, omg_timer_free);
        g_clear_pointer(&audit->questions, g_ptr_array_unref);
        g_clear_pointer(&audit->answered, g_hash_table_unref);
}

/* ---- the index of advisories ---- */

static void set_error(OmgRefreshAudit *audit, const GError *error)
{
        if (error && (!audit->error || strcmp(audit->error->message, error->message) != 0))
                omg_log(LOG_WARNING, OMG_LOG_ID_REFRESH_FAILED, "Advisories: %s", error->message);
        g_clear_error(&audit->error);
        audit->error = error ? g_error_copy(error) : NULL;
}

/* One that was cut or is malformed is no last good one. */
static void drop_damaged(OmgRefreshAudit *audit, const char *path)
{
        if (!audit->layer ||
            !omg_section_file_is_damaged(omg_advisory_layer_get_file(audit->layer)))
                return;
        omg_log(LOG_WARNING, OMG_LOG_ID_INDEX_REJECTED,
                "Index file %s was damaged while in use, rebuilding it", path);
        g_clear_pointer(&audit->layer, omg_advisory_layer_unref);
        (void)g_unlink(path);
}

static void load_existing(OmgRefresh *refresh)
{
        OmgRefreshAudit *audit = &refresh->audit;
        g_autofree char *path = omg_indexer_dup_advisories_path(refresh->paths);
        g_autoptr(GError) error = NULL;

        drop_damaged(audit, path);
        if (audit->layer)
                return;
        audit->layer = omg_advisory_layer_open(path, &error);
        if (audit->layer || error->code == OMG_ERROR_DATABASE_MISSING)
                return;
        omg_log(LOG_WARNING, OMG_LOG_ID_INDEX_REJECTED, "Index file %s: %s, rebuilding it", path,
                error->message);
        refresh->rejected++;
}

static void take_rebuilt(OmgRefresh *refresh)
{
        g_autofree char *path = omg_indexer_dup_advisories_path(refresh->paths);
        g_autofree char *output = omg_indexer_dup_advisories_output_path(refresh->paths);
        g_autoptr(GError) error = NULL;
        OmgAdvisoryLayer *layer = omg_advisory_layer_open(output, &error);

        if (!layer) {
                g_prefix_error(&error, "%s, just written: ", output);
                set_error(&refresh->audit, error);
                omg_indexer_clean(refresh->paths);
                return;
        }
        g_clear_pointer(&refresh->audit.layer, omg_advisory_layer_unref);
        refresh->audit.layer = layer;
        refresh->audit.rebuilt++;
        set_error(&refresh->audit, NULL);
        /* What is mapped serves all the same; only the next start has to make it again. */
        if (g_rename(output, path) < 0)
                omg_log_warning("Cannot put the new index at %s: %s, ignoring", path,
                                g_strerror(errno));
}

static void on_indexer_done(const GError *error, gpointer userdata)
{
        OmgRefresh *refresh = userdata;

        g_clear_pointer(&refresh->indexer, omg_indexer_free);
        if (error)
                omg_indexer_clean(refresh->paths);
        if (error && error->code == OMG_ERROR_CANCELLED) {
                omg_refresh_end_cancelled(refresh);
                return;
        }
        if (error)
                set_error(&refresh->audit, error);
        else
                take_rebuilt(refresh);
        omg_refresh_finish(refresh);
}

/* Whether the index knows what a feed said. */
static gboolean has_source(const OmgAdvisoryLayer *layer, OmgAdvisoryOrigin origin)
{
        const OmgAdvisorySource *source =
                layer ? omg_advisory_layer_get_source(layer, origin) : NULL;

        return source && (source->time_usec > 0 || source->n > 0);
}

/* Whether something that the index was made from is not there any more. Only who deletes the cache
 * does that: a feed replaces its files, and is asked again. */
static gboolean has_lost_files(OmgRefresh *refresh)
{
        for (guint i = 0; i < OMG_ADVISORY_SOURCE_N; i++)
                if (has_source(refresh->audit.layer, i) && !omg_refresh_feed_has_files(refresh, i))
                        return TRUE;
        return FALSE;
}

gboolean omg_refresh_make_advisories(OmgRefresh *refresh)
{
        OmgRefreshAudit *audit = &refresh->audit;
        g_autoptr(GBytes) stamps = omg_advisory_files_take_stamps(refresh->paths->cache_dir);
        g_autoptr(GError) error = NULL;

        load_existing(refresh);
        /* The cache may be deleted at any time: what was made from it is still what is known. */
        if (!stamps || (audit->layer && (omg_advisory_layer_has_stamps(audit->layer, stamps) ||
                                         has_lost_files(refresh)))) {
                set_error(audit, NULL);
                return FALSE;
        }
        refresh->indexer =
                omg_indexer_start_advisories(refresh->paths, on_indexer_done, refresh, &error);
        if (refresh->indexer)
                return TRUE;
        set_error(audit, error);
        return FALSE;
}

/* ---- names at OSV ---- */

GStrv omg_refresh_dup_names_paths(const OmgPaths *paths)
{
        GStrv list = g_new0(char *, 3);

        list[0] = g_strdup(paths->osv_names ? paths->osv_names : OMG_DATADIR "/" NAMES_FILE);
        list[1] = g_build_filename(paths->config_dir, NAMES_FILE, NULL);
        return list;
}

static char *dup_names_stamp(char *const *paths)
{
        GString *stamp = g_string_new(NULL);

        for (; *paths; paths++) {
                struct stat st;
                if (stat(*paths, &st) < 0)
                        st = (struct stat){};
                g_string_append_printf(stamp, "%" G_GINT64_FORMAT ".%ld %" G_GINT64_FORMAT " %lu\n",
                                       (gint64)st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
                                       (gint64)st.st_size, (gulong)st.st_ino);
        }
        return g_string_free(stamp, FALSE);
}

static OmgOsvNames *read_names(char *const *paths, GError **error)
{
        if (!g_file_test(paths[0], G_FILE_TEST_EXISTS)) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE,
                            "%s is not there, so OSV is not asked; install omgd anew", paths[0]);
                return NULL;
        }
        return omg_osv_names_load((const char *const *)paths, error);
}

/* A file with a fault leaves what was in force; at the start, the installed one. */
static void load_names(OmgRefresh *refresh)
{
        OmgRefreshAudit *audit = &refresh->audit;
        g_auto(GStrv) paths = omg_refresh_dup_names_paths(refresh->paths);
        g_autofree char *stamp = dup_names_stamp(paths);
        OmgOsvNames *names;

        if (g_strcmp0(stamp, audit->names_stamp) == 0)
                return;
        g_free(audit->names_stamp);
        audit->names_stamp = g_steal_pointer(&stamp);
        g_clear_error(&audit->names_error);
        names = read_names(paths, &audit->names_error);
        if (audit->names_error)
                omg_log_err("%s; %s", audit->names_error->message,
                            audit->names ? "what was in force stays" : "it is left out");
        if (!names && !audit->names) {
                g_clear_pointer(&paths[1], g_free);
                names = read_names(paths, NULL);
        }
        if (!names)
                return;
        g_clear_pointer(&audit->names, omg_osv_names_unref);
        audit->names = names;
}

/* ---- the audit ---- */

/* The texts are the row's, or the error's. */
static OmgFeedFacts get_facts(OmgRefresh *refresh, OmgAdvisoryOrigin origin, OmgFeedRow **ret_row,
                              GError **ret_error)
{
        const OmgRefreshFeeds *feeds = &refresh->audit.feeds;
        OmgFeedFacts facts = {
                .is_enabled = feeds->is_enabled[origin],
                .max_age_usec = (guint64)feeds->interval_sec[origin] * OMG_FEED_STALE_INTERVALS *
                                G_USEC_PER_SEC,
        };

        if (!facts.is_enabled || !feeds->db)
                return facts;
        if (!omg_cache_feeds_get(feeds->db, omg_refresh_get_feed_name(origin), ret_row,
                                 ret_error)) {
                facts.code = omg_error_get_code(*ret_error);
                facts.message = (*ret_error)->message;
                return facts;
        }
        facts.good_usec = (*ret_row)->good_usec;
        /* What it said is neither here nor in the index: nobody knows it any more. */
        if (!has_source(refresh->audit.layer, origin) && omg_refresh_feed_is_lost(refresh, origin))
                facts.good_usec = 0;
        facts.is_stale = (*ret_row)->state == OMG_FEED_STALE;
        facts.code = omg_feed_row_get_code(*ret_row);
        if ((*ret_row)->state != OMG_FEED_OK && (*ret_row)->state != OMG_FEED_NEVER)
                facts.message = (*ret_row)->message ? (*ret_row)->message : "";
        return facts;
}

static void on_rule_end(OmgTimerReason reason, gpointer data)
{
        OmgRefresh *refresh = data;

        omg_refresh_enqueue_own(refresh, OMG_REFRESH_ALL);
}

/* What was ignored counts again when its rule has ended; nobody need ask. A clock that is set makes
 * that another time. */
static void set_timer(OmgRefresh *refresh, guint64 until_usec, guint64 now_usec)
{
        OmgRefreshAudit *audit = &refresh->audit;
        OmgTimers *timers = omg_worker_get_timers(refresh->worker);

        if (until_usec == G_MAXUINT64) {
                g_clear_pointer(&audit->timer, omg_timer_free);
                return;
        }
        if (!audit->timer)
                audit->timer = omg_timers_add(timers, TRUE, on_rule_end, refresh);
        omg_timer_set(audit->timer,
                      omg_timers_now(timers) + (until_usec > now_usec ? until_usec - now_usec : 0),
                      G_USEC_PER_SEC);
}

void omg_refresh_audit(OmgRefresh *refresh, OmgSnapshot *snapshot, guint64 now_usec)
{
        OmgRefreshAudit *audit = &refresh->audit;
        OmgFeedRow *rows[OMG_ADVISORY_SOURCE_N] = {};
        GError *errors[OMG_ADVISORY_SOURCE_N] = {};
        OmgSecurityParts parts = {
                .snapshot = snapshot,
                .before = refresh->snapshot,
                .advisories = audit->layer,
                .index_error = audit->error,
                .policy = audit->policy,
                .runtimes = audit->runtimes,
                .now_usec = now_usec,
        };
        OmgSecurity *security;

        if (audit->feeds.is_enabled[OMG_ADVISORY_OSV]) {
                load_names(refresh);
                parts.names = audit->names;
                parts.names_error = audit->names_error;
        }
        for (guint i = 0; i < OMG_ADVISORY_SOURCE_N; i++)
                parts.feeds[i] = get_facts(refresh, i, &rows[i], &errors[i]);
        security = omg_security_new(&parts);
        omg_security_attach(snapshot, security);
        if (refresh->snapshot && snapshot->generation == refresh->snapshot->generation &&
            !omg_security_equal(refresh->snapshot->security, security))
                snapshot->generation = omg_generation_next(refresh->snapshot, now_usec);
        set_timer(refresh, security->audit ? security->audit->until_usec : G_MAXUINT64, now_usec);
        if (audit->layer)
                omg_section_file_trim(omg_advisory_layer_get_file(audit->layer));
        for (guint i = 0; i < OMG_ADVISORY_SOURCE_N; i++) {
                omg_feed_row_free(rows[i]);
                g_clear_error(&errors[i]);
        }
}

/* ---- what it is made from ---- */

void omg_refresh_set_policy(OmgRefresh *refresh, OmgPolicyState *policy)
{
        omg_policy_state_unref(refresh->audit.policy);
        refresh->audit.policy = omg_policy_state_ref(policy);
        if (refresh->snapshot)
                omg_refresh_enqueue_own(refresh, OMG_REFRESH_ALL);
}

/* From main. */
typedef struct {
        OmgRefresh *refresh;
        OmgRuntimeList *runtimes;
} Message;

static void message_free(gpointer data)
{
        Message *message = data;

        omg_runtime_list_unref(message->runtimes);
        g_free(message);
}

static void do_set_runtimes(gpointer data)
{
        const Message *message = data;
        OmgRefreshAudit *audit = &message->refresh->audit;
        gboolean is_other =
                !audit->runtimes || audit->runtimes->generation != message->runtimes->generation;

        omg_runtime_list_unref(audit->runtimes);
        audit->runtimes = omg_runtime_list_ref(message->runtimes);
        /* Without advisories nothing follows from them. */
        if (is_other && audit->layer)
                omg_refresh_enqueue_own(message->refresh, OMG_REFRESH_ALL);
}

void omg_refresh_set_runtimes(OmgRefresh *refresh, OmgRuntimeList *runtimes)
{
        Message *message = g_new(Message, 1);

        *message = (Message){refresh, omg_runtime_list_ref(runtimes)};
        omg_worker_run(refresh->worker, do_set_runtimes, message, message_free);
}

static gboolean is_in_aur(const char *package, gpointer data)
{
        const OmgSnapshot *snapshot = data;

        return snapshot->aur &&
               omg_layer_find(snapshot->aur, package, strlen(package), NULL) != OMG_NO_PACKAGE;
}

GPtrArray *omg_refresh_list_osv_questions(OmgRefresh *refresh)
{
        OmgAuditParams params;
        g_autoptr(GArray) runtimes = omg_security_list_runtimes(refresh->audit.runtimes);

        load_names(refresh);
        params = (OmgAuditParams){
                .snapshot = refresh->snapshot,
                .names = refresh->audit.names,
                .runtimes = (const OmgAuditPackage *)runtimes->data,
                .n_runtimes = runtimes->len,
        };
        if (!params.snapshot || !params.names)
                return g_ptr_array_new();
        return omg_osv_list_questions(&params, is_in_aur, refresh->snapshot);
}
