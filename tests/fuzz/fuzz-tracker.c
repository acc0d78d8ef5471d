/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Any bytes as the tracker's list (tracker): refused with an error, or groups that each have what a
 * reader counts on. */

#include <stdint.h>
#include <string.h>

#include "sources/tracker.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_list(GStrv list, guint at_least)
{
        g_assert_nonnull(list);
        g_assert_cmpuint(g_strv_length(list), >=, at_least);
        for (guint i = 0; list[i]; i++) {
                g_assert_cmpuint(strlen(list[i]), >, 0);
                for (guint j = 0; j < i; j++)
                        g_assert_cmpstr(list[i], !=, list[j]);
        }
}

static void check_group(const OmgTrackerGroup *group)
{
        g_assert_true(omg_tracker_id_check(group->id));
        check_list(group->packages, 1);
        check_list(group->issues, 0);
        check_list(group->advisories, 0);
        check_list(group->references, 0);
        g_assert_true(g_utf8_validate(group->notes, -1, NULL));
        g_assert_cmpuint(group->status, <, OMG_TRACKER_N);
        g_assert_cmpuint(group->severity, <, OMG_SEVERITY_N);
        g_assert_true(g_utf8_validate(group->type, -1, NULL));
        g_assert_cmpuint(strlen(group->affected), >, 0);
        g_assert_true(!group->fixed || *group->fixed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_autoptr(GBytes) bytes = g_bytes_new(data, size);
        g_autoptr(GError) error = NULL;
        g_autoptr(OmgTrackerFeed) feed = omg_tracker_parse(bytes, &error);

        g_assert_true((feed == NULL) == (error != NULL));
        for (guint i = 0; feed && i < feed->groups->len; i++)
                check_group(g_ptr_array_index(feed->groups, i));
        if (feed) {
                g_assert_cmpuint(feed->groups->len, >, 0);
                g_assert_true((feed->n_dropped > 0) == (feed->reason != NULL));
        }
        g_autoptr(GError) group_error = NULL;
        g_autoptr(OmgTrackerGroup) group = omg_tracker_group_parse(bytes, &group_error);
        g_assert_true((group == NULL) == (group_error != NULL));
        if (group) {
                check_group(group);
                g_assert_true(omg_tracker_group_equal(group, group));
                g_assert_cmpuint(omg_tracker_id_get_number(group->id), <=, G_MAXINT64);
        }
        return 0;
}
