/* SPDX-License-Identifier: GPL-3.0-or-later */

/* omgd on a bus: from exec to the first answer, memory when idle, round trips of calls beside
 * Peer.Ping of the same service and beside a service that always sends the same answer, and how
 * often it wakes when nothing happens.
 *
 *   bench-bus start|calls|idle OMGD   (the environment names the bus, the pacman root, the helper
 *                                      and omgd's data folder)
 *
 * "bench-bus constant" is what it starts itself: that other service. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench-common.h"
#include "bench-constant.h"

#define NAME          "org.omgd1"
#define PATH          "/org/omgd1"
#define PACKAGES      "org.omgd1.Packages"
#define QUERY         "python"
#define STARTS        15
#define DAMAGES       5
#define CALLS         3000
#define CALLS_IN_TURN 100
/* A whole number of the 45 s after which the status file is written anew. */
#define IDLE_SEC 600

extern char **environ;

/* A call with its arguments; sd-bus style. */
typedef struct {
        const char *figure;
        const char *destination;
        const char *interface;
        const char *member;
        const char *argument;
        guint32 limit; /* of a Search */
} Call;

static const Call ping = {"Peer.Ping", NAME, "org.freedesktop.DBus.Peer", "Ping", NULL, 0};
static const Call search20 = {"Search, 20 rows", NAME, PACKAGES, "Search", QUERY, 20};
static const Call constant20 = {
        "constant reply, 20 rows", BENCH_CONSTANT_NAME, PACKAGES, "Search", QUERY, 20};
static const Call constant5 = {
        "constant reply, 5 rows", BENCH_CONSTANT_NAME, PACKAGES, "Search", QUERY, 5};

static int append_arguments(sd_bus_message *m, const Call *call)
{
        if (!call->argument)
                return 0;
        if (strcmp(call->member, "Search") == 0)
                return sd_bus_message_append(m, "sa{sv}", call->argument, 1, "limit", "u",
                                             call->limit);
        if (strcmp(call->member, "GetDetails") == 0)
                return sd_bus_message_append(m, "asa{sv}", 1, call->argument, 0);
        if (strcmp(call->member, "CompareVersions") == 0)
                return sd_bus_message_append(m, "ss", call->argument, call->argument);
        return sd_bus_message_append(m, "s", call->argument);
}

/* One call; negative errno. The reply is yours. */
static int ask(sd_bus *bus, const Call *call, sd_bus_message **ret_reply)
{
        sd_bus_message *m = NULL;
        int r = sd_bus_message_new_method_call(bus, &m, call->destination, PATH, call->interface,
                                               call->member);

        if (r >= 0)
                r = sd_bus_message_set_auto_start(m, 0);
        if (r >= 0)
                r = append_arguments(m, call);
        if (r >= 0)
                r = sd_bus_call(bus, m, 0, NULL, ret_reply);
        sd_bus_message_unref(m);
        return r;
}

static int ask_and_forget(sd_bus *bus, const Call *call)
{
        sd_bus_message *reply = NULL;
        int r = ask(bus, call, &reply);

        sd_bus_message_unref(reply);
        return r;
}

/* Starts a program and asks it until it answers. */
static pid_t start(const char *const *argv, sd_bus *bus, const Call *call, guint64 *ret_ns)
{
        guint64 begin = bench_now_ns();
        pid_t pid = 0;

        if (posix_spawn(&pid, argv[0], NULL, NULL, (char *const *)argv, environ) != 0)
                g_error("cannot start %s", argv[0]);
        while (ask_and_forget(bus, call) < 0) {
                if (bench_now_ns() - begin > 30ull * 1000000000u)
                        g_error("no answer within 30 s");
                /* Asking without a pause would keep the bus from serving it. */
                (void)usleep(200);
        }
        *ret_ns = bench_now_ns() - begin;
        return pid;
}

static pid_t start_omgd(const char *omgd, sd_bus *bus, guint64 *ret_ns)
{
        const char *argv[] = {omgd, "--foreground", NULL};

        return start(argv, bus, &search20, ret_ns);
}

