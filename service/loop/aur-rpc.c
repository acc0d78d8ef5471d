/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/aur-rpc.h"

#include "base/error.h"
#include "base/limits-aur.h"
#include "loop/aur-ask.h"
#include "loop/aur-budget.h"
#include "loop/network-state.h"

/* Nobody hurries to throw answers away. */
#define EXPIRE_SLACK_USEC (600 * (guint64)G_USEC_PER_SEC)

/* A question that is to be asked, for all who want to know. */
typedef struct {
        OmgAurQuestion *question;
        guint how; /* OmgRefreshWhat of all of them */
        GArray *ids;
} Item;

struct OmgAurRpc {
        OmgAurRpcSetup setup;
        gboolean is_on;
        const char *why_off; /* static */
        char server[OMG_CONF_URL_SIZE];
        OmgAurBudget *budget;
        OmgAurAnswers *answers;
        OmgTimer *expiry;
        GQueue waiting; /* Item */
        Item *running;  /* what the ask is about; its ids may all be gone */
        OmgAurAsk *ask;
        char *asked_server;
};

static guint64 get_now(void)
{
        return (guint64)g_get_real_time();
}

static void item_free(Item *item)
{
        omg_aur_question_unref(item->question);
        g_array_unref(item->ids);
        g_free(item);
}

/* ---- the end of a request ---- */

void omg_aur_rpc_get_used(OmgAurRpc *rpc, guint *ret_used, guint64 *ret_day_usec)
{
        *ret_used = omg_aur_budget_get_used(rpc->budget, get_now());
        *ret_day_usec = omg_aur_budget_get_day_end(get_now());
}

static void tell(OmgAurRpc *rpc, guint64 id, OmgAurOutcome outcome)
{
        outcome.id = id;
        omg_aur_rpc_get_used(rpc, &outcome.n_used, &outcome.day_usec);
        rpc->setup.on_done(&outcome, rpc->setup.data);
}

static void tell_all(OmgAurRpc *rpc, const Item *item, OmgAurOutcome outcome)
{
        for (guint i = 0; i < item->ids->len; i++)
                tell(rpc, g_array_index(item->ids, guint64, i), outcome);
}

/* ---- asking ---- */

static void plan_expiry(OmgAurRpc *rpc)
{
        const guint64 next =
                omg_aur_answers_expire(rpc->answers, omg_timers_now(rpc->setup.timers));

        if (next < G_MAXUINT64)
                omg_timer_set(rpc->expiry, next, EXPIRE_SLACK_USEC);
}

static void on_expiry(OmgTimerReason reason, gpointer data)
{
        plan_expiry(data);
}

static void on_ask_progress(const char *stage, double progress, gpointer data)
{
        OmgAurRpc *rpc = data;

        for (guint i = 0; i < rpc->running->ids->len; i++)
                rpc->setup.on_progress(g_array_index(rpc->running->ids, guint64, i), stage,
                                       progress, rpc->setup.data);
}

static void ask_next(OmgAurRpc *rpc);

static void on_ask_done(OmgAurAnswer *answer, const GError *error, gpointer data)
{
        OmgAurRpc *rpc = data;
        Item *item = g_steal_pointer(&rpc->running);
        OmgAurOutcome outcome = {.answer = answer, .error = (GError *)error};

        if (answer) {
                omg_aur_answers_add(rpc->answers, rpc->asked_server, answer,
                                    omg_timers_now(rpc->setup.timers));
                plan_expiry(rpc);
        } else {
                g_autofree char *url = omg_aur_ask_dup_url(rpc->asked_server);
                outcome.until_usec = omg_aur_budget_get_pause(rpc->budget, url, get_now());
        }
        tell_all(rpc, item, outcome);
        item_free(item);
        /* With the error. */
        g_clear_pointer(&rpc->ask, omg_aur_ask_free);
        ask_next(rpc);
}

static GError *get_hindrance(OmgAurRpc *rpc, guint how)
{
        if (!rpc->is_on)
                return g_error_new_literal(OMG_ERROR, OMG_ERROR_UNAVAILABLE, rpc->why_off);
        if (!rpc->setup.may_ask || omg_network_is_local(rpc->server))
                return NULL;
        return rpc->setup.may_ask((OmgRefreshWhat)how, rpc->setup.data);
}

/* FALSE: with the outcome that it has instead. */
static gboolean begin(OmgAurRpc *rpc, const Item *item, OmgAurOutcome *ret_outcome)
{
        const OmgAurAskSetup setup = {
                .paths = rpc->setup.paths,
                .launcher = rpc->setup.launcher,
                .budget = rpc->budget,
                .server = rpc->server,
                .question = item->question,
                .on_progress = on_ask_progress,
                .on_done = on_ask_done,
                .data = rpc,
        };
        g_autofree char *url = omg_aur_ask_dup_url(rpc->server);
        GError *error = get_hindrance(rpc, item->how);

        if (error ||
            !omg_aur_budget_check(rpc->budget, url, omg_aur_ask_count(rpc->server, item->question),
                                  get_now(), &ret_outcome->until_usec, &error)) {
                ret_outcome->error = error;
                return FALSE;
        }
        g_free(rpc->asked_server);
        rpc->asked_server = g_strdup(rpc->server);
        rpc->ask = omg_aur_ask_start(&setup, &ret_outcome->error);
        return rpc->ask != NULL;
}

