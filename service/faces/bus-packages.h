/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Shared by the files of org.omgd1.Packages: rows on the wire, and the handlers that its vtable
 * takes from the others. */

#include <systemd/sd-bus.h>

#include "engine/rows.h"

/* A PKG row; rank NULL: no such key. */
int omg_bus_package_append(sd_bus_message *reply, const OmgPackageView *view, const guint32 *rank);

/* An as of at most max of the strings; NULL: none. */
int omg_bus_strings_append(sd_bus_message *message, const GPtrArray *strings, guint max);

/* Handlers (userdata: OmgService), bus-packages-details.c and bus-packages-lists.c. */
int omg_bus_method_get_details(sd_bus_message *call, void *userdata, sd_bus_error *ret_error);
int omg_bus_method_list_installed(sd_bus_message *call, void *userdata, sd_bus_error *ret_error);
int omg_bus_method_list_explicit(sd_bus_message *call, void *userdata, sd_bus_error *ret_error);
int omg_bus_method_list_orphans(sd_bus_message *call, void *userdata, sd_bus_error *ret_error);
int omg_bus_method_list_foreign(sd_bus_message *call, void *userdata, sd_bus_error *ret_error);
int omg_bus_method_list_updates(sd_bus_message *call, void *userdata, sd_bus_error *ret_error);
