/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Rows of packages out of a snapshot, and what a PKG or UPD row on the bus shows of them.
 * Everything a view points to is borrowed from the snapshot. Errors of the lists: DATABASE_MISSING
 * (or what the snapshot's errors say) when a database they need was never read. */

#include "store/snapshot.h"

/* The layers that rows are of, in the order of equally good ones. */
typedef enum {
        OMG_ROW_SYNC,
        OMG_ROW_AUR,
        OMG_ROW_LOCAL, /* of packages that no repository holds */
        OMG_ROW_N
} OmgRowSource;

/* What the rows of the AUR have for a repository. */
#define OMG_REPOSITORY_AUR "aur"

typedef struct {
        guint32 id; /* in the layer of its source */
        OmgRowSource source;
        guint32 rank; /* of a search: OmgSearchRank */
} OmgRow;

typedef struct {
        const char *name;
        const char *version;
        const char *repository; /* "aur", or "local" when neither a repository nor the AUR has it */
        const char *description;
        const char *installed_version; /* "" when not installed */
        guint32 flags;                 /* OmgPkgFlags */
        const OmgPackageRecord *aur;   /* what the AUR has of it; NULL for one of a repository */
        const char *vcs; /* engine/vcs.h, of what no repository holds; NULL: none, or not known */
} OmgPackageView;

/* NULL when it was never read. */
const OmgLayer *omg_row_get_layer(const OmgSnapshot *snapshot, OmgRowSource source);

/* The name of the repository of a package of the sync layer. */
const char *omg_row_get_repository(const OmgSnapshot *snapshot, const OmgPackageRecord *record);

/* INVALID_ARGS for a name that is no repository of pacman.conf, "local" or "aur". NULL is fine. */
gboolean omg_rows_check_repositories(const OmgSnapshot *snapshot, const char *const *names,
                                     GError **error);
/* FALSE: "aur" alone is named, is no repository, and nothing is known of the AUR. NULL is fine. */
gboolean omg_rows_check_aur(const OmgSnapshot *snapshot, const char *const *names, GError **error);

/* The order of search results (for g_array_sort_with_data; userdata: the snapshot): rank, length of
 * the name, repository (none comes last), name; or by name without regard to letter case. */
int omg_row_compare_by_rank(gconstpointer a, gconstpointer b, gpointer snapshot);
int omg_row_compare_by_name(gconstpointer a, gconstpointer b, gpointer snapshot);
void omg_rows_sort(GArray *rows, const OmgSnapshot *snapshot, gboolean by_name);

/* A row as search results show it: version and description of the repository's package. */
void omg_row_view(const OmgSnapshot *snapshot, OmgRow row, OmgPackageView *ret_view);

/* An installed package as the lists show it: its own version and description. */
void omg_installed_view(const OmgSnapshot *snapshot, guint32 local_id, OmgPackageView *ret_view);

/* One page of a list of installed packages, by name. */
typedef struct {
        guint32 flag;                    /* the OmgPkgFlags a row must have: INSTALLED for all */
        const char *const *repositories; /* only these ("local": foreign ones); NULL: all */
        guint offset;
        guint limit;
} OmgListParams;

/* ret_ids: local ids (guint32), new. ret_total: rows in all. */
gboolean omg_list_installed(const OmgSnapshot *snapshot, const OmgListParams *params,
                            GArray **ret_ids, guint *ret_total, GError **error);

typedef struct {
        const char *name;
        const char *old_version;
        const char *new_version;
        const char *repository;
        guint64 download_size;      /* bytes */
        gint64 installed_size_diff; /* bytes */
        guint32 flags;              /* OmgUpdFlags */
        GPtrArray *replaces;     /* names, borrowed; NULL: replaces none; the container is yours */
        const char *replaced_by; /* NULL, or the package that replaces this one */
        const char *vcs;         /* engine/vcs.h, of one of the AUR; NULL: none */
        OmgPackage *aur;         /* what the AUR has, yours; NULL for one of a repository */
} OmgUpdateView;

void omg_update_view(const OmgSnapshot *snapshot, const OmgUpdate *update, OmgUpdateView *ret_view);
void omg_update_view_clear(OmgUpdateView *view);

typedef struct {
        gboolean skip_ignored; /* leave out what is held back */
        gboolean skip_repo, skip_aur;
        guint offset, limit;
} OmgUpdatesParams;

/* Rows of snapshot->updates (indices, guint) of one page. Errors also those of
 * omg_aur_feed_set_missing(), when the AUR alone is asked for and nothing is known of it. */
gboolean omg_list_updates(const OmgSnapshot *snapshot, const OmgUpdatesParams *params,
                          GArray **ret_indices, guint *ret_total, GError **error);
