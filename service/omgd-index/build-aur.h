/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* A layer of AUR packages, of one repository "aur": out of the archive of all
 * (sources/aur-files.h), or of answers of the RPC (aur-reply.h). A record that makes no sense
 * (aur-record.h), or whose name came already, is dropped alone and counted. */

#include "omgd-index/task.h"

/* Writes the index into @fd, an empty file. Out of task->archive, else the one in task->cache; its
 * stamps are those of the file that was read. UPSTREAM_INVALID, with the place: no list of JSON, a
 * cut, damaged or endless one, one without records, or of which most make no sense.
 * DATABASE_MISSING: it is not there; UNAVAILABLE: it cannot be read. */
gboolean omg_build_aur(const OmgTask *task, int fd, OmgTaskResult *result, GError **error);

/* Likewise out of task->files, an answer each, without stamps; there may be no packages in them.
 * Errors as of omg_aur_reply_parse(), too; UPSTREAM_INVALID also when an answer has not as many
 * results as it says. */
gboolean omg_build_aur_replies(const OmgTask *task, int fd, OmgTaskResult *result, GError **error);
