/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What is remembered of each repository from when its mirrors were last asked:
 * <cache>/pacman/mirrors.ini, beside the copies, with which it comes and goes. A note that is lost,
 * or was made for another file than the one that counts today, costs one download. Worker thread.
 */

#include "sources/pacman-conf.h"

typedef struct {
        /* Which file the rest is about: the one that counted then. 0: none. */
        gint64 size;
        gint64 mtime_ns;
        char *url; /* where it is, or was found unchanged; NULL: nothing was found yet */
        char *etag;
        char *last_modified;
        guint64 confirmed_usec;  /* when a mirror last said that this is today's, since 1970 */
        guint64 not_before_usec; /* a mirror wants not to be asked before, since 1970 */
        GError *error; /* why it is not known to be today's, as of the last time; or NULL */
} OmgMirrorNote;

typedef struct OmgMirrorNotes OmgMirrorNotes;

/* What cannot be read is as if it was not there. */
OmgMirrorNotes *omg_mirror_notes_load(const OmgPacmanConf *conf);
void omg_mirror_notes_free(OmgMirrorNotes *notes);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgMirrorNotes, omg_mirror_notes_free)

/* Never NULL: made empty when there is none. Borrowed; its strings are owned by it. */
OmgMirrorNote *omg_mirror_notes_get(OmgMirrorNotes *notes, const char *repository);

/* Whether the note is about the file that counts now. */
gboolean omg_mirror_note_is_of_file(const OmgMirrorNote *note, const OmgPacmanConf *conf,
                                    const char *repository);

/* Makes it one about that file, as it is now. FALSE: there is none. */
gboolean omg_mirror_note_set_file(OmgMirrorNote *note, const OmgPacmanConf *conf,
                                  const char *repository);

/* Writes those of today's repositories. Errors: UNAVAILABLE, DATABASE_MISSING. */
gboolean omg_mirror_notes_save(OmgMirrorNotes *notes, const OmgPacmanConf *conf, GError **error);

/* When the databases of all repositories that mirrors are asked for were last known to be today's,
 * µs since 1970: each by its note, else by when the file was written. 0: one is not there.
 * G_MAXUINT64: there is none to ask for. */
guint64 omg_mirror_notes_get_as_of(OmgMirrorNotes *notes, const OmgPacmanConf *conf);

/* Whether mirrors are asked for a repository: it has servers, and Usage says Sync. */
gboolean omg_mirror_wants(const OmgRepository *repository);
