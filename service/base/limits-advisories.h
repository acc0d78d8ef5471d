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

/* One pass that asks the feeds (loop/advisory-pass.h). */
#define OMG_LIMIT_FEED_SEC        900u       /* of one feed: what is not asked by then is left */
#define OMG_LIMIT_FEED_FAILURES   3u         /* answers that the network cost, before it is left */
#define OMG_LIMIT_TRACKER_GROUP   (1u << 20) /* AVG-N.json */
#define OMG_LIMIT_TRACKER_WANTED  1000u      /* details that may be wanted */
#define OMG_LIMIT_TRACKER_DETAILS 100u       /* details asked for */
#define OMG_LIMIT_TRACKER_KEPT    2000u      /* details kept; those fetched longest ago go */
#define OMG_LIMIT_TRACKER_AT_ONCE 4u         /* requests a second; the server allows 5 */
#define OMG_TRACKER_OLDER_SEC     86400u     /* a list without the newest group counts as older */
#define OMG_LIMIT_OSV_BATCH_BYTES (512u << 10) /* of questions in one querybatch, unescaped */
#define OMG_LIMIT_OSV_ASKS        200u   /* querybatches, with pages and halves of refused ones */
#define OMG_LIMIT_OSV_ROUND       8u     /* of these, whose answers wait to be read */
#define OMG_LIMIT_OSV_FETCHED     1000u  /* records asked for */
#define OMG_LIMIT_OSV_CHUNK       64u    /* of these, fetched and judged together */
#define OMG_LIMIT_OSV_REREAD      100u   /* of these, records that no answer named any more */
#define OMG_LIMIT_OSV_KEPT        10000u /* records kept, */
#define OMG_LIMIT_OSV_KEPT_BYTES  (512u << 20) /* and their bytes */
#define OMG_OSV_REREAD_SEC        43200u       /* a record that is not named is read again after */
#define OMG_OSV_KEEP_SEC          2592000u     /* one that was not named for so long goes */
#define OMG_LIMIT_JUDGE_LINES     60000u       /* what omgd-index may say of what is staged */

#define OMG_LIMIT_ADVISORY_TEXT 4096u /* an id, name, version or type; longer summaries are cut */
#define OMG_LIMIT_ADVISORY_LINKS                                        \
        50u /* pages about a group or record; further ones are left out \
             */
#define OMG_LIMIT_ADVISORY_NOTES   16384u /* of a group, bytes; longer ones are cut */
#define OMG_LIMIT_ADVISORY_ID      100u   /* an id that is asked for: OSV's server has it so */
#define OMG_LIMIT_ADVISORY_VERSION 512u   /* a version that is compared */

#define OMG_LIMIT_OSV_NAMES_FILE (1u << 20) /* osv-names.conf */
#define OMG_LIMIT_OSV_TARGETS    16u        /* names of one package at OSV */
