/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The D-Bus interfaces over a socket pair: server and client in one process and one event loop, and
 * a refresh that does what the test says. */

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "faces/service.h"
#include "fixture.h"

#define PACKAGES "org.omgd1.Packages"
#define STATUS   "org.omgd1.Status"
#define MANAGER  "org.omgd1.Manager"
#define JOB      "org.omgd1.Job"

#define ERROR_INVALID_ARGS "org.freedesktop.DBus.Error.InvalidArgs"
#define ERROR_LIMITS       "org.freedesktop.DBus.Error.LimitsExceeded"
#define ERROR_UNAVAILABLE  "org.omgd1.Error.Unavailable"

/* A refresh that the service asked for. */
typedef struct {
        guint64 id;
        OmgRefreshWhat what;
        gboolean force;
} Request;

/* A question to the AUR that the service asked for. */
typedef struct {
        guint64 id;
        OmgAurQuestion *question;
        guint max_age_sec;
        OmgRefreshWhat how;
} AurRequest;

typedef struct {
        sd_event *event;
        OmgWorker *worker;
        OmgPool *pool;
        sd_bus *server;
        sd_bus *client;
        OmgService *service;
        GArray *requests;     /* Request */
        GArray *cancels;      /* guint64 */
        GArray *aur_requests; /* AurRequest */
        GArray *aur_cancels;  /* guint64 */
        GPtrArray *signals;   /* "Interface.Member" in order, of all that came in */
        sd_bus_message *last_signal;
} BusFixture;

/* A call that was sent; its reply once it has come. */
typedef struct {
        sd_bus_message *reply;
        sd_bus_slot *slot;
} Call;

BusFixture *bus_fixture_new(void);
/* The same with org.omgd1.Runtimes over these places, which must outlive it. */
BusFixture *bus_fixture_new_with_runtimes(const OmgRuntimePaths *paths);
void bus_fixture_free(BusFixture *fixture);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BusFixture, bus_fixture_free)

void call_free(Call *call);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Call, call_free)

/* A message to the object at path (NULL: the main object). */
sd_bus_message *make_call(BusFixture *fixture, const char *path, const char *interface,
                          const char *member);

/* Sends a message, from that sender (NULL: none), and takes it over. */
Call *send_call(BusFixture *fixture, sd_bus_message *message, const char *sender);

/* Runs the loop until the reply is there. */
sd_bus_message *await_reply(BusFixture *fixture, Call *call);

/* Runs the loop until nothing happens any more. */
void settle(BusFixture *fixture);

/* Sends, waits, and expects a reply of this signature; or an error of that name, in whose message
 * the text stands. The reply is freed with the call. */
Call *expect_reply(BusFixture *fixture, sd_bus_message *message, const char *signature);
void expect_error(BusFixture *fixture, sd_bus_message *message, const char *name, const char *text);

/* A call to the main object with arguments as sd_bus_message_append takes them. */
sd_bus_message *make_call_with(BusFixture *fixture, const char *interface, const char *member,
                               const char *types, ...);

/* The value of an a{sv} at the reading position, entered as a variant's content of that type; fails
 * the test when it is not there. The message is rewound to the beginning of its dictionary by the
 * caller. */
void enter_key(sd_bus_message *message, const char *key, const char *contents);

/* A refresh has come to this snapshot (referenced; NULL: cancelled), against the one before. */
void apply(BusFixture *fixture, guint64 id, OmgSnapshot *snapshot, GError *error);

/* The same for a refresh that began then (omg_clock_now). */
void apply_begun(BusFixture *fixture, guint64 id, OmgSnapshot *snapshot, GError *error,
                 guint64 begun_usec);

/* The same for one that was asked for these sources (OmgRefreshWhat). */
void apply_what(BusFixture *fixture, OmgSnapshot *snapshot, guint what);

/* How often a signal has come. */
guint count_signals(BusFixture *fixture, const char *name);

/* The names of a PropertiesChanged of that interface, joined by blanks. New string. */
char *join_changed(sd_bus_message *signal, const char *interface);

/* The sample system: one repository "core", one "extra"; see bus-fixture.c. */
OmgSnapshot *sample_snapshot(guint64 generation);

/* "bash" installed, asked for, in a file that can be cut under the map. */
OmgSnapshot *file_snapshot(guint64 generation, int *ret_fd);
