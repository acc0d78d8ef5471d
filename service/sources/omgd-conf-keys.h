/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The keys of omgd.conf, one row each: name, what values it can have, and where in OmgConf that is
 * kept. A key is added by a row here, one in the test, and in docs/omgd.conf.5 and docs/omgd.conf.
 */

#include "sources/omgd-conf.h"

typedef struct {
        const char *group;
        const char *name;
        gsize offset;             /* in OmgConf: of a guint, or for addresses of a text */
        const char *const *words; /* NULL, or its values, which are kept as their index */
        const char *preset_url;   /* NULL, or it is an address */
        guint preset;
        guint least; /* of numbers other than 0, which can always be */
        guint most;
} OmgConfKey;

#define OMG_CONF_N_KEYS 17u

extern const OmgConfKey omg_conf_keys[OMG_CONF_N_KEYS];

/* Its value in a system without any file. */
void omg_conf_key_preset(const OmgConfKey *key, OmgConf *conf);

void omg_conf_key_copy(const OmgConfKey *key, OmgConf *to, const OmgConf *from);

/* As it would stand in the file. New. */
char *omg_conf_key_dup_value(const OmgConfKey *key, const OmgConf *conf);

/* Takes a value as it stands in the file, without blanks around it. FALSE: conf is untouched, and
 * *ret_reason (to be freed) says what it is not: "is no ...". */
gboolean omg_conf_key_take(const OmgConfKey *key, OmgConf *conf, const char *value,
                           char **ret_reason);
