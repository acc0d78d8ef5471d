/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory-file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

struct OmgMemoryFile {
        int fd;
        guint64 size;
        guint64 max;
};

/* Never DATABASE_MISSING: it is no database. */
static gboolean fail(GError **error, const char *what)
{
        g_set_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE, "%s: %s", what, g_strerror(errno));
        return FALSE;
}

OmgMemoryFile *omg_memory_file_new(const char *name, guint64 max, GError **error)
{
        int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
        OmgMemoryFile *self;

        if (fd < 0) {
                (void)fail(error, "memory file");
                return NULL;
        }
        self = g_new(OmgMemoryFile, 1);
        *self = (OmgMemoryFile){.fd = fd, .max = max};
        return self;
}

void omg_memory_file_free(OmgMemoryFile *self)
{
        if (!self)
                return;
        (void)close(self->fd);
        g_free(self);
}

gboolean omg_memory_file_write(OmgMemoryFile *self, gconstpointer data, gsize size, GError **error)
{
        const char *rest = data;

        if (size > self->max - self->size) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_LIMITS_EXCEEDED,
                            "the answer is longer than %" G_GUINT64_FORMAT " bytes", self->max);
                return FALSE;
        }
        self->size += size;
        while (size > 0) {
                ssize_t n = write(self->fd, rest, size);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return fail(error, "memory file");
                rest += n;
                size -= (gsize)n;
        }
        return TRUE;
}

int omg_memory_file_seal(OmgMemoryFile *self, GError **error)
{
        g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", self->fd);
        int fd;

        if (fcntl(self->fd, F_ADD_SEALS, SEALS) < 0) {
                (void)fail(error, "sealing a memory file");
                return -1;
        }
        /* Opened again: reading alone, and an offset of its own. */
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        if (fd < 0)
                (void)fail(error, path);
        return fd;
}
