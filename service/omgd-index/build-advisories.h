/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The index of advisories out of what was fetched: the tracker's list, and a folder of OSV records,
 * one in each file "*.json". */

#include "omgd-index/task.h"

/* The file as pieces (GBytes), from the files of the cache directory (sources/advisory-files.h; of
 * the details of a group its references and notes), or
 * from --tracker and --osv; what is not given, or not in the cache, has nothing to say. A record
 * that makes no sense is dropped and counted, one that was withdrawn is left out, and of two with
 * one id the one that was modified later counts. UPSTREAM_INVALID: the tracker's list is none;
 * DATABASE_MISSING: the list or the folder that was given is not there. */
GPtrArray *omg_build_advisories(const OmgTask *task, OmgTaskResult *result, GError **error);
