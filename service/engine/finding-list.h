/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Those of some findings that somebody asks for. */

#include "engine/finding.h"

/* All states but "ignored". */
#define OMG_FINDING_STATES_DEFAULT \
        (((1u << OMG_FINDING_STATE_N) - 1) & ~(1u << OMG_FINDING_IGNORED))

typedef struct {
        OmgSeverity at_least;        /* omg_finding_get_rank() or worse; UNKNOWN: any */
        guint states;                /* 1 << OmgFindingState */
        const char *const *packages; /* names of packages or runtimes; NULL: all */
} OmgFindingFilter;

/* In their order; new array, borrowed elements. */
GPtrArray *omg_findings_select(const GPtrArray *findings, const OmgFindingFilter *filter);

/* Whether an id is the finding's, or one of its CVEs, advisories or aliases. */
gboolean omg_finding_has_id(const OmgFinding *finding, const char *id);
