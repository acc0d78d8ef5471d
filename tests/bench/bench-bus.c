/* SPDX-License-Identifier: GPL-3.0-or-later */

/* omgd on a bus: from exec to the first answer, memory when idle, round trips of calls beside
 * Peer.Ping of the same service and beside a service that always sends the same answer, and how
 * often it wakes when nothing happens.
 *
 *   bench-bus start|calls OMGD      (the environment names the bus, the pacman root, the helper and
 *                                    omgd's data folder)
 *   bench-bus idle OMGD SECONDS
 *
 * "bench-bus constant" is what it starts itself: that other service. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench-common.h"
#include "bench-constant.h"
#include "bench-omgd.h"

#define STARTS        15
#define DAMAGES       5
#define CALLS         3000
#define CALLS_IN_TURN 100

static const BenchCall ping = {
        "Peer.Ping", BENCH_OMGD_NAME, "org.freedesktop.DBus.Peer", "Ping", NULL, 0};
static const BenchCall constant20 = {"constant reply, 20 rows", BENCH_CONSTANT_NAME,
                                     BENCH_OMGD_PACKAGES,       "Search",
                                     BENCH_OMGD_QUERY,          20};
static const BenchCall constant5 = {"constant reply, 5 rows", BENCH_CONSTANT_NAME,
                                    BENCH_OMGD_PACKAGES,      "Search",
                                    BENCH_OMGD_QUERY,         5};

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

static void bench_start(const char *omgd, sd_bus *bus, guint unused)
{
        (void)unused;
        guint64 first, times[STARTS], repaired[DAMAGES];

        /* The first start makes the index. */
        bench_omgd_stop(bench_omgd_start(omgd, bus, &first));
        for (guint i = 0; i < STARTS; i++)
                bench_omgd_stop(bench_omgd_start(omgd, bus, &times[i]));
        for (guint i = 0; i < DAMAGES; i++) {
                damage_index();
                bench_omgd_stop(bench_omgd_start(omgd, bus, &repaired[i]));
        }
        bench_print(first / 1e6, "ms", "exec to first answer, no index");
        bench_print(bench_percentile(times, STARTS, 50) / 1e3, "ms",
                    "exec to first answer, warm index");
        bench_print(bench_percentile(repaired, DAMAGES, 50) / 1e3, "ms",
                    "exec to first answer, damaged sync.idx");
}

static void print_size(sd_bus *bus, const BenchCall *call)
{
        sd_bus_message *reply = NULL;

        if (bench_omgd_ask(bus, call, &reply) < 0)
                g_error("%s failed", call->figure);
        bench_print(bench_constant_measure(reply), "bytes", "%s: body", call->figure);
        sd_bus_message_unref(reply);
}

/* All calls in turn, some of each: what is compared then meets the same other work on the machine.
 */
