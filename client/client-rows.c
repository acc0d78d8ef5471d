/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "client-rows.h"

#include <errno.h>
#include <glib/gi18n.h>

#include "base/limits.h"
#include "client.h"
#include "format.h"
#include "message-json.h"

#define MAX_TRIES 5 /* at each, the list had changed before it was read to its end */

static const char *const owner_fields[] = {"path", "package", NULL};

const OmgRowType omg_row_type_owner = {
        .reply_types = "a(ss)a{sv}",
        .fields = owner_fields,
        .without_extra = TRUE,
};

static const char *const package_fields[] = {
        "name", "version", "repository", "description", "installed-version", "flags", NULL,
};

static const OmgFlagName package_flags[] = {
        {1, "installed"},
        {2, "explicit"},
        {4, "orphan"},
        {8, "foreign"},
        {16, "upgradable"},
        {32, "vulnerable"},
        {64, "ignored"},
        {128, "out-of-date"},
        {256, "refused"},
        {512, "no-maintainer"},
        {1024, "maintainer-changed"},
        {0, NULL},
};

static const char *const update_fields[] = {
        "name",          "installed-version", "new-version", "repository",
        "download-size", "size-change",       "flags",       NULL,
};

#define UPDATE_AUR 8

static const OmgFlagName update_flags[] = {
        {1, "security"},
        {2, "ignored"},
        {4, "replaces"},
        {UPDATE_AUR, "aur"},
        {16, "reboot"},
        {32, "refused"},
        {64, "maintainer-changed"},
        {0, NULL},
};

const OmgRowType omg_row_type_package = {
        .reply_types = OMG_BUS_PACKAGE_TYPE "a{sv}",
        .fields = package_fields,
        .flags = package_flags,
};

static const char *const item_fields[] = {"name", "version", "source", NULL};

const OmgRowType omg_row_type_item = {
        .reply_types = "a(sssa{sv})asa{sv}",
        .fields = item_fields,
        .flags = package_flags,
};

const OmgRowType omg_row_type_update = {
        .reply_types = OMG_BUS_UPDATE_TYPE "a{sv}",
        .fields = update_fields,
        .flags = update_flags,
};

static const char *const group_fields[] = {"name", "packages", NULL};
static const char *const repository_fields[] = {"name", "readable", "time", NULL};
static const char *const history_fields[] = {
        "position", "time", "action", "package", "version", NULL,
};

const OmgRowType omg_row_type_group = {
        .reply_types = "a(su)a{sv}",
        .fields = group_fields,
        .without_extra = TRUE,
};

const OmgRowType omg_row_type_repository = {
        .reply_types = "a(sbta{sv})a{sv}",
        .fields = repository_fields,
};

static const char *const runtime_fields[] = {"name", "version", "source", "origin", "bin", NULL};

const OmgRowType omg_row_type_runtime = {
        .reply_types = "a(sssssa{sv})a{sv}",
        .fields = runtime_fields,
};

static const char *const vulnerability_fields[] = {
        "package", "installed", "fixed", "advisory", "severity", "state", "cves", NULL,
};

const OmgRowType omg_row_type_vulnerability = {
        .reply_types = "a(ssssssasa{sv})a{sv}",
        .fields = vulnerability_fields,
};

const OmgRowType omg_row_type_history = {
        .reply_types = "a(txsssa{sv})a{sv}",
        .fields = history_fields,
};

static const char *const log_fields[] = {
        "sequence", "time", "event", "severity", "actor", "resource", "description", NULL,
};

const OmgRowType omg_row_type_log = {
        .reply_types = "a(txsssssa{sv})a{sv}",
        .fields = log_fields,
};

const OmgRowType omg_row_type_path = {
        .reply_types = "asa{sv}",
};

/* A fetch under way. */
typedef struct {
        OmgClient *client;
        const OmgListCall *list;
        JsonArray *rows;
        JsonObject *meta; /* of the last page; NULL before the first */
} Fetch;

