/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "loop/log.h"

/* More than may be connected: a client whose connect(2) does not wait gets EAGAIN beyond it. */
#define BACKLOG         512
#define TRIES           8 /* others may come and go at the path meanwhile */
#define LOCK_TRIES      100
#define LOCK_PAUSE_USEC 10000
#define DEATH_LOOKS     6 /* each pause twice the one before: 630 ms in all */
#define MODE            (S_IRUSR | S_IWUSR)
#define LEFT_OVER_SEC   1 /* a start is over long before */
#define HIDDEN_NAME     ".omg.sock."
#define HIDDEN_DIGITS   8
#define PATH_BYTES      sizeof(((struct sockaddr_un *)NULL)->sun_path)

struct OmgListener {
        int fd;
        char *path;
        gboolean is_ours; /* the file, which was: */
        dev_t dev;
        ino_t ino;
};

static void set_failed(GError **error, const char *what, const char *path, int errnum)
{
        g_set_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE, "%s %s: %s", what, path,
                    g_strerror(errnum));
}

/* What is at a path. */
typedef enum {
        NOTHING,
        DEAD,    /* a socket of ours at which nobody listens */
        LIVING,  /* one at which somebody does */
        FOREIGN, /* not to be touched; the error is set */
        UNCLEAR, /* could not be found out; the error is set */
} Occupant;

static void close_fd(int fd)
{
        if (fd >= 0)
                (void)close(fd);
}

/* A name beside the path that nobody guesses. It is short whatever the path's is, because it has to
 * fit into an address too. */
static char *make_hidden_name(const char *dir)
{
        return g_strdup_printf("%s/" HIDDEN_NAME "%0*x", dir, HIDDEN_DIGITS, g_random_int());
}

/* An address of at most sun_path's length: a longer path goes by the directory's descriptor. */
static gboolean set_address(struct sockaddr_un *address, const char *path, int dir_fd)
{
        g_autofree char *base = g_path_get_basename(path);
        const char *text = path;
        g_autofree char *by_fd = NULL;

        if (strlen(path) >= PATH_BYTES)
                text = by_fd = g_strdup_printf("/proc/self/fd/%d/%s", dir_fd, base);
        *address = (struct sockaddr_un){.sun_family = AF_UNIX};
        return g_strlcpy(address->sun_path, text, PATH_BYTES) < PATH_BYTES;
}

/* 0 when somebody listens there, else an errno. */
static int try_connect(const char *path, int dir_fd)
{
        struct sockaddr_un address;
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        int errnum = 0;

        if (fd < 0)
                return errno;
        if (!set_address(&address, path, dir_fd))
                errnum = ENAMETOOLONG;
        else if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
                errnum = errno;
        (void)close(fd);
        return errnum;
}

/* Kinds of files as an error names them; NULL for a socket. */
static const char *describe_kind(mode_t mode)
{
        switch (mode & S_IFMT) {
        case S_IFSOCK:
                return NULL;
        case S_IFLNK:
                return "a symbolic link";
        case S_IFREG:
                return "a regular file";
        case S_IFDIR:
                return "a directory";
        default:
                return "a file of another kind";
        }
}

static Occupant judge(const char *path, int dir_fd, GError **error)
{
        struct stat status;
        const char *kind;

        if (lstat(path, &status) < 0) {
                if (errno == ENOENT)
                        return NOTHING;
                set_failed(error, "The socket", path, errno);
                return UNCLEAR;
        }
        kind = describe_kind(status.st_mode);
        if (kind) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_ACCESS_DENIED,
                            "%s is %s, no socket, and is left alone", path, kind);
                return FOREIGN;
        }
        if (status.st_uid != geteuid()) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_ACCESS_DENIED,
                            "The socket %s belongs to user %lu and is left alone", path,
                            (unsigned long)status.st_uid);
                return FOREIGN;
        }
        const int errnum = try_connect(path, dir_fd);
        switch (errnum) {
        case ECONNREFUSED:
                return DEAD;
        case ENOENT:
                return NOTHING;
        case 0:
        case EAGAIN: /* its backlog is full */
                return LIVING;
        default:
                set_failed(error, "The socket", path, errnum);
                return UNCLEAR;
        }
}

/* ---- making it ---- */

/* The umask counts for a socket also where the directory has a default ACL. What is looked for here
 * is a file system with modes of its own. */
static gboolean is_private(const char *path, struct stat *ret_status)
{
        if (lstat(path, ret_status) < 0)
                return FALSE;
        if ((ret_status->st_mode & 07777) == MODE)
                return TRUE;
        errno = EPERM;
        return FALSE;
}

static GMutex umask_lock;

