/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The details of groups in a pass of the tracker (loop/feed-tracker.h): those that the list says
 * are wanted and not at hand. */

#include "loop/feed-part.h"

typedef struct OmgTrackerDetails OmgTrackerDetails;

OmgTrackerDetails *omg_tracker_details_new(const OmgFeedPart *part);
void omg_tracker_details_free(OmgTrackerDetails *details); /* NULL is harmless */

/* What the judge of the list is to say of details. */
void omg_tracker_details_want(const OmgTrackerDetails *details, const OmgFeedPart *part,
                              OmgFeedJudgeStart *start);

/* One is to be fetched. */
void omg_tracker_details_add(OmgTrackerDetails *details, const char *id);

/* The list is known, and no more are added: the calls below are the part's. */
void omg_tracker_details_begin(OmgTrackerDetails *details, OmgFeedPart *part);
gboolean omg_tracker_details_is_begun(const OmgTrackerDetails *details);

void omg_tracker_details_make_requests(OmgTrackerDetails *details, OmgFeedPart *part,
                                       GArray *requests);
void omg_tracker_details_take_result(OmgTrackerDetails *details, OmgFeedPart *part,
                                     const OmgFetchResult *result);
void omg_tracker_details_end_fetch(OmgTrackerDetails *details, OmgFeedPart *part);
void omg_tracker_details_make_judge(OmgTrackerDetails *details, OmgFeedPart *part,
                                    OmgFeedJudgeStart *start);
void omg_tracker_details_take_line(OmgTrackerDetails *details, OmgFeedPart *part,
                                   const OmgJudgeLine *line);
void omg_tracker_details_end_judge(OmgTrackerDetails *details, OmgFeedPart *part,
                                   const GError *error);

/* Counts what is left, and removes what is too much. */
void omg_tracker_details_finish(OmgTrackerDetails *details, OmgFeedPart *part);
