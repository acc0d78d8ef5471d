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
