/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/snapshot-aur.h"

OmgMaintainerMark *omg_maintainer_mark_new(const char *before, const char *now)
{
        OmgMaintainerMark *mark = g_new(OmgMaintainerMark, 1);

        *mark = (OmgMaintainerMark){g_strdup(before ?: ""), g_strdup(now ?: "")};
        return mark;
}

void omg_maintainer_mark_free(OmgMaintainerMark *mark)
{
        if (!mark)
                return;
        g_free(mark->before);
        g_free(mark->now);
        g_free(mark);
}

static gboolean is_same_mark(const OmgMaintainerMark *a, const OmgMaintainerMark *b)
{
        return a && b && g_str_equal(a->before, b->before) && g_str_equal(a->now, b->now);
}

gboolean omg_maintainer_marks_equal(GHashTable *a, GHashTable *b)
{
        GHashTableIter iter;
        gpointer id, mark;

        if (!a || !b)
                return a == b;
        if (g_hash_table_size(a) != g_hash_table_size(b))
                return FALSE;
        g_hash_table_iter_init(&iter, a);
        while (g_hash_table_iter_next(&iter, &id, &mark))
                if (!is_same_mark(mark, g_hash_table_lookup(b, id)))
                        return FALSE;
        return TRUE;
}

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
