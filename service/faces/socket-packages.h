/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Of socket-requests.h: what is answered out of the packages. All have the shape of its table, and
 * need a snapshot. */

#include "faces/socket-requests.h"

gboolean omg_socket_answer_search(OmgSocketContext *context, const OmgWireRequest *request,
                                  OmgWireResult *ret_result, GError **error);
gboolean omg_socket_answer_info(OmgSocketContext *context, const OmgWireRequest *request,
                                OmgWireResult *ret_result, GError **error);
gboolean omg_socket_answer_explicit(OmgSocketContext *context, const OmgWireRequest *request,
                                    OmgWireResult *ret_result, GError **error);
gboolean omg_socket_answer_suggest(OmgSocketContext *context, const OmgWireRequest *request,
                                   OmgWireResult *ret_result, GError **error);

/* Knows no packages of Debian; the query is looked at all the same. */
gboolean omg_socket_answer_debian_search(OmgSocketContext *context, const OmgWireRequest *request,
                                         OmgWireResult *ret_result, GError **error);

/* How many rows of a search are wanted. */
guint omg_socket_get_rows(OmgWireOptionU64 limit);