static void fetch_clear(Fetch *fetch)
{
        g_clear_pointer(&fetch->rows, json_array_unref);
        g_clear_pointer(&fetch->meta, json_object_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Fetch, fetch_clear)

static JsonArray *flag_names(const OmgFlagName *names, gint64 flags)
{
        JsonArray *array = json_array_new();

        for (; names->flag; names++)
                if (flags & names->flag)
                        json_array_add_string_element(array, names->name);
        return array;
}

static void add_extra(JsonObject *row, JsonObject *extra)
{
        g_autoptr(GList) names = json_object_get_members(extra);

        for (GList *l = names; l; l = l->next)
                if (!json_object_has_member(row, l->data))
                        json_object_set_member(row, l->data,
                                               json_object_dup_member(extra, l->data));
}

/* "" means "not installed" on the bus, and sizes of what the AUR has are 0 there, which nobody
 * knows; JSON can say it better. */
static void mark_absent(JsonObject *row, const OmgRowType *type)
{
        const char *installed = omg_json_get_string(row, "installed-version");
        if (installed && !*installed)
                json_object_set_null_member(row, "installed-version");
        if (type != &omg_row_type_update || !(omg_json_get_int(row, "flags", 0) & UPDATE_AUR))
                return;
        json_object_set_null_member(row, "download-size");
        json_object_set_null_member(row, "size-change");
}

static int read_row(sd_bus_message *reply, const OmgRowType *type, JsonArray *rows)
{
        g_autoptr(JsonNode) node = NULL;
        g_autoptr(JsonObject) row = json_object_new();
        guint n_fields;

        int r = omg_message_read_node(reply, &node);
        if (r < 0)
                return r;
        if (!type->fields) {
                json_array_add_element(rows, g_steal_pointer(&node));
                return 0;
        }
        n_fields = g_strv_length((char **)type->fields);
        JsonArray *values = json_node_get_array(node);
        if (json_array_get_length(values) != n_fields + !type->without_extra)
                return -EBADMSG;
        for (guint i = 0; i < n_fields; i++)
                json_object_set_member(row, type->fields[i], json_array_dup_element(values, i));
        if (!type->without_extra)
                add_extra(row, json_array_get_object_element(values, n_fields));
        if (type->flags)
                json_object_set_array_member(
                        row, "flag-names",
                        flag_names(type->flags, omg_json_get_int(row, "flags", 0)));
        mark_absent(row, type);
        json_array_add_object_element(rows, g_steal_pointer(&row));
        return 0;
}

int omg_rows_read(sd_bus_message *reply, const OmgRowType *type, JsonArray *rows)
{
        const char *contents = NULL;
        int n_rows = 0;

        int r = sd_bus_message_peek_type(reply, NULL, &contents);
        if (r > 0)
                r = sd_bus_message_enter_container(reply, SD_BUS_TYPE_ARRAY, contents);
        if (r < 0)
                return r;
        for (; (r = sd_bus_message_at_end(reply, FALSE)) == 0; n_rows++) {
                r = read_row(reply, type, rows);
                if (r < 0)
                        return r;
        }
        if (r > 0)
                r = sd_bus_message_exit_container(reply);
        return r < 0 ? r : n_rows;
}

/* Returns the number of rows read, or a negative errno. */
static int read_page(sd_bus_message *reply, Fetch *fetch)
{
        int n_rows = omg_rows_read(reply, fetch->list->type, fetch->rows);

        if (n_rows < 0)
                return n_rows;
        g_clear_pointer(&fetch->meta, json_object_unref);
        int r = omg_message_read_dictionary(reply, &fetch->meta);
        return r < 0 ? r : n_rows;
}

static int append_arguments(sd_bus_message *call, const Fetch *fetch, guint n_wanted)
{
        const OmgListCall *list = fetch->list;
        guint offset = json_array_get_length(fetch->rows);
        guint64 generation = fetch->meta ? omg_json_get_int(fetch->meta, "generation", 0) : 0;

        int r = list->query ? sd_bus_message_append(call, "s", list->query) : 0;
        if (r >= 0 && list->words)
                r = sd_bus_message_append_strv(call, (char **)list->words);
        if (r >= 0)
                r = sd_bus_message_open_container(call, SD_BUS_TYPE_ARRAY, "{sv}");
        if (r >= 0)
                r = sd_bus_message_append(call, "{sv}{sv}", "limit", "u", n_wanted, "offset", "u",
                                          offset);
        if (r >= 0 && fetch->meta)
                r = sd_bus_message_append(call, "{sv}", "generation", "t", generation);
        if (r >= 0 && list->append_options)
                r = list->append_options(call, list->data);
        return r < 0 ? r : sd_bus_message_close_container(call);
}

static int fetch_page(Fetch *fetch, guint n_wanted, sd_bus_error *error)
{
        g_autoptr(sd_bus_message) call = NULL;
        g_autoptr(sd_bus_message) reply = NULL;

        int r = omg_bus_new_call(fetch->client, fetch->list->interface ?: OMG_BUS_PACKAGES,
                                 fetch->list->member, &call);
        if (r >= 0)
                r = append_arguments(call, fetch, n_wanted);
        if (r < 0)
                return r;
        r = omg_bus_call(fetch->client, call, fetch->list->type->reply_types, &reply, error);
        return r < 0 ? r : read_page(reply, fetch);
}

static gboolean is_complete(const Fetch *fetch)
{
        guint n_rows = json_array_get_length(fetch->rows);
        guint limit = fetch->list->limit;

        if ((limit > 0 && n_rows >= limit) || n_rows >= OMG_LIMIT_PACKAGES)
                return TRUE;
        return omg_json_get_boolean(fetch->meta, "total-exact") &&
               n_rows >= omg_json_get_int(fetch->meta, "total", G_MAXINT64);
}

/* Returns 1 when the list is whole, 0 when its data changed meanwhile, or a negative errno. */
static int fetch_all(Fetch *fetch, sd_bus_error *error)
{
        guint limit = fetch->list->limit;
        gint64 generation = -1;

        for (;;) {
                guint left = limit > 0 ? limit - json_array_get_length(fetch->rows) : G_MAXUINT;
                guint n_wanted = MIN(left, OMG_LIMIT_ROWS);
                gboolean first = !fetch->meta;

                int r = fetch_page(fetch, n_wanted, error);
                if (r < 0 && !first && sd_bus_error_has_name(error, SD_BUS_ERROR_INVALID_ARGS))
                        return 0; /* the first page took the same options: it is the generation */
                if (r < 0)
                        return r;
                gint64 page_generation = omg_json_get_int(fetch->meta, "generation", 0);
                if (!first && page_generation != generation)
                        return 0;
                generation = page_generation;
                if ((guint)r < n_wanted || is_complete(fetch))
                        return 1;
        }
}

int omg_rows_fetch(OmgClient *client, const OmgListCall *list, JsonArray **ret_rows,
                   JsonObject **ret_meta, sd_bus_error *error)
{
        for (guint i = 0; i < MAX_TRIES; i++) {
                g_auto(Fetch) fetch = {client, list, json_array_new(), NULL};

                sd_bus_error_free(error);
                int r = fetch_all(&fetch, error);
                if (r < 0)
                        return r;
                if (r == 0)
                        continue;
                *ret_rows = g_steal_pointer(&fetch.rows);
                *ret_meta = g_steal_pointer(&fetch.meta);
                return 0;
        }
        sd_bus_error_free(error);
        return sd_bus_error_set(error, "org.omgd1.Error.Busy",
                                _("the data changed each time before the list was complete"));
}

void omg_rows_warn_errors(JsonArray *errors)
{
        for (guint i = 0; errors && i < json_array_get_length(errors); i++) {
                JsonObject *entry = json_array_get_object_element(errors, i);
                omg_output_warn("%s: %s", omg_json_get_string(entry, "source"),
                                omg_bus_short_name_and_text(omg_json_get_string(entry, "error")));
        }
}

void omg_rows_append_marks(OmgOutput *out, JsonObject *row)
{
        static const struct {
                gint64 flag; /* of PKG */
                const char *words;
        } marks[] = {{128, N_("out of date")},
                     {512, N_("no maintainer")},
                     {1024, N_("maintainer changed")}};
        gint64 flags = omg_json_get_int(row, "flags", 0);

        for (gsize i = 0; i < G_N_ELEMENTS(marks); i++)
                if (flags & marks[i].flag)
                        omg_output_append_format(out, " [%s]", _(marks[i].words));
}

/* Whether it is the AUR alone that something is wrong with. */
static gboolean is_about_aur(JsonObject *meta)
{
        JsonArray *errors = omg_json_get_array(meta, "errors");
        guint n = errors ? json_array_get_length(errors) : 0;

        for (guint i = 0; i < n; i++) {
                JsonObject *entry = json_array_get_object_element(errors, i);
                if (g_strcmp0(omg_json_get_string(entry, "source"), "aur") != 0)
                        return FALSE;
        }
        return n > 0;
}

static void warn_stale(JsonObject *meta)
{
        g_autofree char *date =
                omg_format_date(omg_json_get_int(meta, "as-of", 0) / G_USEC_PER_SEC);

        if (is_about_aur(meta))
                omg_output_warn(_("what is known of the AUR may be outdated; this is as of %s"),
                                date);
        else
                omg_output_warn(_("the databases could not be read again; this is as of %s"), date);
}

void omg_rows_warn(JsonObject *meta)
{
        if (omg_json_get_boolean(meta, "stale"))
                warn_stale(meta);
        if (json_object_has_member(meta, "complete") && !omg_json_get_boolean(meta, "complete"))
                omg_output_warn(_("part of the answer is missing"));
        omg_rows_warn_errors(omg_json_get_array(meta, "errors"));
}

void omg_rows_print_json(OmgClient *client, const char *key, JsonArray *rows, JsonObject *meta)
{
        g_autoptr(JsonObject) document = json_object_new();

        json_object_set_array_member(document, key, json_array_ref(rows));
        json_object_set_object_member(document, "meta", json_object_ref(meta));
        omg_output_json(&client->output, document);
}
