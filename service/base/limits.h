/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Every bound on what a peer, a file or a helper may make omgd do, in one place.
 * tests/ crosses each that a peer or a file can reach. Lengths are bytes unless the name says
 * otherwise. */

#include "base/limits-files.h"
#include "base/limits-runtimes.h"

#define OMG_LIMIT_QUERY           500u /* longest search or suggest text */
#define OMG_LIMIT_ROWS            1000u /* rows in one reply: most for "limit", most names asked for */
#define OMG_LIMIT_DETAILS         (16u << 20) /* text of GetDetails; buses end who sends 32 MiB */
#define OMG_LIMIT_ROWS_DEFAULT    50u         /* rows of a search that names no limit */
#define OMG_LIMIT_TOTAL_EXACT     1000u       /* "total" is counted exactly up to here */
#define OMG_LIMIT_SUGGEST         50u         /* most suggestions in one reply */
#define OMG_LIMIT_SUGGEST_DEFAULT 10u
#define OMG_LIMIT_PACKAGE_NAME    255u
#define OMG_LIMIT_QUERY_WORDS     16u   /* words of one search; more is InvalidArgs */
#define OMG_LIMIT_VERSION         1024u /* longest version string CompareVersions takes */

#define OMG_LIMIT_RELATION_NAMES 200000u /* names in one answer of RequiredBy or DependsOn */

#define OMG_LIMIT_SCAN_MSEC 1000u /* one search by pattern or expression */
#define OMG_LIMIT_REGEX_STEPS                                                                   \
        100000u                      /* PCRE's LIMIT_MATCH: attempts on one name or description \
                                      */
#define OMG_LIMIT_REGEX_DEPTH 10000u /* PCRE's LIMIT_DEPTH: of going back, in one text */
#define OMG_LIMIT_REGEX_KIB   8192u  /* PCRE's LIMIT_HEAP */

#define OMG_LIMIT_CALLS_PER_SENDER 64u /* calls waiting for an answer, per bus name */
#define OMG_LIMIT_CALLS_TOTAL      1024u
#define OMG_LIMIT_JOBS_PER_SENDER  32u /* jobs not ended yet, per bus name */
#define OMG_LIMIT_JOBS_TOTAL       256u
#define OMG_JOB_KEEP_SEC           30u /* an ended job stays readable */

#define OMG_LIMIT_IDLE_PEERS            4096u /* callers whose leaving the idle exit waits for */
#define OMG_LIMIT_INHIBITORS_PER_SENDER 8u
#define OMG_LIMIT_INHIBITORS_TOTAL      64u
#define OMG_LIMIT_INHIBIT_TEXT          255u /* each text of Inhibit */
#define OMG_LIMIT_REASON                255u /* of StateHasChanged */
#define OMG_NUDGE_MSEC                  250u /* from StateHasChanged to the look, which many share */
#define OMG_NUDGE_PAUSE_MSEC            2000u /* between two such looks, at least */

#define OMG_LIMIT_CONFIG_FILE     (1u << 20)  /* pacman.conf or one file it includes */
#define OMG_LIMIT_CONFIG_DEPTH    10u         /* Include in Include, as pacman 6 */
#define OMG_LIMIT_CONFIG_FILES    1000u       /* files read for one configuration */
#define OMG_LIMIT_CONFIG_TOTAL    (16u << 20) /* all files of one configuration together */
#define OMG_LIMIT_CONFIG_WARNINGS 100u        /* kept; the others are counted */
#define OMG_LIMIT_REPOSITORIES    256u

#define OMG_LIMIT_LOG_LINE 4096u          /* of pacman.log; a longer one is no entry */
#define OMG_LIMIT_LOG_READ (256ull << 20) /* so much of its end is read */

#define OMG_LIMIT_LIST_FILE (512ull << 20) /* what ListFd writes */

#define OMG_LIMIT_DESC \
        (512u << 10) /* a desc that is read without libalpm; a line of it for libalpm */

#define OMG_LIMIT_LAYER_FILE (1ull << 31) /* an index file */
#define OMG_LIMIT_PACKAGES   (1u << 24)   /* packages in one layer */

#define OMG_LIMIT_HELPER_SEC       20u  /* one run of omgd-index: wall clock, and processor time */
#define OMG_LIMIT_HELPER_FILES_SEC 120u /* the same for file lists, and for the AUR's archive */
#define OMG_LIMIT_HELPER_MEMORY    (2ull << 30) /* address space of omgd-index */
#define OMG_LIMIT_HELPER_REPLY     (16u << 10)  /* what it may print: one line */
#define OMG_LIMIT_LAUNCH           (16u << 10)  /* arguments of a helper that the launcher starts */

/* The socket of omg and omg-fast. */
#define OMG_LIMIT_CLIENTS       256u        /* connections at once */
#define OMG_LIMIT_REFUSED       16u         /* more of them, told so and waited for */
#define OMG_LIMIT_FRAME         (1u << 20)  /* body of a request */
#define OMG_LIMIT_REPLY         (8u << 20)  /* body of a reply: what omg's own client takes */
#define OMG_LIMIT_WAITING       (32u << 20) /* replies not sent yet, all connections together */
#define OMG_LIMIT_HELD          (32u << 20) /* requests half come or not answered, of all connections */
#define OMG_LIMIT_DEPTH         256u        /* batches within batches that are decoded */
#define OMG_LIMIT_BATCH         100u        /* requests in a batch */
#define OMG_LIMIT_BATCH_AUDITS  5u          /* of these, security audits */
#define OMG_LIMIT_RATE          50u         /* requests a second and connection */
#define OMG_LIMIT_BURST         100u
#define OMG_LIMIT_RATE_SETTING  1000000u    /* most that omgd.conf may say for both */
#define OMG_LIMIT_REQUEST_SEC   30u         /* from a whole frame to its answer */
#define OMG_LIMIT_FRAME_SEC     10u         /* from a frame's first byte to its last */
#define OMG_LIMIT_SEND_SEC      30u         /* for a reply that its receiver does not take */
#define OMG_LIMIT_LINGER_SEC    5u          /* after a last answer, for the peer to read it */
#define OMG_LIMIT_LINGER        (16u << 20) /* bytes thrown away meanwhile */
#define OMG_LIMIT_BODY_ON_MAIN  (16u << 10) /* a longer body is decoded on the pool */
#define OMG_LIMIT_CACHE_ENTRIES 1000u
#define OMG_LIMIT_CACHE_BYTES   (4u << 20)
#define OMG_LIMIT_CACHE_SEC     300u
