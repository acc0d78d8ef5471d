/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/message.h"

#include "wire/response.h"
#include "wire/type.h"

/* The one table of all types. The order of fields and variants is that of the wire. */

#define TYPE(kind_, name_, c_type, ...)                                                         \
        {                                                                                       \
                .kind = OMG_WIRE_KIND_##kind_, .name = (name_), .size = sizeof(c_type),         \
                .n_fields = sizeof((const OmgWireField[]){__VA_ARGS__}) / sizeof(OmgWireField), \
                .fields = (const OmgWireField[]){__VA_ARGS__},                                  \
        }
#define LEAF(kind_, name_, c_type)                                                      \
        {                                                                               \
                .kind = OMG_WIRE_KIND_##kind_, .name = (name_), .size = sizeof(c_type), \
        }
/* A list of some type; all lists look alike. */
#define LIST(item) TYPE(LIST, "list", OmgWireItems, {NULL, 0, &(item)})
#define AT(c_type, field, name_, type)                    \
        {                                                 \
                (name_), offsetof(c_type, field), &(type) \
        }

/* A part of the struct with the name it has on the wire. */
#define U64(c_type, field) AT(c_type, field, #field, u64_type)
#define STR(c_type, field) AT(c_type, field, #field, string_type)

G_STATIC_ASSERT(sizeof(OmgWireItems) == sizeof(OmgWireStrings));
G_STATIC_ASSERT(offsetof(OmgWireStrings, items) == 0);
G_STATIC_ASSERT(offsetof(OmgWireStrings, n) == offsetof(OmgWireItems, n));
G_STATIC_ASSERT(offsetof(OmgWireOptionU64, is_some) == 0);
G_STATIC_ASSERT(offsetof(OmgWireOptionString, is_some) == 0);
G_STATIC_ASSERT(offsetof(OmgWireRequest, tag) == 0);
G_STATIC_ASSERT(offsetof(OmgWireResult, tag) == 0);
G_STATIC_ASSERT(offsetof(OmgWireResponse, tag) == 0);
G_STATIC_ASSERT(sizeof(OmgWireRequestTag) == sizeof(guint32));

static const OmgWireType u64_type = LEAF(U64, "u64", guint64);
static const OmgWireType i64_type = LEAF(I64, "i64", gint64);
static const OmgWireType i32_type = LEAF(I32, "i32", gint32);
static const OmgWireType string_type = LEAF(STRING, "string", OmgWireString);
static const OmgWireType strings_type = LIST(string_type);
static const OmgWireType option_u64_type =
        TYPE(OPTION, "option", OmgWireOptionU64, AT(OmgWireOptionU64, value, NULL, u64_type));
static const OmgWireType option_string_type = TYPE(
        OPTION, "option", OmgWireOptionString, AT(OmgWireOptionString, value, NULL, string_type));

/* Requests. */

static const OmgWireType requests_type = LIST(omg_wire_request_type);
static const OmgWireType id_type = TYPE(STRUCT, "request", OmgWireRequest, U64(OmgWireRequest, id));
static const OmgWireType query_type =
        TYPE(STRUCT, "query", OmgWireRequest, U64(OmgWireRequest, id),
             AT(OmgWireRequest, query.text, "query", string_type),
             AT(OmgWireRequest, query.limit, "limit", option_u64_type));
static const OmgWireType package_request_type = TYPE(
        STRUCT, "package", OmgWireRequest, U64(OmgWireRequest, id), STR(OmgWireRequest, package));
static const OmgWireType batch_request_type =
        TYPE(STRUCT, "batch", OmgWireRequest, U64(OmgWireRequest, id),
             AT(OmgWireRequest, batch, "requests", requests_type));

const OmgWireType omg_wire_request_type =
        TYPE(ENUM, "Request", OmgWireRequest, {"Search", 0, &query_type},
             {"Info", 0, &package_request_type}, {"Status", 0, &id_type}, {"Explicit", 0, &id_type},
             {"ExplicitCount", 0, &id_type}, {"SecurityAudit", 0, &id_type}, {"Ping", 0, &id_type},
             {"CacheStats", 0, &id_type}, {"CacheClear", 0, &id_type}, {"Metrics", 0, &id_type},
             {"Suggest", 0, &query_type}, {"Batch", 0, &batch_request_type},
             {"DebianSearch", 0, &query_type});

/* Records. */

static const OmgWireType package_type =
        TYPE(STRUCT, "PackageInfo", OmgWirePackage, STR(OmgWirePackage, name),
             STR(OmgWirePackage, version), STR(OmgWirePackage, description),
             STR(OmgWirePackage, source));
static const OmgWireType packages_type = LIST(package_type);
static const OmgWireType search_type =
        TYPE(STRUCT, "Search", OmgWireSearchResult,
             AT(OmgWireSearchResult, packages, "packages", packages_type),
             U64(OmgWireSearchResult, total));