static void stop(pid_t pid)
{
        int status = 0;

        (void)kill(pid, SIGTERM);
        (void)waitpid(pid, &status, 0);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
                g_error("omgd ended with status %d", status);
}

/* A line such as "Pss: 123 kB" of a file in /proc/PID. */
static guint64 read_number(pid_t pid, const char *file, const char *key)
{
        g_autofree char *path = g_strdup_printf("/proc/%d/%s", (int)pid, file);
        g_autofree char *text = NULL;

        if (!g_file_get_contents(path, &text, NULL, NULL))
                g_error("cannot read %s", path);
        const char *at = strstr(text, key);
        if (!at)
                g_error("%s has no %s", path, key);
        return g_ascii_strtoull(at + strlen(key), NULL, 10);
}

/* Turns one bit in the middle of the index over. */
static void damage_index(void)
{
        g_autofree char *path = g_build_filename(g_getenv("OMG_DAEMON_DATA_DIR"), "sync.idx", NULL);
        int fd = open(path, O_RDWR | O_CLOEXEC);
        off_t middle = fd < 0 ? -1 : lseek(fd, 0, SEEK_END) / 2;
        guint8 byte = 0;

        if (middle <= 0 || pread(fd, &byte, 1, middle) != 1)
                g_error("%s: %s", path, g_strerror(errno));
        byte ^= 1;
        if (pwrite(fd, &byte, 1, middle) != 1)
                g_error("%s: %s", path, g_strerror(errno));
        (void)close(fd);
}

static void bench_start(const char *omgd, sd_bus *bus)
{
        guint64 first, times[STARTS], repaired[DAMAGES];

        /* The first start makes the index. */
        stop(start_omgd(omgd, bus, &first));
        for (guint i = 0; i < STARTS; i++)
                stop(start_omgd(omgd, bus, &times[i]));
        for (guint i = 0; i < DAMAGES; i++) {
                damage_index();
                stop(start_omgd(omgd, bus, &repaired[i]));
        }
        bench_print(first / 1e6, "ms", "exec to first answer, no index");
        bench_print(bench_percentile(times, STARTS, 50) / 1e3, "ms",
                    "exec to first answer, warm index");
        bench_print(bench_percentile(repaired, DAMAGES, 50) / 1e3, "ms",
                    "exec to first answer, damaged sync.idx");
}

static void print_size(sd_bus *bus, const Call *call)
{
        sd_bus_message *reply = NULL;

        if (ask(bus, call, &reply) < 0)
                g_error("%s failed", call->figure);
        bench_print(bench_constant_measure(reply), "bytes", "%s: body", call->figure);
        sd_bus_message_unref(reply);
}

/* All calls in turn, some of each: what is compared then meets the same other work on the machine.
 */
static void measure(sd_bus *bus, const Call *calls, guint n)
{
        g_autofree guint64 *times = g_new(guint64, n * CALLS);

        for (guint done = 0; done < CALLS; done += CALLS_IN_TURN)
                for (guint c = 0; c < n; c++)
                        for (guint i = done; i < done + CALLS_IN_TURN; i++) {
                                guint64 begin = bench_now_ns();
                                if (ask_and_forget(bus, &calls[c]) < 0)
                                        g_error("%s failed", calls[c].figure);
                                times[c * CALLS + i] = bench_now_ns() - begin;
                        }
        for (guint c = 0; c < n; c++) {
                bench_print(bench_percentile(&times[c * CALLS], CALLS, 50), "us", "%s: p50",
                            calls[c].figure);
                print_size(bus, &calls[c]);
        }
}

/* The first package that a search finds; for GetDetails. */
static char *dup_first_name(sd_bus *bus)
{
        sd_bus_message *reply = NULL;
        const char *name = NULL;
        int r = ask(bus, &search20, &reply);

        if (r >= 0)
                r = sd_bus_message_enter_container(reply, 'a', "(sssssua{sv})");
        if (r >= 0)
                r = sd_bus_message_enter_container(reply, 'r', "sssssua{sv}");
        if (r <= 0 || sd_bus_message_read_basic(reply, 's', &name) < 0)
                g_error("nothing found");
        char *copy = g_strdup(name);
        sd_bus_message_unref(reply);
        return copy;
}

