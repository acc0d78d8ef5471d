/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* One repository while its mirrors are asked: what to ask next, and what an answer means. It
 * touches no network and waits for nothing; loop/mirror-pass.h does. Mirrors are asked in
 * pacman.conf's order until one answers. One whose database turns out not to be good counts as one
 * that did not, and those behind it are asked, but of OMG_LIMIT_MIRROR_TRIES databases at most. */

#include "fetch/fetch-request.h"
#include "fetch/fetch-result.h"
#include "loop/index-result.h"
#include "loop/mirror-notes.h"

typedef enum {
        OMG_MIRROR_ASK,   /* omg_mirror_item_make_request() asks the next mirrors */
        OMG_MIRROR_SIG,   /* it asks for the signature */
        OMG_MIRROR_CHECK, /* what is staged is to be judged */
        OMG_MIRROR_DONE,
} OmgMirrorStep;

typedef enum {
        OMG_MIRROR_WHOLE = 1 << 0, /* ask for the whole, not only for what is newer */
        OMG_MIRROR_REPLACE =
                1 << 1, /* likewise: what is here cannot be read, any other is better */
} OmgMirrorFlags;

typedef struct {
        const OmgPacmanConf *conf; /* borrowed, as the two below */
        const OmgRepository *repository;
        OmgMirrorNote *note;
        GPtrArray *urls; /* char *: of the database, in order, those that can be asked */
        guint next;      /* the first that was not asked */
        guint mirror;    /* whose database is staged */
        guint n_bad;     /* databases that were not good */
        OmgMirrorFlags flags;
        OmgMirrorStep step;

        char *url; /* of the database that is staged, in the end */
        char *etag;
        char *last_modified;

        gboolean is_new;    /* done: the database was replaced */
        GError *error;      /* done: NULL, or why nothing is known; it names the mirror */
        guint64 pause_sec;  /* a mirror wants not to be asked for so long */
        double progress;    /* 0 to 1 */
        gboolean is_asked;  /* a request is under way */
        gboolean was_asked; /* ever */
} OmgMirrorItem;

/* @why_not NULL: all mirrors; else why only those on this machine are asked, and the error of a
 * repository that has none. It is done already when there is nothing to ask. */
OmgMirrorItem *omg_mirror_item_new(const OmgPacmanConf *conf, const OmgRepository *repository,
                                   OmgMirrorNote *note, OmgMirrorFlags flags,
                                   const GError *why_not);
void omg_mirror_item_free(OmgMirrorItem *item);

/* The request of the steps ASK and SIG; its texts are the request's own. */
void omg_mirror_item_make_request(OmgMirrorItem *item, guint64 id, OmgFetchRequest *ret_request);

/* The answer to it. */
void omg_mirror_item_take_result(OmgMirrorItem *item, const OmgFetchResult *result);

/* The judgement of the step CHECK: puts the database in place, or asks on. */
void omg_mirror_item_take_check(OmgMirrorItem *item, const OmgIndexCheck *check,
                                const GError *error);

/* It will not be known: done. */
void omg_mirror_item_fail(OmgMirrorItem *item, const GError *error);

typedef enum { OMG_MIRROR_NEWER, OMG_MIRROR_SAME, OMG_MIRROR_OLDER } OmgMirrorAge;

/* What a database is to the one that counts. @modified_sec: its Last-Modified, -1: not known.
 * @at_hand_ns: the mtime of the other, -1: there is none. What packages say counts more than times:
 * one whose common packages were built only later is newer, only earlier older. Where they say
 * nothing, or both, times count, if both come from a server: pacman gives a file the server's,
 * which has no fraction of a second. */
OmgMirrorAge omg_mirror_judge(const OmgIndexCheck *check, gint64 modified_sec, gint64 at_hand_ns);
