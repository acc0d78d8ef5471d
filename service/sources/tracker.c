/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sources/tracker.h"

#include <string.h>

#include "base/error.h"
#include "base/limits-advisories.h"
#include "base/text.h"
#include "sources/outside-json.h"

void omg_tracker_group_free(OmgTrackerGroup *group)
{
        if (!group)
                return;
        g_free(group->id);
        g_strfreev(group->packages);
        g_free(group->type);
        g_free(group->affected);
        g_free(group->fixed);
        g_free(group->ticket);
        g_strfreev(group->issues);
        g_strfreev(group->advisories);
        g_strfreev(group->references);
        g_free(group->notes);
        g_free(group);
}

void omg_tracker_feed_free(OmgTrackerFeed *feed)
{
        if (!feed)
                return;
        g_ptr_array_unref(feed->groups);
        g_free(feed->reason);
        g_free(feed);
}

/* Printable ASCII without blanks, of a length that ids and versions have. */
static gboolean is_word(const char *text)
{
        gsize length = text ? strlen(text) : 0;

        for (gsize i = 0; i < length; i++)
                if (text[i] <= ' ' || text[i] > '~')
                        return FALSE;
        return length > 0 && length <= OMG_LIMIT_ADVISORY_VERSION;
}

/* The digits behind @prefix, or NULL. */
static const char *get_digits(const char *text, const char *prefix)
{
        if (!is_word(text) || !g_str_has_prefix(text, prefix))
                return NULL;
        const char *digits = text + strlen(prefix);
        return *digits && strspn(digits, "0123456789") == strlen(digits) ? digits : NULL;
}

#define ID_LENGTH 32u

gboolean omg_tracker_id_check(const char *id)
{
        return get_digits(id, "AVG-") != NULL && strlen(id) <= ID_LENGTH;
}

guint64 omg_tracker_id_get_number(const char *id)
{
        return MIN(g_ascii_strtoull(id + strlen("AVG-"), NULL, 10), (guint64)G_MAXINT64);
}

static gboolean is_package(const char *text)
{
        return is_word(text) && omg_package_name_check(text, NULL) && !strchr(text, '/');
}

/* Numbers without leading zeros' weight: the longer is the larger. */
static int compare_digits(const char *a, const char *b)
{
        a += strspn(a, "0");
        b += strspn(b, "0");
        gsize x = strlen(a), y = strlen(b);
        return x != y ? (x < y ? -1 : 1) : strcmp(a, b);
}

static int compare_groups(gconstpointer a, gconstpointer b)
{
        const OmgTrackerGroup *x = *(const OmgTrackerGroup *const *)a;
        const OmgTrackerGroup *y = *(const OmgTrackerGroup *const *)b;

        int order = compare_digits(x->id + 4, y->id + 4);

        return order != 0 ? order : strcmp(x->id, y->id);
}

/* "CVE-2022-1537" newest first: by year, then by number; anything else behind them. */
static int compare_issues(gconstpointer a, gconstpointer b)
{
        const char *x = *(const char *const *)a, *y = *(const char *const *)b;
        gboolean both = strlen(x) > 9 && strlen(y) > 9;
        int years = strncmp(y, x, 9);

        return both && years == 0 ? -compare_digits(x + 9, y + 9) : years ? years : strcmp(x, y);
}

static gboolean refuse(char **ret_reason, const char *key, const char *what)
{
        *ret_reason = g_strdup_printf("\"%s\" %s", key, what);
        return FALSE;
}

typedef struct {
        const char *key;
        gboolean (*is_good)(const char *text);
        GCompareFunc compare;
        guint at_least;
} ListRule;

static gboolean read_list(JsonObject *object, const ListRule *rule, GStrv *ret_list,
                          char **ret_reason)
{
        JsonArray *array = omg_outside_json_array(object, rule->key);
        guint n = array ? json_array_get_length(array) : 0;
        g_autoptr(GPtrArray) texts = g_ptr_array_new();

        if (!array && !(rule->at_least == 0 && omg_outside_json_is_null(object, rule->key)))
                return refuse(ret_reason, rule->key, "is no list");
        if (n < rule->at_least)
                return refuse(ret_reason, rule->key, "is empty");
        if (n > OMG_LIMIT_TRACKER_LIST)
                return refuse(ret_reason, rule->key, "has too many in it");
        for (guint i = 0; i < n; i++) {
                const char *text = omg_outside_json_string_at(array, i);
                if (!text || !rule->is_good(text))
                        return refuse(ret_reason, rule->key, "has something strange in it");
                g_ptr_array_add(texts, (char *)text);
        }
        *ret_list = omg_text_make_list(texts, rule->compare);
        return TRUE;
}

static gboolean read_lists(JsonObject *object, OmgTrackerGroup *group, char **ret_reason)
{
        static const ListRule packages = {"packages", is_package, omg_text_compare_pointers, 1};
        static const ListRule issues = {"issues", is_word, compare_issues, 0};
        static const ListRule advisories = {"advisories", is_word, omg_text_compare_pointers, 0};

        return read_list(object, &packages, &group->packages, ret_reason) &&
               read_list(object, &issues, &group->issues, ret_reason) &&
               read_list(object, &advisories, &group->advisories, ret_reason);
}

static gboolean read_versions(JsonObject *object, OmgTrackerGroup *group, char **ret_reason)
{
        const char *affected = omg_outside_json_string(object, "affected");
        const char *fixed = omg_outside_json_string(object, "fixed");

        if (!is_word(affected))
                return refuse(ret_reason, "affected", "is no version");
        if (!omg_outside_json_is_null(object, "fixed") && !is_word(fixed))
                return refuse(ret_reason, "fixed", "is no version");
        group->affected = g_strdup(affected);
        group->fixed = g_strdup(fixed);
        return TRUE;
}

