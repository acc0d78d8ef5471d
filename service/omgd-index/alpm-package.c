/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "omgd-index/alpm-package.h"

#include <stdlib.h>

/* Our copy of what one node of libalpm's list holds. */
typedef char *(*DupNode)(gconstpointer data);

static char *dup_string(gconstpointer data)
{
        return g_strdup(data);
}

static char *dup_depend(gconstpointer data)
{
        char *text = alpm_dep_compute_string(data);
        char *copy = g_strdup(text);

        free(text);
        return copy;
}

static char *dup_backup(gconstpointer data)
{
        return g_strdup(((const alpm_backup_t *)data)->name);
}

static void set_list(OmgPackage *package, OmgField field, alpm_list_t *list, DupNode dup)
{
        GPtrArray *strv = g_ptr_array_new();

        for (alpm_list_t *l = list; l; l = l->next)
                g_ptr_array_add(strv, dup(l->data));
        g_ptr_array_add(strv, NULL);
        omg_package_take_strv(package, field, (GStrv)g_ptr_array_free(strv, FALSE));
}

static void set_validation(OmgPackage *package, int validation)
{
        /* alpm_pkgvalidation_t; as numbers, because a later libalpm may drop a name. */
        static const struct {
                int bit;
                const char *name;
        } names[] = {{1 << 0, "none"}, {1 << 1, "md5"}, {1 << 2, "sha256"}, {1 << 3, "pgp"}};
        GPtrArray *strv = g_ptr_array_new();

        for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
                if (validation & names[i].bit)
                        g_ptr_array_add(strv, g_strdup(names[i].name));
        g_ptr_array_add(strv, NULL);
        omg_package_take_strv(package, OMG_FIELD_VALIDATION, (GStrv)g_ptr_array_free(strv, FALSE));
}

/* libalpm gives 0 for what is not there: a date or a package file of no size is none. */
static void set_positive(OmgPackage *package, OmgField field, gint64 value)
{
        if (value > 0)
                omg_package_set_number(package, field, value);
}

static void set_local(OmgPackage *package, alpm_pkg_t *pkg)
{
        alpm_pkgreason_t reason = alpm_pkg_get_reason(pkg);

        set_positive(package, OMG_FIELD_INSTALL_DATE, alpm_pkg_get_installdate(pkg));
        omg_package_set_number(package, OMG_FIELD_INSTALL_SCRIPT, alpm_pkg_has_scriptlet(pkg) == 1);
        set_list(package, OMG_FIELD_BACKUP, alpm_pkg_get_backup(pkg), dup_backup);
        if (reason == ALPM_PKG_REASON_EXPLICIT)
                package->flags |= OMG_PACKAGE_EXPLICIT;
        if (reason == ALPM_PKG_REASON_DEPEND)
                package->flags |= OMG_PACKAGE_DEPENDENCY;
        if (reason == ALPM_PKG_REASON_EXPLICIT || reason == ALPM_PKG_REASON_DEPEND)
                omg_package_set_string(package, OMG_FIELD_INSTALL_REASON,
                                       reason == ALPM_PKG_REASON_EXPLICIT ? "explicit"
                                                                          : "dependency");
}

OmgPackage *omg_alpm_package_dup(alpm_pkg_t *pkg)
{
        OmgPackage *package = omg_package_new(alpm_pkg_get_name(pkg), alpm_pkg_get_version(pkg),
                                              alpm_pkg_get_desc(pkg));

        omg_package_set_string(package, OMG_FIELD_BASE, alpm_pkg_get_base(pkg));
        omg_package_set_string(package, OMG_FIELD_ARCHITECTURE, alpm_pkg_get_arch(pkg));
        omg_package_set_string(package, OMG_FIELD_URL, alpm_pkg_get_url(pkg));
        omg_package_set_string(package, OMG_FIELD_PACKAGER, alpm_pkg_get_packager(pkg));
        set_list(package, OMG_FIELD_LICENSES, alpm_pkg_get_licenses(pkg), dup_string);
        set_list(package, OMG_FIELD_GROUPS, alpm_pkg_get_groups(pkg), dup_string);
        set_list(package, OMG_FIELD_PROVIDES, alpm_pkg_get_provides(pkg), dup_depend);
        set_list(package, OMG_FIELD_DEPENDS, alpm_pkg_get_depends(pkg), dup_depend);
        set_list(package, OMG_FIELD_OPTDEPENDS, alpm_pkg_get_optdepends(pkg), dup_depend);
        set_list(package, OMG_FIELD_MAKEDEPENDS, alpm_pkg_get_makedepends(pkg), dup_depend);
        set_list(package, OMG_FIELD_CHECKDEPENDS, alpm_pkg_get_checkdepends(pkg), dup_depend);
        set_list(package, OMG_FIELD_CONFLICTS, alpm_pkg_get_conflicts(pkg), dup_depend);
        set_list(package, OMG_FIELD_REPLACES, alpm_pkg_get_replaces(pkg), dup_depend);
        set_positive(package, OMG_FIELD_BUILD_DATE, alpm_pkg_get_builddate(pkg));
        /* An installed size of 0 is a meta package's. */
        omg_package_set_number(package, OMG_FIELD_INSTALLED_SIZE, MAX(alpm_pkg_get_isize(pkg), 0));
        set_validation(package, alpm_pkg_get_validation(pkg));
        if (alpm_pkg_get_origin(pkg) == ALPM_PKG_FROM_LOCALDB) {
                set_local(package, pkg);
        } else {
                set_positive(package, OMG_FIELD_DOWNLOAD_SIZE, alpm_pkg_get_size(pkg));
                omg_package_set_string(package, OMG_FIELD_FILENAME, alpm_pkg_get_filename(pkg));
                omg_package_set_string(package, OMG_FIELD_MD5SUM, omg_alpm_get_md5sum(pkg));
                omg_package_set_string(package, OMG_FIELD_SHA256SUM, alpm_pkg_get_sha256sum(pkg));
        }
        return package;
}
