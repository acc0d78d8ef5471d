/* SPDX-License-Identifier: GPL-3.0-or-later */
/* org.omgd1.Audit: the audit log. */
#include <errno.h>

#include "base/limits-store.h"
#include "base/limits.h"
#include "faces/bus-audit.h"
#include "faces/bus-call-worker.h"
#include "faces/bus-meta.h"
#include "faces/bus-options.h"

static int check_log(const OmgService *service, GError **error)
{
        return service->audit.log
                       ? 0
                       : omg_call_fail(error, OMG_ERROR_UNAVAILABLE, "There is no audit log");
}

static int append_hash(sd_bus_message *reply, const guint8 hash[OMG_AUDIT_HASH])
{
        return sd_bus_message_append_array(reply, 'y', hash, OMG_AUDIT_HASH);
}

/* ---- GetLogHead ---- */

typedef struct {
        OmgAuditLog *log;
        guint64 sequence;
        guint8 hash[OMG_AUDIT_HASH];
} Head;

static void head_free(gpointer data)
{
        Head *head = data;

        omg_audit_log_unref(head->log);
        g_free(head);
}

static OmgWorkerStep work_head(gpointer data, GError **error)
{
        Head *head = data;
        OmgAuditDb *db = omg_audit_log_open(head->log, error);

        return db && omg_audit_db_get_head(db, &head->sequence, head->hash, error)
                       ? OMG_WORKER_DONE
                       : OMG_WORKER_FAILED;
}

static int append_head(const OmgSnapshot *snapshot, sd_bus_message *reply, gpointer data,
                       GError **error)
{
        const Head *head = data;
        int r = sd_bus_message_append(reply, "t", head->sequence);

        if (r < 0)
                return r;
        return head->sequence > 0 ? append_hash(reply, head->hash)
                                  : sd_bus_message_append_array(reply, 'y', NULL, 0);
}

static int run_get_log_head(OmgService *service, sd_bus_message *call, sd_bus_message *reply,
                            GError **error)
{
        Head *head;
        int r = check_log(service, error);

        if (r < 0)
                return r;
        head = g_new0(Head, 1);
        head->log = omg_audit_log_ref(service->audit.log);
        return omg_calls_run_on_worker(service->calls, work_head, append_head, head, head_free);
}

/* ---- ListLog ---- */

typedef struct {
        OmgAuditLog *log;
        OmgBusPage page;
        gint64 since;
        GStrv events;
        const char *const *severities; /* static; NULL: all */
        OmgAuditPage found;
        OmgSourceError *error; /* why the log is not written, or NULL */
} List;

