/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Any bytes as an OSV record and as the answer of a querybatch (osv): refused with an error, or
 * records that have what a reader counts on. */

#include <stdint.h>
#include <string.h>

#include "sources/osv-batch.h"
#include "sources/osv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_affected(const OmgOsvAffected *affected)
{
        gboolean has_introduced = FALSE;

        g_assert_cmpuint(strlen(affected->ecosystem), >, 0);
        g_assert_nonnull(affected->name);
        g_assert_true(affected->uncertain || affected->ranges->len > 0 || affected->versions[0]);
        for (guint i = 0; i < affected->ranges->len; i++) {
                const OmgOsvRange *range = g_ptr_array_index(affected->ranges, i);
                has_introduced = FALSE;
                for (guint j = 0; j < range->events->len; j++) {
                        const OmgOsvEvent *event = &g_array_index(range->events, OmgOsvEvent, j);
                        has_introduced |= event->kind == OMG_OSV_INTRODUCED;
                        g_assert_cmpuint(strlen(event->version), >, 0);
                }
                g_assert_true(has_introduced);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_autoptr(GBytes) bytes = g_bytes_new(data, size);
        g_autoptr(GError) error = NULL, batch_error = NULL;
        g_autoptr(OmgOsvRecord) record = NULL;
        const guint n = size % 4;
        OmgOsvHead head = {};

        g_assert_true(omg_osv_parse(bytes, &record, &error) == (error == NULL));
        g_assert_true(omg_osv_parse_head(bytes, &head, NULL) == (error == NULL));
        g_autofree char *id = head.id;
        g_assert_true(!id || head.is_withdrawn == (record == NULL));
        g_assert_true(!record || strcmp(record->id, id) == 0);
        for (guint i = 0; record && i < record->affected->len; i++)
                check_affected(g_ptr_array_index(record->affected, i));
        if (record) {
                g_assert_true(omg_osv_id_check(record->id));
                g_assert_true(g_utf8_validate(record->summary, -1, NULL));
                for (guint i = 0; record->references[i]; i++)
                        g_assert_true(g_str_has_prefix(record->references[i], "http"));
        }
        g_autoptr(GPtrArray) results = omg_osv_batch_parse(bytes, n, &batch_error);
        g_assert_true((results == NULL) == (batch_error != NULL));
        g_assert_true(!results || results->len == n);
        return 0;
}
