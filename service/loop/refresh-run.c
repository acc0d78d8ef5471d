/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/error.h"
#include "loop/log.h"
#include "loop/refresh-private.h"
#include "loop/sync-copies.h"
#include "sources/sync-copy.h"
#include "store/generation.h"
#include "store/layer-kind.h"

#define MAX_JOINS 3u

static void check_slot(OmgRefresh *refresh);

void omg_refresh_add_failure(OmgRefresh *refresh, const char *source, const GError *error)
{
        g_ptr_array_add(refresh->errors, omg_source_error_new(source, error));
        if (!refresh->failure)
                refresh->failure = g_error_copy(error);
}

/* Of the slot at hand. File lists that nobody waits for are no failure of the refresh. */
static void add_slot_failure(OmgRefresh *refresh, const GError *error)
{
        const OmgSlot *slot = &refresh->slots[refresh->slot];
        GPtrArray *errors =
                refresh->slot == SLOT_LOCAL_FILES  ? refresh->files_errors[OMG_FILES_LOCAL]
                : refresh->slot == SLOT_SYNC_FILES ? refresh->files_errors[OMG_FILES_REPO]
                                                   : refresh->errors;

        g_ptr_array_add(errors, omg_source_error_new(slot->source, error));
        if (!refresh->failure &&
            (slot->what & (OMG_REFRESH_ALL | omg_refresh_get_request(refresh)->what)))
                refresh->failure = g_error_copy(error);
}

static gboolean is_carried(const OmgLayer *layer)
{
        return layer && (omg_layer_get_states(layer) & 1u << OMG_REPOSITORY_CARRIED);
}

/* Where mirrors are asked, what is here is as old as what they said last. */
static guint64 get_mirrors_as_of(OmgRefresh *refresh, guint64 now)
{
        return refresh->notes && refresh->conf
                       ? MIN(now, omg_mirror_notes_get_as_of(refresh->notes, refresh->conf))
                       : now;
}

static guint64 get_as_of(OmgRefresh *refresh, guint64 now)
{
        guint64 oldest = G_MAXUINT64;

        if (refresh->errors->len == 0 && !is_carried(refresh->slots[SLOT_SYNC].layer))
                return get_mirrors_as_of(refresh, now);
        if (refresh->snapshot && refresh->snapshot->as_of_usec > 0)
                return refresh->snapshot->as_of_usec;
        for (guint i = SLOT_SYNC; i <= SLOT_LOCAL; i++)
                oldest = MIN(oldest, omg_slot_get_built_usec(&refresh->slots[i]));
        return oldest < G_MAXUINT64 ? MIN(oldest, now) : 0;
}

/* The first of those that were asked for the request, or what is wrong with what they said. */
static GError *dup_server_error(const OmgRefresh *refresh, const OmgRefreshRequest *request)
{
        const GError *error = request->mirrors.error;

        for (guint i = 0; i < OMG_ADVISORY_SOURCE_N && !error; i++)
                error = request->feeds[i].error;
        if (!error)
                error = request->aur.error;
        /* What they said is of no use until there is an index of it. */
        if (!error && (request->what & OMG_REFRESH_FEEDS))
                error = refresh->audit.error;
        return error ? g_error_copy(error) : NULL;
}

/* Who maintains what is to be known before the policy judges it. Marks that are others without
 * another package, such as those of a cache.db that could not be read before, are other answers. */
static GPtrArray *watch_maintainers(OmgRefresh *refresh, OmgSnapshot *snapshot, guint64 now)
{
        const OmgSnapshot *before = refresh->snapshot;
        GPtrArray *changes = omg_aur_watch_look(refresh->audit.aur_watch, snapshot, now);

        if (before && snapshot->generation == before->generation &&
            !omg_maintainer_marks_equal(before->maintainer_marks, snapshot->maintainer_marks))
                snapshot->generation = omg_generation_next(before, now);
        return changes;
}

void omg_refresh_set_aur_watch(OmgRefresh *refresh, OmgAurWatch *watch)
{
        refresh->audit.aur_watch = watch;
}

