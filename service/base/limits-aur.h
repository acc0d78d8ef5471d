/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The bounds of what the AUR sends. They stand apart from base/limits.h only for its length. The
 * archive has some 100,000 records of about 450 bytes; the longest have about 20 KB. aurweb itself
 * allows 255 characters for a name and a description, and 8,000 for a URL. */

#define OMG_LIMIT_AUR_ARCHIVE (256u << 20) /* unpacked: a gzip bomb ends here */
#define OMG_LIMIT_AUR_RECORDS 1000000u     /* of one archive */
#define OMG_LIMIT_AUR_RECORD  (256u << 10) /* the JSON of one package */
#define OMG_LIMIT_AUR_DEPTH   8u           /* of it */
#define OMG_LIMIT_AUR_TEXT    8192u        /* a description, URL or user's name */
#define OMG_LIMIT_AUR_VERSION 255u
#define OMG_LIMIT_AUR_LIST    2000u       /* elements of one list */
#define OMG_LIMIT_AUR_ELEMENT 1024u       /* one of them */
#define OMG_LIMIT_AUR_COUNT   1000000000u /* votes and popularity */
#define OMG_LIMIT_AUR_TIME    4102444800u /* a time, s since 1970: the year 2100 */

#define OMG_LIMIT_AUR_REPLY   (32u << 20) /* of the RPC */
#define OMG_LIMIT_AUR_REPLIES 500u        /* that one answer is made from */
#define OMG_LIMIT_AUR_MESSAGE 200u        /* of the text of an error that is quoted */

/* What is asked of its RPC, and what is kept of the answers. */

#define OMG_LIMIT_AUR_URI 4443u /* bytes of a whole URI: what the AUR's server takes */
#define OMG_LIMIT_AUR_ARG 2u    /* characters that a search has at least: the AUR's rule */
#define OMG_LIMIT_AUR_REQUESTS_PER_DAY \
        500u /* by the calendar of UTC; the AUR allows an address 4,000, which others share */
#define OMG_LIMIT_AUR_QUESTIONS    64u         /* that have no answer yet, of all callers */
#define OMG_LIMIT_AUR_ANSWERS      32u         /* kept in memory, */
#define OMG_LIMIT_AUR_ANSWER_BYTES (32u << 20) /* all together, */
#define OMG_LIMIT_AUR_ANSWER_SEC   3600u       /* and for so long */
#define OMG_AUR_MAX_AGE_SEC        300u        /* an answer is as good as a new one for so long */
#define OMG_LIMIT_AUR_RESULT_BYTES (16u << 20) /* text of the packages of one job's result */

/* A server that wants to be left alone (429, 503, or words) and does not say for how long. */
#define OMG_AUR_LIMITED_SEC 3600u

/* One that fails (5xx): so long, twice as long each time, and at most the second. */
#define OMG_AUR_BACK_OFF_SEC 10u
#define OMG_AUR_BACK_OFF_MAX 600u
