/* SPDX-License-Identifier: GPL-3.0-or-later */
/* org.omgd1.Packages: RequiredBy, DependsOn. */
#include <errno.h>

#include "base/limits.h"
#include "engine/dependents.h"
#include "faces/bus-call.h"
#include "faces/bus-meta.h"
#include "faces/bus-options.h"
#include "faces/bus-packages.h"

/* In the order of the enums, without the first of each. */
static const char *const source_words[] = {"local", "repo", NULL};
static const char *const kind_words[] = {"depends", "optdepends", "makedepends", "checkdepends",
                                         NULL};

typedef OmgRelationAnswer *(*AnswerFunc)(const OmgSnapshot *snapshot, const OmgRelationQuery *query,
                                         const OmgInterrupt *interrupt, GError **error);

/* A question with its own copy of the names, and its answer: it is worked on by another thread. */
typedef struct {
        AnswerFunc answer_func;
        OmgRelationQuery query;
        GStrv names;
        OmgRelationAnswer *answer;
} Question;

static void question_free(Question *question)
{
        omg_relation_answer_free(question->answer);
        g_strfreev(question->names);
        g_free(question);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Question, question_free)

static int question_set_words(Question *question, const char *source, const char *kind,
                              GError **error)
{
        guint index;
        int r;

        if (source) {
                r = omg_bus_word_find("Option \"source\"", source, source_words, &index, error);
                if (r < 0)
                        return r;
                question->query.source = (OmgSource)(OMG_SOURCE_LOCAL + index);
        }
        question->query.relation = OMG_RELATION_DEPENDS;
        if (kind) {
                r = omg_bus_word_find("Option \"kind\"", kind, kind_words, &index, error);
                if (r < 0)
                        return r;
                question->query.relation = (OmgRelation)(OMG_RELATION_DEPENDS + index);
        }
        return 0;
}

static int question_read(OmgService *service, sd_bus_message *call, Question *question,
                         GError **error)
{
        OmgBusPage page = {};
        const char *source = NULL, *kind = NULL;
        int recursive = FALSE;
        const OmgBusOption table[] = {
                OMG_BUS_AGE_OPTION(&page),
                {"source", OMG_BUS_OPTION_STRING, &source, NULL},
                {"kind", OMG_BUS_OPTION_STRING, &kind, NULL},
                {"recursive", OMG_BUS_OPTION_BOOL, &recursive, NULL},
        };
        int r;

        if ((r = omg_bus_strv_read(call, "names", OMG_LIMIT_ROWS, &question->names, error)) < 0 ||
            (r = omg_bus_options_read(call, table, G_N_ELEMENTS(table), error)) < 0 ||
            (r = omg_bus_page_check(&page, service, error)) < 0)
                return r;
        question->query.names = (const char *const *)question->names;
        question->query.recursive = recursive;
        return question_set_words(question, source, kind, error);
}

static gboolean work_answer(const OmgSnapshot *snapshot, const OmgPoolJob *job, gpointer data,
                            GError **error)
{
        Question *question = data;
        OmgInterrupt interrupt = {omg_bus_is_cancelled, job};

        question->answer = question->answer_func(snapshot, &question->query, &interrupt, error);
        return question->answer != NULL;
}

static int append_lists(sd_bus_message *reply, const OmgRelationAnswer *answer)
{
        int r;

        r = sd_bus_message_open_container(reply, 'a', "{sas}");
        for (guint i = 0; r >= 0 && i < answer->found->len; i++) {
                if ((r = sd_bus_message_open_container(reply, 'e', "sas")) < 0 ||
                    (r = sd_bus_message_append_basic(reply, 's', answer->found->pdata[i])) < 0 ||
                    (r = omg_bus_strings_append(reply, answer->lists->pdata[i], G_MAXUINT)) < 0)
                        return r;
                r = sd_bus_message_close_container(reply);
        }
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int append_answer(const OmgSnapshot *snapshot, sd_bus_message *reply, gpointer data,
                         GError **error)
{
        const Question *question = data;
        const OmgRelationAnswer *answer = question->answer;
        OmgBusMeta meta = {.total = answer->found->len, .total_exact = TRUE};
        int r;

        if (question->answer_func == omg_depends_on)
                meta.unsatisfied = answer->unsatisfied;
        if ((r = append_lists(reply, answer)) < 0 ||
            (r = omg_bus_strings_append(reply, answer->missing, G_MAXUINT)) < 0)
                return r;
        return omg_bus_meta_append_more(reply, snapshot, &meta);
}

/* On the pool: who needs glibc is found in milliseconds, and a call may have a thousand names. */
static int run_question(OmgService *service, sd_bus_message *call, AnswerFunc answer_func,
                        GError **error)
{
        g_autoptr(Question) question = g_new0(Question, 1);
        int r;

        question->answer_func = answer_func;
        r = question_read(service, call, question, error);
        if (r < 0)
                return r;
        return omg_calls_run_on_pool(service->calls, work_answer, append_answer,
                                     g_steal_pointer(&question), (GDestroyNotify)question_free);
}

static int run_required_by(OmgService *service, sd_bus_message *call, sd_bus_message *reply,
                           GError **error)
{
        return run_question(service, call, omg_required_by, error);
}

static int run_depends_on(OmgService *service, sd_bus_message *call, sd_bus_message *reply,
                          GError **error)
{
        return run_question(service, call, omg_depends_on, error);
}

OMG_DEFINE_PACKAGES_METHOD(required_by, depends_calls)
OMG_DEFINE_PACKAGES_METHOD(depends_on, depends_calls)
