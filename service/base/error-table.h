/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The one table of errors: it makes the C enum, the D-Bus names, the legacy socket's codes and the
 * texts of the manual (docs/errors.md is checked against it).
 *
 *   X(ENUM, D-Bus name, legacy code, meaning)
 *
 * Legacy codes: -32700 undecodable, -32601 unknown method, -32602 bad parameters, -1001 not found,
 * -1002 limits, everything else -32603 (the previous daemon's numbers, from JSON-RPC). */

#define OMG_DBUS_ERROR(name) "org.freedesktop.DBus.Error." name
#define OMG_OWN_ERROR(name)  "org.omgd1.Error." name

#define OMG_ERROR_TABLE(X)                                                                      \
        X(INVALID_ARGS, OMG_DBUS_ERROR("InvalidArgs"), -32602,                                  \
          "An argument or option has a wrong type, value or length.")                           \
        X(LIMITS_EXCEEDED, OMG_DBUS_ERROR("LimitsExceeded"), -1002,                             \
          "Too many calls or jobs of this sender are under way.")                               \
        X(ACCESS_DENIED, OMG_DBUS_ERROR("AccessDenied"), -32603, "The caller may not do this.") \
        X(AUTHORIZATION_REQUIRED, OMG_DBUS_ERROR("InteractiveAuthorizationRequired"), -32603,   \
          "polkit would have to ask the user.")                                                 \
        X(TIMEOUT, OMG_DBUS_ERROR("Timeout"), -32603, "The request took too long.")             \
        X(NOT_SUPPORTED, OMG_DBUS_ERROR("NotSupported"), -32603,                                \
          "This build or this machine cannot do this.")                                         \
        X(UNKNOWN_METHOD, OMG_DBUS_ERROR("UnknownMethod"), -32601, "There is no such method.")  \
        X(UNDECODABLE, OMG_DBUS_ERROR("InvalidSignature"), -32700,                              \
          "The message cannot be decoded (legacy socket).")                                     \
        X(NOT_FOUND, OMG_OWN_ERROR("NotFound"), -1001, "There is no such package or object.")   \
        X(DATABASE_MISSING, OMG_OWN_ERROR("DatabaseMissing"), -32603,                           \
          "A database, or the configuration that names it, is not there or cannot be read.")    \
        X(DATABASE_CORRUPT, OMG_OWN_ERROR("DatabaseCorrupt"), -32603, "A database is damaged.") \
        X(SIGNATURE_INVALID, OMG_OWN_ERROR("SignatureInvalid"), -32603,                         \
          "A signature is missing or wrong where SigLevel asks for one.")                       \
        X(NETWORK, OMG_OWN_ERROR("Network"), -32603, "The network did not answer.")             \
        X(OFFLINE, OMG_OWN_ERROR("Offline"), -32603, "There is no network.")                    \
        X(METERED, OMG_OWN_ERROR("Metered"), -32603, "The link is metered.")                    \
        X(UPSTREAM_RATE_LIMITED, OMG_OWN_ERROR("UpstreamRateLimited"), -32603,                  \
          "A server asked to be left alone for a while.")                                       \
        X(UPSTREAM_INVALID, OMG_OWN_ERROR("UpstreamInvalid"), -32603,                           \
          "A server answered nonsense.")                                                        \
        X(RESOLVE_FAILED, OMG_OWN_ERROR("ResolveFailed"), -32603,                               \
          "Dependencies cannot be satisfied.")                                                  \
        X(POLICY_DENIED, OMG_OWN_ERROR("PolicyDenied"), -32603, "The policy forbids it.")       \
        X(POLICY_INVALID, OMG_OWN_ERROR("PolicyInvalid"), -32603,                               \
          "The policy file cannot be used.")                                                    \
        X(LOG_TAMPERED, OMG_OWN_ERROR("LogTampered"), -32603, "The audit log was changed.")     \
        X(BUSY, OMG_OWN_ERROR("Busy"), -32603, "The thing asked for is in use; try again.")     \
        X(INHIBITED, OMG_OWN_ERROR("Inhibited"), -32603, "An inhibitor forbids it.")            \
        X(CANCELLED, OMG_OWN_ERROR("Cancelled"), -32603, "It was cancelled.")                   \
        X(UNAVAILABLE, OMG_OWN_ERROR("Unavailable"), -32603,                                    \
          "omgd cannot answer just now; the message says why.")
