/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/status.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "engine/reboot.h"
#include "engine/rows.h"
#include "engine/security-known.h"

static const char *get_state(const OmgSnapshot *s)
{
        if (!s)
                return "never";
        if (!s->sync && !s->local)
                return "error";
        return s->stale || !s->complete ? "stale" : "ok";
}

/* TRUE when the layer is there, and nothing of it was never read. */
static gboolean has_all(const OmgLayer *layer)
{
        const guint gaps = 1u << OMG_REPOSITORY_ABSENT | 1u << OMG_REPOSITORY_INCOMPLETE;

        return layer && !(omg_layer_get_states(layer) & gaps);
}

/* Of what one feed says while another was never asked, none is not known to be none. */
static guint32 know(const OmgSecurityCounts *counts, guint n)
{
        return n > 0 || counts->is_complete ? n : OMG_UNKNOWN;
}

static void add_security(const OmgSnapshot *snapshot, OmgStatus *status)
{
        OmgSecurityCounts counts;

        if (!omg_security_get_counts(snapshot, &counts))
                return;
        counts.is_complete = counts.is_complete && has_all(snapshot->local);
        status->vulnerable_packages = know(&counts, counts.n_packages);
        if (status->updates_available != OMG_UNKNOWN)
                status->security_updates = know(&counts, counts.n_security);
        if (counts.has_confirmed)
                status->highest_severity = omg_severity_get_word(counts.highest);
        else if (counts.is_complete)
                status->highest_severity = OMG_STATUS_NO_SEVERITY;
}

void omg_status_compute(const OmgSnapshot *snapshot, guint64 boot_usec, OmgStatus *ret_status)
{
        OmgStatus status = {
                .total_packages = OMG_UNKNOWN,
                .explicit_packages = OMG_UNKNOWN,
                .orphan_packages = OMG_UNKNOWN,
                .foreign_packages = OMG_UNKNOWN,
                .updates_available = OMG_UNKNOWN,
                .aur_updates_available = OMG_UNKNOWN,
                .security_updates = OMG_UNKNOWN,
                .ignored_updates = OMG_UNKNOWN,
                .vulnerable_packages = OMG_UNKNOWN,
                .indexed_packages = OMG_UNKNOWN,
                .highest_severity = "",
                .state = get_state(snapshot),
        };

        if (snapshot) {
                status.as_of_usec = snapshot->as_of_usec;
                status.index_generation = snapshot->generation;
        }
        if (snapshot && snapshot->local) {
                status.total_packages = omg_layer_get_n_packages(snapshot->local);
                status.reboot_suggested = omg_reboot_is_suggested(snapshot, boot_usec);
        }
        if (snapshot && has_all(snapshot->local)) {
                status.explicit_packages = snapshot->n_explicit;
                status.orphan_packages = snapshot->n_orphans;
        }
        if (snapshot && snapshot->sync)
                status.indexed_packages = omg_layer_get_n_packages(snapshot->sync);
        /* A repository that could never be read might hold what looks foreign, or an update. */
        if (snapshot && snapshot->local && has_all(snapshot->sync)) {
                status.foreign_packages = snapshot->n_foreign;
                status.updates_available = snapshot->n_updates;
                status.ignored_updates = snapshot->n_ignored_updates;
                if (snapshot->aur)
                        status.aur_updates_available = snapshot->n_aur_updates;
        }
        add_security(snapshot, &status);
        *ret_status = status;
}

void omg_status_set_offline(OmgStatus *status)
{
        if (strcmp(status->state, "ok") == 0)
                status->state = "offline";
}

const char *omg_status_get_aur_state(const OmgSnapshot *snapshot)
{
        const OmgAurFeed *feed = snapshot ? &snapshot->aur_feed : NULL;

        if (!feed)
                return "never";
        if (!feed->is_on)
                return "off";
        if (!snapshot->aur)
                return feed->error ? "failed" : "never";
        return feed->is_stale || feed->error ? "stale" : "ok";
}

gboolean omg_status_has_counts(const OmgStatus *status)
{
        return status->total_packages != OMG_UNKNOWN && status->explicit_packages != OMG_UNKNOWN &&
               status->orphan_packages != OMG_UNKNOWN && status->updates_available != OMG_UNKNOWN;
}

static void append_count(GString *text, guint32 count, const char *what)
{
        if (count == OMG_UNKNOWN)
                g_string_append_printf(text, "%s: unknown\n", what);
        else
                g_string_append_printf(text, "%s: %u\n", what, count);
}

static void append_vulnerable(GString *text, const OmgStatus *status)
{
        append_count(text, status->vulnerable_packages, "Vulnerable");
        if (status->vulnerable_packages != OMG_UNKNOWN && status->vulnerable_packages > 0)
                g_string_append_printf(text, "Worst severity: %s\n", status->highest_severity);
}

static void append_error(GString *text, const OmgSourceError *error)
{
        g_string_append_printf(text, "%s: %s\n", error->source, error->message);
}

static void append_errors(GString *text, const GPtrArray *errors)
{
        for (guint i = 0; errors && i < errors->len; i++)
                append_error(text, errors->pdata[i]);
}

static char *make_tooltip(const OmgStatus *status, const OmgSnapshot *snapshot)
{
        g_autoptr(GString) text = g_string_new(NULL);

        append_count(text, status->updates_available, "Updates");
        append_count(text, status->security_updates, "Of these for security");
        if (snapshot && snapshot->aur_feed.is_on)
                append_count(text, status->aur_updates_available, "AUR updates");
        append_count(text, status->ignored_updates, "Held back");
        append_count(text, status->total_packages, "Installed");
        append_count(text, status->orphan_packages, "Orphans");
        append_vulnerable(text, status);
        if (status->reboot_suggested)
                g_string_append(text, "A restart is suggested\n");
        append_errors(text, snapshot ? snapshot->errors : NULL);
        append_errors(text, snapshot && snapshot->security ? snapshot->security->errors : NULL);
        if (snapshot && snapshot->aur_feed.is_on && snapshot->aur_feed.error)
                append_error(text, snapshot->aur_feed.error);
        g_string_truncate(text, text->len > 0 ? text->len - 1 : 0);
        return g_markup_escape_text(text->str, text->len);
}

static const char *get_class(const OmgStatus *status)
{
        if (strcmp(status->state, "ok") != 0)
                return strcmp(status->state, "never") == 0 ? "unknown" : status->state;
        if (status->security_updates != OMG_UNKNOWN && status->security_updates > 0)
                return "security";
        return status->updates_available > 0 ? "updates" : "updated";
}

char *omg_status_describe(const OmgStatus *status, const OmgSnapshot *snapshot)
{
        g_autoptr(JsonBuilder) builder = json_builder_new();
        g_autoptr(JsonGenerator) generator = json_generator_new();
        g_autofree char *tooltip = make_tooltip(status, snapshot);
        g_autofree char *count = g_strdup_printf("%u", status->updates_available);

        json_builder_begin_object(builder);
        json_builder_set_member_name(builder, "text");
        json_builder_add_string_value(builder,
                                      status->updates_available == OMG_UNKNOWN ? "?" : count);
        json_builder_set_member_name(builder, "tooltip");
        json_builder_add_string_value(builder, tooltip);
        json_builder_set_member_name(builder, "class");
        json_builder_add_string_value(builder, get_class(status));
        json_builder_end_object(builder);

        g_autoptr(JsonNode) root = json_builder_get_root(builder);
        json_generator_set_root(generator, root);
        return json_generator_to_data(generator, NULL);
}
