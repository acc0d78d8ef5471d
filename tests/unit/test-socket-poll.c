/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <glib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "faces/socket-poll.h"

#define MANY 150u

typedef struct Fixture Fixture;

/* One end of a pair, whose other end has written: ready until somebody reads. */
typedef struct {
        Fixture *fixture;
        int ours;
        int theirs;
        guint n_ready;
        guint32 revents; /* of the last time */
        guint order;     /* when it was ready first */
} Item;

struct Fixture {
        sd_event *event;
        OmgSocketPoll *poll;
        Item items[MANY];
        guint n_items;
        guint n_ready; /* of all */
        guint sleep_usec;
        gboolean is_quiet;
        gboolean is_leading;
        guint64 last_usec; /* when the item before was done */
        Item *victim;      /* removed by the first that is ready */
        guint n_others;
};

static void remove_item(Item *item)
{
        omg_socket_poll_remove(item->fixture->poll, item->ours, item);
        (void)close(item->ours);
        item->ours = -1;
}

static gboolean on_ready(gpointer data, guint32 revents, guint64 now)
{
        Item *item = data;
        Fixture *f = item->fixture;

        /* The time is that of this item, not of the round's begin. */
        g_assert_cmpuint(now, >=, f->last_usec);
        g_assert_cmpuint(now, <=, omg_clock_now());
        f->last_usec = omg_clock_now();

        g_assert_cmpint(item->ours, >=, 0);
        f->n_ready++;
        if (item->n_ready++ == 0)
                item->order = f->n_ready;
        item->revents = revents;
        if (f->sleep_usec > 0)
                g_usleep(f->sleep_usec);
        if (f->victim && f->victim != item) {
                remove_item(f->victim);
                f->victim = NULL;
        }
        return f->is_quiet;
}

static void set_up(Fixture *f, gconstpointer unused)
{
        g_assert_cmpint(sd_event_new(&f->event), >=, 0);
        g_assert_cmpint(omg_socket_poll_new(f->event, on_ready, &f->poll), >=, 0);
}

static void set_up_leading(Fixture *f, gconstpointer unused)
{
        set_up(f, NULL);
        g_assert_cmpint(omg_socket_poll_lead(f->poll), >=, 0);
        f->is_leading = TRUE;
}

static void tear_down(Fixture *f, gconstpointer unused)
{
        for (guint i = 0; i < f->n_items; i++) {
                if (f->items[i].ours >= 0)
                        remove_item(&f->items[i]);
                if (f->items[i].theirs >= 0)
                        (void)close(f->items[i].theirs);
        }
        omg_socket_poll_free(f->poll);
        g_assert_null(sd_event_unref(f->event));
}

static Item *add(Fixture *f, guint32 events)
{
        Item *item = &f->items[f->n_items++];
        int fds[2];

        g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
        item->fixture = f;
        item->ours = fds[0];
        item->theirs = fds[1];
        g_assert_cmpint(omg_socket_poll_add(f->poll, item->ours, events, item), ==, 0);
        return item;
}

static void make_ready(const Item *item)
{
        g_assert_cmpint(write(item->theirs, "x", 1), ==, 1);
}

/* One turn of the loop, if there is something to do. */
static gboolean turn(Fixture *f)
{
        int r = f->is_leading ? omg_socket_poll_run(f->poll, 0) : sd_event_run(f->event, 0);

        g_assert_cmpint(r, >=, 0);
        return r > 0;
}

/* One alone is told while it is ready, and for what is asked of it. */
static void test_alone(Fixture *f, gconstpointer unused)
{
        Item *item = add(f, EPOLLIN);
        char byte;

        g_assert_false(turn(f));
        make_ready(item);
        g_assert_true(turn(f));
        g_assert_true(turn(f));
        g_assert_cmpuint(item->n_ready, ==, 2);
        g_assert_cmpint(read(item->ours, &byte, 1), ==, 1);
        g_assert_false(turn(f));
        g_assert_cmpint(omg_socket_poll_modify(f->poll, item->ours, EPOLLOUT, item), ==, 0);
        g_assert_true(turn(f));
        g_assert_cmpuint(item->revents, ==, EPOLLOUT);
        g_assert_cmpint(omg_socket_poll_modify(f->poll, item->ours, 0, item), ==, 0);
        make_ready(item);
        g_assert_false(turn(f));
        /* Of one that waits for nothing, only the end is told. */
        (void)close(item->theirs);
        item->theirs = -1;
        g_assert_true(turn(f));
        g_assert_true(item->revents & EPOLLHUP);
}

/* The last one added goes: the one before it is alone now, and told all the same. */
static void test_alone_again(Fixture *f, gconstpointer unused)
{
        Item *first = add(f, EPOLLIN);
        Item *second = add(f, EPOLLIN);

        remove_item(second);
        make_ready(first);
        g_assert_true(turn(f));
        g_assert_cmpuint(first->n_ready, ==, 1);
}

/* All that are ready are told in few turns of the loop, each as often as the others. */
static void test_many(Fixture *f, gconstpointer unused)
{
        for (guint i = 0; i < MANY; i++)
                make_ready(add(f, EPOLLIN));
        for (guint i = 0; i < 6; i++)
                g_assert_true(turn(f));
        g_assert_cmpuint(f->n_ready, <=, 6 * 64);
        for (guint i = 0; i < MANY; i++) {
                g_assert_cmpuint(f->items[i].n_ready, >=, 1);
                g_assert_cmpuint(f->items[i].n_ready, <=, 4);
        }
}

/* One that is removed while others are told is told no more, in the same round either: what it
 * points to may be freed. */