/* Binds and listens under the hidden name. Negative errno. */
static int listen_at(OmgListener *self, const char *hidden, int dir_fd)
{
        struct sockaddr_un address;
        struct stat status;
        int r;

        if (!set_address(&address, hidden, dir_fd))
                return -ENAMETOOLONG;
        self->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (self->fd < 0)
                return -errno;
        /* The umask is the process's: another thread's bind would undo it. */
        g_mutex_lock(&umask_lock);
        const mode_t before = umask(0777 & ~MODE);
        r = bind(self->fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
        (void)umask(before);
        g_mutex_unlock(&umask_lock);
        if (r < 0)
                return r;
        if (!is_private(hidden, &status) || listen(self->fd, BACKLOG) < 0) {
                r = -errno;
                (void)unlink(hidden);
                return r;
        }
        self->dev = status.st_dev;
        self->ino = status.st_ino;
        return 0;
}

/* Takes a dead socket away. What another daemon has put there meanwhile lives, and gets its name
 * back. Negative errno. */
static int remove_dead(const char *path, const char *dir, int dir_fd)
{
        g_autofree char *aside = make_hidden_name(dir);

        if (rename(path, aside) < 0)
                return errno == ENOENT ? 0 : -errno;
        if (try_connect(aside, dir_fd) != ECONNREFUSED && link(aside, path) < 0)
                omg_log_warning("The socket %s was taken from another omgd that had just begun to "
                                "listen there, ignoring",
                                path);
        return unlink(aside) < 0 && errno != ENOENT ? -errno : 0;
}

/* A helper that was being forked when the omgd before was killed holds its socket until it
 * executes, some milliseconds. TRUE: nobody listens any more. */
static gboolean goes_away(const char *path, int dir_fd)
{
        for (guint i = 0; i < DEATH_LOOKS; i++) {
                int errnum;

                g_usleep(LOCK_PAUSE_USEC << i);
                errnum = try_connect(path, dir_fd);
                if (errnum != 0 && errnum != EAGAIN)
                        return TRUE;
        }
        return FALSE;
}

/* Gives what listens under the hidden name its path. FALSE with the error set. */
static gboolean take_path(OmgListener *self, const char *hidden, const char *dir, int dir_fd,
                          GError **error)
{
        for (guint i = 0; i < TRIES; i++) {
                int r;

                if (link(hidden, self->path) == 0)
                        return TRUE;
                if (errno != EEXIST) {
                        set_failed(error, "The socket", self->path, errno);
                        return FALSE;
                }
                switch (judge(self->path, dir_fd, error)) {
                case NOTHING:
                        break;
                case DEAD:
                        r = remove_dead(self->path, dir, dir_fd);
                        if (r < 0) {
                                set_failed(error, "The old socket", self->path, -r);
                                return FALSE;
                        }
                        break;
                case LIVING:
                        g_set_error(error, OMG_ERROR, OMG_ERROR_BUSY,
                                    "omgd is already running (somebody listens at %s)", self->path);
                        return FALSE;
                default:
                        return FALSE;
                }
        }
        g_set_error(error, OMG_ERROR, OMG_ERROR_BUSY, "Others keep taking the socket %s",
                    self->path);
        return FALSE;
}

/* The directory, which must be there: whoever makes the runtime directory also looks after its mode
 * and its end. */
static int open_dir(const char *dir, GError **error)
{
        int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        struct stat status;

        if (fd < 0 && errno == EACCES)
                fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0 || fstat(fd, &status) < 0) {
                set_failed(error, "The directory of the socket,", dir, errno);
                close_fd(fd);
                return -1;
        }
        if ((status.st_mode & S_IWOTH) || (status.st_uid != geteuid() && status.st_uid != 0))
                omg_log_warning("The socket is in %s, where others may put files too: set "
                                "XDG_RUNTIME_DIR or OMG_SOCKET_PATH, ignoring",
                                dir);
        return fd;
}

