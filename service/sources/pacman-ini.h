/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The lines of a pacman.conf, cut as pacman's own reader cuts them (src/common/ini.c of pacman 6).
 */

#include <glib.h>

typedef enum {
        OMG_INI_SECTION,   /* key holds the section's name */
        OMG_INI_DIRECTIVE, /* key, and value unless there was no '=' */
} OmgIniKind;

/* What pacman does without a word and a person would like to be told. */
typedef enum {
        OMG_INI_ODDITY_NONE,
        OMG_INI_ODDITY_NUL,  /* what follows a NUL byte was dropped */
        OMG_INI_ODDITY_LONG, /* cut at OMG_INI_LINE bytes: the rest follows as a line of its own */
} OmgIniOddity;

#define OMG_INI_LINE 4095u /* pacman reads into PATH_MAX bytes */

typedef struct {
        OmgIniKind kind;
        OmgIniOddity oddity;
        guint line;  /* from 1 */
        char *key;   /* without white space around it; may be "" */
        char *value; /* likewise; NULL: none */
} OmgIniEntry;

typedef struct {
        const char *at;
        const char *end;
        guint line;
        gboolean in_line; /* the last piece ended inside a line */
        char buffer[OMG_INI_LINE + 1];
} OmgIni;

/* Reads length bytes of text, which must outlive ini. */
void omg_ini_init(OmgIni *ini, const char *text, gsize length);

/* The next line that is no comment and not blank; FALSE at the end. key and value point into ini
 * and last until the next call. Nothing is an error here. */
gboolean omg_ini_next(OmgIni *ini, OmgIniEntry *ret_entry);
