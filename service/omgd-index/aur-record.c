/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "omgd-index/aur-record.h"

#include <string.h>

#include "base/error.h"
#include "base/limits-aur.h"
#include "base/limits.h"
#include "omgd-index/json-cursor.h"

typedef enum {
        KEY_OTHER, /* not read; here because it is one that comes */
        KEY_NAME,
        KEY_BASE,
        KEY_VERSION,
        KEY_DESCRIPTION,
        KEY_STRING,
        KEY_MAINTAINER,
        KEY_PATH,
        KEY_LIST,
        KEY_COUNT,
        KEY_REAL,
        KEY_TIME,
        KEY_FLAGGED, /* a time since when */
} KeyKind;

static const struct Key {
        const char *text;
        gsize length;
        KeyKind kind;
        OmgField field;
} keys[] = {
#define K(text, kind, field)                        \
        {                                           \
                text, sizeof(text) - 1, kind, field \
        }
        /* In the order in which the archive has them. */
        K("ID", KEY_OTHER, 0),
        K("Name", KEY_NAME, 0),
        K("PackageBaseID", KEY_OTHER, 0),
        K("PackageBase", KEY_BASE, OMG_FIELD_BASE),
        K("Version", KEY_VERSION, 0),
        K("Description", KEY_DESCRIPTION, 0),
        K("URL", KEY_STRING, OMG_FIELD_URL),
        K("NumVotes", KEY_COUNT, OMG_FIELD_VOTES),
        K("Popularity", KEY_REAL, OMG_FIELD_POPULARITY),
        K("OutOfDate", KEY_FLAGGED, OMG_FIELD_OUT_OF_DATE),
        K("Maintainer", KEY_MAINTAINER, OMG_FIELD_MAINTAINER),
        K("Submitter", KEY_STRING, OMG_FIELD_SUBMITTER),
        K("FirstSubmitted", KEY_TIME, OMG_FIELD_FIRST_SUBMITTED),
        K("LastModified", KEY_TIME, OMG_FIELD_LAST_MODIFIED),
        K("URLPath", KEY_PATH, OMG_FIELD_URL_PATH),
        K("Depends", KEY_LIST, OMG_FIELD_DEPENDS),
        K("MakeDepends", KEY_LIST, OMG_FIELD_MAKEDEPENDS),
        K("CheckDepends", KEY_LIST, OMG_FIELD_CHECKDEPENDS),
        K("OptDepends", KEY_LIST, OMG_FIELD_OPTDEPENDS),
        K("Provides", KEY_LIST, OMG_FIELD_PROVIDES),
        K("Conflicts", KEY_LIST, OMG_FIELD_CONFLICTS),
        K("Replaces", KEY_LIST, OMG_FIELD_REPLACES),
        K("Groups", KEY_LIST, OMG_FIELD_GROUPS),
        K("License", KEY_LIST, OMG_FIELD_LICENSES),
        K("Keywords", KEY_LIST, OMG_FIELD_KEYWORDS),
        K("CoMaintainers", KEY_LIST, OMG_FIELD_CO_MAINTAINERS),
#undef K
};

typedef struct {
        OmgJsonCursor cursor;
        char **slots;
        gsize used;
        guint next;   /* the key after the one before: most often the one that comes */
        guint32 seen; /* bit for each of keys */
        OmgPackage *package;
        const char *fault; /* of the value at hand; NULL: the cursor has it */
} Parser;

static gboolean fail(Parser *parser, const char *fault)
{
        if (!parser->fault)
                parser->fault = fault;
        return FALSE;
}

/* ---- texts ---- */

static gboolean is_control(gunichar c)
{
        return c < ' ' || (c >= 0x7f && c < 0xa0);
}

/* FALSE: there is a control character in it. */
static gboolean clean_text(OmgJsonString *string)
{
        for (char *at = string->text; *at; at = g_utf8_next_char(at)) {
                if (*at == '\t' || *at == '\n' || *at == '\r')
                        *at = ' ';
                if (is_control(g_utf8_get_char(at)))
                        return FALSE;
        }
        return TRUE;
}

static gboolean read_text(Parser *parser, gsize max, OmgJsonString *ret_string)
{
        if (!omg_json_cursor_read_string(&parser->cursor, ret_string))
                return FALSE;
        if (ret_string->length > max)
                return fail(parser, "is too long");
        return ret_string->is_plain || clean_text(ret_string) ||
               fail(parser, "has control characters");
}

