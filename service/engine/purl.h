/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Package URLs: https://github.com/package-url/purl-spec, its components, its rules for characters
 * and encoding, and its type "alpm". */

#include <glib.h>

/* "pkg:alpm/arch/zlib@1:1.2.13-2?arch=x86_64". @vendor: the distribution, "arch"; @architecture may
 * be NULL or "". Vendor and name are put in lower case, as the type asks; all but letters, digits
 * and . - _ ~ : is percent-encoded. New string. */
char *omg_purl_dup_alpm(const char *vendor, const char *name, const char *version,
                        const char *architecture);

/* "pkg:generic/node@20.1.0", for what no other type knows. New string. */
char *omg_purl_dup_generic(const char *name, const char *version);
