/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/runtime-list.h"

#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/version.h"
#include "engine/runtime-match.h"
#include "engine/runtime-owner.h"

/* What is needed while rows are made. */
typedef struct {
        OmgRuntimeList *list;
        const OmgRuntimes *found;
        GHashTable *rows;    /* OmgRuntime to its row */
        GHashTable *decided; /* names of which the active version is settled, borrowed */
        GHashTable *asked;   /* "source/name" that was asked for, owned */
} Making;

/* ---- rows ---- */

static void add_installed(Making *making)
{
        for (guint i = 0; i < making->found->installed->len; i++) {
                const OmgRuntime *runtime = making->found->installed->pdata[i];
                OmgRuntimeRow *row = g_new0(OmgRuntimeRow, 1);

                *row = (OmgRuntimeRow){.runtime = runtime,
                                       .source = runtime->source,
                                       .name = runtime->name,
                                       .version = runtime->version,
                                       .origin = runtime->origin,
                                       .bin = runtime->bin};
                g_ptr_array_add(making->list->rows, row);
                (void)g_hash_table_insert(making->rows, (gpointer)runtime, row);
        }
}

/* The row of a wish by itself: of a file, or of what is not installed. */
static OmgRuntimeRow *add_wish(Making *making, const OmgRuntimeWish *wish,
                               const OmgRuntime *runtime)
{
        OmgRuntimeRow *row = g_new0(OmgRuntimeRow, 1);
        const char *named = omg_runtime_is_version(wish->wanted) ? wish->wanted : "";

        *row = (OmgRuntimeRow){.runtime = runtime,
                               .source = wish->source,
                               .name = wish->name,
                               .version = runtime ? runtime->version : named,
                               .origin = wish->origin,
                               .bin = runtime ? runtime->bin : ""};
        g_ptr_array_add(making->list->rows, row);
        return row;
}

/* Of a name and source only the first wish counts. */
static gboolean is_asked_first(Making *making, const OmgRuntimeWish *wish)
{
        return g_hash_table_add(making->asked, g_strdup_printf("%d/%s", wish->source, wish->name));
}

/* A version that is not installed decides nothing, unless it is a project's. */
static void take_wish(Making *making, const OmgRuntimeWish *wish, gboolean is_of_project)
{
        const OmgRuntime *runtime = omg_runtime_match(making->found->installed, wish);
        OmgRuntimeRow *row = runtime && wish->source != OMG_RUNTIME_FILE
                                     ? g_hash_table_lookup(making->rows, runtime)
                                     : add_wish(making, wish, runtime);

        if (!row->wanted || is_of_project) {
                row->wanted = wish->wanted;
                row->wanted_by = wish->origin;
        }
        if (!runtime && !is_of_project)
                return;
        row->is_active |= !g_hash_table_contains(making->decided, wish->name);
        (void)g_hash_table_add(making->decided, wish->name);
}

static void take_wishes(Making *making)
{
        /* By precedence of the sources, whatever the order in which they were read. */
        for (int source = OMG_RUNTIME_OMG; source < OMG_RUNTIME_N_SOURCES; source++)
                for (guint i = 0; i < making->found->wishes->len; i++) {
                        const OmgRuntimeWish *wish = making->found->wishes->pdata[i];

                        if ((int)wish->source == source && !wish->directory &&
                            is_asked_first(making, wish))
                                take_wish(making, wish, FALSE);
                }
}

static void take_path(Making *making)
{
        for (guint i = 0; i < making->found->installed->len; i++) {
                const OmgRuntime *runtime = making->found->installed->pdata[i];
                OmgRuntimeRow *row = g_hash_table_lookup(making->rows, runtime);

                if (runtime->is_first && !g_hash_table_contains(making->decided, runtime->name)) {
                        row->is_active = TRUE;
                        (void)g_hash_table_add(making->decided, runtime->name);
                }
        }
}