static gboolean is_name(const char *name)
{
        gsize length = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                    "0123456789@._+-");

        return length > 0 && name[length] == '\0' && name[0] != '-' && name[0] != '.';
}

/* pkgrel, as makepkg has it: digits, and maybe a point and digits. */
static gboolean is_release(const char *text)
{
        gsize whole = strspn(text, "0123456789");

        if (whole == 0 || text[whole] == '\0')
                return whole > 0;
        gsize part = text[whole] == '.' ? strspn(text + whole + 1, "0123456789") : 0;
        return part > 0 && text[whole + 1 + part] == '\0';
}

static gboolean is_version(const char *version)
{
        gsize epoch = strspn(version, "0123456789");
        const char *pkgver = epoch > 0 && version[epoch] == ':' ? version + epoch + 1 : version;
        const char *at = pkgver;

        while (*at > ' ' && *at <= '~' && *at != ':' && *at != '/' && *at != '-')
                at++;
        return at > pkgver && *at == '-' && is_release(at + 1);
}

/* Where the snapshot is, on the server: a path, and nothing that begins a host's name. */
static gboolean is_path(const char *path)
{
        if (path[0] != '/' || path[1] == '/')
                return FALSE;
        for (const char *at = path; *at; at++)
                if (*at <= ' ' || *at > '~')
                        return FALSE;
        return !strstr(path, "/../");
}

/* ---- values ---- */

static void set_string(Parser *parser, OmgField field, const OmgJsonString *string)
{
        if (string->length > 0)
                parser->package->fields[field] =
                        (OmgFieldValue){.present = TRUE, .string = string->text};
}

static gboolean read_string(Parser *parser, const struct Key *key)
{
        OmgPackage *package = parser->package;
        gsize max = key->kind == KEY_NAME || key->kind == KEY_BASE ? OMG_LIMIT_PACKAGE_NAME
                    : key->kind == KEY_VERSION                     ? OMG_LIMIT_AUR_VERSION
                                                                   : OMG_LIMIT_AUR_TEXT;
        OmgJsonString string;

        if (!read_text(parser, max, &string))
                return FALSE;
        switch (key->kind) {
        case KEY_NAME:
                package->name = string.text;
                return is_name(string.text) || fail(parser, "is no name of a package");
        case KEY_VERSION:
                package->version = string.text;
                return is_version(string.text) || fail(parser, "is no version");
        case KEY_DESCRIPTION:
                package->description = string.text;
                return TRUE;
        case KEY_BASE:
                set_string(parser, key->field, &string);
                return is_name(string.text) || fail(parser, "is no name of a package");
        case KEY_MAINTAINER:
                if (string.length == 0)
                        package->flags |= OMG_PACKAGE_NO_MAINTAINER;
                break;
        case KEY_PATH:
                if (string.length > 0 && !is_path(string.text))
                        return fail(parser, "is no path");
                break;
        default:
                break;
        }
        set_string(parser, key->field, &string);
        return TRUE;
}

static gboolean read_list(Parser *parser, const struct Key *key)
{
        char **list = parser->slots + parser->used;
        guint n = 0, n_kept = 0;
        OmgJsonString string;

        if (!omg_json_cursor_enter_array(&parser->cursor))
                return FALSE;
        while (omg_json_cursor_next_element(&parser->cursor)) {
                if (!read_text(parser, OMG_LIMIT_AUR_ELEMENT, &string))
                        return FALSE;
                if (++n > OMG_LIMIT_AUR_LIST)
                        return fail(parser, "has too many elements");
                if (string.length > 0)
                        list[n_kept++] = string.text;
        }
        if (parser->cursor.fault || n_kept == 0)
                return !parser->cursor.fault;
        list[n_kept] = NULL;
        parser->used += n_kept + 1;
        parser->package->fields[key->field] = (OmgFieldValue){.present = TRUE, .strv = list};
        return TRUE;
}

static gboolean read_whole(Parser *parser, guint64 max, guint64 *ret_value)
{
        OmgJsonNumber number;
        guint64 value = 0;

        if (!omg_json_cursor_read_number(&parser->cursor, &number))
                return FALSE;
        if (!number.is_whole || number.text[0] == '-')
                return fail(parser, "is negative or no whole number");
        for (gsize i = 0; i < number.length && value <= max; i++)
                value = value * 10 + (guint64)(number.text[i] - '0');
        *ret_value = value;
        return value <= max || fail(parser, "is too large");
}

