/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/reboot.h"

#include <string.h>

gboolean omg_reboot_is_needed_by(const char *name)
{
        /* What needrestart and Arch's own news name: the running kernel, process 1, and what every
         * process has mapped. Exact names, since "linux-docs" and "linux-firmware-whence" change
         * nothing. */
        static const char *const names[] = {
                "amd-ucode",     "btrfs-progs",    "cryptsetup",     "dbus",
                "dbus-broker",   "glibc",          "intel-ucode",    "linux",
                "linux-cachyos", "linux-firmware", "linux-hardened", "linux-lts",
                "linux-rt",      "linux-rt-lts",   "linux-zen",      "nvidia",
                "nvidia-dkms",   "nvidia-lts",     "nvidia-open",    "nvidia-open-dkms",
                "nvidia-utils",  "systemd",        "systemd-libs",   "wayland",
        };

        for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
                if (strcmp(names[i], name) == 0)
                        return TRUE;
        return FALSE;
}

gboolean omg_reboot_is_suggested(const OmgSnapshot *snapshot, guint64 boot_usec)
{
        if (!snapshot->local || !snapshot->conf || strcmp(snapshot->conf->root_dir, "/") != 0)
                return FALSE;
        guint n = omg_layer_get_n_packages(snapshot->local);
        for (guint id = 0; id < n; id++) {
                const OmgPackageRecord *record = omg_layer_get_record(snapshot->local, id);
                if (!omg_reboot_is_needed_by(omg_layer_get_text(snapshot->local, record->name)))
                        continue;
                g_autoptr(OmgPackage) package = omg_layer_dup_package(snapshot->local, id, NULL);
                if (!package || !package->fields[OMG_FIELD_INSTALL_DATE].present)
                        continue;
                if (package->fields[OMG_FIELD_INSTALL_DATE].number > boot_usec / G_USEC_PER_SEC)
                        return TRUE;
        }
        return FALSE;
}
