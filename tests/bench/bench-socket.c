/* SPDX-License-Identifier: GPL-3.0-or-later */

/* omgd's socket beside bare servers that move the same bytes: round trips on one connection, and
 * how much 64 connections get done, each with one request under way.
 *
 *   bench-socket OMGD   (the environment names the socket, the pacman root, the helper, omgd's data
 *                        folder, and a configuration without a rate)
 *
 * What is compared takes turns, so that both meet the same other work on the machine. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench-common.h"
#include "bench-floor.h"
#include "wire/response.h"

#define ROUNDS      40
#define TRIPS       200 /* in a round, of each */
#define CONNECTIONS 64
#define MANY_ROUNDS 10
#define MANY_MSEC   150 /* of a round */
#define HEAD        4
#define START_NS    (30ull * 1000000000u)
#define QUERY       "python"
#define ROWS        20
#define REPLY_MOST  (1u << 20)

extern char **environ;

/* Words of package names; a search for each has other rows. */
static const char *const words[] = {
        "python", "lib",    "perl",   "font",   "kde",  "gnome", "tool",  "data",   "video",
        "audio",  "web",    "json",   "server", "game", "plug",  "theme", "docker", "net",
        "ssh",    "editor", "search", "index",  "vim",  "qt",    "gtk",
};

typedef struct {
        GByteArray *request; /* a frame */
        gsize reply;         /* bytes of the whole frame */
} Exchange;

typedef struct {
        const char *name;
        int fd;
        const Exchange *exchange;
        guint64 *times; /* of each trip */
        guint n;
} Trip;

/* ---- frames ---- */

static GByteArray *make_frame(const OmgWireRequest *request)
{
        g_autoptr(OmgWireEncoder) encoder = omg_wire_encoder_new();
        g_autoptr(GError) error = NULL;
        GByteArray *frame = g_byte_array_new();
        guint32 length;

        g_byte_array_set_size(frame, HEAD);
        if (!omg_wire_encode(encoder, &omg_wire_request_type, request, 1u << 20, frame, &error))
                g_error("%s", error->message);
        length = GUINT32_TO_BE(frame->len - HEAD);
        memcpy(frame->data, &length, HEAD);
        return frame;
}

static GByteArray *make_search(const char *query)
{
        return make_frame(&(OmgWireRequest){
                .tag = OMG_WIRE_SEARCH,
                .id = 7,
                .query = {.text = omg_wire_string(query), .limit = {.is_some = 1, .value = ROWS}},
        });
}

static void send_all(int fd, const GByteArray *frame)
{
        if (send(fd, frame->data, frame->len, MSG_NOSIGNAL) != (ssize_t)frame->len)
                g_error("cannot send %u bytes: %s", frame->len, g_strerror(errno));
}

static guint8 reply_buffer[REPLY_MOST];

/* So many bytes into reply_buffer. */
static void receive(int fd, gsize size)
{
        for (gsize done = 0; done < size;) {
                ssize_t n = recv(fd, reply_buffer + done, size - done, 0);
                if (n <= 0)
                        g_error("%zu of %zu bytes of a reply", done, size);
                done += (gsize)n;
        }
}

/* The size of the answer, whatever it is; it must be a success. */
static gsize ask(int fd, const GByteArray *request)
{
        guint32 length;

        send_all(fd, request);
        receive(fd, HEAD);
        memcpy(&length, reply_buffer, HEAD);
        length = GUINT32_FROM_BE(length);
        g_assert_cmpuint(length, >, 0);
        g_assert_cmpuint(length, <, REPLY_MOST);
        receive(fd, length);
        if (reply_buffer[0] != OMG_WIRE_SUCCESS)
                g_error("an error answers (a rate in omgd.conf?)");
        return HEAD + length;
}

/* ---- omgd ---- */

static int connect_to(const char *path)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        g_assert_cmpuint(strlen(path), <, sizeof(address.sun_path));
        (void)g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
        if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
                (void)close(fd);
                return -1;
        }
        return fd;
}

