/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Of socket-requests.h: SecurityAudit, out of what the audit of the snapshot found. */

#include "faces/socket-requests.h"

/* Confirmed findings alone, by package, the worst first; a score is its number as text. As long as
 * nobody knows (engine/security-known.h) the answer is an error, never 0. */
gboolean omg_socket_answer_audit(OmgSocketContext *context, const OmgWireRequest *request,
                                 OmgWireResult *ret_result, GError **error);
