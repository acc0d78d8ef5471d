/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/mirror-item.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/limits-fetch.h"
#include "base/limits-network.h"
#include "fetch/json-line.h"
#include "loop/network-state.h"
#include "loop/sync-copies.h"
#include "sources/sync-copy.h"

#define NSEC_PER_SEC G_GINT64_CONSTANT(1000000000)

/* ---- addresses ---- */

static gboolean has_scheme(const char *url, const char *scheme)
{
        gsize length = strlen(scheme);

        return g_ascii_strncasecmp(url, scheme, length) == 0 &&
               strncmp(url + length, "://", 3) == 0;
}

static gboolean can_be_asked(const char *url)
{
        return has_scheme(url, "https") || has_scheme(url, "http") || has_scheme(url, "file");
}

static void add_urls(OmgMirrorItem *item, gboolean only_near)
{
        for (char **server = item->repository->servers; server && *server; server++) {
                if (item->urls->len >= OMG_LIMIT_FETCH_URLS)
                        return;
                if (can_be_asked(*server) && (!only_near || omg_network_is_local(*server)))
                        g_ptr_array_add(item->urls, g_strdup_printf("%s/%s.db", *server,
                                                                    item->repository->name));
        }
}

/* ---- the end ---- */

/* Known now, or known not to be; what was not tried leaves the note as it was. */
static void finish(OmgMirrorItem *item)
{
        OmgMirrorNote *note = item->note;

        item->step = OMG_MIRROR_DONE;
        item->progress = 1;
        item->is_asked = FALSE;
        if (item->error && (item->error->code == OMG_ERROR_CANCELLED || !item->was_asked))
                return;
        g_clear_error(&note->error);
        note->error = item->error ? g_error_copy(item->error) : NULL;
        note->not_before_usec =
                item->error && item->pause_sec > 0
                        ? (guint64)g_get_real_time() + item->pause_sec * G_USEC_PER_SEC
                        : 0;
}

void omg_mirror_item_fail(OmgMirrorItem *item, const GError *error)
{
        g_clear_error(&item->error);
        item->error = g_error_copy(error);
        finish(item);
}

static void set_string(char **string, const char *value)
{
        g_free(*string);
        *string = g_strdup(value);
}

/* A mirror said so: what counts now is today's. */
static void confirm(OmgMirrorItem *item)
{
        OmgMirrorNote *note = item->note;

        (void)omg_mirror_note_set_file(note, item->conf, item->repository->name);
        note->confirmed_usec = (guint64)g_get_real_time();
        set_string(&note->url, item->url);
        set_string(&note->etag, item->etag);
        set_string(&note->last_modified, item->last_modified);
        g_clear_error(&item->error);
        item->pause_sec = 0;
        finish(item);
}

/* What came from a mirror is not good: on with the next one. The error is of the last. */
static void reject(OmgMirrorItem *item, int code, const char *message)
{
        /* That others did not answer says less than what one has. */
        if (!item->error || code != OMG_ERROR_NETWORK) {
                g_clear_error(&item->error);
                item->error = g_error_new_literal(OMG_ERROR, code, message);
        }
        item->n_bad++;
        item->next = item->mirror + 1;
        if (item->next < item->urls->len && item->n_bad < OMG_LIMIT_MIRROR_TRIES)
                item->step = OMG_MIRROR_ASK;
        else
                finish(item);
}

/* ---- asking ---- */

/* RFC 9110, 5.6.7; not strftime, which speaks the user's language. */
static char *dup_http_date(gint64 seconds)
{
        static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
        static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                             "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
        g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(seconds);

        if (!time)
                return NULL;
        return g_strdup_printf(
                "%s, %02d %s %04d %02d:%02d:%02d GMT", days[g_date_time_get_day_of_week(time) - 1],
                g_date_time_get_day_of_month(time), months[g_date_time_get_month(time) - 1],
                g_date_time_get_year(time), g_date_time_get_hour(time),
                g_date_time_get_minute(time), g_date_time_get_second(time));
}

static gint64 get_at_hand_ns(const OmgMirrorItem *item)
{
        g_autofree char *path = omg_sync_copy_dup_path(item->conf, item->repository->name);
        struct stat st;

        return stat(path, &st) == 0 ? (gint64)st.st_mtim.tv_sec * NSEC_PER_SEC + st.st_mtim.tv_nsec
                                    : -1;
}

/* Of the file that counts: what a server said of it, or, as pacman does, the time that the file
 * has, where that is a server's. */
static void set_validators(const OmgMirrorItem *item, OmgFetchRequest *request)
{
        gint64 at_hand = get_at_hand_ns(item);

        if (item->flags != 0 || item->n_bad > 0)
                return;
        if (omg_mirror_note_is_of_file(item->note, item->conf, item->repository->name)) {
                request->etag = g_strdup(item->note->etag);
                request->last_modified = g_strdup(item->note->last_modified);
        } else if (at_hand > 0 && at_hand % NSEC_PER_SEC == 0) {
                request->last_modified = dup_http_date(at_hand / NSEC_PER_SEC);
        }
}

