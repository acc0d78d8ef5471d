/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "omgd-fetch/queue.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/limits-fetch.h"
#include "fetch/json-line.h"
#include "omgd-fetch/report.h"
#include "omgd-fetch/transfer.h"

#define WAIT_MSEC 1000

typedef enum {
        SLOT_WAITING,
        SLOT_RUNNING,
        SLOT_DONE,
} SlotState;

typedef struct {
        OmgTransfer transfer;
        SlotState state;
} Slot;

typedef struct {
        CURLM *multi;
        Slot *slots;
        guint n_slots;
        guint n_running, n_done;
        guint next_progress; /* whose turn it is to tell */
        gint64 progress_usec;
        int input_fd, signal_fd;
        gboolean is_stopped;
        gboolean is_stale; /* something ended: somebody may begin */
} Queue;

static void report(Queue *queue, const OmgFetchResult *result)
{
        if (!omg_report(result))
                queue->is_stopped = TRUE;
}

static guint count_running(const Queue *queue, const char *host)
{
        guint n = 0;

        for (guint i = 0; i < queue->n_slots; i++)
                n += queue->slots[i].state == SLOT_RUNNING &&
                     strcmp(queue->slots[i].transfer.host, host) == 0;
        return n;
}

static void end(Queue *queue, Slot *slot, CURLcode code)
{
        queue->is_stale = TRUE;
        slot->state = SLOT_WAITING;
        if (!omg_transfer_end(&slot->transfer, code))
                return;
        slot->state = SLOT_DONE;
        queue->n_done++;
        report(queue, &slot->transfer.result);
}

static void begin(Queue *queue, Slot *slot)
{
        if (!omg_transfer_begin(&slot->transfer)) {
                end(queue, slot, CURLE_OK);
                return;
        }
        if (curl_multi_add_handle(queue->multi, slot->transfer.easy) != CURLM_OK) {
                end(queue, slot, CURLE_FAILED_INIT);
                return;
        }
        slot->state = SLOT_RUNNING;
        queue->n_running++;
}

/* Ends early behind one that ended at once, as files do: there may be many, and large ones. */
static void begin_waiting(Queue *queue)
{
        queue->is_stale = FALSE;
        for (guint i = 0;
             i < queue->n_slots && !queue->is_stale && queue->n_running < OMG_LIMIT_FETCH_AT_ONCE;
             i++) {
                Slot *slot = &queue->slots[i];
                if (slot->state == SLOT_WAITING && !queue->is_stopped &&
                    count_running(queue, slot->transfer.host) < OMG_LIMIT_FETCH_PER_HOST)
                        begin(queue, slot);
        }
}

static Slot *find_slot(const Queue *queue, const CURL *easy)
{
        for (guint i = 0; i < queue->n_slots; i++)
                if (queue->slots[i].transfer.easy == easy)
                        return &queue->slots[i];
        g_assert_not_reached();
}

static void take_ended(Queue *queue)
{
        CURLMsg *message;
        int n;

        while ((message = curl_multi_info_read(queue->multi, &n))) {
                Slot *slot = find_slot(queue, message->easy_handle);
                const CURLcode code = message->data.result;
                (void)curl_multi_remove_handle(queue->multi, slot->transfer.easy);
                queue->n_running--;
                end(queue, slot, code);
        }
}

static gboolean has_progress(const Slot *slot)
{
        const OmgTransfer *transfer = &slot->transfer;

        return slot->state == SLOT_RUNNING && transfer->request->kind == OMG_FETCH_BULK &&
               transfer->answer.status == 200 && transfer->received != transfer->reported;
}

static void report_progress(Queue *queue, OmgTransfer *transfer)
{
        g_auto(OmgFetchResult) result;

        omg_fetch_result_init(&result);
        result.event = OMG_FETCH_EVENT_PROGRESS;
        result.id = transfer->request->id;
        result.size = transfer->reported = transfer->received;
        result.total = transfer->expected;
        report(queue, &result);
}

static void report_alive(Queue *queue)
{
        g_auto(OmgFetchResult) result;

        omg_fetch_result_init(&result);
        result.event = OMG_FETCH_EVENT_ALIVE;
        report(queue, &result);
}

