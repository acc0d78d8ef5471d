/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Shared by the files of org.omgd1.Audit: the handlers that its vtable takes from the others. */

#include <systemd/sd-bus.h>

#include "faces/service.h"

/* Handlers (userdata: OmgService), in bus-audit-*.c. */
int omg_bus_method_list_log(sd_bus_message *call, void *userdata, sd_bus_error *ret_error);
int omg_bus_method_verify_log(sd_bus_message *call, void *userdata, sd_bus_error *ret_error);
int omg_bus_method_get_log_head(sd_bus_message *call, void *userdata, sd_bus_error *ret_error);

/* Defines omg_bus_method_NAME around run_NAME, for the vtable in bus-audit.c. @waits: for the first
 * load; @is_change: the XML has the annotation org.omgd1.Changes. */
#define OMG_DEFINE_AUDIT_METHOD(name, counter, waits, is_change)                                 \
        OMG_DEFINE_HANDLER(name, counter, waits, is_change)                                      \
        int omg_bus_method_##name(sd_bus_message *call, void *userdata, sd_bus_error *ret_error) \
        {                                                                                        \
                return method_##name(call, userdata, ret_error);                                 \
        }
