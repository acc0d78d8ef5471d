/* SPDX-License-Identifier: GPL-3.0-or-later */
/* org.omgd1.Packages.ListFd. The lists themselves are engine/lists.c. */
#include <errno.h>
#include <unistd.h>

#include "engine/lists.h"
#include "faces/bus-call.h"
#include "faces/bus-meta.h"
#include "faces/bus-options.h"
#include "faces/bus-packages.h"

typedef struct {
        const OmgList *list;
        GStrv repositories;
        GStrv packages;
        GStrv actions;
        char *package;
        OmgFilesSource files_source;
        gint64 since;
        gboolean has_since;
        int installed;
        int ignored;
        gboolean without_repo, without_aur;
        OmgBusAur aur;
        OmgListFile file; /* written on the pool */
} Work;

static void work_free(Work *work)
{
        g_strfreev(work->repositories);
        g_strfreev(work->packages);
        g_strfreev(work->actions);
        g_free(work->package);
        if (work->file.fd >= 0)
                (void)close(work->file.fd);
        g_free(work);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Work, work_free)

static gboolean work_list(const OmgSnapshot *snapshot, const OmgPoolJob *job, gpointer data,
                          GError **error)
{
        Work *work = data;
        OmgListOptions options = {
                .repositories = (const char *const *)work->repositories,
                .packages = (const char *const *)work->packages,
                .actions = (const char *const *)work->actions,
                .since = work->has_since ? &work->since : NULL,
                .package = work->package,
                .files_source = work->files_source,
                .installed = work->installed,
                .without_ignored = !work->ignored,
                .without_repo = work->without_repo,
                .without_aur = work->without_aur,
                .is_cancelled = omg_bus_is_cancelled,
                .cancel_data = job,
        };

        return omg_list_write(work->list, snapshot, &options, &work->file, error);
}

static int append_list(const OmgSnapshot *snapshot, sd_bus_message *reply, gpointer data,
                       GError **error)
{
        const Work *work = data;
        const OmgListFile *file = &work->file;
        int r;

        /* sd-bus keeps a descriptor of its own. */
        r = sd_bus_message_append_basic(reply, 'h', &file->fd);
        if (r < 0)
                return r;
        if (file->is_history)
                return omg_bus_history_meta_append(reply, &file->history, file->n_rows, TRUE);
        if (omg_list_is_of_files(work->list))
                return omg_bus_files_meta_append(reply, snapshot, 1u << work->files_source,
                                                 file->n_rows, NULL);
        return omg_bus_meta_append_more(
                reply, snapshot,
                &(OmgBusMeta){.total = file->n_rows, .total_exact = TRUE, .aur = work->aur});
}

static int read_list(sd_bus_message *call, Work *work, GError **error)
{
        g_autofree char *names = NULL;
        const char *name;
        int r;

        r = sd_bus_message_read_basic(call, 's', &name);
        if (r < 0)
                return r;
        work->list = omg_list_find(name);
        if (work->list)
                return 0;
        names = omg_list_dup_names();
        return omg_call_fail(error, OMG_ERROR_INVALID_ARGS, "list: \"%.64s\" is none of %s", name,
                             names);
}

static int read_sources(Work *work, GStrv sources, GError **error)
{
        if (!omg_list_is_of_updates(work->list))
                return 0;
        return omg_bus_update_sources_read(sources, &work->without_repo, &work->without_aur,
                                           &work->aur, error);
}

/* What the list of a package's files needs besides. */
static int prepare_files(OmgService *service, Work *work, const char *package, const char *source,
                         GError **error)
{
        int r;

        if (!omg_list_is_of_files(work->list))
                return 0;
        if (!package)
                return omg_call_fail(error, OMG_ERROR_INVALID_ARGS,
                                     "Option \"package\" is missing: list \"files\" is of one");
        r = omg_bus_files_source_find(service->snapshot, package, source, &work->files_source,
                                      error);
        if (r < 0)
                return r;
        work->package = g_strdup(package);
        return omg_bus_files_need(service, 1u << work->files_source);
}

static int run_list_fd(OmgService *service, sd_bus_message *call, sd_bus_message *reply,
                       GError **error)
{
        g_autoptr(Work) work = g_new0(Work, 1);
        const char *package = NULL, *source = NULL;
        g_auto(GStrv) sources = NULL;
        OmgBusPage page = {};
        const OmgBusOption table[] = {
                OMG_BUS_AGE_OPTION(&page),
                {"repositories", OMG_BUS_OPTION_STRV, &work->repositories, NULL},
                {"packages", OMG_BUS_OPTION_STRV, &work->packages, NULL},
                {"actions", OMG_BUS_OPTION_STRV, &work->actions, NULL},
                {"package", OMG_BUS_OPTION_STRING, &package, NULL},
                {"source", OMG_BUS_OPTION_STRING, &source, NULL},
                {"since", OMG_BUS_OPTION_INT64, &work->since, &work->has_since},
                {"installed", OMG_BUS_OPTION_BOOL, &work->installed, NULL},
                {"ignored", OMG_BUS_OPTION_BOOL, &work->ignored, NULL},
                {"sources", OMG_BUS_OPTION_STRV, &sources, NULL},
        };
        int r;

        work->file.fd = -1;
        work->ignored = TRUE;
        if ((r = read_list(call, work, error)) < 0 ||
            (r = omg_bus_options_read(call, table, G_N_ELEMENTS(table), error)) < 0 ||
            (r = omg_bus_actions_check(work->actions, error)) < 0 ||
            (r = read_sources(work, sources, error)) < 0 ||
            (r = omg_bus_page_check(&page, service, error)) < 0 ||
            (r = prepare_files(service, work, package, source, error)) < 0)
                return r;
        return omg_calls_run_on_pool(service->calls, work_list, append_list, g_steal_pointer(&work),
                                     (GDestroyNotify)work_free);
}

OMG_DEFINE_PACKAGES_METHOD(list_fd, fd_calls)