static gboolean read_count(Parser *parser, const struct Key *key)
{
        guint64 value;

        if (!read_whole(parser, OMG_LIMIT_AUR_COUNT, &value))
                return FALSE;
        parser->package->fields[key->field] = (OmgFieldValue){.present = TRUE, .number = value};
        return TRUE;
}

static gboolean read_time(Parser *parser, const struct Key *key)
{
        guint64 value;

        if (!read_whole(parser, OMG_LIMIT_AUR_TIME, &value))
                return FALSE;
        if (value == 0)
                return TRUE;
        if (key->kind == KEY_FLAGGED)
                parser->package->flags |= OMG_PACKAGE_OUT_OF_DATE;
        parser->package->fields[key->field] = (OmgFieldValue){.present = TRUE, .number = value};
        return TRUE;
}

static gboolean read_real(Parser *parser, const struct Key *key)
{
        OmgJsonNumber number;

        if (!omg_json_cursor_read_number(&parser->cursor, &number))
                return FALSE;
        double value = g_ascii_strtod(number.text, NULL);
        if (number.text[0] == '-' || !(value >= 0 && value <= OMG_LIMIT_AUR_COUNT))
                return fail(parser, "is negative or too large");
        parser->package->fields[key->field] = (OmgFieldValue){.present = TRUE, .real = value};
        return TRUE;
}

static gboolean read_value(Parser *parser, const struct Key *key)
{
        if (key->kind == KEY_OTHER)
                return omg_json_cursor_skip(&parser->cursor, OMG_LIMIT_AUR_DEPTH - 1);
        if (omg_json_cursor_peek(&parser->cursor) == OMG_JSON_NULL) {
                if (key->kind == KEY_MAINTAINER)
                        parser->package->flags |= OMG_PACKAGE_NO_MAINTAINER;
                return omg_json_cursor_read_null(&parser->cursor);
        }
        switch (key->kind) {
        case KEY_LIST:
                return read_list(parser, key);
        case KEY_COUNT:
                return read_count(parser, key);
        case KEY_REAL:
                return read_real(parser, key);
        case KEY_TIME:
        case KEY_FLAGGED:
                return read_time(parser, key);
        default:
                return read_string(parser, key);
        }
}

/* ---- the object ---- */

static const struct Key *find_key(Parser *parser, const OmgJsonString *text, gboolean *ret_again)
{
        static const struct Key other = {"", 0, KEY_OTHER, 0};

        *ret_again = FALSE;
        for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
                guint k = (parser->next + i) % G_N_ELEMENTS(keys);
                if (keys[k].length != text->length ||
                    memcmp(keys[k].text, text->text, text->length) != 0)
                        continue;
                *ret_again = keys[k].kind != KEY_OTHER && (parser->seen & (1u << k));
                parser->seen |= 1u << k;
                parser->next = k + 1;
                return &keys[k];
        }
        return &other;
}

static gboolean refuse(GError **error, const char *key, const char *fault)
{
        g_set_error(error, OMG_ERROR, OMG_ERROR_UPSTREAM_INVALID, "%s%s%s", key, *key ? " " : "",
                    fault);
        return FALSE;
}

static gboolean read_members(Parser *parser, GError **error)
{
        OmgJsonCursor *cursor = &parser->cursor;
        OmgJsonString text;
        gboolean again;

        while (omg_json_cursor_next_member(cursor, &text)) {
                const struct Key *key = find_key(parser, &text, &again);
                if (again)
                        return refuse(error, key->text, "is there twice");
                if (!read_value(parser, key))
                        return refuse(error, key->text,
                                      parser->fault ? parser->fault : cursor->fault);
        }
        return TRUE;
}

gboolean omg_aur_record_parse(char *text, gsize size, char **slots, OmgPackage *ret_package,
                              GError **error)
{
        static char empty[] = "";
        Parser parser = {.slots = slots, .package = ret_package};

        G_STATIC_ASSERT(G_N_ELEMENTS(keys) <= 32);
        ret_package->description = empty;
        omg_json_cursor_init(&parser.cursor, text, size);
        if (omg_json_cursor_check_utf8(&parser.cursor) &&
            omg_json_cursor_enter_object(&parser.cursor) && !read_members(&parser, error))
                return FALSE;
        if (!omg_json_cursor_finish(&parser.cursor))
                return refuse(error, "", parser.cursor.fault);
        if (!ret_package->name || !ret_package->version ||
            !ret_package->fields[OMG_FIELD_BASE].present)
                return refuse(error, "", "has no name, version or package base");
        return TRUE;
}
