/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* A job of omgd that a command waits for. */

#include <json-glib/json-glib.h>

#include "client-bus.h"

struct OmgClient;

/* Status of a job that is done: introspection/org.omgd1.Job.xml. */
#define OMG_CLIENT_JOB_DONE 0

typedef struct {
        /* In words to be translated: what the stages are of; and why nobody waits any more. */
        const char *doing;
        const char *ended, *interrupted, *late;
        /* The call that begins it. 0 or a negative errno. */
        int (*make_call)(struct OmgClient *client, gconstpointer data, sd_bus_message **ret_call);
        gconstpointer data;
        gboolean is_long; /* the signal has not all of the result */
} OmgClientJob;

/* Connects, begins the job, shows its stages on a terminal, and waits for its end. Returns
 * OMG_CLIENT_OK with *ret_result: {"status", "error", "message", "result"}, whatever that says; or
 * the exit code after it was said why there is none. The connection is closed. */
int omg_client_wait_job(struct OmgClient *client, const OmgClientJob *job, JsonObject **ret_result);

/* The same for a refresh of these (Manager.Refresh). */
int omg_client_wait_refresh(struct OmgClient *client, char **what, gboolean force,
                            JsonObject **ret_result);
