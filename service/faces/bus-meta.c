/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "faces/bus-meta.h"

#include "faces/bus-options.h"

static int append_error(sd_bus_message *reply, const OmgSourceError *error)
{
        g_autofree char *valid = g_utf8_make_valid(error->message, -1);
        g_autofree char *text =
                g_strdup_printf("%s: %s", omg_error_get_dbus_name((int)error->code), valid);

        return sd_bus_message_append(reply, "(ss)", error->source, text);
}

static int append_errors(sd_bus_message *reply, const GPtrArray *errors,
                         const OmgSourceError *const more[2])
{
        int r;

        r = sd_bus_message_open_container(reply, 'a', "(ss)");
        for (guint i = 0; r >= 0 && errors && i < errors->len; i++)
                r = append_error(reply, errors->pdata[i]);
        for (guint i = 0; r >= 0 && more && i < 2; i++)
                r = more[i] ? append_error(reply, more[i]) : 0;
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int append_errors_entry(sd_bus_message *reply, const GPtrArray *errors,
                               const OmgSourceError *const more[2])
{
        int r;

        if ((r = sd_bus_message_open_container(reply, 'e', "sv")) < 0 ||
            (r = sd_bus_message_append_basic(reply, 's', "errors")) < 0 ||
            (r = sd_bus_message_open_container(reply, 'v', "a(ss)")) < 0 ||
            (r = append_errors(reply, errors, more)) < 0 ||
            (r = sd_bus_message_close_container(reply)) < 0)
                return r;
        return sd_bus_message_close_container(reply);
}

int omg_bus_errors_entry_append(sd_bus_message *reply, const GPtrArray *errors)
{
        return append_errors_entry(reply, errors, NULL);
}

int omg_bus_meta_append_values(sd_bus_message *reply, const OmgBusMeta *meta)
{
        const OmgSourceError *const more[2] = {meta->error, meta->aur_error};
        int complete = meta->complete && !meta->error;
        int r;

        if ((r = sd_bus_message_open_container(reply, 'a', "{sv}")) < 0 ||
            (r = omg_bus_entry_append(reply, "total", 'u', &meta->total)) < 0 ||
            (r = omg_bus_entry_append(reply, "total-exact", 'b', &meta->total_exact)) < 0 ||
            (r = omg_bus_entry_append(reply, "generation", 't', &meta->generation)) < 0 ||
            (r = omg_bus_entry_append(reply, "as-of", 't', &meta->as_of_usec)) < 0 ||
            (r = omg_bus_entry_append(reply, "stale", 'b', &meta->stale)) < 0 ||
            (r = omg_bus_entry_append(reply, "complete", 'b', &complete)) < 0 ||
            (r = append_errors_entry(reply, meta->errors, more)) < 0)
                return r;
        if (meta->choice && (r = omg_bus_entry_append(reply, "choice", 's', meta->choice)) < 0)
                return r;
        if (meta->unsatisfied) {
                g_autoptr(GPtrArray) strv = g_ptr_array_new();
                for (guint i = 0; i < meta->unsatisfied->len; i++)
                        g_ptr_array_add(strv, meta->unsatisfied->pdata[i]);
                g_ptr_array_add(strv, NULL);
                r = omg_bus_entry_append_strv(reply, "unsatisfied",
                                              (const char *const *)strv->pdata);
                if (r < 0)
                        return r;
        }
        if (meta->append_entries && (r = meta->append_entries(reply, meta->entries)) < 0)
                return r;
        return sd_bus_message_close_container(reply);
}

/* What is known of the AUR, in META of an answer from there. The new error, if any, is the
 * caller's. */
static OmgSourceError *add_aur(OmgBusMeta *meta, const OmgSnapshot *snapshot)
{
        const OmgAurFeed *feed = &snapshot->aur_feed;
        g_autoptr(GError) error = NULL;

        if (meta->aur == OMG_BUS_AUR_NONE || (!feed->is_on && meta->aur == OMG_BUS_AUR_IF_ON))
                return NULL;
        if (!snapshot->aur) {
                omg_aur_feed_set_missing(feed, &error);
                meta->complete = FALSE;
                return omg_source_error_new(OMG_REPOSITORY_AUR, error);
        }
        meta->stale = meta->stale || feed->is_stale || feed->error;
        meta->as_of_usec = MIN(meta->as_of_usec, feed->good_usec);
        return feed->error ? omg_source_error_copy(feed->error) : NULL;
}

int omg_bus_meta_append_more(sd_bus_message *reply, const OmgSnapshot *snapshot,
                             const OmgBusMeta *more)
{
        OmgSourceError *aur_error;
        OmgBusMeta meta = *more;
        int r;

        meta.generation = snapshot->generation;
        meta.as_of_usec = snapshot->as_of_usec;
        meta.stale = snapshot->stale;
        meta.complete = snapshot->complete;
        meta.errors = snapshot->errors;
        if (meta.aur == OMG_BUS_AUR_ALONE) {
                meta.as_of_usec = G_MAXUINT64;
                meta.stale = FALSE;
                meta.complete = TRUE;
                meta.errors = NULL;
        }
        meta.aur_error = aur_error = add_aur(&meta, snapshot);
        r = omg_bus_meta_append_values(reply, &meta);
        if (aur_error)
                omg_source_error_free(aur_error);
        return r;
}

int omg_bus_meta_append(sd_bus_message *reply, const OmgSnapshot *snapshot, guint32 total,
                        gboolean total_exact)
{
        return omg_bus_meta_append_more(reply, snapshot,
                                        &(OmgBusMeta){.total = total, .total_exact = total_exact});
}
