/* SPDX-License-Identifier: GPL-3.0-or-later */
/* org.omgd1.Runtimes. */
#include <errno.h>

#include "base/limits.h"
#include "faces/bus-call.h"
#include "faces/bus-interfaces.h"
#include "faces/bus-meta.h"
#include "faces/bus-options.h"

#define INTERFACE "org.omgd1.Runtimes"

/* A call on its way over the pool. */
typedef struct {
        OmgBusPage page;
        GStrv names;
        char *directory;              /* NULL: the machine's list */
        OmgRuntimeList *base;         /* NULL: to be made */
        const OmgRuntimePaths *paths; /* borrowed */
        OmgRuntimeList *list;
        GPtrArray *rows; /* of the list, with one of the names */
} Work;

static void work_free(Work *work)
{
        g_strfreev(work->names);
        g_free(work->directory);
        omg_runtime_list_unref(work->base);
        omg_runtime_list_unref(work->list);
        g_clear_pointer(&work->rows, g_ptr_array_unref);
        g_free(work);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Work, work_free)

/* ---- on the pool ---- */

static gboolean make_list(Work *work, const OmgSnapshot *snapshot, GError **error)
{
        OmgProject *project;

        if (!work->base)
                work->base = omg_runtime_list_new(omg_runtimes_look(work->paths), snapshot,
                                                  (guint64)g_get_real_time());
        if (!work->directory) {
                work->list = omg_runtime_list_ref(work->base);
                return TRUE;
        }
        project = omg_project_read(work->directory, error);
        if (!project)
                return FALSE;
        work->list = omg_runtime_list_new_project(work->base, project);
        return TRUE;
}

static void choose_rows(Work *work)
{
        work->rows = g_ptr_array_new();
        for (guint i = 0; i < work->list->rows->len; i++) {
                OmgRuntimeRow *row = work->list->rows->pdata[i];

                if (!work->names || g_strv_contains((const char *const *)work->names, row->name))
                        g_ptr_array_add(work->rows, row);
        }
}

static gboolean work_list(const OmgSnapshot *snapshot, const OmgPoolJob *job, gpointer data,
                          GError **error)
{
        Work *work = data;

        if (!make_list(work, snapshot, error))
                return FALSE;
        if (work->page.has_generation && work->page.generation != work->list->generation) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS,
                            "Option \"generation\": the runtimes have changed since "
                            "%" G_GUINT64_FORMAT "; start again at offset 0",
                            work->page.generation);
                return FALSE;
        }
        choose_rows(work);
        return TRUE;
}

/* ---- on main ---- */

static int append_text(sd_bus_message *reply, const char *key, const char *text)
{
        return text ? omg_bus_entry_append(reply, key, 's', text) : 0;
}

static int append_aliases(sd_bus_message *reply, const GPtrArray *aliases)
{
        g_autoptr(GPtrArray) strv = g_ptr_array_new();

        if (aliases->len == 0)
                return 0;
        for (guint i = 0; i < aliases->len; i++)
                g_ptr_array_add(strv, aliases->pdata[i]);
        g_ptr_array_add(strv, NULL);
        return omg_bus_entry_append_strv(reply, "aliases", (const char *const *)strv->pdata);
}

static int append_installed(sd_bus_message *reply, const OmgRuntimeRow *row)
{
        const OmgRuntime *runtime = row->runtime;
        gboolean is_own = row->source != OMG_RUNTIME_FILE;
        int r;

        if (!runtime)
                return 0;
        if ((r = append_aliases(reply, runtime->aliases)) < 0 ||
            (r = append_text(reply, "package", runtime->package)) < 0 ||
            (r = append_text(reply, "package-version", runtime->package_version)) < 0 || is_own)
                return r;
        if ((r = append_text(reply, "provider", omg_runtime_source_words[runtime->source])) < 0)
                return r;
        return append_text(reply, "provider-origin", runtime->origin);
}

static int append_row(sd_bus_message *reply, const OmgRuntimeRow *row)
{
        int is_active = row->is_active, is_installed = row->runtime != NULL;
        int r;

        if ((r = sd_bus_message_open_container(reply, 'r', "sssssa{sv}")) < 0 ||
            (r = sd_bus_message_append(reply, "sssss", row->name, row->version,
                                       omg_runtime_source_words[row->source], row->origin,
                                       row->bin)) < 0 ||
            (r = sd_bus_message_open_container(reply, 'a', "{sv}")) < 0 ||
            (r = omg_bus_entry_append(reply, "active", 'b', &is_active)) < 0 ||
            (r = omg_bus_entry_append(reply, "installed", 'b', &is_installed)) < 0 ||
            (r = append_text(reply, "requested", row->wanted)) < 0 ||
            (r = append_text(reply, "requested-by", row->wanted_by)) < 0 ||
            (r = append_installed(reply, row)) < 0 ||
            (r = sd_bus_message_close_container(reply)) < 0)
                return r;
        return sd_bus_message_close_container(reply);
}

