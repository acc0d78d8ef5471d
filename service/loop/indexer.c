/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/indexer.h"

#include <glib/gstdio.h>
#include <sys/wait.h>

#include "base/error.h"
#include "base/limits.h"
#include "config.h"
#include "loop/index-result.h"
#include "loop/process.h"
#include "store/advisory-layer-format.h"
#include "store/layer-kind.h"

#define OUTPUT_SUFFIX ".new"

struct OmgIndexer {
        OmgProcess *process;
        OmgIndexerDone done;
        gpointer userdata;
        OmgIndexCheck check;
};

static const OmgLayerKind all_kinds[] = {OMG_LAYER_SYNC, OMG_LAYER_LOCAL, OMG_LAYER_SYNC_FILES,
                                         OMG_LAYER_LOCAL_FILES};

/* How long the helper may take. */
static guint get_seconds(OmgLayerKind kind)
{
        return kind == OMG_LAYER_SYNC || kind == OMG_LAYER_LOCAL ? OMG_LIMIT_HELPER_SEC
                                                                 : OMG_LIMIT_HELPER_FILES_SEC;
}

char *omg_indexer_dup_path(const OmgPaths *paths, OmgLayerKind kind)
{
        g_autofree char *file = g_strconcat(omg_layer_kind_get_name(kind), ".idx", NULL);
        return g_build_filename(paths->data_dir, file, NULL);
}

char *omg_indexer_dup_output_path(const OmgPaths *paths, OmgLayerKind kind)
{
        g_autofree char *path = omg_indexer_dup_path(paths, kind);
        return g_strconcat(path, OUTPUT_SUFFIX, NULL);
}

char *omg_indexer_dup_advisories_path(const OmgPaths *paths)
{
        return g_build_filename(paths->data_dir, OMG_ADVISORY_LAYER_NAME, NULL);
}

char *omg_indexer_dup_advisories_output_path(const OmgPaths *paths)
{
        g_autofree char *path = omg_indexer_dup_advisories_path(paths);
        return g_strconcat(path, OUTPUT_SUFFIX, NULL);
}

static void add_option(GPtrArray *argv, const char *option, const char *value)
{
        if (!value)
                return;
        g_ptr_array_add(argv, (gpointer)option);
        g_ptr_array_add(argv, (gpointer)value);
}

static gboolean parse_result(GBytes *output, OmgIndexCheck *check, GError **error)
{
        gsize size;
        const char *text = g_bytes_get_data(output, &size);

        return omg_index_result_parse(text, size, check, error);
}

static void on_process_done(const OmgProcessResult *result, const GError *process_error,
                            gpointer userdata)
{
        OmgIndexer *indexer = userdata;
        g_autoptr(GError) error = NULL;

        /* Exit status 1 comes with a reason of its own; everything else says enough by itself. */
        if (!process_error)
                (void)parse_result(result->output, &indexer->check, &error);
        else if (WIFEXITED(result->wait_status) && WEXITSTATUS(result->wait_status) == 1 &&
                 process_error->code == OMG_ERROR_UNAVAILABLE)
                (void)(parse_result(result->output, &indexer->check, &error) &&
                       (error = g_error_copy(process_error)));
        else
                error = g_error_copy(process_error);
        indexer->done(error, indexer->userdata);
}

/* The command line but for what only one of the commands has. */
static GPtrArray *begin_command(const OmgPaths *paths, const char *command)
{
        GPtrArray *argv = g_ptr_array_new();

        g_ptr_array_add(argv, paths->index_helper ? paths->index_helper
                                                  : (gpointer)(OMG_LIBEXECDIR "/omgd-index"));
        g_ptr_array_add(argv, (gpointer)command);
        add_option(argv, "--config", paths->pacman_conf);
        add_option(argv, "--dbpath", paths->pacman_db_dir);
        add_option(argv, "--root", paths->pacman_root);
        add_option(argv, "--cache", paths->cache_dir);
        return argv;
}

static OmgIndexer *start(GPtrArray *argv, guint seconds, OmgIndexerDone done, gpointer userdata,
                         GError **error)
{
        OmgIndexer *indexer = g_new0(OmgIndexer, 1);

        indexer->done = done;
        indexer->userdata = userdata;
        g_ptr_array_add(argv, NULL);
        const OmgProcessStart process = {.argv = (const char *const *)argv->pdata,
                                         .timeout_msec = seconds * 1000,
                                         .done = on_process_done,
                                         .data = indexer};
        indexer->process = omg_process_start(NULL, &process, error);
        if (!indexer->process) {
                g_prefix_error(error, "the helper (OMG_INDEX_HELPER can name another): ");
                g_clear_pointer(&indexer, g_free);
        }
        return indexer;
}

OmgIndexer *omg_indexer_start(const OmgPaths *paths, OmgLayerKind kind, gboolean whole,
                              OmgIndexerDone done, gpointer userdata, GError **error)
{
        g_autofree char *path = omg_indexer_dup_path(paths, kind);
        g_autofree char *output = omg_indexer_dup_output_path(paths, kind);
        g_autoptr(GPtrArray) argv = begin_command(paths, omg_layer_kind_get_name(kind));

        add_option(argv, "--output", output);
        add_option(argv, "--previous", path);
        if (whole)
                g_ptr_array_add(argv, (gpointer) "--whole");
        return start(argv, get_seconds(kind), done, userdata, error);
}

