/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/refresh-slot.h"

#include <errno.h>
#include <glib/gstdio.h>

#include "base/error.h"
#include "loop/indexer.h"
#include "loop/log-ids.h"
#include "loop/log.h"
#include "sources/stamps.h"

static gboolean is_files(const OmgSlot *slot)
{
        return slot->kind == OMG_LAYER_SYNC_FILES || slot->kind == OMG_LAYER_LOCAL_FILES;
}

gboolean omg_slot_is_loaded(const OmgSlot *slot)
{
        return slot->layer || slot->files;
}

void omg_slot_clear(OmgSlot *slot)
{
        g_clear_pointer(&slot->layer, omg_layer_unref);
        g_clear_pointer(&slot->files, omg_files_layer_unref);
}

static const OmgSectionFile *get_file(const OmgSlot *slot)
{
        return slot->files   ? omg_files_layer_get_file(slot->files)
               : slot->layer ? omg_layer_get_file(slot->layer)
                             : NULL;
}

/* Forgets a layer that turned out damaged; FALSE when it is none. */
static gboolean drop_damaged(OmgSlot *slot, const char *path)
{
        const OmgSectionFile *file = get_file(slot);

        if (!file || !omg_section_file_is_damaged(file))
                return FALSE;
        if (omg_section_file_is_malformed(file)) {
                omg_log(LOG_WARNING, OMG_LOG_ID_INDEX_REJECTED,
                        "Index file %s holds what omgd-index does not write, rebuilding it", path);
                /* Its checksums are right: the helper would take over from it what it can. */
                (void)g_unlink(path);
        } else {
                omg_log(LOG_WARNING, OMG_LOG_ID_INDEX_REJECTED,
                        "Index file %s was shortened while in use, rebuilding it", path);
        }
        omg_slot_clear(slot);
        return TRUE;
}

/* In place of what was there, which stays when the file cannot be used. */
static gboolean open_file(OmgSlot *slot, const char *path, const OmgCheckedFiles *known,
                          GError **error)
{
        OmgSlot opened = *slot;

        opened.layer = is_files(slot) ? NULL : omg_layer_open_known(path, slot->kind, known, error);
        opened.files = is_files(slot) ? omg_files_layer_open(path, slot->kind, error) : NULL;
        if (!omg_slot_is_loaded(&opened))
                return FALSE;
        omg_slot_clear(slot);
        *slot = opened;
        return TRUE;
}

gboolean omg_slot_load_existing(OmgSlot *slot, const OmgPaths *paths, const OmgCheckedFiles *known)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *path = omg_indexer_dup_path(paths, slot->kind);

        if (drop_damaged(slot, path))
                return FALSE;
        if (omg_slot_is_loaded(slot) || open_file(slot, path, known, &error) ||
            g_error_matches(error, OMG_ERROR, OMG_ERROR_DATABASE_MISSING))
                return TRUE;
        omg_log(LOG_WARNING, OMG_LOG_ID_INDEX_REJECTED, "Index file %s: %s, rebuilding it", path,
                error->message);
        return FALSE;
}

void omg_slot_remember(const OmgSlot *slot, const OmgPaths *paths, OmgCheckedFiles *known)
{
        g_autofree char *path = NULL;

        if (!slot->layer)
                return;
        path = omg_indexer_dup_path(paths, slot->kind);
        omg_checked_files_add(known, path, &omg_layer_get_file(slot->layer)->st);
}

static gconstpointer get_stamps(const OmgSlot *slot, gsize *ret_size)
{
        if (slot->layer)
                return omg_layer_get_section(slot->layer, OMG_SECTION_STAMPS, ret_size);
        const OmgSectionFile *file = omg_files_layer_get_file(slot->files);
        *ret_size = file->sections[OMG_FILES_SECTION_STAMPS].size;
        return file->data + file->sections[OMG_FILES_SECTION_STAMPS].offset;
}

void omg_slot_drop_foreign(OmgSlot *slot, const OmgPacmanConf *conf)
{
        gsize size;

        if (!omg_slot_is_loaded(slot))
                return;
        gconstpointer stamps = get_stamps(slot, &size);
        if (!omg_stamps_are_of(stamps, size, conf))
                omg_slot_clear(slot);
}

gboolean omg_slot_load_rebuilt(OmgSlot *slot, const OmgPaths *paths, GError **error)
{
        g_autofree char *path = omg_indexer_dup_path(paths, slot->kind);
        g_autofree char *output = omg_indexer_dup_output_path(paths, slot->kind);

        if (!open_file(slot, output, NULL, error)) {
                g_prefix_error(error, "%s, just written: ", output);
                return FALSE;
        }
        /* What is mapped serves all the same; only the next start has to make it again. */
        if (g_rename(output, path) < 0)
                omg_log_warning("Cannot put the new index at %s: %s, ignoring", path,
                                g_strerror(errno));
        return TRUE;
}

gboolean omg_slot_is_current(const OmgSlot *slot, GBytes *stamps, gboolean whole)
{
        if (slot->files)
                return omg_files_layer_has_stamps(slot->files, stamps) &&
                       (!whole || omg_files_layer_is_whole(slot->files));
        return slot->layer && omg_layer_has_stamps(slot->layer, stamps) &&
               (!whole || (omg_layer_get_states(slot->layer) & ~(1u << OMG_REPOSITORY_OK)) == 0);
}

guint64 omg_slot_get_built_usec(const OmgSlot *slot)
{
        if (slot->files)
                return omg_files_layer_get_file(slot->files)->built_usec;
        return slot->layer ? omg_layer_get_built_usec(slot->layer) : G_MAXUINT64;
}

void omg_slot_trim(const OmgSlot *slot)
{
        const OmgSectionFile *file = get_file(slot);

        if (file)
                omg_section_file_trim(file);
}
