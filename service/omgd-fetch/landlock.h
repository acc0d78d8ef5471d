/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Landlock by its system calls: the headers and the C library of Debian 12 know less of it than the
 * kernels that omgd meets. */

#include <glib.h>

/* Leaves this process the right to read everything and to write, make and remove files below dir_fd
 * alone; to execute nothing; and, as far as the kernel knows of it, not to listen on TCP, not to
 * use devices' ioctls, nor to signal others. What is open already stays usable. Returns the ABI
 * (1 and up), 0 where the kernel has none or it is switched off, or a negative errno. Sets
 * no_new_privs in any case. */
int omg_landlock_restrict(int dir_fd);
