/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Any bytes as the body of a request: answered by one whole reply, which has the request's id when
 * the request can be read, and says -32700 when it cannot; the same on main and on a thread, and
 * out of the cache. */

#include <stdint.h>

#include "faces/socket-work.h"
#include "fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const FixturePackage sync_packages[] = {
        {"core", "bash", "5.2-1", "The GNU shell", NULL, NULL, 0, "D:glibc>=2 P:sh"},
        {"core", "glibc", "2.38-7", "GNU C Library", NULL, NULL, 0, NULL},
        {"extra", "vim", "9.0-1",
         "Vi Improved, an editor with so many wishes: caf\xc3\xa9 and more", NULL, NULL, 0, NULL},
        {},
};
static const FixturePackage local_packages[] = {
        {NULL, "bash", "5.1-1", "The GNU shell", NULL, NULL, OMG_PACKAGE_EXPLICIT, NULL},
        {NULL, "own", "1-1", "Mine", NULL, NULL, OMG_PACKAGE_ORPHAN, NULL},
        {},
};

static struct {
        OmgSnapshot *snapshot;
        OmgStatus status;
        OmgMetrics metrics;
        OmgSearch *search;
        OmgCache *cache;
        OmgWireArena *arena;
        OmgWireEncoder *encoder;
        OmgWireArena *read_arena;
} state;

static void set_up(void)
{
        state.snapshot = fixture_snapshot(sync_packages, local_packages,
                                          "[core]\nServer = file:///c\n"
                                          "[extra]\nServer = file:///e\n");
        omg_status_compute(state.snapshot, 0, &state.status);
        state.search = omg_search_new();
        state.cache = omg_cache_new(10, 10000, G_MAXUINT64);
        state.arena = omg_wire_arena_new();
        state.encoder = omg_wire_encoder_new();
        state.read_arena = omg_wire_arena_new();
}

static OmgSocketOutcome run(const uint8_t *data, size_t size, OmgCache *cache, GByteArray *out)
{
        OmgSocketFacts facts = {};
        OmgSocketWork work = {
                .context =
                        {
                                .snapshot = state.snapshot,
                                .status = &state.status,
                                .metrics = &state.metrics,
                                .cache = cache,
                                .search = state.search,
                                .arena = state.arena,
                        },
                .encoder = state.encoder,
                .counters = &state.metrics,
        };

        return omg_socket_work_run(&work, data, size, &facts, out);
}

/* @request: NULL when the body is none. */
static void check_reply(const GByteArray *out, const OmgWireRequest *request)
{
        const OmgWireCaps caps = {1000000, OMG_LIMIT_DEPTH};
        OmgWireResponse response;
        guint32 length;

        g_assert_cmpuint(out->len, >, sizeof(length));
        memcpy(&length, out->data, sizeof(length));
        g_assert_cmpuint(GUINT32_FROM_BE(length), ==, out->len - sizeof(length));
        g_assert_true(omg_wire_decode(&omg_wire_response_type, out->data + sizeof(length),
                                      out->len - sizeof(length), &caps, state.read_arena, &response,
                                      NULL, NULL));
        g_assert_cmpuint(response.id, ==, request ? request->id : 0);
        if (!request)
                g_assert_cmpint(response.error.code, ==, -32700);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        const OmgWireCaps caps = {1000000, OMG_LIMIT_DEPTH};
        g_autoptr(GByteArray) first = g_byte_array_new();
        g_autoptr(GByteArray) second = g_byte_array_new();
        OmgWireRequest request;
        OmgSocketOutcome outcome;

        if (!state.snapshot)
                set_up();
        omg_wire_arena_reset(state.read_arena);
        const gboolean is_request = omg_wire_decode(&omg_wire_request_type, data, size, &caps,
                                                    state.read_arena, &request, NULL, NULL);

        outcome = run(data, size, NULL, first);
        g_assert_cmpint(outcome, ==,
                        is_request ? OMG_SOCKET_WORK_ANSWERED : OMG_SOCKET_WORK_UNDECODABLE);
        check_reply(first, is_request ? &request : NULL);
        for (guint i = 0; i < 2; i++) {
                g_byte_array_set_size(second, 0);
                if (run(data, size, state.cache, second) == OMG_SOCKET_WORK_ON_POOL)
                        g_assert_cmpuint(second->len, ==, 0);
                else
                        check_reply(second, is_request ? &request : NULL);
                if (is_request && request.tag == OMG_WIRE_SEARCH)
                        g_assert_cmpmem(first->data, first->len, second->data, second->len);
        }
        return 0;
}
