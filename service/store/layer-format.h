/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What stands in the sections of an index layer (sync.idx, local.idx, aur.idx): shared by layer.c,
 * which maps it read-only, and layer-builder.c, which writes it. The file around them is
 * section-file.h's.
 *
 * Package ids are positions in PACKAGES, which is sorted by length of the folded name, then
 * repository, then in aur.idx popularity and votes, then name: the order in which equally good
 * search results are ranked. So every list of ids in ascending order is already ranked, and a
 * search may stop as soon as it has enough. */

#include <glib.h>

#include "store/section-file.h"

#define OMG_LAYER_MAGIC   0x31474d4f58444e49ull /* "INDXOMG1", little endian */
#define OMG_LAYER_VERSION 2u

typedef enum {
        OMG_LAYER_SYNC = 1,
        OMG_LAYER_LOCAL = 2,
        OMG_LAYER_SYNC_FILES = 3, /* of files-layer-format.h, like the next */
        OMG_LAYER_LOCAL_FILES = 4,
        OMG_LAYER_AUR = 5,
} OmgLayerKind;

typedef enum {
        OMG_SECTION_STAMPS,       /* what it was made from: sources/stamps.h */
        OMG_SECTION_REPOSITORIES, /* OmgRepositoryRecord[], by precedence */
        OMG_SECTION_PACKAGES,     /* OmgPackageRecord[] */
        OMG_SECTION_TEXT,         /* NUL-terminated UTF-8; offset 0 is "" */
        OMG_SECTION_NAME_HASH,  /* guint32[2^n]: id + 1 or 0, linear probing by XXH3 of the name */
        OMG_SECTION_NAME_ORDER, /* guint32[packages]: ids by folded name, name, repository */
        OMG_SECTION_RUNS,       /* OmgRunSlot[2^n]; this and the next three: text-index.h */
        OMG_SECTION_SUFFIXES,   /* guint32[]: offsets in WORDS, sorted */
        OMG_SECTION_WORDS,      /* OmgWordHead and text of each distinct word */
        OMG_SECTION_POSTINGS,   /* posting sets: postings.h */
        OMG_SECTION_REPOSITORY_BITS, /* a bitmap of packages for each repository */
        OMG_SECTION_REPLACES,        /* OmgReplaceRecord[] */
        OMG_SECTION_GROUPS,          /* OmgGroupRecord[], by name */
        OMG_SECTION_GROUP_MEMBERS,   /* guint32[] */
        OMG_SECTION_RELATION_KEYS,   /* OmgRelationKey[], by key: relation-index.h */
        OMG_SECTION_RELATION_IDS,    /* guint32[] */
        OMG_SECTION_DETAILS,         /* package-codec.h; last, for it is large and seldom read */
        OMG_SECTION_N
} OmgSection;

typedef enum {
        OMG_REPOSITORY_OK,
        OMG_REPOSITORY_CARRIED,    /* could not be read: packages of the layer before */
        OMG_REPOSITORY_ABSENT,     /* could not be read and never was: no packages */
        OMG_REPOSITORY_INCOMPLETE, /* of some packages only name and version could be read */
} OmgRepositoryState;

typedef struct {
        guint32 name;    /* into TEXT, like every other text */
        guint32 message; /* why it is not OK */
        guint32 error;   /* OmgError when it is not OK */
        guint32 state;   /* OmgRepositoryState */
        guint32 n_packages, reserved;
} OmgRepositoryRecord;

typedef struct {
        guint32 name;
        guint32 version;
        guint32 description;
        guint32 folded_name;
        guint32 folded_description;
        guint32 folded_description_len; /* bytes */
        guint32 details;                /* offset in DETAILS */
        guint32 details_size;
        guint16 name_len; /* bytes */
        guint16 folded_name_len;
        guint16 repository;
        guint16 flags; /* OmgPackageFlags */
        union {
                guint64 download_size; /* bytes, 0 also when unknown, for sums: DETAILS knows better
                                        */
                double popularity;     /* in an AUR layer: not negative */
        };
        union {
                guint64 installed_size; /* bytes, likewise */
                guint64 votes;          /* in an AUR layer */
        };
} OmgPackageRecord;

typedef struct {
        guint32 replaced, package; /* "name" or "name<version", as %REPLACES% has it */
} OmgReplaceRecord;

typedef struct {
        guint32 name;
        guint32 first, count; /* in GROUP_MEMBERS */
} OmgGroupRecord;
