/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* All requests of a run on one multi handle of curl: at most OMG_LIMIT_FETCH_PER_HOST at once from
 * one host, OMG_LIMIT_FETCH_AT_ONCE in all; reports progress and ends, and cancels. */

#include "omgd-fetch/fetch-options.h"

/* Runs them (OmgFetchRequest) to their ends. It stops, and reports CANCELLED for all that is not
 * done, when a signal comes by signal_fd, when input_fd has come to its end, or when nobody reads
 * the reports. Returns FALSE then. What input_fd still says is thrown away. */
gboolean omg_queue_run(GPtrArray *requests, const OmgFetchOptions *options, int dir_fd,
                       int input_fd, int signal_fd);
