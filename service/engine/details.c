/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/details.h"

#include "engine/lookup.h"
#include "engine/security.h"

void omg_details_free(OmgDetails *details)
{
        if (!details)
                return;
        omg_package_free(details->sync);
        omg_package_free(details->local);
        g_clear_pointer(&details->repositories, g_ptr_array_unref);
        g_free(details);
}

static gboolean load(const OmgSnapshot *s, guint32 sync_id, guint32 local_id, OmgDetails *details,
                     GError **error)
{
        if (sync_id != OMG_NO_PACKAGE) {
                details->repository =
                        omg_row_get_repository(s, omg_layer_get_record(s->sync, sync_id));
                details->sync = omg_layer_dup_package(s->sync, sync_id, error);
                if (!details->sync)
                        return FALSE;
                if (omg_snapshot_is_ignored(s, sync_id))
                        details->flags |= OMG_PKG_IGNORED;
                if (local_id == OMG_NO_PACKAGE)
                        details->flags |= omg_security_get_candidate_flags(s, sync_id);
        }
        if (local_id != OMG_NO_PACKAGE) {
                if (sync_id == OMG_NO_PACKAGE && s->installed[local_id].aur_id != OMG_NO_PACKAGE)
                        details->repository = OMG_REPOSITORY_AUR;
                details->flags |= s->installed[local_id].flags |
                                  omg_security_get_installed_flags(s, local_id);
                details->local = omg_layer_dup_package(s->local, local_id, error);
                if (!details->local)
                        return FALSE;
        }
        return TRUE;
}

gboolean omg_details_get(const OmgSnapshot *snapshot, const char *name, OmgDetails **ret_details,
                         GError **error)
{
        OmgName wanted;

        if (!omg_name_parse(name, &wanted, error))
                return FALSE;
        if (!snapshot->sync && !snapshot->local) {
                omg_snapshot_set_missing(snapshot, "sync", error);
                return FALSE;
        }

        gboolean only_local = omg_name_is_local(&wanted);
        g_autoptr(OmgDetails) details = g_new0(OmgDetails, 1);
        details->repositories = g_ptr_array_new();
        details->repository = "local";
        guint32 sync_id = omg_name_find_sync(snapshot, &wanted, details->repositories);
        guint32 local_id = omg_name_find_local(snapshot, &wanted);
        gboolean exists = wanted.repository_len == 0
                                  ? sync_id != OMG_NO_PACKAGE || local_id != OMG_NO_PACKAGE
                          : only_local ? local_id != OMG_NO_PACKAGE
                                       : sync_id != OMG_NO_PACKAGE;
        if (exists &&
            !load(snapshot, only_local ? OMG_NO_PACKAGE : sync_id, local_id, details, error))
                return FALSE;
        *ret_details = exists ? g_steal_pointer(&details) : NULL;
        return TRUE;
}
