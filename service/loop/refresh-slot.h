/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What a refresh knows of one index: the last good layer, whether it is still true, and how its
 * files are taken in. The same for packages and for file lists. Worker thread only. */

#include "base/paths.h"
#include "loop/refresh.h"
#include "sources/pacman-conf.h"
#include "store/files-layer.h"
#include "store/layer.h"

typedef struct {
        OmgLayerKind kind;
        const char *source;  /* its name in errors */
        OmgRefreshWhat what; /* its bit in requests */
        /* The last good one, one of the two; NULL: none yet. */
        OmgLayer *layer;
        OmgFilesLayer *files;
} OmgSlot;

void omg_slot_clear(OmgSlot *slot);

/* Opens the file of a layer that is not loaded, or no longer usable; says once in the log what is
 * wrong with it. FALSE when it was found unusable. */
gboolean omg_slot_load_existing(OmgSlot *slot, const OmgPaths *paths, const OmgCheckedFiles *known);

/* Its file need not be checked again at the next start, if it stands in its place. */
void omg_slot_remember(const OmgSlot *slot, const OmgPaths *paths, OmgCheckedFiles *known);

/* A layer of another DBPath is no last good state of this one. */
void omg_slot_drop_foreign(OmgSlot *slot, const OmgPacmanConf *conf);

/* Takes over what the helper wrote, once it is found good; else the error, with the path. */
gboolean omg_slot_load_rebuilt(OmgSlot *slot, const OmgPaths *paths, GError **error);

gboolean omg_slot_is_loaded(const OmgSlot *slot);

/* Whether the layer is made from sources of this identity, and, with @whole, nothing could not be
 * read then. */
gboolean omg_slot_is_current(const OmgSlot *slot, GBytes *stamps, gboolean whole);

/* When its sources were read, µs since 1970; G_MAXUINT64 without a layer. */
guint64 omg_slot_get_built_usec(const OmgSlot *slot);

/* Lets go of the pages that were touched. */
void omg_slot_trim(const OmgSlot *slot);
