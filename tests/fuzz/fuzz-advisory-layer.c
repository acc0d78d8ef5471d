/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Any bytes as an index of advisories: refused, or asked everything, also by an audit, without a
 * fault. */

#include <stdint.h>
#include <string.h>

#include "engine/audit.h"
#include "fixture.h"
#include "tests/fuzz/mend-sections.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_ASKED 200u

static void read_list(const OmgAdvisoryLayer *layer, const OmgAdvisoryRun *run)
{
        for (guint i = 0; i < MIN(run->count, MAX_ASKED); i++)
                (void)omg_advisory_layer_get_listed(layer, run, i);
}

static void read_group(const OmgAdvisoryLayer *layer, guint index)
{
        const OmgAdvisoryGroup *group = omg_advisory_layer_get_group(layer, index);

        (void)omg_advisory_layer_find_group(layer, omg_advisory_layer_get_text(layer, group->id));
        (void)omg_advisory_layer_get_text(layer, group->fixed);
        read_list(layer, &group->packages);
        read_list(layer, &group->issues);
        read_list(layer, &group->advisories);
        read_list(layer, &group->references);
        (void)omg_advisory_layer_get_text(layer, group->notes);
}

static void read_affected(const OmgAdvisoryLayer *layer, guint index)
{
        const OmgAdvisoryAffected *affected = omg_advisory_layer_get_affected(layer, index);
        const OmgAdvisoryRecord *record = omg_advisory_layer_get_record(layer, affected->record);
        OmgAdvisoryRun ranges =
                omg_advisory_layer_clip(layer, OMG_ADVISORY_RANGES, affected->ranges);

        (void)omg_advisory_layer_find_record(layer, omg_advisory_layer_get_text(layer, record->id));
        read_list(layer, &record->aliases);
        read_list(layer, &record->references);
        read_list(layer, &affected->versions);
        for (guint i = 0; i < MIN(ranges.count, MAX_ASKED); i++) {
                const OmgAdvisoryRange *range =
                        omg_advisory_layer_get_range(layer, ranges.first + i);
                OmgAdvisoryRun events =
                        omg_advisory_layer_clip(layer, OMG_ADVISORY_EVENTS, range->events);
                for (guint j = 0; j < MIN(events.count, MAX_ASKED); j++)
                        (void)omg_advisory_layer_get_text(
                                layer,
                                omg_advisory_layer_get_event(layer, events.first + j)->version);
        }
}

static void read_layer(const OmgAdvisoryLayer *layer)
{
        guint n = MIN(omg_advisory_layer_get_n_names(layer), MAX_ASKED);

        for (guint i = 0; i < n; i++) {
                const OmgAdvisoryName *name = omg_advisory_layer_get_name(layer, i);
                (void)omg_advisory_layer_find(layer,
                                              omg_advisory_layer_get_text(layer, name->ecosystem),
                                              omg_advisory_layer_get_text(layer, name->name));
                for (guint j = 0; j < MIN(name->entries.count, MAX_ASKED); j++) {
                        guint entry = omg_advisory_layer_get_entry(layer, name, j);
                        if (name->is_osv)
                                read_affected(layer, entry);
                        else
                                read_group(layer, entry);
                }
        }
        (void)omg_advisory_layer_find(layer, "", "zlib");
        for (guint i = 0; i <= OMG_ADVISORY_SOURCE_N; i++)
                (void)omg_advisory_layer_get_source(layer, i);
}

/* Of packages that the seeds know. */
static void audit(const OmgAdvisoryLayer *layer)
{
        static const FixturePackage packages[] = {{"core", "bash", "5.1-1"},
                                                  {"core", "nodejs-nopt", "1.5.0-1"},
                                                  {"core", "python-yaml", "0.9-1"},
                                                  {"core", "zlib", "1.1-1"},
                                                  {}};
        static const char rules[] = "[Prefixes]\npython-=PyPI\nnodejs-=npm\n";
        g_autoptr(GBytes) text = g_bytes_new_static(rules, sizeof(rules) - 1);
        g_autoptr(OmgOsvNames) names = omg_osv_names_new(&text, 1, NULL, NULL);
        g_autoptr(OmgSnapshot) snapshot =
                fixture_snapshot(packages, packages, "[options]\n[core]\n");
        OmgAuditParams params = {.snapshot = snapshot, .advisories = layer, .names = names};
        g_autoptr(GError) error = NULL;
        g_autoptr(OmgAudit) result = omg_audit_new(&params, &error);

        g_assert_true((result == NULL) == (error != NULL));
        for (guint i = 0; result && i < result->findings->len; i++)
                g_assert_nonnull(((OmgFinding *)g_ptr_array_index(result->findings, i))->fixed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_autofree guint8 *copy = g_memdup2(data, size);

        if (!copy)
                return 0;
        mend_sections(copy, size, OMG_ADVISORY_SECTION_N);
        g_autoptr(GBytes) bytes = g_bytes_new(copy, size);
        g_autoptr(OmgAdvisoryLayer) layer = omg_advisory_layer_new_from_bytes(bytes, NULL);
        if (!layer)
                return 0;
        /* First: what reading finds malformed stays so. */
        audit(layer);
        read_layer(layer);
        return 0;
}
