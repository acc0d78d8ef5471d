/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "omgd-index/sync-desc.h"

#include <limits.h>
#include <string.h>

#include "base/limits.h"

typedef enum {
        KEY_NAME,
        KEY_VERSION,
        KEY_DESC,
        KEY_PGPSIG,   /* only whether there is one */
        KEY_STRING,   /* the others: a field of the package */
        KEY_FILENAME, /* a string that libalpm checks */
        KEY_LIST,
        KEY_NUMBER,
        KEY_POSITIVE, /* a number whose 0 is none */
} KeyKind;

static const struct Key {
        const char *text;
        gsize length;
        KeyKind kind;
        OmgField field;
} keys[] = {
#define K(text, kind, field)                                        \
        {                                                           \
                "%" text "%", sizeof("%" text "%") - 1, kind, field \
        }
        /* In the order in which repo-add writes them. */
        K("FILENAME", KEY_FILENAME, OMG_FIELD_FILENAME),
        K("NAME", KEY_NAME, 0),
        K("BASE", KEY_STRING, OMG_FIELD_BASE),
        K("VERSION", KEY_VERSION, 0),
        K("DESC", KEY_DESC, 0),
        K("GROUPS", KEY_LIST, OMG_FIELD_GROUPS),
        K("CSIZE", KEY_POSITIVE, OMG_FIELD_DOWNLOAD_SIZE),
        K("ISIZE", KEY_NUMBER, OMG_FIELD_INSTALLED_SIZE),
        K("MD5SUM", KEY_STRING, OMG_FIELD_MD5SUM),
        K("SHA256SUM", KEY_STRING, OMG_FIELD_SHA256SUM),
        K("PGPSIG", KEY_PGPSIG, 0),
        K("URL", KEY_STRING, OMG_FIELD_URL),
        K("LICENSE", KEY_LIST, OMG_FIELD_LICENSES),
        K("ARCH", KEY_STRING, OMG_FIELD_ARCHITECTURE),
        K("BUILDDATE", KEY_POSITIVE, OMG_FIELD_BUILD_DATE),
        K("PACKAGER", KEY_STRING, OMG_FIELD_PACKAGER),
        K("REPLACES", KEY_LIST, OMG_FIELD_REPLACES),
        K("CONFLICTS", KEY_LIST, OMG_FIELD_CONFLICTS),
        K("PROVIDES", KEY_LIST, OMG_FIELD_PROVIDES),
        K("DEPENDS", KEY_LIST, OMG_FIELD_DEPENDS),
        K("OPTDEPENDS", KEY_LIST, OMG_FIELD_OPTDEPENDS),
        K("MAKEDEPENDS", KEY_LIST, OMG_FIELD_MAKEDEPENDS),
        K("CHECKDEPENDS", KEY_LIST, OMG_FIELD_CHECKDEPENDS),
#undef K
};

/* Sizes and dates of more digits are nonsense that libalpm may have to refuse. */
#define MAX_DIGITS 15

typedef struct {
        char *at, *end;
        char **slots;
        gsize used;
        guint next;   /* the key after the one before: most often the one that comes */
        guint32 seen; /* bit for each of keys */
        gboolean has_signature;
        OmgPackage *package;
} Parser;

/* The next line, ended by NUL in place of its newline. */
static gboolean next_line(Parser *parser, char **ret_line, gsize *ret_length)
{
        char *newline = memchr(parser->at, '\n', (gsize)(parser->end - parser->at));

        if (!newline)
                return FALSE;
        *newline = '\0';
        *ret_line = parser->at;
        *ret_length = (gsize)(newline - parser->at);
        parser->at = newline + 1;
        return TRUE;
}

static const struct Key *find_key(Parser *parser, const char *line, gsize length)
{
        for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
                guint k = (parser->next + i) % G_N_ELEMENTS(keys);
                if (keys[k].length != length || memcmp(keys[k].text, line, length) != 0)
                        continue;
                if (parser->seen & (1u << k))
                        return NULL;
                parser->seen |= 1u << k;
                parser->next = k + 1;
                return &keys[k];
        }
        return NULL;
}

static gboolean parse_number(const char *line, gsize length, guint64 *ret_number)
{
        guint64 number = 0;

        if (length > MAX_DIGITS)
                return FALSE;
        for (gsize i = 0; i < length; i++) {
                if (!g_ascii_isdigit(line[i]))
                        return FALSE;
                number = number * 10 + (guint64)(line[i] - '0');
        }
        *ret_number = number;
        return TRUE;
}

