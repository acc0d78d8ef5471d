/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/database-vfs.h"

#include <errno.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define PAGE    OMG_VFS_PAGE_SIZE
#define CONTENT (OMG_VFS_PAGE_SIZE - OMG_VFS_RESERVED)

/* SQLite's own sqlite3_file follows. */
typedef struct {
        sqlite3_file base;
        gboolean has_checksums;
        gboolean is_read_only;
} OmgVfsFile;

G_STATIC_ASSERT(sizeof(OmgVfsFile) % 8 == 0);

static sqlite3_vfs *real_vfs;
static sqlite3_vfs plain_vfs, checking_vfs;

static sqlite3_file *get_real(sqlite3_file *file)
{
        return (sqlite3_file *)((OmgVfsFile *)file + 1);
}

static guint64 get_checksum(const guint8 *page, sqlite3_int64 offset)
{
        return GUINT64_TO_LE(XXH3_64bits_withSeed(page, CONTENT, (guint64)(offset / PAGE) + 1));
}

/* Of a page of which the file has only the beginning, something was cut off; one that begins where
 * the file ends was never there, which is for SQLite to judge. */
static int read_page(sqlite3_file *file, guint8 *page, sqlite3_int64 offset)
{
        sqlite3_file *real = get_real(file);
        guint64 stored;
        sqlite3_int64 size;

        int r = real->pMethods->xRead(real, page, PAGE, offset);
        if (r == SQLITE_IOERR_SHORT_READ) {
                r = real->pMethods->xFileSize(real, &size);
                return r != SQLITE_OK   ? r
                       : size <= offset ? SQLITE_IOERR_SHORT_READ
                                        : SQLITE_IOERR_DATA;
        }
        if (r != SQLITE_OK)
                return r;
        memcpy(&stored, page + CONTENT, sizeof(stored));
        return stored == get_checksum(page, offset) ? SQLITE_OK : SQLITE_IOERR_DATA;
}

/* SQLite also reads parts of pages: the header, and with newer versions long values. */
static int read_parts(sqlite3_file *file, guint8 *out, int n, sqlite3_int64 offset)
{
        guint8 page[PAGE];

        while (n > 0) {
                int at = (int)(offset % PAGE), length = MIN(n, PAGE - at);
                int r = read_page(file, page, offset - at);
                if (r == SQLITE_IOERR_SHORT_READ)
                        memset(out, 0, n);
                if (r != SQLITE_OK)
                        return r;
                memcpy(out, page + at, length);
                out += length;
                offset += length;
                n -= length;
        }
        return SQLITE_OK;
}

static int file_read(sqlite3_file *file, void *out, int n, sqlite3_int64 offset)
{
        sqlite3_file *real = get_real(file);

        if (!((OmgVfsFile *)file)->has_checksums)
                return real->pMethods->xRead(real, out, n, offset);
        if (n == PAGE && offset % PAGE == 0)
                return read_page(file, out, offset);
        return read_parts(file, out, n, offset);
}

static int file_write(sqlite3_file *file, const void *data, int n, sqlite3_int64 offset)
{
        sqlite3_file *real = get_real(file);
        guint8 page[PAGE];

        if (!((OmgVfsFile *)file)->has_checksums)
                return real->pMethods->xWrite(real, data, n, offset);
        /* Byte 20 of the file says how many bytes of a page are ours. */
        if (n != PAGE || offset % PAGE != 0 ||
            (offset == 0 && ((const guint8 *)data)[20] != OMG_VFS_RESERVED))
                return SQLITE_IOERR_WRITE;
        memcpy(page, data, CONTENT);
        guint64 checksum = get_checksum(page, offset);
        memcpy(page + CONTENT, &checksum, sizeof(checksum));
        return real->pMethods->xWrite(real, page, n, offset);
}

static int file_close(sqlite3_file *file)
{
        sqlite3_file *real = get_real(file);
        return real->pMethods ? real->pMethods->xClose(real) : SQLITE_OK;
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
        sqlite3_file *real = get_real(file);
        return real->pMethods->xTruncate(real, size);
}

static int file_sync(sqlite3_file *file, int flags)
{
        sqlite3_file *real = get_real(file);
        return real->pMethods->xSync(real, flags);
}

static int file_size(sqlite3_file *file, sqlite3_int64 *ret_size)
{
        sqlite3_file *real = get_real(file);
        return real->pMethods->xFileSize(real, ret_size);
}

static int file_lock(sqlite3_file *file, int level)
{
        sqlite3_file *real = get_real(file);
        if (((OmgVfsFile *)file)->is_read_only)
                return SQLITE_OK;
        return real->pMethods->xLock(real, level);
}

static int file_unlock(sqlite3_file *file, int level)
{
        sqlite3_file *real = get_real(file);
        if (((OmgVfsFile *)file)->is_read_only)
                return SQLITE_OK;
        return real->pMethods->xUnlock(real, level);
}

