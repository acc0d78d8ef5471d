/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "faces/service-aur.h"

#include "base/clock.h"
#include "base/limits-aur.h"
#include "faces/bus-interfaces.h"

void omg_service_update_aur_metrics(OmgService *self)
{
        OmgMetrics *metrics = &self->metrics;

        if ((guint64)g_get_real_time() >= self->aur_day_usec)
                metrics->aur_requests_today = 0;
        metrics->aur_requests_left =
                OMG_LIMIT_AUR_REQUESTS_PER_DAY -
                MIN(metrics->aur_requests_today, OMG_LIMIT_AUR_REQUESTS_PER_DAY);
}

void omg_service_end_aur(OmgService *self, const OmgAurOutcome *outcome)
{
        self->metrics.aur_requests_today = outcome->n_used;
        self->aur_day_usec = outcome->day_usec;
        self->metrics.aur_queries_cached += outcome->is_cached;
        omg_jobs_end_aur(self->jobs, outcome, omg_clock_now());
        omg_bus_job_update_timer(self);
}
