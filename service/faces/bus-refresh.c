/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Refreshes as jobs: Manager.Refresh, Audit.Scan. */
#include <errno.h>

#include "base/clock.h"
#include "engine/security.h"
#include "faces/bus-audit.h"
#include "faces/bus-call.h"
#include "faces/bus-interfaces.h"
#include "faces/bus-manager.h"
#include "faces/bus-options.h"

/* What can be asked for. */
static const struct {
        const char *word;
        guint what;
} sources[] = {
        {"sync", OMG_REFRESH_SYNC | OMG_REFRESH_MIRRORS},
        {"status", OMG_REFRESH_LOCAL},
        {"files", OMG_REFRESH_FILES},
        {"aur", OMG_REFRESH_AUR},
        {"advisories", OMG_REFRESH_FEEDS},
};

static int parse_source(const char *word, guint *what, GError **error)
{
        for (gsize i = 0; i < G_N_ELEMENTS(sources); i++) {
                if (!g_str_equal(sources[i].word, word))
                        continue;
                *what |= sources[i].what;
                return 0;
        }
        return omg_call_fail(error, OMG_ERROR_INVALID_ARGS,
                             "what: \"%.64s\" is none of sync, status, files, aur and advisories",
                             word);
}

/* All that is looked after: of file lists those that were asked for. */
static guint get_all(const OmgService *service)
{
        const OmgSnapshot *snapshot = service->snapshot;
        guint what = OMG_REFRESH_ALL | OMG_REFRESH_MIRRORS | OMG_REFRESH_FEEDS | OMG_REFRESH_AUR;

        if (snapshot && snapshot->files[OMG_FILES_LOCAL].layer)
                what |= OMG_REFRESH_LOCAL_FILES;
        if (snapshot && snapshot->files[OMG_FILES_REPO].layer)
                what |= OMG_REFRESH_SYNC_FILES;
        return what;
}

static int read_sources(const OmgService *service, sd_bus_message *call, OmgRefreshWhat *ret_what,
                        GError **error)
{
        const char *word;
        guint what = 0;
        int r;

        r = sd_bus_message_enter_container(call, 'a', "s");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_read_basic(call, 's', &word)) > 0) {
                r = parse_source(word, &what, error);
                if (r < 0)
                        return r;
        }
        *ret_what = (OmgRefreshWhat)(what != 0 ? what : get_all(service));
        return r < 0 ? r : sd_bus_message_exit_container(call);
}

typedef struct {
        int force;
        int background;
        int allow_metered;
        guint32 max_age; /* seconds */
        gboolean has_max_age;
} RefreshOptions;

/* Whether the last look is young enough for a caller that does not insist: each is at everything on
 * this machine, and knows when mirrors and feeds last confirmed it. */
static gboolean is_younger(guint64 as_of_usec, guint32 seconds)
{
        return (guint64)g_get_real_time() <= as_of_usec + seconds * (guint64)G_USEC_PER_SEC;
}

static gboolean is_aur_fresh(const OmgSnapshot *snapshot, guint32 max_age)
{
        const OmgAurFeed *feed = &snapshot->aur_feed;

        return !feed->is_on || (snapshot->aur && is_younger(feed->good_usec, max_age));
}

static gboolean is_fresh(const OmgService *service, OmgRefreshWhat what,
                         const RefreshOptions *options)
{
        const OmgSecurity *security = service->snapshot ? service->snapshot->security : NULL;

        if (!options->has_max_age || options->force ||
            !omg_service_is_fresh(service, options->max_age))
                return FALSE;
        if ((what & OMG_REFRESH_MIRRORS) &&
            !is_younger(service->snapshot->as_of_usec, options->max_age))
                return FALSE;
        if ((what & OMG_REFRESH_AUR) && !is_aur_fresh(service->snapshot, options->max_age))
                return FALSE;
        if (!(what & OMG_REFRESH_FEEDS))
                return TRUE;
        return security &&
               (security->n_feeds == 0 ||
                (security->complete && is_younger(security->as_of_usec, options->max_age)));
}

