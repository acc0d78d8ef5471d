/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Flags of rows, as introspection/org.omgd1.Packages.xml has them. Those marked with (security) say
 * what engine/security.h knows, and stand in no snapshot's own arrays. */

/* Of a PKG row. */
typedef enum {
        OMG_PKG_INSTALLED = 1 << 0,
        OMG_PKG_EXPLICIT = 1 << 1,
        OMG_PKG_ORPHAN = 1 << 2,
        OMG_PKG_FOREIGN = 1 << 3,
        OMG_PKG_UPGRADABLE = 1 << 4,
        OMG_PKG_AFFECTED = 1 << 5, /* (security) has a confirmed flaw */
        OMG_PKG_IGNORED = 1 << 6,
        OMG_PKG_OUT_OF_DATE = 1 << 7,         /* somebody flagged it in the AUR */
        OMG_PKG_REFUSED = 1 << 8,             /* (security) the policy refuses it */
        OMG_PKG_NO_MAINTAINER = 1 << 9,       /* it is orphaned in the AUR */
        OMG_PKG_MAINTAINER_CHANGED = 1 << 10, /* since it was installed, in the AUR */
} OmgPkgFlags;

/* Of an UPD row. */
typedef enum {
        OMG_UPD_SECURITY = 1 << 0, /* (security) ends a confirmed flaw */
        OMG_UPD_IGNORED = 1 << 1,
        OMG_UPD_REPLACES = 1 << 2,
        OMG_UPD_AUR = 1 << 3,
        OMG_UPD_REBOOT = 1 << 4,
        OMG_UPD_REFUSED = 1 << 5,            /* (security) the policy refuses what it brings */
        OMG_UPD_MAINTAINER_CHANGED = 1 << 6, /* who brings it is not who brought what is there */
} OmgUpdFlags;
