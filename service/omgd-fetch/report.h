/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Standard output: one result a line, written at once. */

#include "fetch/fetch-result.h"

/* FALSE: nobody reads it any more. */
gboolean omg_report(const OmgFetchResult *result);

/* When the last line was written, monotonic µs; 0: never. */
gint64 omg_report_get_last(void);
