/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/lists.h"

#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "engine/files.h"
#include "engine/groups.h"
#include "engine/repositories.h"
#include "engine/rows.h"

/* What a list is written from, and to. */
typedef struct {
        const OmgList *list;
        const OmgSnapshot *snapshot;
        const OmgListOptions *options;
        OmgJsonLines *lines;
        OmgListFile *file;
} Work;

struct OmgList {
        const char *name;
        gboolean (*write)(Work *work, GError **error);
        guint32 flag; /* of installed packages: those that have it */
};

/* ---- packages ---- */

static gboolean write_package(Work *work, const OmgPackageView *view, GError **error)
{
        OmgJsonLines *lines = work->lines;

        omg_json_lines_add_string(lines, "name", view->name);
        omg_json_lines_add_string(lines, "version", view->version);
        omg_json_lines_add_string(lines, "repository", view->repository);
        omg_json_lines_add_string(lines, "description", view->description);
        if (view->installed_version[0] != '\0')
                omg_json_lines_add_string(lines, "installed-version", view->installed_version);
        else
                omg_json_lines_add_null(lines, "installed-version");
        omg_json_lines_add_unsigned(lines, "flags", view->flags);
        if (view->aur) {
                omg_json_lines_add_unsigned(lines, "votes", view->aur->votes);
                omg_json_lines_add_real(lines, "popularity", view->aur->popularity);
        }
        if (view->vcs)
                omg_json_lines_add_string(lines, "vcs", view->vcs);
        return omg_json_lines_end(lines, error);
}

static gboolean write_installed(Work *work, GError **error)
{
        OmgListParams params = {
                .flag = work->list->flag,
                .repositories = work->options->repositories,
                .limit = G_MAXUINT,
        };
        g_autoptr(GArray) ids = NULL;
        OmgPackageView view;
        guint total;

        if (!omg_list_installed(work->snapshot, &params, &ids, &total, error))
                return FALSE;
        for (guint i = 0; i < ids->len; i++) {
                omg_installed_view(work->snapshot, g_array_index(ids, guint32, i), &view);
                if (!write_package(work, &view, error))
                        return FALSE;
        }
        return TRUE;
}

static gboolean is_wanted(const Work *work, const char *repository)
{
        const char *const *repositories = work->options->repositories;

        return !repositories || g_strv_contains(repositories, repository);
}

static gboolean write_sync(Work *work, GError **error)
{
        const OmgLayer *sync = work->snapshot->sync;
        OmgPackageView view;

        for (guint i = 0; i < omg_layer_get_n_packages(sync); i++) {
                guint id = omg_layer_get_by_name(sync, i);
                if (id == OMG_NO_PACKAGE)
                        continue;
                omg_row_view(work->snapshot, (OmgRow){.id = id}, &view);
                if (is_wanted(work, view.repository) && !write_package(work, &view, error))
                        return FALSE;
        }
        return TRUE;
}

/* Those of all repositories by name, then the foreign ones. */
static gboolean write_packages(Work *work, GError **error)
{
        const OmgSnapshot *snapshot = work->snapshot;
        OmgPackageView view;

        if (!snapshot->sync) {
                omg_snapshot_set_missing(snapshot, "sync", error);
                return FALSE;
        }
        if (!write_sync(work, error))
                return FALSE;
        for (guint i = 0; snapshot->local && i < snapshot->by_name->len; i++) {
                guint32 id = g_array_index(snapshot->by_name, guint32, i);
                if (!(snapshot->installed[id].flags & OMG_PKG_FOREIGN))
                        continue;
                omg_installed_view(snapshot, id, &view);
                if (is_wanted(work, view.repository) && !write_package(work, &view, error))
                        return FALSE;
        }
        return TRUE;
}

/* ---- updates ---- */

/* Nobody knows the size of what is yet to be built. */
static void add_sizes(OmgJsonLines *lines, const OmgUpdateView *view)
{
        if (view->flags & OMG_UPD_AUR) {
                omg_json_lines_add_null(lines, "download-size");
                omg_json_lines_add_null(lines, "size-change");
                return;
        }
        omg_json_lines_add_unsigned(lines, "download-size", view->download_size);
        omg_json_lines_add_signed(lines, "size-change", view->installed_size_diff);
}

static void add_aur(OmgJsonLines *lines, const OmgPackage *aur)
{
        const OmgFieldValue *maintainer = &aur->fields[OMG_FIELD_MAINTAINER];
        const OmgFieldValue *out_of_date = &aur->fields[OMG_FIELD_OUT_OF_DATE];

        if (maintainer->present)
                omg_json_lines_add_string(lines, "maintainer", maintainer->string);
        if (out_of_date->present)
                omg_json_lines_add_unsigned(lines, "out-of-date", out_of_date->number);
}

