/* SPDX-License-Identifier: GPL-3.0-or-later */
/* org.omgd1.Packages.QueryAur, and the results of its jobs. */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/limits-aur.h"
#include "base/limits.h"
#include "faces/bus-call.h"
#include "faces/bus-interfaces.h"
#include "faces/bus-options.h"
#include "faces/bus-packages.h"
#include "faces/jobs-aur.h"

/* ---- the question ---- */

static int read_query_options(sd_bus_message *call, OmgAurQuery *query, GError **error)
{
        int background = FALSE, allow_metered = FALSE, r;
        const OmgBusOption table[] = {
                {"max-age", OMG_BUS_OPTION_UINT32, &query->max_age_sec, NULL},
                {"limit", OMG_BUS_OPTION_UINT32, &query->limit, NULL},
                {"offset", OMG_BUS_OPTION_UINT32, &query->offset, NULL},
                {"background", OMG_BUS_OPTION_BOOL, &background, NULL},
                {"allow-metered", OMG_BUS_OPTION_BOOL, &allow_metered, NULL},
        };

        r = omg_bus_options_read(call, table, G_N_ELEMENTS(table), error);
        if (r < 0)
                return r;
        if (query->limit > OMG_LIMIT_ROWS)
                return omg_call_fail(error, OMG_ERROR_INVALID_ARGS, "limit is %u, more than %u",
                                     query->limit, OMG_LIMIT_ROWS);
        if (query->limit == 0)
                query->limit = OMG_LIMIT_ROWS;
        query->how = (OmgRefreshWhat)((background ? 0u : OMG_REFRESH_FOREGROUND) |
                                      (allow_metered ? OMG_REFRESH_ALLOW_METERED : 0u));
        return 0;
}

static int read_query(sd_bus_message *call, OmgAurQuery *ret_query, GError **error)
{
        OmgAurQuery query = {.max_age_sec = OMG_AUR_MAX_AGE_SEC};
        g_auto(GStrv) arguments = NULL;
        const char *by;
        int r;

        if ((r = sd_bus_message_read_basic(call, 's', &by)) < 0 ||
            (r = omg_bus_strv_read(call, "arguments", OMG_LIMIT_ROWS, &arguments, error)) < 0 ||
            (r = read_query_options(call, &query, error)) < 0)
                return r;
        query.question = omg_aur_question_new(by, (const char *const *)arguments, error);
        if (!query.question)
                return -EBADMSG;
        *ret_query = query;
        return 0;
}

static OmgJob *begin_query(OmgService *service, const char *owner, const OmgAurQuery *query,
                           GError **error)
{
        OmgJob *job = omg_jobs_find_aur(service->jobs, query);

        if (job)
                return job;
        job = omg_jobs_add_aur(service->jobs, owner, query, (guint64)g_get_real_time(), error);
        if (!job)
                return NULL;
        service->metrics.jobs_total++;
        service->metrics.aur_queries++;
        service->actions.query_aur(&(OmgAurRequest){.id = job->id,
                                                    .question = query->question,
                                                    .max_age_sec = query->max_age_sec,
                                                    .how = query->how},
                                   service->actions.userdata);
        omg_bus_job_update_timer(service);
        return job;
}

static int run_query_aur(OmgService *service, sd_bus_message *call, sd_bus_message *reply,
                         GError **error)
{
        char path[OMG_BUS_JOB_PATH_SIZE];
        OmgAurQuery query;
        const OmgJob *job;
        int r;

        r = read_query(call, &query, error);
        if (r < 0)
                return r;
        job = begin_query(service, sd_bus_message_get_sender(call) ?: "", &query, error);
        omg_aur_question_unref(query.question);
        if (!job)
                return -EBADMSG;
        omg_bus_job_format_path(job->id, path);
        return sd_bus_message_append_basic(reply, 'o', path);
}

OMG_DEFINE_CHANGE(query_aur, other_calls, FALSE)

int omg_bus_method_query_aur(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
        return method_query_aur(call, userdata, ret_error);
}

/* ---- the result but for the packages ---- */

static int append_names(sd_bus_message *message, const char *key, const GPtrArray *names)
{
        int r;

        if ((r = sd_bus_message_open_container(message, 'e', "sv")) < 0 ||
            (r = sd_bus_message_append_basic(message, 's', key)) < 0 ||
            (r = sd_bus_message_open_container(message, 'v', "as")) < 0 ||
            (r = omg_bus_strings_append(message, names, G_MAXUINT)) < 0 ||
            (r = sd_bus_message_close_container(message)) < 0)
                return r;
        return sd_bus_message_close_container(message);
}

/* A record that was dropped may be of any name that is not there. */
static int append_missing(sd_bus_message *message, const OmgAurAnswer *answer)
{
        int r;

        if (answer->n_dropped == 0)
                return append_names(message, "missing", answer->missing);
        if ((r = append_names(message, "missing", NULL)) < 0 ||
            (r = append_names(message, "unknown", answer->missing)) < 0)
                return r;
        return omg_bus_entry_append(message, "dropped", 'u', &answer->n_dropped);
}

