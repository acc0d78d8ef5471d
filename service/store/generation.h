/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The number of a snapshot: another one whenever an answer may differ, and never one that an
 * earlier run of omgd gave out, so that a page can be continued only with the data of its first. */

#include "store/snapshot.h"

/* @before: the snapshot posted last; NULL: none. @now: µs since 1970. 0 without any layer. */
guint64 omg_generation_choose(const OmgSnapshot *before, const OmgSnapshotParts *parts,
                              guint64 now);

/* Another one than @before's in any case. */
guint64 omg_generation_next(const OmgSnapshot *before, guint64 now);