static gboolean write_update(Work *work, const OmgUpdateView *view, GError **error)
{
        OmgJsonLines *lines = work->lines;

        omg_json_lines_add_string(lines, "name", view->name);
        omg_json_lines_add_string(lines, "installed-version", view->old_version);
        omg_json_lines_add_string(lines, "new-version", view->new_version);
        omg_json_lines_add_string(lines, "repository", view->repository);
        add_sizes(lines, view);
        omg_json_lines_add_unsigned(lines, "flags", view->flags);
        if (view->replaces)
                omg_json_lines_add_strv(lines, "replaces",
                                        (const char *const *)view->replaces->pdata,
                                        view->replaces->len);
        if (view->replaced_by)
                omg_json_lines_add_string(lines, "replaced-by", view->replaced_by);
        if (view->vcs)
                omg_json_lines_add_string(lines, "vcs", view->vcs);
        if (view->aur)
                add_aur(lines, view->aur);
        return omg_json_lines_end(lines, error);
}

static gboolean write_updates(Work *work, GError **error)
{
        const OmgUpdatesParams params = {
                .skip_ignored = work->options->without_ignored,
                .skip_repo = work->options->without_repo,
                .skip_aur = work->options->without_aur,
                .limit = G_MAXUINT,
        };
        g_autoptr(GArray) indices = NULL;
        gboolean done = TRUE;
        guint total;

        if (!omg_list_updates(work->snapshot, &params, &indices, &total, error))
                return FALSE;
        for (guint i = 0; done && i < indices->len; i++) {
                OmgUpdateView view;
                omg_update_view(work->snapshot,
                                &g_array_index(work->snapshot->updates, OmgUpdate,
                                               g_array_index(indices, guint, i)),
                                &view);
                done = write_update(work, &view, error);
                omg_update_view_clear(&view);
        }
        return done;
}

/* ---- groups, repositories ---- */

static gboolean write_groups(Work *work, GError **error)
{
        g_autoptr(GArray) groups = omg_groups_list(work->snapshot, work->options->installed, error);

        for (guint i = 0; groups && i < groups->len; i++) {
                const OmgGroup *group = &g_array_index(groups, OmgGroup, i);
                omg_json_lines_add_string(work->lines, "name", group->name);
                omg_json_lines_add_unsigned(work->lines, "packages", group->n_packages);
                if (!omg_json_lines_end(work->lines, error))
                        return FALSE;
        }
        return groups != NULL;
}

static void add_strv(OmgJsonLines *lines, const char *key, const char *const *strv)
{
        omg_json_lines_add_strv(lines, key, strv, g_strv_length((char **)strv));
}

static gboolean write_repository(Work *work, const OmgRepositoryView *view, GError **error)
{
        OmgJsonLines *lines = work->lines;
        g_autofree const char **usage = omg_repository_dup_usage(view->conf);
        g_autofree const char **siglevel = omg_repository_dup_siglevel(view->conf);

        omg_json_lines_add_string(lines, "name", view->conf->name);
        omg_json_lines_add_boolean(lines, "readable", view->readable);
        if (view->time_usec == G_MAXUINT64)
                omg_json_lines_add_null(lines, "time");
        else
                omg_json_lines_add_unsigned(lines, "time", view->time_usec);
        if (view->has_packages)
                omg_json_lines_add_unsigned(lines, "packages", view->n_packages);
        omg_json_lines_add_string(lines, "state", view->state);
        if (view->message) {
                g_autofree char *text = g_strdup_printf(
                        "%s: %s", omg_error_get_dbus_name((int)view->error), view->message);
                omg_json_lines_add_string(lines, "error", text);
        }
        add_strv(lines, "usage", usage);
        add_strv(lines, "servers", (const char *const *)view->conf->servers);
        add_strv(lines, "siglevel", siglevel);
        omg_json_lines_add_string(lines, "path", view->path);
        omg_json_lines_add_boolean(lines, "files", view->has_files);
        return omg_json_lines_end(lines, error);
}

static gboolean write_repositories(Work *work, GError **error)
{
        g_autoptr(GPtrArray) views = omg_repositories_list(work->snapshot, error);

        for (guint i = 0; views && i < views->len; i++)
                if (!write_repository(work, g_ptr_array_index(views, i), error))
                        return FALSE;
        return views != NULL;
}

/* ---- history ---- */

