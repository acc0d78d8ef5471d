/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/severity.h"

static const char *const words[OMG_SEVERITY_N] = {"Unknown", "Low", "Medium", "High", "Critical"};

const char *omg_severity_get_word(OmgSeverity severity)
{
        return words[severity < OMG_SEVERITY_N ? severity : OMG_SEVERITY_UNKNOWN];
}

OmgSeverity omg_severity_from_word(const char *word)
{
        if (!word)
                return OMG_SEVERITY_UNKNOWN;
        for (guint i = 0; i < OMG_SEVERITY_N; i++)
                if (g_ascii_strcasecmp(word, words[i]) == 0)
                        return i;
        return g_ascii_strcasecmp(word, "moderate") == 0 ? OMG_SEVERITY_MEDIUM
                                                         : OMG_SEVERITY_UNKNOWN;
}

const char *omg_tracker_status_get_word(OmgTrackerStatus status)
{
        static const char *const statuses[OMG_TRACKER_N] = {"Unknown", "Vulnerable", "Testing",
                                                            "Fixed", "Not affected"};

        return statuses[status < OMG_TRACKER_N ? status : OMG_TRACKER_UNKNOWN];
}

OmgSeverity omg_severity_from_score(guint tenths)
{
        return tenths >= 90   ? OMG_SEVERITY_CRITICAL
               : tenths >= 70 ? OMG_SEVERITY_HIGH
               : tenths >= 40 ? OMG_SEVERITY_MEDIUM
               : tenths > 0   ? OMG_SEVERITY_LOW
                              : OMG_SEVERITY_UNKNOWN;
}
