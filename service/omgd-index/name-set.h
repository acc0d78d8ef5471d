/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The names that came already: 100,000 of them in 3 MB. */

#include <glib.h>

typedef struct OmgNameSet OmgNameSet;

OmgNameSet *omg_name_set_new(void);
void omg_name_set_free(OmgNameSet *set);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgNameSet, omg_name_set_free)

/* FALSE: it is there already. */
gboolean omg_name_set_add(OmgNameSet *set, const char *name);
