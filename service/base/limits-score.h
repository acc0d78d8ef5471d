/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The bounds of what an advisory or a package says about scores and licences, and of
 * what is written of both. They stand apart from base/limits.h only for its length. */

#define OMG_LIMIT_CVSS_VECTOR   512u           /* a vector; all metrics of CVSS 4.0 take 200 */
#define OMG_LIMIT_LICENSE       4096u          /* a licence expression, or a licence's name */
#define OMG_LIMIT_LICENSE_DEPTH 32u            /* parentheses within parentheses */
#define OMG_LIMIT_LICENSE_TERMS 256u           /* licences in one expression */
#define OMG_LIMIT_SBOM          (128ull << 20) /* what GenerateSbom writes */
