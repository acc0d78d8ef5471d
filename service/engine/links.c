/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/links.h"

#include <string.h>

#define NONE G_MAXUINT32

struct OmgLinks {
        guint n;
        GArray *links;  /* OmgLink */
        guint32 *first; /* n + 1: where the links of each vertex begin */
};

OmgLinks *omg_links_new(guint n_vertices)
{
        OmgLinks *links = g_new0(OmgLinks, 1);

        links->n = n_vertices;
        links->links = g_array_new(FALSE, FALSE, sizeof(OmgLink));
        return links;
}

void omg_links_free(OmgLinks *links)
{
        if (!links)
                return;
        g_array_unref(links->links);
        g_free(links->first);
        g_free(links);
}

void omg_links_add(OmgLinks *links, const OmgLink *link)
{
        g_array_append_vals(links->links, link, 1);
}

guint omg_links_get_n(const OmgLinks *links)
{
        return links->links->len;
}

OmgLink *omg_links_at(OmgLinks *links, guint index)
{
        return &g_array_index(links->links, OmgLink, index);
}

void omg_links_finish(OmgLinks *links)
{
        guint n_links = links->links->len;
        GArray *sorted = g_array_sized_new(FALSE, FALSE, sizeof(OmgLink), n_links);
        guint32 *next = g_new0(guint32, links->n + 1);

        links->first = g_new0(guint32, links->n + 1);
        for (guint i = 0; i < n_links; i++)
                links->first[omg_links_at(links, i)->from + 1]++;
        for (guint v = 0; v < links->n; v++)
                links->first[v + 1] += links->first[v];
        memcpy(next, links->first, (links->n + 1) * sizeof(*next));
        g_array_set_size(sorted, n_links);
        for (guint i = 0; i < n_links; i++) {
                const OmgLink *link = omg_links_at(links, i);
                g_array_index(sorted, OmgLink, next[link->from]++) = *link;
        }
        g_array_unref(links->links);
        links->links = sorted;
        g_free(next);
}

/* ---- components ---- */

/* Tarjan's, with a stack of its own: next[v] is the link of v to be followed next. */
typedef struct {
        OmgLinks *links;
        guint32 *next, *number, *low, *component, *position;
        GArray *path;  /* the vertices that are being looked at */
        GArray *stack; /* those without a component yet */
        guint32 n_numbers, n_components, n_positions;
} Walk;

static void push(GArray *stack, guint32 vertex)
{
        g_array_append_val(stack, vertex);
}

static guint32 get_top(const GArray *stack)
{
        return g_array_index(stack, guint32, stack->len - 1);
}

static void enter(Walk *walk, guint32 vertex)
{
        walk->number[vertex] = walk->low[vertex] = walk->n_numbers++;
        walk->next[vertex] = walk->links->first[vertex];
        push(walk->path, vertex);
        push(walk->stack, vertex);
}

static void close_component(Walk *walk, guint32 root)
{
        guint first = walk->stack->len;

        while (g_array_index(walk->stack, guint32, first - 1) != root)
                first--;
        for (guint i = walk->stack->len; i >= first; i--) {
                guint32 vertex = g_array_index(walk->stack, guint32, i - 1);
                walk->component[vertex] = walk->n_components;
                walk->position[vertex] = walk->n_positions++;
        }
        g_array_set_size(walk->stack, first - 1);
        walk->n_components++;
}

static void leave(Walk *walk)
{
        guint32 vertex = get_top(walk->path);

        g_array_set_size(walk->path, walk->path->len - 1);
        if (walk->low[vertex] == walk->number[vertex])
                close_component(walk, vertex);
        if (walk->path->len > 0) {
                guint32 above = get_top(walk->path);
                walk->low[above] = MIN(walk->low[above], walk->low[vertex]);
        }
}

static void walk_from(Walk *walk, guint32 root)
{
        enter(walk, root);
        while (walk->path->len > 0) {
                guint32 vertex = get_top(walk->path);
                if (walk->next[vertex] == walk->links->first[vertex + 1]) {
                        leave(walk);
                        continue;
                }
                const OmgLink *link = omg_links_at(walk->links, walk->next[vertex]++);
                if (link->is_soft)
                        continue;
                if (walk->number[link->to] == NONE)
                        enter(walk, link->to);
                else if (walk->component[link->to] == NONE)
                        walk->low[vertex] = MIN(walk->low[vertex], walk->number[link->to]);
        }
}

