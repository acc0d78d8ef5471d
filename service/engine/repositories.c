/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/repositories.h"

#include <string.h>

#include "sources/stamps.h"

static const char *const states[] = {
        [OMG_REPOSITORY_OK] = "ok",
        [OMG_REPOSITORY_CARRIED] = "carried",
        [OMG_REPOSITORY_ABSENT] = "absent",
        [OMG_REPOSITORY_INCOMPLETE] = "incomplete",
};

static void view_free(gpointer data)
{
        OmgRepositoryView *view = data;

        g_free(view->path);
        g_free(view);
}

/* The layer's record of a repository, or NULL. */
static const OmgRepositoryRecord *find_record(const OmgLayer *layer, const char *name)
{
        for (guint i = 0; layer && i < omg_layer_get_n_repositories(layer); i++) {
                const OmgRepositoryRecord *record = omg_layer_get_repository(layer, i);
                if (strcmp(omg_layer_get_text(layer, record->name), name) == 0)
                        return record;
        }
        return NULL;
}

/* What the layer was made from: which file, and when it was written. */
static void set_time(OmgRepositoryView *view, GBytes *stamps)
{
        OmgSyncStamp stamp;

        for (guint i = 0; stamps && i < omg_stamps_get_n_sync(stamps); i++)
                if (omg_stamps_get_sync(stamps, i, &stamp) && stamp.present &&
                    stamp.name_length == strlen(view->conf->name) &&
                    memcmp(stamp.name, view->conf->name, stamp.name_length) == 0) {
                        view->time_usec = (guint64)(stamp.mtime_ns / 1000);
                        g_free(view->path);
                        view->path = g_strndup(stamp.path, stamp.path_length);
                }
}

static void set_state(OmgRepositoryView *view, OmgRepositoryState state, OmgError error,
                      const char *message)
{
        view->state = states[state];
        view->error = error;
        view->message = message;
        /* Of one that could not be read again nothing is known to be true of today's file. */
        view->readable = state == OMG_REPOSITORY_OK || state == OMG_REPOSITORY_INCOMPLETE;
}

/* Why no repository at all could be read again, or NULL. */
static const OmgSourceError *find_whole_error(const OmgSnapshot *snapshot)
{
        for (guint i = 0; i < snapshot->errors->len; i++) {
                const OmgSourceError *e = g_ptr_array_index(snapshot->errors, i);
                if (strcmp(e->source, "sync") == 0 || strcmp(e->source, "pacman.conf") == 0)
                        return e;
        }
        return NULL;
}

static void set_record(OmgRepositoryView *view, const OmgSnapshot *snapshot,
                       const OmgRepositoryRecord *record)
{
        const OmgSourceError *whole = find_whole_error(snapshot);
        OmgRepositoryState state =
                record ? MIN(record->state, OMG_REPOSITORY_INCOMPLETE) : OMG_REPOSITORY_ABSENT;
        OmgError error = OMG_ERROR_UNAVAILABLE;
        const char *message = record ? NULL : "it was not read yet";

        if (record && state != OMG_REPOSITORY_OK) {
                error = record->error < OMG_ERROR_N_CODES ? record->error
                                                          : OMG_ERROR_DATABASE_CORRUPT;
                message = omg_layer_get_text(snapshot->sync, record->message);
        } else if (whole) {
                state = record ? OMG_REPOSITORY_CARRIED : OMG_REPOSITORY_ABSENT;
                error = whole->code;
                message = whole->message;
        }
        set_state(view, state, error, message);
        view->has_packages = state != OMG_REPOSITORY_ABSENT;
        view->n_packages = view->has_packages ? record->n_packages : 0;
}

static OmgRepositoryView *view_new(const OmgSnapshot *snapshot, const OmgRepository *conf,
                                   GBytes *stamps)
{
        OmgRepositoryView *view = g_new0(OmgRepositoryView, 1);
        g_autofree char *files =
                g_strdup_printf("%ssync/%s.files", snapshot->conf->db_path, conf->name);

        view->conf = conf;
        view->time_usec = G_MAXUINT64;
        view->path = g_strdup_printf("%ssync/%s.db", snapshot->conf->db_path, conf->name);
        view->has_files = g_file_test(files, G_FILE_TEST_IS_REGULAR);
        set_time(view, stamps);
        set_record(view, snapshot, find_record(snapshot->sync, conf->name));
        return view;
}

GPtrArray *omg_repositories_list(const OmgSnapshot *snapshot, GError **error)
{
        g_autoptr(GBytes) stamps = NULL;
        GPtrArray *views;
        gsize size;

        if (!snapshot->conf) {
                omg_snapshot_set_missing(snapshot, "pacman.conf", error);
                return NULL;
        }
        if (snapshot->sync) {
                gconstpointer data =
                        omg_layer_get_section(snapshot->sync, OMG_SECTION_STAMPS, &size);
                stamps = g_bytes_new_static(data, size);
        }
        views = g_ptr_array_new_with_free_func(view_free);
        for (guint i = 0; i < snapshot->conf->repositories->len; i++)
                g_ptr_array_add(views, view_new(snapshot,
                                                g_ptr_array_index(snapshot->conf->repositories, i),
                                                stamps));
        return views;
}

const char **omg_repository_dup_usage(const OmgRepository *repository)
{
        static const char *const words[] = {"sync", "search", "install", "upgrade"};
        const char **usage = g_new0(const char *, G_N_ELEMENTS(words) + 1);
        guint n = 0;

        for (guint i = 0; i < G_N_ELEMENTS(words); i++)
                if (repository->usage & (1u << i))
                        usage[n++] = words[i];
        return usage;
}

const char **omg_repository_dup_siglevel(const OmgRepository *repository)
{
        static const struct {
                guint check, optional, unknown_ok;
                const char *words[5]; /* never, required, optional, trusted only, trust all */
        } halves[] = {
                {OMG_SIGLEVEL_PACKAGE,
                 OMG_SIGLEVEL_PACKAGE_OPTIONAL,
                 OMG_SIGLEVEL_PACKAGE_UNKNOWN_OK,
                 {"PackageNever", "PackageRequired", "PackageOptional", "PackageTrustedOnly",
                  "PackageTrustAll"}},
                {OMG_SIGLEVEL_DATABASE,
                 OMG_SIGLEVEL_DATABASE_OPTIONAL,
                 OMG_SIGLEVEL_DATABASE_UNKNOWN_OK,
                 {"DatabaseNever", "DatabaseRequired", "DatabaseOptional", "DatabaseTrustedOnly",
                  "DatabaseTrustAll"}},
        };
        const char **words = g_new0(const char *, 2 * G_N_ELEMENTS(halves) + 1);
        guint level = repository->siglevel, n = 0;

        for (guint i = 0; i < G_N_ELEMENTS(halves); i++) {
                if (!(level & halves[i].check)) {
                        words[n++] = halves[i].words[0];
                        continue;
                }
                words[n++] = halves[i].words[level & halves[i].optional ? 2 : 1];
                words[n++] = halves[i].words[level & halves[i].unknown_ok ? 4 : 3];
        }
        return words;
}
