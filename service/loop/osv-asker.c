/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/osv-asker.h"

#include <string.h>

#include "base/error.h"
#include "base/limits-advisories.h"
#include "base/text.h"
#include "engine/osv-questions.h"
#include "sources/osv-batch.h"

/* Of one question, beside its texts. */
#define QUESTION_BYTES 80u

/* One question, on its first page or a later one. */
typedef struct {
        const OmgOsvQuestion *question;
        char *token; /* NULL: the first page */
} Ask;

typedef struct {
        GArray *asks; /* Ask */
        /* What its answer says, until it is known to be good. */
        GHashTable *named;
        char **tokens; /* by question */
} Batch;

struct OmgOsvAsker {
        GPtrArray *questions;
        GQueue waiting;   /* Ask *: not in a batch yet */
        GQueue halves;    /* Batch *: as they are */
        GPtrArray *round; /* Batch * */
        GHashTable *named;
        guint n_asked; /* batches */
        guint n_answered, n_refused;
        char *refused;
};

static void ask_clear(Ask *ask)
{
        g_free(ask->token);
}

static void ask_free(Ask *ask)
{
        ask_clear(ask);
        g_free(ask);
}

static Batch *batch_new(void)
{
        Batch *batch = g_new0(Batch, 1);

        batch->asks = g_array_new(FALSE, FALSE, sizeof(Ask));
        g_array_set_clear_func(batch->asks, (GDestroyNotify)ask_clear);
        batch->named = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        return batch;
}

static void batch_free(Batch *batch)
{
        for (guint i = 0; batch->tokens && i < batch->asks->len; i++)
                g_free(batch->tokens[i]);
        g_free(batch->tokens);
        g_array_unref(batch->asks);
        g_hash_table_unref(batch->named);
        g_free(batch);
}

static void add_waiting(OmgOsvAsker *asker, const OmgOsvQuestion *question, const char *token)
{
        Ask *ask = g_new0(Ask, 1);

        *ask = (Ask){question, g_strdup(token)};
        g_queue_push_tail(&asker->waiting, ask);
}

OmgOsvAsker *omg_osv_asker_new(GPtrArray *questions)
{
        OmgOsvAsker *asker = g_new0(OmgOsvAsker, 1);

        asker->questions = questions ? g_ptr_array_ref(questions) : g_ptr_array_new();
        asker->round = g_ptr_array_new_with_free_func((GDestroyNotify)batch_free);
        asker->named = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        for (guint i = 0; i < asker->questions->len; i++)
                add_waiting(asker, g_ptr_array_index(asker->questions, i), NULL);
        return asker;
}

void omg_osv_asker_free(OmgOsvAsker *asker)
{
        if (!asker)
                return;
        g_queue_clear_full(&asker->waiting, (GDestroyNotify)ask_free);
        g_queue_clear_full(&asker->halves, (GDestroyNotify)batch_free);
        g_ptr_array_unref(asker->round);
        g_ptr_array_unref(asker->questions);
        g_hash_table_unref(asker->named);
        g_free(asker->refused);
        g_free(asker);
}

/* ---- rounds ---- */

static gsize get_size(const Ask *ask)
{
        const OmgOsvQuestion *question = ask->question;

        return QUESTION_BYTES + strlen(question->ecosystem) + strlen(question->name) +
               strlen(question->version) + (ask->token ? strlen(ask->token) : 0);
}

/* As many as fit; one always does. */
static Batch *take_waiting(OmgOsvAsker *asker)
{
        Batch *batch = batch_new();
        gsize size = 0;

        while (batch->asks->len < OMG_LIMIT_OSV_BATCH) {
                Ask *ask = g_queue_peek_head(&asker->waiting);
                if (!ask || (size > 0 && size + get_size(ask) > OMG_LIMIT_OSV_BATCH_BYTES))
                        break;
                size += get_size(ask);
                g_array_append_val(batch->asks, *ask);
                g_free(g_queue_pop_head(&asker->waiting));
        }
        return batch;
}

guint omg_osv_asker_begin_round(OmgOsvAsker *asker)
{
        g_ptr_array_set_size(asker->round, 0);
        while (asker->round->len < OMG_LIMIT_OSV_ROUND && asker->n_asked < OMG_LIMIT_OSV_ASKS &&
               (asker->halves.length > 0 || asker->waiting.length > 0)) {
                Batch *batch = g_queue_pop_head(&asker->halves) ?: take_waiting(asker);
                batch->tokens = g_new0(char *, batch->asks->len);
                g_ptr_array_add(asker->round, batch);
                asker->n_asked++;
        }
        return asker->round->len;
}

