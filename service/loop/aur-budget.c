/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/aur-budget.h"

#include <string.h>

#include "base/error.h"
#include "base/limits-aur.h"
#include "base/limits-fetch.h"
#include "fetch/json-line.h"
#include "loop/log.h"
#include "store/cache-budget.h"
#include "store/cache-http.h"

#define NAME     "aur"
#define SEC_USEC ((guint64)G_USEC_PER_SEC)
#define DAY_USEC (86400 * SEC_USEC)

struct OmgAurBudget {
        OmgCacheDb *cache;
        OmgBudgetRow row;
        OmgHttpRow *pause; /* of the server asked last; NULL: nothing is known of it */
        gboolean is_unkept_told;
};

static guint32 get_day(guint64 now_usec)
{
        return (guint32)(now_usec / DAY_USEC);
}

/* A clock that was set back gives nothing back. */
static OmgBudgetRow get_row(const OmgAurBudget *budget, guint64 now_usec)
{
        const guint32 today = get_day(now_usec);

        return (OmgBudgetRow){today, budget->row.day >= today ? budget->row.used : 0};
}

static void warn_unkept(OmgAurBudget *budget, const GError *error)
{
        if (!budget->is_unkept_told)
                omg_log_warning(
                        "Requests to the AUR cannot be counted over a restart: %s, ignoring",
                        error->message);
        budget->is_unkept_told = TRUE;
}

OmgAurBudget *omg_aur_budget_new(OmgCacheDb *cache, guint64 now_usec)
{
        OmgAurBudget *budget = g_new0(OmgAurBudget, 1);
        g_autoptr(GError) error = NULL;

        budget->cache = cache;
        if (!omg_cache_budget_get(cache, NAME, &budget->row, &error))
                warn_unkept(budget, error);
        budget->row = get_row(budget, now_usec);
        return budget;
}

void omg_aur_budget_free(OmgAurBudget *budget)
{
        if (!budget)
                return;
        omg_http_row_free(budget->pause);
        g_free(budget);
}

/* ---- the day ---- */

guint omg_aur_budget_get_used(const OmgAurBudget *budget, guint64 now_usec)
{
        return get_row(budget, now_usec).used;
}

guint64 omg_aur_budget_get_day_end(guint64 now_usec)
{
        return ((guint64)get_day(now_usec) + 1) * DAY_USEC;
}

void omg_aur_budget_take(OmgAurBudget *budget, guint64 now_usec)
{
        g_autoptr(GError) error = NULL;

        budget->row = get_row(budget, now_usec);
        budget->row.used++;
        if (!omg_cache_budget_put(budget->cache, NAME, &budget->row, &error))
                warn_unkept(budget, error);
}

static char *format_time(guint64 usec)
{
        g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc((gint64)(usec / SEC_USEC));

        return time ? g_date_time_format(time, "%Y-%m-%d %H:%M:%S UTC") : g_strdup("later");
}

static gboolean check_day(OmgAurBudget *budget, guint n, guint64 now_usec, guint64 *ret_until_usec,
                          GError **error)
{
        budget->row = get_row(budget, now_usec);
        const guint left = OMG_LIMIT_AUR_REQUESTS_PER_DAY -
                           MIN(budget->row.used, OMG_LIMIT_AUR_REQUESTS_PER_DAY);

        if (n <= left)
                return TRUE;
        *ret_until_usec = omg_aur_budget_get_day_end(now_usec);
        g_autofree char *until = format_time(*ret_until_usec);
        g_set_error(error, OMG_ERROR, OMG_ERROR_LIMITS_EXCEEDED,
                    "the question takes %u requests, and %u of the %u that omgd sends the AUR in a "
                    "day are left; more from %s",
                    n, left, OMG_LIMIT_AUR_REQUESTS_PER_DAY, until);
        return FALSE;
}

/* ---- the pause ---- */

/* Of the server at that address, as a run of omgd before this one may have left it. */
static OmgHttpRow *get_pause(OmgAurBudget *budget, const char *url)
{
        g_autoptr(GError) error = NULL;
        OmgHttpRow *row = NULL;

        if (budget->pause && g_str_equal(budget->pause->url, url))
                return budget->pause;
        if (!omg_cache_http_get(budget->cache, url, &row, &error))
                warn_unkept(budget, error);
        if (!row) {
                row = g_new0(OmgHttpRow, 1);
                row->url = g_strdup(url);
        }
        omg_http_row_free(budget->pause);
        budget->pause = row;
        return row;
}

