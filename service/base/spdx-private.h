/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The tree of an expression, for the parts of base/spdx.h. */

#include "base/spdx.h"

typedef enum {
        OMG_SPDX_LICENSE,
        OMG_SPDX_AND,
        OMG_SPDX_OR,
} OmgSpdxKind;

struct OmgSpdx {
        OmgSpdxKind kind;
        char *id; /* of a licence, without its + */
        gboolean plus;
        char *addition;   /* what stands after WITH, or NULL */
        GPtrArray *parts; /* of AND and OR: two or more, none of them of the same kind */
};

/* Takes over id and addition, and brings them into their one form. */
OmgSpdx *omg_spdx_new_license(char *id, gboolean plus, char *addition);

/* Joins two expressions and takes them over; what the first has already is not added. */
OmgSpdx *omg_spdx_join(OmgSpdxKind kind, OmgSpdx *first, OmgSpdx *second);

OmgSpdx *omg_spdx_copy(const OmgSpdx *spdx);
gboolean omg_spdx_equal(const OmgSpdx *a, const OmgSpdx *b);

/* Whether an id is one of ours: LicenseRef-, AdditionRef-, DocumentRef-. */
gboolean omg_spdx_is_reference(const char *id);

/* The id as the list of licences, or of exceptions, writes it; NULL: it is not there. Static. */
const char *omg_spdx_list_license(const char *id);
const char *omg_spdx_list_exception(const char *id);

/* The expression for one of Arch's old names, NULL: it is none. Static. */
const char *omg_spdx_arch_name(const char *name);
