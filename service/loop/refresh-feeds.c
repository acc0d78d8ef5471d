/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/refresh-feeds.h"

#include "base/error.h"
#include "engine/osv-questions.h"
#include "loop/network-state.h"
#include "loop/refresh-private.h"
#include "sources/advisory-files.h"
#include "store/cache-feeds.h"

static const struct {
        OmgRefreshWhat bit;
        const char *name;
} feeds[OMG_ADVISORY_SOURCE_N] = {
        [OMG_ADVISORY_TRACKER] = {OMG_REFRESH_TRACKER, "tracker"},
        [OMG_ADVISORY_OSV] = {OMG_REFRESH_OSV, "osv"},
};

OmgRefreshWhat omg_refresh_get_feed_bit(OmgAdvisoryOrigin origin)
{
        return feeds[origin].bit;
}

const char *omg_refresh_get_feed_name(OmgAdvisoryOrigin origin)
{
        return feeds[origin].name;
}

void omg_refresh_set_feeds(OmgRefresh *refresh, const OmgRefreshFeeds *settings)
{
        refresh->audit.feeds = *settings;
}

gboolean omg_refresh_feed_is_near(OmgRefresh *refresh, OmgAdvisoryOrigin origin)
{
        return omg_network_is_local(refresh->audit.feeds.url[origin]);
}

gboolean omg_refresh_feed_has_files(OmgRefresh *refresh, OmgAdvisoryOrigin origin)
{
        const char *cache_dir = refresh->paths->cache_dir;
        g_autofree char *path = origin == OMG_ADVISORY_TRACKER
                                        ? omg_advisory_files_dup_tracker(cache_dir)
                                        : omg_advisory_files_dup_osv_notes(cache_dir);

        return g_file_test(path, G_FILE_TEST_EXISTS);
}

static guint64 read_good_usec(OmgRefresh *refresh, OmgAdvisoryOrigin origin)
{
        g_autoptr(OmgFeedRow) row = NULL;
        OmgCacheDb *db = refresh->audit.feeds.db;

        if (!db || !omg_cache_feeds_get(db, feeds[origin].name, &row, NULL))
                return 0;
        return row->good_usec;
}

gboolean omg_refresh_feed_is_lost(OmgRefresh *refresh, OmgAdvisoryOrigin origin)
{
        return !omg_refresh_feed_has_files(refresh, origin) && read_good_usec(refresh, origin) > 0;
}

guint64 omg_refresh_get_feed_good_usec(OmgRefresh *refresh, OmgAdvisoryOrigin origin)
{
        return omg_refresh_feed_has_files(refresh, origin) ? read_good_usec(refresh, origin) : 0;
}

/* ---- asking ---- */

/* Of the request that runs: 1 << OmgAdvisoryOrigin. */
static guint get_wanted(OmgRefresh *refresh)
{
        const OmgRefreshRequest *request = omg_refresh_get_request(refresh);
        const OmgRefreshFeeds *settings = &refresh->audit.feeds;
        guint wanted = 0;

        for (guint i = 0; i < OMG_ADVISORY_SOURCE_N; i++)
                if ((request->what & ~request->asked & feeds[i].bit) && settings->is_enabled[i] &&
                    settings->interval_sec[i] > 0 && settings->db)
                        wanted |= 1u << i;
        return wanted;
}

static gboolean wants_details(OmgRefresh *refresh)
{
        const OmgRefreshRequest *request = omg_refresh_get_request(refresh);
        const OmgRefreshFeeds *settings = &refresh->audit.feeds;

        return (request->what & ~request->asked & OMG_REFRESH_DETAILS) &&
               settings->is_enabled[OMG_ADVISORY_TRACKER] &&
               settings->interval_sec[OMG_ADVISORY_TRACKER] > 0 && settings->db;
}

gboolean omg_refresh_wants_feeds(OmgRefresh *refresh)
{
        return get_wanted(refresh) != 0 || wants_details(refresh);
}

static char *dup_key(const OmgOsvQuestion *question)
{
        return g_strdup_printf("%s\n%s\n%s", question->ecosystem, question->name,
                               question->version);
}

/* What OSV has answered is known until it answers again. */
static void take_asked(OmgRefresh *refresh, const OmgAdvisoryReport *report)
{
        OmgRefreshAudit *audit = &refresh->audit;
        g_autoptr(GPtrArray) questions = g_steal_pointer(&audit->questions);

        if (!questions || report->error)
                return;
        g_clear_pointer(&audit->answered, g_hash_table_unref);
        audit->answered = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        for (guint i = 0; i < questions->len; i++)
                (void)g_hash_table_add(audit->answered, dup_key(questions->pdata[i]));
}

gboolean omg_refresh_has_new_questions(OmgRefresh *refresh)
{
        const OmgRefreshAudit *audit = &refresh->audit;
        g_autoptr(GPtrArray) questions = NULL;

        if (!audit->answered || !audit->feeds.is_enabled[OMG_ADVISORY_OSV])
                return FALSE;
        questions = omg_refresh_list_osv_questions(refresh);
        for (guint i = 0; i < questions->len; i++) {
                g_autofree char *key = dup_key(questions->pdata[i]);
                if (!g_hash_table_contains(audit->answered, key))
                        return TRUE;
        }
        return FALSE;
}

static void on_progress(double progress, gpointer data)
{
        OmgRefresh *refresh = data;

        omg_refresh_post_progress_of(refresh, refresh->scanning->id, "fetching", progress);
}

