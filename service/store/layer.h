/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* One index file, checked and mapped read-only: reference-counted, immutable, safe to read from any
 * thread. Every accessor tolerates any bytes: a reference that points outside gives "" or nothing,
 * so a file that was damaged under the map can give a wrong answer (omg_layer_is_damaged tells),
 * never a crash. */

#include "store/layer-format.h"
#include "store/package.h"
#include "store/postings.h"

typedef struct OmgLayer OmgLayer;

/* Maps the file and checks owner (this process's user or root), type, size, version, kind and the
 * checksum of each section. Errors: DATABASE_MISSING when there is no such file; DATABASE_CORRUPT
 * for all that is wrong with it; the message says what, without the path. */
OmgLayer *omg_layer_open(const char *path, OmgLayerKind kind, GError **error);

/* The same; what is in a file among @known need not be checked again (checked-files.h). */
OmgLayer *omg_layer_open_known(const char *path, OmgLayerKind kind, const OmgCheckedFiles *known,
                               GError **error);

/* The same for bytes in memory, which the layer keeps; for tests and the fuzzer. */
OmgLayer *omg_layer_new_from_bytes(GBytes *bytes, OmgLayerKind kind, GError **error);

OmgLayer *omg_layer_ref(OmgLayer *layer);
void omg_layer_unref(OmgLayer *layer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgLayer, omg_layer_unref)

/* The file that it reads, for what all index files have in common; borrowed. */
const OmgSectionFile *omg_layer_get_file(const OmgLayer *layer);

/* Details that a reader of its own met are malformed: section-file.h. */
void omg_layer_set_malformed(const OmgLayer *layer);

/* TRUE once the file was shortened under the map, or something in it was found malformed: throw the
 * answer away and rebuild. */
gboolean omg_layer_is_damaged(const OmgLayer *layer);

/* When its sources were read, µs since 1970. */
guint64 omg_layer_get_built_usec(const OmgLayer *layer);

/* The section's bytes; borrowed. */
gconstpointer omg_layer_get_section(const OmgLayer *layer, OmgSection section, gsize *ret_size);

/* TRUE when the layer was made from sources with exactly this identity. */
gboolean omg_layer_has_stamps(const OmgLayer *layer, GBytes *stamps);

/* TRUE when both hold the same, whatever their sources' identity. */
gboolean omg_layer_has_content_of(const OmgLayer *layer, const OmgLayer *other);

guint omg_layer_get_n_packages(const OmgLayer *layer);

/* Never NULL: for an id that does not exist, a record of zeros. */
const OmgPackageRecord *omg_layer_get_record(const OmgLayer *layer, guint id);

guint omg_layer_get_n_repositories(const OmgLayer *layer);

/* The states its repositories are in: bit 1 << OmgRepositoryState for each. */
guint omg_layer_get_states(const OmgLayer *layer);
const OmgRepositoryRecord *omg_layer_get_repository(const OmgLayer *layer, guint index);

/* Name and version of a package; "" for an id that does not exist. */
const char *omg_layer_get_name(const OmgLayer *layer, guint id);
const char *omg_layer_get_version(const OmgLayer *layer, guint id);

/* Text at an offset; never NULL. */
const char *omg_layer_get_text(const OmgLayer *layer, guint32 offset);

/* The same with a known length (in and out, bytes), which is cut where the text section ends. */
const char *omg_layer_get_span(const OmgLayer *layer, guint32 offset, gsize *len);

/* The id of the package with exactly this name, in the first repository that holds it, or
 * OMG_NO_PACKAGE. To go on to the next repositories keep *cursor, 0 at first; NULL for the first
 * only. */
guint omg_layer_find(const OmgLayer *layer, const char *name, gsize len, guint64 *cursor);

/* The @position-th id by name; OMG_NO_PACKAGE outside. */
guint omg_layer_get_by_name(const OmgLayer *layer, guint position);

/* The range of positions, for omg_layer_get_by_name, whose folded names begin with @prefix
 * (folded). */
void omg_layer_find_prefix(const OmgLayer *layer, const char *prefix, gsize len, guint *ret_from,
                           guint *ret_to);

/* The bitmap of a repository's packages: omg_bitmap_words() 64-bit words; NULL for a repository
 * that does not exist. */
const guint64 *omg_layer_get_repository_bits(const OmgLayer *layer, guint repository);

/* All of a package; DATABASE_CORRUPT when its details are malformed. */
OmgPackage *omg_layer_dup_package(const OmgLayer *layer, guint id, GError **error);
