/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "omgd-index/build-aur.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/limits-aur.h"
#include "omgd-index/aur-record.h"
#include "omgd-index/aur-reply.h"
#include "omgd-index/json-split.h"
#include "omgd-index/name-set.h"
#include "omgd-index/unpack.h"
#include "sources/aur-files.h"
#include "store/layer-builder.h"

#define REPOSITORY "aur"

typedef struct {
        OmgLayerBuilder *builder;
        OmgTaskResult *result;
        OmgNameSet *names;
        guint64 n_records;
        char **slots;
        gsize n_slots;
        int spool;
        char *reason; /* of the first that was dropped, with its place */
} Reader;

/* A file without a name where the index will be. -1: UNAVAILABLE. */
static int open_spool(const char *output, GError **error)
{
        g_autofree char *folder = g_path_get_dirname(output), *name = g_path_get_basename(output);
        g_autofree char *path = g_strdup_printf("%s/.%s.XXXXXX", folder, name);
        int fd = g_mkstemp_full(path, O_RDWR | O_CLOEXEC, 0600);

        if (fd < 0)
                omg_error_set_errno(error, errno, "%s", path);
        else
                (void)unlink(path);
        return fd;
}

static gboolean reader_init(Reader *reader, const OmgTask *task, OmgTaskResult *result,
                            GError **error)
{
        *reader = (Reader){.result = result,
                           .builder = omg_layer_builder_new(OMG_LAYER_AUR),
                           .names = omg_name_set_new(),
                           .spool = open_spool(task->output, error)};
        if (reader->spool < 0)
                return FALSE;
        omg_layer_builder_spool_details(reader->builder, reader->spool);
        omg_layer_builder_add_repository(reader->builder, REPOSITORY);
        result->repositories = 1;
        return TRUE;
}

static void reader_clear(Reader *reader)
{
        g_clear_pointer(&reader->builder, omg_layer_builder_free);
        g_clear_pointer(&reader->names, omg_name_set_free);
        g_clear_pointer(&reader->slots, g_free);
        g_clear_pointer(&reader->reason, g_free);
        if (reader->spool >= 0)
                (void)close(reader->spool);
        reader->spool = -1;
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Reader, reader_clear)

static gboolean drop(Reader *reader, const OmgJsonElement *element, const char *reason)
{
        if (reader->result->dropped++ == 0)
                reader->reason = g_strdup_printf("record %" G_GUINT64_FORMAT
                                                 ", at byte %" G_GUINT64_FORMAT ", %s",
                                                 element->number, element->offset, reason);
        return TRUE;
}

static void make_room(Reader *reader, gsize n_slots)
{
        if (n_slots <= reader->n_slots)
                return;
        g_free(reader->slots);
        reader->slots = g_new(char *, n_slots);
        reader->n_slots = n_slots;
}

static gboolean on_record(const OmgJsonElement *element, gpointer userdata, GError **error)
{
        Reader *reader = userdata;
        g_autoptr(GError) fault = NULL;
        OmgPackage package = {};

        if (++reader->n_records > OMG_LIMIT_AUR_RECORDS) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_UPSTREAM_INVALID,
                            "has more than %u records", OMG_LIMIT_AUR_RECORDS);
                return FALSE;
        }
        if (!element->text)
                return drop(reader, element, "is too long");
        make_room(reader, OMG_AUR_SLOTS(element->size));
        if (!omg_aur_record_parse(element->text, element->size, reader->slots, &package, &fault))
                return drop(reader, element, fault->message);
        if (!omg_name_set_add(reader->names, package.name))
                return drop(reader, element, "has a name that came before");
        reader->result->packages++;
        return omg_layer_builder_add_package(reader->builder, &package, error);
}

/* One bad record is somebody's mischief; more bad ones than good ones are another format. */
static gboolean check_dropped(const Reader *reader, GError **error)
{
        if (reader->result->dropped <= reader->n_records / 2)
                return TRUE;
        g_set_error(error, OMG_ERROR, OMG_ERROR_UPSTREAM_INVALID,
                    "has %u records of %" G_GUINT64_FORMAT " that make no sense: %s",
                    reader->result->dropped, reader->n_records, reader->reason);
        return FALSE;
}

static gboolean finish(Reader *reader, GBytes *stamps, int fd, GError **error)
{
        /* The builder needs the room. */
        g_clear_pointer(&reader->names, omg_name_set_free);
        g_clear_pointer(&reader->slots, g_free);
        return omg_layer_builder_write(reader->builder, stamps, reader->result->built_usec, fd,
                                       error);
}

