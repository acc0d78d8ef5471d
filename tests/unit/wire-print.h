/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* A value of any type of the wire as JSON text: no blanks, fields in the order of the wire, control
 * characters, quotes and backslashes as \u00XX, all else as it is. Numbers are exact. */

#include "wire/type.h"

void wire_print(GString *out, const OmgWireType *type, gconstpointer value);
