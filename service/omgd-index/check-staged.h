/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Judges a database that was fetched, before it comes into its place. */

#include "omgd-index/task.h"
#include "sources/pacman-conf.h"

/* Reads <cache>/pacman/staging/NAME.db of task->repository as libalpm would, signed as SigLevel
 * says, and compares it with the one that counts today, if that can be read. Sets packages, newer,
 * older, added, removed and newest of the result. Errors: DATABASE_MISSING, DATABASE_CORRUPT,
 * SIGNATURE_INVALID with the path; INVALID_ARGS when there is no such repository. */
gboolean omg_check_staged(const OmgTask *task, OmgPacmanConf *conf, OmgTaskResult *result,
                          GError **error);
