/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* A process that stores something, and is killed (SIGKILL) at a random instant, over and over. */

#include <glib.h>

/* Runs in the process to be killed; calls killed_acknowledge() after each thing stored. Never ends
 * by itself. */
typedef void (*KilledChild)(int fd, gpointer data);

/* After the kill: @last is the last acknowledged number of this round, 0 for none. */
typedef void (*KilledCheck)(guint64 last, gpointer data);

void killed_acknowledge(int fd, guint64 number);

/* The kill comes up to @max_usec after the first acknowledgement, or, in a quarter of the rounds,
 * after the start. */
void killed_loop(guint rounds, guint max_usec, KilledChild child, KilledCheck check, gpointer data);
