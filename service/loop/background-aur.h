/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Questions to the AUR (loop/aur-rpc.h), asked by main and answered to main. */

#include "loop/aur-rpc.h"
#include "loop/background.h"

/* Copied, and the question referenced. events.on_aur_done follows, once. */
void omg_background_query_aur(OmgBackground *background, const OmgAurRequest *request);

/* An unknown id is harmless. */
void omg_background_cancel_aur(OmgBackground *background, guint64 id);
