/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* One JSON document of any size, written piece by piece into a sealed memory file. An error stays
 * with the stream: what follows writes nothing, and the end tells it. */

#include "engine/json-lines.h"

typedef struct OmgJsonStream OmgJsonStream;

/* @name, @max: base/memory-file.h. */
OmgJsonStream *omg_json_stream_new(const char *name, guint64 max, OmgIsCancelled is_cancelled,
                                   gconstpointer userdata, GError **error);
void omg_json_stream_free(OmgJsonStream *stream);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgJsonStream, omg_json_stream_free)

/* An object or an array, in the object at hand as the member @key; in an array @key is NULL. */
void omg_json_stream_open_object(OmgJsonStream *stream, const char *key);
void omg_json_stream_open_array(OmgJsonStream *stream, const char *key);
void omg_json_stream_close(OmgJsonStream *stream);

/* Likewise. NULL and "" leave the member out of an object. */
void omg_json_stream_add_string(OmgJsonStream *stream, const char *key, const char *value);
void omg_json_stream_add_unsigned(OmgJsonStream *stream, const char *key, guint64 value);

/* A number with one decimal, out of tenths. */
void omg_json_stream_add_tenths(OmgJsonStream *stream, const char *key, guint value);

/* FALSE when there was an error: the rest is of no use. */
gboolean omg_json_stream_is_good(const OmgJsonStream *stream);

/* The descriptor, the caller's, once all is closed. -1 with LIMITS_EXCEEDED, CANCELLED or
 * UNAVAILABLE. The stream can only be freed afterwards. */
int omg_json_stream_finish(OmgJsonStream *stream, GError **error);
