/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The bounds of the security feeds and of the audit. They stand apart from base/limits.h only for
 * its length. The tracker's list has about 1 MB; the largest OSV records about 1 MB too. */

#define OMG_LIMIT_TRACKER_FEED   (32u << 20) /* issues/all.json */
#define OMG_LIMIT_TRACKER_GROUPS 50000u      /* in one feed */
#define OMG_LIMIT_TRACKER_LIST   1000u       /* packages, CVEs or advisories of one group */
#define OMG_LIMIT_TRACKER_DEPTH  8u          /* of its JSON */

#define OMG_LIMIT_OSV_RECORD   (8u << 20)  /* one record */
#define OMG_LIMIT_OSV_ANSWER   (32u << 20) /* of a querybatch: what the server sends at most */
#define OMG_LIMIT_OSV_DEPTH    64u         /* of their JSON */
#define OMG_LIMIT_OSV_AFFECTED 5000u       /* packages of one record */
#define OMG_LIMIT_OSV_LIST     20000u      /* versions, ranges or events of one of them */
#define OMG_LIMIT_OSV_ALIASES  1000u       /* aliases or severities of one record */
#define OMG_LIMIT_OSV_BATCH    1000u       /* queries of one querybatch: more is a 400 */
#define OMG_LIMIT_OSV_TOKEN    4096u       /* a page token */
#define OMG_LIMIT_OSV_IDS      50000u      /* ids in one answer */
#define OMG_LIMIT_OSV_RECORDS  50000u      /* in one index */

#define OMG_LIMIT_ADVISORY_TEXT    4096u /* an id, name, version or type; longer summaries are cut */
#define OMG_LIMIT_ADVISORY_VERSION 512u  /* a version that is compared */

#define OMG_LIMIT_OSV_NAMES_FILE (1u << 20) /* osv-names.conf */
#define OMG_LIMIT_OSV_TARGETS    16u        /* names of one package at OSV */
