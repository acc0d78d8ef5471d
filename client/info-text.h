/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* A package in the manner of pacman -Qi and -Si. */

#include <json-glib/json-glib.h>

#include "output.h"

/* Appends the fields of one element of GetDetails' answer and an empty line. With a member
 * "installed" these are the installed package's, and the repository's version stands beside them
 * where it differs; without it the repository's. One of GetAurDetails, alone or as a member "aur"
 * beside "installed", is shown as the AUR has it. */
void omg_info_text_append(OmgOutput *out, JsonObject *package);
