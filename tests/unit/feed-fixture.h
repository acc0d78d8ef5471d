/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The parts of a pass without a pass: their requests are answered by the test. */

#include "loop/feed-part.h"

typedef struct {
        OmgFeedPart part;
        OmgPaths paths;
        OmgAdvisoryPassSetup setup;
        char *folder;
} OmgFeedFixture;

/* A part of a feed at a URL of this machine, in a temporary folder with all that a pass makes. */
void omg_feed_fixture_set_up(OmgFeedFixture *f, OmgAdvisoryOrigin origin);
void omg_feed_fixture_tear_down(OmgFeedFixture *f);

/* A file in staging, as omgd-fetch leaves it. */
void omg_feed_fixture_stage(OmgFeedFixture *f, const char *name, const char *content);

/* A request as the results are: its event DONE with that outcome. */
void omg_feed_fixture_make_result(const OmgFetchRequest *request, OmgFetchOutcome outcome,
                                  OmgFetchResult *ret_result);

/* For g_array_new(): of requests, which it clears. New. */
GArray *omg_feed_fixture_new_requests(void);
