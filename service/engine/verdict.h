/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What the policy says of packages, for EvaluatePolicy and the flags "refused by policy". */

#include "engine/audit.h"
#include "sources/policy.h"
#include "store/snapshot.h"

/* Why a package is refused; each with its word, in the order in which they are told. */
typedef enum {
        OMG_REFUSAL_UNKNOWN,    /* "unknown": no such package */
        OMG_REFUSAL_BANNED,     /* "banned" */
        OMG_REFUSAL_GRADE,      /* "grade": less than minimum_grade */
        OMG_REFUSAL_AUR,        /* "aur": of no repository */
        OMG_REFUSAL_PGP,        /* "pgp": its signature was not checked */
        OMG_REFUSAL_LICENSE,    /* "license": none, or not an allowed one */
        OMG_REFUSAL_MAINTAINER, /* "maintainer": another one in the AUR than when it was built */
        OMG_N_REFUSALS
} OmgRefusal;

const char *omg_refusal_get_word(OmgRefusal refusal);

/* What is judged by; all borrowed. */
typedef struct {
        const OmgSnapshot *snapshot;
        const OmgPolicy *policy; /* NULL, for omg_judge_aur() alone: nothing is refused */
        /* Bitmaps of local and sync ids with a known vulnerability that no rule of the policy
         * ignores. NULL: not known. */
        const guint64 *vulnerable_local;
        const guint64 *vulnerable_sync;
        /* Packages of the AUR are audited one by one, by this. @advisories NULL: not known. */
        OmgAuditParams audit;
        GHashTable *memo; /* for many packages: omg_licence_memo_new(); NULL: none */
} OmgJudge;

typedef struct {
        char *name;
        char *version;         /* of what was judged; NULL: unknown */
        gboolean is_known;     /* FALSE: refused as UNKNOWN, and only its name was judged */
        gboolean is_installed; /* what was judged is the installed package */
        gboolean is_audited;   /* FALSE: nobody knows whether it should be Risk */
        OmgGrade grade;        /* of no meaning unless is_known */
        guint refusals;        /* bits 1 << OmgRefusal; 0: allowed */
        GPtrArray *messages;   /* char *: a sentence for each bit, in their order */
} OmgVerdict;

void omg_verdict_free(OmgVerdict *verdict);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgVerdict, omg_verdict_free)

/* An installed package as it is. */
OmgVerdict *omg_verdict_new_installed(const OmgJudge *judge, guint32 local_id);

/* The refusals alone, bits 1 << OmgRefusal: likewise; one of a repository as it would be installed;
 * one of the AUR as it would be built. *ret_affected: it has a confirmed flaw. */
guint omg_judge_installed(const OmgJudge *judge, guint32 local_id);
guint omg_judge_candidate(const OmgJudge *judge, guint32 sync_id);
guint omg_judge_aur(const OmgJudge *judge, guint32 aur_id, gboolean *ret_affected);

/* By name: the installed package, the first repository's, or else the AUR's; with @candidate, where
 * it is installed too, what would be. "repository/name", "aur/name": that one's, "local/name": the
 * installed one. The verdict's name is without the repository. Errors: INVALID_ARGS for what cannot
 * be a name; DATABASE_MISSING and relatives while either database was never read, and for
 * "aur/name" why the AUR is not known. */
OmgVerdict *omg_verdict_new(const OmgJudge *judge, const char *text, gboolean candidate,
                            GError **error);

/* Whether a repository is Arch Linux' own, by its name: core, extra, multilib, community, their
 * testing and staging ones, and those of GNOME and KDE. */
gboolean omg_repository_is_official(const char *name);
