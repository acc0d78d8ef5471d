/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* OSV in a pass: its questions (loop/osv-asker.h), then the records that its answers name and that
 * are not at hand as they say (loop/osv-records.h). */

#include "loop/feed-part.h"

OmgFeedPart *omg_feed_osv_new(const OmgAdvisoryPassSetup *setup);
