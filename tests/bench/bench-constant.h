/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* A service that can do nothing but send the same answer: what any service must spend on a reply of
 * that shape and size. */

#include <systemd/sd-bus.h>

#define BENCH_CONSTANT_NAME "org.omgd1.BenchConstant"

/* Serves Packages.Search under BENCH_CONSTANT_NAME and omgd's path: asks omgd once for that query
 * with 20 rows, keeps the strings, and answers every call with the first "limit" rows. Comes back
 * with a negative errno only. */
int bench_constant_serve(const char *query);

/* Bytes of a message's body, from its start; negative errno. The message is rewound. */
int bench_constant_measure(sd_bus_message *message);
