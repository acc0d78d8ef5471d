/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The parts of daemon.c, one file a concern. Only daemon*.c includes this. Main thread. */

#include "daemon-state.h"

/* ---- daemon-start.c: the start, told to whoever waits for it ---- */

/* Only the first report counts. */
void omg_daemon_report(OmgDaemon *self, OmgExit code, const char *message);

/* It runs. What is logged earlier goes to the terminal of whoever started it. */
void omg_daemon_report_start(OmgDaemon *self, OmgExit code, const char *message);

/* It cannot run, and ends. */
void omg_daemon_fail(OmgDaemon *self, OmgExit code, const char *message);

/* The service manager is told that omgd is ready, and the status (taken over), which it also gets
 * behind a reload. */
void omg_daemon_notify_ready(OmgDaemon *self, char *status);

/* ---- daemon-network.c ---- */

/* Before there are threads, and before anything is read that is not omgd's own; not before the
 * environment says what it has to say to helpers. What cannot be done is said in the log. */
void omg_daemon_give_up_network(OmgDaemon *self);

/* ---- daemon-refresh.c: refreshes, and what they come to ---- */

void omg_daemon_get_service_actions(OmgDaemon *self, OmgServiceActions *ret_actions);
void omg_daemon_get_refresh_events(OmgDaemon *self, OmgRefreshEvents *ret_events);

/* ---- daemon-background.c: what omgd does by itself; and omgd.conf, read again ---- */

void omg_daemon_start_background(OmgDaemon *self, const OmgConf *conf);
void omg_daemon_set_background(OmgDaemon *self, const OmgConf *conf);

/* ---- daemon-audit.c: the audit log of what omgd does and sees ---- */

/* Once there is a service. */
void omg_daemon_open_audit_log(OmgDaemon *self);

/* The settings were read again. */
void omg_daemon_log_settings(OmgDaemon *self, const OmgConf *before, const OmgConf *after);

/* Before the worker's end. */
void omg_daemon_close_audit_log(OmgDaemon *self);

/* ---- daemon-bus.c: the connection comes, owns the name, and goes ---- */

void omg_daemon_get_bus_events(OmgDaemon *self, OmgBusEvents *ret_events);

/* ---- daemon-socket.c ---- */

/* Before there are threads. FALSE: omgd is not to run. A path that nobody asked for and that cannot
 * be served costs the socket, not the service. */
gboolean omg_daemon_find_socket(OmgDaemon *self, gboolean is_required, GError **error);

gboolean omg_daemon_serve_socket(OmgDaemon *self, const OmgConf *conf, GError **error);
void omg_daemon_close_socket(OmgDaemon *self);

/* ---- daemon-idle.c: the end when nobody uses it ---- */

OmgIdle *omg_daemon_idle_new(OmgDaemon *self);

/* ---- daemon-signals.c ---- */

/* What the settings say about running parts. */
void omg_daemon_apply_settings(OmgDaemon *self, const OmgConf *conf);

/* Before any thread starts: they inherit the mask. */
void omg_daemon_prepare_signals(void);

/* Negative errno. */
int omg_daemon_add_signals(OmgDaemon *self);

/* A refresh that began then has come: the last part of a reload, if one is under way. */
void omg_daemon_take_reload(OmgDaemon *self, guint64 begun_usec);

/* From here the process is gone after some seconds, with this code. Nothing of value is lost when
 * the end is cut short: index files are written whole or not at all. */
void omg_daemon_limit_end(OmgExit code);
