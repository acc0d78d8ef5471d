/* SPDX-License-Identifier: GPL-3.0-or-later */
/* org.omgd1.Packages: rows, suggestions, signals, and the vtable. The other members are in the
 * files beside this one. */
#include "faces/bus-packages.h"

#include <errno.h>
#include <string.h>

#include "base/limits.h"
#include "base/version.h"
#include "engine/suggest.h"
#include "faces/bus-call.h"
#include "faces/bus-interfaces.h"
#include "faces/bus-options.h"

#define INTERFACE "org.omgd1.Packages"

static int append_extra(sd_bus_message *reply, const OmgPackageView *view, const guint32 *rank)
{
        int r = 0;

        if (rank)
                r = omg_bus_entry_append(reply, "rank", 'u', rank);
        if (r >= 0 && view->aur)
                r = omg_bus_entry_append(reply, "votes", 't', &view->aur->votes);
        if (r >= 0 && view->aur)
                r = omg_bus_entry_append(reply, "popularity", 'd', &view->aur->popularity);
        if (r >= 0 && view->vcs)
                r = omg_bus_entry_append(reply, "vcs", 's', view->vcs);
        return r;
}

int omg_bus_package_append(sd_bus_message *reply, const OmgPackageView *view, const guint32 *rank)
{
        int r;

        if ((r = sd_bus_message_open_container(reply, 'r', "sssssua{sv}")) < 0 ||
            (r = sd_bus_message_append_basic(reply, 's', view->name)) < 0 ||
            (r = sd_bus_message_append_basic(reply, 's', view->version)) < 0 ||
            (r = sd_bus_message_append_basic(reply, 's', view->repository)) < 0 ||
            (r = sd_bus_message_append_basic(reply, 's', view->description)) < 0 ||
            (r = sd_bus_message_append_basic(reply, 's', view->installed_version)) < 0 ||
            (r = sd_bus_message_append_basic(reply, 'u', &view->flags)) < 0 ||
            (r = sd_bus_message_open_container(reply, 'a', "{sv}")) < 0 ||
            (r = append_extra(reply, view, rank)) < 0 ||
            (r = sd_bus_message_close_container(reply)) < 0)
                return r;
        return sd_bus_message_close_container(reply);
}

gboolean omg_bus_is_cancelled(gconstpointer job)
{
        return omg_pool_job_is_cancelled(job);
}

/* ---- Suggest, CompareVersions ---- */

typedef struct {
        char *text;
        guint32 limit;
        GArray *found; /* OmgSuggestion */
} Suggest;

static void suggest_free(Suggest *suggest)
{
        g_free(suggest->text);
        g_clear_pointer(&suggest->found, g_array_unref);
        g_free(suggest);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Suggest, suggest_free)

static gboolean work_suggest(const OmgSnapshot *snapshot, const OmgPoolJob *job, gpointer data,
                             GError **error)
{
        Suggest *suggest = data;

        suggest->found = omg_suggest(snapshot, suggest->text, suggest->limit, error);
        return suggest->found != NULL;
}

