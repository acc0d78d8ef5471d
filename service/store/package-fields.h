/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What is known of a package beside its name, version, description and repository. */

#include <glib.h>

/* What a field holds. STRV: a NULL-terminated list, in the database's order. NUMBER: unsigned.
 * REAL: finite. */
typedef enum {
        OMG_FIELD_TYPE_STRING,
        OMG_FIELD_TYPE_STRV,
        OMG_FIELD_TYPE_NUMBER,
        OMG_FIELD_TYPE_REAL,
} OmgFieldType;

/* X(symbol, type, key): all fields beside name, version, description and repository. The keys are
 * those of Packages.GetDetails, and from MAINTAINER on those that only the AUR has; the order is
 * that of the reply. New fields go to the end of the table: the position is the field's tag in the
 * index files. */
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
        X(BACKUP, STRV, "backup")                             \
        X(MAINTAINER, STRING, "maintainer")                   \
        X(CO_MAINTAINERS, STRV, "co-maintainers")             \
        X(SUBMITTER, STRING, "submitter")                     \
        X(VOTES, NUMBER, "votes")                             \
        X(POPULARITY, REAL, "popularity")                     \
        X(OUT_OF_DATE, NUMBER, "out-of-date")                 \
        X(FIRST_SUBMITTED, NUMBER, "first-submitted")         \
        X(LAST_MODIFIED, NUMBER, "last-modified")             \
        X(KEYWORDS, STRV, "keywords")                         \
        X(URL_PATH, STRING, "url-path")

typedef enum {
#define X(symbol, type, key) OMG_FIELD_##symbol,
        OMG_FIELD_TABLE(X)
#undef X
                OMG_FIELD_N
} OmgField;

OmgFieldType omg_field_get_type(OmgField field);

/* The field's key in GetDetails; static. */
const char *omg_field_get_key(OmgField field);