/* The signature is asked for where the database came from in the end, as libalpm does: a mirror
 * that redirects may lead elsewhere the next time. Not where the address has a password, which the
 * answer does not name. */
static char *dup_signature_url(const OmgMirrorItem *item)
{
        const char *asked = g_ptr_array_index(item->urls, item->mirror);
        g_autofree char *file = g_strdup_printf("/%s.db", item->repository->name);
        gboolean follow = item->url && g_str_has_suffix(item->url, file) && !strchr(asked, '@');

        return g_strconcat(follow ? item->url : asked, ".sig", NULL);
}

static char **dup_urls(const OmgMirrorItem *item)
{
        g_autoptr(GPtrArray) urls = g_ptr_array_new();

        for (guint i = item->next; i < item->urls->len; i++)
                g_ptr_array_add(urls, g_strdup(g_ptr_array_index(item->urls, i)));
        g_ptr_array_add(urls, NULL);
        return (char **)g_ptr_array_steal(urls, NULL);
}

void omg_mirror_item_make_request(OmgMirrorItem *item, guint64 id, OmgFetchRequest *ret_request)
{
        gboolean sig = item->step == OMG_MIRROR_SIG;

        item->is_asked = item->was_asked = TRUE;
        *ret_request = (OmgFetchRequest){
                .id = id,
                .output = g_strconcat(item->repository->name, sig ? ".db.sig" : ".db", NULL),
                .kind = OMG_FETCH_BULK,
                .accept = OMG_FETCH_OCTETS,
                .max_bytes = sig ? OMG_LIMIT_SIGNATURE : OMG_JSON_NONE,
                .is_optional = sig,
        };
        if (sig) {
                ret_request->urls = g_new0(char *, 2);
                ret_request->urls[0] = dup_signature_url(item);
                return;
        }
        g_autofree char *old =
                omg_sync_copies_dup_staged(item->conf, item->repository->name, ".sig");
        (void)g_unlink(old);
        ret_request->urls = dup_urls(item);
        set_validators(item, ret_request);
}

/* ---- answers ---- */

static void take_failure(OmgMirrorItem *item, const OmgFetchResult *result)
{
        int code = omg_error_from_dbus_name(result->error);
        const char *url = result->url ?: g_ptr_array_index(item->urls, item->mirror);

        if (result->outcome == OMG_FETCH_LIMITED && result->retry_after != OMG_JSON_NONE)
                item->pause_sec = MAX(item->pause_sec, result->retry_after);
        g_autofree char *message =
                result->message && strstr(result->message, url)
                        ? g_strdup(result->message)
                        : g_strdup_printf("%s: %s", url, result->message ?: "not there");
        reject(item, code >= 0 ? code : OMG_ERROR_NETWORK, message);
}

static void take_signature(OmgMirrorItem *item, const OmgFetchResult *result)
{
        if (result->outcome == OMG_FETCH_STORED ||
            (result->outcome == OMG_FETCH_ABSENT &&
             item->repository->siglevel & OMG_SIGLEVEL_DATABASE_OPTIONAL)) {
                item->step = OMG_MIRROR_CHECK;
        } else if (result->outcome == OMG_FETCH_ABSENT) {
                g_autofree char *url = dup_signature_url(item);
                g_autofree char *message =
                        g_strdup_printf("%s: there is no signature, which SigLevel asks for", url);
                reject(item, OMG_ERROR_SIGNATURE_INVALID, message);
        } else {
                take_failure(item, result);
        }
}

void omg_mirror_item_take_result(OmgMirrorItem *item, const OmgFetchResult *result)
{
        item->is_asked = FALSE;
        if (item->step == OMG_MIRROR_SIG) {
                take_signature(item, result);
                return;
        }
        /* Which of those that were asked; nonsense of the helper's is the first. */
        guint64 mirror = result->mirror != OMG_JSON_NONE ? result->mirror : 0;
        item->mirror = item->next + (guint)MIN(mirror, item->urls->len - item->next - 1);
        set_string(&item->url, result->url ?: g_ptr_array_index(item->urls, item->mirror));
        set_string(&item->etag, result->etag);
        set_string(&item->last_modified, result->last_modified);
        if (result->outcome == OMG_FETCH_STORED) {
                item->step = item->repository->siglevel & OMG_SIGLEVEL_DATABASE ? OMG_MIRROR_SIG
                                                                                : OMG_MIRROR_CHECK;
        } else if (result->outcome == OMG_FETCH_UNCHANGED) {
                /* It may say them again, or not. */
                if (!item->etag)
                        item->etag = g_strdup(item->note->etag);
                if (!item->last_modified)
                        item->last_modified = g_strdup(item->note->last_modified);
                confirm(item);
        } else {
                take_failure(item, result);
        }
}

/* ---- the judgement ---- */

