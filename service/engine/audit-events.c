/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/audit-events.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "base/limits-policy.h"
#include "base/version.h"
#include "engine/changes.h"
#include "sources/omgd-conf-keys.h"

static const struct {
        const char *word;
        const char *severity;
} table[OMG_AUDIT_N_EVENTS] = {
#define X(symbol, word, severity) [OMG_AUDIT_##symbol] = {word, severity},
        OMG_AUDIT_EVENT_TABLE(X)
#undef X
};

const char *omg_audit_event_get_word(OmgAuditEvent event)
{
        return table[event].word;
}

const char *omg_audit_event_get_severity(OmgAuditEvent event)
{
        return table[event].severity;
}

OmgAuditEvents *omg_audit_events_new(guint64 time_usec, const char *actor)
{
        OmgAuditEvents *events = g_new0(OmgAuditEvents, 1);

        events->records = g_array_new(FALSE, TRUE, sizeof(OmgAuditRecord));
        g_array_set_clear_func(events->records, (GDestroyNotify)omg_audit_record_clear);
        events->time_usec = time_usec;
        events->actor = g_strdup(actor);
        return events;
}

void omg_audit_events_free(OmgAuditEvents *events)
{
        if (!events)
                return;
        g_array_unref(events->records);
        g_free(events->actor);
        g_free(events);
}

/* Cut between characters. */
static char *shorten(const char *text)
{
        g_autofree char *valid = g_utf8_make_valid(text, -1);
        gsize length = strlen(valid);
        const char *end;

        if (length <= OMG_LIMIT_AUDIT_FIELD)
                return g_steal_pointer(&valid);
        end = g_utf8_find_prev_char(valid, valid + OMG_LIMIT_AUDIT_FIELD - strlen("...") + 1);
        valid[end - valid] = '\0';
        return g_strconcat(valid, "...", NULL);
}

void omg_audit_events_set_actor(OmgAuditEvents *events, const char *actor)
{
        g_free(events->actor);
        events->actor = shorten(actor);
        for (guint i = 0; i < events->records->len; i++) {
                OmgAuditRecord *record = &g_array_index(events->records, OmgAuditRecord, i);

                g_free(record->actor);
                record->actor = g_strdup(events->actor);
        }
}

void omg_audit_events_add(OmgAuditEvents *events, OmgAuditEvent event, const char *severity,
                          const char *resource, const char *description, char *metadata)
{
        OmgAuditRecord record = {
                .time_usec = events->time_usec,
                .event = g_strdup(table[event].word),
                .severity = g_strdup(severity ?: table[event].severity),
                .actor = shorten(events->actor),
                .resource = shorten(resource),
                .description = shorten(description),
                .metadata = metadata,
        };
        if (metadata && strlen(metadata) > OMG_LIMIT_AUDIT_FIELD) {
                g_free(metadata);
                record.metadata = g_strdup("{\"truncated\":true}");
        }
        g_array_append_val(events->records, record);
}

/* ---- metadata ---- */

static JsonBuilder *begin(void)
{
        return json_builder_begin_object(json_builder_new());
}

/* Members without a value are left out. */
static void put(JsonBuilder *builder, const char *key, const char *value)
{
        g_autofree char *valid = value ? g_utf8_make_valid(value, -1) : NULL;

        if (!valid)
                return;
        json_builder_set_member_name(builder, key);
        json_builder_add_string_value(builder, valid);
}

static void put_number(JsonBuilder *builder, const char *key, guint value)
{
        json_builder_set_member_name(builder, key);
        json_builder_add_int_value(builder, value);
}

/* Takes the builder. */
static char *finish(JsonBuilder *builder)
{
        g_autoptr(JsonNode) root = NULL;

        json_builder_end_object(builder);
        root = json_builder_get_root(builder);
        g_object_unref(builder);
        return json_to_string(root, FALSE);
}

/* ---- packages ---- */

static const char *find_version(const OmgLayer *layer, const char *name)
{
        guint id = omg_layer_find(layer, name, strlen(name), NULL);

        return id == OMG_NO_PACKAGE ? NULL : omg_layer_get_version(layer, id);
}