/* -1: it is not there or no regular file. */
static int open_regular(const char *path, struct stat *ret_st, GError **error)
{
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

        if (fd < 0) {
                g_set_error(error, OMG_ERROR,
                            errno == ENOENT ? OMG_ERROR_DATABASE_MISSING : OMG_ERROR_UNAVAILABLE,
                            "%s: %s", path, g_strerror(errno));
                return -1;
        }
        if (fstat(fd, ret_st) == 0 && S_ISREG(ret_st->st_mode))
                return fd;
        g_set_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE, "%s: is no regular file", path);
        (void)close(fd);
        return -1;
}

/* ---- the archive ---- */

static gboolean on_archive(const char *data, gsize size, gpointer userdata, GError **error)
{
        return omg_json_split_feed(userdata, data, size, error);
}

static gboolean read_archive(Reader *reader, int fd, GError **error)
{
        g_autoptr(OmgJsonSplit) split = omg_json_split_new(OMG_LIMIT_AUR_RECORD, on_record, reader);
        g_autoptr(OmgUnpack) unpack = omg_unpack_new(OMG_LIMIT_AUR_ARCHIVE, on_archive, split);

        if (!omg_unpack_read(unpack, fd, error) || !omg_json_split_finish(split, error))
                return FALSE;
        if (reader->n_records > 0)
                return check_dropped(reader, error);
        g_set_error_literal(error, OMG_ERROR, OMG_ERROR_UPSTREAM_INVALID, "has no records");
        return FALSE;
}

gboolean omg_build_aur(const OmgTask *task, int fd, OmgTaskResult *result, GError **error)
{
        g_autofree char *path =
                task->archive ? g_strdup(task->archive) : omg_aur_files_dup_archive(task->cache);
        g_auto(Reader) reader = {.spool = -1};
        struct stat st;
        int archive = open_regular(path, &st, error);

        if (archive < 0)
                return FALSE;
        gboolean good =
                reader_init(&reader, task, result, error) && read_archive(&reader, archive, error);
        (void)close(archive);
        if (!good)
                return FALSE;
        g_autoptr(GBytes) stamps = omg_aur_files_make_stamps(&st);
        return finish(&reader, stamps, fd, error);
}

/* ---- answers of the RPC ---- */

static gboolean on_reply(const char *data, gsize size, gpointer userdata, GError **error)
{
        g_string_append_len(userdata, data, (gssize)size);
        return TRUE;
}

static GString *load_reply(const char *path, GError **error)
{
        g_autoptr(GString) text = g_string_new(NULL);
        g_autoptr(OmgUnpack) unpack = omg_unpack_new(OMG_LIMIT_AUR_REPLY, on_reply, text);
        struct stat st;
        int fd = open_regular(path, &st, error);

        if (fd < 0)
                return NULL;
        gboolean good = omg_unpack_read(unpack, fd, error);
        (void)close(fd);
        return good ? g_steal_pointer(&text) : NULL;
}

static gboolean read_reply(Reader *reader, const char *path, GError **error)
{
        g_autoptr(GString) text = load_reply(path, error);
        g_autoptr(OmgJsonSplit) split = omg_json_split_new(OMG_LIMIT_AUR_RECORD, on_record, reader);
        OmgAurReply reply;

        if (!text || !omg_aur_reply_parse(text->str, text->len, &reply, error) ||
            !omg_json_split_feed(split, reply.results, reply.size, error) ||
            !omg_json_split_finish(split, error))
                return FALSE;
        if (omg_json_split_get_n(split) == reply.count)
                return TRUE;
        g_set_error(error, OMG_ERROR, OMG_ERROR_UPSTREAM_INVALID,
                    "says that it has %" G_GUINT64_FORMAT " results, and has %" G_GUINT64_FORMAT,
                    reply.count, omg_json_split_get_n(split));
        return FALSE;
}

gboolean omg_build_aur_replies(const OmgTask *task, int fd, OmgTaskResult *result, GError **error)
{
        g_autoptr(GBytes) no_stamps = g_bytes_new_static("", 0);
        g_auto(Reader) reader = {.spool = -1};

        if (!reader_init(&reader, task, result, error))
                return FALSE;
        for (guint i = 0; task->files[i]; i++)
                if (!read_reply(&reader, task->files[i], error))
                        return FALSE;
        return check_dropped(&reader, error) && finish(&reader, no_stamps, fd, error);
}