static guint32 *new_numbers(guint n)
{
        guint32 *numbers = g_new(guint32, n + 1);

        memset(numbers, 0xff, (n + 1) * sizeof(*numbers));
        return numbers;
}

guint omg_links_find_components(OmgLinks *links, guint32 **ret_component, guint32 **ret_position)
{
        g_autofree guint32 *number = new_numbers(links->n), *low = new_numbers(links->n);
        g_autofree guint32 *next = new_numbers(links->n);
        g_autofree guint32 *position = new_numbers(links->n);
        g_autoptr(GArray) path = g_array_new(FALSE, FALSE, sizeof(guint32));
        g_autoptr(GArray) stack = g_array_new(FALSE, FALSE, sizeof(guint32));
        Walk walk = {
                .links = links,
                .next = next,
                .number = number,
                .low = low,
                .component = new_numbers(links->n),
                .position = position,
                .path = path,
                .stack = stack,
        };

        for (guint32 vertex = 0; vertex < links->n; vertex++)
                if (number[vertex] == NONE)
                        walk_from(&walk, vertex);
        *ret_component = walk.component;
        if (ret_position)
                *ret_position = g_steal_pointer(&position);
        return walk.n_components;
}

/* ---- circles ---- */

static void soften_from(OmgLinks *links, guint32 root, guint32 *next, guint8 *state, GArray *path)
{
        enum { ON_PATH = 1, DONE = 2 };

        state[root] = ON_PATH;
        push(path, root);
        while (path->len > 0) {
                guint32 vertex = get_top(path);
                if (next[vertex] == links->first[vertex + 1]) {
                        state[vertex] = DONE;
                        g_array_set_size(path, path->len - 1);
                        continue;
                }
                OmgLink *link = omg_links_at(links, next[vertex]++);
                if (link->is_soft || state[link->to] == DONE)
                        continue;
                if (state[link->to] == ON_PATH) {
                        link->is_soft = TRUE;
                        continue;
                }
                state[link->to] = ON_PATH;
                push(path, link->to);
        }
}

void omg_links_soften_back(OmgLinks *links)
{
        g_autofree guint32 *next = g_memdup2(links->first, (links->n + 1) * sizeof(*next));
        g_autofree guint8 *state = g_new0(guint8, links->n + 1);
        g_autoptr(GArray) path = g_array_new(FALSE, FALSE, sizeof(guint32));

        for (guint32 vertex = 0; vertex < links->n; vertex++)
                if (state[vertex] == 0)
                        soften_from(links, vertex, next, state, path);
}

GArray *omg_links_find_path(OmgLinks *links, guint32 from, guint32 to, guint8 strength)
{
        g_autofree guint32 *by = new_numbers(links->n); /* the link that led to a vertex */
        g_autoptr(GArray) queue = g_array_new(FALSE, FALSE, sizeof(guint32));
        gboolean found = FALSE;

        push(queue, from);
        for (guint i = 0; i < queue->len && !found; i++) {
                guint32 vertex = g_array_index(queue, guint32, i);
                for (guint32 k = links->first[vertex]; k < links->first[vertex + 1]; k++) {
                        const OmgLink *link = omg_links_at(links, k);
                        if (link->strength < strength || link->to == from || by[link->to] != NONE)
                                continue;
                        by[link->to] = k;
                        found = found || link->to == to;
                        push(queue, link->to);
                }
        }
        if (!found)
                return NULL;
        GArray *path = g_array_new(FALSE, FALSE, sizeof(guint32));
        for (guint32 vertex = to; vertex != from; vertex = omg_links_at(links, by[vertex])->from)
                g_array_append_val(path, by[vertex]);
        for (guint i = 0; i < path->len / 2; i++) {
                guint32 *a = &g_array_index(path, guint32, i);
                guint32 *b = &g_array_index(path, guint32, path->len - 1 - i), value = *a;
                *a = *b;
                *b = value;
        }
        return path;
}

/* ---- an order ---- */

