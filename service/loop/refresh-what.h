/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What a refresh is to do, in bits. */

typedef enum {
        OMG_REFRESH_SYNC = 1 << 0,
        OMG_REFRESH_LOCAL = 1 << 1,
        OMG_REFRESH_ALL = OMG_REFRESH_SYNC | OMG_REFRESH_LOCAL,
        /* The file lists, which nobody reads before they are asked for once. */
        OMG_REFRESH_LOCAL_FILES = 1 << 2,
        OMG_REFRESH_SYNC_FILES = 1 << 3,
        OMG_REFRESH_FILES = OMG_REFRESH_LOCAL_FILES | OMG_REFRESH_SYNC_FILES,
        OMG_REFRESH_MIRRORS = 1 << 4, /* are asked first, where refresh-mirrors.h lets it */
        /* Somebody waits for it: not only where nobody is disturbed. */
        OMG_REFRESH_FOREGROUND = 1 << 5,
        OMG_REFRESH_ALLOW_METERED = 1 << 6,
        OMG_REFRESH_TRACKER = 1 << 7, /* likewise, and refresh-feeds.h */
        OMG_REFRESH_OSV = 1 << 8,
        OMG_REFRESH_FEEDS = OMG_REFRESH_TRACKER | OMG_REFRESH_OSV,
        /* The tracker is asked for the details of groups that something installed has. */
        OMG_REFRESH_DETAILS = 1 << 9,
        OMG_REFRESH_AUR = 1 << 10,       /* is asked likewise, and refresh-aur.h */
        OMG_REFRESH_AUR_INDEX = 1 << 11, /* is made anew from what is here, where it has to be */
        OMG_REFRESH_SERVERS = OMG_REFRESH_MIRRORS | OMG_REFRESH_FEEDS | OMG_REFRESH_DETAILS |
                              OMG_REFRESH_AUR | OMG_REFRESH_AUR_INDEX,
} OmgRefreshWhat;
