/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Systems of any size, made up in process and always the same: packages whose names and
 * descriptions have the statistics of Arch's repositories and the AUR (bench-made.c says which). */

#include "store/snapshot.h"

/* @n packages: the first 15,000 are in core, extra and multilib, those beyond in "aur"; a tenth of
 * them, at most 1,500, is installed. The layers are files that are mapped, as in omgd; that of the
 * AUR is one of its own, with popularity and votes.
 * @ret_seconds: the time the builder took for both, @ret_size their bytes. */
OmgSnapshot *bench_made_snapshot(guint n, double *ret_seconds, gsize *ret_size);