/* One after the other, so that all together keep to the rate. */
static void tell(Queue *queue)
{
        const gint64 now = g_get_monotonic_time();

        if (now - omg_report_get_last() >= OMG_LIMIT_FETCH_ALIVE_SEC * G_USEC_PER_SEC)
                report_alive(queue);
        if (now - queue->progress_usec < G_USEC_PER_SEC / OMG_LIMIT_FETCH_PROGRESS_RATE)
                return;
        for (guint i = 0; i < queue->n_slots; i++) {
                const guint at = (queue->next_progress + i) % queue->n_slots;
                if (!has_progress(&queue->slots[at]))
                        continue;
                queue->next_progress = at + 1;
                queue->progress_usec = now;
                report_progress(queue, &queue->slots[at].transfer);
                return;
        }
}

/* Its end, or an error; what is said there after the requests means nothing. */
static gboolean has_ended(int fd)
{
        char buffer[4096];
        struct pollfd item = {.fd = fd, .events = POLLIN};
        ssize_t n;

        if (poll(&item, 1, 0) <= 0 || item.revents == 0)
                return FALSE;
        n = read(fd, buffer, sizeof(buffer));
        return n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN);
}

static gboolean is_signalled(int fd)
{
        struct pollfd item = {.fd = fd, .events = POLLIN};
        return poll(&item, 1, 0) > 0;
}

/* Only for a look where somebody may begin. */
static void wait(Queue *queue, int msec)
{
        struct curl_waitfd extra[] = {
                {.fd = queue->input_fd, .events = CURL_WAIT_POLLIN},
                {.fd = queue->signal_fd, .events = CURL_WAIT_POLLIN},
        };

        (void)curl_multi_poll(queue->multi, extra, G_N_ELEMENTS(extra), msec, NULL);
        if (is_signalled(queue->signal_fd) || has_ended(queue->input_fd))
                queue->is_stopped = TRUE;
}

static void cancel_all(Queue *queue)
{
        for (guint i = 0; i < queue->n_slots; i++) {
                Slot *slot = &queue->slots[i];
                if (slot->state == SLOT_DONE)
                        continue;
                if (slot->state == SLOT_RUNNING)
                        (void)curl_multi_remove_handle(queue->multi, slot->transfer.easy);
                omg_transfer_cancel(&slot->transfer);
                (void)omg_report(&slot->transfer.result);
        }
}

static void run(Queue *queue)
{
        int n;

        begin_waiting(queue);
        while (!queue->is_stopped && queue->n_done < queue->n_slots) {
                if (curl_multi_perform(queue->multi, &n) != CURLM_OK)
                        queue->is_stopped = TRUE;
                take_ended(queue);
                tell(queue);
                wait(queue, queue->is_stale ? 0 : WAIT_MSEC);
                if (queue->is_stale)
                        begin_waiting(queue);
        }
}

static CURLM *multi_new(void)
{
        CURLM *multi = curl_multi_init();

        if (!multi)
                return NULL;
        /* Where redirects lead is not known when a transfer begins. */
        (void)curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS,
                                (long)OMG_LIMIT_FETCH_PER_HOST);
        (void)curl_multi_setopt(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS,
                                (long)OMG_LIMIT_FETCH_AT_ONCE);
        return multi;
}

gboolean omg_queue_run(GPtrArray *requests, const OmgFetchOptions *options, int dir_fd,
                       int input_fd, int signal_fd)
{
        Queue queue = {.multi = multi_new(), .input_fd = input_fd, .signal_fd = signal_fd};

        queue.n_slots = requests->len;
        queue.slots = g_new0(Slot, requests->len);
        queue.is_stopped = queue.multi == NULL;
        for (guint i = 0; i < queue.n_slots; i++)
                omg_transfer_init(&queue.slots[i].transfer, g_ptr_array_index(requests, i), options,
                                  dir_fd);
        run(&queue);
        if (queue.is_stopped)
                cancel_all(&queue);
        for (guint i = 0; i < queue.n_slots; i++)
                omg_transfer_clear(&queue.slots[i].transfer);
        g_free(queue.slots);
        if (queue.multi)
                (void)curl_multi_cleanup(queue.multi);
        return !queue.is_stopped;
}
