/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* One index of file lists, whole: each repository as it is, else as it was, else as absent. */

#include "omgd-index/task.h"
#include "sources/pacman-conf.h"

/* The file as pieces (GBytes). @stamps: of the sources, taken before. An index of nothing but
 * absent repositories is one too: that no .files database is there is how most systems are. Errors:
 * LIMITS_EXCEEDED, UNAVAILABLE. */
GPtrArray *omg_build_files(const OmgTask *task, const OmgPacmanConf *conf, GBytes *stamps,
                           OmgTaskResult *result, GError **error);