/* One that is longer than any can be is of a clock that was ahead. */
static guint64 get_until(const OmgHttpRow *row, guint64 now_usec)
{
        const guint64 longest = now_usec + OMG_LIMIT_RETRY_AFTER_SEC * SEC_USEC;

        return row->next_usec > now_usec && row->next_usec <= longest ? row->next_usec : 0;
}

guint64 omg_aur_budget_get_pause(OmgAurBudget *budget, const char *url, guint64 now_usec)
{
        return get_until(get_pause(budget, url), now_usec);
}

gboolean omg_aur_budget_check(OmgAurBudget *budget, const char *url, guint n, guint64 now_usec,
                              guint64 *ret_until_usec, GError **error)
{
        const OmgHttpRow *row = get_pause(budget, url);
        const guint64 until_usec = get_until(row, now_usec);
        const int code = row->error ? omg_error_from_dbus_name(row->error) : -1;

        if (until_usec == 0)
                return check_day(budget, n, now_usec, ret_until_usec, error);
        *ret_until_usec = until_usec;
        g_autofree char *until = format_time(until_usec);
        g_set_error(error, OMG_ERROR, code >= 0 ? code : OMG_ERROR_UPSTREAM_RATE_LIMITED,
                    "%s; it is not asked again before %s", row->message ? row->message : url,
                    until);
        return FALSE;
}

static void keep_pause(OmgAurBudget *budget, guint64 now_usec)
{
        g_autoptr(GError) error = NULL;

        if (!omg_cache_http_put(budget->cache, budget->pause, now_usec, &error))
                warn_unkept(budget, error);
}

static void set_pause(OmgAurBudget *budget, OmgHttpRow *row, OmgError code, const char *message,
                      guint64 sec, guint64 now_usec)
{
        row->next_usec = now_usec + MIN(sec, OMG_LIMIT_RETRY_AFTER_SEC) * SEC_USEC;
        row->n_failures = MIN(row->n_failures + 1, 1000);
        g_free(row->error);
        row->error = g_strdup(omg_error_get_dbus_name(code));
        g_free(row->message);
        row->message = strstr(message, row->url) ? g_strdup(message)
                                                 : g_strdup_printf("%s: %s", row->url, message);
        keep_pause(budget, now_usec);
}

void omg_aur_budget_take_limited(OmgAurBudget *budget, const char *url, const char *message,
                                 guint64 now_usec)
{
        set_pause(budget, get_pause(budget, url), OMG_ERROR_UPSTREAM_RATE_LIMITED, message,
                  OMG_AUR_LIMITED_SEC, now_usec);
}

static guint get_back_off(guint n_failures)
{
        return MIN(OMG_AUR_BACK_OFF_SEC << MIN(n_failures, 10), OMG_AUR_BACK_OFF_MAX);
}

/* What was there is written once, not at each answer. */
static void end_pause(OmgAurBudget *budget, OmgHttpRow *row, guint64 now_usec)
{
        if (row->n_failures == 0)
                return;
        row->n_failures = 0;
        row->next_usec = 0;
        row->fetched_usec = now_usec;
        g_clear_pointer(&row->error, g_free);
        g_clear_pointer(&row->message, g_free);
        keep_pause(budget, now_usec);
}

void omg_aur_budget_take_result(OmgAurBudget *budget, const char *url, const OmgFetchResult *result,
                                guint64 now_usec)
{
        OmgHttpRow *row = get_pause(budget, url);
        const char *message = result->message ? result->message : "it wants to be left alone";

        if (result->outcome == OMG_FETCH_LIMITED)
                set_pause(budget, row, OMG_ERROR_UPSTREAM_RATE_LIMITED, message,
                          result->retry_after != OMG_JSON_NONE ? MAX(result->retry_after, 1)
                                                               : OMG_AUR_LIMITED_SEC,
                          now_usec);
        else if (result->status != OMG_JSON_NONE && result->status >= 500)
                set_pause(budget, row, OMG_ERROR_NETWORK, message, get_back_off(row->n_failures),
                          now_usec);
        else if (result->outcome == OMG_FETCH_STORED)
                end_pause(budget, row, now_usec);
}
