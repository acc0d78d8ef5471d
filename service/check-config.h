/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* omgd --check-config: what a start would say about the configuration, without one. */

#include "base/paths.h"
#include "options.h"

/* Reads omgd.conf with its drop-ins, and pacman.conf with what it includes, and prints on standard
 * output what is wrong, a line each, and how much that was. OMG_EXIT_OK also with warnings, which a
 * start passes over; OMG_EXIT_FAILURE with errors. */
OmgExit omg_check_config(const OmgPaths *paths);
