/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The bounds of the databases (store/cache-db.h, store/audit-db.h). They stand apart from
 * base/limits.h only for its length. */

#define OMG_LIMIT_CHECKED_FILES   16u   /* index files that need not be checked again */
#define OMG_LIMIT_CORRUPT_KEPT    3u    /* damaged cache databases kept */
#define OMG_LIMIT_HTTP_ROWS       2048u /* URLs of which something is remembered */
#define OMG_LIMIT_URL             4096u
#define OMG_LIMIT_TASKS           256u        /* network tasks waiting */
#define OMG_LIMIT_TASK_TEXT       4096u       /* key, kind and argument of one */
#define OMG_LIMIT_EVENTS          10000u      /* package events kept */
#define OMG_LIMIT_AUR_ROWS        5000u       /* packages of the AUR whose maintainer is watched */
#define OMG_LIMIT_AUR_OTHERS      4096u       /* names of a package's co-maintainers, bytes */
#define OMG_LIMIT_MAINTAINER_NEWS 100u        /* changes of maintainers in one signal */
#define OMG_LIMIT_AUDIT_TEXT      (64u << 10) /* all texts of one record */
#define OMG_LIMIT_AUDIT_RECORDS   20000u      /* in audit.db, before the older half is archived */
#define OMG_LIMIT_AUDIT_WAITING   5000u   /* records that wait while audit.db cannot be written */
#define OMG_LIMIT_SCAN_RECORD_SEC 86400u  /* scans of one result are recorded so often */
#define OMG_LIMIT_LOG_SIGNAL_USEC 200000u /* between two LogAppended, at least */
#define OMG_LIMIT_AUDIT_STEP      500u    /* records of one step of VerifyLog on the worker */
