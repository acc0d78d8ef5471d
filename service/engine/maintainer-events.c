/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/maintainer-events.h"

#include <json-glib/json-glib.h>

#include "engine/security-events.h"

#define ID_LENGTH 16

static void put(JsonBuilder *builder, const char *key, const char *value)
{
        if (!value)
                return;
        json_builder_set_member_name(builder, key);
        json_builder_add_string_value(builder, value);
}

static void put_lines(JsonBuilder *builder, const char *key, const char *lines)
{
        g_auto(GStrv) list = lines ? g_strsplit(lines, "\n", -1) : NULL;

        if (!list)
                return;
        json_builder_set_member_name(builder, key);
        json_builder_begin_array(builder);
        for (char **line = list; *line; line++)
                json_builder_add_string_value(builder, *line);
        json_builder_end_array(builder);
}

static char *dup_id(const OmgMaintainerChange *change)
{
        g_autofree char *text = g_strdup_printf(
                "%" G_GUINT64_FORMAT "\n%s\n%s\n%s\n%s\n%s", change->since_usec,
                omg_maintainer_event_get_word(change->event), change->old ?: "", change->new ?: "",
                change->old_others ?: "", change->new_others ?: "");
        char *id = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);

        id[ID_LENGTH] = '\0';
        return id;
}

static char *dup_metadata(const OmgMaintainerChange *change, const char *id)
{
        g_autoptr(JsonBuilder) builder = json_builder_begin_object(json_builder_new());
        g_autoptr(JsonNode) root = NULL;

        put(builder, "change", omg_maintainer_event_get_word(change->event));
        put(builder, "old", change->old);
        put(builder, "new", change->new);
        put_lines(builder, "co-maintainers-before", change->old_others);
        put_lines(builder, "co-maintainers", change->new_others);
        if (change->modified_sec > 0 && change->modified_sec <= G_MAXINT64) {
                json_builder_set_member_name(builder, "last-modified");
                json_builder_add_int_value(builder, (gint64)change->modified_sec);
        }
        put(builder, OMG_MAINTAINER_EVENT_ID, id);
        root = json_builder_get_root(json_builder_end_object(builder));
        return json_to_string(root, FALSE);
}

static char *describe(const OmgMaintainerChange *change)
{
        const char *name = change->name, *old = change->old ?: "nobody";
        const char *new = change->new ?: "nobody";

        switch (change->event) {
        case OMG_MAINTAINER_ADOPTED:
                return g_strdup_printf("%s, which nobody maintained, was adopted by %s", name, new);
        case OMG_MAINTAINER_ORPHANED:
                return g_strdup_printf("%s, which %s maintained, was orphaned", name, old);
        case OMG_MAINTAINER_CHANGED:
                return g_strdup_printf("%s went from maintainer %s to %s", name, old, new);
        case OMG_MAINTAINER_OTHERS:
                return g_strdup_printf("%s, which %s maintains, has other co-maintainers", name,
                                       new);
        case OMG_MAINTAINER_GONE:
                return g_strdup_printf("%s, which %s maintained, is not in the AUR any more", name,
                                       old);
        case OMG_MAINTAINER_BACK:
                return g_strdup_printf("%s is in the AUR again, maintained by %s, by %s before",
                                       name, new, old);
        }
        g_assert_not_reached();
}

/* What marks nothing is for information. */
static const char *get_severity(const OmgMaintainerChange *change)
{
        return change->event == OMG_MAINTAINER_OTHERS ? "info" : NULL;
}

void omg_audit_events_add_maintainers(OmgAuditEvents *events, const GPtrArray *changes,
                                      GHashTable *known)
{
        for (guint i = 0; i < changes->len; i++) {
                const OmgMaintainerChange *change = changes->pdata[i];
                g_autofree char *id = dup_id(change);
                g_autofree char *key = omg_security_event_dup_key(change->name, id);
                g_autofree char *text = NULL;

                if (known && g_hash_table_contains(known, key))
                        continue;
                text = describe(change);
                omg_audit_events_add(events, OMG_AUDIT_AUR_MAINTAINER_CHANGED, get_severity(change),
                                     change->name, text, dup_metadata(change, id));
        }
}
