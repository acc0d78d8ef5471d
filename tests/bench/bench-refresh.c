/* SPDX-License-Identifier: GPL-3.0-or-later */

/* omgd while it refreshes: what others wait for, what it has in memory after a thousand, and how
 * soon it is back when it is killed in the middle of one.
 *
 *   bench-refresh search|memory|kill OMGD LOCAL   (the environment as for bench-bus; LOCAL is the
 *                                                  local database, which is changed)
 *   bench-refresh aur OMGD ARCHIVE                (of the AUR, in the cache directory; it is
 * touched, and its index made anew) */

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench-common.h"
#include "bench-omgd.h"

#define ROUNDS     20u  /* of searches without and with a refresh */
#define IDLE_MSEC  250u /* of a round without: about what a refresh takes */
#define ROUND_MOST (1u << 16)
#define REFRESHES  1000u
#define EACH_FULL  10u /* of so many refreshes one is of everything */
#define KILLS      15u
#define REBUILDS   7u    /* of the AUR's index, and rounds without */
#define AUR_IDLE   1500u /* ms of a round without: about what that takes */
#define COLD       5u

/* Words of package names, of which each finds other rows. */
static const char *const words[] = {
        "python", "lib",    "perl",   "font",   "kde",  "gnome", "tool",  "data",   "video",
        "audio",  "web",    "json",   "server", "game", "plug",  "theme", "docker", "net",
        "ssh",    "editor", "search", "index",  "vim",  "qt",    "gtk",
};

/* ---- refreshes ---- */

typedef struct {
        sd_bus *bus; /* of its own, so that it is told while another waits for an answer */
        char *job;   /* under way, or NULL */
} Refreshes;

static int on_completed(sd_bus_message *m, void *userdata, sd_bus_error *ret_error)
{
        Refreshes *r = userdata;
        const char *error = NULL, *message = NULL;
        int status = -1;

        (void)ret_error;
        if (g_strcmp0(sd_bus_message_get_path(m), r->job) != 0)
                return 0;
        if (sd_bus_message_read(m, "iss", &status, &error, &message) < 0 || status != 0)
                g_error("a refresh failed: %s", message);
        g_clear_pointer(&r->job, g_free);
        return 0;
}

static void refreshes_init(Refreshes *r)
{
        *r = (Refreshes){0};
        if (sd_bus_open_user(&r->bus) < 0 ||
            sd_bus_match_signal(r->bus, NULL, BENCH_OMGD_NAME, NULL, "org.omgd1.Job", "Completed",
                                on_completed, r) < 0)
                g_error("no session bus");
}

static void refreshes_clear(Refreshes *r)
{
        sd_bus_flush_close_unref(r->bus);
}

/* @what: a word of Refresh's, or NULL: everything, whether it changed or not. */
static void begin_refresh(Refreshes *r, const char *what)
{
        sd_bus_message *m = NULL, *reply = NULL;
        const char *path;

        if (sd_bus_message_new_method_call(r->bus, &m, BENCH_OMGD_NAME, BENCH_OMGD_PATH,
                                           "org.omgd1.Manager", "Refresh") < 0 ||
            sd_bus_message_append(m, "as", what ? 1 : 0, what) < 0 ||
            sd_bus_message_append(m, "a{sv}", what ? 0 : 1, "force", "b", TRUE) < 0 ||
            sd_bus_call(r->bus, m, 0, NULL, &reply) < 0 ||
            sd_bus_message_read(reply, "o", &path) < 0)
                g_error("Refresh failed");
        r->job = g_strdup(path);
        sd_bus_message_unref(m);
        sd_bus_message_unref(reply);
}

/* What has come in, without waiting. */
static gboolean is_refreshing(Refreshes *r)
{
        while (sd_bus_process(r->bus, NULL) > 0)
                ;
        return r->job != NULL;
}

static void wait_for_refresh(Refreshes *r)
{
        guint64 begin = bench_now_ns();

        while (is_refreshing(r)) {
                if (bench_now_ns() - begin > 60ull * 1000000000u)
                        g_error("no end of a refresh within 60 s");
                (void)sd_bus_wait(r->bus, 1000000);
        }
}

