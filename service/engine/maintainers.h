/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Who maintains the installed packages of the AUR, and what has changed there since: whoever takes
 * a package over can put anything into its next version. Each installed build is trusted under the
 * maintainer whom omgd knew of when it first saw it; while the AUR names another one the package is
 * marked, until it is installed anew (another version or install date: its user went through with
 * it) or the former maintainer is back. In doubt it is marked: a build that came together with the
 * news is trusted under who was known before.
 *
 * What is seen for the first time is no change, and nothing changes while the AUR is not known. Nor
 * does what is known of a package while a repository has it, which is no matter of the AUR then. */

#include "store/aur-row.h"
#include "store/snapshot.h"

typedef enum {
        OMG_MAINTAINER_ADOPTED,  /* "adopted": nobody's before */
        OMG_MAINTAINER_ORPHANED, /* "orphaned": nobody's now */
        OMG_MAINTAINER_CHANGED,  /* "changed" */
        OMG_MAINTAINER_OTHERS,   /* "co-maintainers": these alone, which marks nothing */
        OMG_MAINTAINER_GONE,     /* "vanished": the AUR has it no more, which marks nothing */
        OMG_MAINTAINER_BACK,     /* "reappeared": the AUR has it again, whoever maintains it */
} OmgMaintainerEvent;

/* Static. */
const char *omg_maintainer_event_get_word(OmgMaintainerEvent event);

typedef struct {
        char *name;
        OmgMaintainerEvent event;
        char *old, *new;               /* maintainers; NULL: nobody; GONE: old stays */
        char *old_others, *new_others; /* co-maintainers, sorted, one a line; NULL: none */
        guint64 modified_sec;          /* LastModified, s since 1970; 0: not known */
        gboolean is_marked;
        guint64 since_usec; /* it was as before since then: the same change has the same, over
                             * restarts too */
} OmgMaintainerChange;

void omg_maintainer_change_free(OmgMaintainerChange *change);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgMaintainerChange, omg_maintainer_change_free)

/* What is known, of packages by their names; for one thread. */
typedef struct {
        GHashTable *rows;  /* OmgAurRow by its name */
        GHashTable *dirty; /* a set of names whose rows are not in cache.db as they are here */
} OmgMaintainers;

/* @rows: as omg_cache_aur_load(), taken over. */
OmgMaintainers *omg_maintainers_new(GHashTable *rows);
void omg_maintainers_free(OmgMaintainers *maintainers);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgMaintainers, omg_maintainers_free)

/* Compares with the packages of a snapshot, if it knows those and the AUR. The changes,
 * OmgMaintainerChange by name, the caller's; none when the snapshot turns out damaged. */
GPtrArray *omg_maintainers_look(OmgMaintainers *maintainers, const OmgSnapshot *snapshot,
                                guint64 now_usec);

/* Marks packages and updates of a snapshot that is not published yet: OMG_PKG_MAINTAINER_CHANGED,
 * OMG_UPD_MAINTAINER_CHANGED and snapshot->maintainer_marks. */
void omg_maintainers_mark(const OmgMaintainers *maintainers, OmgSnapshot *snapshot);
