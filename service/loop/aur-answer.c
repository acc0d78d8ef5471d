/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/aur-answer.h"

#include <string.h>

#include "base/limits-aur.h"

#define SEC_USEC  ((guint64)G_USEC_PER_SEC)
#define KEEP_USEC (OMG_LIMIT_AUR_ANSWER_SEC * SEC_USEC)

static void find_names(OmgAurAnswer *answer)
{
        for (char **name = answer->question->arguments; *name; name++) {
                guint id = omg_layer_find(answer->layer, *name, strlen(*name), NULL);
                if (id == OMG_NO_PACKAGE)
                        g_ptr_array_add(answer->missing, *name);
                else
                        answer->ids[answer->n_ids++] = id;
        }
}

OmgAurAnswer *omg_aur_answer_new(OmgAurQuestion *question, OmgLayer *layer, gsize n_bytes,
                                 guint n_dropped, guint64 as_of_usec)
{
        OmgAurAnswer *answer = g_atomic_rc_box_new0(OmgAurAnswer);
        const guint n_packages = omg_layer_get_n_packages(layer);

        answer->question = omg_aur_question_ref(question);
        answer->layer = omg_layer_ref(layer);
        answer->n_bytes = n_bytes;
        answer->n_dropped = n_dropped;
        answer->as_of_usec = as_of_usec;
        answer->missing = g_ptr_array_new();
        if (question->by == OMG_AUR_BY_INFO) {
                answer->ids = g_new(guint32, g_strv_length(question->arguments));
                find_names(answer);
                return answer;
        }
        answer->ids = g_new(guint32, n_packages);
        for (; answer->n_ids < n_packages; answer->n_ids++)
                answer->ids[answer->n_ids] = answer->n_ids;
        return answer;
}

OmgAurAnswer *omg_aur_answer_ref(OmgAurAnswer *answer)
{
        return g_atomic_rc_box_acquire(answer);
}

static void answer_clear(gpointer data)
{
        OmgAurAnswer *answer = data;

        g_ptr_array_unref(answer->missing);
        g_free(answer->ids);
        omg_layer_unref(answer->layer);
        omg_aur_question_unref(answer->question);
}

void omg_aur_answer_unref(OmgAurAnswer *answer)
{
        if (answer)
                g_atomic_rc_box_release_full(answer, answer_clear);
}

/* ---- those that are kept ---- */

typedef struct {
        char *server;
        OmgAurAnswer *answer;
        guint64 came_usec;
} Kept;

struct OmgAurAnswers {
        GQueue kept; /* Kept, the oldest first */
        gsize n_bytes;
};

OmgAurAnswers *omg_aur_answers_new(void)
{
        return g_new0(OmgAurAnswers, 1);
}

static void drop(OmgAurAnswers *answers, GList *link)
{
        Kept *kept = link->data;

        g_queue_delete_link(&answers->kept, link);
        answers->n_bytes -= kept->answer->n_bytes;
        omg_aur_answer_unref(kept->answer);
        g_free(kept->server);
        g_free(kept);
}

void omg_aur_answers_free(OmgAurAnswers *answers)
{
        if (!answers)
                return;
        while (answers->kept.head)
                drop(answers, answers->kept.head);
        g_free(answers);
}

static GList *find(OmgAurAnswers *answers, const char *server, const OmgAurQuestion *question)
{
        for (GList *link = answers->kept.head; link; link = link->next) {
                const Kept *kept = link->data;
                if (g_str_equal(kept->answer->question->key, question->key) &&
                    g_str_equal(kept->server, server))
                        return link;
        }
        return NULL;
}

void omg_aur_answers_add(OmgAurAnswers *answers, const char *server, OmgAurAnswer *answer,
                         guint64 now_usec)
{
        GList *before = find(answers, server, answer->question);
        Kept *kept;

        if (before)
                drop(answers, before);
        if (answer->n_bytes > OMG_LIMIT_AUR_ANSWER_BYTES)
                return;
        while (answers->kept.length >= OMG_LIMIT_AUR_ANSWERS ||
               answers->n_bytes + answer->n_bytes > OMG_LIMIT_AUR_ANSWER_BYTES)
                drop(answers, answers->kept.head);
        kept = g_new0(Kept, 1);
        *kept = (Kept){g_strdup(server), omg_aur_answer_ref(answer), now_usec};
        answers->n_bytes += answer->n_bytes;
        g_queue_push_tail(&answers->kept, kept);
}

OmgAurAnswer *omg_aur_answers_find(OmgAurAnswers *answers, const char *server,
                                   const OmgAurQuestion *question, guint max_age_sec,
                                   guint64 now_usec)
{
        const guint64 age_usec = MIN(max_age_sec * SEC_USEC, KEEP_USEC);
        GList *link = find(answers, server, question);
        const Kept *kept = link ? link->data : NULL;

        return kept && now_usec - kept->came_usec < age_usec ? kept->answer : NULL;
}

guint64 omg_aur_answers_expire(OmgAurAnswers *answers, guint64 now_usec)
{
        while (answers->kept.head) {
                const Kept *oldest = answers->kept.head->data;
                if (now_usec - oldest->came_usec < KEEP_USEC)
                        return oldest->came_usec + KEEP_USEC;
                drop(answers, answers->kept.head);
        }
        return G_MAXUINT64;
}