typedef struct {
        OmgJsonLines *lines;
        GError *error;
} HistoryWork;

static void add_span(OmgJsonLines *lines, const char *key, OmgLogSpan span)
{
        omg_json_lines_add_span(lines, key, span.text, span.length);
}

static gboolean on_entry(const OmgLogLine *line, guint64 position, gpointer userdata)
{
        HistoryWork *work = userdata;

        omg_json_lines_add_unsigned(work->lines, "position", position);
        omg_json_lines_add_signed(work->lines, "time", line->time);
        omg_json_lines_add_string(work->lines, "action", omg_log_action_words[line->action]);
        add_span(work->lines, "package", line->package);
        add_span(work->lines, "version", line->version);
        if (line->old_version.length > 0)
                add_span(work->lines, "old-version", line->old_version);
        return omg_json_lines_end(work->lines, &work->error);
}

static gboolean write_history(Work *work, GError **error)
{
        const OmgListOptions *options = work->options;
        HistoryWork history = {work->lines, NULL};
        OmgHistoryParams params = {
                .since = options->since,
                .packages = options->packages,
                .actions = options->actions,
                .is_cancelled = options->is_cancelled,
                .cancel_data = options->cancel_data,
        };

        if (!work->snapshot->conf) {
                omg_snapshot_set_missing(work->snapshot, "pacman.conf", error);
                return FALSE;
        }
        params.log_file = work->snapshot->conf->log_file;
        work->file->is_history = TRUE;
        if (!omg_history_each(&params, on_entry, &history, &work->file->history, error))
                return FALSE;
        if (!history.error)
                return TRUE;
        g_propagate_error(error, history.error);
        return FALSE;
}

/* ---- files ---- */

/* Piece by piece: the paths of a large package take more memory than their lines. */
static gboolean write_files(Work *work, GError **error)
{
        const OmgListOptions *options = work->options;
        guint total = 0, offset = 0;

        do {
                g_autoptr(GPtrArray) paths = NULL;

                if (!omg_files_list(work->snapshot, options->files_source, options->package, offset,
                                    OMG_LIMIT_ROWS, &paths, &total, error))
                        return FALSE;
                if (!paths) {
                        omg_files_set_not_found(options->files_source, options->package, error);
                        return FALSE;
                }
                for (guint i = 0; i < paths->len; i++) {
                        omg_json_lines_add_string(work->lines, "path", paths->pdata[i]);
                        if (!omg_json_lines_end(work->lines, error))
                                return FALSE;
                }
                if (paths->len == 0)
                        break;
                offset += paths->len;
        } while (offset < total);
        return TRUE;
}

/* ---- the table ---- */

static const OmgList lists[] = {
        {"installed", write_installed, OMG_PKG_INSTALLED},
        {"explicit", write_installed, OMG_PKG_EXPLICIT},
        {"orphans", write_installed, OMG_PKG_ORPHAN},
        {"foreign", write_installed, OMG_PKG_FOREIGN},
        {"updates", write_updates, 0},
        {"packages", write_packages, 0},
        {"groups", write_groups, 0},
        {"repositories", write_repositories, 0},
        {"history", write_history, 0},
        {"files", write_files, 0},
};

const OmgList *omg_list_find(const char *name)
{
        for (gsize i = 0; i < G_N_ELEMENTS(lists); i++)
                if (strcmp(lists[i].name, name) == 0)
                        return &lists[i];
        return NULL;
}

gboolean omg_list_is_of_files(const OmgList *list)
{
        return list->write == write_files;
}

gboolean omg_list_is_of_updates(const OmgList *list)
{
        return list->write == write_updates;
}

char *omg_list_dup_names(void)
{
        GString *names = g_string_new(NULL);

        for (gsize i = 0; i < G_N_ELEMENTS(lists); i++)
                g_string_append_printf(names, "%s%s", i > 0 ? ", " : "", lists[i].name);
        return g_string_free(names, FALSE);
}

gboolean omg_list_write(const OmgList *list, const OmgSnapshot *snapshot,
                        const OmgListOptions *options, OmgListFile *ret_file, GError **error)
{
        g_autoptr(OmgJsonLines) lines =
                omg_json_lines_new(options->is_cancelled, options->cancel_data, error);
        OmgListFile file = {.fd = -1};
        Work work = {list, snapshot, options, lines, &file};

        if (!lines || !list->write(&work, error))
                return FALSE;
        file.fd = omg_json_lines_finish(lines, &file.n_rows, error);
        if (file.fd < 0)
                return FALSE;
        *ret_file = file;
        return TRUE;
}
