/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/snapshot-aur.h"

void omg_aur_feed_init(OmgAurFeed *feed, const OmgAurFeed *from)
{
        *feed = *from;
        feed->error = from->error ? omg_source_error_copy(from->error) : NULL;
}

void omg_aur_feed_clear(OmgAurFeed *feed)
{
        g_clear_pointer(&feed->error, omg_source_error_free);
}

void omg_aur_feed_set_missing(const OmgAurFeed *feed, GError **error)
{
        if (!feed->is_on)
                g_set_error_literal(
                        error, OMG_ERROR, OMG_ERROR_UNAVAILABLE,
                        "the AUR is off: omgd.conf has enabled=false in [aur], or aur=0 "
                        "in [sync]");
        else if (feed->error)
                g_set_error_literal(error, OMG_ERROR, (int)feed->error->code, feed->error->message);
        else
                g_set_error_literal(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE,
                                    "the AUR was never asked; ask for a Refresh of \"aur\"");
}
