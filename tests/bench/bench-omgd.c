/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench-omgd.h"

#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench-common.h"

#define ANSWER_NS (30ull * 1000000000u)

extern char **environ;

const BenchCall bench_omgd_search20 = {"Search, 20 rows", BENCH_OMGD_NAME,  BENCH_OMGD_PACKAGES,
                                       "Search",          BENCH_OMGD_QUERY, 20};

static int append_arguments(sd_bus_message *m, const BenchCall *call)
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

int bench_omgd_ask(sd_bus *bus, const BenchCall *call, sd_bus_message **ret_reply)
{
        sd_bus_message *m = NULL;
        int r = sd_bus_message_new_method_call(bus, &m, call->destination, BENCH_OMGD_PATH,
                                               call->interface, call->member);

        if (r >= 0)
                r = sd_bus_message_set_auto_start(m, 0);
        if (r >= 0)
                r = append_arguments(m, call);
        if (r >= 0)
                r = sd_bus_call(bus, m, 0, NULL, ret_reply);
        sd_bus_message_unref(m);
        return r;
}

int bench_omgd_ask_and_forget(sd_bus *bus, const BenchCall *call)
{
        sd_bus_message *reply = NULL;
        int r = bench_omgd_ask(bus, call, &reply);

        sd_bus_message_unref(reply);
        return r;
}

pid_t bench_omgd_start_program(const char *const *argv, sd_bus *bus, const BenchCall *call,
                               guint64 *ret_ns)
{
        guint64 begin = bench_now_ns();
        pid_t pid = 0;

        if (posix_spawn(&pid, argv[0], NULL, NULL, (char *const *)argv, environ) != 0)
                g_error("cannot start %s", argv[0]);
        while (bench_omgd_ask_and_forget(bus, call) < 0) {
                if (bench_now_ns() - begin > ANSWER_NS)
                        g_error("no answer within 30 s");
                /* Asking without a pause would keep the bus from serving it. */
                (void)usleep(200);
        }
        *ret_ns = bench_now_ns() - begin;
        return pid;
}

pid_t bench_omgd_start(const char *omgd, sd_bus *bus, guint64 *ret_ns)
{
        const char *argv[] = {omgd, "--foreground", NULL};

        return bench_omgd_start_program(argv, bus, &bench_omgd_search20, ret_ns);
}

void bench_omgd_stop(pid_t pid)
{
        int status = 0;

        (void)kill(pid, SIGTERM);
        (void)waitpid(pid, &status, 0);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
                g_error("omgd ended with status %d", status);
}

guint64 bench_omgd_read_number(pid_t pid, const char *file, const char *key)
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