/* ---- searches beside a refresh ---- */

/* Percentiles of each round, and then their median: other work on the machine, which comes and
 * goes, would otherwise be the tail. */
typedef struct {
        guint64 times[ROUND_MOST]; /* of this round */
        guint n;
        guint64 p50[ROUNDS], p99[ROUNDS]; /* ns */
        guint n_rounds;
} Times;

static void search(sd_bus *bus, Times *times, guint number)
{
        BenchCall call = bench_omgd_search20;
        guint64 begin = bench_now_ns();

        call.argument = words[number % G_N_ELEMENTS(words)];
        if (bench_omgd_ask_and_forget(bus, &call) < 0)
                g_error("a search failed");
        if (times->n < ROUND_MOST)
                times->times[times->n++] = bench_now_ns() - begin;
}

static void end_round(Times *times)
{
        times->p50[times->n_rounds] = bench_percentile(times->times, times->n, 50) * 1e3;
        times->p99[times->n_rounds++] = bench_percentile(times->times, times->n, 99) * 1e3;
        times->n = 0;
}

static void print_times(Times *times, const char *when)
{
        bench_print(bench_percentile(times->p50, times->n_rounds, 50), "us", "Search, %s: p50",
                    when);
        bench_print(bench_percentile(times->p99, times->n_rounds, 50), "us", "Search, %s: p99",
                    when);
}

/* Client, bus and omgd's main thread are on one core, as everywhere here; its worker and the helper
 * may go elsewhere. */
static pid_t start_on_one_core(const char *omgd, sd_bus *bus)
{
        cpu_set_t one, all;
        guint64 ns;

        (void)sched_getaffinity(0, sizeof(one), &one);
        CPU_ZERO(&all);
        for (int i = 0; i < (int)sysconf(_SC_NPROCESSORS_ONLN); i++)
                CPU_SET(i, &all);
        (void)sched_setaffinity(0, sizeof(all), &all);
        pid_t pid = bench_omgd_start(omgd, bus, &ns);
        (void)sched_setaffinity(0, sizeof(one), &one);
        (void)sched_setaffinity(pid, sizeof(one), &one);
        return pid;
}

static void bench_search(const char *omgd, sd_bus *bus, const char *local)
{
        pid_t pid = start_on_one_core(omgd, bus);
        g_autofree Times *idle = g_new0(Times, 1), *busy = g_new0(Times, 1);
        Refreshes refreshes;
        guint n = 0;

        (void)local;
        refreshes_init(&refreshes);
        for (guint round = 0; round < ROUNDS; round++) {
                guint64 end = bench_now_ns() + IDLE_MSEC * 1000000ull;

                while (bench_now_ns() < end)
                        search(bus, idle, n++);
                end_round(idle);
                begin_refresh(&refreshes, NULL);
                while (is_refreshing(&refreshes))
                        search(bus, busy, n++);
                end_round(busy);
        }
        print_times(idle, "idle");
        print_times(busy, "during a refresh");
        refreshes_clear(&refreshes);
        bench_omgd_stop(pid);
}

/* ---- the AUR ---- */

static guint64 read_metric(sd_bus *bus, const char *wanted)
{
        sd_bus_message *reply = NULL;
        guint64 found = 0;

        if (sd_bus_call_method(bus, BENCH_OMGD_NAME, BENCH_OMGD_PATH, "org.omgd1.Manager",
                               "GetMetrics", NULL, &reply, NULL) < 0 ||
            sd_bus_message_enter_container(reply, 'a', "{st}") < 0)
                g_error("GetMetrics failed");
        while (sd_bus_message_enter_container(reply, 'e', "st") > 0) {
                const char *name;
                guint64 value;
                if (sd_bus_message_read(reply, "st", &name, &value) < 0 ||
                    sd_bus_message_exit_container(reply) < 0)
                        g_error("GetMetrics makes no sense");
                if (strcmp(name, wanted) == 0)
                        found = value;
        }
        sd_bus_message_unref(reply);
        return found;
}