static pid_t start_omgd(const char *omgd, const char *path)
{
        const char *argv[] = {omgd, "--foreground", NULL};
        g_autoptr(GByteArray) search = make_search(QUERY);
        guint64 begin = bench_now_ns();
        pid_t pid = 0;
        int fd;

        if (posix_spawn(&pid, omgd, NULL, NULL, (char *const *)argv, environ) != 0)
                g_error("cannot start %s", omgd);
        while ((fd = connect_to(path)) < 0) {
                if (bench_now_ns() - begin > START_NS)
                        g_error("%s: nobody answers", path);
                (void)usleep(1000);
        }
        /* Waits for the index. */
        (void)ask(fd, search);
        (void)close(fd);
        return pid;
}

static void stop_omgd(pid_t pid)
{
        int status = 0;

        (void)kill(pid, SIGTERM);
        (void)waitpid(pid, &status, 0);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
                g_error("omgd ended with status %d", status);
}

/* ---- one connection ---- */

static void make_trips(Trip *trip)
{
        for (guint i = 0; i < TRIPS; i++) {
                guint64 begin = bench_now_ns();

                send_all(trip->fd, trip->exchange->request);
                receive(trip->fd, trip->exchange->reply);
                trip->times[trip->n++] = bench_now_ns() - begin;
        }
}

static void measure_trips(const char *path, const Exchange *ping, const Exchange *search)
{
        pid_t floors[2];
        int fd = connect_to(path);
        Trip trips[] = {
                {.name = "bare socket, bytes of Ping", .exchange = ping},
                {.name = "socket: Ping", .fd = fd, .exchange = ping},
                {.name = "bare socket, bytes of Search 20", .exchange = search},
                {.name = "socket: Search, 20 rows, kept", .fd = fd, .exchange = search},
        };

        floors[0] = bench_floor_start_pair(ping->request->len, ping->reply, &trips[0].fd);
        floors[1] = bench_floor_start_pair(search->request->len, search->reply, &trips[2].fd);
        for (guint i = 0; i < G_N_ELEMENTS(trips); i++)
                trips[i].times = g_new(guint64, ROUNDS * TRIPS);
        for (guint round = 0; round < ROUNDS; round++) {
                for (guint i = 0; i < G_N_ELEMENTS(trips); i++)
                        make_trips(&trips[i]);
        }
        for (guint i = 0; i < G_N_ELEMENTS(trips); i++) {
                bench_print(bench_percentile(trips[i].times, trips[i].n, 50), "us", "%s: p50",
                            trips[i].name);
                g_free(trips[i].times);
        }
        bench_print((double)ping->reply, "bytes", "socket: Ping: body");
        bench_print((double)search->reply, "bytes", "socket: Search, 20 rows, kept: body");
        (void)close(trips[0].fd);
        (void)close(trips[2].fd);
        (void)close(fd);
        for (guint i = 0; i < G_N_ELEMENTS(floors); i++)
                bench_floor_end(floors[i]);
}

/* What is kept is forgotten before each round of the words. */
static void measure_searches(const char *path)
{
        g_autoptr(GByteArray) clear =
                make_frame(&(OmgWireRequest){.tag = OMG_WIRE_CACHE_CLEAR, .id = 1});
        guint64 times[ROUNDS * G_N_ELEMENTS(words)];
        int fd = connect_to(path);
        guint n = 0;

        for (guint round = 0; round < ROUNDS; round++) {
                (void)ask(fd, clear);
                for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
                        g_autoptr(GByteArray) search = make_search(words[i]);
                        guint64 begin = bench_now_ns();

                        (void)ask(fd, search);
                        times[n++] = bench_now_ns() - begin;
                }
        }
        bench_print(bench_percentile(times, n, 50), "us", "socket: Search, 20 rows, new: p50");
        bench_print(bench_percentile(times, n, 99), "us", "socket: Search, 20 rows, new: p99");
        (void)close(fd);
}

