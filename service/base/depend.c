/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/depend.h"

#include <string.h>

/* The order of the checks is libalpm's: "a>b<c" is split at '<'. */
static const char *find_operator(const char *text, gsize length, OmgDepMod *ret_mod,
                                 const char **ret_version)
{
        static const struct {
                char first;
                OmgDepMod alone;
                OmgDepMod with_equal;
        } operators[] = {
                {'<', OMG_DEP_MOD_LT, OMG_DEP_MOD_LE},
                {'>', OMG_DEP_MOD_GT, OMG_DEP_MOD_GE},
                {'=', OMG_DEP_MOD_EQ, OMG_DEP_MOD_ANY},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(operators); i++) {
                const char *at = memchr(text, operators[i].first, length);
                if (!at)
                        continue;
                gboolean with_equal = operators[i].with_equal != OMG_DEP_MOD_ANY &&
                                      at + 1 < text + length && at[1] == '=';
                *ret_mod = with_equal ? operators[i].with_equal : operators[i].alone;
                *ret_version = at + (with_equal ? 2 : 1);
                return at;
        }
        return NULL;
}

void omg_depend_parse(const char *text, gssize length, OmgDepend *ret_depend)
{
        gsize size = length < 0 ? strlen(text) : (gsize)length;
        OmgDepend depend = {.name = text, .mod = OMG_DEP_MOD_ANY};

        /* Not ':' alone, which ends an epoch. */
        const char *colon = size > 0 ? memmem(text, size, ": ", 2) : NULL;
        if (colon) {
                depend.description = colon + 2;
                depend.description_length = size - (gsize)(colon + 2 - text);
                size = (gsize)(colon - text);
        }

        const char *at = size > 0 ? find_operator(text, size, &depend.mod, &depend.version) : NULL;
        if (at) {
                depend.name_length = (gsize)(at - text);
                depend.version_length = size - (gsize)(depend.version - text);
        } else {
                depend.name_length = size;
        }
        *ret_depend = depend;
}

static gboolean is_satisfied_by(const OmgDepend *depend, const char *version, gsize length)
{
        if (depend->mod == OMG_DEP_MOD_ANY)
                return TRUE;
        return omg_version_result_satisfies(
                omg_version_compare_spans(version, length, depend->version, depend->version_length),
                depend->mod);
}

gboolean omg_depend_has_name(const OmgDepend *depend, const char *name)
{
        return strlen(name) == depend->name_length &&
               memcmp(name, depend->name, depend->name_length) == 0;
}

gboolean omg_depend_matches_literal(const OmgDepend *depend, const char *name, const char *version)
{
        return omg_depend_has_name(depend, name) &&
               is_satisfied_by(depend, version, strlen(version));
}

gboolean omg_depend_matches_provision(const OmgDepend *depend, const OmgDepend *provision)
{
        if (depend->name_length != provision->name_length ||
            memcmp(depend->name, provision->name, depend->name_length) != 0)
                return FALSE;
        if (depend->mod == OMG_DEP_MOD_ANY)
                return TRUE;
        return provision->mod == OMG_DEP_MOD_EQ &&
               is_satisfied_by(depend, provision->version, provision->version_length);
}

gboolean omg_depend_matches(const OmgDepend *depend, const char *name, const char *version,
                            const char *const *provides)
{
        if (omg_depend_matches_literal(depend, name, version))
                return TRUE;

        for (; provides && *provides; provides++) {
                OmgDepend provision;
                omg_depend_parse(*provides, -1, &provision);
                if (omg_depend_matches_provision(depend, &provision))
                        return TRUE;
        }
        return FALSE;
}
