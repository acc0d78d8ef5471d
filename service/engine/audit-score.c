/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/cvss.h"
#include "engine/audit-private.h"

void omg_audit_add_score(OmgFinding *finding, const OmgAdvisoryLayer *layer,
                         const OmgAdvisoryRun *vectors)
{
        OmgAdvisoryRun list = omg_advisory_layer_clip(layer, OMG_ADVISORY_LISTS, *vectors);

        for (guint i = 0; i < list.count; i++) {
                const char *vector = omg_advisory_layer_get_listed(layer, &list, i);
                OmgCvss cvss;
                if (!omg_cvss_parse(vector, &cvss, NULL))
                        continue;
                guint score = omg_cvss_score(&cvss, NULL);
                if (finding->score != OMG_NO_SCORE && score <= finding->score)
                        continue;
                finding->score = score;
                g_free(finding->vector);
                finding->vector = g_strdup(vector);
        }
}
