/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/json-stream.h"

#include <string.h>

#include "base/error.h"
#include "base/memory-file.h"
#include "engine/json-text.h"

#define BLOCK     (64u << 10)
#define MAX_DEPTH 16

struct OmgJsonStream {
        OmgMemoryFile *file;
        GString *block;
        GError *error;
        char closers[MAX_DEPTH];
        guint depth;
        gboolean has_members; /* what is open, or was closed last */
        OmgIsCancelled is_cancelled;
        gconstpointer userdata;
};

OmgJsonStream *omg_json_stream_new(const char *name, guint64 max, OmgIsCancelled is_cancelled,
                                   gconstpointer userdata, GError **error)
{
        OmgMemoryFile *file = omg_memory_file_new(name, max, error);
        OmgJsonStream *self;

        if (!file)
                return NULL;
        self = g_new(OmgJsonStream, 1);
        *self = (OmgJsonStream){
                .file = file,
                .block = g_string_sized_new(BLOCK),
                .is_cancelled = is_cancelled,
                .userdata = userdata,
        };
        return self;
}

void omg_json_stream_free(OmgJsonStream *self)
{
        if (!self)
                return;
        omg_memory_file_free(self->file);
        (void)g_string_free(self->block, TRUE);
        g_clear_error(&self->error);
        g_free(self);
}

gboolean omg_json_stream_is_good(const OmgJsonStream *self)
{
        return !self->error;
}

static void flush(OmgJsonStream *self)
{
        if (!self->error && self->is_cancelled && self->is_cancelled(self->userdata))
                g_set_error_literal(&self->error, OMG_ERROR, OMG_ERROR_CANCELLED,
                                    "it was cancelled");
        if (!self->error)
                (void)omg_memory_file_write(self->file, self->block->str, self->block->len,
                                            &self->error);
        (void)g_string_truncate(self->block, 0);
}

/* What stands before a value. The outer levels have lines of their own, so that two documents can
 * be compared line by line. */
static void begin_value(OmgJsonStream *self, const char *key)
{
        if (self->block->len >= BLOCK)
                flush(self);
        if (self->has_members)
                g_string_append_c(self->block, ',');
        if (self->depth > 0 && self->depth <= 2)
                g_string_append_c(self->block, '\n');
        else if (self->has_members)
                g_string_append_c(self->block, ' ');
        self->has_members = TRUE;
        if (!key)
                return;
        omg_json_append_text(self->block, key, strlen(key));
        g_string_append(self->block, ": ");
}

static void open(OmgJsonStream *self, const char *key, char opener, char closer)
{
        g_assert(self->depth < MAX_DEPTH);
        begin_value(self, key);
        g_string_append_c(self->block, opener);
        self->closers[self->depth++] = closer;
        self->has_members = FALSE;
}

void omg_json_stream_open_object(OmgJsonStream *self, const char *key)
{
        open(self, key, '{', '}');
}

void omg_json_stream_open_array(OmgJsonStream *self, const char *key)
{
        open(self, key, '[', ']');
}

void omg_json_stream_close(OmgJsonStream *self)
{
        g_assert(self->depth > 0);
        if (self->has_members && self->depth <= 2)
                g_string_append_c(self->block, '\n');
        g_string_append_c(self->block, self->closers[--self->depth]);
        self->has_members = TRUE;
}

void omg_json_stream_add_string(OmgJsonStream *self, const char *key, const char *value)
{
        if (key && (!value || !*value))
                return;
        begin_value(self, key);
        omg_json_append_text(self->block, value, strlen(value));
}

void omg_json_stream_add_unsigned(OmgJsonStream *self, const char *key, guint64 value)
{
        begin_value(self, key);
        g_string_append_printf(self->block, "%" G_GUINT64_FORMAT, value);
}

void omg_json_stream_add_tenths(OmgJsonStream *self, const char *key, guint value)
{
        begin_value(self, key);
        g_string_append_printf(self->block, "%u.%u", value / 10, value % 10);
}

int omg_json_stream_finish(OmgJsonStream *self, GError **error)
{
        g_assert(self->depth == 0);
        g_string_append_c(self->block, '\n');
        flush(self);
        if (self->error) {
                g_propagate_error(error, g_steal_pointer(&self->error));
                return -1;
        }
        return omg_memory_file_seal(self->file, error);
}
