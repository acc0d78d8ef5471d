/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The socket's file: what may be replaced, and what is never touched. */
#include "loop/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/error.h"
#include "loop/log.h"

/* Longer than omgd waits for one that dies, less a little. */
#define DYING_USEC (500 * G_TIME_SPAN_MILLISECOND)

typedef struct {
        char *dir;
        char *path;
} Place;

static guint warnings;

static void count_warning(int priority, const struct iovec *fields, gsize n_fields, gpointer data)
{
        warnings++;
}

static void place_init(Place *place)
{
        place->dir = g_dir_make_tmp("omgd-listener-XXXXXX", NULL);
        g_assert_nonnull(place->dir);
        place->path = g_build_filename(place->dir, "omg.sock", NULL);
}

/* Nothing is left but what the test itself removes. */
static void place_clear(Place *place)
{
        g_assert_cmpint(g_rmdir(place->dir), ==, 0);
        g_free(place->path);
        g_free(place->dir);
}

static int connect_to(const char *path)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        int errnum = 0;

        g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
        if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
                errnum = errno;
        (void)close(fd);
        return errnum;
}

/* A bound socket, as another program makes it. */
static int bind_at(const char *path)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
        g_assert_cmpint(bind(fd, (const struct sockaddr *)&address, sizeof(address)), ==, 0);
        return fd;
}

static void expect_refusal(const char *path, OmgError code, const char *text)
{
        g_autoptr(GError) error = NULL;

        g_assert_null(omg_listener_new(path, &error));
        g_assert_error(error, OMG_ERROR, (int)code);
        g_assert_nonnull(strstr(error->message, path));
        if (!strstr(error->message, text))
                g_error("\"%s\" is not in \"%s\"", text, error->message);
}

/* It listens, with mode 0600 whatever the umask, is alone in its directory, and goes in the end. */
static void test_new(void)
{
        g_autoptr(GError) error = NULL;
        Place place;
        struct stat status;

        place_init(&place);
        const mode_t before = umask(0);
        OmgListener *listener = omg_listener_new(place.path, &error);
        g_assert_cmpint(umask(before), ==, 0);
        g_assert_no_error(error);
        g_assert_cmpstr(omg_listener_get_path(listener), ==, place.path);
        g_assert_cmpint(lstat(place.path, &status), ==, 0);
        g_assert_cmpint(status.st_mode, ==, S_IFSOCK | 0600);
        g_assert_cmpuint(status.st_nlink, ==, 1);
        g_assert_cmpint(connect_to(place.path), ==, 0);

        int fd = omg_listener_steal_fd(listener);
        g_assert_cmpint(fcntl(fd, F_GETFD), ==, FD_CLOEXEC);
        g_assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
        omg_listener_free(listener);
        g_assert_cmpint(fcntl(fd, F_GETFD), ==, FD_CLOEXEC);
        (void)close(fd);
        place_clear(&place);
}

static void make_old(const char *path)
{
        const struct timespec times[] = {{.tv_sec = time(NULL) - 60}, {.tv_sec = time(NULL) - 60}};

        g_assert_cmpint(utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW), ==, 0);
}

/* What a killed one left under the hidden name goes; not what is young, lives, has another name or
 * is no socket. */
static void test_left_over(void)
{
        static const struct {
                const char *name;
                gboolean is_old, listens, is_socket, stays;
        } files[] = {
                {".omg.sock.0123abcd", TRUE, FALSE, TRUE, FALSE},
                {".omg.sock.0123abce", FALSE, FALSE, TRUE, TRUE},
                {".omg.sock.0123abcf", TRUE, TRUE, TRUE, TRUE},
                {".omg.sock.0123abcg", TRUE, FALSE, TRUE, TRUE},
                {".omg.sock.0123abcd0", TRUE, FALSE, TRUE, TRUE},
                {".omg.sock.00000000", TRUE, FALSE, FALSE, TRUE},
        };
        g_autoptr(GError) error = NULL;
        int fds[G_N_ELEMENTS(files)];
        Place place;

        place_init(&place);
        g_autofree char *dir = g_path_get_dirname(place.path);
        for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
                g_autofree char *path = g_build_filename(dir, files[i].name, NULL);
                fds[i] = files[i].is_socket ? bind_at(path) : -1;
                if (!files[i].is_socket)
                        g_assert_true(g_file_set_contents(path, "", 0, NULL));
                if (files[i].listens)
                        g_assert_cmpint(listen(fds[i], 1), ==, 0);
                if (files[i].is_old)
                        make_old(path);
        }
        OmgListener *listener = omg_listener_new(place.path, &error);
        g_assert_no_error(error);
        for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
                g_autofree char *path = g_build_filename(dir, files[i].name, NULL);
                struct stat status;
                g_assert_cmpint(lstat(path, &status) == 0, ==, files[i].stays);
                (void)unlink(path);
                if (fds[i] >= 0)
                        (void)close(fds[i]);
        }
        omg_listener_free(listener);
        place_clear(&place);
}