static void bench_calls(const char *omgd, sd_bus *bus)
{
        static const char *const constant[] = {"/proc/self/exe", "constant", NULL};
        guint64 ns;
        int status;
        pid_t pid = start_omgd(omgd, bus, &ns);

        (void)usleep(500 * 1000);
        bench_print(read_number(pid, "status", "RssAnon:") / 1024.0, "MiB",
                    "idle after one search: RssAnon");
        bench_print(read_number(pid, "smaps_rollup", "\nPss:") / 1024.0, "MiB",
                    "idle after one search: PSS");

        g_autofree char *name = dup_first_name(bus);
        const Call calls[] = {
                ping,
                {"CompareVersions", NAME, PACKAGES, "CompareVersions", "1.0-1", 0},
                {"Status, all properties", NAME, "org.freedesktop.DBus.Properties", "GetAll",
                 "org.omgd1.Status", 0},
                {"Search, 5 rows", NAME, PACKAGES, "Search", QUERY, 5},
                {"GetDetails, one package", NAME, PACKAGES, "GetDetails", name, 0},
                search20,
                constant20,
                constant5,
        };
        pid_t other = start(constant, bus, &constant20, &ns);
        measure(bus, calls, G_N_ELEMENTS(calls));
        (void)kill(other, SIGKILL);
        (void)waitpid(other, &status, 0);
        bench_print(read_number(pid, "status", "RssAnon:") / 1024.0, "MiB",
                    "after all these calls: RssAnon");
        stop(pid);
}

typedef struct {
        guint64 wake_ups;
        guint64 cpu_ns; /* as the scheduler counts it: ticks would be 0 */
} Used;

/* Of all threads together. */
static Used get_used(pid_t pid)
{
        g_autofree char *folder = g_strdup_printf("/proc/%d/task", (int)pid);
        g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
        const char *task;
        Used used = {};

        while (dir && (task = g_dir_read_name(dir))) {
                g_autofree char *status = g_strdup_printf("task/%s/status", task);
                g_autofree char *schedstat = g_strdup_printf("task/%s/schedstat", task);
                used.wake_ups += read_number(pid, status, "\nvoluntary_ctxt_switches:");
                used.cpu_ns += read_number(pid, schedstat, "");
        }
        return used;
}

/* With the default configuration, so the look at the machine, every five minutes, is in it. */
static void bench_idle(const char *omgd, sd_bus *bus)
{
        guint64 ns;
        pid_t pid = start_omgd(omgd, bus, &ns);

        (void)sleep(30);
        Used before = get_used(pid);
        (void)sleep(IDLE_SEC);
        Used after = get_used(pid);
        bench_print((after.wake_ups - before.wake_ups) * 60.0 / IDLE_SEC, "a minute",
                    "wake-ups when idle, all threads");
        bench_print((after.cpu_ns - before.cpu_ns) / 1e6 * 60.0 / IDLE_SEC, "ms",
                    "processor time when idle, of a minute");
        bench_print(read_number(pid, "status", "RssAnon:") / 1024.0, "MiB",
                    "idle for ten minutes: RssAnon");
        bench_print(read_number(pid, "smaps_rollup", "\nPss:") / 1024.0, "MiB",
                    "idle for ten minutes: PSS");
        stop(pid);
}

int main(int argc, char **argv)
{
        static const struct {
                const char *what;
                void (*run)(const char *omgd, sd_bus *bus);
        } modes[] = {{"start", bench_start}, {"calls", bench_calls}, {"idle", bench_idle}};
        sd_bus *bus = NULL;

        if (argc == 2 && strcmp(argv[1], "constant") == 0)
                return bench_constant_serve(QUERY) < 0;
        for (gsize i = 0; argc == 3 && i < G_N_ELEMENTS(modes); i++) {
                if (strcmp(argv[1], modes[i].what) != 0)
                        continue;
                if (sd_bus_open_user(&bus) < 0)
                        g_error("no session bus");
                modes[i].run(argv[2], bus);
                sd_bus_flush_close_unref(bus);
                return 0;
        }
        (void)fprintf(stderr, "usage: bench-bus start|calls|idle OMGD\n");
        return 2;
}
