/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "omgd-index/memory.h"

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* Address space, not memory: about what 15,000 packages need, and a piece more each time. */
#define HEAP_STEP  (64 << 20)
#define LARGE_PAGE (2u << 20)

void omg_memory_prepare(void)
{
        (void)mallopt(M_MMAP_THRESHOLD, 1 << 30);
        (void)mallopt(M_TRIM_THRESHOLD, 1 << 30);
        (void)mallopt(M_TOP_PAD, HEAP_STEP);
        void *volatile first = malloc(LARGE_PAGE); /* volatile: or no heap would be taken */
        uintptr_t start = ((uintptr_t)first / LARGE_PAGE + 1) * LARGE_PAGE;
        uintptr_t end = (uintptr_t)sbrk(0) / LARGE_PAGE * LARGE_PAGE;
        free(first);
        if (start < end)
                (void)madvise((void *)start, end - start, MADV_HUGEPAGE);
}

void omg_memory_prepare_small(void)
{
        /* Said, or it would rise with whatever is freed. */
        (void)mallopt(M_MMAP_THRESHOLD, 128 << 10);
}
