/* SPDX-License-Identifier: GPL-3.0-or-later */
/* org.omgd1.Packages: ListGroups, ListRepositories. */
#include <errno.h>

#include "base/limits.h"
#include "engine/groups.h"
#include "engine/repositories.h"
#include "faces/bus-call.h"
#include "faces/bus-meta.h"
#include "faces/bus-options.h"
#include "faces/bus-packages.h"

/* ---- ListGroups ---- */

typedef struct {
        OmgBusPage page;
        int installed;
        GArray *groups; /* found on the pool; the texts are the snapshot's */
} GroupsWork;

static void groups_work_free(GroupsWork *work)
{
        if (work->groups)
                g_array_unref(work->groups);
        g_free(work);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GroupsWork, groups_work_free)

static gboolean work_groups(const OmgSnapshot *snapshot, const OmgPoolJob *job, gpointer data,
                            GError **error)
{
        GroupsWork *work = data;

        work->groups = omg_groups_list(snapshot, work->installed, error);
        return work->groups != NULL;
}

static int append_groups(const OmgSnapshot *snapshot, sd_bus_message *reply, gpointer data,
                         GError **error)
{
        const GroupsWork *work = data;
        guint total = work->groups->len;
        guint from, to;
        int r;

        omg_bus_page_get_range(&work->page, total, &from, &to);
        r = sd_bus_message_open_container(reply, 'a', "(su)");
        for (guint i = from; r >= 0 && i < to; i++) {
                const OmgGroup *group = &g_array_index(work->groups, OmgGroup, i);
                r = sd_bus_message_append(reply, "(su)", group->name, group->n_packages);
        }
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : omg_bus_meta_append(reply, snapshot, total, TRUE);
}

static int run_list_groups(OmgService *service, sd_bus_message *call, sd_bus_message *reply,
                           GError **error)
{
        g_autoptr(GroupsWork) work = g_new0(GroupsWork, 1);
        const OmgBusOption table[] = {
                OMG_BUS_PAGE_OPTIONS(&work->page),
                {"installed", OMG_BUS_OPTION_BOOL, &work->installed, NULL},
        };
        int r;

        work->page.limit = OMG_LIMIT_ROWS;
        if ((r = omg_bus_options_read(call, table, G_N_ELEMENTS(table), error)) < 0 ||
            (r = omg_bus_page_check(&work->page, service, error)) < 0)
                return r;
        return omg_calls_run_on_pool(service->calls, work_groups, append_groups,
                                     g_steal_pointer(&work), (GDestroyNotify)groups_work_free);
}

/* ---- ListRepositories ---- */

typedef struct {
        OmgBusPage page;
        GPtrArray *views; /* OmgRepositoryView, found on the pool */
} RepositoriesWork;

static void repositories_work_free(RepositoriesWork *work)
{
        if (work->views)
                g_ptr_array_unref(work->views);
        g_free(work);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RepositoriesWork, repositories_work_free)

static gboolean work_repositories(const OmgSnapshot *snapshot, const OmgPoolJob *job, gpointer data,
                                  GError **error)
{
        RepositoriesWork *work = data;

        work->views = omg_repositories_list(snapshot, error);
        return work->views != NULL;
}

/* Paths and URLs are pacman.conf's: any bytes. */
static int append_text(sd_bus_message *reply, const char *key, const char *text)
{
        g_autofree char *valid = g_utf8_make_valid(text, -1);

        return omg_bus_entry_append(reply, key, 's', valid);
}

static int append_servers(sd_bus_message *reply, const OmgRepository *repository)
{
        guint n = repository->servers ? g_strv_length(repository->servers) : 0;
        g_auto(GStrv) valid = g_new0(char *, n + 1);

        for (guint i = 0; i < n; i++)
                valid[i] = g_utf8_make_valid(repository->servers[i], -1);
        return omg_bus_entry_append_strv(reply, "servers", (const char *const *)valid);
}

static int append_repository_error(sd_bus_message *reply, const OmgRepositoryView *view)
{
        g_autofree char *text = NULL;

        if (!view->message)
                return 0;
        text = g_strdup_printf("%s: %s", omg_error_get_dbus_name((int)view->error), view->message);
        return append_text(reply, "error", text);
}

static int append_repository_extra(sd_bus_message *reply, const OmgRepositoryView *view)
{
        g_autofree const char **usage = omg_repository_dup_usage(view->conf);
        g_autofree const char **siglevel = omg_repository_dup_siglevel(view->conf);
        int r = 0;

        if (view->has_packages)
                r = omg_bus_entry_append(reply, "packages", 'u', &view->n_packages);
        if (r < 0 || (r = omg_bus_entry_append(reply, "state", 's', view->state)) < 0 ||
            (r = append_repository_error(reply, view)) < 0 ||
            (r = omg_bus_entry_append_strv(reply, "usage", usage)) < 0 ||
            (r = append_servers(reply, view->conf)) < 0 ||
            (r = omg_bus_entry_append_strv(reply, "siglevel", siglevel)) < 0 ||
            (r = append_text(reply, "path", view->path)) < 0)
                return r;
        return omg_bus_entry_append(reply, "files", 'b', &view->has_files);
}

static int append_repository(sd_bus_message *reply, const OmgRepositoryView *view)
{
        int r;

        if ((r = sd_bus_message_open_container(reply, 'r', "sbta{sv}")) < 0 ||
            (r = sd_bus_message_append(reply, "sbt", view->conf->name, view->readable,
                                       view->time_usec)) < 0 ||
            (r = sd_bus_message_open_container(reply, 'a', "{sv}")) < 0 ||
            (r = append_repository_extra(reply, view)) < 0 ||
            (r = sd_bus_message_close_container(reply)) < 0)
                return r;
        return sd_bus_message_close_container(reply);
}

static int append_repositories(const OmgSnapshot *snapshot, sd_bus_message *reply, gpointer data,
                               GError **error)
{
        const RepositoriesWork *work = data;
        guint total = work->views->len;
        guint from, to;
        int r;

        omg_bus_page_get_range(&work->page, total, &from, &to);
        r = sd_bus_message_open_container(reply, 'a', "(sbta{sv})");
        for (guint i = from; r >= 0 && i < to; i++)
                r = append_repository(reply, work->views->pdata[i]);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : omg_bus_meta_append(reply, snapshot, total, TRUE);
}

static int run_list_repositories(OmgService *service, sd_bus_message *call, sd_bus_message *reply,
                                 GError **error)
{
        g_autoptr(RepositoriesWork) work = g_new0(RepositoriesWork, 1);
        const OmgBusOption table[] = {OMG_BUS_PAGE_OPTIONS(&work->page)};
        int r;

        work->page.limit = OMG_LIMIT_ROWS;
        if ((r = omg_bus_options_read(call, table, G_N_ELEMENTS(table), error)) < 0 ||
            (r = omg_bus_page_check(&work->page, service, error)) < 0)
                return r;
        return omg_calls_run_on_pool(service->calls, work_repositories, append_repositories,
                                     g_steal_pointer(&work),
                                     (GDestroyNotify)repositories_work_free);
}

OMG_DEFINE_PACKAGES_METHOD(list_groups, list_calls)
OMG_DEFINE_PACKAGES_METHOD(list_repositories, list_calls)
