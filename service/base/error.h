/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The one GError domain of omgd. Its codes are the public errors, one to one: error-table.h. */

#include <glib.h>
#include <stdarg.h>

#include "base/error-table.h"

typedef enum {
#define X(symbol, dbus_name, legacy, meaning) OMG_ERROR_##symbol,
        OMG_ERROR_TABLE(X)
#undef X
                OMG_ERROR_N_CODES
} OmgError;

#define OMG_ERROR (omg_error_quark())
GQuark omg_error_quark(void);

/* The D-Bus error name of a code; static. A number that is no code gives Unavailable's name. */
const char *omg_error_get_dbus_name(int code);

/* The code the legacy socket answers with, from -32700 to -1001. */
int omg_error_get_legacy_code(int code);

/* One English sentence on what the code means; static. */
const char *omg_error_get_meaning(int code);

/* The code with that D-Bus name, or -1. */
int omg_error_from_dbus_name(const char *name);

/* The code of any GError: its own in our domain, else UNAVAILABLE (a foreign error that nobody
 * wrapped must not look like the caller's fault). */
int omg_error_get_code(const GError *error);

/* Sets INVALID_ARGS for a text that cannot be read: "<what>, byte <offset + 1>: <message>", without
 * what a terminal would obey. FALSE, always. */
gboolean omg_error_set_at(GError **error, const char *what, gsize offset, const char *format,
                          va_list args) G_GNUC_PRINTF(4, 0);

/* Sets an error of our domain from errno: "<what>: <strerror>". ENOENT becomes DATABASE_MISSING and
 * EACCES, EPERM too (what cannot be read is not there for us); everything else UNAVAILABLE. */
void omg_error_set_errno(GError **error, int errnum, const char *format, ...) G_GNUC_PRINTF(3, 4);
