/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What the head of an HTTP answer says that matters here. Pure: no curl, no clock. */

#include <glib.h>

typedef struct {
        guint status;         /* 0: none came */
        char *etag;           /* NULL also when it could not be sent back as it is */
        char *last_modified;  /* the same */
        char *content_type;   /* lower case, without parameters */
        char *content_length; /* as it stands there */
        guint64 retry_after;  /* seconds, OMG_JSON_NONE without one that can be read */
        gsize n_bytes;
} OmgAnswer;

/* Takes one line of the head, with or without its end. A status line begins anew: behind a redirect
 * the last answer counts. now: Unix time, for a Retry-After that is a date. FALSE when a head
 * exceeds OMG_LIMIT_FETCH_HEADERS. */
gboolean omg_answer_add_line(OmgAnswer *answer, const char *line, gsize length, gint64 now);

void omg_answer_init(OmgAnswer *answer);
void omg_answer_clear(OmgAnswer *answer);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(OmgAnswer, omg_answer_clear)

/* Whether it is a page for people: its type says so, or it begins like one. A captive portal
 * answers everything with its own page, and status 200. @body: its first bytes, 64 are enough. */
gboolean omg_answer_is_html(const OmgAnswer *answer, const char *body, gsize length);

/* An HTTP-date in any of the three forms of RFC 9110, 5.6.7, as Unix time. FALSE: it is none. */
gboolean omg_http_date_parse(const char *text, gint64 *ret_time);

/* The preferred form. New string. */
char *omg_http_date_format(gint64 time);
