/* SPDX-License-Identifier: GPL-3.0-or-later */

/* omgd-index: the helper process that reads pacman's databases with libalpm and writes one index
 * layer.
 *
 *   omgd-index sync|local|sync-files|local-files --config FILE --output FILE
 *              [--root DIR] [--dbpath DIR] [--cache DIR] [--previous FILE] [--only-libalpm]
 *              [--whole]
 *   omgd-index check --config FILE --cache DIR --repository NAME [--root DIR] [--dbpath DIR]
 *   omgd-index advisories --output FILE --cache DIR | [--tracker FILE] [--osv DIR]
 *   omgd-index aur --output FILE --cache DIR | --archive FILE
 *   omgd-index aur-reply --output FILE FILE...
 *   omgd-index judge-list [--previous FILE] [--groups IDS --details DIR] FILE
 *   omgd-index judge-answer --questions N FILE
 *   omgd-index judge-groups|judge-records FILE...
 *
 * A sync database that is plainly what repo-add makes is judged by libalpm, but read by a quicker
 * reader (sync-reader.h), which gives the same: tests compare it with --only-libalpm.
 *
 * check judges a database that was fetched (check-staged.h), and writes nothing. advisories reads
 * the security feeds that were fetched (build-advisories.h), aur the AUR's archive, aur-reply
 * answers of its RPC (build-aur.h), and nothing of pacman's. The last three judge such feeds
 * before, and have lines of their own (judge-staged.h) instead of the one below.
 *
 * Prints one line of JSON: {"ok":true,"packages":N,"paths":N,"repositories":N,"carried":N,
 * "absent":N,"quick":N,"reused":N,"newer":N,"older":N,"added":N,"removed":N,"newest":N,
 * "groups":N,"records":N,"dropped":N,"usec":N}
 * and exits with 0, or {"ok":false,"error":NAME, "message":TEXT} and exits with 1; NAME is a D-Bus
 * error name of base/error-table.h. 2: usage. What stood at --output stays when it fails. */

#include <json-glib/json-glib.h>
#include <locale.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/limits.h"
#include "omgd-index/alpm-reader.h"
#include "omgd-index/build-advisories.h"
#include "omgd-index/build-aur.h"
#include "omgd-index/build-files.h"
#include "omgd-index/check-staged.h"
#include "omgd-index/judge-staged.h"
#include "omgd-index/local-update.h"
#include "omgd-index/memory.h"
#include "omgd-index/relations.h"
#include "omgd-index/sandbox.h"
#include "omgd-index/task.h"
#include "sources/stamps.h"
#include "sources/sync-copy.h"
#include "store/layer-kind.h"
#include "store/layer.h"

/* A database that pacman replaces while we read it is read again, so often and after such a pause.
 */
#define ATTEMPTS    3
#define PAUSE_USECS (100 * 1000)

#define WRITE_SIZE (16 * 1024)

/* Where packages go while one repository is read. */
typedef struct {
        OmgLayerBuilder *builder;
        OmgTaskResult *result;
        guint repository;
} Target;

static gboolean add_package(OmgPackage *package, gpointer userdata, GError **error)
{
        Target *target = userdata;

        package->repository = target->repository;
        target->result->packages++;
        return omg_layer_builder_add_package(target->builder, package, error);
}

/* The index in the layer before of a repository that it has packages of; -1: it never could be
 * read. */
static int find_carried(OmgLayer *previous, const char *name)
{
        guint n = previous ? omg_layer_get_n_repositories(previous) : 0;

        for (guint i = 0; i < n; i++) {
                const OmgRepositoryRecord *record = omg_layer_get_repository(previous, i);
                if (record->state != OMG_REPOSITORY_ABSENT &&
                    strcmp(omg_layer_get_text(previous, record->name), name) == 0)
                        return (int)i;
        }
        return -1;
}

static gboolean carry_packages(OmgLayer *previous, guint repository, Target *target, GError **error)
{
        for (guint id = 0; id < omg_layer_get_n_packages(previous); id++) {
                if (omg_layer_get_record(previous, id)->repository != repository)
                        continue;
                g_autoptr(OmgPackage) package = omg_layer_dup_package(previous, id, error);
                if (!package || !add_package(package, target, error))
                        return FALSE;
        }
        return TRUE;
}

/* Adds one repository: as it is, else as it was, else as absent. @failure keeps the first reason.
 */