static Batch *get_batch(const OmgOsvAsker *asker, guint batch)
{
        return g_ptr_array_index(asker->round, batch);
}

static const Ask *get_ask(const Batch *batch, guint question)
{
        return &g_array_index(batch->asks, Ask, question);
}

guint omg_osv_asker_get_n(const OmgOsvAsker *asker, guint batch)
{
        return get_batch(asker, batch)->asks->len;
}

char *omg_osv_asker_dup_body(const OmgOsvAsker *asker, guint batch, GError **error)
{
        const GArray *asks = get_batch(asker, batch)->asks;
        g_autofree OmgOsvQuery *queries = g_new0(OmgOsvQuery, asks->len);

        for (guint i = 0; i < asks->len; i++) {
                const Ask *ask = &g_array_index(asks, Ask, i);
                queries[i] = (OmgOsvQuery){ask->question->ecosystem, ask->question->name,
                                           ask->question->version, ask->token};
        }
        return omg_osv_batch_format(queries, asks->len, error);
}

/* ---- answers ---- */

static void refuse_question(OmgOsvAsker *asker, const OmgOsvQuestion *question)
{
        asker->n_refused++;
        if (asker->refused)
                return;
        g_autofree char *text =
                g_strdup_printf("%s %s %s", question->ecosystem, question->name, question->version);
        asker->refused = omg_text_strip(text);
}

static void split(OmgOsvAsker *asker, const Batch *batch)
{
        const guint middle = batch->asks->len / 2;
        Batch *halves[] = {batch_new(), batch_new()};

        for (guint i = 0; i < batch->asks->len; i++) {
                const Ask *ask = get_ask(batch, i);
                Ask copy = {ask->question, g_strdup(ask->token)};
                g_array_append_val(halves[i >= middle]->asks, copy);
        }
        g_queue_push_tail(&asker->halves, halves[0]);
        g_queue_push_tail(&asker->halves, halves[1]);
}

/* A page is refused for its token's sake: the question itself was good before. */
void omg_osv_asker_set_refused(OmgOsvAsker *asker, guint number)
{
        const Batch *batch = get_batch(asker, number);

        if (batch->asks->len > 1)
                split(asker, batch);
        else if (!get_ask(batch, 0)->token)
                refuse_question(asker, get_ask(batch, 0)->question);
}

void omg_osv_asker_set_failed(OmgOsvAsker *asker, guint number)
{
        g_hash_table_remove_all(get_batch(asker, number)->named);
}

static void add_named(GHashTable *named, const char *id, guint64 modified_usec)
{
        guint64 *known = g_hash_table_lookup(named, id);

        if (known)
                *known = MAX(*known, modified_usec);
        else
                g_hash_table_insert(named, g_strdup(id),
                                    g_memdup2(&modified_usec, sizeof(modified_usec)));
}

void omg_osv_asker_add_id(OmgOsvAsker *asker, guint batch, guint question, const char *id,
                          guint64 modified_usec)
{
        add_named(get_batch(asker, batch)->named, id, modified_usec);
}

void omg_osv_asker_add_token(OmgOsvAsker *asker, guint batch, guint question, const char *token)
{
        char **place = &get_batch(asker, batch)->tokens[question];

        g_free(*place);
        *place = g_strdup(token);
}

void omg_osv_asker_set_answered(OmgOsvAsker *asker, guint number)
{
        Batch *batch = get_batch(asker, number);
        GHashTableIter iter;
        gpointer id, modified;

        if (g_hash_table_size(asker->named) + g_hash_table_size(batch->named) > OMG_LIMIT_OSV_IDS)
                return;
        g_hash_table_iter_init(&iter, batch->named);
        while (g_hash_table_iter_next(&iter, &id, &modified))
                add_named(asker->named, id, *(guint64 *)modified);
        for (guint i = 0; i < batch->asks->len; i++) {
                if (batch->tokens[i])
                        add_waiting(asker, get_ask(batch, i)->question, batch->tokens[i]);
                else
                        asker->n_answered++;
        }
}

GHashTable *omg_osv_asker_get_named(const OmgOsvAsker *asker)
{
        return asker->named;
}

void omg_osv_asker_get_state(const OmgOsvAsker *asker, OmgOsvAskerState *ret_state)
{
        *ret_state = (OmgOsvAskerState){asker->questions->len, asker->n_answered, asker->n_refused,
                                        asker->refused};
}
