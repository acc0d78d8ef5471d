/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What is answered: see message.h; records.h has the parts. */

#include "wire/records.h"

typedef struct OmgWireResponse OmgWireResponse;

typedef enum {
        OMG_WIRE_RESULT_SEARCH,
        OMG_WIRE_RESULT_INFO,
        OMG_WIRE_RESULT_STATUS,
        OMG_WIRE_RESULT_EXPLICIT,
        OMG_WIRE_RESULT_EXPLICIT_COUNT,
        OMG_WIRE_RESULT_SECURITY_AUDIT,
        OMG_WIRE_RESULT_PING,
        OMG_WIRE_RESULT_CACHE_STATS,
        OMG_WIRE_RESULT_METRICS,
        OMG_WIRE_RESULT_SUGGEST,
        OMG_WIRE_RESULT_MESSAGE,
        OMG_WIRE_RESULT_BATCH,
        OMG_WIRE_RESULT_DEBIAN_SEARCH,
        OMG_WIRE_RESULT_N
} OmgWireResultTag;

typedef struct {
        OmgWireResultTag tag;
        union {
                OmgWireSearchResult search;
                OmgWireInfo info;
                OmgWireStatus status;
                OmgWireStrings names; /* EXPLICIT, SUGGEST */
                guint64 count;        /* EXPLICIT_COUNT */
                OmgWireAudit audit;
                OmgWireString text; /* PING, MESSAGE */
                OmgWireCacheStats cache_stats;
                OmgWireMetrics metrics;
                OMG_WIRE_LIST(OmgWireResponse) batch;
                OmgWirePackages packages; /* DEBIAN_SEARCH */
        };
} OmgWireResult;

typedef enum { OMG_WIRE_SUCCESS, OMG_WIRE_ERROR } OmgWireResponseTag;

struct OmgWireResponse {
        OmgWireResponseTag tag;
        guint64 id; /* of the request; 0 when it is not known */
        union {
                OmgWireResult result; /* SUCCESS */
                struct {
                        gint32 code;
                        OmgWireString message;
                } error; /* ERROR */
        };
};

extern const OmgWireType omg_wire_response_type;
