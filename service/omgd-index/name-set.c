/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "omgd-index/name-set.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define INITIAL_SLOTS 1024u

/* Linear probing, at most half full. */
struct OmgNameSet {
        GByteArray *names; /* each with its NUL */
        guint32 *slots;    /* position in names + 1; 0: free */
        guint n_slots, n;
};

OmgNameSet *omg_name_set_new(void)
{
        OmgNameSet *set = g_new0(OmgNameSet, 1);

        set->names = g_byte_array_new();
        set->n_slots = INITIAL_SLOTS;
        set->slots = g_new0(guint32, set->n_slots);
        return set;
}

void omg_name_set_free(OmgNameSet *set)
{
        if (!set)
                return;
        g_byte_array_unref(set->names);
        g_free(set->slots);
        g_free(set);
}

/* Where the name is, or would be. */
static guint32 *find(const OmgNameSet *set, const char *name)
{
        guint64 at = XXH3_64bits(name, strlen(name));

        for (;; at++) {
                guint32 *slot = &set->slots[at & (set->n_slots - 1)];
                if (*slot == 0 || strcmp((const char *)set->names->data + *slot - 1, name) == 0)
                        return slot;
        }
}

static void grow(OmgNameSet *set)
{
        g_free(set->slots);
        set->n_slots *= 2;
        set->slots = g_new0(guint32, set->n_slots);
        for (guint32 at = 0; at < set->names->len;) {
                const char *name = (const char *)set->names->data + at;
                *find(set, name) = at + 1;
                at += (guint32)strlen(name) + 1;
        }
}

gboolean omg_name_set_add(OmgNameSet *set, const char *name)
{
        guint32 *slot = find(set, name);

        if (*slot != 0)
                return FALSE;
        *slot = set->names->len + 1;
        g_byte_array_append(set->names, (const guint8 *)name, (guint)strlen(name) + 1);
        if (++set->n * 2 > set->n_slots)
                grow(set);
        return TRUE;
}
