/* SPDX-License-Identifier: GPL-3.0-or-later */

/* omgd.conf of any bytes: what comes of it is in force, or nothing is, and what is said can be
 * logged, and names a line that is there. A 0x01 begins the next file. */

#include <stdint.h>
#include <string.h>

#include "base/limits.h"
#include "sources/omgd-conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define N_FILES 4

static void check_url(const char *url)
{
        g_assert_nonnull(memchr(url, '\0', OMG_CONF_URL_SIZE));
        g_assert_true(g_ascii_strncasecmp(url, "http://", 7) == 0 ||
                      g_ascii_strncasecmp(url, "https://", 8) == 0);
        g_assert_null(strpbrk(url, "?# "));
}

static void check_interval(guint seconds, guint least)
{
        g_assert_true(seconds == 0 || (seconds >= least && seconds <= OMG_LIMIT_INTERVAL));
}

static void check_conf(const OmgConf *conf)
{
        g_assert_true(conf->rate <= OMG_LIMIT_RATE_SETTING);
        g_assert_true(conf->burst <= OMG_LIMIT_RATE_SETTING);
        g_assert_true(conf->rate == 0 || conf->burst > 0);
        check_interval(conf->interval_sec, OMG_LIMIT_INTERVAL_LOCAL);
        check_interval(conf->mirrors_sec, OMG_LIMIT_INTERVAL_FEED);
        check_interval(conf->aur_sec, OMG_LIMIT_INTERVAL_FEED);
        check_interval(conf->tracker_sec, OMG_LIMIT_INTERVAL_FEED);
        check_interval(conf->osv_sec, OMG_LIMIT_INTERVAL_FEED);
        check_interval(conf->idle_exit_sec, 1);
        g_assert_true(conf->network <= OMG_NETWORK_OFFLINE);
        g_assert_true(conf->metered <= OMG_METERED_NO);
        check_url(conf->tracker_url);
        check_url(conf->osv_url);
        check_url(conf->aur_url);
}

/* Every message is about a line: the files could be read. */
static void check_line(const char *message, guint64 n_lines)
{
        char *end;
        const char *number = message + strlen("/omgd.conf:");
        const guint64 line = g_ascii_strtoull(number, &end, 10);

        g_assert_true(line >= 1 && line <= n_lines && g_str_has_prefix(end, ": "));
}

static void check_messages(const GPtrArray *messages, guint64 n_lines)
{
        g_assert_cmpuint(messages->len, <=, OMG_LIMIT_CONFIG_WARNINGS);
        for (guint i = 0; i < messages->len; i++) {
                g_assert_true(g_utf8_validate(messages->pdata[i], -1, NULL));
                g_assert_true(g_str_has_prefix(messages->pdata[i], "/omgd.conf:"));
                check_line(messages->pdata[i], n_lines);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_autoptr(OmgConfMessages) messages = omg_conf_messages_new();
        OmgConf conf;
        OmgConfFile files[N_FILES] = {};
        guint64 n_lines = 1; /* no file has more */
        gsize n = 0;

        for (gsize i = 0; i < size; i++)
                n_lines += data[i] == '\n';
        while (n < N_FILES) {
                const uint8_t *end = size > 0 && n + 1 < N_FILES ? memchr(data, 1, size) : NULL;
                gsize length = end ? (gsize)(end - data) : size;

                files[n++] =
                        (OmgConfFile){.path = "/omgd.conf", .bytes = g_bytes_new(data, length)};
                if (!end)
                        break;
                data = end + 1;
                size -= length + 1;
        }
        omg_conf_init(&conf);
        conf.rate = 123;
        omg_conf_read(&conf, files, n, messages);
        check_conf(&conf);
        check_messages(messages->errors, n_lines);
        check_messages(messages->warnings, n_lines);
        for (gsize i = 0; i < n; i++)
                g_bytes_unref(files[i].bytes);
        return 0;
}