void omg_refresh_finish(OmgRefresh *refresh)
{
        guint64 now = g_get_real_time();
        g_autoptr(GPtrArray) mirror_errors =
                refresh->conf ? omg_refresh_dup_mirror_errors(refresh) : NULL;
        OmgSnapshotParts parts = {
                .sync = refresh->slots[SLOT_SYNC].layer,
                .local = refresh->slots[SLOT_LOCAL].layer,
                .conf = refresh->conf ? omg_pacman_conf_ref(refresh->conf) : NULL,
                .errors = refresh->errors,
                .mirror_errors = mirror_errors,
                .files = {[OMG_FILES_LOCAL] = {refresh->slots[SLOT_LOCAL_FILES].files,
                                               refresh->files_errors[OMG_FILES_LOCAL], FALSE},
                          [OMG_FILES_REPO] = {refresh->slots[SLOT_SYNC_FILES].files,
                                              refresh->files_errors[OMG_FILES_REPO],
                                              refresh->files_outdated}},
                .as_of_usec = get_as_of(refresh, now),
        };
        OmgSourceError *aur_error;

        omg_refresh_add_aur(refresh, &parts, &aur_error, now);

        omg_refresh_post_progress(refresh, "joining", -1);
        OmgSnapshot *snapshot =
                omg_snapshot_new(&parts, omg_generation_choose(refresh->snapshot, &parts, now));
        omg_source_error_free(aur_error);
        if (omg_snapshot_is_damaged(snapshot) && refresh->n_joins++ < MAX_JOINS) {
                /* Joined from a file that was cut meanwhile: what came out of it may be anything.
                 */
                omg_snapshot_unref(snapshot);
                omg_refresh_run(refresh);
                return;
        }
        GPtrArray *maintainers = watch_maintainers(refresh, snapshot, now);
        omg_refresh_audit(refresh, snapshot, now);
        OmgChanges *changes = omg_changes_new(refresh->snapshot, snapshot);
        g_ptr_array_unref(changes->maintainers);
        changes->maintainers = maintainers;
        for (guint i = 0; i < N_SLOTS; i++)
                omg_slot_trim(&refresh->slots[i]);
        if (refresh->aur.layer)
                omg_section_file_trim(omg_layer_get_file(refresh->aur.layer));
        omg_snapshot_unref(refresh->snapshot);
        refresh->snapshot = snapshot;
        omg_refresh_plan_retry(refresh);
        omg_refresh_look_for_details(refresh);
        if (!refresh->failure)
                refresh->failure = dup_server_error(refresh, omg_refresh_get_request(refresh));
        omg_refresh_end(refresh, snapshot, changes);
}

static void next_slot(OmgRefresh *refresh)
{
        refresh->slot++;
        if (refresh->slot < N_SLOTS)
                check_slot(refresh);
        else if (!omg_refresh_make_advisories(refresh))
                omg_refresh_finish(refresh);
}

static gboolean load_rebuilt(OmgRefresh *refresh, OmgSlot *slot)
{
        g_autoptr(GError) error = NULL;

        if (omg_slot_load_rebuilt(slot, refresh->paths, &error)) {
                refresh->rebuilt[refresh->slot]++;
                return TRUE;
        }
        add_slot_failure(refresh, error);
        omg_indexer_clean(refresh->paths);
        return FALSE;
}

static gboolean is_good(const OmgLayer *layer, const char *name)
{
        for (guint i = 0; i < omg_layer_get_n_repositories(layer); i++) {
                const OmgRepositoryRecord *record = omg_layer_get_repository(layer, i);
                if (strcmp(omg_layer_get_text(layer, record->name), name) == 0)
                        return record->state == OMG_REPOSITORY_OK;
        }
        return FALSE;
}

/* A copy of ours that cannot be read (any more) stands before nothing: pacman's counts again, and
 * the mirrors are asked for the whole. @layer NULL: none can. TRUE: there was such a one. */
static gboolean drop_bad_copies(OmgRefresh *refresh, const OmgLayer *layer)
{
        gboolean any = FALSE;

        for (guint i = 0; i < refresh->conf->repositories->len; i++) {
                const OmgRepository *repository = g_ptr_array_index(refresh->conf->repositories, i);
                if (!omg_sync_copy_is_own(refresh->conf, repository->name) ||
                    (layer && is_good(layer, repository->name)))
                        continue;
                omg_log_warning("Own copy of %s.db cannot be read, removing it", repository->name);
                omg_sync_copies_drop(refresh->conf, repository->name);
                any = TRUE;
        }
        return any;
}