static gboolean add_repository(const OmgTask *task, OmgLayerBuilder *builder, OmgAlpmReader *reader,
                               OmgLayer *previous, const OmgRepository *repository,
                               OmgTaskResult *result, GError **failure, GError **error)
{
        g_autoptr(GError) fault = NULL;
        gboolean quick = FALSE;
        Target target = {builder, result, result->repositories++};

        omg_layer_builder_add_repository(builder, repository->name);
        if (omg_alpm_reader_read_sync(reader, repository, NULL, task->only_libalpm, add_package,
                                      &target, &quick, &fault)) {
                result->quick += quick;
                return TRUE;
        }
        if (fault->code == OMG_ERROR_LIMITS_EXCEEDED) {
                g_propagate_error(error, g_steal_pointer(&fault));
                return FALSE;
        }
        int carried = find_carried(previous, repository->name);
        omg_layer_builder_set_repository_error(builder, target.repository,
                                               carried >= 0 ? OMG_REPOSITORY_CARRIED
                                                            : OMG_REPOSITORY_ABSENT,
                                               omg_error_get_code(fault), fault->message);
        result->carried += carried >= 0;
        if (carried >= 0)
                result->built_usec = MIN(result->built_usec, omg_layer_get_built_usec(previous));
        result->absent += carried < 0;
        if (!*failure)
                *failure = g_steal_pointer(&fault);
        return carried < 0 || carry_packages(previous, (guint)carried, &target, error);
}

/* The layer before, if it is of the same DBPath. */
static OmgLayer *open_previous(const OmgTask *task, const OmgPacmanConf *conf)
{
        g_autoptr(OmgLayer) layer =
                task->previous ? omg_layer_open(task->previous, task->kind, NULL) : NULL;
        gsize size;

        if (!layer)
                return NULL;
        gconstpointer stamps = omg_layer_get_section(layer, OMG_SECTION_STAMPS, &size);
        return omg_stamps_are_of(stamps, size, conf) ? g_steal_pointer(&layer) : NULL;
}

static OmgLayerBuilder *read_sync(const OmgTask *task, const OmgPacmanConf *conf,
                                  const char *work_dir, OmgTaskResult *result, GError **error)
{
        g_autoptr(OmgLayerBuilder) builder = omg_layer_builder_new(OMG_LAYER_SYNC);
        g_autoptr(OmgAlpmReader) reader = omg_alpm_reader_new(conf, work_dir, FALSE, error);
        g_autoptr(OmgLayer) previous = open_previous(task, conf);
        g_autoptr(GError) failure = NULL;

        if (!reader)
                return NULL;
        for (guint i = 0; i < conf->repositories->len; i++)
                if (!add_repository(task, builder, reader, previous,
                                    g_ptr_array_index(conf->repositories, i), result, &failure,
                                    error))
                        return NULL;
        /* Nothing to show at all is a failure, not an index of nothing. */
        if (result->repositories > 0 && result->absent == result->repositories) {
                g_propagate_error(error, g_steal_pointer(&failure));
                return NULL;
        }
        return g_steal_pointer(&builder);
}

/* The installed packages, by name; *ret_flaw: some only by name and version. */
static GPtrArray *read_installed(const OmgPacmanConf *conf, const char *work_dir, GError **ret_flaw,
                                 GError **error)
{
        g_autoptr(OmgAlpmReader) reader = omg_alpm_reader_new(conf, work_dir, TRUE, error);
        g_autoptr(GPtrArray) packages =
                g_ptr_array_new_with_free_func((GDestroyNotify)omg_package_free);

        if (!reader || !omg_alpm_reader_read_local(reader, packages, ret_flaw, error))
                return NULL;
        return g_steal_pointer(&packages);
}

