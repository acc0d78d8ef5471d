/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The kinds of index files, for those who treat all alike: their names and what they are made from.
 */

#include "sources/pacman-conf.h"
#include "store/layer-format.h"

/* "sync", "local", "sync-files", "local-files", "aur": of the file (with ".idx"), and for
 * omgd-index. */
const char *omg_layer_kind_get_name(OmgLayerKind kind);

/* FALSE: there is no kind of that name. */
gboolean omg_layer_kind_find(const char *name, OmgLayerKind *ret_kind);

/* The identity of its sources as they are now: sources/stamps.h, with its errors. Not of AUR,
 * which is made from no database. */
GBytes *omg_layer_kind_take_stamps(OmgLayerKind kind, const OmgPacmanConf *conf, GError **error);
