/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The parts of the bill of materials: sbom.c writes the document, sbom-component.c one component,
 * sbom-depends.c who depends on whom, sbom-vulnerabilities.c what is wrong with them. */

#include "engine/json-stream.h"
#include "engine/sbom.h"

#define OMG_SBOM_MACHINE "machine" /* the bom-ref of the machine itself */

typedef struct {
        const OmgSnapshot *snapshot;
        const OmgSbomParams *params;
        OmgJsonStream *json;
        GPtrArray *refs;         /* char *: by local id, of the packages */
        GPtrArray *runtime_refs; /* char *: by position, of the runtimes; NULL: another has it */
        OmgSbomFile *file;
} OmgSbomWork;

void omg_sbom_write_property(OmgJsonStream *json, const char *name, const char *value);

/* Whether a text may stand where the schema wants a URL. */
gboolean omg_sbom_is_url(const char *text);

/* Longer versions are left out: the schema's bound, in characters. */
gboolean omg_sbom_is_version(const char *version);

void omg_sbom_write_package(OmgSbomWork *work, guint32 local_id, const OmgPackage *package);
void omg_sbom_write_dependencies(OmgSbomWork *work);
void omg_sbom_write_vulnerabilities(OmgSbomWork *work);
