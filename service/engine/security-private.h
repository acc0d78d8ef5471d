/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What security.c and security-build.c share. */

#include "engine/security.h"

/* Borrowed from all three. */
OmgJudge omg_security_make_judge(const OmgSecurity *security, const OmgSnapshot *snapshot,
                                 const OmgPolicy *policy);
