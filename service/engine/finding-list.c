/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/finding-list.h"

#include <string.h>

static gboolean has_text(const char *const *list, const char *text)
{
        return list && g_strv_contains(list, text);
}

static gboolean is_wanted(const OmgFindingFilter *filter, const OmgFinding *finding)
{
        return (filter->states & 1u << finding->state) &&
               omg_finding_get_rank(finding) >= filter->at_least &&
               (!filter->packages || has_text(filter->packages, finding->package));
}

GPtrArray *omg_findings_select(const GPtrArray *findings, const OmgFindingFilter *filter)
{
        GPtrArray *found = g_ptr_array_new();

        for (guint i = 0; i < findings->len; i++)
                if (is_wanted(filter, findings->pdata[i]))
                        g_ptr_array_add(found, findings->pdata[i]);
        return found;
}

gboolean omg_finding_has_id(const OmgFinding *finding, const char *id)
{
        return strcmp(finding->id, id) == 0 || has_text((const char *const *)finding->cves, id) ||
               has_text((const char *const *)finding->advisories, id) ||
               has_text((const char *const *)finding->aliases, id);
}
