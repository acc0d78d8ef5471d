/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The records in a pass of OSV (loop/feed-osv.h): those that were named and are not at hand, or not
 * as they were modified since; and, where all questions were answered, some of those that no answer
 * named any more, so that what OSV withdrew or changed does not stay. */

#include "loop/feed-part.h"

typedef struct OmgOsvRecords OmgOsvRecords;

OmgOsvRecords *omg_osv_records_new(const OmgFeedPart *part);
void omg_osv_records_free(OmgOsvRecords *records); /* NULL is harmless */

/* What answers named: id → modified, µs (guint64 *). @is_complete: nothing else is named by OSV.
 * Then the calls below are the part's. */
void omg_osv_records_begin(OmgOsvRecords *records, OmgFeedPart *part, GHashTable *named,
                           gboolean is_complete);
gboolean omg_osv_records_is_begun(const OmgOsvRecords *records);

void omg_osv_records_make_requests(OmgOsvRecords *records, OmgFeedPart *part, GArray *requests);
void omg_osv_records_take_result(OmgOsvRecords *records, OmgFeedPart *part,
                                 const OmgFetchResult *result);
void omg_osv_records_end_fetch(OmgOsvRecords *records, OmgFeedPart *part);
void omg_osv_records_make_judge(OmgOsvRecords *records, OmgFeedPart *part,
                                OmgFeedJudgeStart *start);
void omg_osv_records_take_line(OmgOsvRecords *records, OmgFeedPart *part, const OmgJudgeLine *line);
void omg_osv_records_end_judge(OmgOsvRecords *records, OmgFeedPart *part, const GError *error);

/* Counts what is left, and saves what is remembered. */
void omg_osv_records_finish(OmgOsvRecords *records, OmgFeedPart *part);
