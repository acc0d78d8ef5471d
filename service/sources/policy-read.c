/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/error.h"
#include "base/limits-policy.h"
#include "base/text.h"
#include "base/toml.h"
#include "sources/policy-private.h"

/* A message quotes what stands in the file. */
#define QUOTED_CHARS 60

typedef gboolean (*TakeFunc)(gpointer into, const OmgToml *value, GError **error);

typedef struct {
        const char *name;
        const char *full_name; /* in messages and documents */
        OmgTomlType type;
        TakeFunc take;
} Key;

static char *quote(const char *text)
{
        g_autofree char *stripped = omg_text_strip(text);
        g_autofree char *start = NULL;

        if (g_utf8_strlen(stripped, -1) <= QUOTED_CHARS)
                return g_steal_pointer(&stripped);
        start = g_utf8_substring(stripped, 0, QUOTED_CHARS);
        return g_strconcat(start, "...", NULL);
}

static G_GNUC_PRINTF(3, 4) gboolean
        refuse(const OmgToml *value, GError **error, const char *format, ...)
{
        g_autofree char *text = NULL;
        va_list arguments;
        guint line, column;

        omg_toml_get_position(value, &line, &column);
        va_start(arguments, format);
        text = g_strdup_vprintf(format, arguments);
        va_end(arguments);
        g_set_error(error, OMG_ERROR, OMG_ERROR_POLICY_INVALID, "line %u, column %u: %s", line,
                    column, text);
        return FALSE;
}

static gboolean refuse_text(const OmgToml *value, GError **error, const char *what,
                            const char *reason)
{
        g_autofree char *quoted = quote(omg_toml_get_string(value));

        return refuse(value, error, "%s: \"%s\" %s", what, quoted, reason);
}

/* A text of 1 to @most bytes. */
static gboolean check_text(const OmgToml *value, const char *what, gsize most, GError **error)
{
        const char *text = omg_toml_get_string(value);

        if (*text == '\0')
                return refuse(value, error, "%s: is empty", what);
        if (strlen(text) > most)
                return refuse(value, error, "%s: is longer than %" G_GSIZE_FORMAT " bytes", what,
                              most);
        return TRUE;
}

/* ---- what both kinds of table have in common ---- */

static const Key *find_key(const Key *keys, const char *name)
{
        for (; keys->name; keys++) {
                if (strcmp(keys->name, name) == 0)
                        return keys;
        }
        return NULL;
}

static gboolean check_type(const Key *key, const OmgToml *value, GError **error)
{
        if (omg_toml_get_type(value) == key->type)
                return TRUE;
        return refuse(value, error, "%s: is %s, not %s", key->full_name,
                      omg_toml_type_describe(omg_toml_get_type(value)),
                      omg_toml_type_describe(key->type));
}

/* @where: what follows "there is no key ..." for a key that is not there. */
static gboolean take_table(const Key *keys, const OmgToml *table, const char *where, gpointer into,
                           GError **error)
{
        for (guint i = 0; i < omg_toml_get_n_members(table); i++) {
                const OmgToml *value = omg_toml_get_member(table, i);
                const Key *key = find_key(keys, omg_toml_get_key(table, i));

                if (!key) {
                        g_autofree char *quoted = quote(omg_toml_get_key(table, i));
                        return refuse(value, error, "there is no key \"%s\"%s", quoted, where);
                }
                if (!check_type(key, value, error) || !key->take(into, value, error))
                        return FALSE;
        }
        return TRUE;
}

static gboolean check_n(const OmgToml *array, const char *what, GError **error)
{
        if (omg_toml_get_n_members(array) <= OMG_LIMIT_POLICY_ENTRIES)
                return TRUE;
        return refuse(array, error, "%s: has more than %u entries", what, OMG_LIMIT_POLICY_ENTRIES);
}

/* ---- [[ignore]] ---- */

static gboolean is_id_char(char c)
{
        return g_ascii_isalnum(c) || (c != '\0' && strchr("-_.:", c) != NULL);
}

static gboolean take_id(gpointer into, const OmgToml *value, GError **error)
{
        OmgPolicyIgnore *rule = into;
        const char *id = omg_toml_get_string(value);

        if (!check_text(value, "ignore.id", OMG_LIMIT_POLICY_ID, error))
                return FALSE;
        for (const char *at = id; *at != '\0'; at++) {
                if (!is_id_char(*at))
                        return refuse_text(value, error, "ignore.id",
                                           "is no advisory's id, such as AVG-2843 or "
                                           "CVE-2022-3602; it is no pattern");
        }
        rule->id = g_strdup(id);
        return TRUE;
}

static gboolean take_package(gpointer into, const OmgToml *value, GError **error)
{
        OmgPolicyIgnore *rule = into;
        const char *reason;

        if (!omg_policy_check_pattern(omg_toml_get_string(value), &reason))
                return refuse_text(value, error, "ignore.package", reason);
        rule->package = g_strdup(omg_toml_get_string(value));
        return TRUE;
}

