/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench-constant.h"

#include <errno.h>
#include <glib.h>
#include <string.h>

#define ROWS 1000

typedef struct {
        const char *texts[5];
        guint32 flags, rank;
} Row;

typedef struct {
        sd_bus_message *kept; /* the strings' owner */
        Row rows[ROWS];
        guint n_rows;
        guint32 total;
        guint64 generation, as_of;
} Answer;

static int read_row(sd_bus_message *m, Row *row)
{
        int r = sd_bus_message_enter_container(m, 'r', "sssssua{sv}");

        if (r <= 0)
                return r;
        if ((r = sd_bus_message_read(m, "sssssu", &row->texts[0], &row->texts[1], &row->texts[2],
                                     &row->texts[3], &row->texts[4], &row->flags)) < 0 ||
            (r = sd_bus_message_skip(m, "a{sv}")) < 0)
                return r;
        r = sd_bus_message_exit_container(m);
        return r < 0 ? r : 1;
}

static int ask(sd_bus *bus, const char *query, Answer *answer)
{
        int r = sd_bus_call_method(bus, "org.omgd1", "/org/omgd1", "org.omgd1.Packages", "Search",
                                   NULL, &answer->kept, "sa{sv}", query, 1, "limit", "u", 20);

        if (r < 0 || (r = sd_bus_message_enter_container(answer->kept, 'a', "(sssssua{sv})")) < 0)
                return r;
        while (answer->n_rows < ROWS &&
               (r = read_row(answer->kept, &answer->rows[answer->n_rows])) > 0)
                answer->n_rows++;
        answer->total = answer->n_rows;
        return r;
}

static int append_row(sd_bus_message *m, const Row *row)
{
        int r;

        if ((r = sd_bus_message_open_container(m, 'r', "sssssua{sv}")) < 0)
                return r;
        for (guint i = 0; i < G_N_ELEMENTS(row->texts); i++)
                if ((r = sd_bus_message_append_basic(m, 's', row->texts[i])) < 0)
                        return r;
        if ((r = sd_bus_message_append_basic(m, 'u', &row->flags)) < 0 ||
            (r = sd_bus_message_append(m, "a{sv}", 1, "rank", "u", row->rank)) < 0)
                return r;
        return sd_bus_message_close_container(m);
}

static int method_search(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
        const Answer *answer = userdata;
        sd_bus_message *reply = NULL;
        const char *query, *key;
        guint32 limit;
        int r = sd_bus_message_read(call, "sa{sv}", &query, 1, &key, "u", &limit);

        if (r >= 0)
                r = sd_bus_message_new_method_return(call, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "(sssssua{sv})");
        for (guint i = 0; r >= 0 && i < MIN(answer->n_rows, limit); i++)
                r = append_row(reply, &answer->rows[i]);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        if (r >= 0)
                r = sd_bus_message_append(reply, "a{sv}", 7, "total", "u", answer->total,
                                          "total-exact", "b", 1, "generation", "t",
                                          answer->generation, "as-of", "t", answer->as_of, "stale",
                                          "b", 0, "complete", "b", 1, "errors", "a(ss)", 0);
        if (r >= 0)
                r = sd_bus_send(NULL, reply, NULL);
        sd_bus_message_unref(reply);
        return r;
}

static const sd_bus_vtable constant_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD("Search", "sa{sv}", "a(sssssua{sv})a{sv}", method_search,
                      SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

int bench_constant_serve(const char *query)
{
        static Answer answer;
        sd_bus *bus = NULL;
        int r;

        if ((r = sd_bus_open_user(&bus)) < 0 || (r = ask(bus, query, &answer)) < 0 ||
            (r = sd_bus_add_object_vtable(bus, NULL, "/org/omgd1", "org.omgd1.Packages",
                                          constant_vtable, &answer)) < 0 ||
            (r = sd_bus_request_name(bus, BENCH_CONSTANT_NAME, 0)) < 0)
                return r;
        for (;;) {
                r = sd_bus_process(bus, NULL);
                if (r == 0)
                        r = sd_bus_wait(bus, UINT64_MAX);
                if (r < 0)
                        return r;
        }
}

static guint64 align(guint64 size, guint64 to)
{
        return (size + to - 1) / to * to;
}

/* As the D-Bus specification lays out values: each at a multiple of its own alignment. */
static int measure(sd_bus_message *m, guint64 *size)
{
        const char *contents, *text;
        guint64 scalar;
        char type;
        int r;

        while ((r = sd_bus_message_peek_type(m, &type, &contents)) > 0) {
                if (strchr("sog", type)) {
                        if ((r = sd_bus_message_read_basic(m, type, &text)) < 0)
                                return r;
                        *size = align(*size, type == 'g' ? 1 : 4) + (type == 'g' ? 1 : 4) +
                                strlen(text) + 1;
                } else if (strchr("arve", type)) {
                        if ((r = sd_bus_message_enter_container(m, type, contents)) < 0)
                                return r;
                        if (type == 'a')
                                *size = align(*size, 4) + 4;
                        else if (type == 'v')
                                *size += 1 + strlen(contents) + 1;
                        else
                                *size = align(*size, 8);
                        if ((r = measure(m, size)) < 0 ||
                            (r = sd_bus_message_exit_container(m)) < 0)
                                return r;
                } else {
                        guint64 width = strchr("xtd", type) ? 8 : strchr("ybnq", type) ? 1 : 4;
                        width = type == 'b' ? 4 : type == 'n' || type == 'q' ? 2 : width;
                        if ((r = sd_bus_message_read_basic(m, type, &scalar)) < 0)
                                return r;
                        *size = align(*size, width) + width;
                }
        }
        return r;
}

int bench_constant_measure(sd_bus_message *message)
{
        guint64 size = 0;
        int r = sd_bus_message_rewind(message, TRUE);

        if (r < 0 || (r = measure(message, &size)) < 0 ||
            (r = sd_bus_message_rewind(message, TRUE)) < 0)
                return r;
        return (int)MIN(size, (guint64)G_MAXINT);
}
