/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/limits-score.h"
#include "base/spdx-private.h"

/* The names of Arch's package "licenses" before its move to SPDX ids (RFC 16), with the text that
 * lay in /usr/share/licenses/common, and with what the wiki says of GPL: GPL is 2 or later, GPL2 2
 * alone, GPL3 3 or later. Beside them names that packages use though nobody defined them. A name
 * that leaves open which text is meant (BSD, CCPL) stays a name. In the order of
 * g_ascii_strcasecmp. */
static const struct Name {
        const char *name;
        const char *expression;
} names[] = {
        {"AGPL", "AGPL-3.0-or-later"},
        {"AGPL3", "AGPL-3.0-or-later"},
        {"AGPLv3", "AGPL-3.0-only"},
        {"Apache", "Apache-2.0"},
        {"Apache 2.0", "Apache-2.0"},
        {"Apache 2.0 with LLVM Exception", "Apache-2.0 WITH LLVM-exception"},
        {"Apache2", "Apache-2.0"},
        {"Artistic2.0", "Artistic-2.0"},
        {"Boost", "BSL-1.0"},
        {"BSD2", "BSD-2-Clause"},
        {"BSD3", "BSD-3-Clause"},
        {"CC0", "CC0-1.0"},
        {"CCPL:by", "CC-BY-3.0"},
        {"CCPL:by-nc", "CC-BY-NC-3.0"},
        {"CCPL:by-nc-nd", "CC-BY-NC-ND-3.0"},
        {"CCPL:by-nc-sa", "CC-BY-NC-SA-3.0"},
        {"CCPL:by-nd", "CC-BY-ND-3.0"},
        {"CCPL:by-sa", "CC-BY-SA-3.0"},
        {"CCPL:cc-by", "CC-BY-3.0"},
        {"CCPL:cc-by-3.0", "CC-BY-3.0"},
        {"CCPL:cc-by-nc-3.0", "CC-BY-NC-3.0"},
        {"CCPL:cc-by-nc-nd-3.0", "CC-BY-NC-ND-3.0"},
        {"CCPL:cc-by-nc-sa-3.0", "CC-BY-NC-SA-3.0"},
        {"CCPL:cc-by-nd-3.0", "CC-BY-ND-3.0"},
        {"CCPL:cc-by-sa", "CC-BY-SA-3.0"},
        {"CCPL:cc-by-sa-3.0", "CC-BY-SA-3.0"},
        {"CDDL", "CDDL-1.0"},
        {"CPL", "CPL-1.0"},
        {"EPL", "EPL-1.0"},
        {"FDL", "GFDL-1.2-or-later"},
        {"FDL1.2", "GFDL-1.2-only"},
        {"FDL1.3", "GFDL-1.3-only"},
        {"GPL", "GPL-2.0-or-later"},
        {"GPL2", "GPL-2.0-only"},
        {"GPL3", "GPL-3.0-or-later"},
        {"GPLv2", "GPL-2.0-only"},
        {"GPLv2+", "GPL-2.0-or-later"},
        {"GPLv3", "GPL-3.0-only"},
        {"GPLv3+", "GPL-3.0-or-later"},
        {"LGPL", "LGPL-2.1-or-later"},
        {"LGPL2", "LGPL-2.0-only"},
        {"LGPL2.1", "LGPL-2.1-only"},
        {"LGPL3", "LGPL-3.0-or-later"},
        {"LGPLv2.1", "LGPL-2.1-only"},
        {"LGPLv3", "LGPL-3.0-only"},
        {"LPPL", "LPPL-1.3c"},
        {"MPL", "MPL-1.1"},
        {"MPL2", "MPL-2.0"},
        {"OFL", "OFL-1.1"},
        {"PerlArtistic", "Artistic-1.0-Perl"},
        {"PHP", "PHP-3.01"},
        {"PSF", "PSF-2.0"},
        {"Public Domain", "LicenseRef-Public-Domain"},
        {"Public_Domain", "LicenseRef-Public-Domain"},
        {"PublicDomain", "LicenseRef-Public-Domain"},
        {"ZPL", "ZPL-2.1"},
};

static int compare(gconstpointer key, gconstpointer element)
{
        return g_ascii_strcasecmp(key, ((const struct Name *)element)->name);
}

const char *omg_spdx_arch_name(const char *name)
{
        const struct Name *found =
                bsearch(name, names, G_N_ELEMENTS(names), sizeof(*names), compare);

        return found ? found->expression : NULL;
}