static void read_words(JsonObject *object, OmgTrackerGroup *group)
{
        const char *status = omg_outside_json_string(object, "status");
        const char *type = omg_outside_json_string(object, "type");
        const char *ticket = omg_outside_json_string(object, "ticket");

        for (guint i = 0; status && i < OMG_TRACKER_N; i++)
                if (strcmp(status, omg_tracker_status_get_word(i)) == 0)
                        group->status = i;
        group->severity = omg_severity_from_word(omg_outside_json_string(object, "severity"));
        group->type = type && *type && strlen(type) <= OMG_LIMIT_ADVISORY_TEXT
                              ? g_strdup(type)
                              : g_strdup("unknown");
        group->ticket = is_word(ticket) ? g_strdup(ticket) : NULL;
        group->references = omg_outside_json_links(object, "references", NULL);
        group->notes = omg_outside_json_cut(omg_outside_json_string(object, "notes"),
                                            OMG_LIMIT_ADVISORY_NOTES);
}

/* NULL with the reason why it makes no sense. */
static OmgTrackerGroup *read_group(JsonObject *object, char **ret_reason)
{
        g_autoptr(OmgTrackerGroup) group = g_new0(OmgTrackerGroup, 1);

        if (!object) {
                *ret_reason = g_strdup("is no object");
                return NULL;
        }
        if (!omg_tracker_id_check(omg_outside_json_string(object, "name"))) {
                refuse(ret_reason, "name", "is no AVG-<number>");
                return NULL;
        }
        group->id = g_strdup(omg_outside_json_string(object, "name"));
        if (!read_lists(object, group, ret_reason) || !read_versions(object, group, ret_reason))
                return NULL;
        read_words(object, group);
        return g_steal_pointer(&group);
}

static void drop(OmgTrackerFeed *feed, JsonObject *object, guint index, const char *reason)
{
        const char *name = object ? omg_outside_json_string(object, "name") : NULL;

        if (feed->n_dropped++ == 0)
                feed->reason = g_strdup_printf("entry %u (%s): %s", index + 1,
                                               is_word(name) ? name : "without a name", reason);
}

static gboolean fill(OmgTrackerFeed *feed, JsonArray *array)
{
        g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

        for (guint i = 0; i < json_array_get_length(array); i++) {
                JsonObject *object = omg_outside_json_object_at(array, i);
                g_autofree char *reason = NULL;
                g_autoptr(OmgTrackerGroup) group = read_group(object, &reason);
                if (group && g_hash_table_contains(seen, group->id))
                        drop(feed, object, i, "stands twice");
                else if (!group)
                        drop(feed, object, i, reason);
                else {
                        (void)g_hash_table_add(seen, group->id);
                        g_ptr_array_add(feed->groups, g_steal_pointer(&group));
                }
        }
        g_ptr_array_sort(feed->groups, compare_groups);
        return feed->groups->len > 0;
}

OmgTrackerFeed *omg_tracker_parse(GBytes *bytes, GError **error)
{
        g_autoptr(JsonNode) root = omg_outside_json_load(bytes, OMG_LIMIT_TRACKER_FEED,
                                                         OMG_LIMIT_TRACKER_DEPTH, error);
        g_autoptr(OmgTrackerFeed) feed = g_new0(OmgTrackerFeed, 1);

        feed->groups = g_ptr_array_new_with_free_func((GDestroyNotify)omg_tracker_group_free);
        if (!root) {
                g_prefix_error(error, "the tracker's list ");
                return NULL;
        }
        JsonArray *array = JSON_NODE_HOLDS_ARRAY(root) ? json_node_get_array(root) : NULL;
        guint n = array ? json_array_get_length(array) : 0;
        if (n == 0 || n > OMG_LIMIT_TRACKER_GROUPS) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_UPSTREAM_INVALID, "the tracker's list %s",
                            !array   ? "is no list"
                            : n == 0 ? "has nothing in it"
                                     : "has too many groups");
                return NULL;
        }
        if (!fill(feed, array)) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_UPSTREAM_INVALID,
                            "the tracker's list has no group that makes sense: %s", feed->reason);
                return NULL;
        }
        return g_steal_pointer(&feed);
}

OmgTrackerGroup *omg_tracker_group_parse(GBytes *bytes, GError **error)
{
        g_autoptr(JsonNode) root = omg_outside_json_load(bytes, OMG_LIMIT_TRACKER_GROUP,
                                                         OMG_LIMIT_TRACKER_DEPTH, error);
        g_autofree char *reason = NULL;

        if (!root) {
                g_prefix_error(error, "the tracker's group ");
                return NULL;
        }
        JsonObject *object = JSON_NODE_HOLDS_OBJECT(root) ? json_node_get_object(root) : NULL;
        OmgTrackerGroup *group = read_group(object, &reason);
        if (!group)
                g_set_error(error, OMG_ERROR, OMG_ERROR_UPSTREAM_INVALID, "the tracker's group: %s",
                            reason);
        return group;
}

gboolean omg_tracker_group_equal(const OmgTrackerGroup *a, const OmgTrackerGroup *b)
{
        return strcmp(a->id, b->id) == 0 && a->status == b->status && a->severity == b->severity &&
               strcmp(a->type, b->type) == 0 && strcmp(a->affected, b->affected) == 0 &&
               g_strcmp0(a->fixed, b->fixed) == 0 && g_strcmp0(a->ticket, b->ticket) == 0 &&
               g_strv_equal((const char *const *)a->packages, (const char *const *)b->packages) &&
               g_strv_equal((const char *const *)a->issues, (const char *const *)b->issues) &&
               g_strv_equal((const char *const *)a->advisories, (const char *const *)b->advisories);
}
