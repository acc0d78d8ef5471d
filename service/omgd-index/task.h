/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What omgd-index is told to do, and what came of it. */

#include "store/layer-format.h"

/* What of the security feeds is staged (judge-staged.h). */
typedef enum {
        OMG_JUDGE_NONE,
        OMG_JUDGE_LIST,
        OMG_JUDGE_GROUPS,
        OMG_JUDGE_ANSWER,
        OMG_JUDGE_RECORDS,
        OMG_JUDGE_N
} OmgJudgeKind;

typedef struct {
        OmgLayerKind kind;
        char *config, *output, *root, *db_path, *previous, *cache;
        char *repository; /* of a check */
        gboolean only_libalpm, whole;
        gboolean is_check; /* kind says nothing then, nor in the next case */
        gboolean is_advisories, is_aur, is_aur_reply;
        char *tracker, *osv; /* of advisories: a file, a folder; or NULL */
        char *archive;       /* of the AUR; NULL: the one in the cache */
        OmgJudgeKind judge;  /* with the next ones; likewise */
        char **files;        /* what stands behind the command, of is_aur_reply too */
        char *details, *groups;
        int questions;
} OmgTask;

typedef struct {
        guint packages, paths, repositories, carried, absent;
        guint quick;  /* repositories whose database was read without libalpm */
        guint reused; /* packages of local/ that were taken from the layer before */
        /* Of a check: packages that both databases have, built later or earlier; those that only
         * one has; when the newest was built, seconds since 1970. */
        guint newer, older, added, removed;
        guint64 newest;
        guint groups, records; /* of advisories */
        guint dropped;         /* of advisories and the AUR: records that make no sense */
        guint64 built_usec;    /* when the oldest of them was read, µs since 1970 */
} OmgTaskResult;

/* Error: what is wrong with the command line. */
gboolean omg_task_parse(int argc, char **argv, OmgTask *ret_task, GError **error);
void omg_task_clear(OmgTask *task);

/* Whether it is about file lists. */
gboolean omg_task_is_files(const OmgTask *task);
