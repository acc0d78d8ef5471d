/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sources/omgd-conf-lines.h"

#include <string.h>

/* The numbers by "group\nkey" and "group\n": neither has a newline in it, and no key is empty. */
struct OmgConfLines {
        GHashTable *numbers;
};

static char *make_id(const char *group, const char *name)
{
        return g_strconcat(group, "\n", name, NULL);
}

static void add(OmgConfLines *self, const char *group, const char *name, guint number)
{
        g_hash_table_replace(self->numbers, make_id(group, name), GUINT_TO_POINTER(number));
}

static void add_group(OmgConfLines *self, const char *group, guint number)
{
        if (omg_conf_lines_find(self, group, NULL) == 0)
                add(self, group, "", number);
}

/* What GLib took for one: it has refused everything else. */
static void read_line(OmgConfLines *self, char *line, char **group, guint number)
{
        char *text = line + strspn(line, " \t\n\v\f\r");
        char *end = strchr(text, *text == '[' ? ']' : '=');

        if (*text == '\0' || *text == '#' || !end)
                return;
        *end = '\0';
        if (*text == '[') {
                g_free(*group);
                *group = g_strdup(text + 1);
                add_group(self, *group, number);
        } else if (*group) {
                add(self, *group, g_strchomp(text), number);
        }
}

OmgConfLines *omg_conf_lines_new(const char *text, gsize length)
{
        OmgConfLines *self = g_new0(OmgConfLines, 1);
        g_autofree char *copy = g_strndup(text, length);
        g_autofree char *group = NULL;
        guint number = 1;

        self->numbers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        for (char *line = copy, *next; line; line = next, number++) {
                next = strchr(line, '\n');
                if (next)
                        *next++ = '\0';
                read_line(self, line, &group, number);
        }
        return self;
}

void omg_conf_lines_free(OmgConfLines *self)
{
        if (!self)
                return;
        g_hash_table_unref(self->numbers);
        g_free(self);
}

guint omg_conf_lines_find(const OmgConfLines *self, const char *group, const char *name)
{
        g_autofree char *id = make_id(group, name ?: "");

        return GPOINTER_TO_UINT(g_hash_table_lookup(self->numbers, id));
}

guint omg_conf_lines_count(const char *text, gsize offset)
{
        guint number = 1;

        for (gsize i = 0; i < offset; i++)
                number += text[i] == '\n';
        return number;
}

static gboolean is_good(const char *text, gsize length)
{
        g_autoptr(GKeyFile) file = g_key_file_new();

        return length == 0 ||
               g_key_file_load_from_data(file, text, length, G_KEY_FILE_KEEP_TRANSLATIONS, NULL);
}

/* GLib stops at the first line that it cannot take, so that whole lines before it are good, and all
 * with it are not: halving finds it without a second opinion on what a key file is. */
guint omg_conf_lines_find_bad(const char *text, gsize length)
{
        g_autoptr(GArray) ends = g_array_new(FALSE, FALSE, sizeof(gsize));
        guint good = 0;
        guint bad;

        for (gsize i = 0; i < length; i++) {
                const gsize end = i + 1;
                if (text[i] == '\n' || end == length)
                        g_array_append_val(ends, end);
        }
        bad = ends->len;
        if (is_good(text, length))
                return 0;
        while (bad - good > 1) {
                const guint middle = good + (bad - good) / 2;
                if (is_good(text, g_array_index(ends, gsize, middle - 1)))
                        good = middle;
                else
                        bad = middle;
        }
        return bad;
}
