/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "faces/socket-requests.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "faces/socket-audit.h"
#include "faces/socket-packages.h"

/* A batch of more than so many is not answered on main, however light they are: the heaviest of the
 * light ones, a search of 1,000 rows, takes 0.2 ms. */
#define BATCH_ON_MAIN 4u

/* ---- the service itself ---- */

static gboolean answer_ping(OmgSocketContext *context, const OmgWireRequest *request,
                            OmgWireResult *ret_result, GError **error)
{
        ret_result->tag = OMG_WIRE_RESULT_PING;
        ret_result->text = omg_wire_string("pong");
        return TRUE;
}

static gboolean answer_cache_stats(OmgSocketContext *context, const OmgWireRequest *request,
                                   OmgWireResult *ret_result, GError **error)
{
        ret_result->tag = OMG_WIRE_RESULT_CACHE_STATS;
        ret_result->cache_stats = (OmgWireCacheStats){
                .size = context->cache ? omg_cache_count(context->cache, omg_clock_now())
                                       : context->cache_size,
                .max_size = OMG_LIMIT_CACHE_ENTRIES,
        };
        return TRUE;
}

static gboolean answer_cache_clear(OmgSocketContext *context, const OmgWireRequest *request,
                                   OmgWireResult *ret_result, GError **error)
{
        if (context->cache)
                omg_cache_clear(context->cache);
        context->clear_cache = TRUE;
        context->cache_size = 0;
        ret_result->tag = OMG_WIRE_RESULT_MESSAGE;
        ret_result->text = omg_wire_string("cleared");
        return TRUE;
}

static gboolean answer_metrics(OmgSocketContext *context, const OmgWireRequest *request,
                               OmgWireResult *ret_result, GError **error)
{
        const OmgMetrics *metrics = context->metrics;

        ret_result->tag = OMG_WIRE_RESULT_METRICS;
        ret_result->metrics = (OmgWireMetrics){
                .requests_total = metrics->calls_total,
                .requests_failed = metrics->calls_failed,
                .rate_limit_hits = metrics->rate_limit_hits,
                .validation_failures = metrics->validation_failures,
                .active_connections = (gint64)metrics->connections,
                .security_audit_requests = metrics->audit_calls,
                .bytes_received = metrics->bytes_received,
                .bytes_sent = metrics->bytes_sent,
                .cache_hits = metrics->cache_hits,
                .cache_misses = metrics->cache_misses,
                .search_requests = metrics->search_calls,
                .info_requests = metrics->details_calls,
                .status_requests = metrics->status_calls,
        };
        return TRUE;
}

/* Why a number is not known, as far as the snapshot says. */
static void set_unknown(const OmgSnapshot *snapshot, GError **error)
{
        if (!snapshot->local || !snapshot->sync)
                omg_snapshot_set_missing(snapshot, snapshot->local ? "sync" : "local", error);
        else
                g_set_error_literal(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE,
                                    "Not every database could be read, so the counts are not "
                                    "known");
}

/* Those of which a version is known: here there is no other way to say that it is not. */
static void set_runtimes(OmgSocketContext *context, OmgWireStatus *status)
{
        const GPtrArray *rows = context->runtimes ? context->runtimes->rows : NULL;
        OmgWireRuntime *items;
        gsize n = 0;

        if (!rows || rows->len == 0)
                return;
        items = omg_wire_arena_alloc_n(context->arena, rows->len, sizeof(*items));
        for (guint i = 0; i < rows->len; i++) {
                const OmgRuntimeRow *row = rows->pdata[i];

                if (omg_runtime_row_is_in_use(row) && row->version[0] != '\0')
                        items[n++] = (OmgWireRuntime){omg_wire_string(row->name),
                                                      omg_wire_string(row->version)};
        }
        status->runtime_versions.items = items;
        status->runtime_versions.n = n;
}

static gboolean answer_status(OmgSocketContext *context, const OmgWireRequest *request,
                              OmgWireResult *ret_result, GError **error)
{
        const OmgStatus *status = context->status;

        if (!omg_status_has_counts(status)) {
                set_unknown(context->snapshot, error);
                return FALSE;
        }
        ret_result->tag = OMG_WIRE_RESULT_STATUS;
        ret_result->status = (OmgWireStatus){
                .total_packages = status->total_packages,
                .explicit_packages = status->explicit_packages,
                .orphan_packages = status->orphan_packages,
                .updates_available = status->updates_available,
                .security_vulnerabilities = status->vulnerable_packages,
        };
        set_runtimes(context, &ret_result->status);
        return TRUE;
}

