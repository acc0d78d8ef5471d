/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What is answered: see message.h. */

#include "wire/message.h"

typedef struct {
        OmgWireString name, version, description, source;
} OmgWirePackage;

typedef OMG_WIRE_LIST(OmgWirePackage) OmgWirePackages;

typedef struct {
        OmgWirePackages packages;
        guint64 total;
} OmgWireSearchResult;

typedef struct {
        OmgWireString name, version, description, url;
        guint64 size;          /* bytes, installed */
        guint64 download_size; /* bytes */
        OmgWireString repo;
        OmgWireStrings depends, licenses;
        OmgWireString source;
} OmgWireInfo;

typedef struct {
        OmgWireString name, version;
} OmgWireRuntime;

typedef struct {
        guint64 total_packages, explicit_packages, orphan_packages, updates_available;
        guint64 security_vulnerabilities;
        OMG_WIRE_LIST(OmgWireRuntime) runtime_versions;
} OmgWireStatus;

typedef struct {
        OmgWireString id, summary;
        OmgWireOptionString score;
} OmgWireVulnerability;

typedef struct {
        OmgWireString package;
        OMG_WIRE_LIST(OmgWireVulnerability) vulnerabilities;
} OmgWireAffected;

typedef struct {
        guint64 total_vulnerabilities;
        guint64 high_severity; /* with a score of 7.0 and more */
        OMG_WIRE_LIST(OmgWireAffected) vulnerabilities;
} OmgWireAudit;

typedef struct {
        guint64 size; /* entries */
        guint64 max_size;
} OmgWireCacheStats;

typedef struct {
        guint64 requests_total, requests_failed, rate_limit_hits, validation_failures;
        gint64 active_connections;
        guint64 security_audit_requests, bytes_received, bytes_sent, cache_hits, cache_misses;
        guint64 search_requests, info_requests, status_requests;
} OmgWireMetrics;

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
