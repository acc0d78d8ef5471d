/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Bounds on policy.toml (sources/policy.h) and on what is logged of it; as limits.h. */

#define OMG_LIMIT_POLICY_FILE    (256u << 10)
#define OMG_LIMIT_POLICY_ENTRIES 1000u /* of each list */
#define OMG_LIMIT_POLICY_PATTERN 255u  /* a pattern for names of packages */
#define OMG_LIMIT_POLICY_LICENCE 255u  /* an allowed licence */
#define OMG_LIMIT_POLICY_USER    64u   /* a user of the AUR, which has no longer ones */
#define OMG_LIMIT_POLICY_ID      100u  /* an advisory's id; OSV has no longer ones either */
#define OMG_LIMIT_POLICY_REASON  500u

#define OMG_LIMIT_POLICY_VIOLATIONS 100u /* signals of one change */

#define OMG_LIMIT_AUDIT_FIELD (15u << 10) /* each text of a record that omgd writes by itself */