static gboolean take_reason(gpointer into, const OmgToml *value, GError **error)
{
        OmgPolicyIgnore *rule = into;

        if (!check_text(value, "ignore.reason", OMG_LIMIT_POLICY_REASON, error))
                return FALSE;
        rule->reason = g_strdup(omg_toml_get_string(value));
        return TRUE;
}

/* The reader has checked that there is such a day. */
static gboolean take_expires(gpointer into, const OmgToml *value, GError **error)
{
        OmgPolicyIgnore *rule = into;
        const char *text = omg_toml_get_written(value);
        g_autofree char *midnight = g_strconcat(text, "T00:00:00Z", NULL);
        g_autoptr(GDateTime) day = NULL;
        g_autoptr(GDateTime) end = NULL;

        if (strlen(text) == strlen("2027-03-31") && text[4] == '-')
                day = g_date_time_new_from_iso8601(midnight, NULL);
        end = day ? g_date_time_add_days(day, 1) : NULL;
        if (!end || g_date_time_to_unix(end) < 0)
                return refuse(value, error, "ignore.expires: is no day, such as 2027-03-31");
        rule->expires = g_strdup(text);
        rule->until_usec = (guint64)g_date_time_to_unix(end) * G_USEC_PER_SEC;
        return TRUE;
}

static const Key ignore_keys[] = {
        {"id", "ignore.id", OMG_TOML_STRING, take_id},
        {"package", "ignore.package", OMG_TOML_STRING, take_package},
        {"reason", "ignore.reason", OMG_TOML_STRING, take_reason},
        {"expires", "ignore.expires", OMG_TOML_TIME, take_expires},
        {},
};

static gboolean check_rule(const OmgPolicyIgnore *rule, const OmgToml *table, GError **error)
{
        if (!rule->id && !rule->package)
                return refuse(table, error, "ignore: has neither id nor package");
        if (!rule->reason)
                return refuse(table, error, "ignore: has no reason");
        if (!rule->id && !rule->expires)
                return refuse(table, error,
                              "ignore: without an id it covers what nobody knows yet, so it needs "
                              "a day in expires");
        return TRUE;
}

static gboolean take_rule(OmgPolicy *policy, const OmgToml *table, GError **error)
{
        g_autoptr(OmgPolicyIgnore) rule = g_new0(OmgPolicyIgnore, 1);

        rule->until_usec = G_MAXUINT64;
        if (omg_toml_get_type(table) != OMG_TOML_TABLE)
                return refuse(table, error, "ignore: is no array of tables: [[ignore]]");
        if (!take_table(ignore_keys, table,
                        " in [[ignore]]; what is for the whole file stands before the first one",
                        rule, error) ||
            !check_rule(rule, table, error))
                return FALSE;
        g_ptr_array_add(policy->ignores, g_steal_pointer(&rule));
        return TRUE;
}

/* ---- the file ---- */

static gboolean take_ignores(gpointer into, const OmgToml *value, GError **error)
{
        if (!check_n(value, "ignore", error))
                return FALSE;
        for (guint i = 0; i < omg_toml_get_n_members(value); i++) {
                if (!take_rule(into, omg_toml_get_member(value, i), error))
                        return FALSE;
        }
        return TRUE;
}

static gboolean take_grade(gpointer into, const OmgToml *value, GError **error)
{
        OmgPolicy *policy = into;

        for (OmgGrade grade = OMG_GRADE_RISK; grade < OMG_N_GRADES; grade++) {
                if (g_str_equal(omg_toml_get_string(value), omg_grade_get_name(grade))) {
                        policy->minimum_grade = grade;
                        return TRUE;
                }
        }
        return refuse_text(value, error, "minimum_grade",
                           "is none of Risk, Community, Verified and Locked");
}

static gboolean take_aur(gpointer into, const OmgToml *value, GError **error)
{
        OmgPolicy *policy = into;

        (void)error;
        return omg_toml_get_boolean(value, &policy->allow_aur);
}

static gboolean take_maintainer_change(gpointer into, const OmgToml *value, GError **error)
{
        OmgPolicy *policy = into;

        (void)error;
        return omg_toml_get_boolean(value, &policy->allow_maintainer_change);
}

static gboolean take_pgp(gpointer into, const OmgToml *value, GError **error)
{
        OmgPolicy *policy = into;

        (void)error;
        return omg_toml_get_boolean(value, &policy->require_pgp);
}

static gboolean check_pattern(const OmgToml *value, const char *what, GError **error)
{
        const char *reason;

        if (omg_policy_check_pattern(omg_toml_get_string(value), &reason))
                return TRUE;
        return refuse_text(value, error, what, reason);
}

/* An id that SPDX lists, a reference that says to be one, or an old name of Arch's: a name that
 * nobody knows would be one that no package has. */
static gboolean is_known_licence(const char *text)
{
        g_autoptr(OmgSpdx) strict = omg_spdx_parse(text, NULL);
        g_autoptr(OmgSpdx) named = NULL;
        g_autofree char *form = NULL;

        if (strict && omg_spdx_is_listed(strict))
                return TRUE;
        named = omg_spdx_parse_name(text, NULL);
        form = named ? omg_spdx_dup_text(named) : NULL;
        return form && (!strstr(form, "Ref-") || g_str_has_prefix(text, "custom"));
}

