/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What omgd remembers of an installed package of the AUR (store/cache-aur.h keeps it, and
 * engine/maintainers.h says what follows from it). */

#include <glib.h>

typedef struct {
        char *name;
        /* The build that is installed: */
        char *version;
        guint64 installed_sec; /* its install date, s since 1970; 0: not known */
        char *trusted;         /* who maintained it when that was built; NULL: nobody */
        /* The AUR, as it was seen last: */
        char *maintainer;     /* NULL: nobody */
        char *others;         /* co-maintainers, sorted, one a line; NULL: none */
        guint64 modified_sec; /* LastModified; 0: not known */
        guint32 n_aur;        /* so many packages it had then, or a few more or less */
        gboolean is_gone;     /* it had the package, and has it no more */
        guint64 seen_usec;    /* since when all but n_aur and modified_sec is as it is */
} OmgAurRow;

void omg_aur_row_free(OmgAurRow *row);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgAurRow, omg_aur_row_free)