/* A reference of that name: what may not stand in it becomes a hyphen. NULL: nothing is left. */
static char *make_reference(const char *prefix, const char *name)
{
        GString *text = g_string_new(prefix);
        gboolean any = FALSE;

        for (; *name; name++)
                if (g_ascii_isalnum(*name) || *name == '.') {
                        g_string_append_c(text, *name);
                        any |= g_ascii_isalnum(*name);
                } else if (text->str[text->len - 1] != '-')
                        g_string_append_c(text, '-');
        while (text->str[text->len - 1] == '-' && any)
                g_string_truncate(text, text->len - 1);
        return g_string_free(text, !any);
}

/* A name by itself: one of Arch's or of the list's. NULL: neither. */
static OmgSpdx *find_name(const char *name)
{
        const char *expression = omg_spdx_arch_name(name);

        if (expression)
                return omg_spdx_parse(expression, NULL);
        g_autoptr(OmgSpdx) spdx = omg_spdx_parse(name, NULL);
        return spdx && omg_spdx_is_listed(spdx) ? g_steal_pointer(&spdx) : NULL;
}

/* An expression without ids that are not on the list; takes it over. */
static OmgSpdx *resolve(OmgSpdx *spdx)
{
        if (omg_spdx_is_listed(spdx))
                return spdx;
        if (spdx->kind != OMG_SPDX_LICENSE) {
                g_autoptr(OmgSpdx) whole = spdx;
                OmgSpdx *joined = resolve(omg_spdx_copy(whole->parts->pdata[0]));
                for (guint i = 1; i < whole->parts->len; i++)
                        joined = omg_spdx_join(whole->kind, joined,
                                               resolve(omg_spdx_copy(whole->parts->pdata[i])));
                return joined;
        }
        g_autoptr(OmgSpdx) license = spdx;
        g_autofree char *with_plus = g_strconcat(license->id, license->plus ? "+" : "", NULL);
        g_autoptr(OmgSpdx) named = find_name(with_plus);
        if (named && (!license->addition || named->kind != OMG_SPDX_LICENSE))
                return g_steal_pointer(&named);

        char *addition = g_strdup(license->addition);
        if (addition && !omg_spdx_is_reference(addition) && !omg_spdx_list_exception(addition)) {
                g_free(addition);
                addition = make_reference("AdditionRef-", license->addition);
        }
        if (named)
                return omg_spdx_new_license(g_strdup(named->id), named->plus, addition);
        return omg_spdx_new_license(make_reference("LicenseRef-", with_plus), FALSE, addition);
}

static OmgSpdx *refer(const char *name, GError **error)
{
        char *id = make_reference("LicenseRef-", name);

        if (!id) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS,
                            "licence: no letter and no digit in it");
                return NULL;
        }
        return omg_spdx_new_license(id, FALSE, NULL);
}

OmgSpdx *omg_spdx_parse_name(const char *text, GError **error)
{
        static const char custom[] = "custom:";

        if (strnlen(text, OMG_LIMIT_LICENSE + 1) > OMG_LIMIT_LICENSE) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS,
                            "licence: longer than %u bytes", OMG_LIMIT_LICENSE);
                return NULL;
        }
        g_autofree char *copy = g_strdup(text);
        char *name = g_strstrip(copy);
        if (g_ascii_strncasecmp(name, custom, strlen(custom)) == 0) {
                name = g_strstrip(name + strlen(custom));
                OmgSpdx *found = find_name(name);
                return found ? found : refer(*name ? name : "custom", error);
        }
        if (omg_spdx_arch_name(name))
                return omg_spdx_parse(omg_spdx_arch_name(name), error);
        OmgSpdx *spdx = omg_spdx_parse(name, NULL);
        return spdx ? resolve(spdx) : refer(name, error);
}

OmgSpdx *omg_spdx_from_package(const char *const *licenses)
{
        OmgSpdx *all = NULL;

        for (gsize i = 0; licenses && licenses[i]; i++) {
                OmgSpdx *one = omg_spdx_parse_name(licenses[i], NULL);
                if (!one)
                        one = omg_spdx_new_license(g_strdup("LicenseRef-unreadable"), FALSE, NULL);
                all = all ? omg_spdx_join(OMG_SPDX_AND, all, one) : one;
        }
        return all;
}