static gboolean answer_explicit_count(OmgSocketContext *context, const OmgWireRequest *request,
                                      OmgWireResult *ret_result, GError **error)
{
        if (context->status->explicit_packages == OMG_UNKNOWN) {
                set_unknown(context->snapshot, error);
                return FALSE;
        }
        ret_result->tag = OMG_WIRE_RESULT_EXPLICIT_COUNT;
        ret_result->count = context->status->explicit_packages;
        return TRUE;
}

/* ---- Batch ---- */

static gboolean answer_batch(OmgSocketContext *context, const OmgWireRequest *request,
                             OmgWireResult *ret_result, GError **error)
{
        gsize n = request->batch.n;
        OmgWireResponse *items = omg_wire_arena_alloc_n(context->arena, n, sizeof(*items));

        for (gsize i = 0; i < n && !omg_interrupt_is_cancelled(context->interrupt); i++)
                omg_socket_request_answer(context, &request->batch.items[i], &items[i]);
        ret_result->tag = OMG_WIRE_RESULT_BATCH;
        ret_result->batch.items = items;
        ret_result->batch.n = n;
        return TRUE;
}

/* ---- the table ---- */

typedef enum {
        NEEDS_DATA = 1 << 0,
        IS_HEAVY = 1 << 1,
        IS_KEPT = 1 << 2, /* the answer, in the cache */
} KindFlags;

/* FALSE with an error, which is the answer. */
typedef gboolean (*AnswerFunc)(OmgSocketContext *context, const OmgWireRequest *request,
                               OmgWireResult *ret_result, GError **error);

typedef struct {
        AnswerFunc answer;
        guint flags;
        gsize counter; /* in OmgMetrics */
} Kind;

#define KIND(answer_func, kind_flags, member)                   \
        {                                                       \
                .answer = (answer_func), .flags = (kind_flags), \
                .counter = G_STRUCT_OFFSET(OmgMetrics, member)  \
        }

static const Kind kinds[OMG_WIRE_REQUEST_N] = {
        [OMG_WIRE_SEARCH] = KIND(omg_socket_answer_search, NEEDS_DATA | IS_KEPT, search_calls),
        [OMG_WIRE_INFO] = KIND(omg_socket_answer_info, NEEDS_DATA, details_calls),
        [OMG_WIRE_STATUS] = KIND(answer_status, NEEDS_DATA, status_calls),
        [OMG_WIRE_EXPLICIT] = KIND(omg_socket_answer_explicit, NEEDS_DATA, list_calls),
        [OMG_WIRE_EXPLICIT_COUNT] = KIND(answer_explicit_count, NEEDS_DATA, list_calls),
        [OMG_WIRE_SECURITY_AUDIT] = KIND(omg_socket_answer_audit, NEEDS_DATA, audit_calls),
        [OMG_WIRE_PING] = KIND(answer_ping, 0, other_calls),
        [OMG_WIRE_CACHE_STATS] = KIND(answer_cache_stats, 0, other_calls),
        [OMG_WIRE_CACHE_CLEAR] = KIND(answer_cache_clear, 0, other_calls),
        [OMG_WIRE_METRICS] = KIND(answer_metrics, 0, other_calls),
        [OMG_WIRE_SUGGEST] = KIND(omg_socket_answer_suggest, NEEDS_DATA | IS_HEAVY, suggest_calls),
        [OMG_WIRE_BATCH] = KIND(answer_batch, 0, other_calls),
        [OMG_WIRE_DEBIAN_SEARCH] = KIND(omg_socket_answer_debian_search, 0, other_calls),
};

static gboolean has_flag(const OmgWireRequest *request, KindFlags flag)
{
        if (kinds[request->tag].flags & flag)
                return TRUE;
        if (request->tag != OMG_WIRE_BATCH)
                return FALSE;
        for (gsize i = 0; i < request->batch.n; i++)
                if (kinds[request->batch.items[i].tag].flags & flag)
                        return TRUE;
        return FALSE;
}

gboolean omg_socket_request_needs_data(const OmgWireRequest *request)
{
        return has_flag(request, NEEDS_DATA);
}

