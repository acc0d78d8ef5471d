/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "counted-malloc.h"

#include <stdlib.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *block, size_t size);

static __thread guint n_allocations;

void *malloc(size_t size)
{
        n_allocations++;
        return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
        n_allocations++;
        return __libc_calloc(n, size);
}

void *realloc(void *block, size_t size)
{
        n_allocations++;
        return __libc_realloc(block, size);
}

guint counted_malloc_get(void)
{
        return n_allocations;
}
