/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The machine's bill of materials as CycloneDX 1.6 JSON (https://cyclonedx.org/docs/1.6/json/),
 * with its known flaws as VEX: what Audit.GenerateSbom gives. Takes long and reads the index: not
 * on main. */

#include "engine/json-lines.h"
#include "engine/sbom-finding.h"
#include "store/snapshot.h"

/* What is installed beside the packages: a language runtime. */
typedef struct {
        const char *name;
        const char *version;
} OmgSbomRuntime;

typedef struct {
        const char *uuid;         /* of this document: g_uuid_string_random() */
        guint64 time_usec;        /* since 1970 */
        const char *omgd_version; /* of the program that writes it */
        const char *machine;      /* its name; NULL: "machine" */
        const char *system;       /* its distribution, the vendor in package URLs; NULL: "arch" */
        const OmgSbomRuntime *runtimes;
        guint n_runtimes;
        const OmgSbomFinding *findings;
        guint n_findings;
        gboolean has_no_findings; /* nobody knows them, or wants them: there is no list of flaws
                                   * then, which an empty one is not */
        const char *knowledge;    /* which of that it is, a property; NULL: it is not said */
        const char *scan_state;   /* of the feeds; NULL likewise */
        guint64 scan_usec;        /* when they last confirmed what is known, since 1970; 0: never */
        OmgIsCancelled is_cancelled;
        gconstpointer cancel_data;
} OmgSbomParams;

typedef struct {
        int fd; /* the caller's: a sealed file, open for reading */
        guint n_components;
        guint n_vulnerabilities;
        guint n_left_out; /* findings about what the snapshot does not hold in that version */
} OmgSbomFile;

/* The same snapshot and parameters give the same bytes. Every installed package is a component,
 * whose bom-ref is its package URL; each has its dependencies on others, by name before by
 * provision, and the machine depends on what was installed on request. The hash is that of the
 * package's file, where a repository holds the very build that is installed. Errors: INVALID_ARGS
 * for a uuid that is none; what the snapshot's errors say when it has no local layer;
 * DATABASE_CORRUPT, LIMITS_EXCEEDED, CANCELLED, UNAVAILABLE. */
gboolean omg_sbom_write(const OmgSnapshot *snapshot, const OmgSbomParams *params,
                        OmgSbomFile *ret_file, GError **error);
