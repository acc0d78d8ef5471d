/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Shared by the files of org.omgd1.Packages: rows on the wire, and the handlers that its vtable
 * takes from the others. */

#include <systemd/sd-bus.h>

#include "engine/history.h"
#include "engine/rows.h"
#include "faces/bus-meta.h"
#include "faces/service.h"

/* A PKG row; rank NULL: no such key. */
int omg_bus_package_append(sd_bus_message *reply, const OmgPackageView *view, const guint32 *rank);

/* The entries of GetDetails that a package itself has: name, version, description, all fields. */
int omg_bus_package_fields_append(sd_bus_message *message, const OmgPackage *package);

/* What they take in a message, roughly. */
gsize omg_bus_package_count_bytes(const OmgPackage *package);

/* A package costs some 13 µs, half of it in sd-bus: so many are done within 1 ms, unless somebody
 * has filled them up: no more begin after so many bytes. */
#define OMG_BUS_PACKAGES_PER_STEP 50u
#define OMG_BUS_BYTES_PER_STEP    (128u << 10)

/* The a{sv} of the result of an "aur-query", in jobs-aur.h: without the packages; and with them,
 * -EINPROGRESS to be returned where that takes long. */
int omg_bus_aur_append_summary(sd_bus_message *message, const OmgJob *job);
int omg_bus_aur_append_result(OmgService *service, sd_bus_message *call, sd_bus_message *reply,
                              const OmgJob *job, GError **error);

/* Which packages option "sources" of updates (NULL: not given) leaves out, and what META is to say
 * of the AUR; INVALID_ARGS for a word that is neither "repo" nor "aur". */
int omg_bus_update_sources_read(GStrv sources, gboolean *ret_skip_repo, gboolean *ret_skip_aur,
                                OmgBusAur *ret_aur, GError **error);

/* An as of at most max of the strings; NULL: none. */
int omg_bus_strings_append(sd_bus_message *message, const GPtrArray *strings, guint max);

/* Whether a job of the pool (OmgPoolJob) was cancelled; an OmgIsCancelled of the engine. */
gboolean omg_bus_is_cancelled(gconstpointer job);

/* The words of option "actions" of the history; INVALID_ARGS for others. NULL is fine. */
int omg_bus_actions_check(GStrv actions, GError **error);

/* META of an answer from pacman's log, read now. */
int omg_bus_history_meta_append(sd_bus_message *reply, const OmgHistoryState *state, guint32 total,
                                gboolean total_exact);

/* File lists of these sources (1 << OmgFilesSource) are needed: 0 when they are there, or were
 * asked for in vain; -EINPROGRESS, to be returned: the call waits for them. */
int omg_bus_files_need(OmgService *service, guint sources);

/* Which list of a package is meant by option "source" (NULL: not given); INVALID_ARGS. */
int omg_bus_files_source_find(const OmgSnapshot *snapshot, const char *name, const char *word,
                              OmgFilesSource *ret_source, GError **error);

/* META of an answer from these file lists; @more: one more error, NULL: none. */
int omg_bus_files_meta_append(sd_bus_message *reply, const OmgSnapshot *snapshot, guint sources,
                              guint32 total, const OmgSourceError *more);

/* Handlers (userdata: OmgService), in bus-packages-*.c. */
int omg_bus_method_search(sd_bus_message *call, void *userdata, sd_bus_error *ret_error);
int omg_bus_method_what_provides(sd_bus_message *call, void *userdata, sd_bus_error *ret_error);
int omg_bus_method_required_by(sd_bus_message *call, void *userdata, sd_bus_error *ret_error);
int omg_bus_method_depends_on(sd_bus_message *call, void *userdata, sd_bus_error *ret_error);
int omg_bus_method_resolve_aur(sd_bus_message *call, void *userdata, sd_bus_error *ret_error);
int omg_bus_method_get_files(sd_bus_message *call, void *userdata, sd_bus_error *ret_error);
int omg_bus_method_who_owns(sd_bus_message *call, void *userdata, sd_bus_error *ret_error);
int omg_bus_method_get_details(sd_bus_message *call, void *userdata, sd_bus_error *ret_error);
int omg_bus_method_get_aur_details(sd_bus_message *call, void *userdata, sd_bus_error *ret_error);
int omg_bus_method_list_installed(sd_bus_message *call, void *userdata, sd_bus_error *ret_error);
int omg_bus_method_list_explicit(sd_bus_message *call, void *userdata, sd_bus_error *ret_error);
int omg_bus_method_list_orphans(sd_bus_message *call, void *userdata, sd_bus_error *ret_error);
int omg_bus_method_list_foreign(sd_bus_message *call, void *userdata, sd_bus_error *ret_error);
int omg_bus_method_list_updates(sd_bus_message *call, void *userdata, sd_bus_error *ret_error);
int omg_bus_method_list_groups(sd_bus_message *call, void *userdata, sd_bus_error *ret_error);
int omg_bus_method_list_repositories(sd_bus_message *call, void *userdata, sd_bus_error *ret_error);
int omg_bus_method_list_history(sd_bus_message *call, void *userdata, sd_bus_error *ret_error);
int omg_bus_method_query_aur(sd_bus_message *call, void *userdata, sd_bus_error *ret_error);
int omg_bus_method_list_fd(sd_bus_message *call, void *userdata, sd_bus_error *ret_error);

/* Defines omg_bus_method_NAME around run_NAME, for the vtable in bus-packages.c. */
#define OMG_DEFINE_PACKAGES_METHOD(name, counter)                                                \
        OMG_DEFINE_METHOD(name, counter, TRUE)                                                   \
        int omg_bus_method_##name(sd_bus_message *call, void *userdata, sd_bus_error *ret_error) \
        {                                                                                        \
                return method_##name(call, userdata, ret_error);                                 \
        }