static gboolean says_bad(const GError *error)
{
        return error && (error->code == OMG_ERROR_DATABASE_CORRUPT ||
                         error->code == OMG_ERROR_SIGNATURE_INVALID);
}

static void on_indexer_done(const GError *error, gpointer userdata)
{
        OmgRefresh *refresh = userdata;
        OmgSlot *slot = &refresh->slots[refresh->slot];

        g_clear_pointer(&refresh->indexer, omg_indexer_free);
        if (error)
                omg_indexer_clean(refresh->paths);
        if (error && error->code == OMG_ERROR_CANCELLED) {
                omg_refresh_end_cancelled(refresh);
                return;
        }
        if (refresh->slot == SLOT_SYNC && says_bad(error) && drop_bad_copies(refresh, NULL)) {
                check_slot(refresh);
                return;
        }
        if (error)
                add_slot_failure(refresh, error);
        else if (load_rebuilt(refresh, slot) && refresh->slot == SLOT_SYNC &&
                 drop_bad_copies(refresh, slot->layer)) {
                check_slot(refresh);
                return;
        }
        next_slot(refresh);
}

static void rebuild_slot(OmgRefresh *refresh, OmgSlot *slot)
{
        g_autoptr(GError) error = NULL;
        gboolean whole = omg_refresh_get_request(refresh)->force;
        guint n_wanted = refresh->wanted & OMG_REFRESH_FILES ? N_SLOTS : SLOT_LOCAL + 1;

        omg_refresh_post_progress(refresh, "reading", (double)refresh->slot / n_wanted);
        refresh->indexer = omg_indexer_start(refresh->paths, slot->kind, whole, on_indexer_done,
                                             refresh, &error);
        if (refresh->indexer)
                return;
        add_slot_failure(refresh, error);
        next_slot(refresh);
}

/* Whether what the slot at hand holds is good enough for the request at hand. What could not be
 * read may be readable now for reasons that no stamp shows: permissions, a signature, a key. So
 * packages are tried at every look; file lists, which take seconds, when somebody asks for it. */
static gboolean is_good_enough(OmgRefresh *refresh, const OmgSlot *slot, GBytes *stamps)
{
        const OmgRefreshRequest *request = omg_refresh_get_request(refresh);
        gboolean asked = (request->what & slot->what) != 0;

        if (request->force && asked)
                return FALSE;
        return omg_slot_is_current(slot, stamps, asked || (slot->what & OMG_REFRESH_ALL));
}

/* Decides whether the layer at hand is still true, and has it rebuilt if not. */
static void check_slot(OmgRefresh *refresh)
{
        OmgSlot *slot = &refresh->slots[refresh->slot];
        g_autoptr(GError) error = NULL;

        if (!(refresh->wanted & slot->what)) {
                next_slot(refresh);
                return;
        }
        refresh->rejected += !omg_slot_load_existing(slot, refresh->paths, refresh->known);
        omg_slot_drop_foreign(slot, refresh->conf);
        g_autoptr(GBytes) stamps = omg_layer_kind_take_stamps(slot->kind, refresh->conf, &error);
        if (!stamps) {
                add_slot_failure(refresh, error);
                next_slot(refresh);
                return;
        }
        if (is_good_enough(refresh, slot, stamps)) {
                next_slot(refresh);
                return;
        }
        if (refresh->slot == SLOT_SYNC_FILES &&
            !(omg_refresh_get_request(refresh)->what & slot->what)) {
                refresh->files_outdated = TRUE;
                omg_refresh_enqueue_own(refresh, OMG_REFRESH_ALL | OMG_REFRESH_SYNC_FILES);
                next_slot(refresh);
                return;
        }
        rebuild_slot(refresh, slot);
}

void omg_refresh_run(OmgRefresh *refresh)
{
        refresh->slot = 0;
        omg_refresh_look_at_aur(refresh);
        check_slot(refresh);
}
