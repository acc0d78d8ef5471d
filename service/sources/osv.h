/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* One record of OSV (ossf.github.io/osv-schema): what it says about which versions of which
 * packages. Ranges of git commits say nothing about a version and are left out. */

#include <glib.h>

#include "base/severity.h"

/* In the order in which events of one version count: what ends is looked at before what begins. */
typedef enum {
        OMG_OSV_LIMIT,
        OMG_OSV_LAST_AFFECTED,
        OMG_OSV_FIXED,
        OMG_OSV_INTRODUCED,
        OMG_OSV_EVENT_N
} OmgOsvEventKind;

typedef struct {
        OmgOsvEventKind kind;
        char *version; /* "0": from the first one on */
} OmgOsvEvent;

typedef struct {
        gboolean is_semver; /* its versions are SemVer, whatever the ecosystem's own are */
        GArray *events;     /* OmgOsvEvent, as they come */
} OmgOsvRange;

typedef struct {
        char *ecosystem;
        char *name;         /* normalised: base/ecosystem.h */
        GPtrArray *ranges;  /* OmgOsvRange */
        GStrv versions;     /* affected ones, by their bytes */
        gboolean uncertain; /* more of it is affected than ranges and versions tell */
        GStrv vectors;      /* CVSS of this package alone; mostly none */
} OmgOsvAffected;

typedef struct {
        char *id;
        guint64 modified_usec; /* since 1970; 0: it does not say */
        char *summary;         /* "" when there is none */
        GStrv aliases;         /* other ids of the flaw, by their bytes, without its own */
        GStrv references;      /* pages about it */
        GStrv vectors;         /* CVSS vectors as published, none checked */
        OmgSeverity severity;  /* GitHub's word, if any */
        GPtrArray *affected;   /* OmgOsvAffected */
} OmgOsvRecord;

void omg_osv_record_free(OmgOsvRecord *record);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgOsvRecord, omg_osv_record_free)

/* Whether a text may be an id: 1 to 100 (the server's limit) of letters, digits and - _ . : +, not
 * beginning with '.'. */
gboolean omg_osv_id_check(const char *id);

/* Reads one; *ret_record is NULL for one that was withdrawn. What is strange about one of its
 * packages makes that one uncertain; a package without name or ecosystem is left out.
 * UPSTREAM_INVALID: no JSON, no record, or larger than base/limits-advisories.h allows. */
gboolean omg_osv_parse(GBytes *bytes, OmgOsvRecord **ret_record, GError **error);

typedef struct {
        char *id;
        guint64 modified_usec; /* since 1970; 0: it does not say */
        gboolean is_withdrawn;
} OmgOsvHead;

/* What a record is, withdrawn or not. Errors: those of omg_osv_parse(). */
gboolean omg_osv_parse_head(GBytes *bytes, OmgOsvHead *ret_head, GError **error);
