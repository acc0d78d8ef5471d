/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The session bus as omgctl uses it: connecting, calling, and turning failures into exit codes. */

#include <glib.h>
#include <json-glib/json-glib.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(sd_bus_message, sd_bus_message_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sd_bus_slot, sd_bus_slot_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sd_event, sd_event_unref)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(sd_bus_error, sd_bus_error_free)

#define OMG_BUS_NAME         "org.omgd1"
#define OMG_BUS_PATH         "/org/omgd1"
#define OMG_BUS_AUDIT        "org.omgd1.Audit"
#define OMG_BUS_MANAGER      "org.omgd1.Manager"
#define OMG_BUS_PACKAGES     "org.omgd1.Packages"
#define OMG_BUS_RUNTIMES     "org.omgd1.Runtimes"
#define OMG_BUS_STATUS       "org.omgd1.Status"
#define OMG_BUS_JOB          "org.omgd1.Job"
#define OMG_BUS_PACKAGE_TYPE "a(sssssua{sv})"
#define OMG_BUS_UPDATE_TYPE  "a(sssstxua{sv})"

struct OmgClient;

/* Connects client->bus, once. Returns 0 or a negative errno with error set. */
int omg_bus_open(struct OmgClient *client, sd_bus_error *error);

/* A call to omgd's main object. Returns 0 or a negative errno. */
int omg_bus_new_call(struct OmgClient *client, const char *interface, const char *member,
                     sd_bus_message **ret_call);

/* Sends and waits, at most the timeout of the command line. The reply has the signature types, else
 * -EBADMSG. Returns a negative errno with error set. */
int omg_bus_call(struct OmgClient *client, sd_bus_message *call, const char *types,
                 sd_bus_message **ret_reply, sd_bus_error *error);

/* Appends the entry key: as of an a{sv} whose array is open. */
int omg_bus_append_strv(sd_bus_message *call, const char *key, char *const *values);

/* Says what failed (r: negative errno; error: may be unset) on standard error; returns the exit
 * code, ERROR or UNREACHABLE. Nothing goes to standard output then, with --json neither. */
int omg_bus_report(int r, const sd_bus_error *error);

/* Whether an error's name says that omgd could not be reached, rather than that it refused. */
gboolean omg_bus_is_unreachable(const char *name);

/* The part of an error's name behind the last dot; borrowed. */
const char *omg_bus_short_name(const char *name);

/* The same for "error name: text", as META and Status carry errors; borrowed. */
const char *omg_bus_short_name_and_text(const char *error);
