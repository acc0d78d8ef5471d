/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The 13 requests of the socket: what each is answered, by the same engine as on D-Bus. Nothing
 * here knows frames, threads or who asks: on main and on a thread of the pool alike, as long as
 * what the context points to is that thread's, or immutable. */

#include "base/limits.h"
#include "engine/cache.h"
#include "engine/interrupt.h"
#include "engine/runtime-list.h"
#include "engine/search.h"
#include "engine/status.h"
#include "faces/metrics.h"
#include "wire/response.h"

/* What requests are answered from. */
typedef struct {
        const OmgSnapshot *snapshot; /* NULL: nothing was read yet */
        const OmgStatus *status;
        const OmgMetrics *metrics;
        const OmgRuntimeList *runtimes; /* NULL: not known (yet) */
        OmgCache *cache;                /* of replies; NULL on a thread of the pool, which has: */
        guint cache_size;               /* its entries, and */
        gboolean clear_cache;           /* set by CacheClear: main shall do it */
        gboolean search_aur;            /* Search has the AUR's packages, too */
        OmgSearch *search;
        OmgWireArena *arena; /* of answers */
        const OmgInterrupt *interrupt;
} OmgSocketContext;

/* Whether it is a request that may be looked at: a batch has at most OMG_LIMIT_BATCH requests, none
 * of them a batch, and OMG_LIMIT_BATCH_AUDITS audits. @is_cut: the decoder left items out. Error:
 * INVALID_ARGS, to be answered with the request's id. */
gboolean omg_socket_request_check(const OmgWireRequest *request, gboolean is_cut, GError **error);

/* Of one that may be: whether it needs the first load (or another, when its data is damaged), and
 * whether it may take longer than the main thread has time. Of a batch, anything in it. */
gboolean omg_socket_request_needs_data(const OmgWireRequest *request);
gboolean omg_socket_request_is_heavy(const OmgWireRequest *request);

/* Counts it in the counter of its kind, and so all that is in a batch. */
void omg_socket_request_count(const OmgWireRequest *request, OmgMetrics *metrics);

/* The answer, an error too. Borrowed from the snapshot, the arena and static texts. Once the
 * interrupt says so, the answers of a batch are anything. */
void omg_socket_request_answer(OmgSocketContext *context, const OmgWireRequest *request,
                               OmgWireResponse *ret_response);

/* An answer of any GError: its code as the previous daemon's, its message made valid. */
void omg_socket_response_set_error(OmgWireArena *arena, guint64 id, const GError *error,
                                   OmgWireResponse *ret_response);

/* Counts an answer that is sent, and what is in a batch, as failures. */
void omg_socket_response_count(const OmgWireResponse *response, OmgMetrics *metrics);

/* What two requests with the same answer have in common, the id aside. 0: the answer is not one to
 * keep. */
#define OMG_SOCKET_KEY_SIZE (sizeof(guint32) + OMG_LIMIT_QUERY)
gsize omg_socket_request_get_key(const OmgWireRequest *request,
                                 guint8 key[static OMG_SOCKET_KEY_SIZE]);
