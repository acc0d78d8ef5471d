/* SPDX-License-Identifier: GPL-3.0-or-later */
/* org.omgd1.Packages: GetFiles, WhoOwns, and what Search in mode "file" shares with them. */
#include <errno.h>
#include <string.h>

#include "base/limits.h"
#include "engine/files.h"
#include "faces/bus-call.h"
#include "faces/bus-meta.h"
#include "faces/bus-options.h"
#include "faces/bus-packages.h"

static const guint refresh_bits[OMG_FILES_N] = {
        [OMG_FILES_LOCAL] = OMG_REFRESH_LOCAL_FILES,
        [OMG_FILES_REPO] = OMG_REFRESH_SYNC_FILES,
};

/* In the order of OmgFilesSource. */
static const char *const source_words[] = {"local", "repo", NULL};

int omg_bus_files_need(OmgService *service, guint sources)
{
        guint what = 0;

        for (guint i = 0; i < OMG_FILES_N; i++)
                if ((sources & 1u << i) && !service->snapshot->files[i].layer)
                        what |= refresh_bits[i];
        return what && omg_calls_wait_for_refresh(service->calls, what) ? -EINPROGRESS : 0;
}

int omg_bus_files_source_find(const OmgSnapshot *snapshot, const char *name, const char *word,
                              OmgFilesSource *ret_source, GError **error)
{
        guint index;
        int r;

        if (word) {
                r = omg_bus_word_find("Option \"source\"", word, source_words, &index, error);
                if (r < 0)
                        return r;
                *ret_source = (OmgFilesSource)index;
                return 0;
        }
        return omg_files_choose_source(snapshot, name, ret_source, error) ? 0 : -EBADMSG;
}

int omg_bus_files_meta_append(sd_bus_message *reply, const OmgSnapshot *snapshot, guint sources,
                              guint32 total, const OmgSourceError *more)
{
        g_autoptr(GPtrArray) errors = g_ptr_array_new();
        int stale = snapshot->stale, complete = snapshot->complete && !more, exact = TRUE, r;

        for (guint i = 0; i < snapshot->errors->len; i++)
                g_ptr_array_add(errors, snapshot->errors->pdata[i]);
        for (guint s = 0; s < OMG_FILES_N; s++) {
                const OmgSnapshotFiles *files = &snapshot->files[s];
                if (!(sources & 1u << s))
                        continue;
                stale = stale || files->stale;
                complete = complete && files->complete;
                for (guint i = 0; i < files->errors->len; i++)
                        g_ptr_array_add(errors, files->errors->pdata[i]);
        }
        if (more)
                g_ptr_array_add(errors, (gpointer)more);
        if ((r = sd_bus_message_open_container(reply, 'a', "{sv}")) < 0 ||
            (r = omg_bus_entry_append(reply, "total", 'u', &total)) < 0 ||
            (r = omg_bus_entry_append(reply, "total-exact", 'b', &exact)) < 0 ||
            (r = omg_bus_entry_append(reply, "generation", 't', &snapshot->generation)) < 0 ||
            (r = omg_bus_entry_append(reply, "as-of", 't', &snapshot->as_of_usec)) < 0 ||
            (r = omg_bus_entry_append(reply, "stale", 'b', &stale)) < 0 ||
            (r = omg_bus_entry_append(reply, "complete", 'b', &complete)) < 0 ||
            (r = omg_bus_errors_entry_append(reply, errors)) < 0)
                return r;
        return sd_bus_message_close_container(reply);
}

/* ---- GetFiles ---- */

