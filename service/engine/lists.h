/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Whole lists as JSON lines in a sealed memory file, for Packages.ListFd: a table of lists, each
 * with the function that writes its rows. Takes long and may read the disk: not on main. */

#include "engine/history.h"
#include "engine/json-lines.h"
#include "store/snapshot.h"

/* The options of all lists; each uses those of its paged member. NULL and FALSE: not given. */
typedef struct {
        const char *const *repositories;
        const char *const *packages;
        const char *const *actions;
        const gint64 *since;
        const char *package;         /* of files: whose */
        OmgFilesSource files_source; /* of files: which list of it */
        gboolean installed;          /* of groups */
        gboolean without_ignored;    /* of updates, like the next two */
        gboolean without_repo;
        gboolean without_aur;
        OmgIsCancelled is_cancelled;
        gconstpointer cancel_data;
} OmgListOptions;

typedef struct {
        int fd; /* the caller's */
        guint n_rows;
        gboolean is_history; /* about the log, not about the snapshot: */
        OmgHistoryState history;
} OmgListFile;

typedef struct OmgList OmgList;

/* NULL when there is no list of that name; static. */
const OmgList *omg_list_find(const char *name);

/* Whether its rows are of the AUR too. */
gboolean omg_list_is_of_updates(const OmgList *list);

/* Whether it needs the snapshot's file lists (engine/files.h), and the option "package". */
gboolean omg_list_is_of_files(const OmgList *list);

/* The names of all lists, joined for people to read. New string. */
char *omg_list_dup_names(void);

/* Errors: those of the paged member, LIMITS_EXCEEDED, CANCELLED, UNAVAILABLE. */
gboolean omg_list_write(const OmgList *list, const OmgSnapshot *snapshot,
                        const OmgListOptions *options, OmgListFile *ret_file, GError **error);
