/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The least that a server on an AF_UNIX stream can take: processes that read so many bytes and
 * write so many, and nothing else. Beside them the socket of omgd is measured. */

#include <glib.h>
#include <sys/types.h>

/* A process with one connection, which blocks in read(): *ret_fd is the other end. It ends when
 * that is closed. */
pid_t bench_floor_start_pair(gsize request, gsize reply, int *ret_fd);

/* A process that serves so many connections by epoll: their other ends in @fds. */
pid_t bench_floor_start_many(gsize request, gsize reply, guint n, int *fds);

/* Waits for its end, after all other ends were closed. */
void bench_floor_end(pid_t pid);