static void add_package(OmgAuditEvents *events, const char *name, const char *old, const char *new)
{
        g_autofree char *text = NULL;
        OmgAuditEvent event;
        JsonBuilder *metadata;

        if (!old && !new)
                return;
        if (old && new &&strcmp(old, new) == 0)
                return; /* another reason to be there */
        if (!old) {
                event = OMG_AUDIT_PACKAGE_INSTALL;
                text = g_strdup_printf("%s %s was installed", name, new);
        } else if (!new) {
                event = OMG_AUDIT_PACKAGE_REMOVE;
                text = g_strdup_printf("%s %s was removed", name, old);
        } else {
                gboolean is_down = omg_version_compare(new, old) < 0;
                event = is_down ? OMG_AUDIT_PACKAGE_DOWNGRADE : OMG_AUDIT_PACKAGE_UPGRADE;
                text = g_strdup_printf("%s went %s from %s to %s", name, is_down ? "down" : "up",
                                       old, new);
        }
        metadata = begin();
        put(metadata, "old", old);
        put(metadata, "new", new);
        omg_audit_events_add(events, event, NULL, name, text, finish(metadata));
}

void omg_audit_events_add_packages(OmgAuditEvents *events, const OmgLayer *before,
                                   const OmgLayer *after)
{
        g_autoptr(GPtrArray) names = omg_changes_list_installed(before, after);

        for (guint i = 0; i < names->len; i++) {
                const char *name = names->pdata[i];

                add_package(events, name, find_version(before, name), find_version(after, name));
        }
}

/* ---- the policy ---- */

static char *describe_policy(const OmgPolicyState *state)
{
        switch (state->status) {
        case OMG_POLICY_NONE:
                return g_strdup("there is no policy file; the presets are in force");
        case OMG_POLICY_OK:
                return g_strdup("the policy file is in force");
        case OMG_POLICY_INVALID:
                break;
        }
        return g_strdup_printf("%s; %s", state->message,
                               state->policy ? "the policy before it stays in force"
                                             : "no policy is known");
}

void omg_audit_events_add_policy(OmgAuditEvents *events, const char *path,
                                 const OmgPolicyState *before, const OmgPolicyState *after)
{
        const gboolean is_invalid = after->status == OMG_POLICY_INVALID;
        g_autofree char *text = NULL;
        JsonBuilder *metadata;

        if (before ? omg_policy_state_equal(before, after) : !is_invalid)
                return;
        text = describe_policy(after);
        metadata = begin();
        put(metadata, "state", omg_policy_status_get_name(after->status));
        put(metadata, "sha256", after->policy ? after->policy->digest : NULL);
        put(metadata, "sha256-before", before && before->policy ? before->policy->digest : NULL);
        omg_audit_events_add(events, OMG_AUDIT_POLICY_CHANGED, is_invalid ? "error" : NULL, path,
                             text, finish(metadata));
}

static void put_key(JsonBuilder *builder, const char *name, const char *old, const char *new)
{
        json_builder_set_member_name(builder, name);
        json_builder_begin_object(builder);
        put(builder, "old", old);
        put(builder, "new", new);
        json_builder_end_object(builder);
}

void omg_audit_events_add_conf(OmgAuditEvents *events, const char *dir, const OmgConf *before,
                               const OmgConf *after)
{
        g_autoptr(GString) names = g_string_new(NULL);
        g_autofree char *path = g_build_filename(dir, "omgd.conf", NULL), *text = NULL;
        g_autofree char *metadata = NULL;
        JsonBuilder *builder = begin();

        for (guint i = 0; i < OMG_CONF_N_KEYS; i++) {
                const OmgConfKey *key = &omg_conf_keys[i];
                g_autofree char *old = omg_conf_key_dup_value(key, before);
                g_autofree char *new = omg_conf_key_dup_value(key, after);
                g_autofree char *name = g_strdup_printf("%s.%s", key->group, key->name);

                if (g_str_equal(old, new))
                        continue;
                g_string_append_printf(names, "%s%s", names->len > 0 ? ", " : "", name);
                put_key(builder, name, old, new);
        }
        metadata = finish(builder);
        if (names->len == 0)
                return;
        text = g_strdup_printf("other values of %s are in force", names->str);
        omg_audit_events_add(events, OMG_AUDIT_CONFIG_CHANGED, NULL, path, text,
                             g_steal_pointer(&metadata));
}

