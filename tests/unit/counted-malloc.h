/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* An allocator in front of glibc's that counts, for tests of what must not allocate. For the whole
 * program and its libraries; not under sanitizers, which have their own. */

#include <glib.h>

/* Allocations of this thread so far. 0: yet another allocator is in front of this one
 * (valgrind's). */
guint counted_malloc_get(void);