OmgMirrorAge omg_mirror_judge(const OmgIndexCheck *check, gint64 modified_sec, gint64 at_hand_ns)
{
        gboolean is_same =
                check->newer == 0 && check->older == 0 && check->added == 0 && check->removed == 0;

        if (at_hand_ns < 0 || (check->newer > 0 && check->older == 0))
                return OMG_MIRROR_NEWER;
        if (check->older > 0 && check->newer == 0)
                return OMG_MIRROR_OLDER;
        if (modified_sec >= 0 && at_hand_ns % NSEC_PER_SEC == 0 &&
            modified_sec != at_hand_ns / NSEC_PER_SEC)
                return modified_sec < at_hand_ns / NSEC_PER_SEC ? OMG_MIRROR_OLDER
                                                                : OMG_MIRROR_NEWER;
        if (is_same)
                return OMG_MIRROR_SAME;
        return check->older > check->newer ? OMG_MIRROR_OLDER : OMG_MIRROR_NEWER;
}

/* What is in the error about a staged file is about its address. */
static void reject_database(OmgMirrorItem *item, const GError *error)
{
        g_autofree char *staged =
                omg_sync_copies_dup_staged(item->conf, item->repository->name, "");
        GString *message = g_string_new(error->message);

        (void)g_string_replace(message, staged, item->url, 0);
        reject(item,
               error->code == OMG_ERROR_DATABASE_CORRUPT ? OMG_ERROR_UPSTREAM_INVALID : error->code,
               message->str);
        g_string_free(message, TRUE);
}

/* pacman's file keeps the time that the mirror says; it never becomes older by what replaces it,
 * for then it would not count. */
static void put_in_place(OmgMirrorItem *item, gint64 modified_sec, gint64 at_hand_ns)
{
        g_autoptr(GError) error = NULL;
        gint64 mtime_ns =
                modified_sec >= 0 ? modified_sec * NSEC_PER_SEC : g_get_real_time() * (gint64)1000;

        if (mtime_ns <= at_hand_ns)
                mtime_ns = at_hand_ns + 1;
        if (!omg_sync_copies_take(item->conf, item->repository->name, mtime_ns, &error)) {
                omg_mirror_item_fail(item, error);
                return;
        }
        item->is_new = TRUE;
        confirm(item);
}

static gint64 get_modified_sec(const OmgMirrorItem *item)
{
        g_autofree char *staged =
                omg_sync_copies_dup_staged(item->conf, item->repository->name, "");
        struct stat st;

        /* omgd-fetch gave it to the file. */
        return item->last_modified && stat(staged, &st) == 0 ? (gint64)st.st_mtim.tv_sec : -1;
}

void omg_mirror_item_take_check(OmgMirrorItem *item, const OmgIndexCheck *check,
                                const GError *error)
{
        gint64 modified_sec = get_modified_sec(item), at_hand_ns = get_at_hand_ns(item);

        if (error) {
                reject_database(item, error);
                return;
        }
        switch (item->flags & OMG_MIRROR_REPLACE
                        ? OMG_MIRROR_NEWER
                        : omg_mirror_judge(check, modified_sec, at_hand_ns)) {
        case OMG_MIRROR_NEWER:
                put_in_place(item, modified_sec, at_hand_ns);
                return;
        case OMG_MIRROR_SAME:
                confirm(item);
                return;
        case OMG_MIRROR_OLDER: {
                g_autofree char *message = g_strdup_printf(
                        "%s: stale: older than the database that is here already", item->url);
                reject(item, OMG_ERROR_UPSTREAM_INVALID, message);
                return;
        }
        }
}

/* ---- new and free ---- */

/* Done at once, or not. */
static void begin(OmgMirrorItem *item, const GError *why_not)
{
        guint64 now = (guint64)g_get_real_time();
        g_autoptr(GError) error = NULL;

        if (item->urls->len == 0 && why_not)
                error = g_error_copy(why_not);
        else if (item->urls->len == 0)
                error = g_error_new(OMG_ERROR, OMG_ERROR_NOT_SUPPORTED,
                                    "%s: none of its servers is http, https or file",
                                    item->repository->name);
        else if (item->note->not_before_usec > now)
                error = g_error_new(OMG_ERROR, OMG_ERROR_UPSTREAM_RATE_LIMITED,
                                    "%s: wants not to be asked for another %" G_GUINT64_FORMAT " s",
                                    (char *)g_ptr_array_index(item->urls, 0),
                                    (item->note->not_before_usec - now) / G_USEC_PER_SEC + 1);
        if (!error)
                return;
        if (item->note->not_before_usec > now)
                item->pause_sec = (item->note->not_before_usec - now) / G_USEC_PER_SEC + 1;
        omg_mirror_item_fail(item, error);
}

OmgMirrorItem *omg_mirror_item_new(const OmgPacmanConf *conf, const OmgRepository *repository,
                                   OmgMirrorNote *note, OmgMirrorFlags flags, const GError *why_not)
{
        OmgMirrorItem *item = g_new0(OmgMirrorItem, 1);

        item->conf = conf;
        item->repository = repository;
        item->note = note;
        item->flags = flags;
        item->urls = g_ptr_array_new_with_free_func(g_free);
        add_urls(item, why_not != NULL);
        begin(item, why_not);
        return item;
}

void omg_mirror_item_free(OmgMirrorItem *item)
{
        g_ptr_array_unref(item->urls);
        g_free(item->url);
        g_free(item->etag);
        g_free(item->last_modified);
        g_clear_error(&item->error);
        g_free(item);
}
