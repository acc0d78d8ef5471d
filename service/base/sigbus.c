/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/sigbus.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/limits-aur.h"
#include "base/limits.h"

/* The index, of which a new one stands beside the old a while, and all answers of the AUR that are
 * kept or that jobs have, of which there may be ended ones beside those under way. */
#define N_RANGES (64 + OMG_LIMIT_AUR_ANSWERS + 2 * OMG_LIMIT_JOBS_TOTAL)

/* Lock-free, for the handler may run in any thread at any time. An entry is free while start is 0;
 * size is published before start and start taken back first. */
static struct {
        atomic_uintptr_t start;
        atomic_size_t size;
        atomic_bool taken;
        atomic_bool hit;
} ranges[N_RANGES];

static long page_size;

static int find_range(uintptr_t address)
{
        for (int i = 0; i < (int)N_RANGES; i++) {
                uintptr_t start = atomic_load(&ranges[i].start);
                if (start && address >= start && address - start < atomic_load(&ranges[i].size))
                        return i;
        }
        return -1;
}

static void on_sigbus(int signal_number, siginfo_t *info, void *context)
{
        uintptr_t address = (uintptr_t)info->si_addr;
        int i = info->si_code == BUS_ADRERR ? find_range(address) : -1;

        if (i >= 0) {
                void *page = (void *)(address & ~((uintptr_t)page_size - 1));
                atomic_store(&ranges[i].hit, true);
                if (mmap(page, page_size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
                         0) == page)
                        return;
        }

        /* Not ours: let the same access fail again, with the default action. */
        struct sigaction action = {.sa_handler = SIG_DFL};
        (void)sigaction(SIGBUS, &action, NULL);
}

void omg_sigbus_install(void)
{
        static gsize installed;

        if (!g_once_init_enter(&installed))
                return;
        page_size = sysconf(_SC_PAGESIZE);
        struct sigaction action = {.sa_sigaction = on_sigbus, .sa_flags = SA_SIGINFO | SA_RESTART};
        (void)sigemptyset(&action.sa_mask);
        (void)sigaction(SIGBUS, &action, NULL);
        g_once_init_leave(&installed, 1);
}

int omg_sigbus_add(const void *start, gsize size)
{
        for (int i = 0; i < (int)N_RANGES; i++) {
                bool expected = false;
                if (!atomic_compare_exchange_strong(&ranges[i].taken, &expected, true))
                        continue;
                atomic_store(&ranges[i].hit, false);
                atomic_store(&ranges[i].size, size);
                atomic_store(&ranges[i].start, (uintptr_t)start);
                return i;
        }
        return -1;
}

gboolean omg_sigbus_was_hit(int handle)
{
        g_assert(handle >= 0 && handle < (int)N_RANGES);
        return atomic_load_explicit(&ranges[handle].hit, memory_order_relaxed);
}

void omg_sigbus_remove(int handle)
{
        g_assert(handle >= 0 && handle < (int)N_RANGES);
        atomic_store(&ranges[handle].start, 0);
        atomic_store(&ranges[handle].taken, false);
}