static void measure(sd_bus *bus, const BenchCall *calls, guint n)
{
        g_autofree guint64 *times = g_new(guint64, n * CALLS);

        for (guint done = 0; done < CALLS; done += CALLS_IN_TURN)
                for (guint c = 0; c < n; c++)
                        for (guint i = done; i < done + CALLS_IN_TURN; i++) {
                                guint64 begin = bench_now_ns();
                                if (bench_omgd_ask_and_forget(bus, &calls[c]) < 0)
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
        int r = bench_omgd_ask(bus, &bench_omgd_search20, &reply);

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

static void bench_calls(const char *omgd, sd_bus *bus, guint unused)
{
        (void)unused;
        static const char *const constant[] = {"/proc/self/exe", "constant", NULL};
        guint64 ns;
        int status;
        pid_t pid = bench_omgd_start(omgd, bus, &ns);

        (void)usleep(500 * 1000);
        bench_print(bench_omgd_read_number(pid, "status", "RssAnon:") / 1024.0, "MiB",
                    "idle after one search: RssAnon");
        bench_print(bench_omgd_read_number(pid, "smaps_rollup", "\nPss:") / 1024.0, "MiB",
                    "idle after one search: PSS");

        g_autofree char *name = dup_first_name(bus);
        const BenchCall calls[] = {
                ping,
                {"CompareVersions", BENCH_OMGD_NAME, BENCH_OMGD_PACKAGES, "CompareVersions",
                 "1.0-1", 0},
                {"Status, all properties", BENCH_OMGD_NAME, "org.freedesktop.DBus.Properties",
                 "GetAll", "org.omgd1.Status", 0},
                {"Search, 5 rows", BENCH_OMGD_NAME, BENCH_OMGD_PACKAGES, "Search", BENCH_OMGD_QUERY,
                 5},
                {"GetDetails, one package", BENCH_OMGD_NAME, BENCH_OMGD_PACKAGES, "GetDetails",
                 name, 0},
                bench_omgd_search20,
                constant20,
                constant5,
        };
        pid_t other = bench_omgd_start_program(constant, bus, &constant20, &ns);
        measure(bus, calls, G_N_ELEMENTS(calls));
        (void)kill(other, SIGKILL);
        (void)waitpid(other, &status, 0);
        bench_print(bench_omgd_read_number(pid, "status", "RssAnon:") / 1024.0, "MiB",
                    "after all these calls: RssAnon");
        bench_omgd_stop(pid);
}

typedef struct {
        guint64 wake_ups;
        guint64 cpu_ns; /* as the scheduler counts it: ticks would be 0 */
} Used;

/* Of all threads of a process. */
static void add_used(pid_t pid, Used *used)
{
        g_autofree char *folder = g_strdup_printf("/proc/%d/task", (int)pid);
        g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
        const char *task;

        while (dir && (task = g_dir_read_name(dir))) {
                g_autofree char *status = g_strdup_printf("task/%s/status", task);
                g_autofree char *schedstat = g_strdup_printf("task/%s/schedstat", task);
                used->wake_ups += bench_omgd_read_number(pid, status, "\nvoluntary_ctxt_switches:");
                used->cpu_ns += bench_omgd_read_number(pid, schedstat, "");
        }
}

/* omgd with its launcher, which is its child as long as it lives. */
static Used get_used(pid_t pid)
{
        g_autofree char *path = g_strdup_printf("/proc/%d/task/%d/children", (int)pid, (int)pid);
        g_autofree char *children = NULL;
        Used used = {0};

        if (!g_file_get_contents(path, &children, NULL, NULL))
                g_error("cannot read %s", path);
        add_used(pid, &used);
        g_auto(GStrv) pids = g_strsplit(g_strstrip(children), " ", -1);
        for (guint i = 0; pids[i]; i++) {
                if (pids[i][0])
                        add_used((pid_t)g_ascii_strtoll(pids[i], NULL, 10), &used);
        }
        return used;
}

/* Of helpers that have ended, in ms; by ticks of 10 ms, as the kernel counts it for them. */
static guint64 get_helpers_msec(pid_t pid)
{
        g_autofree char *path = g_strdup_printf("/proc/%d/stat", (int)pid);
        g_autofree char *text = NULL;
        guint64 user, system;

        /* proc(5): cutime and cstime are the 14th and 15th after the name in parentheses. */
        if (!g_file_get_contents(path, &text, NULL, NULL))
                g_error("cannot read %s", path);
        g_auto(GStrv) fields = g_strsplit(strrchr(text, ')') + 2, " ", -1);
        g_assert_cmpuint(g_strv_length(fields), >, 14);
        user = g_ascii_strtoull(fields[13], NULL, 10);
        system = g_ascii_strtoull(fields[14], NULL, 10);
        return (user + system) * 1000 / (guint64)sysconf(_SC_CLK_TCK);
}

/* With the default configuration, so the look at the machine, every five minutes, is in it if it
 * takes long enough. */
static void bench_idle(const char *omgd, sd_bus *bus, guint seconds)
{
        guint64 ns;
        pid_t pid = bench_omgd_start(omgd, bus, &ns);

        (void)sleep(30);
        Used before = get_used(pid);
        guint64 helpers = get_helpers_msec(pid);
        (void)sleep(seconds);
        Used after = get_used(pid);
        bench_print((after.wake_ups - before.wake_ups) * 60.0 / seconds, "a minute",
                    "wake-ups when idle, all threads");
        bench_print((after.cpu_ns - before.cpu_ns) / 1e6 * 60.0 / seconds, "ms",
                    "processor time when idle, of a minute");
        bench_print((get_helpers_msec(pid) - helpers) * 60.0 / seconds, "ms",
                    "processor time of helpers when idle, of a minute");
        bench_print(seconds, "s", "idle for");
        bench_print(bench_omgd_read_number(pid, "status", "RssAnon:") / 1024.0, "MiB",
                    "when idle that long: RssAnon");
        bench_print(bench_omgd_read_number(pid, "smaps_rollup", "\nPss:") / 1024.0, "MiB",
                    "when idle that long: PSS");
        bench_omgd_stop(pid);
}

int main(int argc, char **argv)
{
        static const struct {
                const char *what;
                void (*run)(const char *omgd, sd_bus *bus, guint seconds);
        } modes[] = {{"start", bench_start}, {"calls", bench_calls}, {"idle", bench_idle}};
        sd_bus *bus = NULL;
        guint seconds = argc == 4 ? (guint)g_ascii_strtoull(argv[3], NULL, 10) : 0;

        if (argc == 2 && strcmp(argv[1], "constant") == 0)
                return bench_constant_serve(BENCH_OMGD_QUERY) < 0;
        for (gsize i = 0; argc >= 3 && i < G_N_ELEMENTS(modes); i++) {
                if (strcmp(argv[1], modes[i].what) != 0 ||
                    (modes[i].run == bench_idle) != (seconds > 0))
                        continue;
                if (sd_bus_open_user(&bus) < 0)
                        g_error("no session bus");
                modes[i].run(argv[2], bus, seconds);
                sd_bus_flush_close_unref(bus);
                return 0;
        }
        (void)fprintf(stderr, "usage: bench-bus start|calls OMGD, bench-bus idle OMGD SECONDS\n");
        return 2;
}