static OmgLayerBuilder *read_local(const OmgTask *task, const OmgPacmanConf *conf, GBytes *stamps,
                                   const char *work_dir, OmgTaskResult *result, GError **error)
{
        g_autoptr(GError) flaw = NULL;
        g_autoptr(OmgLayerBuilder) builder = omg_layer_builder_new(OMG_LAYER_LOCAL);
        g_autoptr(OmgLayer) previous = open_previous(task, conf);
        g_autoptr(GPtrArray) packages = NULL;

        if (!omg_stamps_check_local(stamps, conf, &flaw, error))
                return NULL;
        if (previous && !flaw && !task->whole)
                packages = omg_local_update(previous, stamps, conf, work_dir, &result->reused);
        if (!packages)
                packages = read_installed(conf, work_dir, flaw ? NULL : &flaw, error);
        if (!packages)
                return NULL;
        omg_relations_compute(packages);
        omg_layer_builder_add_repository(builder, "local");
        if (flaw)
                omg_layer_builder_set_repository_error(builder, 0, OMG_REPOSITORY_INCOMPLETE,
                                                       omg_error_get_code(flaw), flaw->message);
        result->repositories = 1;
        result->packages = packages->len;
        for (guint i = 0; i < packages->len; i++)
                if (!omg_layer_builder_add_package(builder, g_ptr_array_index(packages, i), error))
                        return NULL;
        return g_steal_pointer(&builder);
}

static GPtrArray *build_layer(const OmgTask *task, const OmgPacmanConf *conf, GBytes *stamps,
                              OmgTaskResult *result, GError **error)
{
        g_autofree char *work_dir = g_path_get_dirname(task->output);
        g_autoptr(OmgLayerBuilder) builder =
                task->kind == OMG_LAYER_SYNC
                        ? read_sync(task, conf, work_dir, result, error)
                        : read_local(task, conf, stamps, work_dir, result, error);
        GBytes *file =
                builder ? omg_layer_builder_finish(builder, stamps, result->built_usec, error)
                        : NULL;
        if (!file)
                return NULL;
        GPtrArray *pieces = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
        g_ptr_array_add(pieces, file);
        return pieces;
}

/* Reads the sources between two looks at their identity; *ret_changed: it was not the same. */
static GPtrArray *build_once(const OmgTask *task, OmgTaskResult *result, gboolean *ret_changed,
                             GError **error)
{
        g_autoptr(OmgPacmanConf) conf = NULL;
        g_autoptr(GBytes) before = NULL;
        GPtrArray *pieces;

        *ret_changed = FALSE;
        *result = (OmgTaskResult){.built_usec = g_get_real_time()};
        conf = omg_pacman_conf_load(task->config, task->root, task->db_path, error);
        if (conf)
                omg_sync_copy_set_cache_dir(conf, task->cache);
        before = conf ? omg_layer_kind_take_stamps(task->kind, conf, error) : NULL;
        if (!before)
                return NULL;
        pieces = omg_task_is_files(task) ? omg_build_files(task, conf, before, result, error)
                                         : build_layer(task, conf, before, result, error);
        g_autoptr(GBytes) after = omg_layer_kind_take_stamps(task->kind, conf, NULL);
        *ret_changed = !after || !g_bytes_equal(before, after);
        return pieces;
}

/* In small pieces: the page cache keeps a large one in a large folio, and Linux 6.18 maps all of a
 * folio into omgd when one byte of it is read. */
static gboolean write_file(const char *path, const GPtrArray *pieces, GError **error)
{
        g_autoptr(OmgFileWriter) writer = omg_file_writer_new(path, error);

        for (guint i = 0; writer && i < pieces->len; i++) {
                gsize size;
                const guint8 *data = g_bytes_get_data(g_ptr_array_index(pieces, i), &size);
                for (gsize at = 0; at < size; at += WRITE_SIZE)
                        if (!omg_file_writer_write(writer, data + at, MIN(WRITE_SIZE, size - at),
                                                   error))
                                return FALSE;
        }
        /* A disk takes longer to sync than all of this; what a power cut tears, its checksums show.
         */
        return writer && omg_file_writer_rename(writer, error);
}

static gboolean run(const OmgTask *task, OmgTaskResult *result, GError **error)
{
        g_autoptr(GPtrArray) file = NULL;
        gboolean changed = TRUE;

        for (guint i = 0; i < ATTEMPTS && changed; i++) {
                if (i > 0)
                        g_usleep(PAUSE_USECS);
                g_clear_error(error);
                g_clear_pointer(&file, g_ptr_array_unref);
                file = build_once(task, result, &changed, error);
        }
        if (file && changed) {
                g_set_error_literal(error, OMG_ERROR, OMG_ERROR_BUSY,
                                    "the databases kept changing while they were read");
                return FALSE;
        }
        return file && write_file(task->output, file, error);
}

