/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What OSV is to be asked: sources/osv-batch.h sends it. */

#include "engine/audit.h"

typedef struct {
        char *ecosystem;
        char *name;    /* normalised */
        char *version; /* the upstream's */
} OmgOsvQuestion;

/* Whether the AUR has a package of that name. */
typedef gboolean (*OmgIsInAur)(const char *package, gpointer userdata);

/* About the installed packages that may be named (omg_osv_names_may_ask) and the runtimes of the
 * parameters: OmgOsvQuestion, sorted, each once. Without both layers nothing is known of where a
 * package comes from, and none is named. @is_in_aur NULL: none is. */
GPtrArray *omg_osv_list_questions(const OmgAuditParams *params, OmgIsInAur is_in_aur,
                                  gpointer userdata);
