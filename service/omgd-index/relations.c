/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "omgd-index/relations.h"

#include <string.h>

#include "base/depend.h"

/* Something that can satisfy a dependency: a package by its own name, or one entry of its provides.
 */
typedef struct {
        guint package;
        const char *provision; /* NULL: the package itself */
} Candidate;

typedef struct {
        GPtrArray *packages;
        GHashTable *candidates;                  /* name → GArray of Candidate */
        GPtrArray **required_by, **optional_for; /* by package: borrowed names */
} Relations;

static const OmgPackage *get_package(const Relations *relations, guint i)
{
        return g_ptr_array_index(relations->packages, i);
}

static GStrv get_strv(const OmgPackage *package, OmgField field)
{
        return package->fields[field].present ? package->fields[field].strv : NULL;
}

static void add_candidate(Relations *relations, const char *name, gsize len, Candidate candidate)
{
        g_autofree char *key = g_strndup(name, len);
        GArray *list = g_hash_table_lookup(relations->candidates, key);

        if (!list) {
                list = g_array_new(FALSE, FALSE, sizeof(Candidate));
                g_hash_table_insert(relations->candidates, g_steal_pointer(&key), list);
        }
        g_array_append_val(list, candidate);
}

static void index_candidates(Relations *relations)
{
        for (guint i = 0; i < relations->packages->len; i++) {
                const OmgPackage *package = get_package(relations, i);
                add_candidate(relations, package->name, strlen(package->name),
                              (Candidate){i, NULL});
                for (char **s = get_strv(package, OMG_FIELD_PROVIDES); s && *s; s++) {
                        OmgDepend provision;
                        omg_depend_parse(*s, -1, &provision);
                        add_candidate(relations, provision.name, provision.name_length,
                                      (Candidate){i, *s});
                }
        }
}

static gboolean satisfies(const Relations *relations, const Candidate *candidate,
                          const OmgDepend *depend)
{
        const OmgPackage *package = get_package(relations, candidate->package);
        OmgDepend provision;

        if (!candidate->provision)
                return omg_depend_matches_literal(depend, package->name, package->version);
        omg_depend_parse(candidate->provision, -1, &provision);
        return omg_depend_matches_provision(depend, &provision);
}

/* Adds @name once, as the last so far: each package's dependencies are looked at together. */
static void add_name(GPtrArray **list, const char *name)
{
        if (!*list)
                *list = g_ptr_array_new();
        if ((*list)->len == 0 || g_ptr_array_index(*list, (*list)->len - 1) != name)
                g_ptr_array_add(*list, (gpointer)name);
}

/* Enters the package into the list of everything that satisfies the dependency; TRUE: something
 * does. */
static gboolean link_depend(Relations *relations, const char *text, const OmgPackage *from,
                            GPtrArray **lists)
{
        OmgDepend depend;
        gboolean found = FALSE;

        omg_depend_parse(text, -1, &depend);
        g_autofree char *name = g_strndup(depend.name, depend.name_length);
        const GArray *list = g_hash_table_lookup(relations->candidates, name);
        for (guint i = 0; list && i < list->len; i++) {
                const Candidate *candidate = &g_array_index(list, Candidate, i);
                if (!satisfies(relations, candidate, &depend))
                        continue;
                add_name(&lists[candidate->package], from->name);
                found = TRUE;
        }
        return found;
}

static void link_package(Relations *relations, OmgPackage *package)
{
        g_autoptr(GPtrArray) satisfied = g_ptr_array_new_with_free_func(g_free);

        for (char **s = get_strv(package, OMG_FIELD_DEPENDS); s && *s; s++)
                (void)link_depend(relations, *s, package, relations->required_by);
        for (char **s = get_strv(package, OMG_FIELD_OPTDEPENDS); s && *s; s++)
                if (link_depend(relations, *s, package, relations->optional_for))
                        g_ptr_array_add(satisfied, g_strdup(*s));
        g_ptr_array_add(satisfied, NULL);
        omg_package_take_strv(package, OMG_FIELD_OPTDEPENDS_INSTALLED,
                              (GStrv)g_ptr_array_free(g_steal_pointer(&satisfied), FALSE));
}

static void take_names(OmgPackage *package, OmgField field, GPtrArray *names)
{
        GPtrArray *strv = g_ptr_array_new();

        for (guint i = 0; names && i < names->len; i++)
                g_ptr_array_add(strv, g_strdup(g_ptr_array_index(names, i)));
        g_ptr_array_add(strv, NULL);
        omg_package_take_strv(package, field, (GStrv)g_ptr_array_free(strv, FALSE));
        g_clear_pointer(&names, g_ptr_array_unref);
}

void omg_relations_compute(GPtrArray *packages)
{
        guint n = packages->len;
        g_autoptr(GHashTable) candidates = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                                                 (GDestroyNotify)g_array_unref);
        g_autofree GPtrArray **required_by = g_new0(GPtrArray *, n);
        g_autofree GPtrArray **optional_for = g_new0(GPtrArray *, n);
        Relations relations = {packages, candidates, required_by, optional_for};

        index_candidates(&relations);
        for (guint i = 0; i < n; i++)
                link_package(&relations, g_ptr_array_index(packages, i));
        for (guint i = 0; i < n; i++) {
                OmgPackage *package = g_ptr_array_index(packages, i);
                take_names(package, OMG_FIELD_REQUIRED_BY, required_by[i]);
                take_names(package, OMG_FIELD_OPTIONAL_FOR, optional_for[i]);
                if ((package->flags & OMG_PACKAGE_DEPENDENCY) &&
                    !package->fields[OMG_FIELD_REQUIRED_BY].present &&
                    !package->fields[OMG_FIELD_OPTIONAL_FOR].present)
                        package->flags |= OMG_PACKAGE_ORPHAN;
        }
}
