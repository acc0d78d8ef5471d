/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The a{sv} around the data: options going in, META coming out. */

#include <systemd/sd-bus.h>

#include "base/error.h"
#include "faces/service.h"

typedef enum {
        OMG_BUS_OPTION_BOOL,   /* int */
        OMG_BUS_OPTION_UINT32, /* guint32 */
        OMG_BUS_OPTION_UINT64, /* guint64 */
        OMG_BUS_OPTION_INT64,  /* gint64 */
        OMG_BUS_OPTION_STRING, /* const char *, borrowed from the message */
        OMG_BUS_OPTION_BYTES,  /* GBytes *, new */
        OMG_BUS_OPTION_STRV,   /* GStrv, new; never NULL once given; at most 256 strings */
} OmgBusOptionType;

typedef struct {
        const char *name;
        OmgBusOptionType type;
        gpointer target; /* left alone when the option is not given */
        gboolean *given; /* set to TRUE when it is; may be NULL */
} OmgBusOption;

/* Reads a whole a{sv}; unknown names are skipped, of one given twice the last counts. A wrong type
 * is INVALID_ARGS with the option and the type expected. 0 or negative errno, then with *error. */
int omg_bus_options_read(sd_bus_message *message, const OmgBusOption *options, gsize n_options,
                         GError **error);

/* Reads an as into a new list, at most @max strings (INVALID_ARGS names @what). */
int omg_bus_strv_read(sd_bus_message *message, const char *what, guint max, GStrv *ret_strv,
                      GError **error);

/* The position of value in words (NULL-terminated), or INVALID_ARGS naming the option and the
 * words. */
int omg_bus_word_find(const char *option, const char *value, const char *const *words,
                      guint *ret_index, GError **error);

/* The options of every list. */
typedef struct {
        guint32 limit;
        guint32 offset;
        guint64 generation;
        gboolean has_generation;
        guint32 max_age; /* seconds */
        gboolean has_max_age;
} OmgBusPage;

/* Of members that give no pages. */
#define OMG_BUS_AGE_OPTION(page)                                                         \
        {                                                                                \
                "max-age", OMG_BUS_OPTION_UINT32, &(page)->max_age, &(page)->has_max_age \
        }

#define OMG_BUS_PAGE_OPTIONS(page)                                                                \
        OMG_BUS_AGE_OPTION(page), {"limit", OMG_BUS_OPTION_UINT32, &(page)->limit, NULL},         \
                {"offset", OMG_BUS_OPTION_UINT32, &(page)->offset, NULL},                         \
        {                                                                                         \
                "generation", OMG_BUS_OPTION_UINT64, &(page)->generation, &(page)->has_generation \
        }

/* A limit out of range, or another generation than the snapshot's: INVALID_ARGS. -EINPROGRESS, to
 * be returned: the call waits for a look at the machine that is as young as it wants. */
int omg_bus_page_check(const OmgBusPage *page, OmgService *service, GError **error);

/* Of so many rows the ones on the page: from the first up to the one behind the last. */
void omg_bus_page_get_range(const OmgBusPage *page, guint total, guint *ret_from, guint *ret_to);

/* One entry of an a{sv} with a value of a basic type, given as to sd_bus_message_append_basic. */
int omg_bus_entry_append(sd_bus_message *reply, const char *key, char type, const void *value);

/* One entry with an as; strv may be NULL. */
int omg_bus_entry_append_strv(sd_bus_message *reply, const char *key, const char *const *strv);
