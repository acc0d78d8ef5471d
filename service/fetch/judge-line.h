/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What omgd-index says of feeds that are staged (omgd-index/judge-staged.h), one line of JSON each:
 *
 *   {"what":"list","groups":2444,"dropped":1,"newest":2843,"previous":2842}
 *   {"what":"wanted","id":"AVG-2843"}         details that are not at hand as the list says
 *   {"what":"group","file":0,"id":"AVG-2843"}
 *   {"what":"id","question":3,"id":"GHSA-...","modified":1700000000000000}
 *   {"what":"token","question":3,"token":"..."}
 *   {"what":"record","file":0,"id":"GHSA-...","modified":1700000000000000,"withdrawn":true}
 *   {"what":"bad","file":0,"error":"org.omgd1.Error.UpstreamInvalid","message":"..."} */

#include <glib.h>

typedef enum {
        OMG_JUDGE_LINE_LIST,
        OMG_JUDGE_LINE_WANTED,
        OMG_JUDGE_LINE_GROUP,
        OMG_JUDGE_LINE_ID,
        OMG_JUDGE_LINE_TOKEN,
        OMG_JUDGE_LINE_RECORD,
        OMG_JUDGE_LINE_BAD,
} OmgJudgeLineKind;

/* Numbers that are not there are OMG_JSON_NONE (fetch/json-line.h), texts NULL. */
typedef struct {
        OmgJudgeLineKind what;
        guint64 file;     /* its place among those to judge */
        guint64 question; /* its place in the querybatch */
        char *id;
        guint64 modified; /* µs since 1970; 0: it does not say */
        gboolean is_withdrawn;
        char *token;
        guint64 groups, dropped; /* of a list: how many make sense, and do not */
        guint64 newest,
                previous; /* the highest number; that of the list at hand, if there is one */
        char *error;      /* D-Bus name */
        char *message;
} OmgJudgeLine;

/* Strict, as omg_fetch_result_parse(): also INVALID_ARGS when what the kind must have is missing.
 */
gboolean omg_judge_line_parse(const char *text, gsize size, OmgJudgeLine *ret_line, GError **error);

/* The line, without newline. New string. */
char *omg_judge_line_format(const OmgJudgeLine *line);

/* A line of that kind in which all is unknown. */
void omg_judge_line_init(OmgJudgeLine *line, OmgJudgeLineKind what);
void omg_judge_line_clear(OmgJudgeLine *line);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(OmgJudgeLine, omg_judge_line_clear)
