/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What stands in the sections of the index of advisories (advisories.idx): the tracker's groups and
 * OSV's records, found by the package they are about, so that an audit reads no JSON. Shared by
 * advisory-layer.c, which maps it read-only, and advisory-builder.c, which writes it. The file
 * around them is section-file.h's. */

#include "store/section-file.h"

#define OMG_ADVISORY_LAYER_MAGIC   0x41474d4f58444e49ull /* "INDXOMGA", little endian */
#define OMG_ADVISORY_LAYER_VERSION 4u
#define OMG_ADVISORY_LAYER_KIND    16u /* beside those of OmgLayerKind */
#define OMG_ADVISORY_LAYER_NAME    "advisories.idx"

typedef enum {
        OMG_ADVISORY_SOURCES,   /* OmgAdvisorySource[OMG_ADVISORY_SOURCE_N] */
        OMG_ADVISORY_NAMES,     /* OmgAdvisoryName[], by ecosystem and name */
        OMG_ADVISORY_NAME_HASH, /* guint32[2^n]: index + 1 or 0, linear probing by XXH3 */
        OMG_ADVISORY_ENTRIES,   /* guint32[]: into GROUPS or AFFECTED, as .is_osv says */
        OMG_ADVISORY_GROUPS,    /* OmgAdvisoryGroup[], by the bytes of their ids */
        OMG_ADVISORY_RECORDS,   /* OmgAdvisoryRecord[], likewise */
        OMG_ADVISORY_AFFECTED,  /* OmgAdvisoryAffected[], in the order of RECORDS */
        OMG_ADVISORY_RANGES,    /* OmgAdvisoryRange[] */
        OMG_ADVISORY_EVENTS,    /* OmgAdvisoryEvent[] */
        OMG_ADVISORY_LISTS,     /* guint32[]: texts */
        OMG_ADVISORY_TEXT,      /* NUL-terminated UTF-8, each text once; offset 0 is "" */
        OMG_ADVISORY_STAMPS,    /* sources/advisory-files.h; empty: made from something else */
        OMG_ADVISORY_SECTION_N
} OmgAdvisorySection;

/* Where something comes from; a text is an offset in TEXT. */
typedef enum { OMG_ADVISORY_TRACKER, OMG_ADVISORY_OSV, OMG_ADVISORY_SOURCE_N } OmgAdvisoryOrigin;

typedef struct {
        guint64 time_usec; /* when it was fetched, since 1970; 0: never */
        guint64 newest;    /* the highest number of a group; when the newest record changed, µs */
        guint32 n;         /* groups or records */
        guint32 n_dropped; /* that made no sense */
        guint32 reason;    /* text: why the first of these */
        guint32 reserved;
} OmgAdvisorySource;

/* A run of LISTS or of another section. */
typedef struct {
        guint32 first, count;
} OmgAdvisoryRun;

typedef struct {
        guint32 ecosystem; /* text; "" for the tracker's, which are pacman's names */
        guint32 name;
        OmgAdvisoryRun entries;
        guint32 is_osv;
} OmgAdvisoryName;

typedef struct {
        guint32 id, type, affected;
        guint32 fixed, ticket; /* "": none */
        guint32 status;        /* OmgTrackerStatus */
        guint32 severity;      /* OmgSeverity */
        guint32 notes;         /* "": none */
        OmgAdvisoryRun packages, issues, advisories, references;
} OmgAdvisoryGroup;

typedef struct {
        guint64 modified_usec; /* since 1970; 0: unknown */
        guint32 id, summary;
        guint32 severity; /* OmgSeverity: GitHub's word */
        guint32 reserved;
        OmgAdvisoryRun aliases, vectors, references;
} OmgAdvisoryRecord;

typedef struct {
        guint32 record; /* in RECORDS */
        guint32 ecosystem, name;
        guint32 order;           /* OmgOrder of the ecosystem */
        guint32 uncertain;       /* not matching it proves nothing */
        guint32 n_ordered;       /* so many of .versions have a place in the order */
        OmgAdvisoryRun versions; /* of LISTS: keys (base/version-order.h) in their order, then
                                  * versions that have none, by their bytes */
        OmgAdvisoryRun ranges;
        OmgAdvisoryRun vectors;
} OmgAdvisoryAffected;

typedef struct {
        guint32 order;         /* OmgOrder of its versions */
        OmgAdvisoryRun events; /* in the order of versions, then of kinds */
} OmgAdvisoryRange;

typedef struct {
        guint32 version; /* "": before all versions */
        guint32 key;     /* of the version, likewise */
        guint32 kind;    /* OmgOsvEventKind */
} OmgAdvisoryEvent;
