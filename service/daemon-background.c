/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What omgd does by itself, and what it hears of the network. */
#include "daemon-private.h"
#include "faces/service-aur.h"

static void on_state(const OmgBackgroundState *state, gpointer userdata)
{
        OmgDaemon *self = userdata;
        omg_service_set_background(self->service, state);
}

static void on_restored(const OmgStatus *status, gpointer userdata)
{
        OmgDaemon *self = userdata;
        omg_service_restore(self->service, status);
}

static void on_aur_progress(guint64 id, const char *stage, double progress, gpointer userdata)
{
        OmgDaemon *self = userdata;
        omg_service_progress(self->service, id, stage, progress);
}

static void on_aur_done(const OmgAurOutcome *outcome, gpointer userdata)
{
        OmgDaemon *self = userdata;
        omg_service_end_aur(self->service, outcome);
}

static void on_network_manager(const OmgNetworkManagerFacts *facts, gpointer userdata)
{
        OmgDaemon *self = userdata;
        omg_background_set_manager(self->background, facts);
}

void omg_daemon_start_background(OmgDaemon *self, const OmgConf *conf)
{
        const OmgBackgroundEvents events = {
                .on_state = on_state,
                .on_restored = on_restored,
                .on_aur_progress = on_aur_progress,
                .on_aur_done = on_aur_done,
                .userdata = self,
        };

        self->background = omg_background_new(self->worker, self->refresh, self->paths,
                                              self->launcher, conf, &events);
        omg_background_set_audit_log(self->background, self->audit_log);
        self->network_manager = omg_network_manager_new(self->event, on_network_manager, self);
}

void omg_daemon_set_background(OmgDaemon *self, const OmgConf *conf)
{
        omg_background_set_conf(self->background, conf);
        omg_network_manager_retry(self->network_manager);
}
