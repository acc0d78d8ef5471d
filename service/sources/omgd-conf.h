/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* omgd.conf and its drop-ins omgd.conf.d/NAME.conf, key files as of GLib. Drop-ins are read after
 * it in the order of their names' bytes; of a key that stands in several files the last counts.
 *
 * Nothing is ever dropped silently: what is wrong goes into messages for the log. A group or key
 * that is not known is a warning and otherwise without effect. A key with a value that it cannot
 * have is an error and keeps the value that was in force. A file that cannot be read or parsed is
 * an error, and everything keeps the value that was in force: nobody can tell what the file was to
 * say. That there is no file at all is fine. */

#include <glib.h>

#include "base/limits-network.h"

typedef enum {
        OMG_NETWORK_AUTO, /* what the system says */
        OMG_NETWORK_ONLINE,
        OMG_NETWORK_OFFLINE,
} OmgNetworkSetting;

typedef enum {
        OMG_METERED_AUTO, /* what NetworkManager says, where there is one */
        OMG_METERED_YES,
        OMG_METERED_NO,
} OmgMeteredSetting;

#define OMG_CONF_URL_SIZE (OMG_LIMIT_CONFIG_URL + 1)

/* What is in force; a plain value, to be copied. Addresses are http or https, without credentials,
 * query, fragment and "/" at the end. */
typedef struct {
        /* [sync]: seconds from the end of one to the next, 0: never */
        guint interval_sec; /* a look at what is on the machine */
        guint mirrors_sec;
        guint aur_sec;
        guint tracker_sec;
        guint osv_sec;
        /* [network] */
        OmgNetworkSetting network; /* "mode" */
        OmgMeteredSetting metered;
        /* [tracker], [osv], [aur] */
        gboolean tracker_enabled;
        gboolean osv_enabled;
        gboolean aur_enabled;
        gboolean aur_socket_search; /* Search of the socket has its packages, too */
        char tracker_url[OMG_CONF_URL_SIZE];
        char osv_url[OMG_CONF_URL_SIZE];
        char aur_url[OMG_CONF_URL_SIZE];
        /* [limits] */
        guint rate;  /* requests a second and connection of the socket; 0: no limit */
        guint burst; /* requests at once before the rate counts; above 0 where rate is */
        /* [daemon] */
        guint idle_exit_sec; /* end after so long without use; 0: never */
} OmgConf;

typedef struct {
        /* Of strings, "PATH:LINE: [group] key: what is wrong", or without the line where a file
         * could not be read: valid UTF-8. */
        GPtrArray *errors;
        GPtrArray *warnings; /* likewise */
        guint n_left_out;    /* messages beyond OMG_LIMIT_CONFIG_WARNINGS */
} OmgConfMessages;

OmgConfMessages *omg_conf_messages_new(void);
void omg_conf_messages_free(OmgConfMessages *messages);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgConfMessages, omg_conf_messages_free)

/* The values of a system without any file. */
void omg_conf_init(OmgConf *conf);

/* Reads the files in the configuration directory. @conf: what is in force before and after. Blocks:
 * not for the main thread once it runs. */
void omg_conf_load(OmgConf *conf, const char *dir, OmgConfMessages *messages);

/* A file by its content; bytes NULL: it could not be read. */
typedef struct {
        const char *path;
        GBytes *bytes;
        const char *error; /* why not */
} OmgConfFile;

/* The same from files at hand, in their order (tests, fuzzing). */
void omg_conf_read(OmgConf *conf, const OmgConfFile *files, gsize n_files,
                   OmgConfMessages *messages);
