/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* A flaw of what is installed, as the bill of materials takes it. */

#include <glib.h>

/* The states of ListVulnerabilities, and what they are in the document's analysis. An ignored flaw
 * is no flaw that does not affect: somebody has decided to live with it. */
typedef enum {
        OMG_SBOM_FIX_AVAILABLE, /* exploitable, response update */
        OMG_SBOM_FIX_PENDING,   /* exploitable */
        OMG_SBOM_NO_FIX,        /* exploitable */
        OMG_SBOM_UNCONFIRMED,   /* in_triage */
        OMG_SBOM_IGNORED,       /* exploitable, response will_not_fix */
        OMG_SBOM_STATE_N
} OmgSbomState;

/* Everything is borrowed; what is not known is NULL or "". */
typedef struct {
        const char *package; /* the name of an installed package, or of a runtime */
        gboolean is_runtime;
        const char *version;  /* installed, as the finding knows it */
        const char *id;       /* "AVG-2805", "GHSA-..." */
        const char *source;   /* who says so: "Arch Linux Security Tracker", "OSV" */
        const char *url;      /* of its page */
        const char *severity; /* the source's word, in any case: critical, high, medium, low */
        const char *vector;   /* CVSS, of any version */
        const char *description;
        const char *fixed;          /* the first version without it */
        const char *reason;         /* why it is ignored */
        const char *const *aliases; /* other ids of the same flaw, among them its CVEs */
        OmgSbomState state;
} OmgSbomFinding;
