/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The AUR's answer to a request of RPC v5 (aurweb's rpc.py; goaurrpc, which answers in fact):
 *
 *   {"resultcount":N,"results":[...],"type":"search"|"multiinfo","version":5}
 *   {"error":TEXT,"resultcount":0,"results":[],"type":"error","version":5|null}
 *
 * with the members in any order, and others, which are passed over. */

#include <glib.h>

typedef struct {
        const char *results; /* a JSON list of records (aur-record.h), not judged yet */
        gsize size;
        guint64 count; /* how many they are said to be */
} OmgAurReply;

/* @text: text[size] is NUL; the results stay as they are, and stay in it. Errors:
 * what the AUR says: INVALID_ARGS for too many results and a word too short, UPSTREAM_RATE_LIMITED,
 *   UPSTREAM_INVALID with its words for any other;
 * UPSTREAM_INVALID for what is no such answer: no JSON, another version or type, a member that is
 *   missing, there twice, or of another kind. The message goes on from a subject. */
gboolean omg_aur_reply_parse(char *text, gsize size, OmgAurReply *ret_reply, GError **error);
