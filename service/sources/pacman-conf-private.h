/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What the files of the pacman.conf reader share while one configuration is being read. */

#include "base/limits.h"
#include "sources/pacman-conf.h"

#define OMG_CONF_SIGLEVEL_DEFAULT                                                       \
        (OMG_SIGLEVEL_PACKAGE | OMG_SIGLEVEL_PACKAGE_OPTIONAL | OMG_SIGLEVEL_DATABASE | \
         OMG_SIGLEVEL_DATABASE_OPTIONAL)

/* Where a line stands, for messages. */
typedef struct {
        const char *file;
        guint line;
} OmgConfPlace;

/* Flags set or taken away, and which of them were spoken of at all: the others come from what is
 * being overridden. */
typedef struct {
        guint level;
        guint mask;
} OmgConfSiglevel;

/* A text, and where it came from for a message that can only be made at the end. */
typedef struct {
        char *text;
        char *file;
        guint line;
} OmgConfText;

OmgConfText *omg_conf_text_new(const OmgConfPlace *place, const char *text);
void omg_conf_text_free(OmgConfText *text);

/* A repository's section as it is read; it becomes an OmgRepository at the end. */
typedef struct {
        OmgConfText *name;
        GPtrArray *servers; /* of OmgConfText *, likewise below */
        GPtrArray *cache_servers;
        guint usage; /* 0: nothing said */
        OmgConfSiglevel siglevel;
} OmgConfSection;

typedef struct {
        const OmgPacmanConfReader *reader;
        GHashTable *files; /* set of paths: OmgPacmanConf.files */
        guint n_reads;
        gsize n_bytes;
        guint depth;

        gboolean in_section;
        OmgConfSection *section; /* NULL with in_section: [options] */
        GPtrArray *sections;     /* of OmgConfSection * */

        char *root_dir; /* these four: NULL is unset, the first one said stands */
        char *db_path;
        char *gpg_dir;
        char *log_file;
        GPtrArray *cache_dirs; /* these: of char * */
        GPtrArray *hook_dirs;
        GPtrArray *architectures;
        GPtrArray *ignore_packages;
        GPtrArray *ignore_groups;
        GPtrArray *hold_packages;
        OmgConfSiglevel siglevel;
        OmgConfSiglevel local_file_siglevel;
        OmgConfSiglevel remote_file_siglevel;

        GPtrArray *warnings; /* of char * */
        guint n_warnings;    /* also those that were too many to keep */
} OmgConfState;

/* Adds "file:line: ..." to the warnings. */
void omg_conf_warn(OmgConfState *state, const OmgConfPlace *place, const char *format, ...)
        G_GNUC_PRINTF(3, 4);

/* Sets UNAVAILABLE with "file:line: ...". Always FALSE, so that a caller can return it. */
gboolean omg_conf_fail(GError **error, const OmgConfPlace *place, const char *format, ...)
        G_GNUC_PRINTF(3, 4);

/* One directive of the section the state is in; never Include. value may be written to. */
gboolean omg_conf_apply(OmgConfState *state, const OmgConfPlace *place, const char *key,
                        const char *value, GError **error);

/* The words of a SigLevel value, on top of what *siglevel says. */
gboolean omg_conf_siglevel_apply(OmgConfSiglevel *siglevel, const char *value,
                                 const OmgConfPlace *place, GError **error);
guint omg_conf_siglevel_merge(guint base, const OmgConfSiglevel *over);

/* Defaults, variables in server addresses, refused repositories, digest. Takes the state's parts.
 */
OmgPacmanConf *omg_conf_finish(OmgConfState *state, GError **error);

/* OmgPacmanConf.files of the state, which has none any more. */
GStrv omg_conf_take_files(OmgConfState *state);

/* The real disk. */
extern const OmgPacmanConfReader omg_conf_disk;
