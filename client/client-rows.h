/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* A whole list of org.omgd1.Packages or another interface, fetched page by page and of one
 * generation: when the data changes in between, the list is fetched again from its beginning. */

#include <json-glib/json-glib.h>

#include "client-bus.h"
#include "output.h"

struct OmgClient;

typedef struct OmgFlagName {
        guint32 flag;
        const char *name; /* as in the JSON; never translated */
} OmgFlagName;

/* How the rows of a list are named: introspection/org.omgd1.Packages.xml. */
typedef struct OmgRowType {
        const char *reply_types;   /* of the whole reply */
        const char *const *fields; /* the members of a row before its a{sv}; NULL: a row is text */
        const OmgFlagName *flags;  /* ends in { 0 }; NULL: the rows have no flags */
        gboolean without_extra;    /* the rows have no a{sv} */
} OmgRowType;

extern const OmgRowType omg_row_type_owner;
extern const OmgRowType omg_row_type_package;
extern const OmgRowType omg_row_type_item;
extern const OmgRowType omg_row_type_update;
extern const OmgRowType omg_row_type_group;
extern const OmgRowType omg_row_type_repository;
extern const OmgRowType omg_row_type_history;
extern const OmgRowType omg_row_type_log;
extern const OmgRowType omg_row_type_path;
extern const OmgRowType omg_row_type_runtime;
extern const OmgRowType omg_row_type_vulnerability;

typedef struct OmgListCall {
        const OmgRowType *type;
        const char *member;
        const char *query; /* the argument before the options; NULL: none */
        guint limit;       /* rows; 0: all there are */
        /* Appends further entries to the options, whose array is open; NULL: none. */
        int (*append_options)(sd_bus_message *call, gconstpointer data);
        gconstpointer data;
        char *const *words;    /* instead of query, of a member that takes several; NULL: none */
        const char *interface; /* NULL: org.omgd1.Packages */
} OmgListCall;

/* Returns 0, rows as objects (or texts), and META of the last page; or a negative errno with error
 * set (org.omgd1.Error.Busy when the data changed each time). */
int omg_rows_fetch(struct OmgClient *client, const OmgListCall *list, JsonArray **ret_rows,
                   JsonObject **ret_meta, sd_bus_error *error);

/* Reads the array of rows that stands next in a reply and adds them as objects (or texts). Returns
 * how many, or a negative errno. */
int omg_rows_read(sd_bus_message *reply, const OmgRowType *type, JsonArray *rows);

/* Prints one row. */
typedef void (*OmgPrintRow)(OmgOutput *out, JsonObject *row);

/* Connects, fetches and prints a list, whose rows --json calls key, and says on standard error what
 * META has to say or what failed. Returns the exit code; with OMG_CLIENT_OK the rows and META too.
 */
int omg_command_show_list(struct OmgClient *client, const OmgListCall *list, const char *key,
                          OmgPrintRow print_row, JsonArray **ret_rows, JsonObject **ret_meta);

/* Says on standard error that rows, newest first, are not all that there are. */
void omg_command_hint_latest(JsonArray *rows, JsonObject *meta);

/* The same of a list of which an empty one is an answer like any other: exit code 0. */
int omg_command_run_list(struct OmgClient *client, const OmgListCall *list, const char *key,
                         OmgPrintRow print_row);

/* Appends what the AUR has against a row of a package, each " [...]": out of date, no maintainer,
 * another maintainer. */
void omg_rows_append_marks(OmgOutput *out, JsonObject *row);

/* Says on standard error what META has to say against the answer: stale, incomplete, errors. */
void omg_rows_warn(JsonObject *meta);

/* The warnings for each of an array of {"source", "error"}; NULL is none. */
void omg_rows_warn_errors(JsonArray *errors);

/* Prints {key: rows, "meta": meta}. */
void omg_rows_print_json(struct OmgClient *client, const char *key, JsonArray *rows,
                         JsonObject *meta);