static const OmgWireType info_type =
        TYPE(STRUCT, "Info", OmgWireInfo, STR(OmgWireInfo, name), STR(OmgWireInfo, version),
             STR(OmgWireInfo, description), STR(OmgWireInfo, url), U64(OmgWireInfo, size),
             U64(OmgWireInfo, download_size), STR(OmgWireInfo, repo),
             AT(OmgWireInfo, depends, "depends", strings_type),
             AT(OmgWireInfo, licenses, "licenses", strings_type), STR(OmgWireInfo, source));
static const OmgWireType runtime_type =
        TYPE(STRUCT, "runtime", OmgWireRuntime, AT(OmgWireRuntime, name, NULL, string_type),
             AT(OmgWireRuntime, version, NULL, string_type));
static const OmgWireType runtimes_type = LIST(runtime_type);
static const OmgWireType status_type =
        TYPE(STRUCT, "Status", OmgWireStatus, U64(OmgWireStatus, total_packages),
             U64(OmgWireStatus, explicit_packages), U64(OmgWireStatus, orphan_packages),
             U64(OmgWireStatus, updates_available), U64(OmgWireStatus, security_vulnerabilities),
             AT(OmgWireStatus, runtime_versions, "runtime_versions", runtimes_type));
static const OmgWireType explicit_type =
        TYPE(STRUCT, "Explicit", OmgWireStrings, {"packages", 0, &strings_type});
static const OmgWireType vulnerability_type =
        TYPE(STRUCT, "Vulnerability", OmgWireVulnerability, STR(OmgWireVulnerability, id),
             STR(OmgWireVulnerability, summary),
             AT(OmgWireVulnerability, score, "score", option_string_type));
static const OmgWireType vulnerabilities_type = LIST(vulnerability_type);
static const OmgWireType affected_type =
        TYPE(STRUCT, "affected package", OmgWireAffected,
             AT(OmgWireAffected, package, NULL, string_type),
             AT(OmgWireAffected, vulnerabilities, NULL, vulnerabilities_type));
static const OmgWireType all_affected_type = LIST(affected_type);
static const OmgWireType audit_type =
        TYPE(STRUCT, "SecurityAudit", OmgWireAudit, U64(OmgWireAudit, total_vulnerabilities),
             U64(OmgWireAudit, high_severity),
             AT(OmgWireAudit, vulnerabilities, "vulnerabilities", all_affected_type));
static const OmgWireType cache_stats_type =
        TYPE(STRUCT, "CacheStats", OmgWireCacheStats, U64(OmgWireCacheStats, size),
             U64(OmgWireCacheStats, max_size));
static const OmgWireType metrics_type =
        TYPE(STRUCT, "Metrics", OmgWireMetrics, U64(OmgWireMetrics, requests_total),
             U64(OmgWireMetrics, requests_failed), U64(OmgWireMetrics, rate_limit_hits),
             U64(OmgWireMetrics, validation_failures),
             AT(OmgWireMetrics, active_connections, "active_connections", i64_type),
             U64(OmgWireMetrics, security_audit_requests), U64(OmgWireMetrics, bytes_received),
             U64(OmgWireMetrics, bytes_sent), U64(OmgWireMetrics, cache_hits),
             U64(OmgWireMetrics, cache_misses), U64(OmgWireMetrics, search_requests),
             U64(OmgWireMetrics, info_requests), U64(OmgWireMetrics, status_requests));

/* Responses. */

static const OmgWireType responses_type = LIST(omg_wire_response_type);
static const OmgWireType result_type = TYPE(
        ENUM, "ResponseResult", OmgWireResult, AT(OmgWireResult, search, "Search", search_type),
        AT(OmgWireResult, info, "Info", info_type),
        AT(OmgWireResult, status, "Status", status_type),
        AT(OmgWireResult, names, "Explicit", explicit_type),
        AT(OmgWireResult, count, "ExplicitCount", u64_type),
        AT(OmgWireResult, audit, "SecurityAudit", audit_type),
        AT(OmgWireResult, text, "Ping", string_type),
        AT(OmgWireResult, cache_stats, "CacheStats", cache_stats_type),
        AT(OmgWireResult, metrics, "Metrics", metrics_type),
        AT(OmgWireResult, names, "Suggest", strings_type),
        AT(OmgWireResult, text, "Message", string_type),
        AT(OmgWireResult, batch, "Batch", responses_type),
        AT(OmgWireResult, packages, "DebianSearch", packages_type));
static const OmgWireType success_type =
        TYPE(STRUCT, "Success", OmgWireResponse, U64(OmgWireResponse, id),
             AT(OmgWireResponse, result, "result", result_type));
static const OmgWireType error_type =
        TYPE(STRUCT, "Error", OmgWireResponse, U64(OmgWireResponse, id),
             AT(OmgWireResponse, error.code, "code", i32_type),
             AT(OmgWireResponse, error.message, "message", string_type));

const OmgWireType omg_wire_response_type =
        TYPE(ENUM, "Response", OmgWireResponse, {"Success", 0, &success_type},
             {"Error", 0, &error_type});
