/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What the policy says of packages, for EvaluatePolicy and the flags "refused by policy". */

#include "sources/policy.h"
#include "store/snapshot.h"

/* Why a package is refused; each with its word, in the order in which they are told. */
typedef enum {
        OMG_REFUSAL_UNKNOWN, /* "unknown": no such package */
        OMG_REFUSAL_BANNED,  /* "banned" */
        OMG_REFUSAL_GRADE,   /* "grade": less than minimum_grade */
        OMG_REFUSAL_AUR,     /* "aur": of no repository */
        OMG_REFUSAL_PGP,     /* "pgp": its signature was not checked */
        OMG_REFUSAL_LICENSE, /* "license": none, or not an allowed one */
        OMG_N_REFUSALS
} OmgRefusal;

const char *omg_refusal_get_word(OmgRefusal refusal);

/* What is judged by; all borrowed. */
typedef struct {
        const OmgSnapshot *snapshot;
        const OmgPolicy *policy;
        /* Bitmaps of local and sync ids with a known vulnerability that no rule of the policy
         * ignores. NULL: not known. */
        const guint64 *vulnerable_local;
        const guint64 *vulnerable_sync;
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

/* An installed package as it is; one of a repository as it would be installed. */
OmgVerdict *omg_verdict_new_installed(const OmgJudge *judge, guint32 local_id);
OmgVerdict *omg_verdict_new_candidate(const OmgJudge *judge, guint32 sync_id);

/* The refusals alone: bits 1 << OmgRefusal. */
guint omg_judge_installed(const OmgJudge *judge, guint32 local_id);
guint omg_judge_candidate(const OmgJudge *judge, guint32 sync_id);

/* By name: the installed package, or the first repository's; with @candidate, where both are there,
 * the repository's. "repository/name": that repository's, "local/name": the installed one. The
 * verdict's name is without the repository. Errors: INVALID_ARGS for what cannot be a name;
 * DATABASE_MISSING and relatives while either database was never read. */
OmgVerdict *omg_verdict_new(const OmgJudge *judge, const char *text, gboolean candidate,
                            GError **error);

/* Whether a repository is Arch Linux' own, by its name: core, extra, multilib, community, their
 * testing and staging ones, and those of GNOME and KDE. */
gboolean omg_repository_is_official(const char *name);
