/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/source-error.h"

OmgSourceError *omg_source_error_new(const char *source, const GError *error)
{
        OmgSourceError *source_error = g_new(OmgSourceError, 1);

        source_error->source = g_strdup(source);
        source_error->code = omg_error_get_code(error);
        source_error->message = g_utf8_make_valid(error->message, -1);
        return source_error;
}

OmgSourceError *omg_source_error_new_record(const char *source, guint code, const char *message)
{
        OmgSourceError *copy = g_new(OmgSourceError, 1);

        copy->source = g_strdup(source);
        copy->code = code < OMG_ERROR_N_CODES ? code : OMG_ERROR_DATABASE_CORRUPT;
        copy->message = g_strdup(message);
        return copy;
}

OmgSourceError *omg_source_error_copy(const OmgSourceError *error)
{
        OmgSourceError *copy = g_new(OmgSourceError, 1);

        *copy = (OmgSourceError){g_strdup(error->source), error->code, g_strdup(error->message)};
        return copy;
}

void omg_source_error_free(OmgSourceError *error)
{
        if (!error)
                return;
        g_free(error->source);
        g_free(error->message);
        g_free(error);
}
