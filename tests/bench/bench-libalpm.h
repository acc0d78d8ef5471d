/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The same databases in libalpm's own hands: how long it takes to load them and to search them. */

#include <alpm.h>

#include "sources/pacman-conf.h"

/* A handle with the configuration's repositories registered; ends the program where it cannot. */
alpm_handle_t *bench_libalpm_open(const OmgPacmanConf *conf);

/* Loads and reads a database: name, version, description and depends of each package. Returns how
 * many there were. */
guint bench_libalpm_walk(alpm_db_t *db);

/* Packages in all sync databases that alpm_db_search finds for the words of the query. */
guint bench_libalpm_search(alpm_handle_t *handle, const char *query);