/* ---- many connections ---- */

typedef struct {
        int fds[CONNECTIONS];
        gsize received[CONNECTIONS]; /* of the reply under way */
        int epoll_fd;
        const Exchange *exchange;
        guint64 n_done;
        guint64 ns;
} Many;

static void many_prepare(Many *many)
{
        many->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
        for (guint32 i = 0; i < CONNECTIONS; i++) {
                struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};
                g_assert_cmpint(epoll_ctl(many->epoll_fd, EPOLL_CTL_ADD, many->fds[i], &event), ==,
                                0);
        }
}

/* Takes what is there; TRUE when that ends the reply. */
static gboolean many_receive(Many *many, guint i)
{
        gsize want = many->exchange->reply - many->received[i];
        ssize_t n = recv(many->fds[i], reply_buffer, want, 0);

        if (n <= 0)
                g_error("a connection of many ended");
        many->received[i] += (gsize)n;
        if (many->received[i] < many->exchange->reply)
                return FALSE;
        many->received[i] = 0;
        return TRUE;
}

static void many_round(Many *many)
{
        guint64 begin = bench_now_ns(), end = begin + MANY_MSEC * 1000000ull;
        guint under_way = CONNECTIONS;
        gboolean is_over = FALSE;

        for (guint i = 0; i < CONNECTIONS; i++)
                send_all(many->fds[i], many->exchange->request);
        while (under_way > 0) {
                struct epoll_event events[CONNECTIONS];
                int ready = epoll_wait(many->epoll_fd, events, CONNECTIONS, -1);

                is_over = is_over || bench_now_ns() >= end;
                for (int e = 0; e < ready; e++) {
                        guint i = events[e].data.u32;

                        if (!many_receive(many, i))
                                continue;
                        many->n_done++;
                        if (is_over)
                                under_way--;
                        else
                                send_all(many->fds[i], many->exchange->request);
                }
        }
        many->ns += bench_now_ns() - begin;
}

static void many_end(Many *many, const char *name, const char *what)
{
        bench_print(many->n_done / (many->ns / 1e9), "/s", "%s, %s", name, what);
        for (guint i = 0; i < CONNECTIONS; i++)
                (void)close(many->fds[i]);
        (void)close(many->epoll_fd);
}

static void measure_many(const char *path, const Exchange *exchange, const char *what)
{
        Many ours = {.exchange = exchange}, bare = {.exchange = exchange};
        pid_t pid = bench_floor_start_many(exchange->request->len, exchange->reply, CONNECTIONS,
                                           bare.fds);

        for (guint i = 0; i < CONNECTIONS; i++)
                ours.fds[i] = connect_to(path);
        many_prepare(&ours);
        many_prepare(&bare);
        for (guint round = 0; round < MANY_ROUNDS; round++) {
                many_round(&bare);
                many_round(&ours);
        }
        many_end(&bare, "bare server, 64 connections", what);
        many_end(&ours, "socket: 64 connections", what);
        bench_floor_end(pid);
}

int main(int argc, char **argv)
{
        const char *path = g_getenv("OMG_SOCKET_PATH");
        Exchange ping = {}, search = {};
        pid_t omgd;
        int fd;

        if (argc != 2 || !path) {
                g_printerr("usage: OMG_SOCKET_PATH=PATH bench-socket OMGD\n");
                return 2;
        }
        omgd = start_omgd(argv[1], path);
        ping.request = make_frame(&(OmgWireRequest){.tag = OMG_WIRE_PING, .id = 7});
        search.request = make_search(QUERY);
        fd = connect_to(path);
        ping.reply = ask(fd, ping.request);
        search.reply = ask(fd, search.request);
        (void)close(fd);

        measure_trips(path, &ping, &search);
        measure_searches(path);
        measure_many(path, &ping, "Ping");
        measure_many(path, &search, "Search of 20");
        stop_omgd(omgd);
        g_byte_array_unref(ping.request);
        g_byte_array_unref(search.request);
        return 0;
}
