/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/osv-names.h"

#include <string.h>

#include "base/ecosystem.h"
#include "base/error.h"
#include "base/file.h"
#include "base/limits.h"
#include "engine/verdict.h"

typedef struct {
        char *text;
        gsize len;
        const char *ecosystem; /* static or interned; NULL: never asked */
} Prefix;

typedef struct {
        guint n;
        OmgOsvTarget targets[]; /* names are owned */
} Entry;

struct OmgOsvNames {
        gatomicrefcount ref_count;
        GArray *prefixes;     /* Prefix, longest first */
        GHashTable *packages; /* name → Entry */
        GHashTable *runtimes;
};

static void prefix_clear(Prefix *prefix)
{
        g_free(prefix->text);
}

static void entry_free(Entry *entry)
{
        for (guint i = 0; i < entry->n; i++)
                g_free((char *)entry->targets[i].name);
        g_free(entry);
}

static gboolean refuse(GError **error, const char *group, const char *key, const char *what)
{
        g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS, "[%s] %s: %s", group, key, what);
        return FALSE;
}

/* One that omgd can put in order: OSV refuses a whole batch for one that it does not know. */
static const char *find_ecosystem(const char *word)
{
        if (strcmp(word, "crates") == 0)
                return OMG_ECOSYSTEM_RUST;
        return omg_ecosystem_get_order(word) != OMG_ORDER_NONE ? g_intern_string(word) : NULL;
}

static gboolean is_name(const char *name)
{
        gsize length = strlen(name);

        for (gsize i = 0; i < length; i++)
                if (name[i] <= ' ' || name[i] > '~')
                        return FALSE;
        return length > 0 && length <= OMG_LIMIT_PACKAGE_NAME;
}

static gboolean read_target(const char *text, OmgOsvTarget *ret_target)
{
        const char *colon = strchr(text, ':');
        g_autofree char *word = colon ? g_strndup(text, (gsize)(colon - text)) : NULL;
        const char *ecosystem = word ? find_ecosystem(word) : NULL;

        if (!ecosystem || !is_name(colon + 1))
                return FALSE;
        *ret_target = (OmgOsvTarget){ecosystem, omg_ecosystem_normalise(ecosystem, colon + 1)};
        return TRUE;
}

static gboolean add_entry(GHashTable *table, GKeyFile *file, const char *group, const char *key,
                          GError **error)
{
        gsize n = 0;
        g_auto(GStrv) texts = g_key_file_get_string_list(file, group, key, &n, NULL);

        if (!texts)
                return refuse(error, group, key, "is no text");
        if (n > OMG_LIMIT_OSV_TARGETS)
                return refuse(error, group, key, "has too many names");
        Entry *entry = g_malloc0(sizeof(Entry) + n * sizeof(OmgOsvTarget));
        for (; entry->n < n; entry->n++)
                if (!read_target(texts[entry->n], &entry->targets[entry->n])) {
                        entry_free(entry);
                        return refuse(error, group, key,
                                      "is no Ecosystem:name of an ecosystem that omgd knows");
                }
        g_hash_table_replace(table, g_strdup(key), entry);
        return TRUE;
}

static gboolean add_prefix(OmgOsvNames *names, GKeyFile *file, const char *group, const char *key,
                           GError **error)
{
        g_autofree char *word = g_key_file_get_string(file, group, key, NULL);
        Prefix prefix = {.len = strlen(key)};

        prefix.ecosystem = word && *word ? find_ecosystem(word) : NULL;
        if (!word || (*word && !prefix.ecosystem))
                return refuse(error, group, key, "is no ecosystem that omgd knows");
        for (guint i = 0; i < names->prefixes->len; i++) {
                Prefix *other = &g_array_index(names->prefixes, Prefix, i);
                if (strcmp(other->text, key) == 0) {
                        other->ecosystem = prefix.ecosystem;
                        return TRUE;
                }
        }
        prefix.text = g_strdup(key);
        g_array_append_val(names->prefixes, prefix);
        return TRUE;
}

static gboolean read_group(OmgOsvNames *names, GKeyFile *file, const char *group, GError **error)
{
        g_auto(GStrv) keys = g_key_file_get_keys(file, group, NULL, NULL);
        GHashTable *table = strcmp(group, "Packages") == 0   ? names->packages
                            : strcmp(group, "Runtimes") == 0 ? names->runtimes
                                                             : NULL;

        if (!table && strcmp(group, "Prefixes") != 0)
                return refuse(error, group, "", "is none of Prefixes, Packages and Runtimes");
        for (guint i = 0; keys && keys[i]; i++) {
                if (!is_name(keys[i]))
                        return refuse(error, group, keys[i], "is no name");
                if (!(table ? add_entry(table, file, group, keys[i], error)
                            : add_prefix(names, file, group, keys[i], error)))
                        return FALSE;
        }
        return TRUE;
}

static gboolean read_text(OmgOsvNames *names, GBytes *bytes, GError **error)
{
        g_autoptr(GKeyFile) file = g_key_file_new();
        g_autoptr(GError) fault = NULL;

        if (g_bytes_get_size(bytes) > OMG_LIMIT_OSV_NAMES_FILE)
                return refuse(error, "", "", "the file is too long");
        if (g_bytes_get_size(bytes) == 0)
                return TRUE;
        if (!g_key_file_load_from_bytes(file, bytes, G_KEY_FILE_NONE, &fault)) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS, "%s", fault->message);
                return FALSE;
        }
        g_auto(GStrv) groups = g_key_file_get_groups(file, NULL);
        for (guint i = 0; groups[i]; i++)
                if (!read_group(names, file, groups[i], error))
                        return FALSE;
        return TRUE;
}

