/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "omgd-fetch/report.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static gint64 last_usec;

gboolean omg_report(const OmgFetchResult *result)
{
        g_autofree char *text = omg_fetch_result_format(result);
        g_autofree char *line = g_strconcat(text, "\n", NULL);

        last_usec = g_get_monotonic_time();
        for (gsize at = 0, length = strlen(line); at < length;) {
                ssize_t n = write(STDOUT_FILENO, line + at, length - at);
                if (n < 0 && errno != EINTR)
                        return FALSE;
                at += n > 0 ? (gsize)n : 0;
        }
        return TRUE;
}

gint64 omg_report_get_last(void)
{
        return last_usec;
}
