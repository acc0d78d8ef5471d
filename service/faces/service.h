/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What the D-Bus interfaces and the socket answer from: the current snapshot, the numbers that
 * follow from it, jobs, waiting calls and counters. daemon.c (or a test) feeds it with what
 * refreshes come to. Main thread only.
 *
 * Properties are read by sd-bus straight out of this struct (offsets in the vtables). */

#include "engine/cache.h"
#include "engine/search.h"
#include "faces/inhibitors.h"
#include "faces/jobs.h"
#include "faces/metrics.h"
#include "faces/nudge.h"
#include "faces/service-actions.h"
#include "faces/service-audit.h"
#include "faces/service-runtimes.h"
#include "loop/background.h"
#include "loop/pool.h"

#define OMG_BUS_NAME     "org.omgd1"
#define OMG_BUS_PATH     "/org/omgd1"
#define OMG_BUS_JOB_PATH "/org/omgd1/job"

typedef struct sd_bus sd_bus;
typedef struct sd_event sd_event;
typedef struct sd_event_source sd_event_source;
typedef struct OmgCalls OmgCalls;

typedef struct {
        const char *version;
        guint32 api_version;
        OmgSnapshot *snapshot; /* NULL: nothing was read yet */
        OmgStatus loaded;      /* what follows from the snapshot */
        OmgStatus status;      /* what is shown: that, or, unless it is NULL, */
        OmgStatus *stored;     /* what an omgd before this one has left */
        guint64 boot_usec;     /* for omg_status_compute */
        guint64 looked_at;     /* when the last look without an error began; 0: never */
        gboolean damage_told;  /* a refresh was asked for because the snapshot is damaged */
        gboolean closing;
        gboolean is_system; /* on the system bus; set before anything is attached */
        const char *network_state, *store_state; /* static */
        gboolean is_offline;                     /* no server can be asked */
        int metered, pacman_locked;
        guint32 n_tasks; /* wait for the network */
        OmgMetrics metrics;
        guint64 aur_day_usec; /* when its aur_requests_today are over, since 1970 */
        OmgServiceRuntimes runtimes;
        OmgServiceAudit audit;

        sd_event *event;
        sd_bus *bus;   /* borrowed; NULL without a connection */
        OmgPool *pool; /* borrowed */
        sd_event_source *job_timer;
        OmgSearch *search;
        OmgJobs *jobs;
        OmgCalls *calls;
        OmgCache *replies;   /* of the socket, kept for the next who asks the same */
        gboolean search_aur; /* the socket's Search has the AUR's packages */
        OmgInhibitors *inhibitors;
        OmgNudge *nudge;
        OmgServiceActions actions;
} OmgService;

/* The pool must outlive the service, or be stopped after omg_service_close(). */
OmgService *omg_service_new(sd_event *event, OmgPool *pool, const OmgServiceActions *actions,
                            guint64 boot_usec);
void omg_service_free(OmgService *service);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgService, omg_service_free)

/* Adds all objects to a connection; signals go there from now on. Negative errno. */
int omg_service_attach(OmgService *service, sd_bus *bus);

/* The connection is gone: forgets it and the calls that came over it. */
void omg_service_detach(OmgService *service);

/* Whether the last look at the machine that found no error is not older than that. */
gboolean omg_service_is_fresh(const OmgService *service, guint32 max_age_sec);

/* The snapshot turned out damaged. Asks for a refresh, once a snapshot; not a forced one: it finds
 * the files that are damaged, and makes those anew. */
void omg_service_ask_for_repair(OmgService *service);

/* So often an answer is begun: somebody keeps cutting the files. */
#define OMG_SERVICE_DAMAGED_RUNS 3u
#define OMG_SERVICE_DAMAGED_TEXT "The index files are damaged time and again"
#define OMG_SERVICE_ENDING_TEXT  "omgd is ending"

/* Refuses every call from now on, and those that wait. */
void omg_service_close(OmgService *service);

/* For OmgRefreshEvents. Apply swaps the snapshot, sends the signals (none of Packages for the first
 * load: before it nothing was known, so nothing changed), ends the job and lets waiting calls run.
 */
void omg_service_progress(OmgService *service, guint64 id, const char *stage, double progress);
void omg_service_apply(OmgService *service, const OmgRefreshOutcome *outcome);
