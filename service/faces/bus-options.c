/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "faces/bus-options.h"

#include <errno.h>
#include <stdlib.h>

#include "base/limits.h"
#include "faces/bus-call.h"

static const struct {
        const char *signature;
        const char *text;
} types[] = {
        [OMG_BUS_OPTION_BOOL] = {"b", "a boolean"},
        [OMG_BUS_OPTION_UINT32] = {"u", "an unsigned 32-bit number"},
        [OMG_BUS_OPTION_UINT64] = {"t", "an unsigned 64-bit number"},
        [OMG_BUS_OPTION_INT64] = {"x", "a signed 64-bit number"},
        [OMG_BUS_OPTION_STRING] = {"s", "a string"},
        [OMG_BUS_OPTION_BYTES] = {"ay", "an array of bytes"},
        [OMG_BUS_OPTION_STRV] = {"as", "a list of strings"},
};

static int fail_unreadable(GError **error, int r)
{
        return omg_call_fail(error, OMG_ERROR_INVALID_ARGS, "The message cannot be read: %s",
                             g_strerror(-r));
}

int omg_bus_strv_read(sd_bus_message *message, const char *what, guint max, GStrv *ret_strv,
                      GError **error)
{
        g_autoptr(GPtrArray) strings = g_ptr_array_new_with_free_func(g_free);
        const char *string;
        int r;

        r = sd_bus_message_enter_container(message, 'a', "s");
        if (r < 0)
                return fail_unreadable(error, r);
        while ((r = sd_bus_message_read_basic(message, 's', &string)) > 0) {
                if (strings->len >= max)
                        return omg_call_fail(error, OMG_ERROR_INVALID_ARGS,
                                             "%s has more than %u strings", what, max);
                g_ptr_array_add(strings, g_strdup(string));
        }
        if (r >= 0)
                r = sd_bus_message_exit_container(message);
        if (r < 0)
                return fail_unreadable(error, r);

        g_ptr_array_add(strings, NULL);
        *ret_strv = (GStrv)g_ptr_array_steal(strings, NULL);
        return 0;
}

static int read_strv_value(sd_bus_message *message, const OmgBusOption *option, GError **error)
{
        g_autofree char *what = g_strdup_printf("Option \"%s\"", option->name);
        GStrv strv;
        int r;

        r = omg_bus_strv_read(message, what, OMG_LIMIT_REPOSITORIES, &strv, error);
        if (r < 0)
                return r;
        g_strfreev(*(GStrv *)option->target);
        *(GStrv *)option->target = strv;
        return 0;
}

static int read_bytes_value(sd_bus_message *message, const OmgBusOption *option, GError **error)
{
        GBytes **bytes = option->target;
        const void *data;
        size_t size;
        int r;

        r = sd_bus_message_read_array(message, 'y', &data, &size);
        if (r < 0)
                return fail_unreadable(error, r);
        g_clear_pointer(bytes, g_bytes_unref);
        *bytes = g_bytes_new(data, size);
        return 0;
}

static int read_basic_value(sd_bus_message *message, const OmgBusOption *option, GError **error)
{
        int r = sd_bus_message_read_basic(message, types[option->type].signature[0],
                                          option->target);

        return r < 0 ? fail_unreadable(error, r) : 0;
}

static int read_value(sd_bus_message *message, const OmgBusOption *option, GError **error)
{
        const char *signature = types[option->type].signature;
        const char *contents;
        int r;

        r = sd_bus_message_peek_type(message, NULL, &contents);
        if (r < 0)
                return fail_unreadable(error, r);
        if (!g_str_equal(contents, signature))
                return omg_call_fail(error, OMG_ERROR_INVALID_ARGS,
                                     "Option \"%s\" must be %s (%s), not of type %s", option->name,
                                     types[option->type].text, signature, contents);

        r = sd_bus_message_enter_container(message, 'v', signature);
        if (r < 0)
                return fail_unreadable(error, r);
        r = option->type == OMG_BUS_OPTION_STRV    ? read_strv_value(message, option, error)
            : option->type == OMG_BUS_OPTION_BYTES ? read_bytes_value(message, option, error)
                                                   : read_basic_value(message, option, error);
        if (r < 0)
                return r;
        if (option->given)
                *option->given = TRUE;
        r = sd_bus_message_exit_container(message);
        return r < 0 ? fail_unreadable(error, r) : 0;
}

