/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What the files of jobs.h share: jobs.c (all jobs, refreshes), jobs-aur.c (questions to the AUR).
 */

#include "faces/jobs.h"

gboolean omg_job_has_ended(const OmgJob *job);

/* Adds a queued job of that kind (static), of which nobody is told yet. As omg_jobs_add_refresh().
 */
OmgJob *omg_jobs_add(OmgJobs *jobs, const char *kind, const char *owner, guint64 realtime_usec,
                     GError **error);
void omg_jobs_tell_new(OmgJobs *jobs, OmgJob *job);
