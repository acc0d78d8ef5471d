/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* A job of omgd that a command waits for. */

#include <json-glib/json-glib.h>

struct OmgClient;

/* Connects, asks for a refresh of these (Manager.Refresh), shows its stages on a terminal, and
 * waits for its end. Returns OMG_CLIENT_OK with *ret_result: {"status", "error", "message",
 * "result"}, whatever that says; or the exit code after it was said why there is none. The
 * connection is closed. */
int omg_client_wait_refresh(struct OmgClient *client, char **what, gboolean force,
                            JsonObject **ret_result);
