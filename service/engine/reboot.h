/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Packages that only a restart of the machine puts to use. */

#include "store/snapshot.h"

/* TRUE for kernels, systemd, glibc, microcode and their like, by exact name. */
gboolean omg_reboot_is_needed_by(const char *name);

/* TRUE when such a package was installed after the machine started (@boot_usec, µs since 1970), and
 * the databases are those of the running system (root "/"). */
gboolean omg_reboot_is_suggested(const OmgSnapshot *snapshot, guint64 boot_usec);
