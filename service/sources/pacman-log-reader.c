/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sources/pacman-log-reader.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/limits.h"

#define BLOCK (64u << 10)

/* A generation: the length in the lower bits, above it a hash of the first bytes, by which another
 * log in its place is known. 53 bits, for beyond them jq and JavaScript round JSON's numbers. */
#define SIZE_BITS  36u
#define SIZE_MASK  ((1ull << SIZE_BITS) - 1)
#define HASH_MASK  ((1ull << (53 - SIZE_BITS)) - 1)
#define HEAD_BYTES 64u

struct OmgLogReader {
        char *path;
        int fd;
        GTimeZone *zone;
        guint64 generation;
        guint64 floor; /* nothing before is read */
        guint64 base;  /* the byte of the file at which the buffer begins */
        guint64 end; /* of what is to be read: after a newline, or, at first, where the log ends */
        gboolean overlong; /* the line that ends at end: it is passed over */
        char buffer[BLOCK + OMG_LIMIT_LOG_LINE + 2];
};

static gboolean read_at(OmgLogReader *self, char *to, gsize size, guint64 at, GError **error)
{
        while (size > 0) {
                ssize_t n = pread(self->fd, to, size, (off_t)at);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0) {
                        omg_error_set_errno(error, errno, "%s", self->path);
                        return FALSE;
                }
                if (n == 0) {
                        g_set_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE,
                                    "%s: was shortened while it was read", self->path);
                        return FALSE;
                }
                to += n;
                at += (guint64)n;
                size -= (gsize)n;
        }
        return TRUE;
}

/* FNV-1a of the first bytes of a log of that size. */
static gboolean make_generation(OmgLogReader *self, guint64 size, guint64 *ret_generation,
                                GError **error)
{
        char head[HEAD_BYTES];
        gsize n = MIN(size, HEAD_BYTES);
        guint64 hash = 0xcbf29ce484222325ull;

        if (!read_at(self, head, n, 0, error))
                return FALSE;
        for (gsize i = 0; i < n; i++)
                hash = (hash ^ (guint8)head[i]) * 0x100000001b3ull;
        *ret_generation = ((hash >> 32 ^ hash) & HASH_MASK) << SIZE_BITS | size;
        return TRUE;
}

static gboolean set_changed(const char *path, GError **error)
{
        g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS,
                    "Option \"generation\": %s was replaced or shortened since; start again at "
                    "offset 0",
                    path);
        return FALSE;
}

static gboolean set_up(OmgLogReader *self, const guint64 *generation, GError **error)
{
        struct stat st;
        guint64 size;

        if (fstat(self->fd, &st) < 0) {
                omg_error_set_errno(error, errno, "%s", self->path);
                return FALSE;
        }
        if (!S_ISREG(st.st_mode) || (guint64)st.st_size > SIZE_MASK) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE, "%s: %s", self->path,
                            S_ISREG(st.st_mode) ? "is too large" : "not a regular file");
                return FALSE;
        }
        size = generation ? *generation & SIZE_MASK : (guint64)st.st_size;
        if (size > (guint64)st.st_size)
                return set_changed(self->path, error);
        if (!make_generation(self, size, &self->generation, error))
                return FALSE;
        if (generation && *generation != self->generation)
                return set_changed(self->path, error);
        self->base = self->end = size;
        self->floor = size > OMG_LIMIT_LOG_READ ? size - OMG_LIMIT_LOG_READ : 0;
        /* What stands after the last newline is only half written. */
        self->overlong = TRUE;
        return TRUE;
}

OmgLogReader *omg_log_reader_open(const char *path, const guint64 *generation, GTimeZone *zone,
                                  GError **error)
{
        g_autoptr(OmgLogReader) self = g_new0(OmgLogReader, 1);

        self->path = g_strdup(path);
        self->zone = zone;
        /* O_NONBLOCK: a FIFO in the place of a file must not hold us. */
        self->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        if (self->fd < 0) {
                omg_error_set_errno(error, errno, "%s", path);
                return NULL;
        }
        return set_up(self, generation, error) ? g_steal_pointer(&self) : NULL;
}

void omg_log_reader_free(OmgLogReader *self)
{
        if (!self)
                return;
        if (self->fd >= 0)
                (void)close(self->fd);
        g_free(self->path);
        g_free(self);
}

guint64 omg_log_reader_get_generation(const OmgLogReader *self)
{
        return self->generation;
}

gboolean omg_log_reader_is_cut(const OmgLogReader *self)
{
        return self->floor > 0;
}

/* Puts the block before the buffer's into it, before what is still needed of that. */
static gboolean load_before(OmgLogReader *self, GError **error)
{
        gsize kept = (gsize)(self->end - self->base);
        gsize n = (gsize)MIN(self->base - self->floor, BLOCK);

        if (self->overlong || kept > OMG_LIMIT_LOG_LINE + 1) {
                self->overlong = TRUE;
                self->end = self->base;
                kept = 0;
        }
        memmove(self->buffer + n, self->buffer, kept);
        if (!read_at(self, self->buffer, n, self->base - n, error))
                return FALSE;
        self->base -= n;
        return TRUE;
}

/* The line that ends at end, its newline included; end moves to its beginning. FALSE without an
 * error at the floor. */
static gboolean take_line(OmgLogReader *self, const char **ret_line, gsize *ret_length,
                          GError **error)
{
        for (;;) {
                gsize length = (gsize)(self->end - self->base);
                /* Not the newline that ends the line itself. */
                gsize searched = length > 0 && !self->overlong ? length - 1 : length;
                const char *newline = memrchr(self->buffer, '\n', searched);
                gsize start = newline ? (gsize)(newline + 1 - self->buffer) : 0;

                if (!newline && self->base > self->floor) {
                        if (!load_before(self, error))
                                return FALSE;
                        continue;
                }
                /* At the floor: the log's first line, or a line that is cut there. */
                if (!newline && (length == 0 || self->overlong || self->floor > 0))
                        return FALSE;
                self->end = self->base + start;
                if (self->overlong) {
                        self->overlong = FALSE;
                        continue;
                }
                *ret_line = self->buffer + start;
                *ret_length = length - start - 1;
                return TRUE;
        }
}

gboolean omg_log_reader_previous(OmgLogReader *self, OmgLogLine *ret_line, guint64 *ret_position,
                                 GError **error)
{
        const char *line;
        gsize length;

        while (take_line(self, &line, &length, error)) {
                *ret_position = self->end;
                if (omg_log_line_parse(line, length, self->zone, ret_line))
                        return TRUE;
        }
        return FALSE;
}
