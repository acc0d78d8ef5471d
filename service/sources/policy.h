/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* policy.toml: which packages may be there. The man page policy.toml(5) has the keys.
 *
 * A file with any fault is refused whole (POLICY_INVALID): half a policy would let pass what its
 * author meant to forbid. That holds for keys that are not known, too. Whoever reads it again keeps
 * the policy that was in force. */

#include <glib.h>

#include "base/spdx.h"

#define OMG_POLICY_FILE      "policy.toml"           /* in the configuration directory */
#define OMG_POLICY_COPY_FILE "policy.last-good.toml" /* in the data directory */

/* How far a package is trusted; each includes those before it. */
typedef enum {
        OMG_GRADE_RISK,      /* has a known vulnerability */
        OMG_GRADE_COMMUNITY, /* of no official repository, or not signed */
        OMG_GRADE_VERIFIED,  /* official and signed */
        OMG_GRADE_LOCKED,    /* also built from what it says: nothing checks that yet */
} OmgGrade;

#define OMG_N_GRADES 4u

/* "Risk", "Community", "Verified", "Locked"; static. */
const char *omg_grade_get_name(OmgGrade grade);

/* A vulnerability that is to count for nothing. */
typedef struct {
        char *id;           /* of an advisory: AVG, ASA, CVE, GHSA, ...; NULL: whatever it is */
        char *package;      /* a pattern, as of base/glob.h; NULL: in every package */
        char *reason;       /* not empty */
        char *expires;      /* the last day on which it counts, "2027-03-31"; NULL: no end */
        guint64 until_usec; /* the end of that day in UTC, µs since 1970; G_MAXUINT64: no end */
} OmgPolicyIgnore;

/* Immutable. All text is valid UTF-8 and owned by the policy. */
typedef struct {
        gatomicrefcount ref_count;
        OmgGrade minimum_grade;
        gboolean allow_aur;
        gboolean allow_maintainer_change;
        gboolean require_pgp;
        GPtrArray *allowed_licenses;    /* of char *, as the file has them; empty: any will do */
        OmgSpdxAllowed *licenses;       /* the same, to be asked; NULL: any will do */
        GPtrArray *banned_packages;     /* of char *: patterns, as of base/glob.h */
        GPtrArray *trusted_maintainers; /* of char *: users of the AUR */
        GPtrArray *ignores;             /* of OmgPolicyIgnore */
        GBytes *bytes;                  /* the file's; NULL: there is none */
        char *digest;                   /* SHA-256 of them, hexadecimal; "" when there is none */
} OmgPolicy;

/* What holds without a file. */
OmgPolicy *omg_policy_new(void);
OmgPolicy *omg_policy_ref(OmgPolicy *policy);
void omg_policy_unref(OmgPolicy *policy);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgPolicy, omg_policy_unref)

/* From a file's bytes. Error: POLICY_INVALID, "PATH: line L, column C: what is wrong", both from 1
 * and the column in characters; valid UTF-8. */
OmgPolicy *omg_policy_parse(const char *path, GBytes *bytes, GError **error);

/* From the disk; blocks. *ret_policy NULL: there is no such file, which is fine. FALSE: there is
 * one, and it cannot be read or used (POLICY_INVALID, as above; what cannot be read has no line).
 */
gboolean omg_policy_load(const char *path, OmgPolicy **ret_policy, GError **error);

/* Whether a pattern of the file is one, and can be the name of some package. *ret_reason (static):
 * what is wrong with it: "is empty". */
gboolean omg_policy_check_pattern(const char *pattern, const char **ret_reason);

/* The first pattern of banned_packages that stands for the name, or NULL. Borrowed. */
const char *omg_policy_find_ban(const OmgPolicy *policy, const char *name);

/* Whether trusted_maintainers has that name; nobody, "", is none. */
gboolean omg_policy_trusts_maintainer(const OmgPolicy *policy, const char *name);

/* The first rule that covers a vulnerability at that time (µs since 1970), or NULL. @ids: all that
 * it is called (NULL-terminated); letter case does not count in them. Borrowed. */
const OmgPolicyIgnore *omg_policy_find_ignore(const OmgPolicy *policy, const char *package,
                                              const char *const *ids, guint64 now_usec);

/* The names of all keys of the file, NULL-terminated; those of a rule as "ignore.id". */
const char *const *omg_policy_list_keys(void);
