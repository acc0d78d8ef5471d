/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The records that responses are made of: see message.h. */

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
