/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "omgd-index/task.h"

#include <string.h>

#include "base/limits-aur.h"
#include "store/layer-kind.h"

static const char *const judges[OMG_JUDGE_N] = {
        [OMG_JUDGE_LIST] = "judge-list",
        [OMG_JUDGE_GROUPS] = "judge-groups",
        [OMG_JUDGE_ANSWER] = "judge-answer",
        [OMG_JUDGE_RECORDS] = "judge-records",
};

/* FALSE: it is none of these, or of the files there are too few or too many. */
static gboolean parse_judge(int argc, char **argv, OmgTask *task)
{
        for (guint i = OMG_JUDGE_LIST; argc >= 3 && i < OMG_JUDGE_N; i++)
                if (strcmp(argv[1], judges[i]) == 0)
                        task->judge = i;
        if (task->judge == OMG_JUDGE_NONE)
                return FALSE;
        task->files = g_strdupv(argv + 2);
        if (task->judge == OMG_JUDGE_ANSWER)
                return argc == 3 && task->questions > 0;
        return task->judge != OMG_JUDGE_LIST || argc == 3;
}

/* FALSE: it is not about the AUR, or something is missing. */
static gboolean parse_aur(int argc, char **argv, OmgTask *task)
{
        const char *command = argc >= 2 ? argv[1] : "";

        task->is_aur = argc == 2 && strcmp(command, "aur") == 0;
        task->is_aur_reply = argc > 2 && argc - 2 <= (int)OMG_LIMIT_AUR_REPLIES &&
                             strcmp(command, "aur-reply") == 0;
        if (task->is_aur_reply)
                task->files = g_strdupv(argv + 2);
        return task->output &&
               (task->is_aur_reply || (task->is_aur && (task->archive || task->cache)));
}

gboolean omg_task_parse(int argc, char **argv, OmgTask *ret_task, GError **error)
{
        g_autoptr(GOptionContext) context = g_option_context_new(
                "sync|local|sync-files|local-files|check|advisories|aur|aur-reply FILES|"
                "judge-... FILES");
        GOptionEntry entries[] = {
                {"config", 0, 0, G_OPTION_ARG_FILENAME, &ret_task->config, "pacman.conf", "FILE"},
                {"output", 0, 0, G_OPTION_ARG_FILENAME, &ret_task->output, "Index to write",
                 "FILE"},
                {"root", 0, 0, G_OPTION_ARG_FILENAME, &ret_task->root, "Over RootDir", "DIR"},
                {"dbpath", 0, 0, G_OPTION_ARG_FILENAME, &ret_task->db_path, "Over DBPath", "DIR"},
                {"cache", 0, 0, G_OPTION_ARG_FILENAME, &ret_task->cache,
                 "omgd's cache, whose copies of sync databases count where they are newer", "DIR"},
                {"previous", 0, 0, G_OPTION_ARG_FILENAME, &ret_task->previous,
                 "Index to take from what is unreadable now, or unchanged", "FILE"},
                {"repository", 0, 0, G_OPTION_ARG_STRING, &ret_task->repository,
                 "Whose staged database to check", "NAME"},
                {"tracker", 0, 0, G_OPTION_ARG_FILENAME, &ret_task->tracker,
                 "The list of the security tracker", "FILE"},
                {"osv", 0, 0, G_OPTION_ARG_FILENAME, &ret_task->osv, "Records of OSV", "DIR"},
                {"archive", 0, 0, G_OPTION_ARG_FILENAME, &ret_task->archive,
                 "The AUR's archive, if not the one in omgd's cache", "FILE"},
                {"details", 0, 0, G_OPTION_ARG_FILENAME, &ret_task->details,
                 "Details of the tracker's groups that are at hand", "DIR"},
                {"groups", 0, 0, G_OPTION_ARG_STRING, &ret_task->groups,
                 "Groups whose details are wanted", "IDS"},
                {"questions", 0, 0, G_OPTION_ARG_INT, &ret_task->questions,
                 "How many the answer is to", "N"},
                {"only-libalpm", 0, 0, G_OPTION_ARG_NONE, &ret_task->only_libalpm,
                 "Read by libalpm what else is read without it", NULL},
                {"whole", 0, 0, G_OPTION_ARG_NONE, &ret_task->whole,
                 "Read also what has not changed since --previous", NULL},
                {},
        };

        g_option_context_set_summary(context, "Reads pacman's databases into an index of omgd.");
        g_option_context_add_main_entries(context, entries, NULL);
        if (!g_option_context_parse(context, &argc, &argv, error))
                return FALSE;
        ret_task->is_check = argc == 2 && strcmp(argv[1], "check") == 0;
        ret_task->is_advisories = argc == 2 && strcmp(argv[1], "advisories") == 0;
        if (ret_task->is_advisories && ret_task->output)
                return TRUE;
        if (parse_aur(argc, argv, ret_task))
                return TRUE;
        if (ret_task->is_aur || ret_task->is_aur_reply) {
                g_set_error_literal(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                                    "aur needs --output, and --cache or --archive; aur-reply "
                                    "--output");
                return FALSE;
        }
        if (parse_judge(argc, argv, ret_task))
                return TRUE;
        if (ret_task->is_check ? ret_task->config && ret_task->cache && ret_task->repository
                               : argc == 2 && omg_layer_kind_find(argv[1], &ret_task->kind) &&
                                         ret_task->config && ret_task->output)
                return TRUE;
        g_set_error_literal(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                            "needs one of sync, local, sync-files and local-files, --config and "
                            "--output; or check, --config, --cache and --repository; or advisories "
                            "and --output; or aur, or aur-reply and files; or judge-list, "
                            "judge-groups, judge-answer (with "
                            "--questions) or judge-records, and files");
        return FALSE;
}

void omg_task_clear(OmgTask *task)
{
        g_free(task->config);
        g_free(task->output);
        g_free(task->root);
        g_free(task->db_path);
        g_free(task->previous);
        g_free(task->cache);
        g_free(task->repository);
        g_free(task->tracker);
        g_free(task->osv);
        g_free(task->archive);
        g_strfreev(task->files);
        g_free(task->details);
        g_free(task->groups);
        *task = (OmgTask){};
}

gboolean omg_task_is_files(const OmgTask *task)
{
        return task->kind == OMG_LAYER_SYNC_FILES || task->kind == OMG_LAYER_LOCAL_FILES;
}
