/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/error.h"
#include "loop/refresh-private.h"

/* A full disk, a crashed helper or a missing key mends without a watched file changing: so many
 * further looks, the pause doubled each time (4 s to 8 min), then only changes and requests. */
#define MAX_RETRIES     8u
#define RETRY_FIRST_SEC 4u

void omg_refresh_stop_retry(OmgRefresh *refresh)
{
        if (refresh->retry) {
                g_source_destroy(refresh->retry);
                g_clear_pointer(&refresh->retry, g_source_unref);
        }
}

static gboolean on_retry(gpointer userdata)
{
        OmgRefresh *refresh = userdata;

        omg_refresh_stop_retry(refresh);
        omg_refresh_enqueue_own(refresh, OMG_REFRESH_ALL);
        return G_SOURCE_REMOVE;
}

/* @n_left_out: at the end. */
static gboolean may_mend(const GPtrArray *errors, guint n_left_out)
{
        for (guint i = 0; i < errors->len - n_left_out; i++)
                if (((OmgSourceError *)errors->pdata[i])->code != OMG_ERROR_DATABASE_MISSING)
                        return TRUE;
        return FALSE;
}

/* What is not there is noticed when it comes; everything else is tried again for a while. Mirrors
 * are asked again by whoever asks them at all. */
void omg_refresh_plan_retry(OmgRefresh *refresh)
{
        gboolean any = may_mend(refresh->snapshot->errors, refresh->snapshot->n_mirror_errors) ||
                       may_mend(refresh->files_errors[OMG_FILES_LOCAL], 0) ||
                       may_mend(refresh->files_errors[OMG_FILES_REPO], 0);

        omg_refresh_stop_retry(refresh);
        if (refresh->files_outdated)
                return; /* the refresh of them, which waits already, decides */
        if (!any)
                refresh->n_retries = 0;
        if (!any || refresh->n_retries >= MAX_RETRIES)
                return;
        refresh->retry = g_timeout_source_new_seconds(RETRY_FIRST_SEC << refresh->n_retries++);
        g_source_set_callback(refresh->retry, on_retry, refresh, NULL);
        (void)g_source_attach(refresh->retry, omg_worker_get_context(refresh->worker));
}