/* ---- projects ---- */

/* Of DIR/FILE the length of DIR. */
static gsize get_folder_length(const char *path)
{
        const char *slash = strrchr(path, '/');

        return slash ? (gsize)(slash - path) : 0;
}

static gboolean contains(const char *directory, const char *path)
{
        gsize n = strlen(directory);

        if (g_str_equal(directory, "/"))
                return TRUE;
        return strncmp(path, directory, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

/* The nearest directory of rustup's that has the project in it, or NULL. */
static const OmgRuntimeWish *find_override(const OmgRuntimes *found, const char *directory)
{
        const OmgRuntimeWish *best = NULL;

        for (guint i = 0; i < found->wishes->len; i++) {
                const OmgRuntimeWish *wish = found->wishes->pdata[i];

                if (wish->directory && contains(wish->directory, directory) &&
                    (!best || strlen(wish->directory) > strlen(best->directory)))
                        best = wish;
        }
        return best;
}

/* A file that is nearer counts more than the override; of equally near ones the override (rustup,
 * "Overrides"). */
static gboolean is_nearer(const OmgRuntimeWish *file, const OmgRuntimeWish *override)
{
        gsize length = g_str_equal(override->directory, "/") ? 0 : strlen(override->directory);

        return get_folder_length(file->origin) > length;
}

static void take_project(Making *making, const OmgProject *project)
{
        const OmgRuntimeWish *override = find_override(making->found, project->directory);

        for (guint i = 0; i < project->wishes->len; i++) {
                const OmgRuntimeWish *wish = project->wishes->pdata[i];
                gboolean is_rust = g_str_equal(wish->name, "rust");

                if (!is_asked_first(making, wish))
                        continue;
                if (is_rust && override && !is_nearer(wish, override)) {
                        take_wish(making, override, TRUE);
                        override = NULL;
                }
                take_wish(making, wish, TRUE);
                override = is_rust ? NULL : override;
        }
        if (override)
                take_wish(making, override, TRUE);
}

/* ---- the whole ---- */

static int compare_rows(gconstpointer a, gconstpointer b)
{
        const OmgRuntimeRow *x = *(const OmgRuntimeRow *const *)a;
        const OmgRuntimeRow *y = *(const OmgRuntimeRow *const *)b;
        int r = strcmp(x->name, y->name);

        r = r != 0 ? r : y->is_active - x->is_active;
        r = r != 0 ? r : omg_version_compare(y->version, x->version);
        r = r != 0 ? r : strcmp(y->version, x->version);
        r = r != 0 ? r : (int)x->source - (int)y->source;
        return r != 0 ? r : strcmp(x->origin, y->origin);
}

static void hash_text(XXH3_state_t *state, const char *text)
{
        (void)XXH3_64bits_update(state, text ?: "", text ? strlen(text) + 1 : 1);
}

static guint64 get_generation(const GPtrArray *rows)
{
        XXH3_state_t *state = XXH3_createState();
        guint64 hash;

        (void)XXH3_64bits_reset(state);
        for (guint i = 0; i < rows->len; i++) {
                const OmgRuntimeRow *row = rows->pdata[i];
                const guint8 bits[] = {(guint8)row->source, (guint8)row->is_active,
                                       row->runtime != NULL};

                hash_text(state, row->name);
                hash_text(state, row->version);
                hash_text(state, row->origin);
                hash_text(state, row->bin);
                hash_text(state, row->wanted);
                hash_text(state, row->wanted_by);
                (void)XXH3_64bits_update(state, bits, sizeof(bits));
        }
        hash = XXH3_64bits_digest(state);
        (void)XXH3_freeState(state);
        return hash != 0 ? hash : 1;
}

static void add_errors(OmgRuntimeList *list, const GPtrArray *problems)
{
        for (guint i = 0; i < problems->len; i++) {
                const OmgRuntimeProblem *problem = problems->pdata[i];
                g_autoptr(GError) error =
                        g_error_new_literal(OMG_ERROR, problem->code, problem->message);

                g_ptr_array_add(
                        list->errors,
                        omg_source_error_new(omg_runtime_source_words[problem->source], error));
        }
}

static void make_rows(OmgRuntimeList *list, const OmgRuntimes *found, const OmgProject *project)
{
        Making making = {
                .list = list,
                .found = found,
                .rows = g_hash_table_new(NULL, NULL),
                .decided = g_hash_table_new(g_str_hash, g_str_equal),
                .asked = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
        };

        add_installed(&making);
        if (project)
                take_project(&making, project);
        take_wishes(&making);
        take_path(&making);
        g_hash_table_unref(making.rows);
        g_hash_table_unref(making.decided);
        g_hash_table_unref(making.asked);
        g_ptr_array_sort(list->rows, compare_rows);
        list->generation = get_generation(list->rows);
        add_errors(list, found->problems);
        if (project)
                add_errors(list, project->problems);
        list->complete = !found->is_cut && (!project || !project->is_cut) && list->errors->len == 0;
}

static OmgRuntimeList *list_new(guint64 as_of_usec)
{
        OmgRuntimeList *list = g_new0(OmgRuntimeList, 1);

        g_atomic_ref_count_init(&list->ref_count);
        list->rows = g_ptr_array_new_with_free_func(g_free);
        list->errors = g_ptr_array_new_with_free_func((GDestroyNotify)omg_source_error_free);
        list->as_of_usec = as_of_usec;
        return list;
}

OmgRuntimeList *omg_runtime_list_new(OmgRuntimes *found, const OmgSnapshot *snapshot,
                                     guint64 as_of_usec)
{
        OmgRuntimeList *list = list_new(as_of_usec);

        list->found = found;
        for (guint i = 0; i < found->installed->len; i++)
                omg_runtime_set_owner(found->installed->pdata[i], snapshot);
        make_rows(list, found, NULL);
        return list;
}

OmgRuntimeList *omg_runtime_list_new_project(OmgRuntimeList *base, OmgProject *project)
{
        OmgRuntimeList *list = list_new(base->as_of_usec);

        list->base = omg_runtime_list_ref(base);
        list->project = project;
        make_rows(list, base->found, project);
        return list;
}

OmgRuntimeList *omg_runtime_list_ref(OmgRuntimeList *list)
{
        g_atomic_ref_count_inc(&list->ref_count);
        return list;
}

void omg_runtime_list_unref(OmgRuntimeList *list)
{
        if (!list || !g_atomic_ref_count_dec(&list->ref_count))
                return;
        g_ptr_array_unref(list->rows);
        g_ptr_array_unref(list->errors);
        omg_runtimes_free(list->found);
        omg_project_free(list->project);
        omg_runtime_list_unref(list->base);
        g_free(list);
}

/* ---- what is in use ---- */

gboolean omg_runtime_row_is_in_use(const OmgRuntimeRow *row)
{
        return row->is_active && row->runtime;
}

static guint find_next(const OmgRuntimeList *list, guint from)
{
        while (list && from < list->rows->len &&
               !omg_runtime_row_is_in_use(list->rows->pdata[from]))
                from++;
        return list ? from : 0;
}

gboolean omg_runtime_list_has_same_active(const OmgRuntimeList *a, const OmgRuntimeList *b)
{
        guint i = find_next(a, 0), j = find_next(b, 0);

        while (a && b && i < a->rows->len && j < b->rows->len) {
                const OmgRuntimeRow *x = a->rows->pdata[i], *y = b->rows->pdata[j];

                if (!g_str_equal(x->name, y->name) || !g_str_equal(x->version, y->version))
                        return FALSE;
                i = find_next(a, i + 1);
                j = find_next(b, j + 1);
        }
        return (!a || i >= a->rows->len) && (!b || j >= b->rows->len);
}
