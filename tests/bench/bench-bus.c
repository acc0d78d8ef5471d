/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Time from exec to the first answer of omgd over a warm index, its memory when idle, and the round
 * trips of small calls as ratios to Peer.Ping of the same service: the floor.
 *
 *   bench-bus start|calls OMGD   (the environment names the bus, the pacman root and the helper) */

#include <glib.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#define NAME     "org.omgd1"
#define PATH     "/org/omgd1"
#define PACKAGES "org.omgd1.Packages"
#define STARTS   15
#define CALLS    3000

extern char **environ;

static guint64 now_ns(void)
{
        struct timespec ts;
        (void)clock_gettime(CLOCK_MONOTONIC, &ts);
        return (guint64)ts.tv_sec * 1000000000u + ts.tv_nsec;
}

static int compare_u64(gconstpointer a, gconstpointer b)
{
        guint64 x = *(const guint64 *)a, y = *(const guint64 *)b;
        return x < y ? -1 : x > y;
}

static double percentile(guint64 *times, guint n, guint percent)
{
        qsort(times, n, sizeof(*times), compare_u64);
        return times[n * percent / 100] / 1e3;
}

/* One call; negative errno. */
static int call(sd_bus *bus, const char *interface, const char *member, const char *query)
{
        sd_bus_message *m = NULL, *reply = NULL;
        int r = sd_bus_message_new_method_call(bus, &m, NAME, PATH, interface, member);

        if (r >= 0)
                r = sd_bus_message_set_auto_start(m, 0);
        if (r >= 0 && query)
                r = strcmp(member, "Search") == 0
                            ? sd_bus_message_append(m, "sa{sv}", query, 1, "limit", "u", 20)
                            : sd_bus_message_append(m, "ss", query, query);
        if (r >= 0)
                r = sd_bus_call(bus, m, 0, NULL, &reply);
        sd_bus_message_unref(m);
        sd_bus_message_unref(reply);
        return r;
}

static pid_t start(const char *omgd, sd_bus *bus, guint64 *ret_ns)
{
        const char *argv[] = {omgd, "--foreground", NULL};
        guint64 begin = now_ns();
        pid_t pid = 0;

        if (posix_spawn(&pid, omgd, NULL, NULL, (char *const *)argv, environ) != 0)
                g_error("cannot start %s", omgd);
        while (call(bus, PACKAGES, "Search", "python") < 0) {
                if (now_ns() - begin > 30ull * 1000000000u)
                        g_error("no answer within 30 s");
                /* Asking without a pause would keep the bus from serving omgd. */
                (void)usleep(200);
        }
        *ret_ns = now_ns() - begin;
        return pid;
}

static void stop(pid_t pid)
{
        int status = 0;

        (void)kill(pid, SIGTERM);
        (void)waitpid(pid, &status, 0);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
                g_error("omgd ended with status %d", status);
}

/* A line such as "Pss: 123 kB" of a file in /proc/PID, in KiB. */
static guint64 read_kib(pid_t pid, const char *file, const char *key)
{
        g_autofree char *path = g_strdup_printf("/proc/%d/%s", (int)pid, file);
        g_autofree char *text = NULL;

        if (!g_file_get_contents(path, &text, NULL, NULL))
                g_error("cannot read %s", path);
        const char *at = strstr(text, key);
        return at ? g_ascii_strtoull(at + strlen(key), NULL, 10) : 0;
}

static double measure(sd_bus *bus, const char *interface, const char *member, const char *query)
{
        static guint64 times[CALLS];

        for (guint i = 0; i < CALLS; i++) {
                guint64 begin = now_ns();
                if (call(bus, interface, member, query) < 0)
                        g_error("%s failed", member);
                times[i] = now_ns() - begin;
        }
        return percentile(times, CALLS, 50);
}

static void bench_start(const char *omgd, sd_bus *bus)
{
        static guint64 times[STARTS];
        guint64 first;

        /* The first start makes the index. */
        stop(start(omgd, bus, &first));
        for (guint i = 0; i < STARTS; i++)
                stop(start(omgd, bus, &times[i]));
        double median = percentile(times, STARTS, 50);
        g_print("%-38s %9.2f ms\n", "exec to first answer, no index", first / 1e6);
        g_print("%-38s %9.2f ms   target 12, max %.2f\n", "exec to first answer, warm (p50)",
                median / 1e3, times[STARTS - 1] / 1e6);
}

static void bench_calls(const char *omgd, sd_bus *bus)
{
        guint64 first;
        pid_t pid = start(omgd, bus, &first);

        (void)usleep(500 * 1000);
        g_print("%-38s %9.2f MiB  target 3\n", "idle after one search: RssAnon",
                read_kib(pid, "status", "RssAnon:") / 1024.0);
        g_print("%-38s %9.2f MiB  target 10\n", "idle after one search: PSS",
                read_kib(pid, "smaps_rollup", "\nPss:") / 1024.0);

        double ping = measure(bus, "org.freedesktop.DBus.Peer", "Ping", NULL);
        g_print("%-38s %9.2f us   the floor\n", "Peer.Ping (p50)", ping);
        double versions = measure(bus, PACKAGES, "CompareVersions", "1.0-1");
        g_print("%-38s %9.2f us   %.2f x Ping, target 1.2\n", "CompareVersions (p50)", versions,
                versions / ping);
        double search = measure(bus, PACKAGES, "Search", "python");
        g_print("%-38s %9.2f us   %.2f x Ping\n", "Search, 20 results (p50)", search,
                search / ping);
        g_print("%-38s %9.2f MiB\n", "after that: RssAnon",
                read_kib(pid, "status", "RssAnon:") / 1024.0);
        stop(pid);
}

int main(int argc, char **argv)
{
        sd_bus *bus = NULL;

        if (argc != 3 || (strcmp(argv[1], "start") != 0 && strcmp(argv[1], "calls") != 0)) {
                (void)fprintf(stderr, "usage: bench-bus start|calls OMGD\n");
                return 2;
        }
        if (sd_bus_open_user(&bus) < 0)
                g_error("no session bus");
        if (strcmp(argv[1], "start") == 0)
                bench_start(argv[2], bus);
        else
                bench_calls(argv[2], bus);
        sd_bus_flush_close_unref(bus);
        return 0;
}