static int append_suggest(const OmgSnapshot *snapshot, sd_bus_message *reply, gpointer data,
                          GError **error)
{
        const GArray *found = ((Suggest *)data)->found;
        int r;

        r = sd_bus_message_open_container(reply, 'a', "(sd)");
        for (guint i = 0; r >= 0 && i < found->len; i++) {
                const OmgSuggestion *item = &g_array_index(found, OmgSuggestion, i);
                r = sd_bus_message_append(reply, "(sd)", item->name, item->score);
        }
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

/* Half a millisecond for 15,000 packages, but several for 100,000. */
static int run_suggest(OmgService *service, sd_bus_message *call, sd_bus_message *reply,
                       GError **error)
{
        g_autoptr(Suggest) suggest = g_new0(Suggest, 1);
        const char *text;
        guint32 limit;
        int r;

        r = sd_bus_message_read(call, "su", &text, &limit);
        if (r < 0)
                return r;
        if (limit > OMG_LIMIT_SUGGEST)
                return omg_call_fail(error, OMG_ERROR_INVALID_ARGS, "limit is %u, more than %u",
                                     limit, OMG_LIMIT_SUGGEST);
        suggest->text = g_strdup(text);
        suggest->limit = limit > 0 ? limit : OMG_LIMIT_SUGGEST_DEFAULT;
        return omg_calls_run_on_pool(service->calls, work_suggest, append_suggest,
                                     g_steal_pointer(&suggest), (GDestroyNotify)suggest_free);
}

static int check_version(const char *argument, const char *version, GError **error)
{
        if (version[0] == '\0')
                return omg_call_fail(error, OMG_ERROR_INVALID_ARGS, "Version %s is empty",
                                     argument);
        if (strlen(version) > OMG_LIMIT_VERSION)
                return omg_call_fail(error, OMG_ERROR_INVALID_ARGS,
                                     "Version %s is longer than %u bytes", argument,
                                     OMG_LIMIT_VERSION);
        return 0;
}

static int run_compare_versions(OmgService *service, sd_bus_message *call, sd_bus_message *reply,
                                GError **error)
{
        const char *a, *b;
        int r;

        r = sd_bus_message_read(call, "ss", &a, &b);
        if (r < 0)
                return r;
        if ((r = check_version("a", a, error)) < 0 || (r = check_version("b", b, error)) < 0)
                return r;
        return sd_bus_message_append(reply, "i", omg_version_compare(a, b));
}

/* ---- signals ---- */

/* Generation, at most max of the strings, and, where with_truncated, whether there were more. */
static int emit_strings(sd_bus *bus, const char *member, guint64 generation,
                        const GPtrArray *strings, guint max, gboolean with_truncated)
{
        sd_bus_message *signal = NULL;
        int r;

        r = sd_bus_message_new_signal(bus, &signal, OMG_BUS_PATH, INTERFACE, member);
        if (r >= 0)
                r = sd_bus_message_append(signal, "t", generation);
        if (r >= 0)
                r = omg_bus_strings_append(signal, strings, max);
        if (r >= 0 && with_truncated)
                r = sd_bus_message_append(signal, "b", strings->len > max);
        if (r >= 0)
                r = sd_bus_message_send(signal);
        sd_bus_message_unref(signal);
        return r;
}

int omg_bus_packages_emit(sd_bus *bus, const OmgService *service, const OmgChanges *changes)
{
        guint64 generation = service->snapshot->generation;
        int r = 0;

        if (changes->repositories && changes->repositories->len > 0)
                r = emit_strings(bus, "DatabasesChanged", generation, changes->repositories,
                                 OMG_LIMIT_REPOSITORIES, FALSE);
        if (r >= 0 && changes->installed && changes->installed->len > 0)
                r = emit_strings(bus, "InstalledChanged", generation, changes->installed,
                                 OMG_LIMIT_ROWS, TRUE);
        if (r >= 0 && changes->updates)
                r = sd_bus_emit_signal(bus, OMG_BUS_PATH, INTERFACE, "UpdatesChanged", "tuu",
                                       generation, service->status.updates_available,
                                       service->status.security_updates);
        return r;
}

/* ---- the vtable ---- */

OMG_DEFINE_METHOD(suggest, suggest_calls, TRUE)
OMG_DEFINE_METHOD(compare_versions, other_calls, FALSE)

#define LIST_METHOD(member, handler)                                                               \
        SD_BUS_METHOD_WITH_ARGS(member, SD_BUS_ARGS("a{sv}", options),                             \
                                SD_BUS_RESULT("a(sssssua{sv})", packages, "a{sv}", meta), handler, \
                                SD_BUS_VTABLE_UNPRIVILEGED)

static const sd_bus_vtable packages_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD_WITH_ARGS("Search", SD_BUS_ARGS("s", query, "a{sv}", options),
                                SD_BUS_RESULT("a(sssssua{sv})", packages, "a{sv}", meta),
                                omg_bus_method_search, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("GetDetails", SD_BUS_ARGS("as", names, "a{sv}", options),
                                SD_BUS_RESULT("a(sa{sv})", details, "as", missing, "a{sv}", meta),
                                omg_bus_method_get_details, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("GetAurDetails", SD_BUS_ARGS("as", names, "a{sv}", options),
                                SD_BUS_RESULT("a(sa{sv})", details, "as", missing, "a{sv}", meta),
                                omg_bus_method_get_aur_details, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("GetFiles", SD_BUS_ARGS("s", name, "a{sv}", options),
                                SD_BUS_RESULT("as", files, "a{sv}", meta), omg_bus_method_get_files,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        LIST_METHOD("ListInstalled", omg_bus_method_list_installed),
        LIST_METHOD("ListExplicit", omg_bus_method_list_explicit),
        LIST_METHOD("ListOrphans", omg_bus_method_list_orphans),
        LIST_METHOD("ListForeign", omg_bus_method_list_foreign),
        SD_BUS_METHOD_WITH_ARGS("ListUpdates", SD_BUS_ARGS("a{sv}", options),
                                SD_BUS_RESULT("a(sssstxua{sv})", updates, "a{sv}", meta),
                                omg_bus_method_list_updates, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("ListGroups", SD_BUS_ARGS("a{sv}", options),
                                SD_BUS_RESULT("a(su)", groups, "a{sv}", meta),
                                omg_bus_method_list_groups, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("ListRepositories", SD_BUS_ARGS("a{sv}", options),
                                SD_BUS_RESULT("a(sbta{sv})", repositories, "a{sv}", meta),
                                omg_bus_method_list_repositories, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("ListHistory", SD_BUS_ARGS("a{sv}", options),
                                SD_BUS_RESULT("a(txsssa{sv})", entries, "a{sv}", meta),
                                omg_bus_method_list_history, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("ListFd", SD_BUS_ARGS("s", list, "a{sv}", options),
                                SD_BUS_RESULT("h", fd, "a{sv}", meta), omg_bus_method_list_fd,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("WhoOwns", SD_BUS_ARGS("as", paths, "a{sv}", options),
                                SD_BUS_RESULT("a(ss)", owners, "a{sv}", meta),
                                omg_bus_method_who_owns, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("WhatProvides", SD_BUS_ARGS("s", dependency, "a{sv}", options),
                                SD_BUS_RESULT("a(sssssua{sv})", packages, "a{sv}", meta),
                                omg_bus_method_what_provides, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("RequiredBy", SD_BUS_ARGS("as", names, "a{sv}", options),
                                SD_BUS_RESULT("a{sas}", required_by, "as", missing, "a{sv}", meta),
                                omg_bus_method_required_by, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("DependsOn", SD_BUS_ARGS("as", names, "a{sv}", options),
                                SD_BUS_RESULT("a{sas}", depends_on, "as", missing, "a{sv}", meta),
                                omg_bus_method_depends_on, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("QueryAur", SD_BUS_ARGS("s", by, "as", arguments, "a{sv}", options),
                                SD_BUS_RESULT("o", job), omg_bus_method_query_aur,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("ResolveAur", SD_BUS_ARGS("as", names, "a{sv}", options),
                                SD_BUS_RESULT("a(sssa{sv})", items, "as", missing, "a{sv}", meta),
                                omg_bus_method_resolve_aur, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Suggest", SD_BUS_ARGS("s", text, "u", limit),
                                SD_BUS_RESULT("a(sd)", suggestions), method_suggest,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("CompareVersions", SD_BUS_ARGS("s", a, "s", b),
                                SD_BUS_RESULT("i", result), method_compare_versions,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_SIGNAL_WITH_ARGS("UpdatesChanged",
                                SD_BUS_ARGS("t", generation, "u", count, "u", security), 0),
        SD_BUS_SIGNAL_WITH_ARGS("InstalledChanged",
                                SD_BUS_ARGS("t", generation, "as", names, "b", truncated), 0),
        SD_BUS_SIGNAL_WITH_ARGS("DatabasesChanged",
                                SD_BUS_ARGS("t", generation, "as", repositories), 0),
        SD_BUS_SIGNAL_WITH_ARGS(
                "AurMaintainersChanged",
                SD_BUS_ARGS("t", generation, "a(ssssa{sv})", changes, "b", truncated), 0),
        SD_BUS_VTABLE_END,
};

int omg_bus_packages_add(sd_bus *bus, OmgService *service)
{
        return sd_bus_add_object_vtable(bus, NULL, OMG_BUS_PATH, INTERFACE, packages_vtable,
                                        service);
}
