/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What every record of the AUR that was taken has, whatever it was made from. */

#include <math.h>
#include <string.h>

#include "base/limits-aur.h"
#include "base/text.h"
#include "omgd-index/aur-record.h"
#include "omgd-index/json-split.h"

static inline void check_text(const char *text, gsize max)
{
        g_assert_cmpuint(strlen(text), <=, max);
        g_assert_true(g_utf8_validate(text, -1, NULL));
        for (const char *at = text; *at; at = g_utf8_next_char(at))
                g_assert_false(g_unichar_iscntrl(g_utf8_get_char(at)));
}

static inline void check_field(const OmgPackage *package, OmgField field)
{
        const OmgFieldValue *value = &package->fields[field];

        if (!value->present)
                return;
        switch (omg_field_get_type(field)) {
        case OMG_FIELD_TYPE_STRING:
                g_assert_cmpint(value->string[0], !=, '\0');
                check_text(value->string, OMG_LIMIT_AUR_TEXT);
                break;
        case OMG_FIELD_TYPE_STRV:
                g_assert_nonnull(value->strv[0]);
                g_assert_cmpuint(g_strv_length(value->strv), <=, OMG_LIMIT_AUR_LIST);
                for (char **s = value->strv; *s; s++) {
                        g_assert_cmpint((*s)[0], !=, '\0');
                        check_text(*s, OMG_LIMIT_AUR_ELEMENT);
                }
                break;
        case OMG_FIELD_TYPE_NUMBER:
                g_assert_cmpuint(value->number, <=, OMG_LIMIT_AUR_TIME);
                break;
        case OMG_FIELD_TYPE_REAL:
                g_assert_true(isfinite(value->real) && !signbit(value->real));
                break;
        }
}

/* For omg_json_split_new(); @userdata is not used. */
static inline gboolean check_element(const OmgJsonElement *element, gpointer userdata,
                                     GError **error)
{
        gsize n_slots = OMG_AUR_SLOTS(element->size);
        g_autofree char **slots = g_new(char *, n_slots);
        g_autoptr(GError) fault = NULL;
        OmgPackage package = {};

        if (!element->text)
                return TRUE;
        gboolean good = omg_aur_record_parse(element->text, element->size, slots, &package, &fault);
        g_assert_true(good == (fault == NULL));
        if (!good) {
                check_text(fault->message, 200);
                return TRUE;
        }
        g_assert_true(omg_package_name_check(package.name, NULL));
        g_assert_null(strchr(package.name, '/'));
        check_text(package.version, OMG_LIMIT_AUR_VERSION);
        g_assert_nonnull(strchr(package.version, '-'));
        check_text(package.description, OMG_LIMIT_AUR_TEXT);
        g_assert_true(omg_package_name_check(package.fields[OMG_FIELD_BASE].string, NULL));
        for (OmgField field = 0; field < OMG_FIELD_N; field++)
                check_field(&package, field);
        return TRUE;
}
