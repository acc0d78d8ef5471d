/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/hits-kernels.h"

static void settle(OmgHits *hits, guint32 counts[OMG_MATCH_N])
{
        omg_kernel_settle(hits, counts);
}

static void intersect(OmgHits *hits, const OmgHits *other)
{
        omg_kernel_intersect(hits, other);
}

static void mask(OmgHits *hits, const guint64 *bits)
{
        omg_kernel_mask(hits, bits);
}

static const OmgHitsKernels kernels = {"portable", settle, intersect, mask};

const OmgHitsKernels *omg_hits_kernels_get(void)
{
        return &kernels;
}

const OmgHitsKernels *omg_hits_kernels_list(guint index)
{
        return index == 0 ? &kernels : NULL;
}
