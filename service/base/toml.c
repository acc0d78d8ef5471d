/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/toml-private.h"

/* A smaller table is looked through. */
#define INDEXED_FROM 16

void omg_toml_free(OmgToml *value)
{
        if (!value)
                return;
        g_clear_pointer(&value->index, g_hash_table_unref);
        g_clear_pointer(&value->members, g_ptr_array_unref);
        g_free(value->text);
        g_free(value->key);
        g_free(value);
}

guint omg_toml_get_column(OmgTomlReader *reader)
{
        if (reader->counted_at < reader->line_start || reader->counted_at > reader->at) {
                reader->counted_at = reader->line_start;
                reader->n_counted = 0;
        }
        reader->n_counted += (guint)g_utf8_strlen(reader->text + reader->counted_at,
                                                  (gssize)(reader->at - reader->counted_at));
        reader->counted_at = reader->at;
        return 1 + reader->n_counted;
}

OmgToml *omg_toml_new(OmgTomlReader *reader, OmgTomlType type)
{
        OmgToml *value = g_new0(OmgToml, 1);

        value->type = type;
        value->line = reader->line;
        value->column = omg_toml_get_column(reader);
        if (type == OMG_TOML_ARRAY || type == OMG_TOML_TABLE)
                value->members = g_ptr_array_new_with_free_func((GDestroyNotify)omg_toml_free);
        return value;
}

static void make_index(OmgToml *table)
{
        table->index = g_hash_table_new(g_str_hash, g_str_equal);
        for (guint i = 0; i < table->members->len; i++) {
                OmgToml *member = table->members->pdata[i];
                (void)g_hash_table_insert(table->index, member->key, member);
        }
}

void omg_toml_add(OmgToml *container, char *key, OmgToml *value)
{
        value->key = key;
        g_ptr_array_add(container->members, value);
        if (container->index)
                (void)g_hash_table_insert(container->index, key, value);
        else if (key && container->members->len >= INDEXED_FROM)
                make_index(container);
}

OmgTomlType omg_toml_get_type(const OmgToml *value)
{
        return value->type;
}

const char *omg_toml_type_describe(OmgTomlType type)
{
        static const char *const words[] = {
                [OMG_TOML_STRING] = "a string", [OMG_TOML_INTEGER] = "a whole number",
                [OMG_TOML_FLOAT] = "a number",  [OMG_TOML_BOOLEAN] = "true or false",
                [OMG_TOML_TIME] = "a time",     [OMG_TOML_ARRAY] = "an array",
                [OMG_TOML_TABLE] = "a table",
        };

        return words[type];
}

void omg_toml_get_position(const OmgToml *value, guint *ret_line, guint *ret_column)
{
        *ret_line = value->line;
        *ret_column = value->column;
}

const OmgToml *omg_toml_lookup(const OmgToml *value, const char *key)
{
        if (!value || value->type != OMG_TOML_TABLE)
                return NULL;
        if (value->index)
                return g_hash_table_lookup(value->index, key);
        for (guint i = 0; i < value->members->len; i++) {
                const OmgToml *member = value->members->pdata[i];

                if (strcmp(member->key, key) == 0)
                        return member;
        }
        return NULL;
}

const char *omg_toml_get_string(const OmgToml *value)
{
        return value && value->type == OMG_TOML_STRING ? value->text : NULL;
}

gboolean omg_toml_get_integer(const OmgToml *value, gint64 *ret_integer)
{
        if (!value || value->type != OMG_TOML_INTEGER)
                return FALSE;
        *ret_integer = value->integer;
        return TRUE;
}

gboolean omg_toml_get_boolean(const OmgToml *value, gboolean *ret_boolean)
{
        if (!value || value->type != OMG_TOML_BOOLEAN)
                return FALSE;
        *ret_boolean = value->boolean;
        return TRUE;
}

const char *omg_toml_get_written(const OmgToml *value)
{
        return value && (value->type == OMG_TOML_FLOAT || value->type == OMG_TOML_TIME)
                       ? value->text
                       : NULL;
}

guint omg_toml_get_n_members(const OmgToml *value)
{
        return value && value->members ? value->members->len : 0;
}

const OmgToml *omg_toml_get_member(const OmgToml *value, guint index)
{
        return value->members->pdata[index];
}

const char *omg_toml_get_key(const OmgToml *value, guint index)
{
        return ((const OmgToml *)value->members->pdata[index])->key;
}
