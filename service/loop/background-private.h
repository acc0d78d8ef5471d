/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What the parts of background.h share, on the worker: background.c (the look at this machine,
 * mirrors, the network), background-feeds.c (the security feeds, the AUR's archive),
 * background-aur.c (the AUR's RPC). */

#include "loop/audit-watch.h"
#include "loop/aur-watch.h"
#include "loop/background.h"
#include "loop/network.h"
#include "loop/records.h"
#include "loop/refresh-aur.h"
#include "loop/refresh-feeds.h"
#include "loop/schedule.h"

/* Everything below the first six members belongs to the worker thread. */
struct OmgBackground {
        OmgWorker *worker;
        OmgRefresh *refresh;
        const OmgPaths *paths;
        OmgLauncher *launcher;
        OmgBackgroundEvents events;
        OmgConf first_conf;

        OmgRecords *records;
        OmgAuditLog *audit_log; /* NULL: there is none */
        OmgAuditWatch *audit_watch;
        OmgAurWatch *aur_watch;
        OmgNetwork *network;
        OmgSchedule *schedule;
        OmgAurRpc *aur_rpc;
        OmgTimer *clock; /* for when the machine wakes up */
        guint inhibited; /* OmgGates */
        guint mirrors_sec;
        guint feeds_sec[OMG_ADVISORY_SOURCE_N];  /* 0: not by itself, or not at all */
        gboolean is_lost[OMG_ADVISORY_SOURCE_N]; /* what it said was deleted; it is asked again */
        guint aur_sec;                           /* as of feeds_sec, */
        gboolean is_aur_lost;                    /* and of is_lost */
        gboolean has_looked;                     /* the first look at the machine is over */
        OmgBackgroundState told;
        gboolean has_told;
};

/* NULL, or why servers elsewhere may not be asked now: as of OmgRefreshMirrors. */
GError *omg_background_may_ask(OmgRefreshWhat what, gpointer background);

/* Questions to the AUR can be asked, as omg_aur_rpc_set_conf() then says. */
void omg_background_add_aur(OmgBackground *background);

/* The tracker, OSV and the AUR come into the schedule; what omgd.conf says of them; what earlier
 * runs of omgd knew, from the first look at the machine on; a refresh that ended. */
void omg_background_add_feeds(OmgBackground *background);
void omg_background_set_feeds(OmgBackground *background, const OmgConf *conf);
void omg_background_restore_feeds(OmgBackground *background);
void omg_background_take_feeds(OmgBackground *background, const OmgRefreshOutcome *outcome);
