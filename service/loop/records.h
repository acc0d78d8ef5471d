/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What omgd remembers over restarts, in cache.db: the status as it was last known, the queue of
 * what waits for the network, and which packages came and went. That it cannot be read or written
 * costs nothing but that: it is said once, and when it is over. Worker thread only. */

#include "engine/status.h"
#include "loop/refresh.h"
#include "store/cache-db.h"

typedef struct OmgRecords OmgRecords;

/* Opens DATA_DIR/cache.db. */
OmgRecords *omg_records_new(const char *data_dir);

/* NULL is harmless. */
void omg_records_free(OmgRecords *records);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgRecords, omg_records_free)

/* The file and its state, for who else keeps something there. Borrowed. */
OmgCacheDb *omg_records_get_db(OmgRecords *records);

/* The status of the last refresh of an omgd before this one, as it was: FALSE: none is known. */
gboolean omg_records_get_status(OmgRecords *records, OmgStatus *ret_status);

/* A refresh has ended: its status is kept, if it knows any number, and what changed since the one
 * before is noted. A failed one leaves the last good. */
void omg_records_take_refresh(OmgRecords *records, const OmgRefreshOutcome *outcome);

/* Until when a feed's task is kept, µs since 1970; 0: there is none. */
guint64 omg_records_get_task(OmgRecords *records, const char *feed);

/* It waits until then (@is_queued), or not any more. */
void omg_records_set_task(OmgRecords *records, const char *feed, gboolean is_queued,
                          guint64 expires_usec);

/* "ok", or what is the matter with the file: "read-only", "full", "failed"; static. */
const char *omg_records_get_state(OmgRecords *records);
