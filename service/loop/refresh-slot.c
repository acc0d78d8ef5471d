/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/refresh-slot.h"

#include <errno.h>
#include <glib/gstdio.h>

#include "base/error.h"
#include "loop/indexer.h"
#include "loop/log-ids.h"
#include "loop/log.h"
#include "sources/stamps.h"

void omg_slot_clear(OmgSlot *slot)
{
        g_clear_pointer(&slot->layer, omg_layer_unref);
}

gboolean omg_slot_load_existing(OmgSlot *slot, const OmgPaths *paths)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *path = omg_indexer_dup_path(paths, slot->kind);

        if (slot->layer && omg_layer_is_damaged(slot->layer)) {
                omg_log(LOG_WARNING, OMG_LOG_ID_INDEX_REJECTED,
                        "Index file %s was shortened while in use, rebuilding it", path);
                omg_slot_clear(slot);
                return FALSE;
        }
        if (slot->layer)
                return TRUE;
        slot->layer = omg_layer_open(path, slot->kind, &error);
        if (slot->layer || g_error_matches(error, OMG_ERROR, OMG_ERROR_DATABASE_MISSING))
                return TRUE;
        omg_log(LOG_WARNING, OMG_LOG_ID_INDEX_REJECTED, "Index file %s: %s, rebuilding it", path,
                error->message);
        return FALSE;
}

void omg_slot_drop_foreign(OmgSlot *slot, const OmgPacmanConf *conf)
{
        gsize size;

        if (!slot->layer)
                return;
        gconstpointer stamps = omg_layer_get_section(slot->layer, OMG_SECTION_STAMPS, &size);
        if (!omg_stamps_are_below(stamps, size, conf->db_path))
                omg_slot_clear(slot);
}

gboolean omg_slot_load_rebuilt(OmgSlot *slot, const OmgPaths *paths, GError **error)
{
        g_autofree char *path = omg_indexer_dup_path(paths, slot->kind);
        g_autofree char *output = omg_indexer_dup_output_path(paths, slot->kind);
        OmgLayer *layer = omg_layer_open(output, slot->kind, error);

        if (!layer) {
                g_prefix_error(error, "%s, just written: ", output);
                return FALSE;
        }
        /* What is mapped serves all the same; only the next start has to make it again. */
        if (g_rename(output, path) < 0)
                omg_log_warning("Cannot put the new index at %s: %s, ignoring", path,
                                g_strerror(errno));
        omg_slot_clear(slot);
        slot->layer = layer;
        return TRUE;
}

GBytes *omg_slot_take_stamps(const OmgSlot *slot, const OmgPacmanConf *conf, GError **error)
{
        return slot->kind == OMG_LAYER_SYNC ? omg_stamps_take_sync(conf)
                                            : omg_stamps_take_local(conf, error);
}

static gboolean is_whole(const OmgLayer *layer)
{
        return (omg_layer_get_states(layer) & ~(1u << OMG_REPOSITORY_OK)) == 0;
}

/* What could not be read may be readable now for reasons that no stamp shows: permissions, a
 * signature, a key. So it is tried at every look. */
gboolean omg_slot_is_current(const OmgSlot *slot, GBytes *stamps)
{
        return slot->layer && omg_layer_has_stamps(slot->layer, stamps) && is_whole(slot->layer);
}

guint64 omg_slot_get_built_usec(const OmgSlot *slot)
{
        return slot->layer ? omg_layer_get_built_usec(slot->layer) : G_MAXUINT64;
}

void omg_slot_trim(const OmgSlot *slot)
{
        if (slot->layer)
                omg_layer_trim(slot->layer);
}