static void test_removed(Fixture *f, gconstpointer unused)
{
        for (guint i = 0; i < 3; i++)
                make_ready(add(f, EPOLLIN));
        f->victim = &f->items[2];
        g_assert_true(turn(f));
        g_assert_true(turn(f));
        g_assert_cmpuint(f->items[0].n_ready, ==, 2);
        g_assert_cmpuint(f->items[1].n_ready, ==, 2);
        g_assert_cmpuint(f->items[2].n_ready, ==, 0);
}

static int on_other(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        Fixture *f = userdata;

        f->n_others++;
        return 0;
}

/* Slow ones do not hold up the loop's other sources, nor do the first of them the last. */
static void test_slow(Fixture *f, gconstpointer unused)
{
        int fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
        sd_event_source *other = NULL;

        g_assert_cmpint(sd_event_add_io(f->event, &other, fd, EPOLLIN, on_other, f), >=, 0);
        for (guint i = 0; i < 5; i++)
                make_ready(add(f, EPOLLIN));
        f->sleep_usec = 2000;
        for (guint i = 0; i < 20; i++)
                g_assert_true(turn(f));
        g_assert_cmpuint(f->n_others, >=, 9);
        for (guint i = 0; i < 5; i++) {
                g_assert_cmpuint(f->items[i].n_ready, >=, 1);
                g_assert_cmpuint(f->items[i].n_ready, <=, 4);
                g_assert_cmpuint(f->items[i].order, ==, i + 1);
        }
        sd_event_source_disable_unref(other);
        (void)close(fd);
}

static int on_defer(sd_event_source *source, void *userdata)
{
        Fixture *f = userdata;

        f->n_others++;
        return 0;
}

/* Sources of the event loop are served beside the items, what comes by its descriptor and what
 * only it knows of. */
static void test_both(Fixture *f, gconstpointer unused)
{
        int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        sd_event_source *other = NULL;
        sd_event_source *defer = NULL;
        guint64 value;

        g_assert_cmpint(sd_event_add_io(f->event, &other, fd, EPOLLIN, on_other, f), >=, 0);
        g_assert_false(turn(f));
        g_assert_cmpint(eventfd_write(fd, 1), ==, 0);
        g_assert_true(turn(f));
        g_assert_cmpuint(f->n_others, ==, 1);
        g_assert_cmpint(read(fd, &value, sizeof(value)), ==, sizeof(value));
        g_assert_false(turn(f));
        g_assert_cmpint(sd_event_add_defer(f->event, &defer, on_defer, f), >=, 0);
        g_assert_true(turn(f));
        g_assert_cmpuint(f->n_others, ==, 2);
        sd_event_source_disable_unref(defer);
        sd_event_source_disable_unref(other);
        (void)close(fd);
}

/* After an item that touched the loop it is asked at once; an item that stays quiet keeps nobody
 * waiting whose descriptor is ready. */
static void test_quiet(Fixture *f, gconstpointer unused)
{
        int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        sd_event_source *other = NULL;

        g_assert_cmpint(sd_event_add_io(f->event, &other, fd, EPOLLIN, on_other, f), >=, 0);
        make_ready(add(f, EPOLLIN)); /* and is never read */
        f->sleep_usec = 100;
        g_assert_true(turn(f));
        g_assert_cmpuint(f->n_ready, ==, 1);
        f->is_quiet = TRUE;
        g_assert_cmpint(eventfd_write(fd, 1), ==, 0);
        g_assert_true(turn(f));
        g_assert_cmpuint(f->n_others, ==, 1);
        g_assert_cmpuint(f->n_ready, <=, 3);
        sd_event_source_disable_unref(other);
        (void)close(fd);
}

/* An event loop that always has something to do does not keep items from being served. */
static void test_busy(Fixture *f, gconstpointer unused)
{
        sd_event_source *defer = NULL;

        g_assert_cmpint(sd_event_add_defer(f->event, &defer, on_defer, f), >=, 0);
        g_assert_cmpint(sd_event_source_set_enabled(defer, SD_EVENT_ON), >=, 0);
        make_ready(add(f, EPOLLIN));
        for (guint i = 0; i < 10; i++)
                g_assert_true(turn(f));
        g_assert_cmpuint(f->n_others, >=, 4);
        g_assert_cmpuint(f->n_ready, >=, 4);
        sd_event_source_disable_unref(defer);
}

static int on_exit_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
        Fixture *f = userdata;

        return sd_event_exit(f->event, 7);
}

/* A timer ends the loop, with its code. */
static void test_loop(Fixture *f, gconstpointer unused)
{
        make_ready(add(f, EPOLLIN));
        f->sleep_usec = 500;
        f->is_quiet = TRUE;
        g_assert_cmpint(sd_event_add_time_relative(f->event, NULL, CLOCK_MONOTONIC, 20000, 1,
                                                   on_exit_timer, f),
                        >=, 0);
        g_assert_cmpint(omg_socket_poll_loop(f->poll), ==, 7);
        g_assert_cmpuint(f->n_ready, >, 1);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);

#define ADD(path, function)                                                           \
        g_test_add("/socket-poll/" path, Fixture, NULL, set_up, function, tear_down); \
        ADD_LEADING(path, function)
#define ADD_LEADING(path, function) \
        g_test_add("/socket-poll/leading/" path, Fixture, NULL, set_up_leading, function, tear_down)
        ADD("alone", test_alone);
        ADD("alone-again", test_alone_again);
        ADD("many", test_many);
        ADD("removed", test_removed);
        ADD("slow", test_slow);
        ADD_LEADING("both", test_both);
        ADD_LEADING("quiet", test_quiet);
        ADD_LEADING("busy", test_busy);
        g_test_add("/socket-poll/loop", Fixture, NULL, set_up, test_loop, tear_down);
        return g_test_run();
}
