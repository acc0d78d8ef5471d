/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "faces/socket-packages.h"

#include "base/error.h"
#include "base/text.h"
#include "engine/aur-details.h"
#include "engine/details.h"
#include "engine/lookup.h"
#include "engine/suggest.h"
#include "faces/socket-text.h"

/* ---- arguments ---- */

/* A text of the request as a C string, in the arena; NULL with INVALID_ARGS. Whoever cut it at a
 * NUL would answer another question than was asked. */
static const char *get_text(OmgSocketContext *context, const char *what, OmgWireString text,
                            gsize max, GError **error)
{
        if (text.length > max)
                g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS,
                            "%s: %" G_GSIZE_FORMAT " bytes, the limit is %" G_GSIZE_FORMAT, what,
                            text.length, max);
        else if (memchr(text.bytes, '\0', text.length))
                g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS, "%s: holds a NUL byte", what);
        else
                return omg_wire_arena_dup(context->arena, text.bytes, text.length);
        return NULL;
}

static guint clamp(OmgWireOptionU64 limit, guint otherwise, guint max)
{
        return limit.is_some ? (guint)MIN(limit.value, max) : otherwise;
}

guint omg_socket_get_rows(OmgWireOptionU64 limit)
{
        return clamp(limit, OMG_LIMIT_ROWS_DEFAULT, OMG_LIMIT_ROWS);
}

/* ---- Search ---- */

static OmgWireString mend(OmgSocketContext *context, OmgWireString text)
{
        guint n_blanks = omg_socket_text_count_blanks(text.bytes, text.length);

        if (n_blanks == 0)
                return text;
        char *mended = omg_wire_arena_alloc(context->arena, text.length + n_blanks);
        omg_socket_text_mend(text.bytes, text.length, n_blanks, mended);
        return (OmgWireString){mended, text.length + n_blanks};
}

/* What the previous daemon called the packages of all repositories. */
static const OmgWireString official = {"official", 8};

/* And those of the AUR, whose repository it gave the same name. */
static const OmgWireString aur = {OMG_REPOSITORY_AUR, sizeof(OMG_REPOSITORY_AUR) - 1};

static void set_packages(OmgSocketContext *context, const OmgSearchResult *found,
                         OmgWirePackages *ret_packages)
{
        OmgWirePackage *items =
                omg_wire_arena_alloc_n(context->arena, found->n_rows, sizeof(*items));

        for (guint i = 0; i < found->n_rows; i++) {
                OmgPackageView view;

                omg_row_view(context->snapshot, found->rows[i], &view);
                items[i] = (OmgWirePackage){
                        .name = omg_wire_string(view.name),
                        .version = omg_wire_string(view.version),
                        .description = mend(context, omg_wire_string(view.description)),
                        .source = found->rows[i].source == OMG_ROW_AUR ? aur : official,
                };
        }
        ret_packages->items = items;
        ret_packages->n = found->n_rows;
}

gboolean omg_socket_answer_search(OmgSocketContext *context, const OmgWireRequest *request,
                                  OmgWireResult *ret_result, GError **error)
{
        const char *query = get_text(context, "query", request->query.text, OMG_LIMIT_QUERY, error);
        OmgSearchResult found;

        if (!query ||
            !omg_search_run(context->search, context->snapshot,
                            &(OmgSearchParams){.query = query,
                                               .skip_aur = !context->search_aur,
                                               .skip_local = TRUE,
                                               .count_all = TRUE, /* nothing says "at least" */
                                               .limit = omg_socket_get_rows(request->query.limit)},
                            &found, error))
                return FALSE;
        ret_result->tag = OMG_WIRE_RESULT_SEARCH;
        ret_result->search.total = found.total;
        set_packages(context, &found, &ret_result->search.packages);
        return TRUE;
}

gboolean omg_socket_answer_debian_search(OmgSocketContext *context, const OmgWireRequest *request,
                                         OmgWireResult *ret_result, GError **error)
{
        if (get_text(context, "query", request->query.text, OMG_LIMIT_QUERY, error))
                g_set_error_literal(error, OMG_ERROR, OMG_ERROR_NOT_SUPPORTED,
                                    "This is a machine of Arch packages, not of Debian's");
        return FALSE;
}

/* ---- Info ---- */

static OmgWireString dup_string(OmgSocketContext *context, const char *text)
{
        gsize length = text ? strlen(text) : 0;

        return (OmgWireString){omg_wire_arena_dup(context->arena, text ?: "", length), length};
}

static OmgWireString dup_field(OmgSocketContext *context, const OmgPackage *package, OmgField field)
{
        const OmgFieldValue *value = &package->fields[field];

        return dup_string(context, value->present ? value->string : NULL);
}

static OmgWireStrings dup_list(OmgSocketContext *context, const OmgPackage *package, OmgField field)
{
        const OmgFieldValue *value = &package->fields[field];
        OmgWireStrings list = {};

        if (!value->present)
                return list;
        list.n = g_strv_length(value->strv);
        list.items = omg_wire_arena_alloc_n(context->arena, list.n, sizeof(*list.items));
        for (gsize i = 0; i < list.n; i++)
                list.items[i] = dup_string(context, value->strv[i]);
        return list;
}

/* 0: the database does not say; the format has no other word for it. */
static guint64 get_number(const OmgPackage *package, OmgField field)
{
        return package->fields[field].present ? package->fields[field].number : 0;
}

