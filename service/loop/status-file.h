/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* omg.status: 32 bytes beside the socket, for shell prompts that have no time for a question.
 * Readers refuse it when it is older than a minute, so it is written anew every 45 s
 * (CLOCK_BOOTTIME: after a suspend at once) and when the clock is set, on the worker. */

#include "base/paths.h"
#include "loop/worker.h"

typedef struct {
        guint32 total;
        guint32 explicit;
        guint32 orphans;
        guint32 updates;
} OmgStatusCounts;

typedef struct OmgStatusFile OmgStatusFile;

/* Removes a file that a killed omgd left. @paths must outlive it. */
OmgStatusFile *omg_status_file_new(OmgWorker *worker, const OmgPaths *paths);

/* The counts from now on; NULL: not known, and the file is removed. */
void omg_status_file_set(OmgStatusFile *file, const OmgStatusCounts *counts);

/* Removes the file, on the worker, which must be stopped after it. NULL is harmless. */
void omg_status_file_free(OmgStatusFile *file);
