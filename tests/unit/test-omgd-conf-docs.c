/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The man page omgd.conf(5) and the example omgd.conf name every key once, with the value that it
 * has without any file, and no others. */
#include <glib.h>
#include <string.h>

#include "sources/omgd-conf-keys.h"

/* A key as a document has it. */
typedef struct {
        char *id; /* "group/name" */
        char *value;
} Named;

static void named_clear(gpointer data)
{
        Named *named = data;

        g_free(named->id);
        g_free(named->value);
}

static char *read_document(const char *name)
{
        g_autofree char *path = g_test_build_filename(G_TEST_DIST, "..", "..", "docs", name, NULL);
        g_autoptr(GError) error = NULL;
        char *text;

        g_file_get_contents(path, &text, NULL, &error);
        g_assert_no_error(error);
        return text;
}

/* What the expression finds of a group (1), or of a name (2) and its value (3), line by line. */
static GArray *find_keys(const char *text, const char *pattern)
{
        g_autoptr(GRegex) regex = g_regex_new(pattern, G_REGEX_MULTILINE, 0, NULL);
        g_autoptr(GMatchInfo) match = NULL;
        g_autofree char *group = g_strdup("");
        GArray *keys = g_array_new(FALSE, FALSE, sizeof(Named));

        g_assert_nonnull(regex);
        g_array_set_clear_func(keys, named_clear);
        for ((void)g_regex_match(regex, text, 0, &match); g_match_info_matches(match);
             (void)g_match_info_next(match, NULL)) {
                g_autofree char *found = g_match_info_fetch(match, 1);
                g_autofree char *name = g_match_info_fetch(match, 2);
                Named named;

                if (*found != '\0') {
                        g_free(group);
                        group = g_steal_pointer(&found);
                        continue;
                }
                named.id = g_strdup_printf("%s/%s", group, name);
                named.value = g_match_info_fetch(match, 3);
                g_array_append_val(keys, named);
        }
        return keys;
}

/* Whether it takes the value, and that changes nothing. */
static void check_value(const OmgConfKey *key, const char *value)
{
        g_autofree char *reason = NULL;
        OmgConf before;
        OmgConf after;

        omg_conf_init(&before);
        memset(&after, 0, sizeof(after));
        omg_conf_init(&after);
        if (!omg_conf_key_take(key, &after, value, &reason))
                g_error("[%s] %s: \"%s\" %s", key->group, key->name, value, reason);
        if (memcmp(&G_STRUCT_MEMBER(char, &before, key->offset),
                   &G_STRUCT_MEMBER(char, &after, key->offset),
                   key->preset_url ? strlen(key->preset_url) + 1 : sizeof(guint)) != 0)
                g_error("[%s] %s is not \"%s\" without a file", key->group, key->name, value);
}

static void check_document(const GArray *named)
{
        g_autoptr(GHashTable) rest = g_hash_table_new(g_str_hash, g_str_equal);

        for (guint i = 0; i < named->len; i++) {
                const Named *one = &g_array_index(named, Named, i);
                if (!g_hash_table_insert(rest, one->id, one->value))
                        g_error("%s is named twice", one->id);
        }
        for (gsize i = 0; i < OMG_CONF_N_KEYS; i++) {
                const OmgConfKey *key = &omg_conf_keys[i];
                g_autofree char *id = g_strdup_printf("%s/%s", key->group, key->name);
                const char *value = g_hash_table_lookup(rest, id);

                if (!value)
                        g_error("%s is not named", id);
                check_value(key, value);
                g_hash_table_remove(rest, id);
        }
        g_assert_cmpuint(g_hash_table_size(rest), ==, 0);
}

static void test_man_page(void)
{
        g_autofree char *text = read_document("omgd.conf.5");
        g_auto(GStrv) plain = g_strsplit(text, "\\-", -1);
        g_autofree char *joined = g_strjoinv("-", plain);
        g_autoptr(GArray) keys = find_keys(joined, "^\\.SS \\[([^]]+)\\]$|^\\.BR (\\S+)= (\\S+)$");

        check_document(keys);
}

/* As it is shipped it sets nothing; without its comment signs it sets what is so anyway. */
static void test_example(void)
{
        g_autofree char *text = read_document("omgd.conf");
        g_autoptr(GArray) keys = find_keys(text, "^\\[([^]]+)\\]$|^#(\\S+)=(.*)$");
        g_autoptr(GBytes) bytes = g_bytes_new_static(text, strlen(text));
        g_autoptr(OmgConfMessages) messages = omg_conf_messages_new();
        OmgConf conf;

        check_document(keys);
        omg_conf_init(&conf);
        omg_conf_read(&conf, &(OmgConfFile){.path = "omgd.conf", .bytes = bytes}, 1, messages);
        g_assert_cmpuint(messages->errors->len, ==, 0);
        g_assert_cmpuint(messages->warnings->len, ==, 0);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/omgd-conf-docs/man-page", test_man_page);
        g_test_add_func("/omgd-conf-docs/example", test_example);
        return g_test_run();
}
