/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/json-lines.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/memory-file.h"
#include "engine/json-text.h"

#define BLOCK (64u << 10)

struct OmgJsonLines {
        OmgMemoryFile *file;
        GString *block;
        gboolean in_line;
        guint n_lines;
        OmgIsCancelled is_cancelled;
        gconstpointer userdata;
};

OmgJsonLines *omg_json_lines_new(OmgIsCancelled is_cancelled, gconstpointer userdata,
                                 GError **error)
{
        OmgMemoryFile *file = omg_memory_file_new("omgd-list", OMG_LIMIT_LIST_FILE, error);
        OmgJsonLines *self;

        if (!file)
                return NULL;
        self = g_new(OmgJsonLines, 1);
        *self = (OmgJsonLines){
                .file = file,
                .block = g_string_sized_new(BLOCK),
                .is_cancelled = is_cancelled,
                .userdata = userdata,
        };
        return self;
}

void omg_json_lines_free(OmgJsonLines *self)
{
        if (!self)
                return;
        omg_memory_file_free(self->file);
        (void)g_string_free(self->block, TRUE);
        g_free(self);
}

static void add_key(OmgJsonLines *self, const char *key)
{
        g_string_append(self->block, self->in_line ? ", \"" : "{\"");
        g_string_append(self->block, key);
        g_string_append(self->block, "\": ");
        self->in_line = TRUE;
}

void omg_json_lines_add_span(OmgJsonLines *self, const char *key, const char *value, gsize length)
{
        add_key(self, key);
        omg_json_append_text(self->block, value, length);
}

void omg_json_lines_add_string(OmgJsonLines *self, const char *key, const char *value)
{
        omg_json_lines_add_span(self, key, value, strlen(value));
}

void omg_json_lines_add_strv(OmgJsonLines *self, const char *key, const char *const *values,
                             gsize n_values)
{
        add_key(self, key);
        g_string_append_c(self->block, '[');
        for (gsize i = 0; i < n_values; i++) {
                if (i > 0)
                        g_string_append(self->block, ", ");
                omg_json_append_text(self->block, values[i], strlen(values[i]));
        }
        g_string_append_c(self->block, ']');
}

void omg_json_lines_add_unsigned(OmgJsonLines *self, const char *key, guint64 value)
{
        add_key(self, key);
        g_string_append_printf(self->block, "%" G_GUINT64_FORMAT, value);
}

void omg_json_lines_add_signed(OmgJsonLines *self, const char *key, gint64 value)
{
        add_key(self, key);
        g_string_append_printf(self->block, "%" G_GINT64_FORMAT, value);
}

void omg_json_lines_add_real(OmgJsonLines *self, const char *key, double value)
{
        char text[G_ASCII_DTOSTR_BUF_SIZE];

        if (!isfinite(value)) {
                omg_json_lines_add_null(self, key);
                return;
        }
        add_key(self, key);
        g_string_append(self->block, g_ascii_formatd(text, sizeof(text), "%.15g", value));
}

void omg_json_lines_add_boolean(OmgJsonLines *self, const char *key, gboolean value)
{
        add_key(self, key);
        g_string_append(self->block, value ? "true" : "false");
}

void omg_json_lines_add_null(OmgJsonLines *self, const char *key)
{
        add_key(self, key);
        g_string_append(self->block, "null");
}

static gboolean flush(OmgJsonLines *self, GError **error)
{
        if (self->is_cancelled && self->is_cancelled(self->userdata)) {
                g_set_error_literal(error, OMG_ERROR, OMG_ERROR_CANCELLED, "it was cancelled");
                return FALSE;
        }
        if (!omg_memory_file_write(self->file, self->block->str, self->block->len, error))
                return FALSE;
        (void)g_string_truncate(self->block, 0);
        return TRUE;
}

gboolean omg_json_lines_end(OmgJsonLines *self, GError **error)
{
        g_string_append(self->block, self->in_line ? "}\n" : "{}\n");
        self->in_line = FALSE;
        self->n_lines++;
        return self->block->len < BLOCK || flush(self, error);
}

int omg_json_lines_finish(OmgJsonLines *self, guint *ret_n_lines, GError **error)
{
        if (!flush(self, error))
                return -1;
        *ret_n_lines = self->n_lines;
        return omg_memory_file_seal(self->file, error);
}