static gboolean run_check(const OmgTask *task, OmgTaskResult *result, GError **error)
{
        g_autoptr(OmgPacmanConf) conf =
                omg_pacman_conf_load(task->config, task->root, task->db_path, error);

        if (!conf)
                return FALSE;
        omg_sync_copy_set_cache_dir(conf, task->cache);
        return omg_check_staged(task, conf, result, error);
}

static gboolean run_advisories(const OmgTask *task, OmgTaskResult *result, GError **error)
{
        g_autoptr(GPtrArray) file = NULL;

        result->built_usec = (guint64)g_get_real_time();
        file = omg_build_advisories(task, result, error);
        return file && write_file(task->output, file, error);
}

static gboolean run_aur(const OmgTask *task, OmgTaskResult *result, GError **error)
{
        g_autoptr(OmgFileWriter) writer = omg_file_writer_new(task->output, error);

        if (!writer)
                return FALSE;
        int fd = omg_file_writer_get_fd(writer);
        result->built_usec = (guint64)g_get_real_time();
        return (task->is_aur ? omg_build_aur(task, fd, result, error)
                             : omg_build_aur_replies(task, fd, result, error)) &&
               omg_file_writer_rename(writer, error);
}

static void print_result(const OmgTaskResult *result, gint64 usec, const GError *error)
{
        g_autoptr(JsonBuilder) builder = json_builder_new();

        json_builder_begin_object(builder);
        json_builder_set_member_name(builder, "ok");
        json_builder_add_boolean_value(builder, error == NULL);
        if (error) {
                json_builder_set_member_name(builder, "error");
                json_builder_add_string_value(builder,
                                              omg_error_get_dbus_name(omg_error_get_code(error)));
                json_builder_set_member_name(builder, "message");
                /* The reader takes OMG_LIMIT_HELPER_REPLY bytes; a byte may become six of JSON. */
                g_autofree char *message = g_utf8_make_valid(
                        error->message,
                        (gssize)strnlen(error->message, OMG_LIMIT_HELPER_REPLY / 8));
                json_builder_add_string_value(builder, message);
        } else {
                const struct {
                        const char *name;
                        gint64 value;
                } members[] = {
                        {"packages", result->packages},
                        {"paths", result->paths},
                        {"repositories", result->repositories},
                        {"carried", result->carried},
                        {"absent", result->absent},
                        {"quick", result->quick},
                        {"reused", result->reused},
                        {"newer", result->newer},
                        {"older", result->older},
                        {"added", result->added},
                        {"removed", result->removed},
                        {"newest", (gint64)result->newest},
                        {"groups", result->groups},
                        {"records", result->records},
                        {"dropped", result->dropped},
                        {"usec", usec},
                };
                for (gsize i = 0; i < G_N_ELEMENTS(members); i++) {
                        json_builder_set_member_name(builder, members[i].name);
                        json_builder_add_int_value(builder, members[i].value);
                }
        }
        json_builder_end_object(builder);
        g_autoptr(JsonNode) root = json_builder_get_root(builder);
        g_autofree char *line = json_to_string(root, FALSE);
        g_print("%s\n", line);
}

static void do_task(const OmgTask *task, OmgTaskResult *result, GError **error)
{
        if (task->judge)
                omg_judge_staged(task);
        else
                (void)(task->is_check                       ? run_check(task, result, error)
                       : task->is_advisories                ? run_advisories(task, result, error)
                       : task->is_aur || task->is_aur_reply ? run_aur(task, result, error)
                                                            : run(task, result, error));
}

int main(int argc, char **argv)
{
        g_autoptr(GError) error = NULL;
        gint64 start = g_get_monotonic_time();
        OmgTask task = {};
        OmgTaskResult result = {};

        (void)setlocale(LC_ALL, "C.UTF-8");
        (void)umask(077);
        if (!omg_task_parse(argc, argv, &task, &error)) {
                g_printerr("omgd-index: %s\n", error->message);
                omg_task_clear(&task);
                return 2;
        }
        if (task.is_aur || task.is_aur_reply)
                omg_memory_prepare_small();
        else
                omg_memory_prepare();
        gboolean is_long = omg_task_is_files(&task) || task.is_aur;
        if (omg_sandbox_enter(is_long ? OMG_LIMIT_HELPER_FILES_SEC : OMG_LIMIT_HELPER_SEC, &error))
                do_task(&task, &result, &error);
        if (!task.judge || error)
                print_result(&result, g_get_monotonic_time() - start, error);
        omg_task_clear(&task);
        return error ? 1 : 0;
}
