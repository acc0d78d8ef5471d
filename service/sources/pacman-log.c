/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sources/pacman-log.h"

#include <string.h>

#include "base/limits.h"

const char *const omg_log_action_words[] = {
        [OMG_LOG_INSTALLED] = "installed",     [OMG_LOG_REMOVED] = "removed",
        [OMG_LOG_UPGRADED] = "upgraded",       [OMG_LOG_DOWNGRADED] = "downgraded",
        [OMG_LOG_REINSTALLED] = "reinstalled", [OMG_LOG_N_ACTIONS] = NULL,
};

static const char *const writers[] = {"[ALPM] ", "[PACMAN] "};

gboolean omg_log_span_equals(OmgLogSpan span, const char *text)
{
        return strlen(text) == span.length && memcmp(text, span.text, span.length) == 0;
}

/* What is left of the line. */
typedef struct {
        const char *at;
        const char *end;
} Rest;

static gboolean take(Rest *rest, const char *text)
{
        gsize length = strlen(text);

        if ((gsize)(rest->end - rest->at) < length || memcmp(rest->at, text, length) != 0)
                return FALSE;
        rest->at += length;
        return TRUE;
}

static gboolean take_number(Rest *rest, guint digits, int *ret_number)
{
        int number = 0;

        if ((gsize)(rest->end - rest->at) < digits)
                return FALSE;
        for (guint i = 0; i < digits; i++, rest->at++) {
                if (!g_ascii_isdigit(*rest->at))
                        return FALSE;
                number = number * 10 + (*rest->at - '0');
        }
        *ret_number = number;
        return TRUE;
}

/* Up to @mark, which is taken too; not empty, and without a blank. */
static gboolean take_word(Rest *rest, const char *mark, gsize max, OmgLogSpan *ret_span)
{
        const char *found = memmem(rest->at, (gsize)(rest->end - rest->at), mark, strlen(mark));
        gsize length = found ? (gsize)(found - rest->at) : 0;

        if (length == 0 || length > max || memchr(rest->at, ' ', length))
                return FALSE;
        *ret_span = (OmgLogSpan){rest->at, length};
        rest->at = found + strlen(mark);
        return TRUE;
}

/* ---- time ---- */

/* As if the date and time were UTC. */
static gint64 get_seconds(int year, int month, int day, int hour, int minute, int second)
{
        g_autoptr(GDate) date = g_date_new_dmy((GDateDay)day, (GDateMonth)month, (GDateYear)year);
        g_autoptr(GDate) epoch = g_date_new_dmy(1, G_DATE_JANUARY, 1970);

        return (gint64)g_date_days_between(epoch, date) * 86400 + hour * 3600 + minute * 60 +
               second;
}

/* "+0200" */
static gboolean take_offset(Rest *rest, gint64 *ret_offset)
{
        int hours, minutes, sign = take(rest, "-") ? -1 : 1;

        if (sign > 0 && !take(rest, "+"))
                return FALSE;
        if (!take_number(rest, 2, &hours) || !take_number(rest, 2, &minutes) || hours > 23 ||
            minutes > 59)
                return FALSE;
        *ret_offset = sign * (hours * 3600 + minutes * 60);
        return TRUE;
}

static gint64 from_local(gint64 seconds, GTimeZone *zone)
{
        int interval = g_time_zone_adjust_time(zone, G_TIME_TYPE_STANDARD, &seconds);

        return seconds - g_time_zone_get_offset(zone, interval);
}

/* "[2010-01-02 03:04] " or "[2019-10-23T07:23:09+0200] " */
static gboolean take_time(Rest *rest, GTimeZone *zone, gint64 *ret_time)
{
        int year, month, day, hour, minute, second = 0;
        gint64 offset = 0, seconds;
        gboolean with_zone;

        if (!take(rest, "[") || !take_number(rest, 4, &year) || !take(rest, "-") ||
            !take_number(rest, 2, &month) || !take(rest, "-") || !take_number(rest, 2, &day))
                return FALSE;
        with_zone = take(rest, "T");
        if ((!with_zone && !take(rest, " ")) || !take_number(rest, 2, &hour) || !take(rest, ":") ||
            !take_number(rest, 2, &minute))
                return FALSE;
        if (with_zone &&
            (!take(rest, ":") || !take_number(rest, 2, &second) || !take_offset(rest, &offset)))
                return FALSE;
        if (!take(rest, "] ") || hour > 23 || minute > 59 || second > 60 ||
            !g_date_valid_dmy((GDateDay)day, (GDateMonth)month, (GDateYear)year))
                return FALSE;
        seconds = get_seconds(year, month, day, hour, minute, second);
        *ret_time = with_zone ? seconds - offset : from_local(seconds, zone);
        return TRUE;
}

/* ---- the rest ---- */

static gboolean take_action(Rest *rest, OmgLogAction *ret_action)
{
        for (guint i = 0; i < OMG_LOG_N_ACTIONS; i++) {
                if (!take(rest, omg_log_action_words[i]))
                        continue;
                *ret_action = (OmgLogAction)i;
                return take(rest, " ");
        }
        return FALSE;
}

static gboolean is_name(OmgLogSpan span)
{
        if (span.text[0] == '-' || span.text[0] == '.')
                return FALSE;
        for (gsize i = 0; i < span.length; i++)
                if (!g_ascii_isalnum(span.text[i]) && !strchr("-_+.@", span.text[i]))
                        return FALSE;
        return TRUE;
}

static gboolean is_text(const char *line, gsize length)
{
        /* A NUL is no UTF-8 for GLib. */
        return length <= OMG_LIMIT_LOG_LINE && g_utf8_validate_len(line, length, NULL);
}

gboolean omg_log_line_parse(const char *line, gsize length, GTimeZone *zone, OmgLogLine *ret_line)
{
        Rest rest = {line, line + length};
        OmgLogLine found = {.old_version = {line, 0}};

        /* Cheap tests first: most lines are no entries. */
        if (length == 0 || line[0] != '[' || line[length - 1] != ')' || !is_text(line, length) ||
            !take_time(&rest, zone, &found.time))
                return FALSE;
        for (guint i = 0; i < G_N_ELEMENTS(writers); i++)
                if (take(&rest, writers[i]))
                        break;
        if (!take_action(&rest, &found.action) ||
            !take_word(&rest, " (", OMG_LIMIT_PACKAGE_NAME, &found.package) ||
            !is_name(found.package))
                return FALSE;
        if ((found.action == OMG_LOG_UPGRADED || found.action == OMG_LOG_DOWNGRADED) &&
            !take_word(&rest, " -> ", OMG_LIMIT_VERSION, &found.old_version))
                return FALSE;
        if (!take_word(&rest, ")", OMG_LIMIT_VERSION, &found.version) || rest.at != rest.end)
                return FALSE;
        *ret_line = found;
        return TRUE;
}
