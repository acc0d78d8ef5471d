/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Bounds of omgd-fetch, and on asking again; as limits.h. */

/* omgd-fetch. Bytes count as sent and as stored. */
#define OMG_LIMIT_FETCH_REQUESTS      1024u       /* of one run */
#define OMG_LIMIT_FETCH_LINE          (64u << 10) /* of one request */
#define OMG_LIMIT_FETCH_URLS          64u         /* mirrors of one request */
#define OMG_LIMIT_FETCH_URL           4443u       /* as the AUR's server; limits-aur.h */
#define OMG_LIMIT_FETCH_NAME          128u        /* a name in its directory; of an error */
#define OMG_LIMIT_FETCH_HEADER        256u        /* a validator */
#define OMG_LIMIT_FETCH_MESSAGE       1024u       /* why a request failed */
#define OMG_LIMIT_FETCH_FORM          1000u       /* fields of a form; and all their bytes: */
#define OMG_LIMIT_FETCH_FORM_BYTES    (48u << 10)
#define OMG_LIMIT_FETCH_BODY          (4u << 20)   /* a file that is sent */
#define OMG_LIMIT_FETCH_API_BYTES     (32u << 20)  /* an answer of an API, */
#define OMG_LIMIT_FETCH_API_SEC       120u         /* in so much time */
#define OMG_LIMIT_FETCH_BULK_BYTES    (256u << 20) /* a bulk file: no time in all, */
#define OMG_LIMIT_FETCH_STALL_SEC     30u          /* but so long below ... */
#define OMG_LIMIT_FETCH_STALL_RATE    1024u        /* ... so many bytes a second */
#define OMG_LIMIT_FETCH_CONNECT_SEC   10u
#define OMG_LIMIT_FETCH_REDIRECTS     3u
#define OMG_LIMIT_FETCH_PER_HOST      2u           /* transfers at once from one host */
#define OMG_LIMIT_FETCH_AT_ONCE       16u          /* from all hosts */
#define OMG_LIMIT_FETCH_HEADERS       (64u << 10)  /* of one answer */
#define OMG_LIMIT_FETCH_PROGRESS_RATE 5u           /* lines of progress a second */
#define OMG_LIMIT_FETCH_ALIVE_SEC     10u          /* without another line it says that it lives */
#define OMG_LIMIT_FETCH_SILENCE_SEC   60u          /* without a line it is killed */
#define OMG_LIMIT_FETCH_MEMORY        (2ull << 30) /* address space */
#define OMG_LIMIT_FETCH_FILES         256u         /* descriptors */

/* Sources that failed. */
#define OMG_LIMIT_RETRY_AFTER_SEC 86400u /* the longest that a server is obeyed */
