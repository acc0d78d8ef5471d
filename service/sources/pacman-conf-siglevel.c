/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "sources/pacman-conf-private.h"

/* The database's flags are the package's, ten bits up. */
#define DATABASE_SHIFT 10

G_STATIC_ASSERT(OMG_SIGLEVEL_DATABASE == OMG_SIGLEVEL_PACKAGE << DATABASE_SHIFT);
G_STATIC_ASSERT(OMG_SIGLEVEL_DATABASE_UNKNOWN_OK == OMG_SIGLEVEL_PACKAGE_UNKNOWN_OK
                                                            << DATABASE_SHIFT);

/* pacman.conf(5), "Package and database signature checking", in flags of a package. */
static const struct {
        const char *word;
        guint set;
        guint unset;
} words[] = {
        {"Never", 0, OMG_SIGLEVEL_PACKAGE},
        {"Optional", OMG_SIGLEVEL_PACKAGE | OMG_SIGLEVEL_PACKAGE_OPTIONAL, 0},
        {"Required", OMG_SIGLEVEL_PACKAGE, OMG_SIGLEVEL_PACKAGE_OPTIONAL},
        {"TrustedOnly", 0, OMG_SIGLEVEL_PACKAGE_MARGINAL_OK | OMG_SIGLEVEL_PACKAGE_UNKNOWN_OK},
        {"TrustAll", OMG_SIGLEVEL_PACKAGE_MARGINAL_OK | OMG_SIGLEVEL_PACKAGE_UNKNOWN_OK, 0},
};

static void change(OmgConfSiglevel *siglevel, guint set, guint unset)
{
        siglevel->level = (siglevel->level & ~unset) | set;
        siglevel->mask |= set | unset;
}

static gboolean apply_word(OmgConfSiglevel *siglevel, const char *word)
{
        gboolean package = g_str_has_prefix(word, "Package");
        gboolean database = g_str_has_prefix(word, "Database");
        const char *rest =
                word + (package ? strlen("Package") : 0) + (database ? strlen("Database") : 0);

        for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
                if (strcmp(rest, words[i].word) != 0)
                        continue;
                if (!database)
                        change(siglevel, words[i].set, words[i].unset);
                if (!package)
                        change(siglevel, words[i].set << DATABASE_SHIFT,
                               words[i].unset << DATABASE_SHIFT);
                return TRUE;
        }
        return FALSE;
}

gboolean omg_conf_siglevel_apply(OmgConfSiglevel *siglevel, const char *value,
                                 const OmgConfPlace *place, GError **error)
{
        g_auto(GStrv) parts = g_strsplit(value, " ", -1);

        for (gsize i = 0; parts[i]; i++)
                if (*parts[i] && !apply_word(siglevel, parts[i]))
                        return omg_conf_fail(error, place, "invalid value for 'SigLevel': '%s'",
                                             parts[i]);
        return TRUE;
}

guint omg_conf_siglevel_merge(guint base, const OmgConfSiglevel *over)
{
        return (over->level & over->mask) | (base & ~over->mask);
}