void omg_audit_events_add_violation(OmgAuditEvents *events, const OmgVerdict *verdict)
{
        g_autoptr(GString) text = g_string_new(NULL);
        JsonBuilder *metadata = begin();

        g_string_append_printf(text, "the policy refuses %s", verdict->name);
        for (guint i = 0; i < verdict->messages->len; i++)
                g_string_append_printf(text, "%s %s", i == 0 ? ":" : ";",
                                       (char *)verdict->messages->pdata[i]);
        put(metadata, "grade", verdict->is_known ? omg_grade_get_name(verdict->grade) : NULL);
        json_builder_set_member_name(metadata, "reasons");
        json_builder_begin_array(metadata);
        for (OmgRefusal i = 0; i < OMG_N_REFUSALS; i++) {
                if (verdict->refusals & (1u << i))
                        json_builder_add_string_value(metadata, omg_refusal_get_word(i));
        }
        json_builder_end_array(metadata);
        omg_audit_events_add(events, OMG_AUDIT_POLICY_VIOLATION, NULL, verdict->name, text->str,
                             finish(metadata));
}

/* ---- the audit ---- */

/* What is not known to be harmless is not said to be. */
static const char *get_finding_severity(const char *word)
{
        static const struct {
                const char *word;
                const char *severity;
        } words[] = {{"Critical", "critical"}, {"High", "error"}, {"Low", "info"}};

        for (gsize i = 0; word && i < G_N_ELEMENTS(words); i++) {
                if (g_ascii_strcasecmp(words[i].word, word) == 0)
                        return words[i].severity;
        }
        return NULL;
}

void omg_audit_events_add_finding(OmgAuditEvents *events, const OmgAuditFinding *finding)
{
        g_autofree char *text = g_strdup_printf(
                "%s %s is affected by %s (%s)", finding->package, finding->version ?: "",
                finding->advisory ?: "a flaw", finding->state ?: "of unknown state");
        JsonBuilder *metadata = begin();

        put(metadata, "advisory", finding->advisory);
        put(metadata, "severity", finding->severity);
        put(metadata, "state", finding->state);
        put(metadata, "installed", finding->version);
        put(metadata, "fixed", finding->fixed);
        json_builder_set_member_name(metadata, "cves");
        json_builder_begin_array(metadata);
        for (const char *const *id = finding->ids; id && *id; id++)
                json_builder_add_string_value(metadata, *id);
        json_builder_end_array(metadata);
        omg_audit_events_add(events, OMG_AUDIT_VULNERABILITY_DETECTED,
                             get_finding_severity(finding->severity), finding->package, text,
                             finish(metadata));
}

void omg_audit_events_add_scan(OmgAuditEvents *events, guint n_packages, guint n_findings,
                               guint n_high, const GError *error)
{
        g_autofree char *text = NULL;
        JsonBuilder *metadata = begin();

        if (error) {
                text = g_strdup_printf("the audit failed: %s", error->message);
                put(metadata, "error", error->message);
        } else {
                text = g_strdup_printf(
                        "%u packages were audited, with %u findings, %u of them high", n_packages,
                        n_findings, n_high);
                put_number(metadata, "packages", n_packages);
                put_number(metadata, "findings", n_findings);
                put_number(metadata, "high", n_high);
        }
        omg_audit_events_add(events, OMG_AUDIT_SECURITY_AUDIT, error ? "error" : NULL, "packages",
                             text, finish(metadata));
}

/* ---- the bill of materials ---- */

void omg_audit_events_add_sbom(OmgAuditEvents *events, const char *format, const char *uuid,
                               guint n_components, guint n_vulnerabilities)
{
        g_autofree char *text =
                g_strdup_printf("a bill of materials of %u components, with %u vulnerabilities",
                                n_components, n_vulnerabilities);
        JsonBuilder *metadata = begin();

        put(metadata, "format", format);
        put(metadata, "serial", uuid);
        put_number(metadata, "components", n_components);
        put_number(metadata, "vulnerabilities", n_vulnerabilities);
        omg_audit_events_add(events, OMG_AUDIT_SBOM_GENERATED, NULL, "packages", text,
                             finish(metadata));
}

/* ---- omgd itself ---- */

void omg_audit_events_add_start(OmgAuditEvents *events, const char *version)
{
        g_autofree char *text = g_strdup_printf("omgd %s started", version);

        omg_audit_events_add(events, OMG_AUDIT_DAEMON_STARTED, NULL, "omgd", text, NULL);
}

void omg_audit_events_add_stop(OmgAuditEvents *events, const char *version, const char *reason)
{
        g_autofree char *text =
                g_strdup_printf("omgd %s stopped%s%s", version, reason ? ": " : "", reason ?: "");

        omg_audit_events_add(events, OMG_AUDIT_DAEMON_STOPPED, NULL, "omgd", text, NULL);
}