static int compare_prefixes(gconstpointer a, gconstpointer b)
{
        const Prefix *x = a, *y = b;

        return x->len != y->len ? (x->len > y->len ? -1 : 1) : strcmp(x->text, y->text);
}

OmgOsvNames *omg_osv_names_new(GBytes *const *texts, guint n, guint *ret_index, GError **error)
{
        g_autoptr(OmgOsvNames) names = g_new0(OmgOsvNames, 1);

        g_atomic_ref_count_init(&names->ref_count);
        names->prefixes = g_array_new(FALSE, FALSE, sizeof(Prefix));
        g_array_set_clear_func(names->prefixes, (GDestroyNotify)prefix_clear);
        names->packages =
                g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)entry_free);
        names->runtimes =
                g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)entry_free);
        for (guint i = 0; i < n; i++)
                if (!read_text(names, texts[i], error)) {
                        if (ret_index)
                                *ret_index = i;
                        return NULL;
                }
        g_array_sort(names->prefixes, compare_prefixes);
        return g_steal_pointer(&names);
}

OmgOsvNames *omg_osv_names_load(const char *const *paths, GError **error)
{
        g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
        g_autoptr(GPtrArray) read = g_ptr_array_new();
        guint index = 0;

        for (guint i = 0; paths[i]; i++) {
                g_autoptr(GError) fault = NULL;
                GBytes *bytes;
                if (omg_file_read(paths[i], OMG_LIMIT_OSV_NAMES_FILE, &bytes, &fault)) {
                        g_ptr_array_add(texts, bytes);
                        g_ptr_array_add(read, (char *)paths[i]);
                } else if (!g_error_matches(fault, OMG_ERROR, OMG_ERROR_DATABASE_MISSING)) {
                        g_propagate_error(error, g_steal_pointer(&fault));
                        return NULL;
                }
        }
        OmgOsvNames *names =
                omg_osv_names_new((GBytes *const *)texts->pdata, texts->len, &index, error);
        if (!names)
                g_prefix_error(error, "%s: ", (char *)g_ptr_array_index(read, index));
        return names;
}

OmgOsvNames *omg_osv_names_ref(OmgOsvNames *names)
{
        g_atomic_ref_count_inc(&names->ref_count);
        return names;
}

void omg_osv_names_unref(OmgOsvNames *names)
{
        if (!names || !g_atomic_ref_count_dec(&names->ref_count))
                return;
        g_array_unref(names->prefixes);
        g_hash_table_unref(names->packages);
        g_hash_table_unref(names->runtimes);
        g_free(names);
}

static guint copy_entry(const Entry *entry, OmgOsvTarget *targets)
{
        for (guint i = 0; i < entry->n; i++)
                targets[i] = entry->targets[i];
        return entry->n;
}

guint omg_osv_names_find(const OmgOsvNames *names, const char *package, GString *buffer,
                         OmgOsvTarget *targets)
{
        const Entry *entry = g_hash_table_lookup(names->packages, package);

        if (entry)
                return copy_entry(entry, targets);
        for (guint i = 0; i < names->prefixes->len; i++) {
                const Prefix *prefix = &g_array_index(names->prefixes, Prefix, i);
                if (strncmp(package, prefix->text, prefix->len) != 0)
                        continue;
                if (!prefix->ecosystem || package[prefix->len] == '\0')
                        return 0;
                g_autofree char *name =
                        omg_ecosystem_normalise(prefix->ecosystem, package + prefix->len);
                g_string_assign(buffer, name);
                targets[0] = (OmgOsvTarget){prefix->ecosystem, buffer->str};
                return 1;
        }
        return 0;
}

guint omg_osv_names_find_runtime(const OmgOsvNames *names, const char *runtime,
                                 OmgOsvTarget *targets)
{
        const Entry *entry = g_hash_table_lookup(names->runtimes, runtime);

        return entry ? copy_entry(entry, targets) : 0;
}

gboolean omg_osv_names_may_ask(const char *repository, gboolean is_in_aur)
{
        return repository ? omg_repository_is_official(repository) : is_in_aur;
}

const char *omg_osv_upstream_version(const char *version, GString *buffer)
{
        gsize digits = strspn(version, "0123456789");
        const char *dash = strrchr(version, '-');

        g_string_assign(buffer, version);
        if (dash)
                g_string_truncate(buffer, (gsize)(dash - version));
        if (digits < buffer->len && version[digits] == ':')
                g_string_erase(buffer, 0, (gssize)digits + 1);
        return buffer->str;
}

const char *omg_osv_runtime_version(const char *ecosystem, const char *version, GString *buffer)
{
        guint dots = 0;

        g_string_assign(buffer, version);
        if (omg_ecosystem_get_order(ecosystem) != OMG_ORDER_SEMVER ||
            strspn(version, "0123456789.") != strlen(version))
                return buffer->str;
        for (const char *c = version; *c; c++)
                dots += *c == '.';
        for (; dots < 2; dots++)
                g_string_append(buffer, ".0");
        return buffer->str;
}