/* Until dir_fd is closed. Others may hold it where the directory is theirs, too: then without. */
static void lock_dir(int dir_fd)
{
        for (guint i = 0; i < LOCK_TRIES; i++) {
                if (flock(dir_fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
                        return;
                g_usleep(LOCK_PAUSE_USEC);
        }
}

static gboolean is_hidden_name(const char *name)
{
        const char *digits = name + strlen(HIDDEN_NAME);

        return g_str_has_prefix(name, HIDDEN_NAME) &&
               strspn(digits, "0123456789abcdef") == HIDDEN_DIGITS && digits[HIDDEN_DIGITS] == '\0';
}

/* One that was killed between bind and unlink left its socket under the hidden name. By mtime,
 * which is that of bind: one that is about to listen is younger. */
static void remove_left_over(const char *dir, int dir_fd)
{
        g_autoptr(GDir) entries = g_dir_open(dir, 0, NULL);
        const char *name;

        while (entries && (name = g_dir_read_name(entries))) {
                g_autofree char *path = NULL;
                struct stat status;
                if (!is_hidden_name(name))
                        continue;
                path = g_build_filename(dir, name, NULL);
                if (judge(path, dir_fd, NULL) == DEAD && lstat(path, &status) == 0 &&
                    status.st_mtime + LEFT_OVER_SEC < time(NULL))
                        (void)unlink(path);
        }
}

OmgListener *omg_listener_new(const char *path, GError **error)
{
        g_autoptr(OmgListener) self = g_new0(OmgListener, 1);
        g_autofree char *dir = g_path_get_dirname(path);
        g_autofree char *hidden = make_hidden_name(dir);
        gboolean is_taken;
        int dir_fd, r;

        self->fd = -1;
        self->path = g_strdup(path);
        if (strlen(path) >= PATH_BYTES) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE,
                            "The path of a socket has at most %zu bytes, and %s has more",
                            PATH_BYTES - 1, path);
                return NULL;
        }
        dir_fd = open_dir(dir, error);
        if (dir_fd < 0)
                return NULL;
        r = listen_at(self, hidden, dir_fd);
        if (r < 0) {
                set_failed(error, "The socket", path, -r);
                (void)close(dir_fd);
                return NULL;
        }
        lock_dir(dir_fd);
        is_taken = take_path(self, hidden, dir, dir_fd, error);
        if (!is_taken && judge(path, dir_fd, NULL) == LIVING) {
                (void)flock(dir_fd, LOCK_UN);
                if (goes_away(path, dir_fd)) {
                        g_clear_error(error);
                        lock_dir(dir_fd);
                        is_taken = take_path(self, hidden, dir, dir_fd, error);
                }
        }
        (void)unlink(hidden);
        if (is_taken)
                remove_left_over(dir, dir_fd);
        (void)close(dir_fd);
        if (!is_taken)
                return NULL;
        self->is_ours = TRUE;
        return g_steal_pointer(&self);
}

/* ---- from a service manager ---- */

static char *find_path(int fd)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        socklen_t length = sizeof(address);
        const gsize begin = offsetof(struct sockaddr_un, sun_path);

        if (getsockname(fd, (struct sockaddr *)&address, &length) < 0 || length <= begin ||
            address.sun_path[0] == '\0')
                return g_strdup("a socket without a path");
        return g_strndup(address.sun_path, MIN(length - begin, PATH_BYTES));
}

OmgListener *omg_listener_new_inherited(void)
{
        int n = sd_listen_fds(1);

        if (n < 0)
                omg_log_warning("The service manager's descriptors (LISTEN_FDS): %s, ignoring",
                                g_strerror(-n));
        if (n <= 0)
                return NULL;
        if (n > 1 || sd_is_socket_unix(SD_LISTEN_FDS_START, SOCK_STREAM, 1, NULL, 0) <= 0) {
                omg_log_warning("Of the service manager's %d descriptors none is used: it must be "
                                "one listening Unix stream socket, ignoring",
                                n);
                for (int i = 0; i < n; i++)
                        (void)close(SD_LISTEN_FDS_START + i);
                return NULL;
        }
        const int flags = fcntl(SD_LISTEN_FDS_START, F_GETFL);
        if (flags < 0 || fcntl(SD_LISTEN_FDS_START, F_SETFL, flags | O_NONBLOCK) < 0) {
                omg_log_warning("The service manager's socket: %s, ignoring", g_strerror(errno));
                (void)close(SD_LISTEN_FDS_START);
                return NULL;
        }
        OmgListener *self = g_new0(OmgListener, 1);
        self->fd = SD_LISTEN_FDS_START;
        self->path = find_path(self->fd);
        return self;
}

int omg_listener_steal_fd(OmgListener *self)
{
        const int fd = self->fd;

        self->fd = -1;
        return fd;
}

const char *omg_listener_get_path(const OmgListener *self)
{
        return self->path;
}

gboolean omg_listener_is_ours(const OmgListener *self)
{
        return self->is_ours;
}

void omg_listener_free(OmgListener *self)
{
        struct stat status;

        if (!self)
                return;
        if (self->is_ours && lstat(self->path, &status) == 0 && status.st_dev == self->dev &&
            status.st_ino == self->ino)
                (void)unlink(self->path);
        close_fd(self->fd);
        g_free(self->path);
        g_free(self);
}
