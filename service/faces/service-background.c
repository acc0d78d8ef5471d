/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "faces/service-background.h"

#include "faces/bus-interfaces.h"
#include "loop/log.h"

static void warn_signals(int r)
{
        if (r < 0)
                omg_log_warning("Cannot send signals: %s, ignoring", g_strerror(-r));
}

static gboolean is_loaded(const OmgService *self)
{
        return self->snapshot && (self->snapshot->sync || self->snapshot->local);
}

void omg_service_compute_status(OmgService *self)
{
        omg_status_compute(self->snapshot, self->boot_usec, &self->loaded);
        if (self->is_offline)
                omg_status_set_offline(&self->loaded);
        if (is_loaded(self))
                g_clear_pointer(&self->stored, g_free);
        self->status = self->stored ? *self->stored : self->loaded;
}

void omg_service_restore(OmgService *self, const OmgStatus *status)
{
        const OmgStatus before = self->status;

        if (is_loaded(self))
                return;
        g_free(self->stored);
        self->stored = g_memdup2(status, sizeof(*status));
        self->stored->state = "stale";
        omg_service_compute_status(self);
        if (self->bus)
                warn_signals(omg_bus_status_emit(self->bus, self, &before));
}

void omg_service_set_background(OmgService *self, const OmgBackgroundState *state)
{
        const OmgStatus before = self->status;
        const char *network_state = omg_network_state_get_name(state->network.state);
        const char *names[4] = {};
        guint n = 0;
        int r = 0;

        if (self->network_state != network_state)
                names[n++] = "NetworkState";
        if (self->metered != state->network.is_metered)
                names[n++] = "Metered";
        if (self->n_tasks != state->n_tasks)
                names[n++] = "QueuedTasks";
        self->network_state = network_state;
        self->is_offline = !omg_network_state_may_ask(&state->network);
        self->metered = state->network.is_metered;
        self->n_tasks = state->n_tasks;
        self->store_state = state->store_state;
        omg_service_compute_status(self);
        if (self->bus)
                r = omg_bus_manager_emit(self->bus, names);
        if (self->bus && r >= 0)
                r = omg_bus_status_emit(self->bus, self, &before);
        warn_signals(r);
}

void omg_service_set_locked(OmgService *self, gboolean is_locked)
{
        const char *names[] = {"PacmanLocked", NULL};

        if (self->pacman_locked == is_locked)
                return;
        self->pacman_locked = is_locked;
        if (self->bus)
                warn_signals(omg_bus_manager_emit(self->bus, names));
}

void omg_service_set_search_aur(OmgService *service, gboolean search_aur)
{
        if (service->search_aur == search_aur)
                return;
        service->search_aur = search_aur;
        /* What is kept there is found by the words that were asked for alone. */
        omg_cache_clear(service->replies);
}
