/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "faces/inhibitors.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "base/error.h"
#include "base/limits.h"

static const struct {
        const char *word;
        OmgInhibitWhat what;
} words[] = {
        {"idle-exit", OMG_INHIBIT_IDLE_EXIT},
        {"refresh", OMG_INHIBIT_REFRESH},
        {"network", OMG_INHIBIT_NETWORK},
};

struct OmgInhibitors {
        sd_event *event;
        GPtrArray *all; /* Held, by id */
        guint64 last_id;
        guint what;
        void (*on_changed)(gpointer userdata);
        gpointer userdata;
};

typedef struct {
        OmgInhibitor public; /* first */
        OmgInhibitors *owner;
        int fd; /* the reading end */
        sd_event_source *source;
} Held;

static void held_free(gpointer data)
{
        Held *held = data;

        sd_event_source_disable_unref(held->source);
        if (held->fd >= 0)
                (void)close(held->fd);
        g_free((char *)held->public.who);
        g_free((char *)held->public.why);
        g_free((char *)held->public.sender);
        g_free(held);
}

static void update(OmgInhibitors *self)
{
        const guint before = self->what;

        self->what = 0;
        for (guint i = 0; i < self->all->len; i++)
                self->what |= ((const OmgInhibitor *)self->all->pdata[i])->what;
        if (self->what != before)
                self->on_changed(self->userdata);
}

/* Only the end of the last writer is reported: what is written into the pipe is nobody's. */
static int on_hang_up(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        Held *held = userdata;
        OmgInhibitors *self = held->owner;

        (void)g_ptr_array_remove(self->all, held);
        update(self);
        return 0;
}

static gboolean parse_word(const char *word, guint *what, GError **error)
{
        for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
                if (g_str_equal(words[i].word, word)) {
                        *what |= words[i].what;
                        return TRUE;
                }
        }
        g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS,
                    "what: \"%.64s\" is none of idle-exit, refresh and network", word);
        return FALSE;
}

static gboolean parse_words(const char *text, guint *ret_what, GError **error)
{
        g_auto(GStrv) list = NULL;
        guint what = 0;

        if (strlen(text) > OMG_LIMIT_INHIBIT_TEXT) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS, "what: longer than %u bytes",
                            OMG_LIMIT_INHIBIT_TEXT);
                return FALSE;
        }
        list = g_strsplit(text, ":", -1);
        for (char **word = list; *word; word++) {
                if (!parse_word(*word, &what, error))
                        return FALSE;
        }
        if (what == 0) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS,
                            "what: is empty; idle-exit, refresh and network can be inhibited");
                return FALSE;
        }
        *ret_what = what;
        return TRUE;
}

static gboolean check_text(const char *name, const char *text, GError **error)
{
        if (*text && strlen(text) <= OMG_LIMIT_INHIBIT_TEXT)
                return TRUE;
        g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS,
                    *text ? "%s: longer than %u bytes" : "%s: is empty; 1 to %u bytes say it", name,
                    OMG_LIMIT_INHIBIT_TEXT);
        return FALSE;
}

static gboolean check_number(const OmgInhibitors *self, const char *sender, GError **error)
{
        guint n = 0;

        for (guint i = 0; i < self->all->len; i++)
                n += g_str_equal(((const OmgInhibitor *)self->all->pdata[i])->sender, sender);
        if (n < OMG_LIMIT_INHIBITORS_PER_SENDER && self->all->len < OMG_LIMIT_INHIBITORS_TOTAL)
                return TRUE;
        g_set_error(error, OMG_ERROR, OMG_ERROR_LIMITS_EXCEEDED,
                    "%u inhibitors of this sender and %u in all are held; at most %u and %u can be",
                    n, self->all->len, OMG_LIMIT_INHIBITORS_PER_SENDER, OMG_LIMIT_INHIBITORS_TOTAL);
        return FALSE;
}

static gboolean watch(OmgInhibitors *self, Held *held, int *ret_fd, GError **error)
{
        int fds[2], r;

        if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE, "no pipe for an inhibitor: %s",
                            g_strerror(errno));
                return FALSE;
        }
        held->fd = fds[0];
        r = sd_event_add_io(self->event, &held->source, held->fd, 0, on_hang_up, held);
        if (r < 0) {
                (void)close(fds[1]);
                g_set_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE,
                            "cannot watch an inhibitor: %s", g_strerror(-r));
                return FALSE;
        }
        *ret_fd = fds[1];
        return TRUE;
}

gboolean omg_inhibitors_add(OmgInhibitors *self, const char *what, const char *who, const char *why,
                            const char *sender, int *ret_fd, GError **error)
{
        Held *held;
        guint flags;

        if (!parse_words(what, &flags, error) || !check_text("who", who, error) ||
            !check_text("why", why, error) || !check_number(self, sender, error))
                return FALSE;
        held = g_new0(Held, 1);
        *held = (Held){
                .public = {.id = ++self->last_id,
                           .what = flags,
                           .who = g_strdup(who),
                           .why = g_strdup(why),
                           .sender = g_strdup(sender),
                           .since_usec = (guint64)g_get_real_time()},
                .owner = self,
                .fd = -1,
        };
        if (!watch(self, held, ret_fd, error)) {
                held_free(held);
                return FALSE;
        }
        g_ptr_array_add(self->all, held);
        update(self);
        return TRUE;
}

guint omg_inhibitors_get(const OmgInhibitors *self)
{
        return self->what;
}

const OmgInhibitor *omg_inhibitors_find(const OmgInhibitors *self, guint what)
{
        for (guint i = 0; i < self->all->len; i++) {
                const OmgInhibitor *inhibitor = self->all->pdata[i];
                if (inhibitor->what & what)
                        return inhibitor;
        }
        return NULL;
}

const GPtrArray *omg_inhibitors_get_all(const OmgInhibitors *self)
{
        return self->all;
}

const char **omg_inhibitors_dup_words(guint what)
{
        const char **list = g_new0(const char *, G_N_ELEMENTS(words) + 1);
        gsize n = 0;

        for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
                if (what & words[i].what)
                        list[n++] = words[i].word;
        }
        return list;
}

OmgInhibitors *omg_inhibitors_new(sd_event *event, void (*on_changed)(gpointer userdata),
                                  gpointer userdata)
{
        OmgInhibitors *self = g_new0(OmgInhibitors, 1);

        self->event = sd_event_ref(event);
        self->all = g_ptr_array_new_with_free_func(held_free);
        self->on_changed = on_changed;
        self->userdata = userdata;
        return self;
}

void omg_inhibitors_free(OmgInhibitors *self)
{
        if (!self)
                return;
        g_ptr_array_unref(self->all);
        sd_event_unref(self->event);
        g_free(self);
}
