/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* One package as a source reads it and a layer keeps it: what pacman -Si and -Qi show. */

#include "store/package-fields.h"

/* Flags of a package that its own layer knows (the joined flags are in snapshot.h). */
typedef enum {
        OMG_PACKAGE_EXPLICIT = 1 << 0, /* installed on request */
        OMG_PACKAGE_ORPHAN = 1 << 1,   /* as pacman -Qdt */
        OMG_PACKAGE_DEPENDENCY =
                1 << 2, /* installed for others; neither: the database does not say */
        OMG_PACKAGE_OUT_OF_DATE = 1 << 3,   /* of the AUR: somebody flagged it */
        OMG_PACKAGE_NO_MAINTAINER = 1 << 4, /* of the AUR: orphaned */
} OmgPackageFlags;

typedef struct {
        gboolean present; /* the database has the field; an empty list counts as absent */
        union {
                char *string;
                GStrv strv;
                guint64 number;
                double real;
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
void omg_package_set_real(OmgPackage *package, OmgField field, double value);