static int read_entry(sd_bus_message *message, const OmgBusOption *options, gsize n_options,
                      GError **error)
{
        const char *name;
        int r;

        r = sd_bus_message_read_basic(message, 's', &name);
        if (r < 0)
                return fail_unreadable(error, r);
        for (gsize i = 0; i < n_options; i++)
                if (g_str_equal(options[i].name, name))
                        return read_value(message, &options[i], error);
        r = sd_bus_message_skip(message, "v");
        return r < 0 ? fail_unreadable(error, r) : 0;
}

int omg_bus_options_read(sd_bus_message *message, const OmgBusOption *options, gsize n_options,
                         GError **error)
{
        int r;

        r = sd_bus_message_enter_container(message, 'a', "{sv}");
        if (r < 0)
                return fail_unreadable(error, r);
        while ((r = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
                r = read_entry(message, options, n_options, error);
                if (r < 0)
                        return r;
                r = sd_bus_message_exit_container(message);
                if (r < 0)
                        break;
        }
        if (r >= 0)
                r = sd_bus_message_exit_container(message);
        return r < 0 ? fail_unreadable(error, r) : 0;
}

int omg_bus_word_find(const char *option, const char *value, const char *const *words,
                      guint *ret_index, GError **error)
{
        g_autofree char *known = NULL;

        for (guint i = 0; words[i]; i++) {
                if (g_str_equal(words[i], value)) {
                        *ret_index = i;
                        return 0;
                }
        }
        known = g_strjoinv(", ", (char **)words);
        return omg_call_fail(error, OMG_ERROR_INVALID_ARGS, "%s: \"%.64s\" is none of %s", option,
                             value, known);
}

void omg_bus_page_get_range(const OmgBusPage *page, guint total, guint *ret_from, guint *ret_to)
{
        *ret_from = MIN(page->offset, total);
        *ret_to = *ret_from + MIN(page->limit, total - *ret_from);
}

int omg_bus_page_check(const OmgBusPage *page, OmgService *service, GError **error)
{
        const OmgSnapshot *snapshot;

        if (page->limit > OMG_LIMIT_ROWS)
                return omg_call_fail(error, OMG_ERROR_INVALID_ARGS,
                                     "Option \"limit\" is %u, more than %u", page->limit,
                                     OMG_LIMIT_ROWS);
        if (page->has_max_age && !omg_service_is_fresh(service, page->max_age) &&
            omg_calls_wait_for_refresh(service->calls, OMG_REFRESH_SYNC | OMG_REFRESH_LOCAL))
                return -EINPROGRESS;
        snapshot = service->snapshot;
        if (page->has_generation && page->generation != snapshot->generation)
                return omg_call_fail(error, OMG_ERROR_INVALID_ARGS,
                                     "Option \"generation\": the data has changed since "
                                     "%" G_GUINT64_FORMAT ", it is %" G_GUINT64_FORMAT
                                     " now; start again at offset 0",
                                     page->generation, snapshot->generation);
        return 0;
}

int omg_bus_entry_append(sd_bus_message *reply, const char *key, char type, const void *value)
{
        const char signature[] = {type, '\0'};
        int r;

        if ((r = sd_bus_message_open_container(reply, 'e', "sv")) < 0 ||
            (r = sd_bus_message_append_basic(reply, 's', key)) < 0 ||
            (r = sd_bus_message_open_container(reply, 'v', signature)) < 0 ||
            (r = sd_bus_message_append_basic(reply, type, value)) < 0 ||
            (r = sd_bus_message_close_container(reply)) < 0)
                return r;
        return sd_bus_message_close_container(reply);
}

int omg_bus_entry_append_strv(sd_bus_message *reply, const char *key, const char *const *strv)
{
        int r;

        if ((r = sd_bus_message_open_container(reply, 'e', "sv")) < 0 ||
            (r = sd_bus_message_append_basic(reply, 's', key)) < 0 ||
            (r = sd_bus_message_open_container(reply, 'v', "as")) < 0 ||
            (r = sd_bus_message_append_strv(reply, (char **)strv)) < 0 ||
            (r = sd_bus_message_close_container(reply)) < 0)
                return r;
        return sd_bus_message_close_container(reply);
}