gboolean omg_socket_request_is_heavy(const OmgWireRequest *request)
{
        return has_flag(request, IS_HEAVY) ||
               (request->tag == OMG_WIRE_BATCH && request->batch.n > BATCH_ON_MAIN);
}

gboolean omg_socket_request_check(const OmgWireRequest *request, gboolean is_cut, GError **error)
{
        guint n_batches = 0, n_audits = 0;

        if (request->tag != OMG_WIRE_BATCH)
                return TRUE;
        for (gsize i = 0; i < request->batch.n; i++) {
                n_batches += request->batch.items[i].tag == OMG_WIRE_BATCH;
                n_audits += request->batch.items[i].tag == OMG_WIRE_SECURITY_AUDIT;
        }
        if (n_batches == 0 && !is_cut && request->batch.n <= OMG_LIMIT_BATCH &&
            n_audits <= OMG_LIMIT_BATCH_AUDITS)
                return TRUE;
        g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS,
                    "requests: a batch may hold %u requests, none of them a batch, and %u security "
                    "audits",
                    OMG_LIMIT_BATCH, OMG_LIMIT_BATCH_AUDITS);
        return FALSE;
}

void omg_socket_request_count(const OmgWireRequest *request, OmgMetrics *metrics)
{
        G_STRUCT_MEMBER(guint64, metrics, kinds[request->tag].counter)++;
        if (request->tag == OMG_WIRE_BATCH)
                for (gsize i = 0; i < request->batch.n; i++)
                        omg_socket_request_count(&request->batch.items[i], metrics);
}

void omg_socket_request_answer(OmgSocketContext *context, const OmgWireRequest *request,
                               OmgWireResponse *ret_response)
{
        g_autoptr(GError) error = NULL;
        OmgWireResponse *response = ret_response;

        response->tag = OMG_WIRE_SUCCESS;
        response->id = request->id;
        if (!kinds[request->tag].answer(context, request, &response->result, &error))
                omg_socket_response_set_error(context->arena, request->id, error, response);
}

/* ---- errors ---- */

void omg_socket_response_set_error(OmgWireArena *arena, guint64 id, const GError *error,
                                   OmgWireResponse *ret_response)
{
        g_autofree char *valid = omg_text_make_valid(error->message, -1);
        gsize length = strlen(valid);

        *ret_response = (OmgWireResponse){
                .tag = OMG_WIRE_ERROR,
                .id = id,
                .error.code = omg_error_get_legacy_code(omg_error_get_code(error)),
                .error.message = {omg_wire_arena_dup(arena, valid, length), length},
        };
}

/* By the numbers of the wire, of which those that count belong to one error each. */
static void count_error(const OmgWireResponse *response, OmgMetrics *metrics)
{
        static const OmgError counted[] = {OMG_ERROR_INVALID_ARGS, OMG_ERROR_UNDECODABLE,
                                           OMG_ERROR_LIMITS_EXCEEDED};

        for (gsize i = 0; i < G_N_ELEMENTS(counted); i++)
                if (response->error.code == omg_error_get_legacy_code((int)counted[i]))
                        omg_metrics_count_error(metrics, (int)counted[i]);
}

void omg_socket_response_count(const OmgWireResponse *response, OmgMetrics *metrics)
{
        if (response->tag == OMG_WIRE_ERROR) {
                metrics->calls_failed++;
                count_error(response, metrics);
        } else if (response->result.tag == OMG_WIRE_RESULT_BATCH) {
                for (gsize i = 0; i < response->result.batch.n; i++)
                        if (response->result.batch.items[i].tag == OMG_WIRE_ERROR)
                                count_error(&response->result.batch.items[i], metrics);
        }
}

/* ---- keys ---- */

gsize omg_socket_request_get_key(const OmgWireRequest *request,
                                 guint8 key[static OMG_SOCKET_KEY_SIZE])
{
        guint32 rows;

        if (!(kinds[request->tag].flags & IS_KEPT) || request->query.text.length > OMG_LIMIT_QUERY)
                return 0;
        rows = omg_socket_get_rows(request->query.limit);
        memcpy(key, &rows, sizeof(rows));
        memcpy(key + sizeof(rows), request->query.text.bytes, request->query.text.length);
        return sizeof(rows) + request->query.text.length;
}