/* Its mode is 0600 also where a default ACL of the directory gives all to everybody. */
static void test_default_acl(void)
{
        /* acl(5): version 2, then tag, permissions and an id that is not used, each little-endian:
         * owner, group and others have all. */
        static const guint8 acl[] = {2,    0, 0, 0,                         /**/
                                     1,    0, 7, 0, 0xff, 0xff, 0xff, 0xff, /**/
                                     4,    0, 7, 0, 0xff, 0xff, 0xff, 0xff, /**/
                                     0x20, 0, 7, 0, 0xff, 0xff, 0xff, 0xff};
        g_autoptr(GError) error = NULL;
        Place place;
        struct stat status;

        place_init(&place);
        if (setxattr(place.dir, "system.posix_acl_default", acl, sizeof(acl), 0) < 0) {
                g_test_skip("no ACLs here");
        } else {
                OmgListener *listener = omg_listener_new(place.path, &error);

                g_assert_no_error(error);
                g_assert_cmpint(lstat(place.path, &status), ==, 0);
                g_assert_cmpint(status.st_mode, ==, S_IFSOCK | 0600);
                omg_listener_free(listener);
        }
        place_clear(&place);
}

/* A socket that nobody listens at any more, as kill -9 leaves it, is replaced. */
static void test_dead(void)
{
        g_autoptr(GError) error = NULL;
        Place place;

        place_init(&place);
        (void)close(bind_at(place.path));
        g_assert_cmpint(connect_to(place.path), ==, ECONNREFUSED);
        OmgListener *listener = omg_listener_new(place.path, &error);
        g_assert_no_error(error);
        g_assert_cmpint(connect_to(place.path), ==, 0);
        omg_listener_free(listener);
        place_clear(&place);
}

/* One that answers is not: the second is told, the first goes on; also when its backlog is full, so
 * that nobody can connect. */
static void test_living(void)
{
        g_autoptr(GError) error = NULL;
        Place place;

        place_init(&place);
        OmgListener *first = omg_listener_new(place.path, &error);
        g_assert_no_error(error);
        expect_refusal(place.path, OMG_ERROR_BUSY, "already running");
        g_assert_cmpint(connect_to(place.path), ==, 0);
        omg_listener_free(first);

        int fd = bind_at(place.path);
        g_assert_cmpint(listen(fd, 0), ==, 0);
        g_assert_cmpint(connect_to(place.path), ==, 0);
        expect_refusal(place.path, OMG_ERROR_BUSY, "already running");
        g_assert_cmpint(g_unlink(place.path), ==, 0);
        (void)close(fd);
        place_clear(&place);
}

typedef struct {
        int fd;
        gint64 ended_usec;
} Dying;

/* Ends when somebody has asked. */
static gpointer end_when_asked(gpointer data)
{
        Dying *self = data;

        (void)close(accept(self->fd, NULL, NULL));
        (void)close(self->fd);
        self->ended_usec = g_get_monotonic_time();
        return NULL;
}

/* A helper that was being forked when omgd was killed holds the socket for some moments more. NULL:
 * on this machine they were more than omgd waits for. */
static OmgListener *listen_while_dying(const char *path)
{
        g_autoptr(GError) error = NULL;
        Dying dying = {.fd = bind_at(path)};
        gint64 begun_usec = g_get_monotonic_time();
        OmgListener *listener;

        g_assert_cmpint(listen(dying.fd, 8), ==, 0);
        GThread *thread = g_thread_new("dying", end_when_asked, &dying);
        listener = omg_listener_new(path, &error);
        (void)g_thread_join(thread);
        if (!listener && dying.ended_usec - begun_usec > DYING_USEC) {
                g_test_message("it took %" G_GINT64_FORMAT " us to die",
                               dying.ended_usec - begun_usec);
                g_assert_error(error, OMG_ERROR, OMG_ERROR_BUSY);
                g_assert_cmpint(g_unlink(path), ==, 0);
                return NULL;
        }
        g_assert_no_error(error);
        return listener;
}