static OmgRefreshWhat add_options(OmgRefreshWhat what, const RefreshOptions *options)
{
        guint bits = what;

        if (!options->background)
                bits |= OMG_REFRESH_FOREGROUND;
        if (options->allow_metered)
                bits |= OMG_REFRESH_ALLOW_METERED;
        return (OmgRefreshWhat)bits;
}

/* What somebody asked for is done in any case; what may wait, not against an inhibitor. */
static gboolean may_in_background(const OmgService *service, GError **error)
{
        const OmgInhibitor *inhibitor =
                omg_inhibitors_find(service->inhibitors, OMG_INHIBIT_REFRESH);

        if (!inhibitor)
                return TRUE;
        g_set_error(error, OMG_ERROR, OMG_ERROR_INHIBITED,
                    "%s holds back refreshes in the background: %s", inhibitor->who,
                    inhibitor->why);
        return FALSE;
}

static OmgJob *begin_refresh(OmgService *service, const char *owner, OmgRefreshWhat what,
                             const RefreshOptions *options, GError **error)
{
        gboolean fresh = is_fresh(service, what, options);
        OmgJob *job;

        if (options->background && !may_in_background(service, error))
                return NULL;
        job = fresh ? NULL : omg_jobs_find_queued(service->jobs, what, options->force);
        if (job) {
                job->joined_at = omg_clock_now();
                return job;
        }
        job = omg_jobs_add_refresh(service->jobs, owner, what, options->force,
                                   (guint64)g_get_real_time(), error);
        if (!job)
                return NULL;
        service->metrics.jobs_total++;
        if (fresh)
                omg_jobs_end(service->jobs, job->id, NULL, FALSE, service->snapshot->generation,
                             NULL, omg_clock_now());
        else
                service->actions.refresh(job->id, what, options->force, service->actions.userdata);
        omg_bus_job_update_timer(service);
        return job;
}

/* Reads the options, and answers with the path of the job. */
static int answer_refresh(OmgService *service, OmgRefreshWhat what, sd_bus_message *call,
                          sd_bus_message *reply, GError **error)
{
        RefreshOptions options = {};
        const OmgBusOption table[] = {
                {"force", OMG_BUS_OPTION_BOOL, &options.force, NULL},
                {"max-age", OMG_BUS_OPTION_UINT32, &options.max_age, &options.has_max_age},
                {"background", OMG_BUS_OPTION_BOOL, &options.background, NULL},
                {"allow-metered", OMG_BUS_OPTION_BOOL, &options.allow_metered, NULL},
        };
        char path[OMG_BUS_JOB_PATH_SIZE];
        const OmgJob *job;
        int r;

        r = omg_bus_options_read(call, table, G_N_ELEMENTS(table), error);
        if (r < 0)
                return r;
        job = begin_refresh(service, sd_bus_message_get_sender(call) ?: "",
                            add_options(what, &options), &options, error);
        if (!job)
                return -EBADMSG;
        omg_bus_job_format_path(job->id, path);
        return sd_bus_message_append_basic(reply, 'o', path);
}

static int run_refresh(OmgService *service, sd_bus_message *call, sd_bus_message *reply,
                       GError **error)
{
        OmgRefreshWhat what;
        int r;

        r = read_sources(service, call, &what, error);
        return r < 0 ? r : answer_refresh(service, what, call, reply, error);
}

/* What it comes to is a record of omgd's own. */
static void record_scan(OmgService *service, sd_bus_message *call)
{
        OmgAuditEvents *events = omg_audit_events_new((guint64)g_get_real_time(), "");

        omg_audit_events_add(events, OMG_AUDIT_SECURITY_AUDIT, NULL, "feeds",
                             "a scan was asked for", NULL);
        omg_bus_audit_record(service, call, events);
}

static int run_scan(OmgService *service, sd_bus_message *call, sd_bus_message *reply,
                    GError **error)
{
        int r = answer_refresh(service, (OmgRefreshWhat)(OMG_REFRESH_ALL | OMG_REFRESH_FEEDS), call,
                               reply, error);

        if (r >= 0)
                record_scan(service, call);
        return r;
}

OMG_DEFINE_CHANGE(refresh, other_calls, FALSE)
OMG_DEFINE_AUDIT_METHOD(scan, audit_calls, FALSE, TRUE)

int omg_bus_method_refresh(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
        return method_refresh(call, userdata, ret_error);
}
