/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* One question to the AUR's RPC, version 5 (aur.archlinux.org/rpc/swagger): which packages are
 * these, or which have this in one field; and the URLs that ask it. */

#include <glib.h>

/* X(symbol, word): INFO asks for names, the others are the RPC's own words for "by". */
#define OMG_AUR_BY_TABLE(X)             \
        X(INFO, "info")                 \
        X(NAME, "name")                 \
        X(NAME_DESC, "name-desc")       \
        X(MAINTAINER, "maintainer")     \
        X(SUBMITTER, "submitter")       \
        X(DEPENDS, "depends")           \
        X(MAKEDEPENDS, "makedepends")   \
        X(OPTDEPENDS, "optdepends")     \
        X(CHECKDEPENDS, "checkdepends") \
        X(PROVIDES, "provides")         \
        X(CONFLICTS, "conflicts")       \
        X(REPLACES, "replaces")         \
        X(GROUPS, "groups")             \
        X(KEYWORDS, "keywords")         \
        X(COMAINTAINERS, "comaintainers")

typedef enum {
#define X(symbol, word) OMG_AUR_BY_##symbol,
        OMG_AUR_BY_TABLE(X)
#undef X
                OMG_AUR_BY_N
} OmgAurBy;

/* Immutable and reference-counted, for any thread. */
typedef struct {
        OmgAurBy by;
        GStrv arguments; /* INFO: names, each once, sorted by their bytes; else the one */
        char *key;       /* equal for equal questions */
} OmgAurQuestion;

/* INVALID_ARGS, with what is wrong: @by is none of the words; no argument or, but for names, more
 * than one; more than OMG_LIMIT_ROWS names; what is no package's name; a text of fewer than
 * OMG_LIMIT_AUR_ARG characters or more than OMG_LIMIT_QUERY bytes, or with control characters.
 * @arguments must be valid UTF-8. */
OmgAurQuestion *omg_aur_question_new(const char *by, const char *const *arguments, GError **error);
OmgAurQuestion *omg_aur_question_ref(OmgAurQuestion *question);
void omg_aur_question_unref(OmgAurQuestion *question);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgAurQuestion, omg_aur_question_unref)

/* The URLs that ask it of the server at @base (as in omgd.conf: no "/" at the end, at most
 * OMG_LIMIT_CONFIG_URL bytes), none longer than OMG_LIMIT_AUR_URI bytes: as few as can be for
 * names, else one. New. */
GStrv omg_aur_question_dup_urls(const OmgAurQuestion *question, const char *base);
