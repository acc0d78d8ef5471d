/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The index of advisories, checked and mapped read-only: reference-counted, immutable, safe to read
 * from any thread. Every accessor tolerates any bytes, as those of layer.h do: what does not exist
 * is a record of zeros and the text "". */

#include "store/advisory-layer-format.h"

typedef struct OmgAdvisoryLayer OmgAdvisoryLayer;

/* As omg_layer_open(). */
OmgAdvisoryLayer *omg_advisory_layer_open(const char *path, GError **error);
OmgAdvisoryLayer *omg_advisory_layer_new_from_bytes(GBytes *bytes, GError **error);

OmgAdvisoryLayer *omg_advisory_layer_ref(OmgAdvisoryLayer *layer);
void omg_advisory_layer_unref(OmgAdvisoryLayer *layer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgAdvisoryLayer, omg_advisory_layer_unref)

/* The file that it reads, for what all index files have in common; borrowed. */
const OmgSectionFile *omg_advisory_layer_get_file(const OmgAdvisoryLayer *layer);

/* Whether it was made from files of this identity. */
gboolean omg_advisory_layer_has_stamps(const OmgAdvisoryLayer *layer, GBytes *stamps);

/* Never NULL. */
const OmgAdvisorySource *omg_advisory_layer_get_source(const OmgAdvisoryLayer *layer,
                                                       OmgAdvisoryOrigin origin);

guint omg_advisory_layer_get_n_groups(const OmgAdvisoryLayer *layer);
guint omg_advisory_layer_get_n_records(const OmgAdvisoryLayer *layer);
guint omg_advisory_layer_get_n_affected(const OmgAdvisoryLayer *layer);
guint omg_advisory_layer_get_n_names(const OmgAdvisoryLayer *layer);

/* Never NULL; for an index that does not exist, zeros. */
const OmgAdvisoryName *omg_advisory_layer_get_name(const OmgAdvisoryLayer *layer, guint index);
const OmgAdvisoryGroup *omg_advisory_layer_get_group(const OmgAdvisoryLayer *layer, guint index);
const OmgAdvisoryRecord *omg_advisory_layer_get_record(const OmgAdvisoryLayer *layer, guint index);
const OmgAdvisoryAffected *omg_advisory_layer_get_affected(const OmgAdvisoryLayer *layer,
                                                           guint index);
const OmgAdvisoryRange *omg_advisory_layer_get_range(const OmgAdvisoryLayer *layer, guint index);
const OmgAdvisoryEvent *omg_advisory_layer_get_event(const OmgAdvisoryLayer *layer, guint index);

/* Text at an offset; never NULL. */
const char *omg_advisory_layer_get_text(const OmgAdvisoryLayer *layer, guint32 offset);

/* The @index-th text of a run of LISTS. */
const char *omg_advisory_layer_get_listed(const OmgAdvisoryLayer *layer, const OmgAdvisoryRun *run,
                                          guint index);

/* A run cut to what exists. */
OmgAdvisoryRun omg_advisory_layer_clip(const OmgAdvisoryLayer *layer, OmgAdvisorySection section,
                                       OmgAdvisoryRun run);

/* What is known about a package: pacman's name with the ecosystem "" for the tracker's groups, else
 * OSV's (normalised). NULL: nothing. */
const OmgAdvisoryName *omg_advisory_layer_find(const OmgAdvisoryLayer *layer, const char *ecosystem,
                                               const char *name);

/* The @index-th of a name's: an index of GROUPS or of AFFECTED; G_MAXUINT32 when there is none. */
guint omg_advisory_layer_get_entry(const OmgAdvisoryLayer *layer, const OmgAdvisoryName *name,
                                   guint index);

/* The index of the group, or record, with exactly this id; G_MAXUINT32: there is none. */
guint omg_advisory_layer_find_group(const OmgAdvisoryLayer *layer, const char *id);
guint omg_advisory_layer_find_record(const OmgAdvisoryLayer *layer, const char *id);
