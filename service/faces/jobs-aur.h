/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Jobs of the kind "aur-query": questions to the AUR (loop/aur-rpc.h), and the page of the answer
 * that is wanted. */

#include "faces/jobs.h"
#include "loop/aur-rpc.h"

/* What is asked for. */
typedef struct {
        OmgAurQuestion *question;
        OmgRefreshWhat how;
        guint32 max_age_sec;
        guint32 limit, offset;
} OmgAurQuery;

struct OmgAurJob {
        OmgAurQuery query; /* the question is owned */
        /* The result, once it has ended. */
        OmgAurAnswer *answer; /* NULL: it failed */
        gboolean is_cached;
        guint64 until_usec; /* of an error: as in OmgAurOutcome */
};

void omg_aur_job_free(OmgAurJob *aur);

/* One that has not ended, asks for the same and takes no older an answer, or NULL. */
OmgJob *omg_jobs_find_aur(const OmgJobs *jobs, const OmgAurQuery *query);

/* As omg_jobs_add_refresh(); the question is referenced. LIMITS_EXCEEDED, too, when
 * OMG_LIMIT_AUR_QUESTIONS have not ended. */
OmgJob *omg_jobs_add_aur(OmgJobs *jobs, const char *owner, const OmgAurQuery *query,
                         guint64 realtime_usec, GError **error);

/* It has ended so. An unknown id is harmless. */
void omg_jobs_end_aur(OmgJobs *jobs, const OmgAurOutcome *outcome, guint64 now);