/* Those that could be next, as a heap of numbers: unmet soft links, rank, vertex. What is
 * unmet only becomes less, so of several entries of a vertex the youngest comes first. */
typedef struct {
        OmgLinks *links;
        const guint8 *rank;
        GArray *heap;                /* guint64 */
        guint32 *unmet, *unmet_soft; /* by vertex */
        guint32 *users, *first_user; /* links by their to */
        gboolean *is_done;
} Order;

static guint64 *heap_at(const Order *order, guint index)
{
        return &g_array_index(order->heap, guint64, index);
}

static void swap(const Order *order, guint a, guint b)
{
        guint64 value = *heap_at(order, a);

        *heap_at(order, a) = *heap_at(order, b);
        *heap_at(order, b) = value;
}

static void heap_push(Order *order, guint32 vertex)
{
        guint64 soft = MIN(order->unmet_soft[vertex], 0xffffffu);
        guint64 key = soft << 40 | (guint64)order->rank[vertex] << 32 | vertex;
        guint i = order->heap->len;

        g_array_append_val(order->heap, key);
        for (; i > 0 && *heap_at(order, i) < *heap_at(order, (i - 1) / 2); i = (i - 1) / 2)
                swap(order, i, (i - 1) / 2);
}

static guint64 heap_pop(Order *order)
{
        guint64 top = *heap_at(order, 0);
        guint i = 0, n = order->heap->len - 1;

        *heap_at(order, 0) = *heap_at(order, n);
        g_array_set_size(order->heap, n);
        for (;;) {
                guint least = i;
                for (guint child = 2 * i + 1; child <= 2 * i + 2 && child < n; child++)
                        if (*heap_at(order, child) < *heap_at(order, least))
                                least = child;
                if (least == i)
                        return top;
                swap(order, i, least);
                i = least;
        }
}

static void count_unmet(Order *order)
{
        OmgLinks *links = order->links;
        g_autofree guint32 *next = NULL;

        for (guint i = 0; i < links->links->len; i++) {
                const OmgLink *link = omg_links_at(links, i);
                *(link->is_soft ? &order->unmet_soft[link->from] : &order->unmet[link->from]) += 1;
                order->first_user[link->to + 1]++;
        }
        for (guint v = 0; v < links->n; v++)
                order->first_user[v + 1] += order->first_user[v];
        next = g_memdup2(order->first_user, (links->n + 1) * sizeof(*next));
        for (guint i = 0; i < links->links->len; i++)
                order->users[next[omg_links_at(links, i)->to]++] = i;
}

static void take(Order *order, guint32 vertex)
{
        order->is_done[vertex] = TRUE;
        for (guint32 i = order->first_user[vertex]; i < order->first_user[vertex + 1]; i++) {
                const OmgLink *link = omg_links_at(order->links, order->users[i]);
                if (link->is_soft)
                        order->unmet_soft[link->from]--;
                else
                        order->unmet[link->from]--;
                if (order->unmet[link->from] == 0 && !order->is_done[link->from])
                        heap_push(order, link->from);
        }
}

guint32 *omg_links_order(OmgLinks *links, const guint8 *rank)
{
        g_autofree guint32 *unmet = g_new0(guint32, links->n + 1);
        g_autofree guint32 *unmet_soft = g_new0(guint32, links->n + 1);
        g_autofree guint32 *users = g_new0(guint32, links->links->len + 1);
        g_autofree guint32 *first_user = g_new0(guint32, links->n + 2);
        g_autofree gboolean *is_done = g_new0(gboolean, links->n + 1);
        g_autoptr(GArray) heap = g_array_new(FALSE, FALSE, sizeof(guint64));
        Order order = {links, rank, heap, unmet, unmet_soft, users, first_user, is_done};
        guint32 *sorted = g_new(guint32, links->n + 1);
        guint n = 0;

        count_unmet(&order);
        for (guint32 vertex = 0; vertex < links->n; vertex++)
                if (unmet[vertex] == 0)
                        heap_push(&order, vertex);
        while (heap->len > 0) {
                guint32 vertex = (guint32)heap_pop(&order);
                if (is_done[vertex])
                        continue;
                sorted[n++] = vertex;
                take(&order, vertex);
        }
        g_assert(n == links->n);
        return sorted;
}