static int append_strings(sd_bus_message *reply, const GPtrArray *strings)
{
        int r;

        r = sd_bus_message_open_container(reply, 'a', "s");
        for (guint i = 0; r >= 0 && i < strings->len; i++)
                r = sd_bus_message_append_basic(reply, 's', strings->pdata[i]);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int run_get_files(OmgService *service, sd_bus_message *call, sd_bus_message *reply,
                         GError **error)
{
        OmgBusPage page = {.limit = OMG_LIMIT_ROWS};
        const char *name, *word = NULL;
        const OmgBusOption table[] = {
                OMG_BUS_PAGE_OPTIONS(&page),
                {"source", OMG_BUS_OPTION_STRING, &word, NULL},
        };
        g_autoptr(GPtrArray) paths = NULL;
        OmgFilesSource source;
        guint total;
        int r;

        if ((r = sd_bus_message_read_basic(call, 's', &name)) < 0 ||
            (r = omg_bus_options_read(call, table, G_N_ELEMENTS(table), error)) < 0 ||
            (r = omg_bus_page_check(&page, service, error)) < 0 ||
            (r = omg_bus_files_source_find(service->snapshot, name, word, &source, error)) < 0 ||
            (r = omg_bus_files_need(service, 1u << source)) < 0)
                return r;
        if (!omg_files_list(service->snapshot, source, name, page.offset, page.limit, &paths,
                            &total, error))
                return -EBADMSG;
        if (!paths) {
                omg_files_set_not_found(source, name, error);
                return -EBADMSG;
        }
        r = append_strings(reply, paths);
        return r < 0 ? r
                     : omg_bus_files_meta_append(reply, service->snapshot, 1u << source, total,
                                                 NULL);
}

/* ---- WhoOwns ---- */

typedef struct {
        const char *path; /* of the question's list */
        char *name;
} Owner;

/* A question on its way to a thread of the pool, and its answer. */
typedef struct {
        GStrv paths;
        guint sources;
        OmgBusPage page;
        GArray *owners; /* Owner: those of the page */
        guint32 total;
} Question;

static void owner_clear(gpointer owner)
{
        g_free(((Owner *)owner)->name);
}

static void question_free(Question *question)
{
        g_strfreev(question->paths);
        g_clear_pointer(&question->owners, g_array_unref);
        g_free(question);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Question, question_free)

static int question_read(OmgService *service, sd_bus_message *call, Question *question,
                         GError **error)
{
        g_auto(GStrv) sources = NULL;
        const OmgBusOption table[] = {
                OMG_BUS_PAGE_OPTIONS(&question->page),
                {"sources", OMG_BUS_OPTION_STRV, &sources, NULL},
        };
        guint index;
        int r;

        question->page.limit = OMG_LIMIT_ROWS;
        if ((r = omg_bus_strv_read(call, "paths", OMG_LIMIT_ROWS, &question->paths, error)) < 0 ||
            (r = omg_bus_options_read(call, table, G_N_ELEMENTS(table), error)) < 0 ||
            (r = omg_bus_page_check(&question->page, service, error)) < 0)
                return r;
        for (char **s = sources; s && *s; s++) {
                r = omg_bus_word_find("Option \"sources\"", *s, source_words, &index, error);
                if (r < 0)
                        return r;
                question->sources |= 1u << index;
        }
        if (!sources)
                question->sources = 1u << OMG_FILES_LOCAL;
        for (char **p = question->paths; *p; p++)
                if (strlen(*p) > OMG_LIMIT_PATH + 1)
                        return omg_call_fail(error, OMG_ERROR_INVALID_ARGS,
                                             "paths: \"%.64s...\" is longer than %u bytes", *p,
                                             OMG_LIMIT_PATH + 1);
                else if (**p != '/')
                        return omg_call_fail(error, OMG_ERROR_INVALID_ARGS,
                                             "paths: \"%.64s\" is not absolute", *p);
        return 0;
}

static void find_owners(const OmgSnapshot *snapshot, Question *question, const char *path)
{
        g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
        const OmgBusPage *page = &question->page;
        gboolean exists;
        g_autofree char *real = omg_files_resolve(snapshot->conf->root_dir, path, &exists);

        for (guint i = 0; real && i < OMG_FILES_N; i++)
                if (question->sources & 1u << i)
                        omg_files_add_owners(snapshot, i, real, exists, names);
        for (guint i = 0; i < names->len; i++) {
                /* A thousand times a folder of all packages would be millions of rows. */
                if (question->total >= page->offset && question->owners->len < page->limit) {
                        Owner owner = {path, g_steal_pointer(&names->pdata[i])};
                        g_array_append_val(question->owners, owner);
                }
                question->total += question->total < G_MAXUINT32;
        }
}

static gboolean work_owners(const OmgSnapshot *snapshot, const OmgPoolJob *job, gpointer data,
                            GError **error)
{
        Question *question = data;

        for (guint i = 0; i < OMG_FILES_N; i++)
                if ((question->sources & 1u << i) && !omg_files_check(snapshot, i, error))
                        return FALSE;
        question->owners = g_array_new(FALSE, FALSE, sizeof(Owner));
        g_array_set_clear_func(question->owners, owner_clear);
        for (char **p = question->paths; *p && !omg_pool_job_is_cancelled(job); p++)
                find_owners(snapshot, question, *p);
        return TRUE;
}

static int append_owners(const OmgSnapshot *snapshot, sd_bus_message *reply, gpointer data,
                         GError **error)
{
        const Question *question = data;
        int r;

        r = sd_bus_message_open_container(reply, 'a', "(ss)");
        for (guint i = 0; r >= 0 && i < question->owners->len; i++) {
                const Owner *owner = &g_array_index(question->owners, Owner, i);
                r = sd_bus_message_append(reply, "(ss)", owner->path, owner->name);
        }
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r
                     : omg_bus_files_meta_append(reply, snapshot, question->sources,
                                                 question->total, NULL);
}

static int run_who_owns(OmgService *service, sd_bus_message *call, sd_bus_message *reply,
                        GError **error)
{
        g_autoptr(Question) question = g_new0(Question, 1);
        int r;

        if ((r = question_read(service, call, question, error)) < 0 ||
            (r = omg_bus_files_need(service, question->sources)) < 0)
                return r;
        return omg_calls_run_on_pool(service->calls, work_owners, append_owners,
                                     g_steal_pointer(&question), (GDestroyNotify)question_free);
}

OMG_DEFINE_METHOD(get_files, files_calls, TRUE)
OMG_DEFINE_METHOD(who_owns, files_calls, TRUE)

int omg_bus_method_get_files(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
        return method_get_files(call, userdata, ret_error);
}

int omg_bus_method_who_owns(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
        return method_who_owns(call, userdata, ret_error);
}