OmgIndexer *omg_indexer_start_advisories(const OmgPaths *paths, OmgIndexerDone done,
                                         gpointer userdata, GError **error)
{
        g_autofree char *output = omg_indexer_dup_advisories_output_path(paths);
        g_autoptr(GPtrArray) argv = begin_command(paths, "advisories");

        add_option(argv, "--output", output);
        return start(argv, OMG_LIMIT_HELPER_SEC, done, userdata, error);
}

OmgIndexer *omg_indexer_start_aur(const OmgPaths *paths, const char *archive, OmgIndexerDone done,
                                  gpointer userdata, GError **error)
{
        g_autofree char *output = omg_indexer_dup_output_path(paths, OMG_LAYER_AUR);
        g_autoptr(GPtrArray) argv = begin_command(paths, omg_layer_kind_get_name(OMG_LAYER_AUR));

        add_option(argv, "--archive", archive);
        add_option(argv, "--output", output);
        return start(argv, get_seconds(OMG_LAYER_AUR), done, userdata, error);
}

OmgIndexer *omg_indexer_start_aur_reply(const OmgPaths *paths, const char *output,
                                        const GPtrArray *files, OmgIndexerDone done,
                                        gpointer userdata, GError **error)
{
        g_autoptr(GPtrArray) argv = begin_command(paths, "aur-reply");

        add_option(argv, "--output", output);
        for (guint i = 0; i < files->len; i++)
                g_ptr_array_add(argv, files->pdata[i]);
        return start(argv, OMG_LIMIT_HELPER_SEC, done, userdata, error);
}

OmgIndexer *omg_indexer_start_check(const OmgPaths *paths, const char *repository,
                                    OmgIndexerDone done, gpointer userdata, GError **error)
{
        g_autoptr(GPtrArray) argv = begin_command(paths, "check");

        add_option(argv, "--repository", repository);
        return start(argv, OMG_LIMIT_HELPER_SEC, done, userdata, error);
}

const OmgIndexCheck *omg_indexer_get_check(const OmgIndexer *indexer)
{
        return &indexer->check;
}

void omg_indexer_cancel(OmgIndexer *indexer)
{
        omg_process_cancel(indexer->process);
}

void omg_indexer_free(OmgIndexer *indexer)
{
        if (!indexer)
                return;
        omg_process_free(indexer->process);
        g_free(indexer);
}

/* What alpm-reader.c makes: links, which go while what they lead to stays, and at most a local/ of
 * folders in the folder. A killed helper may have left a file half made in it. */
static void remove_work_dir(const char *path, guint depth)
{
        g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
        const char *name;

        while (dir && (name = g_dir_read_name(dir))) {
                g_autofree char *child = g_build_filename(path, name, NULL);
                if (depth > 0 && g_file_test(child, G_FILE_TEST_IS_DIR) &&
                    !g_file_test(child, G_FILE_TEST_IS_SYMLINK))
                        remove_work_dir(child, depth - 1);
                else
                        (void)g_unlink(child);
        }
        (void)g_rmdir(path);
}

/* A file being written is ".NAME.idx" and more, until it is whole. */
static gboolean is_left_over_of(const char *name, OmgLayerKind kind)
{
        g_autofree char *begun = g_strconcat(".", omg_layer_kind_get_name(kind), ".idx", NULL);
        g_autofree char *whole = g_strconcat(begun + 1, OUTPUT_SUFFIX, NULL);

        return g_str_has_prefix(name, begun) || g_str_equal(name, whole);
}

static gboolean is_left_over(const char *name)
{
        for (gsize i = 0; i < G_N_ELEMENTS(all_kinds); i++)
                if (is_left_over_of(name, all_kinds[i]))
                        return TRUE;
        return g_str_has_prefix(name, "." OMG_ADVISORY_LAYER_NAME) ||
               g_str_equal(name, OMG_ADVISORY_LAYER_NAME OUTPUT_SUFFIX);
}

void omg_indexer_clean(const OmgPaths *paths)
{
        g_autoptr(GDir) dir = g_dir_open(paths->data_dir, 0, NULL);
        const char *name;

        while (dir && (name = g_dir_read_name(dir))) {
                g_autofree char *path = g_build_filename(paths->data_dir, name, NULL);
                if (g_str_has_prefix(name, ".alpm-"))
                        remove_work_dir(path, 2);
                else if (is_left_over(name))
                        (void)g_remove(path);
        }
}

void omg_indexer_clean_aur(const OmgPaths *paths)
{
        g_autoptr(GDir) dir = g_dir_open(paths->data_dir, 0, NULL);
        const char *name;

        while (dir && (name = g_dir_read_name(dir))) {
                g_autofree char *path = g_build_filename(paths->data_dir, name, NULL);
                if (is_left_over_of(name, OMG_LAYER_AUR))
                        (void)g_remove(path);
        }
}
