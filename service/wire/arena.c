/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/wire.h"

#include <stdalign.h>
#include <string.h>

/* The first block holds what an ordinary request or reply needs and stays; the next ones double, up
 * to a size that wastes little of a large value. */
#define FIRST_BLOCK (8u << 10)
#define BLOCK_MAX   (256u << 10)

typedef struct Block Block;
struct Block {
        Block *previous;
        gsize size, used; /* of data */
        alignas(max_align_t) guint8 data[];
};

struct OmgWireArena {
        Block *last;
        gsize size; /* of all blocks */
};

static void add_block(OmgWireArena *arena, gsize size)
{
        Block *block = g_malloc(sizeof(Block) + size);

        *block = (Block){.previous = arena->last, .size = size};
        arena->last = block;
        arena->size += size;
}

OmgWireArena *omg_wire_arena_new(void)
{
        OmgWireArena *arena = g_new0(OmgWireArena, 1);

        add_block(arena, FIRST_BLOCK);
        return arena;
}

void omg_wire_arena_reset(OmgWireArena *arena)
{
        while (arena->last->previous) {
                Block *block = arena->last;
                arena->last = block->previous;
                g_free(block);
        }
        arena->last->used = 0;
        arena->size = arena->last->size;
}

void omg_wire_arena_free(OmgWireArena *arena)
{
        if (!arena)
                return;
        omg_wire_arena_reset(arena);
        g_free(arena->last);
        g_free(arena);
}

gsize omg_wire_arena_get_size(const OmgWireArena *arena)
{
        return arena->size;
}

gpointer omg_wire_arena_alloc(OmgWireArena *arena, gsize size)
{
        const gsize align = alignof(max_align_t);
        gpointer piece;

        g_assert(size <= G_MAXSIZE / 2);
        size = (size + align - 1) / align * align;
        if (size > arena->last->size - arena->last->used)
                add_block(arena, MAX(size, MIN(arena->last->size * 2, BLOCK_MAX)));
        piece = arena->last->data + arena->last->used;
        arena->last->used += size;
        return memset(piece, 0, size);
}

gpointer omg_wire_arena_alloc_n(OmgWireArena *arena, gsize n, gsize size)
{
        g_assert(size == 0 || n <= G_MAXSIZE / size);
        return omg_wire_arena_alloc(arena, n * size);
}

char *omg_wire_arena_dup(OmgWireArena *arena, const char *bytes, gsize length)
{
        char *copy;

        g_assert(length < G_MAXSIZE / 2);
        copy = omg_wire_arena_alloc(arena, length + 1);
        if (length > 0)
                memcpy(copy, bytes, length);
        return copy;
}
