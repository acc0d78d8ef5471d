/* SPDX-License-Identifier: GPL-3.0-or-later */
/* org.omgd1.Manager: nudges, caches, inhibitors. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/text.h"
#include "engine/security.h"
#include "faces/bus-call.h"
#include "faces/bus-interfaces.h"
#include "faces/bus-manager.h"
#include "faces/bus-options.h"
#include "loop/log.h"
#include "store/layer-kind.h"

#define MAX_KINDS 16u

/* ---- StateHasChanged ---- */

static int run_state_has_changed(OmgService *service, sd_bus_message *call, sd_bus_message *reply,
                                 GError **error)
{
        const char *reason;
        int r = sd_bus_message_read_basic(call, 's', &reason);

        if (r < 0)
                return r;
        if (strlen(reason) > OMG_LIMIT_REASON)
                return omg_call_fail(error, OMG_ERROR_INVALID_ARGS, "reason: longer than %u bytes",
                                     OMG_LIMIT_REASON);
        if (omg_log_enabled(LOG_DEBUG)) {
                g_autofree char *text = omg_text_strip(reason);
                omg_log_with(LOG_DEBUG, NULL,
                             (&(OmgLogFields){.method = "StateHasChanged",
                                              .sender = sd_bus_message_get_sender(call)}),
                             "Something has changed: %s", text);
        }
        return omg_nudge_give(service->nudge);
}

/* ---- GetCacheInfo, ClearCache ---- */

static int append_replies(sd_bus_message *reply, OmgService *service)
{
        OmgCacheInfo info;
        int r;

        omg_cache_get_info(service->replies, omg_clock_now(), &info);
        if ((r = sd_bus_message_open_container(reply, 'e', "sv")) < 0 ||
            (r = sd_bus_message_append_basic(reply, 's', "replies")) < 0 ||
            (r = sd_bus_message_open_container(reply, 'v', "a{sv}")) < 0)
                return r;
        r = sd_bus_message_append(reply, "a{sv}", 7, "entries", "u", info.entries, "bytes", "t",
                                  (guint64)info.bytes, "hits", "t", service->metrics.cache_hits,
                                  "misses", "t", service->metrics.cache_misses, "max-entries", "u",
                                  info.max_entries, "max-bytes", "t", (guint64)info.max_bytes,
                                  "ttl", "u", (guint32)(info.max_age_usec / G_USEC_PER_SEC));
        if (r < 0 || (r = sd_bus_message_close_container(reply)) < 0)
                return r;
        return sd_bus_message_close_container(reply);
}

static int append_index_file(sd_bus_message *reply, const char *name, const OmgSectionFile *file)
{
        return sd_bus_message_append(reply, "(stt)", name, (guint64)file->size, file->built_usec);
}

static const OmgSectionFile *get_index_file(const OmgSnapshot *snapshot, OmgLayerKind kind)
{
        const OmgFilesLayer *files = NULL;
        const OmgLayer *layer = NULL;

        if (!snapshot)
                return NULL;
        switch (kind) {
        case OMG_LAYER_SYNC:
                layer = snapshot->sync;
                break;
        case OMG_LAYER_LOCAL:
                layer = snapshot->local;
                break;
        case OMG_LAYER_SYNC_FILES:
                files = snapshot->files[OMG_FILES_REPO].layer;
                break;
        case OMG_LAYER_LOCAL_FILES:
                files = snapshot->files[OMG_FILES_LOCAL].layer;
                break;
        case OMG_LAYER_AUR:
                layer = snapshot->aur;
                break;
        }
        if (layer)
                return omg_layer_get_file(layer);
        return files ? omg_files_layer_get_file(files) : NULL;
}

static int append_index(sd_bus_message *reply, const OmgSnapshot *snapshot)
{
        static const OmgLayerKind kinds[] = {OMG_LAYER_SYNC, OMG_LAYER_LOCAL, OMG_LAYER_SYNC_FILES,
                                             OMG_LAYER_LOCAL_FILES, OMG_LAYER_AUR};
        int r;

        if ((r = sd_bus_message_open_container(reply, 'e', "sv")) < 0 ||
            (r = sd_bus_message_append_basic(reply, 's', "index")) < 0 ||
            (r = sd_bus_message_open_container(reply, 'v', "a(stt)")) < 0 ||
            (r = sd_bus_message_open_container(reply, 'a', "(stt)")) < 0)
                return r;
        for (gsize i = 0; r >= 0 && i < G_N_ELEMENTS(kinds); i++) {
                const OmgSectionFile *file = get_index_file(snapshot, kinds[i]);
                g_autofree char *name =
                        g_strconcat(omg_layer_kind_get_name(kinds[i]), ".idx", NULL);
                if (file)
                        r = append_index_file(reply, name, file);
        }
        if (r >= 0 && snapshot && snapshot->security && snapshot->security->advisories)
                r = append_index_file(reply, OMG_ADVISORY_LAYER_NAME,
                                      omg_advisory_layer_get_file(snapshot->security->advisories));
        if (r < 0 || (r = sd_bus_message_close_container(reply)) < 0 ||
            (r = sd_bus_message_close_container(reply)) < 0)
                return r;
        return sd_bus_message_close_container(reply);
}

