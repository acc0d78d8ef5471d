/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What the bill of materials says of a snapshot's security: its findings, its language runtimes,
 * and whether anything is known at all. */

#include "engine/sbom.h"
#include "engine/security.h"

typedef struct OmgSbomSecurity OmgSbomSecurity;

/* Holds references to what it needs of the snapshot. @wanted FALSE: no findings. */
OmgSbomSecurity *omg_sbom_security_new(const OmgSnapshot *snapshot, gboolean wanted);
void omg_sbom_security_free(OmgSbomSecurity *security);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgSbomSecurity, omg_sbom_security_free)

/* Sets runtimes, findings and what is said of them; borrowed. */
void omg_sbom_security_fill(const OmgSbomSecurity *security, OmgSbomParams *params);