static void print_aur_memory(pid_t pid)
{
        (void)sleep(3);
        bench_print(bench_omgd_read_number(pid, "status", "RssAnon:") / 1024.0, "MiB",
                    "with the AUR: RssAnon");
        bench_print(bench_omgd_read_number(pid, "smaps_rollup", "\nPss:") / 1024.0, "MiB",
                    "with the AUR: PSS");
}

/* Searches, most of which find rows of the AUR, while its index is made anew. The end is asked for
 * between them, which takes longer than a search and is not measured. */
static void bench_aur(const char *omgd, sd_bus *bus, const char *archive)
{
        pid_t pid = start_on_one_core(omgd, bus);
        g_autofree Times *idle = g_new0(Times, 1), *busy = g_new0(Times, 1);
        Refreshes refreshes;
        guint64 rebuilt;
        guint n = 0;

        refreshes_init(&refreshes);
        while ((rebuilt = read_metric(refreshes.bus, "rebuilds-aur")) == 0)
                g_usleep(10000);
        print_aur_memory(pid);
        for (guint round = 0; round < REBUILDS; round++) {
                guint64 end = bench_now_ns() + AUR_IDLE * 1000000ull;

                while (bench_now_ns() < end)
                        search(bus, idle, n++);
                end_round(idle);
                if (utimensat(AT_FDCWD, archive, NULL, 0) < 0)
                        g_error("%s: %s", archive, g_strerror(errno));
                begin_refresh(&refreshes, "status");
                while (is_refreshing(&refreshes) || n % 100 != 0 ||
                       read_metric(refreshes.bus, "rebuilds-aur") == rebuilt)
                        search(bus, busy, n++);
                rebuilt = read_metric(refreshes.bus, "rebuilds-aur");
                end_round(busy);
        }
        print_times(idle, "idle, with the AUR");
        print_times(busy, "while the AUR's index is made");
        refreshes_clear(&refreshes);
        bench_omgd_stop(pid);
}

/* ---- memory ---- */

/* Another date of installation in a desc file, as many digits as before. */
static void change_package(const char *path, guint round)
{
        g_autofree char *text = NULL;
        gsize length;

        if (!g_file_get_contents(path, &text, &length, NULL))
                g_error("cannot read %s", path);
        char *at = strstr(text, "%INSTALLDATE%\n");
        if (!at)
                g_error("%s: no date of installation", path);
        at += strlen("%INSTALLDATE%\n") + 9;
        *at = (char)('0' + round % 10);
        int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
        if (fd < 0 || write(fd, text, length) != (ssize_t)length)
                g_error("%s: %s", path, g_strerror(errno));
        (void)close(fd);
}

static GPtrArray *list_packages(const char *local)
{
        GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GDir) dir = g_dir_open(local, 0, NULL);
        const char *name;

        while (dir && (name = g_dir_read_name(dir))) {
                g_autofree char *path = g_build_filename(local, name, "desc", NULL);
                if (g_file_test(path, G_FILE_TEST_IS_REGULAR))
                        g_ptr_array_add(paths, g_steal_pointer(&path));
        }
        if (paths->len == 0)
                g_error("%s: no packages", local);
        return paths;
}

static void bench_memory(const char *omgd, sd_bus *bus, const char *local)
{
        g_autoptr(GPtrArray) paths = list_packages(local);
        guint64 ns;
        pid_t pid = bench_omgd_start(omgd, bus, &ns);
        Refreshes refreshes;

        refreshes_init(&refreshes);
        for (guint i = 0; i < REFRESHES; i++) {
                change_package(paths->pdata[i % paths->len], i / paths->len + i);
                begin_refresh(&refreshes, i % EACH_FULL == 0 ? NULL : "status");
                wait_for_refresh(&refreshes);
                if (bench_omgd_ask_and_forget(bus, &bench_omgd_search20) < 0)
                        g_error("a search failed");
        }
        (void)sleep(2);
        bench_print(bench_omgd_read_number(pid, "status", "RssAnon:") / 1024.0, "MiB",
                    "after 1,000 refreshes: RssAnon");
        bench_print(bench_omgd_read_number(pid, "smaps_rollup", "\nPss:") / 1024.0, "MiB",
                    "after 1,000 refreshes: PSS");
        refreshes_clear(&refreshes);
        bench_omgd_stop(pid);
}

