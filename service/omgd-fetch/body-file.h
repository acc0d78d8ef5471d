/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The directory into which omgd-fetch writes, and a file that is on its way there: under a hidden
 * name until it is whole. */

#include <glib.h>

#define OMG_BODY_HEAD 64u

typedef struct {
        int dir_fd; /* borrowed */
        int fd;     /* -1: no byte came yet */
        char *temporary;
        guint64 size;
        char head[OMG_BODY_HEAD]; /* its first bytes */
} OmgBodyFile;

/* Opens the directory, which must be the effective user's and no one else's to write to, and
 * removes what a run before left half done, unless another run is at work there. Returns a
 * descriptor, on which a shared lock lasts until it is closed, or -1 and UNAVAILABLE. */
int omg_body_dir_open(const char *path, GError **error);

/* Reads a file of it: a regular one of at most max bytes. Error: UNAVAILABLE with the name. */
GBytes *omg_body_dir_read(int dir_fd, const char *name, gsize max, GError **error);

/* @id keeps the hidden names of one run apart. */
void omg_body_file_init(OmgBodyFile *body, int dir_fd, guint64 id);

/* Appends. Error: UNAVAILABLE. */
gboolean omg_body_file_write(OmgBodyFile *body, const void *data, gsize length, GError **error);

/* Syncs it and gives it its name and, when modified is not negative, that time (Unix, seconds).
 * The disk is waited for: what the validators say is there must be there after a power cut. */
gboolean omg_body_file_commit(OmgBodyFile *body, const char *name, gint64 modified, GError **error);

/* Removes what is not committed; ready for another beginning. */
void omg_body_file_discard(OmgBodyFile *body);

void omg_body_file_clear(OmgBodyFile *body);