static gboolean check_licence(const OmgToml *value, const char *what, GError **error)
{
        const char *const entries[] = {omg_toml_get_string(value), NULL};
        g_autoptr(GError) reason = NULL;
        g_autoptr(OmgSpdxAllowed) allowed = NULL;

        if (!check_text(value, what, OMG_LIMIT_POLICY_LICENCE, error))
                return FALSE;
        allowed = omg_spdx_allowed_new(entries, &reason);
        if (!allowed)
                return refuse(value, error, "%s: %s", what, reason->message);
        if (!is_known_licence(entries[0]))
                return refuse_text(value, error, what,
                                   "is no licence of the SPDX list; one of your own is "
                                   "LicenseRef-NAME");
        return TRUE;
}

/* An array of strings that each pass the check. */
static gboolean take_list(GPtrArray *list, const OmgToml *array, const char *what,
                          gboolean (*check)(const OmgToml *, const char *, GError **),
                          GError **error)
{
        if (!check_n(array, what, error))
                return FALSE;
        for (guint i = 0; i < omg_toml_get_n_members(array); i++) {
                const OmgToml *value = omg_toml_get_member(array, i);

                if (omg_toml_get_type(value) != OMG_TOML_STRING)
                        return refuse(value, error, "%s: has %s in it, not only strings", what,
                                      omg_toml_type_describe(omg_toml_get_type(value)));
                if (!check(value, what, error))
                        return FALSE;
                g_ptr_array_add(list, g_strdup(omg_toml_get_string(value)));
        }
        return TRUE;
}

static gboolean take_licences(gpointer into, const OmgToml *value, GError **error)
{
        OmgPolicy *policy = into;
        g_autoptr(GPtrArray) entries = g_ptr_array_new();

        if (!take_list(policy->allowed_licenses, value, "allowed_licenses", check_licence, error))
                return FALSE;
        if (policy->allowed_licenses->len == 0)
                return TRUE;
        g_ptr_array_extend(entries, policy->allowed_licenses, NULL, NULL);
        g_ptr_array_add(entries, NULL);
        policy->licenses = omg_spdx_allowed_new((const char *const *)entries->pdata, error);
        return policy->licenses != NULL;
}

static gboolean take_bans(gpointer into, const OmgToml *value, GError **error)
{
        OmgPolicy *policy = into;

        return take_list(policy->banned_packages, value, "banned_packages", check_pattern, error);
}

/* What such a name consists of. */
static gboolean check_user(const OmgToml *value, const char *what, GError **error)
{
        if (!check_text(value, what, OMG_LIMIT_POLICY_USER, error))
                return FALSE;
        for (const char *at = omg_toml_get_string(value); *at != '\0'; at++) {
                if (!g_ascii_isalnum(*at) && !strchr("-_.", *at))
                        return refuse_text(value, error, what,
                                           "is no name of a user of the AUR; it is no pattern");
        }
        return TRUE;
}

static gboolean take_maintainers(gpointer into, const OmgToml *value, GError **error)
{
        OmgPolicy *policy = into;

        return take_list(policy->trusted_maintainers, value, "trusted_maintainers", check_user,
                         error);
}

static const Key keys[] = {
        {"minimum_grade", "minimum_grade", OMG_TOML_STRING, take_grade},
        {"allow_aur", "allow_aur", OMG_TOML_BOOLEAN, take_aur},
        {"allow_maintainer_change", "allow_maintainer_change", OMG_TOML_BOOLEAN,
         take_maintainer_change},
        {"require_pgp", "require_pgp", OMG_TOML_BOOLEAN, take_pgp},
        {"allowed_licenses", "allowed_licenses", OMG_TOML_ARRAY, take_licences},
        {"banned_packages", "banned_packages", OMG_TOML_ARRAY, take_bans},
        {"trusted_maintainers", "trusted_maintainers", OMG_TOML_ARRAY, take_maintainers},
        {"ignore", "ignore", OMG_TOML_ARRAY, take_ignores},
        {},
};

const char *const *omg_policy_list_keys(void)
{
        static const char *const names[] = {
                "minimum_grade",    "allow_aur",       "allow_maintainer_change", "require_pgp",
                "allowed_licenses", "banned_packages", "trusted_maintainers",     "ignore.id",
                "ignore.package",   "ignore.reason",   "ignore.expires",          NULL,
        };

        /* Both tables end in an empty row, and one has a row for the other. */
        G_STATIC_ASSERT(G_N_ELEMENTS(names) == G_N_ELEMENTS(keys) - 2 + G_N_ELEMENTS(ignore_keys));
        return names;
}

gboolean omg_policy_read(OmgPolicy *policy, const char *text, gsize length, GError **error)
{
        g_autoptr(OmgToml) root = omg_toml_parse(text, length, error);

        return root && take_table(keys, root, "", policy, error);
}
