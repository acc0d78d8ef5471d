/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "faces/socket-work.h"

#include "base/clock.h"
#include "base/error.h"
#include "faces/socket-reply.h"

/* One item more than a batch may have: so that one that has is seen to have too many. */
static const OmgWireCaps caps = {OMG_LIMIT_BATCH + 1, OMG_LIMIT_DEPTH};

/* ---- replies ---- */

/* The reply's frame; one that is too long becomes an error. */
static void append_response(OmgSocketWork *work, OmgWireResponse *response, GByteArray *out)
{
        g_autoptr(GError) error = NULL, told = NULL;
        gsize head = omg_socket_reply_begin(out);

        if (!omg_wire_encode(work->encoder, &omg_wire_response_type, response, OMG_LIMIT_REPLY, out,
                             &error)) {
                g_set_error(&told, OMG_ERROR, OMG_ERROR_UNAVAILABLE,
                            "The reply would be longer than %u MiB", OMG_LIMIT_REPLY >> 20);
                omg_socket_response_set_error(work->context.arena, response->id, told, response);
                /* One error always fits. */
                (void)omg_wire_encode(work->encoder, &omg_wire_response_type, response,
                                      OMG_LIMIT_REPLY, out, NULL);
        }
        omg_socket_reply_end(out, head);
}

static void append_error(OmgSocketWork *work, guint64 id, const GError *error, GByteArray *out)
{
        OmgWireResponse response;

        omg_socket_response_set_error(work->context.arena, id, error, &response);
        append_response(work, &response, out);
        omg_socket_response_count(&response, work->counters);
}

void omg_socket_work_fail(OmgSocketWork *work, guint64 id, OmgError code, const char *message,
                          GByteArray *out)
{
        g_autoptr(GError) error = g_error_new_literal(OMG_ERROR, (gint)code, message);

        append_error(work, id, error, out);
}

/* ---- the cache ---- */

typedef struct {
        guint8 bytes[OMG_SOCKET_KEY_SIZE];
        gsize length; /* 0: nothing to look for, or to keep */
        guint64 now;
} Key;

static gboolean append_kept(OmgSocketWork *work, const OmgWireRequest *request, Key *key,
                            GByteArray *out)
{
        const OmgSnapshot *snapshot = work->context.snapshot;
        gconstpointer rest;
        gsize size;

        key->length = work->context.cache && snapshot
                              ? omg_socket_request_get_key(request, key->bytes)
                              : 0;
        if (key->length == 0)
                return FALSE;
        key->now = omg_clock_now();
        rest = omg_cache_get(work->context.cache, snapshot->generation, key->bytes, key->length,
                             key->now, &size);
        if (!rest) {
                work->counters->cache_misses++;
                return FALSE;
        }
        work->counters->cache_hits++;
        omg_socket_reply_append(out, request->id, rest, size);
        return TRUE;
}

static void keep(OmgSocketWork *work, const OmgWireResponse *response, const Key *key,
                 const GByteArray *out, gsize head)
{
        const guint8 *rest;
        gsize size;

        if (key->length == 0 || response->tag != OMG_WIRE_SUCCESS)
                return;
        rest = omg_socket_reply_get_rest(out, head, &size);
        omg_cache_put(work->context.cache, work->context.snapshot->generation, key->bytes,
                      key->length, rest, size, key->now);
}

/* ---- a go ---- */

static gboolean decode(OmgSocketWork *work, const guint8 *body, gsize length,
                       OmgWireRequest *ret_request, gboolean *ret_is_cut, GError **error)
{
        omg_wire_arena_reset(work->context.arena);
        return omg_wire_decode(&omg_wire_request_type, body, length, &caps, work->context.arena,
                               ret_request, ret_is_cut, error);
}

gboolean omg_socket_work_read_id(OmgSocketWork *work, const guint8 *body, gsize length,
                                 guint64 *ret_id)
{
        OmgWireRequest request;
        gboolean is_cut;

        if (!decode(work, body, length, &request, &is_cut, NULL))
                return FALSE;
        *ret_id = request.id;
        return TRUE;
}

/* Whether it is to be answered at all. */
static gboolean check(OmgSocketWork *work, const OmgWireRequest *request, gboolean is_cut,
                      OmgSocketFacts *facts, GError **error)
{
        if (facts->is_refused)
                g_set_error_literal(error, OMG_ERROR, OMG_ERROR_LIMITS_EXCEEDED,
                                    "Requests come faster than one connection may send them");
        else if (work->is_ending)
                g_set_error_literal(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE,
                                    OMG_SERVICE_ENDING_TEXT);
        else
                return omg_socket_request_check(request, is_cut, error);
        work->counters->rate_limit_hits += facts->is_refused;
        return FALSE;
}

static OmgSocketOutcome answer(OmgSocketWork *work, const OmgWireRequest *request, GByteArray *out)
{
        gboolean needs_data = omg_socket_request_needs_data(request);
        const OmgSnapshot *snapshot = work->context.snapshot;
        OmgWireResponse response;
        gsize head = out->len;
        Key key;

        if (append_kept(work, request, &key, out))
                return OMG_SOCKET_WORK_ANSWERED;
        if (needs_data && !snapshot)
                return OMG_SOCKET_WORK_FOR_DATA;
        if (work->context.cache && omg_socket_request_is_heavy(request))
                return OMG_SOCKET_WORK_ON_POOL;
        omg_socket_request_answer(&work->context, request, &response);
        append_response(work, &response, out);
        /* Now: the encoder too reads what the snapshot has. */
        if (needs_data && omg_snapshot_is_damaged(snapshot)) {
                omg_socket_reply_drop(out, head);
                return OMG_SOCKET_WORK_DAMAGED;
        }
        omg_socket_response_count(&response, work->counters);
        keep(work, &response, &key, out, head);
        return OMG_SOCKET_WORK_ANSWERED;
}

OmgSocketOutcome omg_socket_work_run(OmgSocketWork *work, const guint8 *body, gsize length,
                                     OmgSocketFacts *facts, GByteArray *out)
{
        g_autoptr(GError) error = NULL;
        OmgWireRequest request;
        gboolean is_cut;

        work->context.clear_cache = FALSE;
        if (!decode(work, body, length, &request, &is_cut, &error)) {
                append_error(work, 0, error, out);
                return OMG_SOCKET_WORK_UNDECODABLE;
        }
        facts->has_id = TRUE;
        facts->id = request.id;
        if (!check(work, &request, is_cut, facts, &error)) {
                append_error(work, request.id, error, out);
                return OMG_SOCKET_WORK_ANSWERED;
        }
        if (!facts->is_counted)
                omg_socket_request_count(&request, work->counters);
        facts->is_counted = TRUE;
        return answer(work, &request, out);
}
