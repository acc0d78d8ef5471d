/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The hash table of OMG_SECTION_RUNS: how its writer and its reader find a slot. */

#include <glib.h>

/* A run of 1 to 3 bytes as a number that is not 0: no text has NUL in it. */
static inline guint32 omg_run_key(const char *run, gsize len)
{
        guint32 key = (guint8)run[0];

        if (len > 1)
                key |= (guint32)(guint8)run[1] << 8;
        if (len > 2)
                key |= (guint32)(guint8)run[2] << 16;
        return key;
}

/* The slot to begin at in a table of 2^bits (Fibonacci hashing); the next ones follow. */
static inline guint32 omg_run_hash(guint32 key, unsigned bits)
{
        return bits == 0 ? 0 : (key * 0x9e3779b1u) >> (32 - bits);
}