static gboolean set_value(Parser *parser, const struct Key *key, char *line, gsize length)
{
        OmgPackage *package = parser->package;
        guint64 number = 0;

        switch (key->kind) {
        case KEY_NAME:
                package->name = line;
                return TRUE;
        case KEY_VERSION:
                package->version = line;
                return TRUE;
        case KEY_DESC:
                package->description = line;
                return TRUE;
        case KEY_PGPSIG:
                parser->has_signature = TRUE;
                return TRUE;
        case KEY_FILENAME:
                if (line[0] == '.' || length >= PATH_MAX || memchr(line, '/', length))
                        return FALSE;
                package->fields[key->field] = (OmgFieldValue){.present = TRUE, .string = line};
                return TRUE;
        case KEY_STRING:
                package->fields[key->field] = (OmgFieldValue){.present = TRUE, .string = line};
                return TRUE;
        case KEY_NUMBER:
        case KEY_POSITIVE:
                if (!parse_number(line, length, &number))
                        return FALSE;
                package->fields[key->field].present = key->kind == KEY_NUMBER || number > 0;
                package->fields[key->field].number = number;
                return TRUE;
        case KEY_LIST:
                break;
        }
        return FALSE;
}

/* From the first line of the list to the empty one after it. */
static gboolean parse_list(Parser *parser, const struct Key *key, char *line, gsize length)
{
        OmgFieldValue value = {.present = TRUE, .strv = parser->slots + parser->used};

        while (length > 0) {
                parser->slots[parser->used++] = line;
                if (!next_line(parser, &line, &length))
                        return FALSE;
        }
        parser->slots[parser->used++] = NULL;
        parser->package->fields[key->field] = value;
        return TRUE;
}

static gboolean parse_block(Parser *parser)
{
        char *line;
        gsize length;
        const struct Key *key =
                next_line(parser, &line, &length) ? find_key(parser, line, length) : NULL;

        if (!key || !next_line(parser, &line, &length) || length == 0)
                return FALSE;
        if (key->kind == KEY_LIST)
                return parse_list(parser, key, line, length);
        return set_value(parser, key, line, length) && next_line(parser, &line, &length) &&
               length == 0;
}

/* Text without NUL; nearly all is ASCII. */
static gboolean is_text(const char *text, gsize size)
{
        for (gsize i = 0; i < size; i++)
                if ((guchar)text[i] >= 0x80 || text[i] == '\0')
                        return g_utf8_validate_len(text + i, size - i, NULL);
        return TRUE;
}

/* What _alpm_pkg_check_meta lets pass, and less. */
static gboolean is_name(const char *name)
{
        gsize length = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                    "0123456789+_.@-");

        return length > 0 && length <= OMG_LIMIT_PACKAGE_NAME && name[length] == '\0' &&
               name[0] != '-' && name[0] != '.';
}

static gboolean is_version(const char *version)
{
        gsize length = strspn(version, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "0123456789+_.@:~^");

        return length > 0 && version[length] == '-' && version[length + 1] != '\0' &&
               !strpbrk(version + length + 1, "-/");
}

static gboolean is_of_folder(const OmgPackage *package, const char *folder)
{
        gsize length = strlen(package->name);

        return is_name(package->name) && is_version(package->version) &&
               strlen(folder) <= NAME_MAX && strncmp(folder, package->name, length) == 0 &&
               folder[length] == '-' && strcmp(folder + length + 1, package->version) == 0;
}

/* What the database offers to check a package by, in the order of alpm_pkgvalidation_t. */
static void set_validation(Parser *parser)
{
        static char none[] = "none", md5[] = "md5", sha256[] = "sha256", pgp[] = "pgp";
        OmgPackage *package = parser->package;
        char **list = parser->slots + parser->used, **at = list;

        if (package->fields[OMG_FIELD_MD5SUM].present)
                *at++ = md5;
        if (package->fields[OMG_FIELD_SHA256SUM].present)
                *at++ = sha256;
        if (parser->has_signature)
                *at++ = pgp;
        if (at == list)
                *at++ = none;
        *at++ = NULL;
        parser->used += (gsize)(at - list);
        package->fields[OMG_FIELD_VALIDATION] = (OmgFieldValue){.present = TRUE, .strv = list};
}

gboolean omg_desc_parse(char *text, gsize size, const char *folder, gboolean with_md5, char **slots,
                        gsize *ret_used, OmgPackage *ret_package)
{
        static char empty[] = "";
        Parser parser = {.at = text, .end = text + size, .slots = slots, .package = ret_package};
        OmgFieldValue *size_field = &ret_package->fields[OMG_FIELD_INSTALLED_SIZE];

        if (!is_text(text, size))
                return FALSE;
        ret_package->description = empty;
        while (parser.at < parser.end)
                if (!parse_block(&parser))
                        return FALSE;
        if (!ret_package->name || !ret_package->version || !is_of_folder(ret_package, folder) ||
            (!with_md5 && ret_package->fields[OMG_FIELD_MD5SUM].present))
                return FALSE;
        set_validation(&parser);
        size_field->present = TRUE; /* 0 where nothing is said, as libalpm has it */
        *ret_used = parser.used;
        return TRUE;
}
