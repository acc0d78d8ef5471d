/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Standard input: the requests of a run, up to an empty line. */

#include "fetch/fetch-request.h"

/* Reads them from fd, which stays open. A line that is no
 * request, or repeats an id or an output, is reported (omg_report()) and left out. Returns an array
 * of OmgFetchRequest, or NULL and INVALID_ARGS when the input ends before the empty line, or has
 * more than OMG_LIMIT_FETCH_REQUESTS lines, or one of more than OMG_LIMIT_FETCH_LINE bytes: nothing
 * is fetched then. */
GPtrArray *omg_batch_read(int fd, GError **error);