static int append_entries(sd_bus_message *message, const OmgAurJob *aur)
{
        const OmgAurAnswer *answer = aur->answer;
        int r;

        if (!answer)
                return aur->until_usec > 0
                               ? omg_bus_entry_append(message, "until", 't', &aur->until_usec)
                               : 0;
        if ((r = omg_bus_entry_append(message, "total", 'u', &(guint32){answer->n_ids})) < 0 ||
            (r = omg_bus_entry_append(message, "as-of", 't', &answer->as_of_usec)) < 0 ||
            (r = omg_bus_entry_append(message, "cached", 'b', &aur->is_cached)) < 0)
                return r;
        return append_missing(message, answer);
}

int omg_bus_aur_append_summary(sd_bus_message *message, const OmgJob *job)
{
        int r;

        if ((r = sd_bus_message_open_container(message, 'a', "{sv}")) < 0 ||
            (r = append_entries(message, job->aur)) < 0)
                return r;
        return sd_bus_message_close_container(message);
}

/* ---- the packages, a few at a time ---- */

typedef struct {
        OmgAurAnswer *answer; /* the job may be gone before all is said */
        guint at, end;
        gsize n_bytes; /* of text so far */
} Progress;

static void progress_free(Progress *progress)
{
        omg_aur_answer_unref(progress->answer);
        g_free(progress);
}

static int append_package(sd_bus_message *reply, const OmgPackage *package)
{
        int r;

        if ((r = sd_bus_message_open_container(reply, 'r', "sa{sv}")) < 0 ||
            (r = sd_bus_message_append_basic(reply, 's', package->name)) < 0 ||
            (r = sd_bus_message_open_container(reply, 'a', "{sv}")) < 0 ||
            (r = omg_bus_entry_append(reply, "repository", 's', "aur")) < 0 ||
            (r = omg_bus_package_fields_append(reply, package)) < 0 ||
            (r = sd_bus_message_close_container(reply)) < 0)
                return r;
        return sd_bus_message_close_container(reply);
}

/* The array, its variant, its entry, the dictionary. */
static int close_packages(sd_bus_message *reply)
{
        int r = 0;

        for (guint i = 0; r >= 0 && i < 4; i++)
                r = sd_bus_message_close_container(reply);
        return r;
}

static int step_packages(const OmgSnapshot *snapshot, sd_bus_message *call, sd_bus_message *reply,
                         gpointer data, GError **error)
{
        Progress *progress = data;
        const gsize enough = progress->n_bytes + OMG_BUS_BYTES_PER_STEP;
        int r = 0;

        for (guint i = 0; r >= 0 && i < OMG_BUS_PACKAGES_PER_STEP && progress->n_bytes < enough;
             i++) {
                g_autoptr(OmgPackage) package = NULL;
                if (progress->at == progress->end)
                        return close_packages(reply);
                package = omg_layer_dup_package(progress->answer->layer,
                                                progress->answer->ids[progress->at++], error);
                if (!package)
                        return -EBADMSG;
                progress->n_bytes += omg_bus_package_count_bytes(package);
                if (progress->n_bytes > OMG_LIMIT_AUR_RESULT_BYTES)
                        return close_packages(reply);
                r = append_package(reply, package);
        }
        return r < 0 ? r : -EINPROGRESS;
}

static int open_packages(sd_bus_message *reply, const OmgAurJob *aur)
{
        int r;

        if ((r = sd_bus_message_open_container(reply, 'a', "{sv}")) < 0 ||
            (r = append_entries(reply, aur)) < 0 ||
            (r = sd_bus_message_open_container(reply, 'e', "sv")) < 0 ||
            (r = sd_bus_message_append_basic(reply, 's', "packages")) < 0 ||
            (r = sd_bus_message_open_container(reply, 'v', "a(sa{sv})")) < 0)
                return r;
        return sd_bus_message_open_container(reply, 'a', "(sa{sv})");
}

int omg_bus_aur_append_result(OmgService *service, sd_bus_message *call, sd_bus_message *reply,
                              const OmgJob *job, GError **error)
{
        const OmgAurJob *aur = job->aur;
        Progress *progress;
        int r;

        if (!aur->answer)
                return omg_bus_aur_append_summary(reply, job);
        r = open_packages(reply, aur);
        if (r < 0)
                return r;
        progress = g_new0(Progress, 1);
        progress->answer = omg_aur_answer_ref(aur->answer);
        progress->at = MIN(aur->query.offset, aur->answer->n_ids);
        progress->end = progress->at + MIN(aur->query.limit, aur->answer->n_ids - progress->at);
        r = step_packages(NULL, call, reply, progress, error);
        if (r == -EINPROGRESS)
                return omg_calls_go_on(service->calls, step_packages, progress,
                                       (GDestroyNotify)progress_free);
        progress_free(progress);
        return r;
}
