/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/lookup.h"

#include <string.h>

#include "base/error.h"
#include "base/limits.h"

gboolean omg_name_parse(const char *text, OmgName *ret_name, GError **error)
{
        const char *slash = strchr(text, '/');
        OmgName name = {
                .name = slash ? slash + 1 : text,
                .repository = text,
                .repository_len = slash ? (gsize)(slash - text) : 0,
        };

        if (!*text) {
                g_set_error_literal(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS,
                                    "a package name is empty");
                return FALSE;
        }
        if (!*name.name) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS,
                            "no package name after the repository in \"%.300s\"", text);
                return FALSE;
        }
        if (strlen(name.name) > OMG_LIMIT_PACKAGE_NAME ||
            name.repository_len > OMG_LIMIT_PACKAGE_NAME) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS,
                            "a package or repository name is longer than %u bytes",
                            OMG_LIMIT_PACKAGE_NAME);
                return FALSE;
        }
        *ret_name = name;
        return TRUE;
}

static gboolean is_repository(const OmgName *name, const char *repository)
{
        return strlen(repository) == name->repository_len &&
               strncmp(name->repository, repository, name->repository_len) == 0;
}

gboolean omg_name_may_be_aur(const OmgName *name)
{
        return name->repository_len == 0 || is_repository(name, OMG_REPOSITORY_AUR);
}

gboolean omg_name_is_local(const OmgName *name)
{
        return is_repository(name, "local");
}

guint32 omg_name_find_sync(const OmgSnapshot *snapshot, const OmgName *name,
                           GPtrArray *repositories)
{
        guint32 found = OMG_NO_PACKAGE, id;
        guint64 cursor = 0;

        if (!snapshot->sync)
                return OMG_NO_PACKAGE;
        while ((id = omg_layer_find(snapshot->sync, name->name, strlen(name->name), &cursor)) !=
               OMG_NO_PACKAGE) {
                const char *repository =
                        omg_row_get_repository(snapshot, omg_layer_get_record(snapshot->sync, id));
                if (repositories)
                        g_ptr_array_add(repositories, (gpointer)repository);
                if (found == OMG_NO_PACKAGE &&
                    (name->repository_len == 0 || is_repository(name, repository)))
                        found = id;
        }
        return found;
}

guint32 omg_name_find_aur(const OmgSnapshot *snapshot, const OmgName *name)
{
        if (!snapshot->aur || !omg_name_may_be_aur(name))
                return OMG_NO_PACKAGE;
        return omg_layer_find(snapshot->aur, name->name, strlen(name->name), NULL);
}

guint32 omg_name_find_local(const OmgSnapshot *snapshot, const OmgName *name)
{
        return snapshot->local
                       ? omg_layer_find(snapshot->local, name->name, strlen(name->name), NULL)
                       : OMG_NO_PACKAGE;
}

gboolean omg_lookup(const OmgSnapshot *snapshot, const char *text, OmgSource source,
                    OmgRow *ret_row, GError **error)
{
        OmgName name;

        if (!omg_name_parse(text, &name, error))
                return FALSE;
        if (name.repository_len > 0)
                source = omg_name_is_local(&name) ? OMG_SOURCE_LOCAL : OMG_SOURCE_REPO;
        gboolean none = source == OMG_SOURCE_LOCAL  ? !snapshot->local
                        : source == OMG_SOURCE_REPO ? !snapshot->sync
                                                    : !snapshot->local && !snapshot->sync;
        if (none) {
                omg_snapshot_set_missing(snapshot, source == OMG_SOURCE_LOCAL ? "local" : "sync",
                                         error);
                return FALSE;
        }

        OmgRow row = {.id = OMG_NO_PACKAGE};
        if (source != OMG_SOURCE_REPO)
                row = (OmgRow){.id = omg_name_find_local(snapshot, &name), .source = OMG_ROW_LOCAL};
        if (source != OMG_SOURCE_LOCAL && row.id == OMG_NO_PACKAGE)
                row = (OmgRow){.id = omg_name_find_sync(snapshot, &name, NULL)};
        *ret_row = row;
        return TRUE;
}
