/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/hits-kernels.h"

/* Counting and finding bits are instructions since about 2013, which the baseline of amd64 may not
 * use; four classes at once fit a register of AVX2. */
#define DEFINE_KERNELS(suffix, attribute)                                                 \
        attribute static void settle_##suffix(OmgHits *hits, guint32 counts[OMG_MATCH_N]) \
        {                                                                                 \
                omg_kernel_settle(hits, counts);                                          \
        }                                                                                 \
        attribute static void intersect_##suffix(OmgHits *hits, const OmgHits *other)     \
        {                                                                                 \
                omg_kernel_intersect(hits, other);                                        \
        }                                                                                 \
        attribute static void mask_##suffix(OmgHits *hits, const guint64 *bits)           \
        {                                                                                 \
                omg_kernel_mask(hits, bits);                                              \
        }                                                                                 \
        static const OmgHitsKernels kernels_##suffix = {#suffix, settle_##suffix,         \
                                                        intersect_##suffix, mask_##suffix};

DEFINE_KERNELS(portable, )
DEFINE_KERNELS(avx2, __attribute__((target("avx2,bmi,bmi2,popcnt"))))

const OmgHitsKernels *omg_hits_kernels_get(void)
{
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
                               __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt")
                       ? &kernels_avx2
                       : &kernels_portable;
}

const OmgHitsKernels *omg_hits_kernels_list(guint index)
{
        if (index == 0)
                return &kernels_portable;
        return index == 1 && omg_hits_kernels_get() == &kernels_avx2 ? &kernels_avx2 : NULL;
}
