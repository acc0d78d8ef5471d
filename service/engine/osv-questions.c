/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/osv-questions.h"

#include <string.h>

static void question_free(OmgOsvQuestion *question)
{
        g_free(question->ecosystem);
        g_free(question->name);
        g_free(question->version);
        g_free(question);
}

static int compare(gconstpointer a, gconstpointer b)
{
        const OmgOsvQuestion *x = *(const OmgOsvQuestion *const *)a;
        const OmgOsvQuestion *y = *(const OmgOsvQuestion *const *)b;
        int order = strcmp(x->ecosystem, y->ecosystem);

        if (order == 0)
                order = strcmp(x->name, y->name);
        return order != 0 ? order : strcmp(x->version, y->version);
}

static void add(GPtrArray *questions, const OmgOsvTarget *target, const char *version)
{
        OmgOsvQuestion *question = g_new0(OmgOsvQuestion, 1);

        question->ecosystem = g_strdup(target->ecosystem);
        question->name = g_strdup(target->name);
        question->version = g_strdup(version);
        g_ptr_array_add(questions, question);
}

/* The first repository that holds its name; NULL: none. */
static const char *get_repository(const OmgSnapshot *snapshot, guint id)
{
        guint32 sync_id = snapshot->installed[id].sync_id;

        if (sync_id == OMG_NO_PACKAGE)
                return NULL;
        guint repository = omg_layer_get_record(snapshot->sync, sync_id)->repository;
        return omg_layer_get_text(snapshot->sync,
                                  omg_layer_get_repository(snapshot->sync, repository)->name);
}

static void add_packages(GPtrArray *questions, const OmgAuditParams *params, OmgIsInAur is_in_aur,
                         gpointer userdata)
{
        const OmgSnapshot *snapshot = params->snapshot;
        g_autoptr(GString) name = g_string_new(NULL), version = g_string_new(NULL);
        OmgOsvTarget targets[OMG_LIMIT_OSV_TARGETS];

        for (guint id = 0; id < omg_layer_get_n_packages(snapshot->local); id++) {
                const char *package = omg_layer_get_name(snapshot->local, id);
                const char *repository = get_repository(snapshot, id);
                guint n = omg_osv_names_find(params->names, package, name, targets);
                if (n == 0 ||
                    !omg_osv_names_may_ask(repository, !repository && is_in_aur &&
                                                               is_in_aur(package, userdata)))
                        continue;
                (void)omg_osv_upstream_version(omg_layer_get_version(snapshot->local, id), version);
                for (guint i = 0; i < n; i++)
                        add(questions, &targets[i], version->str);
        }
}

static void add_runtimes(GPtrArray *questions, const OmgAuditParams *params)
{
        g_autoptr(GString) version = g_string_new(NULL);
        OmgOsvTarget targets[OMG_LIMIT_OSV_TARGETS];

        for (guint i = 0; i < params->n_runtimes; i++) {
                guint n = omg_osv_names_find_runtime(params->names, params->runtimes[i].name,
                                                     targets);
                for (guint j = 0; j < n; j++)
                        add(questions, &targets[j],
                            omg_osv_runtime_version(targets[j].ecosystem,
                                                    params->runtimes[i].version, version));
        }
}

GPtrArray *omg_osv_list_questions(const OmgAuditParams *params, OmgIsInAur is_in_aur,
                                  gpointer userdata)
{
        GPtrArray *questions = g_ptr_array_new_with_free_func((GDestroyNotify)question_free);
        const OmgSnapshot *snapshot = params->snapshot;

        if (!params->names)
                return questions;
        if (snapshot->sync && snapshot->local && snapshot->installed)
                add_packages(questions, params, is_in_aur, userdata);
        add_runtimes(questions, params);
        g_ptr_array_sort(questions, compare);
        for (guint i = 1; i < questions->len; i++)
                if (compare(&questions->pdata[i - 1], &questions->pdata[i]) == 0)
                        g_ptr_array_remove_index(questions, i--);
        return questions;
}
