/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "settings.h"

#include "loop/log.h"

/* The worker's once that runs: two readings in a row each begin with what the one before left. */
struct OmgSettings {
        const char *dir;
        OmgConf conf;
};

typedef struct {
        OmgSettings *settings;
        OmgWorker *worker;
        OmgConf conf;
        OmgSettingsDone done;
        gpointer userdata;
} Reload;

static void load(OmgSettings *settings)
{
        g_autoptr(OmgConfMessages) messages = omg_conf_messages_new();

        omg_conf_load(&settings->conf, settings->dir, messages);
        for (guint i = 0; i < messages->errors->len; i++)
                omg_log_err("%s; what was in force stays", (char *)messages->errors->pdata[i]);
        for (guint i = 0; i < messages->warnings->len; i++)
                omg_log_warning("%s, ignoring", (char *)messages->warnings->pdata[i]);
        if (messages->n_left_out > 0)
                omg_log_warning("%u more faults in the configuration in %s", messages->n_left_out,
                                settings->dir);
}

static void tell(gpointer data)
{
        const Reload *reload = data;
        reload->done(&reload->conf, reload->userdata);
}

static void load_again(gpointer data)
{
        const Reload *reload = data;
        Reload *answer = g_memdup2(reload, sizeof(*reload));

        load(reload->settings);
        answer->conf = reload->settings->conf;
        omg_worker_post(reload->worker, tell, answer, g_free);
}

OmgSettings *omg_settings_new(const char *dir, OmgConf *ret_conf)
{
        OmgSettings *settings = g_new0(OmgSettings, 1);

        settings->dir = dir;
        omg_conf_init(&settings->conf);
        load(settings);
        *ret_conf = settings->conf;
        return settings;
}

void omg_settings_reload(OmgSettings *settings, OmgWorker *worker, OmgSettingsDone done,
                         gpointer userdata)
{
        Reload *reload = g_new0(Reload, 1);

        reload->settings = settings;
        reload->worker = worker;
        reload->done = done;
        reload->userdata = userdata;
        omg_worker_run(worker, load_again, reload, g_free);
}

void omg_settings_free(OmgSettings *settings)
{
        g_free(settings);
}
