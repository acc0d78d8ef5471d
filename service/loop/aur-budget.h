/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What may be asked of the AUR's RPC, and when: at most OMG_LIMIT_AUR_REQUESTS_PER_DAY requests on
 * a day of UTC, for all callers together, and none while its server wants to be left alone or
 * fails. Both are kept in cache.db; where that cannot be written, for this run of omgd. Worker
 * only.
 *
 * @now_usec: µs since 1970, of any clock of the caller's. */

#include "fetch/fetch-result.h"
#include "store/cache-db.h"

typedef struct OmgAurBudget OmgAurBudget;

/* @cache is borrowed. Never NULL. */
OmgAurBudget *omg_aur_budget_new(OmgCacheDb *cache, guint64 now_usec);

/* NULL is harmless. */
void omg_aur_budget_free(OmgAurBudget *budget);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgAurBudget, omg_aur_budget_free)

/* Whether the server at @url (the key in cache-http.h) may be sent @n requests. Else, with the time
 * from which on it may in the message and in *ret_until_usec: LIMITS_EXCEEDED when too few are left
 * of the day's; UPSTREAM_RATE_LIMITED or NETWORK, as of its last answer, during a pause. */
gboolean omg_aur_budget_check(OmgAurBudget *budget, const char *url, guint n, guint64 now_usec,
                              guint64 *ret_until_usec, GError **error);

/* A request is on its way. */
void omg_aur_budget_take(OmgAurBudget *budget, guint64 now_usec);

/* The server's last answer: status 429 and 503 begin a pause, as long as they say or
 * OMG_AUR_LIMITED_SEC, other 5xx one that grows with each in a row, anything of use ends that row.
 * What the network alone did changes nothing. */
void omg_aur_budget_take_result(OmgAurBudget *budget, const char *url, const OmgFetchResult *result,
                                guint64 now_usec);

/* The same when the server said so in words. */
void omg_aur_budget_take_limited(OmgAurBudget *budget, const char *url, const char *message,
                                 guint64 now_usec);

/* Until when it wants to be left alone, µs since 1970; 0: it does not. */
guint64 omg_aur_budget_get_pause(OmgAurBudget *budget, const char *url, guint64 now_usec);

/* How many requests were sent on that day, and when the next begins. */
guint omg_aur_budget_get_used(const OmgAurBudget *budget, guint64 now_usec);
guint64 omg_aur_budget_get_day_end(guint64 now_usec);
