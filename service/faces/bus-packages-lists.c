/* SPDX-License-Identifier: GPL-3.0-or-later */
/* org.omgd1.Packages: ListInstalled and its relatives, ListUpdates. */
#include <errno.h>

#include "base/limits.h"
#include "faces/bus-call.h"
#include "faces/bus-meta.h"
#include "faces/bus-options.h"
#include "faces/bus-packages.h"

int omg_bus_strings_append(sd_bus_message *message, const GPtrArray *strings, guint max)
{
        int r;

        r = sd_bus_message_open_container(message, 'a', "s");
        for (guint i = 0; r >= 0 && strings && i < MIN(strings->len, max); i++)
                r = sd_bus_message_append_basic(message, 's', strings->pdata[i]);
        return r < 0 ? r : sd_bus_message_close_container(message);
}

/* ---- ListInstalled, ListExplicit, ListOrphans, ListForeign ---- */

static int append_installed(sd_bus_message *reply, const OmgSnapshot *snapshot, const GArray *ids)
{
        int r;

        r = sd_bus_message_open_container(reply, 'a', "(sssssua{sv})");
        for (guint i = 0; r >= 0 && i < ids->len; i++) {
                OmgPackageView view;

                omg_installed_view(snapshot, g_array_index(ids, guint32, i), &view);
                r = omg_bus_package_append(reply, &view, NULL);
        }
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int list_packages(OmgService *service, guint32 flag, sd_bus_message *call,
                         sd_bus_message *reply, GError **error)
{
        OmgBusPage page = {.limit = OMG_LIMIT_ROWS};
        g_auto(GStrv) repositories = NULL;
        g_autoptr(GArray) ids = NULL;
        guint total;
        int r;
        const OmgBusOption table[] = {
                OMG_BUS_PAGE_OPTIONS(&page),
                {"repositories", OMG_BUS_OPTION_STRV, &repositories, NULL},
        };

        if ((r = omg_bus_options_read(call, table, G_N_ELEMENTS(table), error)) < 0 ||
            (r = omg_bus_page_check(&page, service, error)) < 0)
                return r;
        if (!omg_list_installed(service->snapshot,
                                &(OmgListParams){.flag = flag,
                                                 .repositories = (const char *const *)repositories,
                                                 .offset = page.offset,
                                                 .limit = page.limit},
                                &ids, &total, error))
                return -EBADMSG;
        r = append_installed(reply, service->snapshot, ids);
        return r < 0 ? r : omg_bus_meta_append(reply, service->snapshot, total, TRUE);
}

static int run_list_installed(OmgService *service, sd_bus_message *call, sd_bus_message *reply,
                              GError **error)
{
        return list_packages(service, OMG_PKG_INSTALLED, call, reply, error);
}

static int run_list_explicit(OmgService *service, sd_bus_message *call, sd_bus_message *reply,
                             GError **error)
{
        return list_packages(service, OMG_PKG_EXPLICIT, call, reply, error);
}

static int run_list_orphans(OmgService *service, sd_bus_message *call, sd_bus_message *reply,
                            GError **error)
{
        return list_packages(service, OMG_PKG_ORPHAN, call, reply, error);
}

static int run_list_foreign(OmgService *service, sd_bus_message *call, sd_bus_message *reply,
                            GError **error)
{
        return list_packages(service, OMG_PKG_FOREIGN, call, reply, error);
}

/* ---- ListUpdates ---- */

static int append_update_extra(sd_bus_message *reply, const OmgUpdateView *view)
{
        int r;

        r = sd_bus_message_open_container(reply, 'a', "{sv}");
        if (r >= 0 && view->replaces) {
                if ((r = sd_bus_message_open_container(reply, 'e', "sv")) < 0 ||
                    (r = sd_bus_message_append_basic(reply, 's', "replaces")) < 0 ||
                    (r = sd_bus_message_open_container(reply, 'v', "as")) < 0 ||
                    (r = omg_bus_strings_append(reply, view->replaces, G_MAXUINT)) < 0 ||
                    (r = sd_bus_message_close_container(reply)) < 0 ||
                    (r = sd_bus_message_close_container(reply)) < 0)
                        return r;
        }
        if (r >= 0 && view->replaced_by)
                r = omg_bus_entry_append(reply, "replaced-by", 's', view->replaced_by);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int append_update(sd_bus_message *reply, const OmgUpdateView *view)
{
        int r;

        if ((r = sd_bus_message_open_container(reply, 'r', "sssstxua{sv}")) < 0 ||
            (r = sd_bus_message_append(reply, "sssstxu", view->name, view->old_version,
                                       view->new_version, view->repository, view->download_size,
                                       view->installed_size_diff, view->flags)) < 0 ||
            (r = append_update_extra(reply, view)) < 0)
                return r;
        return sd_bus_message_close_container(reply);
}

static int append_updates(sd_bus_message *reply, const OmgSnapshot *snapshot, const GArray *indices)
{
        int r;

        r = sd_bus_message_open_container(reply, 'a', "(sssstxua{sv})");
        for (guint i = 0; r >= 0 && i < indices->len; i++) {
                const OmgUpdate *update = &g_array_index(snapshot->updates, OmgUpdate,
                                                         g_array_index(indices, guint, i));
                OmgUpdateView view;

                omg_update_view(snapshot, update, &view);
                r = append_update(reply, &view);
                omg_update_view_clear(&view);
        }
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int run_list_updates(OmgService *service, sd_bus_message *call, sd_bus_message *reply,
                            GError **error)
{
        OmgBusPage page = {.limit = OMG_LIMIT_ROWS};
        int with_ignored = TRUE;
        g_autoptr(GArray) indices = NULL;
        guint total;
        int r;
        const OmgBusOption table[] = {
                OMG_BUS_PAGE_OPTIONS(&page),
                {"ignored", OMG_BUS_OPTION_BOOL, &with_ignored, NULL},
        };

        if ((r = omg_bus_options_read(call, table, G_N_ELEMENTS(table), error)) < 0 ||
            (r = omg_bus_page_check(&page, service, error)) < 0)
                return r;
        if (!omg_list_updates(service->snapshot, with_ignored, page.offset, page.limit, &indices,
                              &total, error))
                return -EBADMSG;
        r = append_updates(reply, service->snapshot, indices);
        return r < 0 ? r : omg_bus_meta_append(reply, service->snapshot, total, TRUE);
}

/* ---- handlers ---- */

OMG_DEFINE_PACKAGES_METHOD(list_installed, list_calls)
OMG_DEFINE_PACKAGES_METHOD(list_explicit, list_calls)
OMG_DEFINE_PACKAGES_METHOD(list_orphans, list_calls)
OMG_DEFINE_PACKAGES_METHOD(list_foreign, list_calls)
OMG_DEFINE_PACKAGES_METHOD(list_updates, list_calls)
