/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* An omgd of a benchmark's own, and calls to it. What fails ends the program: a figure of it would
 * mean nothing. */

#include <glib.h>
#include <sys/types.h>
#include <systemd/sd-bus.h>

#define BENCH_OMGD_NAME     "org.omgd1"
#define BENCH_OMGD_PATH     "/org/omgd1"
#define BENCH_OMGD_PACKAGES "org.omgd1.Packages"
#define BENCH_OMGD_QUERY    "python"

/* A call with its arguments; sd-bus style. */
typedef struct {
        const char *figure;
        const char *destination;
        const char *interface;
        const char *member;
        const char *argument;
        guint32 limit; /* of a Search */
} BenchCall;

extern const BenchCall bench_omgd_search20;

/* One call; negative errno. The reply is yours. */
int bench_omgd_ask(sd_bus *bus, const BenchCall *call, sd_bus_message **ret_reply);
int bench_omgd_ask_and_forget(sd_bus *bus, const BenchCall *call);

/* Starts a program and asks it until it answers; @ret_ns: how long that took. */
pid_t bench_omgd_start_program(const char *const *argv, sd_bus *bus, const BenchCall *call,
                               guint64 *ret_ns);

/* omgd in the foreground, until it answers bench_omgd_search20. */
pid_t bench_omgd_start(const char *omgd, sd_bus *bus, guint64 *ret_ns);

/* By SIGTERM; it must end with 0. */
void bench_omgd_stop(pid_t pid);

/* A number after @key in a file of /proc/PID, such as of "Pss: 123 kB". */
guint64 bench_omgd_read_number(pid_t pid, const char *file, const char *key);
