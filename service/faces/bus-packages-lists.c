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

int omg_bus_update_sources_read(GStrv sources, gboolean *ret_skip_repo, gboolean *ret_skip_aur,
                                OmgBusAur *ret_aur, GError **error)
{
        static const char *const words[] = {"repo", "aur", NULL};
        gboolean wanted[G_N_ELEMENTS(words) - 1] = {};

        for (guint i = 0; sources && sources[i]; i++) {
                guint index;
                int r = omg_bus_word_find("Option \"sources\"", sources[i], words, &index, error);
                if (r < 0)
                        return r;
                wanted[index] = TRUE;
        }
        *ret_skip_repo = sources && !wanted[0];
        *ret_skip_aur = sources && !wanted[1];
        *ret_aur = !sources ? OMG_BUS_AUR_IF_ON : wanted[1] ? OMG_BUS_AUR_WANTED : OMG_BUS_AUR_NONE;
        return 0;
}

static int append_aur(sd_bus_message *reply, const OmgPackage *aur)
{
        const OmgFieldValue *maintainer = &aur->fields[OMG_FIELD_MAINTAINER];
        const OmgFieldValue *out_of_date = &aur->fields[OMG_FIELD_OUT_OF_DATE];
        int r = 0;

        if (maintainer->present)
                r = omg_bus_entry_append(reply, "maintainer", 's', maintainer->string);
        if (r >= 0 && out_of_date->present)
                r = omg_bus_entry_append(reply, "out-of-date", 't', &out_of_date->number);
        return r;
}

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
        if (r >= 0 && view->vcs)
                r = omg_bus_entry_append(reply, "vcs", 's', view->vcs);
        if (r >= 0 && view->aur)
                r = append_aur(reply, view->aur);
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
        OmgBusMeta meta = {.total_exact = TRUE};
        OmgUpdatesParams params = {};
        int with_ignored = TRUE;
        g_auto(GStrv) sources = NULL;
        g_autoptr(GArray) indices = NULL;
        int r;
        const OmgBusOption table[] = {
                OMG_BUS_PAGE_OPTIONS(&page),
                {"ignored", OMG_BUS_OPTION_BOOL, &with_ignored, NULL},
                {"sources", OMG_BUS_OPTION_STRV, &sources, NULL},
        };

        if ((r = omg_bus_options_read(call, table, G_N_ELEMENTS(table), error)) < 0 ||
            (r = omg_bus_page_check(&page, service, error)) < 0 ||
            (r = omg_bus_update_sources_read(sources, &params.skip_repo, &params.skip_aur,
                                             &meta.aur, error)) < 0)
                return r;
        params.skip_ignored = !with_ignored;
        params.offset = page.offset;
        params.limit = page.limit;
        if (!omg_list_updates(service->snapshot, &params, &indices, &meta.total, error))
                return -EBADMSG;
        r = append_updates(reply, service->snapshot, indices);
        return r < 0 ? r : omg_bus_meta_append_more(reply, service->snapshot, &meta);
}

/* ---- handlers ---- */

OMG_DEFINE_PACKAGES_METHOD(list_installed, list_calls)
OMG_DEFINE_PACKAGES_METHOD(list_explicit, list_calls)
OMG_DEFINE_PACKAGES_METHOD(list_orphans, list_calls)
OMG_DEFINE_PACKAGES_METHOD(list_foreign, list_calls)
OMG_DEFINE_PACKAGES_METHOD(list_updates, list_calls)