static int file_check_reserved_lock(sqlite3_file *file, int *ret_held)
{
        sqlite3_file *real = get_real(file);
        return real->pMethods->xCheckReservedLock(real, ret_held);
}

static int file_control(sqlite3_file *file, int op, void *arg)
{
        sqlite3_file *real = get_real(file);
        return real->pMethods->xFileControl(real, op, arg);
}

static int file_sector_size(sqlite3_file *file)
{
        sqlite3_file *real = get_real(file);
        return real->pMethods->xSectorSize(real);
}

static int file_device_characteristics(sqlite3_file *file)
{
        sqlite3_file *real = get_real(file);
        return real->pMethods->xDeviceCharacteristics(real);
}

/* Version 1 has neither shared memory, which exclusive locking makes unnecessary, nor mapped pages,
 * which nobody could check. */
static const sqlite3_io_methods file_methods = {
        .iVersion = 1,
        .xClose = file_close,
        .xRead = file_read,
        .xWrite = file_write,
        .xTruncate = file_truncate,
        .xSync = file_sync,
        .xFileSize = file_size,
        .xLock = file_lock,
        .xUnlock = file_unlock,
        .xCheckReservedLock = file_check_reserved_lock,
        .xFileControl = file_control,
        .xSectorSize = file_sector_size,
        .xDeviceCharacteristics = file_device_characteristics,
};

static int vfs_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags,
                    int *ret_flags)
{
        struct stat st;

        file->pMethods = NULL;
        if (path && lstat(path, &st) == 0 && !S_ISREG(st.st_mode))
                return SQLITE_CANTOPEN_SYMLINK;
        if (!(flags & SQLITE_OPEN_MAIN_DB))
                return real_vfs->xOpen(real_vfs, path, file, flags, ret_flags);

        int got = flags, r = real_vfs->xOpen(real_vfs, path, get_real(file), flags, &got);
        if (r != SQLITE_OK)
                return r;
        ((OmgVfsFile *)file)->has_checksums = vfs == &checking_vfs;
        ((OmgVfsFile *)file)->is_read_only = (got & SQLITE_OPEN_READONLY) != 0;
        file->pMethods = &file_methods;
        if (ret_flags)
                *ret_flags = got;
        return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *path, int sync_dir)
{
        return real_vfs->xDelete(real_vfs, path, sync_dir);
}

static int vfs_access(sqlite3_vfs *vfs, const char *path, int flags, int *ret_yes)
{
        return real_vfs->xAccess(real_vfs, path, flags, ret_yes);
}

static int vfs_full_pathname(sqlite3_vfs *vfs, const char *path, int n, char *out)
{
        return real_vfs->xFullPathname(real_vfs, path, n, out);
}

static int vfs_randomness(sqlite3_vfs *vfs, int n, char *out)
{
        return real_vfs->xRandomness(real_vfs, n, out);
}

static int vfs_sleep(sqlite3_vfs *vfs, int usec)
{
        return real_vfs->xSleep(real_vfs, usec);
}

static int vfs_current_time(sqlite3_vfs *vfs, double *ret_days)
{
        return real_vfs->xCurrentTime(real_vfs, ret_days);
}

static int vfs_get_last_error(sqlite3_vfs *vfs, int n, char *out)
{
        return real_vfs->xGetLastError(real_vfs, n, out);
}

static void init_vfs(sqlite3_vfs *vfs, const char *name)
{
        *vfs = (sqlite3_vfs){
                .iVersion = 1,
                .szOsFile = (int)sizeof(OmgVfsFile) + real_vfs->szOsFile,
                .mxPathname = real_vfs->mxPathname,
                .zName = name,
                .xOpen = vfs_open,
                .xDelete = vfs_delete,
                .xAccess = vfs_access,
                .xFullPathname = vfs_full_pathname,
                .xRandomness = vfs_randomness,
                .xSleep = vfs_sleep,
                .xCurrentTime = vfs_current_time,
                .xGetLastError = vfs_get_last_error,
        };
}

const char *omg_vfs_get_name(gboolean has_checksums)
{
        static gsize once;

        if (g_once_init_enter(&once)) {
                real_vfs = sqlite3_vfs_find(NULL);
                if (real_vfs) {
                        init_vfs(&plain_vfs, "omg-plain");
                        init_vfs(&checking_vfs, "omg-checking");
                        (void)sqlite3_vfs_register(&plain_vfs, FALSE);
                        (void)sqlite3_vfs_register(&checking_vfs, FALSE);
                }
                g_once_init_leave(&once, 1);
        }
        if (!real_vfs)
                return NULL;
        return has_checksums ? checking_vfs.zName : plain_vfs.zName;
}
