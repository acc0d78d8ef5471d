/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sources/omgd-conf-keys.h"

#include <string.h>

#include "base/limits.h"

static const char *const switch_words[] = {"false", "true", NULL};
static const char *const network_words[] = {
        [OMG_NETWORK_AUTO] = "auto",
        [OMG_NETWORK_ONLINE] = "online",
        [OMG_NETWORK_OFFLINE] = "offline",
        NULL,
};
static const char *const metered_words[] = {
        [OMG_METERED_AUTO] = "auto",
        [OMG_METERED_YES] = "yes",
        [OMG_METERED_NO] = "no",
        NULL,
};

#define AT(member) .offset = G_STRUCT_OFFSET(OmgConf, member)
#define INTERVAL(member, normal, smallest) \
        AT(member), .preset = normal, .least = smallest, .most = OMG_LIMIT_INTERVAL
#define SWITCH(member)      AT(member), .words = switch_words, .preset = TRUE
#define ADDRESS(member, at) AT(member), .preset_url = at

/* clang-format off */
const OmgConfKey omg_conf_keys[OMG_CONF_N_KEYS] = {
        {"sync", "interval", INTERVAL(interval_sec, 300, OMG_LIMIT_INTERVAL_LOCAL)},
        {"sync", "mirrors", INTERVAL(mirrors_sec, 3600, OMG_LIMIT_INTERVAL_FEED)},
        {"sync", "aur", INTERVAL(aur_sec, 3600, OMG_LIMIT_INTERVAL_AUR)},
        {"sync", "tracker", INTERVAL(tracker_sec, 3600, OMG_LIMIT_INTERVAL_FEED)},
        {"sync", "osv", INTERVAL(osv_sec, 86400, OMG_LIMIT_INTERVAL_FEED)},
        {"network", "mode", AT(network), .words = network_words, .preset = OMG_NETWORK_AUTO},
        {"network", "metered", AT(metered), .words = metered_words, .preset = OMG_METERED_AUTO},
        {"tracker", "url", ADDRESS(tracker_url, "https://security.archlinux.org")},
        {"tracker", "enabled", SWITCH(tracker_enabled)},
        {"osv", "url", ADDRESS(osv_url, "https://api.osv.dev")},
        {"osv", "enabled", SWITCH(osv_enabled)},
        {"aur", "url", ADDRESS(aur_url, "https://aur.archlinux.org")},
        {"aur", "enabled", SWITCH(aur_enabled)},
        {"aur", "socket-search", AT(aur_socket_search), .words = switch_words},
        {"limits", "rate", AT(rate), .preset = OMG_LIMIT_RATE, .most = OMG_LIMIT_RATE_SETTING},
        {"limits", "burst", AT(burst), .preset = OMG_LIMIT_BURST, .most = OMG_LIMIT_RATE_SETTING},
        {"daemon", "idle-exit", INTERVAL(idle_exit_sec, 0, 1)},
};
/* clang-format on */

static guint *get_number(const OmgConfKey *key, OmgConf *conf)
{
        return &G_STRUCT_MEMBER(guint, conf, key->offset);
}

static char *get_url(const OmgConfKey *key, OmgConf *conf)
{
        return &G_STRUCT_MEMBER(char, conf, key->offset);
}

void omg_conf_key_preset(const OmgConfKey *key, OmgConf *conf)
{
        if (key->preset_url)
                (void)g_strlcpy(get_url(key, conf), key->preset_url, OMG_CONF_URL_SIZE);
        else
                *get_number(key, conf) = key->preset;
}

void omg_conf_key_copy(const OmgConfKey *key, OmgConf *to, const OmgConf *from)
{
        gsize size = key->preset_url ? OMG_CONF_URL_SIZE : sizeof(guint);

        memcpy((char *)to + key->offset, (const char *)from + key->offset, size);
}

char *omg_conf_key_dup_value(const OmgConfKey *key, const OmgConf *conf)
{
        guint number;

        if (key->preset_url)
                return g_strdup(&G_STRUCT_MEMBER(const char, conf, key->offset));
        number = G_STRUCT_MEMBER(guint, conf, key->offset);
        return key->words ? g_strdup(key->words[number]) : g_strdup_printf("%u", number);
}

static gboolean take_number(const OmgConfKey *key, OmgConf *conf, const char *value,
                            char **ret_reason)
{
        guint64 number;

        if (g_ascii_string_to_unsigned(value, 10, 0, key->most, &number, NULL) &&
            (number == 0 || number >= key->least)) {
                *get_number(key, conf) = (guint)number;
                return TRUE;
        }
        *ret_reason = key->least > 1
                              ? g_strdup_printf("is neither 0 (never) nor a whole number from "
                                                "%u to %u",
                                                key->least, key->most)
                              : g_strdup_printf("is no whole number from 0 to %u", key->most);
        return FALSE;
}

static gboolean take_word(const OmgConfKey *key, OmgConf *conf, const char *value,
                          char **ret_reason)
{
        g_autofree char *words = NULL;

        for (guint i = 0; key->words[i]; i++) {
                if (g_str_equal(key->words[i], value)) {
                        *get_number(key, conf) = i;
                        return TRUE;
                }
        }
        words = g_strjoinv(", ", (char **)key->words);
        *ret_reason = g_strdup_printf("is none of %s", words);
        return FALSE;
}

/* What a path is put behind, so there is no query; and passwords have no place in a file that
 * people show one another. */
static const char *judge_url(const char *value)
{
        g_autoptr(GUri) uri = g_uri_parse(value, G_URI_FLAGS_ENCODED, NULL);
        const char *scheme = uri ? g_uri_get_scheme(uri) : NULL;

        if (!scheme || !(g_str_equal(scheme, "http") || g_str_equal(scheme, "https")) ||
            !g_uri_get_host(uri) || g_uri_get_host(uri)[0] == '\0')
                return "is no address that begins with http:// or https:// and a host";
        for (const char *c = value; *c; c++) {
                if (!g_ascii_isgraph(*c))
                        return "is no address: it has a character that must be written as %XX";
        }
        if (g_uri_get_userinfo(uri))
                return "is refused: an address here has no user name and no password";
        if (g_uri_get_query(uri) || g_uri_get_fragment(uri))
                return "is refused: an address here has no \"?\" and no \"#\"";
        return NULL;
}

static gboolean take_url(const OmgConfKey *key, OmgConf *conf, const char *value, char **ret_reason)
{
        const char *reason = NULL;
        gsize length = strlen(value);
        char *url;

        while (length > 0 && value[length - 1] == '/')
                length--;
        if (length > OMG_LIMIT_CONFIG_URL)
                *ret_reason = g_strdup_printf("is longer than %u bytes", OMG_LIMIT_CONFIG_URL);
        else if ((reason = judge_url(value)))
                *ret_reason = g_strdup(reason);
        else {
                url = get_url(key, conf);
                memcpy(url, value, length);
                url[length] = '\0';
                return TRUE;
        }
        return FALSE;
}

gboolean omg_conf_key_take(const OmgConfKey *key, OmgConf *conf, const char *value,
                           char **ret_reason)
{
        if (key->preset_url)
                return take_url(key, conf, value, ret_reason);
        if (key->words)
                return take_word(key, conf, value, ret_reason);
        return take_number(key, conf, value, ret_reason);
}
