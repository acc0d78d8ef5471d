/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* One package as a source reads it and a layer keeps it: what pacman -Si and -Qi show. */

#include <glib.h>

/* What a field holds. STRV: a NULL-terminated list, in the database's order. NUMBER: unsigned. */
typedef enum {
        OMG_FIELD_TYPE_STRING,
        OMG_FIELD_TYPE_STRV,
        OMG_FIELD_TYPE_NUMBER,
} OmgFieldType;

/* X(symbol, type, key): all fields beside name, version, description and repository. The keys are
 * those of Packages.GetDetails; the order is that of the reply. New fields go to the end of the
 * table: the position is the field's tag in the index files. */
#define OMG_FIELD_TABLE(X)                                    \
        X(BASE, STRING, "base")                               \
        X(ARCHITECTURE, STRING, "architecture")               \
        X(URL, STRING, "url")                                 \
        X(LICENSES, STRV, "licenses")                         \
        X(GROUPS, STRV, "groups")                             \
        X(PROVIDES, STRV, "provides")                         \
        X(DEPENDS, STRV, "depends")                           \
        X(OPTDEPENDS, STRV, "optdepends")                     \
        X(MAKEDEPENDS, STRV, "makedepends")                   \
        X(CHECKDEPENDS, STRV, "checkdepends")                 \
        X(CONFLICTS, STRV, "conflicts")                       \
        X(REPLACES, STRV, "replaces")                         \
        X(DOWNLOAD_SIZE, NUMBER, "download-size")             \
        X(INSTALLED_SIZE, NUMBER, "installed-size")           \
        X(PACKAGER, STRING, "packager")                       \
        X(BUILD_DATE, NUMBER, "build-date")                   \
        X(FILENAME, STRING, "filename")                       \
        X(MD5SUM, STRING, "md5sum")                           \
        X(SHA256SUM, STRING, "sha256sum")                     \
        X(VALIDATION, STRV, "validation")                     \
        X(INSTALL_DATE, NUMBER, "install-date")               \
        X(INSTALL_REASON, STRING, "install-reason")           \
        X(INSTALL_SCRIPT, NUMBER, "install-script")           \
        X(REQUIRED_BY, STRV, "required-by")                   \
        X(OPTIONAL_FOR, STRV, "optional-for")                 \
        X(OPTDEPENDS_INSTALLED, STRV, "optdepends-installed") \
        X(BACKUP, STRV, "backup")

typedef enum {
#define X(symbol, type, key) OMG_FIELD_##symbol,
        OMG_FIELD_TABLE(X)
#undef X
                OMG_FIELD_N
} OmgField;

OmgFieldType omg_field_get_type(OmgField field);

/* The field's key in GetDetails; static. */
const char *omg_field_get_key(OmgField field);

/* Flags of a package that its own layer knows (the joined flags are in snapshot.h). */
typedef enum {
        OMG_PACKAGE_EXPLICIT = 1 << 0, /* installed on request */
        OMG_PACKAGE_ORPHAN = 1 << 1,   /* as pacman -Qdt */
        OMG_PACKAGE_DEPENDENCY =
                1 << 2, /* installed for others; neither: the database does not say */
} OmgPackageFlags;

typedef struct {
        gboolean present; /* the database has the field; an empty list counts as absent */
        union {
                char *string;
                GStrv strv;
                guint64 number;
        };
} OmgFieldValue;

/* Everything is owned by the package. All text is valid UTF-8. */
typedef struct {
        char *name;
        char *version;
        char *description; /* "" when there is none */
        guint repository;  /* index into the layer's repositories */
        guint flags;       /* OmgPackageFlags */
        OmgFieldValue fields[OMG_FIELD_N];
} OmgPackage;

OmgPackage *omg_package_new(const char *name, const char *version, const char *description);
void omg_package_free(OmgPackage *package);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgPackage, omg_package_free)

/* Set a field; NULL, "" and empty lists leave it absent. Text that is no valid UTF-8 is repaired
 * (g_utf8_make_valid), because neither the bus nor JSON can carry it. take_strv takes the list. */
void omg_package_set_string(OmgPackage *package, OmgField field, const char *value);
void omg_package_take_strv(OmgPackage *package, OmgField field, GStrv value);
void omg_package_set_number(OmgPackage *package, OmgField field, guint64 value);
