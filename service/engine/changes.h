/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What differs between two snapshots, for the signals of org.omgd1.Packages. */

#include "store/snapshot.h"

typedef struct {
        gboolean any; /* some answer differs */
        gboolean updates;
        gboolean security;       /* what snapshot->security knows differs */
        gboolean findings;       /* likewise what the audit found, or whether it knows */
        GPtrArray *new_findings; /* OmgFinding: those that are new (engine/audit-changes.h) */
        GPtrArray *maintainers;  /* OmgMaintainerChange: found with @after (engine/maintainers.h) */
        GPtrArray *installed;    /* names whose version or reason differs, came or went; by name */
        GPtrArray
                *repositories; /* names of repositories that came, went, moved or changed content */
} OmgChanges;

/* The names of packages whose version or reason differs, came or went, by name: new strings in an
 * array with its free function. NULL has no packages. */
GPtrArray *omg_changes_list_installed(const OmgLayer *before, const OmgLayer *after);

/* @before NULL: nothing was known, so nobody can have built on it: any is TRUE, the rest empty. */
OmgChanges *omg_changes_new(const OmgSnapshot *before, const OmgSnapshot *after);
void omg_changes_free(OmgChanges *changes);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgChanges, omg_changes_free)