static void ask_next(OmgAurRpc *rpc)
{
        while (!rpc->running && rpc->waiting.length > 0) {
                Item *item = g_queue_pop_head(&rpc->waiting);
                OmgAurOutcome outcome = {};

                rpc->running = item;
                if (begin(rpc, item, &outcome))
                        return;
                rpc->running = NULL;
                tell_all(rpc, item, outcome);
                g_clear_error(&outcome.error);
                item_free(item);
        }
}

/* ---- requests ---- */

static gboolean is_about(const Item *item, const OmgAurQuestion *question)
{
        return item->ids->len > 0 && g_str_equal(item->question->key, question->key);
}

/* One that is not answered yet. One that was asked of another server is none. */
static Item *find_item(OmgAurRpc *rpc, const OmgAurQuestion *question)
{
        for (GList *link = rpc->waiting.head; link; link = link->next)
                if (is_about(link->data, question))
                        return link->data;
        return rpc->running && is_about(rpc->running, question) &&
                               g_str_equal(rpc->asked_server, rpc->server)
                       ? rpc->running
                       : NULL;
}

static Item *add_item(OmgAurRpc *rpc, OmgAurQuestion *question)
{
        Item *item = g_new0(Item, 1);

        item->question = omg_aur_question_ref(question);
        item->ids = g_array_new(FALSE, FALSE, sizeof(guint64));
        g_queue_push_tail(&rpc->waiting, item);
        return item;
}

void omg_aur_rpc_ask(OmgAurRpc *rpc, const OmgAurRequest *request)
{
        OmgAurAnswer *kept = rpc->is_on
                                     ? omg_aur_answers_find(rpc->answers, rpc->server,
                                                            request->question, request->max_age_sec,
                                                            omg_timers_now(rpc->setup.timers))
                                     : NULL;
        Item *item;

        if (kept) {
                tell(rpc, request->id, (OmgAurOutcome){.answer = kept, .is_cached = TRUE});
                return;
        }
        item = find_item(rpc, request->question);
        if (!item)
                item = add_item(rpc, request->question);
        item->how |= request->how;
        g_array_append_val(item->ids, request->id);
        ask_next(rpc);
}

static gboolean remove_id(Item *item, guint64 id)
{
        for (guint i = 0; i < item->ids->len; i++)
                if (g_array_index(item->ids, guint64, i) == id) {
                        g_array_remove_index(item->ids, i);
                        return TRUE;
                }
        return FALSE;
}

static void tell_cancelled(OmgAurRpc *rpc, guint64 id)
{
        g_autoptr(GError) error =
                g_error_new_literal(OMG_ERROR, OMG_ERROR_CANCELLED, "the question was cancelled");

        tell(rpc, id, (OmgAurOutcome){.error = error});
}

void omg_aur_rpc_cancel(OmgAurRpc *rpc, guint64 id)
{
        if (rpc->running && remove_id(rpc->running, id)) {
                if (rpc->running->ids->len == 0)
                        omg_aur_ask_cancel(rpc->ask);
                tell_cancelled(rpc, id);
                return;
        }
        for (GList *link = rpc->waiting.head; link; link = link->next) {
                Item *item = link->data;
                if (!remove_id(item, id))
                        continue;
                if (item->ids->len == 0) {
                        g_queue_delete_link(&rpc->waiting, link);
                        item_free(item);
                }
                tell_cancelled(rpc, id);
                return;
        }
}

/* ---- the whole ---- */

OmgAurRpc *omg_aur_rpc_new(const OmgAurRpcSetup *setup)
{
        OmgAurRpc *rpc = g_new0(OmgAurRpc, 1);

        rpc->setup = *setup;
        rpc->why_off = "omgd.conf was not read yet";
        rpc->budget = omg_aur_budget_new(setup->cache, get_now());
        rpc->answers = omg_aur_answers_new();
        rpc->expiry = omg_timers_add(setup->timers, FALSE, on_expiry, rpc);
        return rpc;
}

void omg_aur_rpc_set_conf(OmgAurRpc *rpc, const OmgConf *conf)
{
        rpc->is_on = conf->aur_enabled && conf->aur_sec > 0;
        rpc->why_off =
                !conf->aur_enabled
                        ? "the AUR is off: \"enabled=true\" in [aur] of omgd.conf turns it on"
                        : "the AUR is never asked: omgd.conf has \"aur=0\" in [sync], which "
                          "\"aur=3600\" or no such line ends";
        (void)g_strlcpy(rpc->server, conf->aur_url, sizeof(rpc->server));
}

void omg_aur_rpc_free(OmgAurRpc *rpc)
{
        if (!rpc)
                return;
        omg_aur_ask_free(rpc->ask);
        g_clear_pointer(&rpc->running, item_free);
        g_queue_clear_full(&rpc->waiting, (GDestroyNotify)item_free);
        omg_timer_free(rpc->expiry);
        omg_aur_answers_free(rpc->answers);
        omg_aur_budget_free(rpc->budget);
        g_free(rpc->asked_server);
        g_free(rpc);
}
