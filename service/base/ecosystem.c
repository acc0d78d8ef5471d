/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/ecosystem.h"

#include <string.h>

static const struct {
        const char *name;
        OmgOrder order;
} ecosystems[] = {
        {"PyPI", OMG_ORDER_PEP440},
        {"npm", OMG_ORDER_SEMVER},
        {"RubyGems", OMG_ORDER_GEM},
        {"Hackage", OMG_ORDER_PVP},
        {"GHC", OMG_ORDER_SEMVER},
        {"Go", OMG_ORDER_SEMVER},
        {OMG_ECOSYSTEM_RUST, OMG_ORDER_SEMVER},
        {"Hex", OMG_ORDER_SEMVER},
        {"Pub", OMG_ORDER_SEMVER},
        {"Bitnami", OMG_ORDER_SEMVER},
        {"Julia", OMG_ORDER_SEMVER},
};

OmgOrder omg_ecosystem_get_order(const char *ecosystem)
{
        for (gsize i = 0; i < G_N_ELEMENTS(ecosystems); i++)
                if (strcmp(ecosystems[i].name, ecosystem) == 0)
                        return ecosystems[i].order;
        return OMG_ORDER_NONE;
}

char *omg_ecosystem_normalise(const char *ecosystem, const char *name)
{
        if (strcmp(ecosystem, "PyPI") != 0)
                return g_strdup(name);
        char *normal = g_ascii_strdown(name, -1), *to = normal;
        for (const char *from = normal; *from; from++) {
                gboolean is_dash = *from == '-' || *from == '_' || *from == '.';
                if (!is_dash)
                        *to++ = *from;
                else if (to == normal || to[-1] != '-')
                        *to++ = '-';
        }
        *to = '\0';
        return normal;
}
