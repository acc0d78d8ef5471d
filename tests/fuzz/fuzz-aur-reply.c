/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Any bytes as an answer of the AUR's RPC (aur-reply): refused with an error, or a list of results
 * that is one, of whose records each that is taken has what a reader counts on. */

#include <stdint.h>

#include "aur-check.h"
#include "omgd-index/aur-reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_autofree char *text = g_malloc0(size + 1);
        g_autoptr(OmgJsonSplit) split = omg_json_split_new(4096, check_element, NULL);
        g_autoptr(GError) error = NULL;
        OmgAurReply reply;

        if (size > 0)
                memcpy(text, data, size);
        if (!omg_aur_reply_parse(text, size, &reply, &error)) {
                g_assert_nonnull(error);
                check_text(error->message, 1000);
                return 0;
        }
        g_assert_no_error(error);
        g_assert_true(reply.results > text && reply.results + reply.size < text + size);
        g_assert_cmpint(reply.results[0], ==, '[');
        /* Its brackets are those that the splitter counts. */
        g_assert_true(omg_json_split_feed(split, reply.results, reply.size, NULL));
        (void)omg_json_split_finish(split, NULL);
        return 0;
}
