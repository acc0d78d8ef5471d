/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* An answer that is made already, but may not be sent. */

#include "base/error.h"

/* Puts an error in the place of the reply whose frame begins at @at and ends where @out ends; it
 * has the reply's id. */
void omg_socket_replace(GByteArray *out, gsize at, OmgError code, const char *message);