static void test_dying(void)
{
        OmgListener *listener = NULL;
        Place place;

        place_init(&place);
        for (guint i = 0; !listener && i < 10; i++)
                listener = listen_while_dying(place.path);
        if (listener)
                g_assert_cmpint(connect_to(place.path), ==, 0);
        else
                g_test_skip("the machine is too busy");
        omg_listener_free(listener);
        place_clear(&place);
}

/* Files, folders and symbolic links are refused by name and stay as they are; what a link points to
 * is not looked at, even when it is a dead socket. */
static void test_foreign_kinds(void)
{
        g_autofree char *content = NULL;
        g_autofree char *target = NULL;
        Place place;

        place_init(&place);
        g_assert_true(g_file_set_contents(place.path, "mine", 4, NULL));
        expect_refusal(place.path, OMG_ERROR_ACCESS_DENIED, "a regular file");
        g_assert_true(g_file_get_contents(place.path, &content, NULL, NULL));
        g_assert_cmpstr(content, ==, "mine");
        g_assert_cmpint(g_unlink(place.path), ==, 0);

        g_assert_cmpint(g_mkdir(place.path, 0700), ==, 0);
        expect_refusal(place.path, OMG_ERROR_ACCESS_DENIED, "a directory");
        g_assert_cmpint(g_rmdir(place.path), ==, 0);

        g_assert_cmpint(mkfifo(place.path, 0600), ==, 0);
        expect_refusal(place.path, OMG_ERROR_ACCESS_DENIED, "another kind");
        g_assert_cmpint(g_unlink(place.path), ==, 0);

        target = g_build_filename(place.dir, "target", NULL);
        (void)close(bind_at(target));
        g_assert_cmpint(symlink(target, place.path), ==, 0);
        expect_refusal(place.path, OMG_ERROR_ACCESS_DENIED, "a symbolic link");
        g_assert_true(g_file_test(target, G_FILE_TEST_EXISTS));
        g_assert_cmpint(g_unlink(target), ==, 0);
        expect_refusal(place.path, OMG_ERROR_ACCESS_DENIED, "a symbolic link");
        g_assert_cmpint(g_unlink(place.path), ==, 0);
        place_clear(&place);
}

/* A socket of another user stays, dead as it may be. */
static void test_foreign_owner(void)
{
        Place place;

        if (geteuid() != 0) {
                g_test_skip("not root");
                return;
        }
        place_init(&place);
        (void)close(bind_at(place.path));
        g_assert_cmpint(chown(place.path, 65534, 65534), ==, 0);
        expect_refusal(place.path, OMG_ERROR_ACCESS_DENIED, "belongs to user 65534");
        g_assert_cmpint(g_unlink(place.path), ==, 0);
        place_clear(&place);
}

/* Nothing is made but the socket, and a path that the kernel cannot take is said to be too long.
 * The longest that it can take works, though the hidden name beside it is longer. */
static void test_paths(void)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *name = NULL;
        g_autofree char *longest = NULL;
        g_autofree char *longer = NULL;
        g_autofree char *missing = NULL;
        const gsize most = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;
        Place place;

        place_init(&place);
        missing = g_build_filename(place.dir, "missing", "omg.sock", NULL);
        g_autofree char *missing_dir = g_path_get_dirname(missing);
        g_assert_null(omg_listener_new(missing, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE);
        g_assert_nonnull(strstr(error->message, missing_dir));
        g_assert_false(g_file_test(missing_dir, G_FILE_TEST_EXISTS));
        g_clear_error(&error);

        name = g_strnfill(most - strlen(place.dir) - 1, 'x');
        longest = g_build_filename(place.dir, name, NULL);
        OmgListener *listener = omg_listener_new(longest, &error);
        g_assert_no_error(error);
        g_assert_cmpint(connect_to(longest), ==, 0);
        expect_refusal(longest, OMG_ERROR_BUSY, "already running");
        omg_listener_free(listener);
        (void)close(bind_at(longest));
        listener = omg_listener_new(longest, &error);
        g_assert_no_error(error);
        omg_listener_free(listener);

        longer = g_strconcat(longest, "x", NULL);
        expect_refusal(longer, OMG_ERROR_UNAVAILABLE, "at most 107 bytes");
        place_clear(&place);
}

/* The longest path may also be all name: what is made beside it has a name of its own length. */
static void test_long_name(void)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *before = g_get_current_dir();
        g_autofree char *name = g_strnfill(sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1, 'x');
        Place place;

        place_init(&place);
        g_assert_cmpint(chdir(place.dir), ==, 0);
        (void)close(bind_at(name));
        OmgListener *listener = omg_listener_new(name, &error);
        g_assert_no_error(error);
        g_assert_cmpint(connect_to(name), ==, 0);
        omg_listener_free(listener);
        g_assert_cmpint(chdir(before), ==, 0);
        place_clear(&place);
}

