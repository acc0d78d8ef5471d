/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/details.h"

#include <string.h>

#include "base/limits.h"
#include "engine/rows.h"

void omg_details_free(OmgDetails *details)
{
        if (!details)
                return;
        omg_package_free(details->sync);
        omg_package_free(details->local);
        g_clear_pointer(&details->repositories, g_ptr_array_unref);
        g_free(details);
}

/* "repository/name" in its two parts; without a slash, or with none before it, all of it is the
 * name. */
static const char *split(const char *name, gsize *ret_repository_len)
{
        const char *slash = strchr(name, '/');

        *ret_repository_len = slash ? (gsize)(slash - name) : 0;
        return slash ? slash + 1 : name;
}

static gboolean is_repository(const char *wanted, gsize len, const char *name)
{
        return strlen(name) == len && strncmp(wanted, name, len) == 0;
}

/* The sync id that is meant, and in repositories all that hold the name. */
static guint32 find_sync(const OmgSnapshot *snapshot, const char *wanted, gsize wanted_len,
                         const char *name, GPtrArray *repositories)
{
        guint32 found = OMG_NO_PACKAGE, id;
        guint64 cursor = 0;

        while ((id = omg_layer_find(snapshot->sync, name, strlen(name), &cursor)) !=
               OMG_NO_PACKAGE) {
                const char *repository =
                        omg_row_get_repository(snapshot, omg_layer_get_record(snapshot->sync, id));
                g_ptr_array_add(repositories, (gpointer)repository);
                if (found == OMG_NO_PACKAGE &&
                    (wanted_len == 0 || is_repository(wanted, wanted_len, repository)))
                        found = id;
        }
        return found;
}

static gboolean load(const OmgSnapshot *s, guint32 sync_id, guint32 local_id, OmgDetails *details,
                     GError **error)
{
        if (sync_id != OMG_NO_PACKAGE) {
                details->repository =
                        omg_row_get_repository(s, omg_layer_get_record(s->sync, sync_id));
                details->sync = omg_layer_dup_package(s->sync, sync_id, error);
                if (!details->sync)
                        return FALSE;
                if (omg_snapshot_is_ignored(s, sync_id))
                        details->flags |= OMG_PKG_IGNORED;
        }
        if (local_id != OMG_NO_PACKAGE) {
                details->flags |= s->installed[local_id].flags;
                details->local = omg_layer_dup_package(s->local, local_id, error);
                if (!details->local)
                        return FALSE;
        }
        return TRUE;
}

gboolean omg_details_get(const OmgSnapshot *snapshot, const char *name, OmgDetails **ret_details,
                         GError **error)
{
        gsize wanted_len;
        const char *base = split(name, &wanted_len);

        if (!*name) {
                g_set_error_literal(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS,
                                    "a package name is empty");
                return FALSE;
        }
        if (!*base) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS,
                            "no package name after the repository in \"%.300s\"", name);
                return FALSE;
        }
        if (strlen(base) > OMG_LIMIT_PACKAGE_NAME || wanted_len > OMG_LIMIT_PACKAGE_NAME) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS,
                            "a package or repository name is longer than %u bytes",
                            OMG_LIMIT_PACKAGE_NAME);
                return FALSE;
        }
        if (!snapshot->sync && !snapshot->local) {
                omg_snapshot_set_missing(snapshot, "sync", error);
                return FALSE;
        }

        gboolean only_local = wanted_len > 0 && is_repository(name, wanted_len, "local");
        g_autoptr(OmgDetails) details = g_new0(OmgDetails, 1);
        details->repositories = g_ptr_array_new();
        details->repository = "local";
        guint32 sync_id =
                snapshot->sync ? find_sync(snapshot, name, wanted_len, base, details->repositories)
                               : OMG_NO_PACKAGE;
        guint32 local_id = snapshot->local
                                   ? omg_layer_find(snapshot->local, base, strlen(base), NULL)
                                   : OMG_NO_PACKAGE;
        gboolean exists = wanted_len == 0 ? sync_id != OMG_NO_PACKAGE || local_id != OMG_NO_PACKAGE
                          : only_local    ? local_id != OMG_NO_PACKAGE
                                          : sync_id != OMG_NO_PACKAGE;
        if (exists &&
            !load(snapshot, only_local ? OMG_NO_PACKAGE : sync_id, local_id, details, error))
                return FALSE;
        *ret_details = exists ? g_steal_pointer(&details) : NULL;
        return TRUE;
}
