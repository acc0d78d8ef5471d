/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/layer-kind.h"

#include <string.h>

#include "sources/stamps.h"

static const struct {
        OmgLayerKind kind;
        const char *name;
} kinds[] = {
        {OMG_LAYER_SYNC, "sync"},
        {OMG_LAYER_LOCAL, "local"},
        {OMG_LAYER_SYNC_FILES, "sync-files"},
        {OMG_LAYER_LOCAL_FILES, "local-files"},
        {OMG_LAYER_AUR, "aur"},
};

const char *omg_layer_kind_get_name(OmgLayerKind kind)
{
        for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
                if (kinds[i].kind == kind)
                        return kinds[i].name;
        g_assert_not_reached();
}

gboolean omg_layer_kind_find(const char *name, OmgLayerKind *ret_kind)
{
        for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
                if (strcmp(kinds[i].name, name) == 0) {
                        *ret_kind = kinds[i].kind;
                        return TRUE;
                }
        return FALSE;
}

GBytes *omg_layer_kind_take_stamps(OmgLayerKind kind, const OmgPacmanConf *conf, GError **error)
{
        switch (kind) {
        case OMG_LAYER_SYNC:
                return omg_stamps_take_sync(conf);
        case OMG_LAYER_LOCAL:
                return omg_stamps_take_local(conf, error);
        case OMG_LAYER_SYNC_FILES:
                return omg_stamps_take_sync_files(conf);
        case OMG_LAYER_LOCAL_FILES:
                return omg_stamps_take_local_files(conf, error);
        case OMG_LAYER_AUR:
                break; /* made from no database of pacman's */
        }
        g_assert_not_reached();
}
