/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* On the system bus: whether who calls may change something. Its policy says so before a call comes
 * here; this is said once more, should it be another one than the shipped. Until polkit comes, root
 * may and nobody else. */

#include "faces/bus-call-private.h"

/* Whether a new call has to wait in FOR_PERMISSION. */
gboolean omg_call_needs_permission(const OmgService *service, const OmgCall *call);

/* Asks the bus for the user of a call in FOR_PERMISSION; the answer makes it ready, or answers it
 * with ACCESS_DENIED. So does this, when the bus cannot be asked: the call may be gone then. */
void omg_call_ask_for_permission(OmgCalls *calls, OmgCall *call);