static OmgWireInfo make_info(OmgSocketContext *context, const OmgPackage *package)
{
        return (OmgWireInfo){
                .name = dup_string(context, package->name),
                .version = dup_string(context, package->version),
                .description = dup_string(context, package->description),
                .url = dup_field(context, package, OMG_FIELD_URL),
                .size = get_number(package, OMG_FIELD_INSTALLED_SIZE),
                .download_size = get_number(package, OMG_FIELD_DOWNLOAD_SIZE),
                .depends = dup_list(context, package, OMG_FIELD_DEPENDS),
                .licenses = dup_list(context, package, OMG_FIELD_LICENSES),
        };
}

static OmgWireInfo make_repository_info(OmgSocketContext *context, const OmgDetails *details)
{
        OmgWireInfo info = make_info(context, details->sync ?: details->local);

        info.repo = omg_wire_string(details->repository);
        info.source = details->sync ? official : info.repo;
        return info;
}

/* The size of what is built is known where just that is installed. */
static OmgWireInfo make_aur_info(OmgSocketContext *context, const OmgAurDetails *details,
                                 const OmgDetails *installed)
{
        OmgWireInfo info = make_info(context, details->package);

        info.repo = info.source = aur;
        if (installed && installed->local &&
            strcmp(installed->local->version, details->package->version) == 0)
                info.size = get_number(installed->local, OMG_FIELD_INSTALLED_SIZE);
        return info;
}

/* Not what nobody could ask for: that is another error. */
static void set_not_found(const OmgSnapshot *snapshot, const OmgName *name, GError **error)
{
        const OmgAurFeed *feed = &snapshot->aur_feed;
        const gboolean is_aur_unknown = !snapshot->aur && feed->is_on && omg_name_may_be_aur(name);

        if (is_aur_unknown && feed->error)
                g_set_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE,
                            "No repository has a package \"%s\", and what the AUR has is not "
                            "known: %s",
                            name->name, feed->error->message);
        else if (is_aur_unknown)
                g_set_error(error, OMG_ERROR, OMG_ERROR_NOT_FOUND,
                            "No repository has a package \"%s\", and the AUR was not asked yet",
                            name->name);
        else
                g_set_error(error, OMG_ERROR, OMG_ERROR_NOT_FOUND, "There is no package \"%s\"",
                            name->repository);
}

/* What no repository has. While nobody knows what they have, only what is installed is known. */
static gboolean find_aur(OmgSocketContext *context, const char *name, const OmgDetails *details,
                         OmgWireInfo *ret_info, GError **error)
{
        const OmgSnapshot *snapshot = context->snapshot;
        g_autoptr(OmgAurDetails) found = NULL;
        OmgName wanted;

        if (!omg_name_parse(name, &wanted, error) ||
            (snapshot->sync && snapshot->aur &&
             !omg_aur_details_get(snapshot, name, &found, error)))
                return FALSE;
        if (found)
                *ret_info = make_aur_info(context, found, details);
        else if (details)
                *ret_info = make_repository_info(context, details);
        else if (!snapshot->sync && !omg_name_is_local(&wanted))
                omg_snapshot_set_missing(snapshot, "sync", error);
        else
                set_not_found(snapshot, &wanted, error);
        return found || details;
}

gboolean omg_socket_answer_info(OmgSocketContext *context, const OmgWireRequest *request,
                                OmgWireResult *ret_result, GError **error)
{
        g_autoptr(OmgDetails) details = NULL;
        OmgWireInfo info;
        const char *name =
                get_text(context, "package", request->package, OMG_LIMIT_PACKAGE_NAME, error);

        if (!name || !omg_package_name_check(name, error) ||
            !omg_details_get(context->snapshot, name, &details, error))
                return FALSE;
        if (details && details->sync)
                info = make_repository_info(context, details);
        else if (!find_aur(context, name, details, &info, error))
                return FALSE;
        ret_result->tag = OMG_WIRE_RESULT_INFO;
        ret_result->info = info;
        return TRUE;
}

/* ---- Explicit ---- */

gboolean omg_socket_answer_explicit(OmgSocketContext *context, const OmgWireRequest *request,
                                    OmgWireResult *ret_result, GError **error)
{
        g_autoptr(GArray) ids = NULL;
        OmgWireStrings names = {};
        guint total;

        if (!omg_list_installed(context->snapshot,
                                &(OmgListParams){.flag = OMG_PKG_EXPLICIT, .limit = G_MAXUINT},
                                &ids, &total, error))
                return FALSE;
        names.n = ids->len;
        names.items = omg_wire_arena_alloc_n(context->arena, names.n, sizeof(*names.items));
        for (guint i = 0; i < ids->len; i++)
                names.items[i] = omg_wire_string(omg_layer_get_name(
                        context->snapshot->local, g_array_index(ids, guint32, i)));
        ret_result->tag = OMG_WIRE_RESULT_EXPLICIT;
        ret_result->names = names;
        return TRUE;
}

/* ---- Suggest ---- */

gboolean omg_socket_answer_suggest(OmgSocketContext *context, const OmgWireRequest *request,
                                   OmgWireResult *ret_result, GError **error)
{
        g_autoptr(GArray) found = NULL;
        guint limit = clamp(request->query.limit, OMG_LIMIT_SUGGEST_DEFAULT, OMG_LIMIT_SUGGEST);
        const char *text = get_text(context, "query", request->query.text, OMG_LIMIT_QUERY, error);
        OmgWireStrings names = {};

        if (!text || !(found = omg_suggest(context->snapshot, text, limit, error)))
                return FALSE;
        names.n = found->len;
        names.items = omg_wire_arena_alloc_n(context->arena, names.n, sizeof(*names.items));
        for (guint i = 0; i < found->len; i++)
                names.items[i] = omg_wire_string(g_array_index(found, OmgSuggestion, i).name);
        ret_result->tag = OMG_WIRE_RESULT_SUGGEST;
        ret_result->names = names;
        return TRUE;
}