static void list_free(List *list)
{
        omg_audit_log_unref(list->log);
        g_strfreev(list->events);
        omg_audit_page_clear(&list->found);
        if (list->error)
                omg_source_error_free(list->error);
        g_free(list);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(List, list_free)

static OmgWorkerStep work_list(gpointer data, GError **error)
{
        List *list = data;
        OmgAuditDb *db = omg_audit_log_open(list->log, error);
        const OmgAuditQuery query = {
                .since_usec = (guint64)MAX(list->since, 0),
                .until = list->page.has_generation ? list->page.generation : 0,
                .events = (const char *const *)list->events,
                .severities = list->severities,
                .limit = list->page.limit,
                .offset = list->page.offset,
        };

        if (!db || !omg_audit_db_list(db, &query, &list->found, error))
                return OMG_WORKER_FAILED;
        list->error = omg_audit_log_dup_error(list->log);
        return OMG_WORKER_DONE;
}

static int append_hash_entry(sd_bus_message *reply, const guint8 hash[OMG_AUDIT_HASH])
{
        int r;

        if ((r = sd_bus_message_open_container(reply, 'e', "sv")) < 0 ||
            (r = sd_bus_message_append_basic(reply, 's', "hash")) < 0 ||
            (r = sd_bus_message_open_container(reply, 'v', "ay")) < 0 ||
            (r = append_hash(reply, hash)) < 0 || (r = sd_bus_message_close_container(reply)) < 0)
                return r;
        return sd_bus_message_close_container(reply);
}

/* Somebody may have put anything into the file. */
static int append_text(sd_bus_message *reply, const char *text)
{
        g_autofree char *valid = g_utf8_make_valid(text ?: "", -1);

        return sd_bus_message_append_basic(reply, 's', valid);
}

static int append_metadata(sd_bus_message *reply, const char *metadata)
{
        g_autofree char *valid = metadata ? g_utf8_make_valid(metadata, -1) : NULL;

        return valid ? omg_bus_entry_append(reply, "metadata", 's', valid) : 0;
}

static int append_record(sd_bus_message *reply, const OmgAuditRecord *record)
{
        const char *const texts[] = {record->event, record->severity, record->actor,
                                     record->resource, record->description};
        int is_intact = record->is_intact;
        int r;

        if ((r = sd_bus_message_open_container(reply, 'r', "txsssssa{sv}")) < 0 ||
            (r = sd_bus_message_append(reply, "tx", record->sequence, (gint64)record->time_usec)) <
                    0)
                return r;
        for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
                if ((r = append_text(reply, texts[i])) < 0)
                        return r;
        if ((r = sd_bus_message_open_container(reply, 'a', "{sv}")) < 0 ||
            (r = append_metadata(reply, record->metadata)) < 0 ||
            (r = append_hash_entry(reply, record->hash)) < 0 ||
            (r = omg_bus_entry_append(reply, "intact", 'b', &is_intact)) < 0 ||
            (r = sd_bus_message_close_container(reply)) < 0)
                return r;
        return sd_bus_message_close_container(reply);
}

static int append_list(const OmgSnapshot *snapshot, sd_bus_message *reply, gpointer data,
                       GError **error)
{
        const List *list = data;
        g_autoptr(GPtrArray) errors = g_ptr_array_new();
        int r;

        if (list->error)
                g_ptr_array_add(errors, list->error);
        r = sd_bus_message_open_container(reply, 'a', "(txsssssa{sv})");
        for (guint i = 0; r >= 0 && i < list->found.records->len; i++)
                r = append_record(reply, list->found.records->pdata[i]);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        if (r < 0)
                return r;
        return omg_bus_meta_append_values(reply, &(OmgBusMeta){
                                                         .total = list->found.total,
                                                         .total_exact = TRUE,
                                                         .generation = list->found.until,
                                                         .as_of_usec = (guint64)g_get_real_time(),
                                                         .complete = list->found.is_complete,
                                                         .errors = errors,
                                                 });
}

static int check_events(GStrv events, GError **error)
{
        const char *words[OMG_AUDIT_N_EVENTS + 1] = {};
        guint index;
        int r = 0;

        for (guint i = 0; i < OMG_AUDIT_N_EVENTS; i++)
                words[i] = omg_audit_event_get_word((OmgAuditEvent)i);
        for (guint i = 0; r >= 0 && events && events[i]; i++)
                r = omg_bus_word_find("Option \"events\"", events[i], words, &index, error);
        return r;
}

/* Of @word (NULL: not given) and of all that are worse. */
static int find_severities(const char *word, const char *const **ret_severities, GError **error)
{
        static const char *const words[] = {"debug", "info", "warning", "error", "critical", NULL};
        guint index = 0;
        int r = word ? omg_bus_word_find("Option \"severity\"", word, words, &index, error) : 0;

        if (r >= 0 && index > 0)
                *ret_severities = words + index;
        return r;
}

static int run_list_log(OmgService *service, sd_bus_message *call, sd_bus_message *reply,
                        GError **error)
{
        g_autoptr(List) list = g_new0(List, 1);
        const char *severity = NULL;
        const OmgBusOption table[] = {
                OMG_BUS_PAGE_OPTIONS(&list->page),
                {"since", OMG_BUS_OPTION_INT64, &list->since, NULL},
                {"events", OMG_BUS_OPTION_STRV, &list->events, NULL},
                {"severity", OMG_BUS_OPTION_STRING, &severity, NULL},
        };
        OmgBusPage page;
        int r;

        list->page.limit = OMG_LIMIT_ROWS;
        if ((r = omg_bus_options_read(call, table, G_N_ELEMENTS(table), error)) < 0 ||
            (r = check_events(list->events, error)) < 0 ||
            (r = find_severities(severity, &list->severities, error)) < 0)
                return r;
        /* The generation is the log's own, and its age is that of this moment. */
        page = list->page;
        page.has_generation = page.has_max_age = FALSE;
        if ((r = omg_bus_page_check(&page, service, error)) < 0 ||
            (r = check_log(service, error)) < 0)
                return r;
        list->log = omg_audit_log_ref(service->audit.log);
        return omg_calls_run_on_worker(service->calls, work_list, append_list,
                                       g_steal_pointer(&list), (GDestroyNotify)list_free);
}

/* ---- VerifyLog ---- */

typedef struct {
        OmgAuditLog *log;
        OmgAuditWalk *walk;
} Verify;

static void verify_free(Verify *verify)
{
        omg_audit_log_unref(verify->log);
        omg_audit_walk_free(verify->walk);
        g_free(verify);
}

/* Not on the pool: audit.db is open once, with a lock that keeps everybody else out. */
static OmgWorkerStep work_verify(gpointer data, GError **error)
{
        Verify *verify = data;
        OmgAuditDb *db = omg_audit_log_open(verify->log, error);
        gboolean is_done = FALSE;

        if (!db || !omg_audit_walk_step(verify->walk, db, OMG_LIMIT_AUDIT_STEP, &is_done, error))
                return OMG_WORKER_FAILED;
        return is_done ? OMG_WORKER_DONE : OMG_WORKER_MORE;
}

static int append_origin(sd_bus_message *reply, const char *origin)
{
        g_autofree char *valid = origin ? g_utf8_make_valid(origin, -1) : NULL;

        return valid ? omg_bus_entry_append(reply, "origin", 's', valid) : 0;
}

static int append_verdict(const OmgSnapshot *snapshot, sd_bus_message *reply, gpointer data,
                          GError **error)
{
        const Verify *verify = data;
        const OmgAuditVerdict *verdict = omg_audit_walk_get_verdict(verify->walk);
        g_autofree char *reason = g_utf8_make_valid(verdict->reason, -1);
        int r;

        if ((r = sd_bus_message_append(reply, "btt", (int)verdict->is_ok, verdict->n_checked,
                                       verdict->first_bad)) < 0 ||
            (r = sd_bus_message_open_container(reply, 'a', "{sv}")) < 0 ||
            (r = omg_bus_entry_append(reply, "reason", 's', reason)) < 0 ||
            (r = omg_bus_entry_append(reply, "head", 't', &verdict->head)) < 0 ||
            (r = omg_bus_entry_append(reply, "missing", 'u', &verdict->n_missing)) < 0 ||
            (r = append_origin(reply, verdict->origin)) < 0)
                return r;
        return sd_bus_message_close_container(reply);
}

static int check_pinned(guint64 sequence, gboolean has_sequence, GBytes *hash, GError **error)
{
        if (has_sequence != (hash != NULL))
                return omg_call_fail(
                        error, OMG_ERROR_INVALID_ARGS, "Option \"%s\" is of no use without \"%s\"",
                        has_sequence ? "sequence" : "hash", has_sequence ? "hash" : "sequence");
        if (has_sequence && sequence == 0)
                return omg_call_fail(error, OMG_ERROR_INVALID_ARGS,
                                     "Option \"sequence\" is 0; the first record is 1");
        if (hash && g_bytes_get_size(hash) != OMG_AUDIT_HASH)
                return omg_call_fail(error, OMG_ERROR_INVALID_ARGS,
                                     "Option \"hash\" has %zu bytes, not %u",
                                     g_bytes_get_size(hash), OMG_AUDIT_HASH);
        return 0;
}

static int run_verify_log(OmgService *service, sd_bus_message *call, sd_bus_message *reply,
                          GError **error)
{
        g_autoptr(GBytes) hash = NULL;
        guint64 sequence = 0;
        gboolean has_sequence = FALSE;
        const OmgBusOption table[] = {
                {"sequence", OMG_BUS_OPTION_UINT64, &sequence, &has_sequence},
                {"hash", OMG_BUS_OPTION_BYTES, &hash, NULL},
        };
        Verify *verify;
        int r;

        if ((r = omg_bus_options_read(call, table, G_N_ELEMENTS(table), error)) < 0 ||
            (r = check_pinned(sequence, has_sequence, hash, error)) < 0 ||
            (r = check_log(service, error)) < 0)
                return r;
        verify = g_new0(Verify, 1);
        verify->log = omg_audit_log_ref(service->audit.log);
        verify->walk = omg_audit_walk_new(sequence, hash ? g_bytes_get_data(hash, NULL) : NULL);
        return omg_calls_run_on_worker(service->calls, work_verify, append_verdict, verify,
                                       (GDestroyNotify)verify_free);
}

OMG_DEFINE_AUDIT_METHOD(list_log, log_calls, FALSE, FALSE)
OMG_DEFINE_AUDIT_METHOD(verify_log, log_calls, FALSE, FALSE)
OMG_DEFINE_AUDIT_METHOD(get_log_head, log_calls, FALSE, FALSE)
