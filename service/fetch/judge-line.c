/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fetch/judge-line.h"

#include "base/error.h"
#include "base/limits-advisories.h"
#include "base/limits-fetch.h"
#include "fetch/json-line.h"

#define OFFSET(field) G_STRUCT_OFFSET(OmgJudgeLine, field)
#define TEXT          OMG_LIMIT_ADVISORY_TEXT

static const char *const kinds[] = {"list",  "wanted", "group", "id",
                                    "token", "record", "bad",   NULL};

static const OmgJsonMember members[] = {
        {"what", OMG_JSON_WORD, TRUE, OFFSET(what), 0, kinds},
        {"file", OMG_JSON_UINT, FALSE, OFFSET(file), G_MAXUINT32, NULL},
        {"question", OMG_JSON_UINT, FALSE, OFFSET(question), G_MAXUINT32, NULL},
        {"id", OMG_JSON_STRING, FALSE, OFFSET(id), TEXT, NULL},
        {"modified", OMG_JSON_UINT, FALSE, OFFSET(modified), G_MAXINT64, NULL},
        {"withdrawn", OMG_JSON_BOOLEAN, FALSE, OFFSET(is_withdrawn), 0, NULL},
        {"token", OMG_JSON_STRING, FALSE, OFFSET(token), OMG_LIMIT_OSV_TOKEN, NULL},
        {"groups", OMG_JSON_UINT, FALSE, OFFSET(groups), G_MAXUINT32, NULL},
        {"dropped", OMG_JSON_UINT, FALSE, OFFSET(dropped), G_MAXUINT32, NULL},
        {"newest", OMG_JSON_UINT, FALSE, OFFSET(newest), G_MAXINT64, NULL},
        {"previous", OMG_JSON_UINT, FALSE, OFFSET(previous), G_MAXINT64, NULL},
        {"error", OMG_JSON_STRING, FALSE, OFFSET(error), OMG_LIMIT_FETCH_NAME, NULL},
        {"message", OMG_JSON_STRING, FALSE, OFFSET(message), TEXT, NULL},
};

G_STATIC_ASSERT(sizeof(OmgJudgeLineKind) == sizeof(guint));

static gboolean is_complete(const OmgJudgeLine *line)
{
        const gboolean has_file = line->file != OMG_JSON_NONE;
        const gboolean has_question = line->question != OMG_JSON_NONE;
        const gboolean has_id = line->id && *line->id;

        switch (line->what) {
        case OMG_JUDGE_LINE_LIST:
                return line->groups != OMG_JSON_NONE && line->dropped != OMG_JSON_NONE &&
                       line->newest != OMG_JSON_NONE;
        case OMG_JUDGE_LINE_WANTED:
                return has_id;
        case OMG_JUDGE_LINE_GROUP:
                return has_id && has_file;
        case OMG_JUDGE_LINE_ID:
                return has_id && has_question && line->modified != OMG_JSON_NONE;
        case OMG_JUDGE_LINE_TOKEN:
                return has_question && line->token && *line->token;
        case OMG_JUDGE_LINE_RECORD:
                return has_id && has_file && line->modified != OMG_JSON_NONE;
        case OMG_JUDGE_LINE_BAD:
                return has_file && omg_error_from_dbus_name(line->error) >= 0 && line->message;
        }
        return FALSE;
}

gboolean omg_judge_line_parse(const char *text, gsize size, OmgJudgeLine *ret_line, GError **error)
{
        if (!omg_json_line_parse(text, size, members, G_N_ELEMENTS(members), ret_line, error)) {
                omg_judge_line_clear(ret_line);
                return FALSE;
        }
        if (is_complete(ret_line))
                return TRUE;
        g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS, "\"%s\" lacks something",
                    kinds[ret_line->what]);
        omg_judge_line_clear(ret_line);
        return FALSE;
}

char *omg_judge_line_format(const OmgJudgeLine *line)
{
        return omg_json_line_format(members, G_N_ELEMENTS(members), line);
}

void omg_judge_line_init(OmgJudgeLine *line, OmgJudgeLineKind what)
{
        *line = (OmgJudgeLine){
                .what = what,
                .file = OMG_JSON_NONE,
                .question = OMG_JSON_NONE,
                .modified = OMG_JSON_NONE,
                .groups = OMG_JSON_NONE,
                .dropped = OMG_JSON_NONE,
                .newest = OMG_JSON_NONE,
                .previous = OMG_JSON_NONE,
        };
}

void omg_judge_line_clear(OmgJudgeLine *line)
{
        omg_json_line_clear(members, G_N_ELEMENTS(members), line);
}
