/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Bounds on what is asked of the network, and when; as limits.h. */

/* omgd.conf */
#define OMG_LIMIT_CONFIG_URL     500u      /* an address */
#define OMG_LIMIT_INTERVAL       31536000u /* seconds: a year */
#define OMG_LIMIT_INTERVAL_LOCAL 5u        /* seconds between looks at what is on the machine */
#define OMG_LIMIT_INTERVAL_FEED  60u       /* seconds between questions to somebody's server */
#define OMG_LIMIT_INTERVAL_AUR   3600u     /* the archive of the AUR: an hour at the least */

/* The archive of the AUR (loop/aur-pass.h). */
#define OMG_AUR_FORCE_SEC       60u          /* between two, where somebody insists */
#define OMG_LIMIT_AUR_SENT      (128u << 20) /* bytes as sent: some 10 MB, or 45 when plain */
#define OMG_LIMIT_AUR_FETCH_SEC 1800u        /* until it is here */

#define OMG_LIMIT_TASK_SEC 604800u /* a task that waits for the network: a week */

/* Sync databases from mirrors. */
#define OMG_LIMIT_MIRROR_TRIES 3u          /* databases of one repository that may be no good */
#define OMG_LIMIT_SIGNATURE    (16u << 10) /* as libalpm */
