/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/generation.h"

#include <string.h>

static gboolean same_layer(OmgLayer *a, OmgLayer *b)
{
        return a == b || (a && b && omg_layer_has_content_of(a, b));
}

/* File lists that nobody had before were in no answer: their coming changes none. */
static gboolean same_files(const OmgFilesLayer *before, const OmgFilesLayer *after)
{
        return !before || before == after ||
               (after && omg_files_layer_has_content_of(before, after));
}

guint64 omg_generation_next(const OmgSnapshot *before, guint64 now)
{
        return MAX(now, before ? before->generation + 1 : 0);
}

guint64 omg_generation_choose(const OmgSnapshot *before, const OmgSnapshotParts *parts, guint64 now)
{
        if (!parts->sync && !parts->local)
                return 0;
        gboolean same = before && before->generation > 0 && before->conf && parts->conf &&
                        strcmp(before->conf->digest, parts->conf->digest) == 0 &&
                        same_layer(before->sync, parts->sync) &&
                        same_layer(before->local, parts->local) &&
                        same_layer(before->aur, parts->aur) &&
                        before->aur_feed.is_on == parts->aur_feed.is_on;
        for (guint i = 0; same && i < OMG_FILES_N; i++)
                same = same_files(before->files[i].layer, parts->files[i].layer);
        return same ? before->generation : omg_generation_next(before, now);
}
