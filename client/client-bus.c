/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <string.h>

#include "client.h"

/* Everything by which the bus, the activation of the service or sd-bus itself says "no omgd". */
static const char *const unreachable_names[] = {
        SD_BUS_ERROR_DISCONNECTED,
        SD_BUS_ERROR_NAME_HAS_NO_OWNER,
        SD_BUS_ERROR_NO_REPLY,
        SD_BUS_ERROR_NO_SERVER,
        SD_BUS_ERROR_SERVICE_UNKNOWN,
        SD_BUS_ERROR_TIMEOUT,
        "org.freedesktop.DBus.Error.AuthFailed",
        "org.freedesktop.DBus.Error.TimedOut",
        NULL,
};

/* What sd-bus returns when the connection is refused, breaks or was never there. */
static const int unreachable_errnos[] = {
        ECONNABORTED, ECONNREFUSED, ECONNRESET,    EHOSTDOWN, EHOSTUNREACH, ENOENT,
        ENOMEDIUM,    ENOTCONN,     ENXIO,         EPIPE,     ESRCH,        ESTALE,
        ETIMEDOUT,    ENOTDIR,      EADDRNOTAVAIL, EACCES,
};

int omg_bus_open(OmgClient *client, sd_bus_error *error)
{
        if (client->bus)
                return 0;
        int r = sd_bus_open_user_with_description(&client->bus, "omgctl");
        if (r < 0)
                return sd_bus_error_setf(error, SD_BUS_ERROR_NO_SERVER, _("No session bus: %s"),
                                         g_strerror(-r));
        int seconds = client->timeout_sec > 0 ? client->timeout_sec : OMG_CLIENT_TIMEOUT_SEC;
        return sd_bus_set_method_call_timeout(client->bus, seconds * G_USEC_PER_SEC);
}

int omg_bus_new_call(OmgClient *client, const char *interface, const char *member,
                     sd_bus_message **ret_call)
{
        return sd_bus_message_new_method_call(client->bus, ret_call, OMG_BUS_NAME, OMG_BUS_PATH,
                                              interface, member);
}

int omg_bus_call(OmgClient *client, sd_bus_message *call, const char *types,
                 sd_bus_message **ret_reply, sd_bus_error *error)
{
        g_autoptr(sd_bus_message) reply = NULL;

        int r = sd_bus_call(client->bus, call, 0, error, &reply);
        if (r < 0)
                return r;
        if (!sd_bus_message_has_signature(reply, types))
                return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_SIGNATURE,
                                         _("omgd answers %s with %s instead of %s"),
                                         sd_bus_message_get_member(call),
                                         sd_bus_message_get_signature(reply, TRUE), types);
        *ret_reply = g_steal_pointer(&reply);
        return 0;
}

int omg_bus_append_strv(sd_bus_message *call, const char *key, char *const *values)
{
        int r = sd_bus_message_open_container(call, SD_BUS_TYPE_DICT_ENTRY, "sv");
        if (r >= 0)
                r = sd_bus_message_append(call, "s", key);
        if (r >= 0)
                r = sd_bus_message_open_container(call, SD_BUS_TYPE_VARIANT, "as");
        if (r >= 0)
                r = sd_bus_message_append_strv(call, (char **)values);
        if (r >= 0)
                r = sd_bus_message_close_container(call);
        if (r >= 0)
                r = sd_bus_message_close_container(call);
        return r;
}

gboolean omg_bus_is_unreachable(const char *name)
{
        return g_strv_contains(unreachable_names, name) ||
               g_str_has_prefix(name, "org.freedesktop.DBus.Error.Spawn.") ||
               g_str_has_prefix(name, "org.freedesktop.systemd1.");
}

const char *omg_bus_short_name(const char *name)
{
        const char *dot = strrchr(name, '.');
        return dot ? dot + 1 : name;
}

const char *omg_bus_short_name_and_text(const char *error)
{
        gsize length = strcspn(error, ": ");
        const char *dot = memrchr(error, '.', length);

        return dot ? dot + 1 : error;
}

static gboolean errno_is_unreachable(int errnum)
{
        for (gsize i = 0; i < G_N_ELEMENTS(unreachable_errnos); i++)
                if (unreachable_errnos[i] == errnum)
                        return TRUE;
        return FALSE;
}

int omg_bus_report(int r, const sd_bus_error *error)
{
        gboolean named = error && error->name;
        /* sd-bus sets an error for its own troubles too, with a name that may be System.Error.*. */
        gboolean local = !named || g_str_has_prefix(error->name, "System.Error.");
        const char *name = local ? "org.omgd1.Error.Unavailable" : error->name;
        gboolean unreachable =
                local ? errno_is_unreachable(-r) : omg_bus_is_unreachable(error->name);
        g_autofree char *message =
                g_utf8_make_valid(named && error->message ? error->message : g_strerror(-r), -1);

        omg_output_error("%s: %s", omg_bus_short_name(name), message);
        if (unreachable && g_strcmp0(name, SD_BUS_ERROR_NO_SERVER) != 0)
                omg_output_hint(_("Is omgd running? Start it with: omgd"));
        if (g_str_equal(name, "org.omgd1.Error.NotFound"))
                return OMG_CLIENT_NOT_FOUND;
        return unreachable ? OMG_CLIENT_UNREACHABLE : OMG_CLIENT_ERROR;
}
