/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/aur-details.h"

#include <string.h>

#include "engine/lookup.h"
#include "engine/vcs.h"

void omg_aur_details_free(OmgAurDetails *details)
{
        if (!details)
                return;
        omg_package_free(details->package);
        g_free(details);
}

static void add_installed(const OmgSnapshot *s, const char *name, OmgAurDetails *details)
{
        const OmgMaintainerMark *mark;
        guint32 id = s->local ? omg_layer_find(s->local, name, strlen(name), NULL) : OMG_NO_PACKAGE;

        if (id == OMG_NO_PACKAGE)
                return;
        details->installed_version = omg_layer_get_version(s->local, id);
        mark = omg_snapshot_get_maintainer_mark(s, id);
        details->maintainer_before = mark ? mark->before : NULL;
        /* What is foreign follows from both databases. */
        details->knows_upgradable = s->sync != NULL;
        /* Of a foreign one the flag is about the AUR alone. */
        details->upgradable = s->installed[id].aur_id != OMG_NO_PACKAGE &&
                              (s->installed[id].flags & OMG_PKG_UPGRADABLE);
}

gboolean omg_aur_details_get(const OmgSnapshot *snapshot, const char *name,
                             OmgAurDetails **ret_details, GError **error)
{
        OmgName wanted;
        OmgPackageView view;

        if (!omg_name_parse(name, &wanted, error))
                return FALSE;
        if (!snapshot->aur) {
                omg_aur_feed_set_missing(&snapshot->aur_feed, error);
                return FALSE;
        }
        OmgRow row = {.id = omg_name_find_aur(snapshot, &wanted), .source = OMG_ROW_AUR};
        if (row.id == OMG_NO_PACKAGE) {
                *ret_details = NULL;
                return TRUE;
        }

        g_autoptr(OmgAurDetails) details = g_new0(OmgAurDetails, 1);
        details->package = omg_layer_dup_package(snapshot->aur, row.id, error);
        if (!details->package)
                return FALSE;
        omg_row_view(snapshot, row, &view);
        details->flags = view.flags;
        details->vcs = view.vcs;
        add_installed(snapshot, details->package->name, details);
        *ret_details = g_steal_pointer(&details);
        return TRUE;
}
