/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* omg.status: 32 bytes beside the socket, for shell prompts that have no time for a question.
 * Readers refuse it when it is older than a minute, so it is written anew every 45 s
 * (CLOCK_BOOTTIME: after a suspend at once) and when the clock is set, on the worker. Only a
 * regular file of our own is ever replaced or removed; anything else at its path is left alone, and
 * that is said once in the log, as is any other failure. Nothing wakes up while nothing is known.
 */

#include "base/paths.h"
#include "loop/worker.h"

typedef struct {
        guint32 total;
        guint32 explicit;
        guint32 orphans;
        guint32 updates;
} OmgStatusCounts;

typedef struct OmgStatusFile OmgStatusFile;

/* Between two stamps: less than the minute of the readers, and with all else less than two wake-ups
 * a minute. */
#define OMG_STATUS_FILE_MSEC 45000u

/* Removes a file that a killed omgd left; so not before it is clear that no other omgd serves the
 * socket beside it. @paths must outlive it. Main thread, as all here. */
OmgStatusFile *omg_status_file_new(OmgWorker *worker, const OmgPaths *paths, guint interval_msec);

/* The counts from now on; NULL: not known, and the file is removed. The same again wakes nobody up.
 */
void omg_status_file_set(OmgStatusFile *file, const OmgStatusCounts *counts);

/* Removes the file, on the worker, which must be stopped after it. NULL is harmless. */
void omg_status_file_free(OmgStatusFile *file);