static int run_get_cache_info(OmgService *service, sd_bus_message *call, sd_bus_message *reply,
                              GError **error)
{
        int r;

        if ((r = sd_bus_message_open_container(reply, 'a', "{sv}")) < 0 ||
            (r = append_replies(reply, service)) < 0 ||
            (r = append_index(reply, service->snapshot)) < 0)
                return r;
        if (service->store_state)
                r = omg_bus_entry_append(reply, "store", 's', service->store_state);
        if (r >= 0 && service->snapshot)
                r = omg_bus_entry_append(reply, "generation", 't', &service->snapshot->generation);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int run_clear_cache(OmgService *service, sd_bus_message *call, sd_bus_message *reply,
                           GError **error)
{
        g_auto(GStrv) kinds = NULL;
        int r;

        if ((r = omg_bus_strv_read(call, "what", MAX_KINDS, &kinds, error)) < 0 ||
            (r = omg_bus_options_read(call, NULL, 0, error)) < 0)
                return r;
        /* All are looked at before any is cleared. */
        for (char **kind = kinds; *kind; kind++) {
                if (!g_str_equal(*kind, "replies"))
                        return omg_call_fail(error, OMG_ERROR_INVALID_ARGS,
                                             "what: \"%.64s\" is no cache; there is: replies",
                                             *kind);
        }
        omg_cache_clear(service->replies);
        return 0;
}

/* ---- Inhibit ---- */

static int run_inhibit(OmgService *service, sd_bus_message *call, sd_bus_message *reply,
                       GError **error)
{
        const char *what, *who, *why;
        int r, fd;

        r = sd_bus_message_read(call, "sss", &what, &who, &why);
        if (r < 0)
                return r;
        if (!omg_inhibitors_add(service->inhibitors, what, who, why,
                                sd_bus_message_get_sender(call) ?: "", &fd, error))
                return -EBADMSG;
        /* sd-bus keeps a descriptor of its own; when it has gone out, the caller's is the last. */
        r = sd_bus_message_append_basic(reply, 'h', &fd);
        (void)close(fd);
        return r;
}

static int append_words(sd_bus_message *reply, guint what)
{
        g_autofree const char **words = omg_inhibitors_dup_words(what);

        return sd_bus_message_append_strv(reply, (char **)words);
}

static int append_inhibitor(sd_bus_message *reply, const OmgInhibitor *inhibitor)
{
        int r;

        if ((r = sd_bus_message_open_container(reply, 'r', "asssst")) < 0 ||
            (r = append_words(reply, inhibitor->what)) < 0 ||
            (r = sd_bus_message_append(reply, "ssst", inhibitor->who, inhibitor->why,
                                       inhibitor->sender, inhibitor->since_usec)) < 0)
                return r;
        return sd_bus_message_close_container(reply);
}

static int run_list_inhibitors(OmgService *service, sd_bus_message *call, sd_bus_message *reply,
                               GError **error)
{
        const GPtrArray *all = omg_inhibitors_get_all(service->inhibitors);
        int r = sd_bus_message_open_container(reply, 'a', "(asssst)");

        for (guint i = 0; r >= 0 && i < all->len; i++)
                r = append_inhibitor(reply, all->pdata[i]);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

int omg_bus_property_get_inhibited(sd_bus *bus, const char *path, const char *interface,
                                   const char *property, sd_bus_message *reply, void *userdata,
                                   sd_bus_error *ret_error)
{
        const OmgService *service = userdata;

        return append_words(reply, omg_inhibitors_get(service->inhibitors));
}

/* ---- handlers ---- */

#define DEFINE_HANDLER(define, name)                                           \
        define(name, other_calls, FALSE) int omg_bus_method_##name(            \
                sd_bus_message *call, void *userdata, sd_bus_error *ret_error) \
        {                                                                      \
                return method_##name(call, userdata, ret_error);               \
        }

DEFINE_HANDLER(OMG_DEFINE_CHANGE, state_has_changed)
DEFINE_HANDLER(OMG_DEFINE_METHOD, get_cache_info)
DEFINE_HANDLER(OMG_DEFINE_CHANGE, clear_cache)
DEFINE_HANDLER(OMG_DEFINE_CHANGE, inhibit)
DEFINE_HANDLER(OMG_DEFINE_METHOD, list_inhibitors)
