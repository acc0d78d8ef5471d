/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* How this process gets its memory: an index is built once, from the heap's first byte to its last,
 * and nothing is given back before the end. */

/* Before the first large allocation: takes the heap in one piece, of large pages where the kernel
 * has some, and keeps what is freed. 10,000 page faults of a few KB each took a tenth of the time a
 * whole index takes. */
void omg_memory_prepare(void);

/* The same for little memory: what is large has pages of its own, so that it grows without a copy
 * and goes back when it is freed. */
void omg_memory_prepare_small(void);
