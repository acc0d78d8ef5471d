/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The D-Bus interfaces, one file each: how each is added to a connection, and its signals.
 * introspection/ documents them. All return negative errno. */

#include <systemd/sd-bus.h>

#include "engine/changes.h"
#include "faces/service.h"

int omg_bus_packages_add(sd_bus *bus, OmgService *service);

/* DatabasesChanged, InstalledChanged, UpdatesChanged: those that apply. */
int omg_bus_packages_emit(sd_bus *bus, const OmgService *service, const OmgChanges *changes);

/* AurMaintainersChanged, unless there is none in @changes (OmgMaintainerChange). */
int omg_bus_packages_emit_maintainers(sd_bus *bus, guint64 generation, const GPtrArray *changes);

int omg_bus_status_add(sd_bus *bus, OmgService *service);

/* One PropertiesChanged for all that differs between before and the current status, or none. */
int omg_bus_status_emit(sd_bus *bus, const OmgService *service, const OmgStatus *before);

int omg_bus_audit_add(sd_bus *bus, OmgService *service);

/* What differs between @before (NULL: nothing was loaded) and the current snapshot: one
 * PropertiesChanged, and but for the first load VulnerabilitiesChanged when a finding does, and
 * PolicyViolation for what is refused since. */
int omg_bus_audit_emit(sd_bus *bus, const OmgService *service, const OmgSnapshot *before,
                       const OmgChanges *changes);

/* A look at the runtimes has come to this list (taken over): Active may have changed. */
void omg_service_set_runtimes(OmgService *service, OmgRuntimeList *list);

int omg_bus_runtimes_add(sd_bus *bus, OmgService *service);

/* PropertiesChanged of Active. */
int omg_bus_runtimes_emit(sd_bus *bus);

int omg_bus_audit_add(sd_bus *bus, OmgService *service);

/* The audit log has grown to this record: LogAppended, now or a little later. */
void omg_service_set_log_head(OmgService *service, guint64 head);

int omg_bus_manager_add(sd_bus *bus, OmgService *service);

/* PropertiesChanged of Inhibited. */
int omg_bus_manager_emit_inhibited(sd_bus *bus);
/* One PropertiesChanged for all that are named (NULL-ended); for none, none. */
int omg_bus_manager_emit(sd_bus *bus, const char *const *names);

int omg_bus_job_add(sd_bus *bus, OmgService *service);

/* What bus-job.c does when something happens to a job: signals on service->bus. */
void omg_bus_job_get_events(OmgService *service, OmgJobEvents *ret_events);

/* Lets time pass for the jobs now, and arms the one timer for the next time. */
void omg_bus_job_update_timer(OmgService *service);

/* A job's object path: room for it, and how it is written. */
#define OMG_BUS_JOB_PATH_SIZE (sizeof(OMG_BUS_JOB_PATH) + 21)
void omg_bus_job_format_path(guint64 id, char path[static OMG_BUS_JOB_PATH_SIZE]);