/* In the end only the very file is removed that was made. */
static void test_replaced(void)
{
        g_autoptr(GError) error = NULL;
        Place place;

        place_init(&place);
        OmgListener *listener = omg_listener_new(place.path, &error);
        g_assert_no_error(error);
        g_assert_cmpint(g_unlink(place.path), ==, 0);
        int fd = bind_at(place.path);
        omg_listener_free(listener);
        g_assert_true(g_file_test(place.path, G_FILE_TEST_EXISTS));
        g_assert_cmpint(g_unlink(place.path), ==, 0);
        (void)close(fd);

        listener = omg_listener_new(place.path, &error);
        g_assert_no_error(error);
        g_assert_cmpint(g_unlink(place.path), ==, 0);
        omg_listener_free(listener);
        place_clear(&place);
}

/* A directory that others may write to is warned about; ours is not. */
static void test_shared(void)
{
        g_autoptr(GError) error = NULL;
        Place place;

        place_init(&place);
        omg_log_set_sink(count_warning, NULL);
        warnings = 0;
        omg_listener_free(omg_listener_new(place.path, &error));
        g_assert_cmpuint(warnings, ==, 0);
        g_assert_cmpint(chmod(place.dir, 01777), ==, 0);
        omg_listener_free(omg_listener_new(place.path, &error));
        g_assert_cmpuint(warnings, ==, 1);
        omg_log_set_sink(NULL, NULL);
        g_assert_no_error(error);
        place_clear(&place);
}

#define STARTS 8u
#define ROUNDS 40u

typedef struct {
        const char *path;
        gint *go;
        OmgListener *listener;
        gboolean is_busy;
} Start;

static gpointer start(gpointer data)
{
        Start *self = data;
        g_autoptr(GError) error = NULL;

        while (!g_atomic_int_get(self->go))
                ;
        self->listener = omg_listener_new(self->path, &error);
        self->is_busy = g_error_matches(error, OMG_ERROR, OMG_ERROR_BUSY);
        return NULL;
}

/* Of many that start at once over a dead socket exactly one gets the path, the others learn that
 * somebody listens, and the path is that one's: connecting to it works. */
static void test_race(void)
{
        Place place;

        place_init(&place);
        for (guint round = 0; round < ROUNDS; round++) {
                Start starts[STARTS];
                GThread *threads[STARTS];
                gint go = 0;
                guint listening = 0, busy = 0;

                (void)close(bind_at(place.path));
                for (guint i = 0; i < STARTS; i++) {
                        starts[i] = (Start){.path = place.path, .go = &go};
                        threads[i] = g_thread_new(NULL, start, &starts[i]);
                }
                g_atomic_int_set(&go, 1);
                for (guint i = 0; i < STARTS; i++) {
                        (void)g_thread_join(threads[i]);
                        listening += starts[i].listener ? 1 : 0;
                        busy += starts[i].is_busy ? 1 : 0;
                }
                g_assert_cmpuint(listening, ==, 1);
                g_assert_cmpuint(busy, ==, STARTS - 1);
                g_assert_cmpint(connect_to(place.path), ==, 0);
                for (guint i = 0; i < STARTS; i++)
                        omg_listener_free(starts[i].listener);
                g_assert_false(g_file_test(place.path, G_FILE_TEST_EXISTS));
        }
        place_clear(&place);
}

/* Without descriptors of a service manager there is none; tests/e2e has the other cases, for which
 * the number of the descriptor must be 3. */
static void test_none_inherited(void)
{
        g_assert_null(omg_listener_new_inherited());
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/listener/new", test_new);
        g_test_add_func("/listener/left-over", test_left_over);
        g_test_add_func("/listener/default-acl", test_default_acl);
        g_test_add_func("/listener/dead", test_dead);
        g_test_add_func("/listener/living", test_living);
        g_test_add_func("/listener/dying", test_dying);
        g_test_add_func("/listener/foreign-kinds", test_foreign_kinds);
        g_test_add_func("/listener/foreign-owner", test_foreign_owner);
        g_test_add_func("/listener/paths", test_paths);
        g_test_add_func("/listener/long-name", test_long_name);
        g_test_add_func("/listener/replaced", test_replaced);
        g_test_add_func("/listener/shared", test_shared);
        g_test_add_func("/listener/race", test_race);
        g_test_add_func("/listener/none-inherited", test_none_inherited);
        return g_test_run();
}