static int append_list(const OmgSnapshot *snapshot, sd_bus_message *reply, gpointer data,
                       GError **error)
{
        const Work *work = data;
        const OmgRuntimeList *list = work->list;
        guint from, to;
        int r;

        omg_bus_page_get_range(&work->page, work->rows->len, &from, &to);
        r = sd_bus_message_open_container(reply, 'a', "(sssssa{sv})");
        for (guint i = from; r >= 0 && i < to; i++)
                r = append_row(reply, work->rows->pdata[i]);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r
                     : omg_bus_meta_append_values(reply, &(OmgBusMeta){
                                                                 .total = work->rows->len,
                                                                 .total_exact = TRUE,
                                                                 .generation = list->generation,
                                                                 .as_of_usec = list->as_of_usec,
                                                                 .complete = list->complete,
                                                                 .errors = list->errors,
                                                         });
}

/* What is held is what is there, as long as all of it is under watch. */
static OmgRuntimeList *get_base(const OmgService *service)
{
        OmgRuntimeList *list = service->runtimes.list;

        return list && !service->runtimes.unwatched && !list->found->is_cut
                       ? omg_runtime_list_ref(list)
                       : NULL;
}

static int run_list(OmgService *service, sd_bus_message *call, sd_bus_message *reply,
                    GError **error)
{
        g_autoptr(Work) work = g_new0(Work, 1);
        const char *directory = NULL;
        const OmgBusOption table[] = {
                OMG_BUS_PAGE_OPTIONS(&work->page),
                {"names", OMG_BUS_OPTION_STRV, &work->names, NULL},
                {"directory", OMG_BUS_OPTION_STRING, &directory, NULL},
        };
        OmgBusPage page;
        int r;

        work->page.limit = OMG_LIMIT_ROWS;
        if ((r = omg_bus_options_read(call, table, G_N_ELEMENTS(table), error)) < 0)
                return r;
        if (directory && !omg_project_check(directory, error))
                return -EBADMSG;
        /* The generation is the list's own, and its age is that of this moment. */
        page = work->page;
        page.has_generation = page.has_max_age = FALSE;
        r = omg_bus_page_check(&page, service, error);
        if (r < 0)
                return r;
        work->directory = g_strdup(directory);
        work->paths = service->runtimes.paths;
        work->base = get_base(service);
        return omg_calls_run_on_pool(service->calls, work_list, append_list, g_steal_pointer(&work),
                                     (GDestroyNotify)work_free);
}

/* ---- Active, and the vtable ---- */

static int property_get_active(sd_bus *bus, const char *path, const char *interface,
                               const char *property, sd_bus_message *reply, void *userdata,
                               sd_bus_error *ret_error)
{
        const OmgService *service = userdata;
        const OmgRuntimeList *list = service->runtimes.list;
        int r;

        r = sd_bus_message_open_container(reply, 'a', "{ss}");
        for (guint i = 0; r >= 0 && list && i < list->rows->len; i++) {
                const OmgRuntimeRow *row = list->rows->pdata[i];

                if (omg_runtime_row_is_in_use(row))
                        r = sd_bus_message_append(reply, "{ss}", row->name, row->version);
        }
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

int omg_bus_runtimes_emit(sd_bus *bus)
{
        return sd_bus_emit_properties_changed(bus, OMG_BUS_PATH, INTERFACE, "Active", NULL);
}

OMG_DEFINE_METHOD(list, list_calls, TRUE)

static const sd_bus_vtable runtimes_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD_WITH_ARGS("List", SD_BUS_ARGS("a{sv}", options),
                                SD_BUS_RESULT("a(sssssa{sv})", runtimes, "a{sv}", meta),
                                method_list, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_PROPERTY("Active", "a{ss}", property_get_active, 0,
                        SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_VTABLE_END,
};

int omg_bus_runtimes_add(sd_bus *bus, OmgService *service)
{
        return sd_bus_add_object_vtable(bus, NULL, OMG_BUS_PATH, INTERFACE, runtimes_vtable,
                                        service);
}
