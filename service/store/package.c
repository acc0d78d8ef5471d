/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/package.h"

#include <math.h>

static const struct {
        OmgFieldType type;
        const char *key;
} fields[] = {
#define X(symbol, type, key) {OMG_FIELD_TYPE_##type, key},
        OMG_FIELD_TABLE(X)
#undef X
};

OmgFieldType omg_field_get_type(OmgField field)
{
        g_assert(field < OMG_FIELD_N);
        return fields[field].type;
}

const char *omg_field_get_key(OmgField field)
{
        g_assert(field < OMG_FIELD_N);
        return fields[field].key;
}

OmgPackage *omg_package_new(const char *name, const char *version, const char *description)
{
        OmgPackage *package = g_new0(OmgPackage, 1);
        package->name = g_utf8_make_valid(name, -1);
        package->version = g_utf8_make_valid(version ? version : "", -1);
        package->description = g_utf8_make_valid(description ? description : "", -1);
        return package;
}

static void clear_field(OmgPackage *package, OmgField field)
{
        OmgFieldValue *value = &package->fields[field];

        if (value->present && fields[field].type == OMG_FIELD_TYPE_STRING)
                g_free(value->string);
        else if (value->present && fields[field].type == OMG_FIELD_TYPE_STRV)
                g_strfreev(value->strv);
        *value = (OmgFieldValue){};
}

void omg_package_free(OmgPackage *package)
{
        if (!package)
                return;
        for (OmgField field = 0; field < OMG_FIELD_N; field++)
                clear_field(package, field);
        g_free(package->name);
        g_free(package->version);
        g_free(package->description);
        g_free(package);
}

void omg_package_set_string(OmgPackage *package, OmgField field, const char *value)
{
        g_assert(omg_field_get_type(field) == OMG_FIELD_TYPE_STRING);
        clear_field(package, field);
        if (!value || !*value)
                return;
        package->fields[field].string = g_utf8_make_valid(value, -1);
        package->fields[field].present = TRUE;
}

void omg_package_take_strv(OmgPackage *package, OmgField field, GStrv value)
{
        g_assert(omg_field_get_type(field) == OMG_FIELD_TYPE_STRV);
        clear_field(package, field);
        if (!value || !value[0]) {
                g_strfreev(value);
                return;
        }
        for (char **s = value; *s; s++)
                if (!g_utf8_validate(*s, -1, NULL)) {
                        char *valid = g_utf8_make_valid(*s, -1);
                        g_free(*s);
                        *s = valid;
                }
        package->fields[field].strv = value;
        package->fields[field].present = TRUE;
}

void omg_package_set_number(OmgPackage *package, OmgField field, guint64 value)
{
        g_assert(omg_field_get_type(field) == OMG_FIELD_TYPE_NUMBER);
        package->fields[field] = (OmgFieldValue){.present = TRUE, .number = value};
}

void omg_package_set_real(OmgPackage *package, OmgField field, double value)
{
        g_assert(omg_field_get_type(field) == OMG_FIELD_TYPE_REAL && isfinite(value));
        package->fields[field] = (OmgFieldValue){.present = TRUE, .real = value};
}
