/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What stands in the sections of a file list index (local-files.idx, sync-files.idx): shared by
 * files-layer.c, which maps it read-only, and files-layer-builder.c, which writes it. The file
 * around them is section-file.h's.
 *
 * A path is split behind the '/' before its last part: "usr/bin/" and "true", "usr/" and "bin/",
 * "" and "usr/". Each distinct folder and last part (its base) stands once in TEXT. A package's
 * paths are a run of PATHS; the owners of a path are a part of the run of its base in BY_BASE,
 * which is in the order of folders: found by halving, with few pages touched. */

#include "store/layer-format.h"

#define OMG_FILES_LAYER_MAGIC   0x46474d4f58444e49ull /* "INDXOMGF", little endian */
#define OMG_FILES_LAYER_VERSION 1u

typedef enum {
        OMG_FILES_SECTION_STAMPS,       /* what it was made from: sources/stamps.h */
        OMG_FILES_SECTION_REPOSITORIES, /* OmgRepositoryRecord[], by precedence */
        OMG_FILES_SECTION_PACKAGES,     /* OmgFilesPackageRecord[], .first ascending */
        OMG_FILES_SECTION_NAME_ORDER,   /* guint32[packages]: ids by name, repository */
        OMG_FILES_SECTION_FOLDER_HASH,  /* guint32[2^n]: id + 1 or 0, linear probing by XXH3 */
        OMG_FILES_SECTION_BASE_HASH,    /* likewise */
        OMG_FILES_SECTION_FOLDERS,      /* guint32[]: text */
        OMG_FILES_SECTION_BASES,        /* OmgBaseRecord[], and one more for the end of the last */
        OMG_FILES_SECTION_BY_BASE, /* guint32[paths]: positions in PATHS by base, folder, package */
        OMG_FILES_SECTION_PATHS,   /* OmgPathRecord[], in a package by the bytes of the path */
        OMG_FILES_SECTION_TEXT,    /* NUL-terminated bytes, any but NUL; offset 0 is "" */
        OMG_FILES_SECTION_N
} OmgFilesSection;

typedef struct {
        guint32 name; /* into TEXT, like every other text */
        guint32 version;
        guint32 first; /* in PATHS */
        guint32 count;
        guint32 repository;
} OmgFilesPackageRecord;

typedef struct {
        guint32 folder; /* in FOLDERS */
        guint32 base;   /* in BASES */
} OmgPathRecord;

typedef struct {
        guint32 text;
        guint32 first; /* in BY_BASE */
} OmgBaseRecord;

/* How many bytes of a path are its folder's: up to the '/' before the last part. */
static inline gsize omg_path_split(const char *path, gsize len)
{
        gsize at = len > 0 ? len - 1 : 0;

        while (at > 0 && path[at - 1] != '/')
                at--;
        return at;
}
