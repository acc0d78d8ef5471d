/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The requests and responses of the socket of omg and omg-fast, as C values. Names and order are
 * those of the previous daemon (omg 0.1.199): variants are counted from 0 on the wire, fields are
 * written in this order. message.c has the one table that the codec works from.
 *
 * Strings and lists are borrowed: of a decoded value from the body and the arena, of one to be
 * encoded from wherever its maker has them. */

#include <glib.h>
#include <string.h>

#include "wire/wire.h"

/* Valid UTF-8; a NUL is a character like others. */
typedef struct {
        const char *bytes;
        gsize length;
} OmgWireString;

static inline OmgWireString omg_wire_string(const char *text)
{
        return (OmgWireString){text, strlen(text)};
}

typedef struct {
        gboolean is_some;
        guint64 value; /* only looked at when is_some */
} OmgWireOptionU64;

typedef struct {
        gboolean is_some;
        OmgWireString value;
} OmgWireOptionString;

/* A list: n items of the type that its name tells, one after the other. */
#define OMG_WIRE_LIST(type)  \
        struct {             \
                type *items; \
                gsize n;     \
        }

typedef OMG_WIRE_LIST(OmgWireString) OmgWireStrings;

typedef enum {
        OMG_WIRE_SEARCH,
        OMG_WIRE_INFO,
        OMG_WIRE_STATUS,
        OMG_WIRE_EXPLICIT,
        OMG_WIRE_EXPLICIT_COUNT,
        OMG_WIRE_SECURITY_AUDIT,
        OMG_WIRE_PING,
        OMG_WIRE_CACHE_STATS,
        OMG_WIRE_CACHE_CLEAR,
        OMG_WIRE_METRICS,
        OMG_WIRE_SUGGEST,
        OMG_WIRE_BATCH,
        OMG_WIRE_DEBIAN_SEARCH,
        OMG_WIRE_REQUEST_N
} OmgWireRequestTag;

typedef struct OmgWireRequest OmgWireRequest;
struct OmgWireRequest {
        OmgWireRequestTag tag;
        guint64 id; /* of every request */
        union {
                struct {
                        OmgWireString text;
                        OmgWireOptionU64 limit;
                } query;                             /* SEARCH, SUGGEST, DEBIAN_SEARCH */
                OmgWireString package;               /* INFO */
                OMG_WIRE_LIST(OmgWireRequest) batch; /* BATCH */
        };
};

/* The table's root for requests; response.h has the other. */
extern const OmgWireType omg_wire_request_type;