/* ---- kills ---- */

/* All of a reply's rows, as text. */
static char *dup_answer(sd_bus *bus)
{
        sd_bus_message *reply = NULL;
        g_autoptr(GString) text = g_string_new(NULL);
        const char *name, *installed;

        if (bench_omgd_ask(bus, &bench_omgd_search20, &reply) < 0 ||
            sd_bus_message_enter_container(reply, 'a', "(sssssua{sv})") < 0)
                g_error("a search failed");
        while (sd_bus_message_enter_container(reply, 'r', "sssssua{sv}") > 0) {
                if (sd_bus_message_read(reply, "ss", &name, &installed) < 0 ||
                    sd_bus_message_skip(reply, "sssua{sv}") < 0 ||
                    sd_bus_message_exit_container(reply) < 0)
                        g_error("a reply cannot be read");
                g_string_append_printf(text, "%s %s\n", name, installed);
        }
        sd_bus_message_unref(reply);
        return g_string_free(g_steal_pointer(&text), FALSE);
}

static void remove_index(void)
{
        static const char *const names[] = {"sync.idx", "local.idx"};

        for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
                g_autofree char *path =
                        g_build_filename(g_getenv("OMG_DAEMON_DATA_DIR"), names[i], NULL);
                (void)unlink(path);
        }
}

/* From the kill, somewhere in a refresh, to the answer of the next one; ns. */
static guint64 kill_and_start(const char *omgd, sd_bus *bus, pid_t *pid, gboolean is_cold)
{
        g_autofree char *before = dup_answer(bus);
        Refreshes refreshes;
        guint64 ns;
        int status;

        refreshes_init(&refreshes);
        begin_refresh(&refreshes, NULL);
        (void)usleep(g_random_int_range(0, 250000));
        guint64 begin = bench_now_ns();
        (void)kill(*pid, SIGKILL);
        (void)waitpid(*pid, &status, 0);
        if (is_cold)
                remove_index();
        *pid = bench_omgd_start(omgd, bus, &ns);
        ns = bench_now_ns() - begin;
        g_autofree char *after = dup_answer(bus);
        if (strcmp(before, after) != 0)
                g_error("another answer after a kill:\n%s\n%s", before, after);
        g_free(refreshes.job);
        refreshes_clear(&refreshes);
        return ns;
}

static void print_kills(guint64 *times, guint n, const char *what)
{
        bench_print(bench_percentile(times, n, 50) / 1e3, "ms", "kill -9 to an answer, %s", what);
        bench_print(times[n - 1] / 1e6, "ms", "kill -9 to an answer, %s: longest", what);
}

static void bench_kill(const char *omgd, sd_bus *bus, const char *local)
{
        guint64 ns, warm[KILLS], cold[COLD];
        pid_t pid = bench_omgd_start(omgd, bus, &ns);

        (void)local;
        for (guint i = 0; i < KILLS; i++)
                warm[i] = kill_and_start(omgd, bus, &pid, FALSE);
        for (guint i = 0; i < COLD; i++)
                cold[i] = kill_and_start(omgd, bus, &pid, TRUE);
        print_kills(warm, KILLS, "warm index");
        print_kills(cold, COLD, "no index");
        bench_omgd_stop(pid);
}

int main(int argc, char **argv)
{
        static const struct {
                const char *what;
                void (*run)(const char *omgd, sd_bus *bus, const char *local);
        } modes[] = {{"search", bench_search},
                     {"memory", bench_memory},
                     {"kill", bench_kill},
                     {"aur", bench_aur}};
        sd_bus *bus = NULL;

        for (gsize i = 0; argc == 4 && i < G_N_ELEMENTS(modes); i++) {
                if (strcmp(argv[1], modes[i].what) != 0)
                        continue;
                if (sd_bus_open_user(&bus) < 0)
                        g_error("no session bus");
                modes[i].run(argv[2], bus, argv[3]);
                sd_bus_flush_close_unref(bus);
                return 0;
        }
        (void)fprintf(stderr, "usage: bench-refresh search|memory|kill OMGD LOCAL, "
                              "bench-refresh aur OMGD ARCHIVE\n");
        return 2;
}
