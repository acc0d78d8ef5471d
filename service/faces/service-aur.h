/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Questions to the AUR, as the service knows them: jobs and counters. */

#include "faces/jobs-aur.h"
#include "faces/service.h"

/* For OmgBackgroundEvents: the job of the outcome ends. */
void omg_service_end_aur(OmgService *service, const OmgAurOutcome *outcome);

/* The counters of the day's requests, which are others after midnight. */
void omg_service_update_aur_metrics(OmgService *service);
