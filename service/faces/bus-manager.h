/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Shared by the files of org.omgd1.Manager: the handlers that its vtable takes from the others. */

#include <systemd/sd-bus.h>

/* bus-refresh.c, bus-manager-state.c; userdata: OmgService. */
int omg_bus_method_refresh(sd_bus_message *call, void *userdata, sd_bus_error *ret_error);
int omg_bus_method_state_has_changed(sd_bus_message *call, void *userdata, sd_bus_error *ret_error);
int omg_bus_method_get_cache_info(sd_bus_message *call, void *userdata, sd_bus_error *ret_error);
int omg_bus_method_clear_cache(sd_bus_message *call, void *userdata, sd_bus_error *ret_error);
int omg_bus_method_inhibit(sd_bus_message *call, void *userdata, sd_bus_error *ret_error);
int omg_bus_method_list_inhibitors(sd_bus_message *call, void *userdata, sd_bus_error *ret_error);
int omg_bus_property_get_inhibited(sd_bus *bus, const char *path, const char *interface,
                                   const char *property, sd_bus_message *reply, void *userdata,
                                   sd_bus_error *ret_error);
