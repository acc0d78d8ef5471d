/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What omgd.conf says, read at the start and again when asked, and what is wrong with it said in
 * the log. sources/omgd-conf.h has the rules. */

#include "loop/worker.h"
#include "sources/omgd-conf.h"

typedef struct OmgSettings OmgSettings;

/* On the main thread, with what counts from now on. */
typedef void (*OmgSettingsDone)(const OmgConf *conf, gpointer userdata);

/* Reads the files of the configuration directory here and now: before the loop runs. @dir must
 * outlive it. */
OmgSettings *omg_settings_new(const char *dir, OmgConf *ret_conf);

/* Reads them again on the worker. */
void omg_settings_reload(OmgSettings *settings, OmgWorker *worker, OmgSettingsDone done,
                         gpointer userdata);

/* After the worker's end. NULL is harmless. */
void omg_settings_free(OmgSettings *settings);
