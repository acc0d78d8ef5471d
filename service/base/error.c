/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/error.h"

#include <errno.h>

#include "base/text.h"

/* Not G_DEFINE_QUARK: its variable is a plain one, and two threads may be the first. */
GQuark omg_error_quark(void)
{
        static gsize quark;

        if (g_once_init_enter(&quark))
                g_once_init_leave(&quark, g_quark_from_static_string("omg-error-quark"));
        return (GQuark)quark;
}

static const struct {
        const char *dbus_name;
        int legacy;
        const char *meaning;
} error_table[] = {
#define X(symbol, dbus_name, legacy, meaning) {dbus_name, legacy, meaning},
        OMG_ERROR_TABLE(X)
#undef X
};

G_STATIC_ASSERT(G_N_ELEMENTS(error_table) == OMG_ERROR_N_CODES);

static int known(int code)
{
        return code >= 0 && code < OMG_ERROR_N_CODES ? code : (int)OMG_ERROR_UNAVAILABLE;
}

const char *omg_error_get_dbus_name(int code)
{
        return error_table[known(code)].dbus_name;
}

int omg_error_get_legacy_code(int code)
{
        return error_table[known(code)].legacy;
}

const char *omg_error_get_meaning(int code)
{
        return error_table[known(code)].meaning;
}

int omg_error_from_dbus_name(const char *name)
{
        for (int i = 0; i < OMG_ERROR_N_CODES; i++)
                if (g_strcmp0(error_table[i].dbus_name, name) == 0)
                        return i;
        return -1;
}

int omg_error_get_code(const GError *error)
{
        return error && error->domain == OMG_ERROR ? known(error->code)
                                                   : (int)OMG_ERROR_UNAVAILABLE;
}

gboolean omg_error_set_at(GError **error, const char *what, gsize offset, const char *format,
                          va_list args)
{
        g_autofree char *message = g_strdup_vprintf(format, args);
        g_autofree char *shown = omg_text_strip(message);

        g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS, "%s, byte %u: %s", what,
                    (guint)offset + 1, shown);
        return FALSE;
}

void omg_error_set_errno(GError **error, int errnum, const char *format, ...)
{
        va_list ap;
        va_start(ap, format);
        g_autofree char *what = g_strdup_vprintf(format, ap);
        va_end(ap);

        int code = errnum == ENOENT || errnum == EACCES || errnum == EPERM
                           ? OMG_ERROR_DATABASE_MISSING
                           : OMG_ERROR_UNAVAILABLE;
        g_set_error(error, OMG_ERROR, code, "%s: %s", what, g_strerror(errnum));
}