static void on_done(const OmgAdvisoryReport *reports, gpointer data)
{
        OmgRefresh *refresh = data;
        OmgRefreshRequest *request = refresh->scanning;
        gboolean is_cancelled = FALSE;

        for (guint i = 0; i < OMG_ADVISORY_SOURCE_N; i++) {
                if (!(refresh->audit.asked & 1u << i))
                        continue;
                request->feeds[i] = (OmgRefreshAnswer){
                        .is_asked = TRUE,
                        .error = reports[i].error ? g_error_copy(reports[i].error) : NULL,
                        .pause_sec = (guint)MIN(reports[i].pause_sec, G_MAXUINT),
                };
                is_cancelled |= g_error_matches(reports[i].error, OMG_ERROR, OMG_ERROR_CANCELLED);
        }
        take_asked(refresh, &reports[OMG_ADVISORY_OSV]);
        g_clear_pointer(&refresh->audit.pass, omg_advisory_pass_free);
        omg_refresh_unpark(refresh, &refresh->scanning, OMG_REFRESH_FEEDS | OMG_REFRESH_DETAILS,
                           is_cancelled);
}

/* The groups that something installed is in, which people will read about. */
static GStrv list_groups(OmgRefresh *refresh)
{
        const OmgSecurity *security = refresh->snapshot ? refresh->snapshot->security : NULL;
        const OmgAudit *audit = security ? security->audit : NULL;
        g_autoptr(GHashTable) ids = g_hash_table_new(g_str_hash, g_str_equal);
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

        for (guint i = 0; audit && i < audit->findings->len; i++) {
                const OmgFinding *finding = g_ptr_array_index(audit->findings, i);
                if (!finding->is_osv && g_hash_table_add(ids, finding->id))
                        g_strv_builder_add(builder, finding->id);
        }
        return g_strv_builder_end(builder);
}

void omg_refresh_look_for_details(OmgRefresh *refresh)
{
        const OmgRefreshRequest *request = omg_refresh_get_request(refresh);
        const OmgRefreshAnswer *answer = &request->feeds[OMG_ADVISORY_TRACKER];
        g_autofree char *folder = omg_advisory_files_dup_groups(refresh->paths->cache_dir);
        g_auto(GStrv) groups = NULL;

        if (!answer->is_asked || answer->error)
                return;
        groups = list_groups(refresh);
        for (char **id = groups; *id; id++) {
                g_autofree char *path = g_strdup_printf("%s/%s.json", folder, *id);
                if (g_file_test(path, G_FILE_TEST_EXISTS))
                        continue;
                omg_refresh_enqueue_own(refresh, OMG_REFRESH_ALL | OMG_REFRESH_DETAILS);
                return;
        }
}

static void set_answers(OmgRefresh *refresh, guint wanted, const GError *error)
{
        OmgRefreshRequest *request = omg_refresh_get_request(refresh);

        for (guint i = 0; i < OMG_ADVISORY_SOURCE_N; i++)
                if (wanted & 1u << i)
                        request->feeds[i] =
                                (OmgRefreshAnswer){.is_asked = TRUE, .error = g_error_copy(error)};
}

/* Who wants the feeds alone is told when nobody can be asked. */
static void say_nobody(OmgRefresh *refresh)
{
        const OmgRefreshRequest *request = omg_refresh_get_request(refresh);

        if (request->id != 0 && (request->what & ~request->asked & OMG_REFRESH_FEEDS) &&
            !(request->what & OMG_REFRESH_MIRRORS) && !refresh->failure)
                refresh->failure = g_error_new_literal(
                        OMG_ERROR, OMG_ERROR_UNAVAILABLE,
                        "omgd.conf lets neither the tracker nor OSV be asked: enabled is false, "
                        "or their interval in [sync] is 0");
}

gboolean omg_refresh_ask_feeds(OmgRefresh *refresh)
{
        const OmgRefreshFeeds *settings = &refresh->audit.feeds;
        const OmgRefreshRequest *request = omg_refresh_get_request(refresh);
        const OmgAdvisoryPassEvents events = {on_progress, on_done, refresh};
        const guint wanted = get_wanted(refresh);
        const gboolean only_details = wanted == 0 && wants_details(refresh);
        g_autoptr(GPtrArray) questions = NULL;
        g_autoptr(GError) hindrance = NULL;
        g_autoptr(GError) error = NULL;
        g_auto(GStrv) groups = NULL;

        if (wanted == 0 && !only_details) {
                say_nobody(refresh);
                return FALSE;
        }
        if (wanted & 1u << OMG_ADVISORY_OSV)
                questions = omg_refresh_list_osv_questions(refresh);
        if ((wanted & 1u << OMG_ADVISORY_TRACKER) || only_details)
                groups = list_groups(refresh);
        hindrance = settings->may_ask ? settings->may_ask(request->what, settings->data) : NULL;
        refresh->audit.pass = omg_advisory_pass_start(
                &(OmgAdvisoryPassSetup){
                        .paths = refresh->paths,
                        .launcher = settings->launcher,
                        .cache = settings->db,
                        .what = only_details ? 1u << OMG_ADVISORY_TRACKER : wanted,
                        .only_details = only_details,
                        .tracker_url = settings->url[OMG_ADVISORY_TRACKER],
                        .osv_url = settings->url[OMG_ADVISORY_OSV],
                        .groups = (const char *const *)groups,
                        .questions = questions,
                        .force = request->force,
                        .why_not = hindrance,
                },
                &events, &error);
        refresh->audit.asked = wanted;
        g_clear_pointer(&refresh->audit.questions, g_ptr_array_unref);
        refresh->audit.questions = g_steal_pointer(&questions);
        if (!refresh->audit.pass)
                set_answers(refresh, wanted, error);
        return refresh->audit.pass != NULL;
}
