/* SPDX-License-Identifier: GPL-3.0-or-later */
/* org.omgd1.Packages.GetDetails, GetAurDetails. */
#include <errno.h>
#include <stdbool.h>

#include "base/limits.h"
#include "engine/aur-details.h"
#include "engine/details.h"
#include "engine/rows.h"
#include "faces/bus-call.h"
#include "faces/bus-meta.h"
#include "faces/bus-options.h"
#include "faces/bus-packages.h"

/* How a field is said on the bus where that does not follow from its type in the store. */
static const struct {
        char number_type;  /* of a NUMBER; 0: 't' */
        gboolean is_local; /* only about the installed package: never in the outer dictionary */
} fields[OMG_FIELD_N] = {
        [OMG_FIELD_BUILD_DATE] = {.number_type = 'x'},
        [OMG_FIELD_INSTALL_DATE] = {.number_type = 'x', .is_local = TRUE},
        [OMG_FIELD_INSTALL_REASON] = {.is_local = TRUE},
        [OMG_FIELD_INSTALL_SCRIPT] = {.number_type = 'b', .is_local = TRUE},
        [OMG_FIELD_REQUIRED_BY] = {.is_local = TRUE},
        [OMG_FIELD_OPTIONAL_FOR] = {.is_local = TRUE},
        [OMG_FIELD_OPTDEPENDS_INSTALLED] = {.is_local = TRUE},
        [OMG_FIELD_BACKUP] = {.is_local = TRUE},
};

static int append_number(sd_bus_message *reply, OmgField field, guint64 number)
{
        const char *key = omg_field_get_key(field);
        char type = fields[field].number_type;

        if (type == 'b')
                return omg_bus_entry_append(reply, key, 'b', &(int){number != 0});
        /* 't' and 'x' are both 8 bytes; dates before 1970 do not occur. */
        return omg_bus_entry_append(reply, key, type != 0 ? type : 't', &number);
}

static int append_field(sd_bus_message *reply, OmgField field, const OmgFieldValue *value)
{
        switch (omg_field_get_type(field)) {
        case OMG_FIELD_TYPE_STRING:
                return omg_bus_entry_append(reply, omg_field_get_key(field), 's', value->string);
        case OMG_FIELD_TYPE_STRV:
                return omg_bus_entry_append_strv(reply, omg_field_get_key(field),
                                                 (const char *const *)value->strv);
        case OMG_FIELD_TYPE_NUMBER:
                return append_number(reply, field, value->number);
        case OMG_FIELD_TYPE_REAL:
                return omg_bus_entry_append(reply, omg_field_get_key(field), 'd', &value->real);
        }
        return 0;
}

static int append_fields(sd_bus_message *reply, const OmgPackage *package, gboolean with_local)
{
        int r = 0;

        for (guint i = 0; r >= 0 && i < OMG_FIELD_N; i++) {
                const OmgFieldValue *value = &package->fields[i];
                if (value->present && (with_local || !fields[i].is_local))
                        r = append_field(reply, (OmgField)i, value);
        }
        return r;
}

static int append_head(sd_bus_message *reply, const OmgPackage *package)
{
        int r;

        if ((r = omg_bus_entry_append(reply, "name", 's', package->name)) < 0)
                return r;
        return omg_bus_entry_append(reply, "version", 's', package->version);
}

static int append_description(sd_bus_message *reply, const OmgPackage *package)
{
        if (!package->description || package->description[0] == '\0')
                return 0;
        return omg_bus_entry_append(reply, "description", 's', package->description);
}

int omg_bus_package_fields_append(sd_bus_message *message, const OmgPackage *package)
{
        int r;

        if ((r = append_head(message, package)) < 0 ||
            (r = append_description(message, package)) < 0)
                return r;
        return append_fields(message, package, FALSE);
}

static gsize strv_bytes(char **strv)
{
        gsize n = 0;

        for (; strv && *strv; strv++)
                n += strlen(*strv) + 8;
        return n;
}

gsize omg_bus_package_count_bytes(const OmgPackage *package)
{
        gsize n = strlen(package->name) + strlen(package->version) + strlen(package->description);

        for (guint i = 0; i < OMG_FIELD_N; i++) {
                const OmgFieldValue *value = &package->fields[i];
                if (!value->present)
                        continue;
                n += 32;
                if (omg_field_get_type((OmgField)i) == OMG_FIELD_TYPE_STRING)
                        n += strlen(value->string);
                else if (omg_field_get_type((OmgField)i) == OMG_FIELD_TYPE_STRV)
                        n += strv_bytes(value->strv);
        }
        return n;
}

static int append_installed(sd_bus_message *reply, const OmgPackage *local)
{
        int r;

        if ((r = sd_bus_message_open_container(reply, 'e', "sv")) < 0 ||
            (r = sd_bus_message_append_basic(reply, 's', "installed")) < 0 ||
            (r = sd_bus_message_open_container(reply, 'v', "a{sv}")) < 0 ||
            (r = sd_bus_message_open_container(reply, 'a', "{sv}")) < 0 ||
            (r = append_head(reply, local)) < 0 || (r = append_description(reply, local)) < 0 ||
            (r = append_fields(reply, local, TRUE)) < 0 ||
            (r = sd_bus_message_close_container(reply)) < 0 ||
            (r = sd_bus_message_close_container(reply)) < 0)
                return r;
        return sd_bus_message_close_container(reply);
}

static int append_repositories(sd_bus_message *reply, const OmgDetails *details)
{
        int r;

        if ((r = omg_bus_entry_append(reply, "repository", 's', details->repository)) < 0 ||
            (r = sd_bus_message_open_container(reply, 'e', "sv")) < 0 ||
            (r = sd_bus_message_append_basic(reply, 's', "repositories")) < 0 ||
            (r = sd_bus_message_open_container(reply, 'v', "as")) < 0 ||
            (r = omg_bus_strings_append(reply, details->repositories, G_MAXUINT)) < 0 ||
            (r = sd_bus_message_close_container(reply)) < 0)
                return r;
        return sd_bus_message_close_container(reply);
}

static int append_details(sd_bus_message *reply, const char *name, const OmgDetails *details)
{
        const OmgPackage *package = details->sync ?: details->local;
        int r;

        if ((r = sd_bus_message_open_container(reply, 'r', "sa{sv}")) < 0 ||
            (r = sd_bus_message_append_basic(reply, 's', name)) < 0 ||
            (r = sd_bus_message_open_container(reply, 'a', "{sv}")) < 0 ||
            (r = append_head(reply, package)) < 0 ||
            (r = append_repositories(reply, details)) < 0 ||
            (r = append_description(reply, package)) < 0 ||
            (r = append_fields(reply, package, FALSE)) < 0 ||
            (r = omg_bus_entry_append(reply, "flags", 'u', &details->flags)) < 0 ||
            (r = details->local ? append_installed(reply, details->local) : 0) < 0 ||
            (r = sd_bus_message_close_container(reply)) < 0)
                return r;
        return sd_bus_message_close_container(reply);
}

/* What is known of it beside its own fields. */
static int append_aur_state(sd_bus_message *reply, const OmgAurDetails *details)
{
        int r;

        if ((r = omg_bus_entry_append(reply, "repository", 's', OMG_REPOSITORY_AUR)) < 0 ||
            (r = omg_bus_entry_append(reply, "flags", 'u', &details->flags)) < 0)
                return r;
        if (details->vcs)
                r = omg_bus_entry_append(reply, "vcs", 's', details->vcs);
        if (r >= 0 && details->installed_version)
                r = omg_bus_entry_append(reply, "installed-version", 's',
                                         details->installed_version);
        if (r >= 0 && details->maintainer_before)
                r = omg_bus_entry_append(reply, "maintainer-before", 's',
                                         details->maintainer_before);
        if (r >= 0 && details->knows_upgradable)
                r = omg_bus_entry_append(reply, "upgradable", 'b', &details->upgradable);
        return r;
}

static int append_aur_details(sd_bus_message *reply, const char *name, const OmgAurDetails *details)
{
        int r;

        if ((r = sd_bus_message_open_container(reply, 'r', "sa{sv}")) < 0 ||
            (r = sd_bus_message_append_basic(reply, 's', name)) < 0 ||
            (r = sd_bus_message_open_container(reply, 'a', "{sv}")) < 0 ||
            (r = omg_bus_package_fields_append(reply, details->package)) < 0 ||
            (r = append_aur_state(reply, details)) < 0 ||
            (r = sd_bus_message_close_container(reply)) < 0)
                return r;
        return sd_bus_message_close_container(reply);
}

/* ---- the names, a few at a time ---- */

/* 1: appended, so many bytes more; 0: there is no such package. */
typedef int (*AppendName)(const OmgSnapshot *snapshot, const char *name, sd_bus_message *reply,
                          gsize *n_bytes, GError **error);

typedef struct {
        AppendName append;
        OmgBusAur aur;
        GPtrArray *missing; /* names without a package, borrowed from the call */
        guint n_read;
        gsize n_bytes; /* of text so far */
} Progress;

static void progress_free(Progress *progress)
{
        g_ptr_array_unref(progress->missing);
        g_free(progress);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Progress, progress_free)

static int append_name(const OmgSnapshot *snapshot, const char *name, sd_bus_message *reply,
                       gsize *n_bytes, GError **error)
{
        g_autoptr(OmgDetails) details = NULL;
        int r;

        if (!omg_details_get(snapshot, name, &details, error))
                return -EBADMSG;
        if (!details)
                return 0;
        *n_bytes += (details->sync ? omg_bus_package_count_bytes(details->sync) : 0) +
                    (details->local ? omg_bus_package_count_bytes(details->local) : 0);
        r = append_details(reply, name, details);
        return r < 0 ? r : 1;
}

static int append_aur_name(const OmgSnapshot *snapshot, const char *name, sd_bus_message *reply,
                           gsize *n_bytes, GError **error)
{
        g_autoptr(OmgAurDetails) details = NULL;
        int r;

        if (!omg_aur_details_get(snapshot, name, &details, error))
                return -EBADMSG;
        if (!details)
                return 0;
        *n_bytes += omg_bus_package_count_bytes(details->package);
        r = append_aur_details(reply, name, details);
        return r < 0 ? r : 1;
}

static int append_one(const OmgSnapshot *snapshot, const char *name, sd_bus_message *reply,
                      Progress *progress, GError **error)
{
        int r;

        if (++progress->n_read > OMG_LIMIT_ROWS)
                return omg_call_fail(error, OMG_ERROR_INVALID_ARGS, "names has more than %u names",
                                     OMG_LIMIT_ROWS);
        r = progress->append(snapshot, name, reply, &progress->n_bytes, error);
        if (r == 0)
                g_ptr_array_add(progress->missing, (gpointer)name);
        if (progress->n_bytes > OMG_LIMIT_DETAILS)
                return omg_call_fail(error, OMG_ERROR_INVALID_ARGS,
                                     "the packages have more than %u MiB of text: ask for fewer "
                                     "at a time",
                                     OMG_LIMIT_DETAILS >> 20);
        return r;
}

static int append_rest(const OmgSnapshot *snapshot, sd_bus_message *call, sd_bus_message *reply,
                       const Progress *progress, GError **error)
{
        int r;

        if ((r = sd_bus_message_exit_container(call)) < 0 ||
            (r = sd_bus_message_close_container(reply)) < 0 ||
            (r = omg_bus_strings_append(reply, progress->missing, G_MAXUINT)) < 0)
                return r;
        return omg_bus_meta_append_more(
                reply, snapshot,
                &(OmgBusMeta){.total = progress->n_read - progress->missing->len,
                              .total_exact = TRUE,
                              .aur = progress->aur});
}

static int step_get_details(const OmgSnapshot *snapshot, sd_bus_message *call,
                            sd_bus_message *reply, gpointer data, GError **error)
{
        Progress *progress = data;
        const gsize end = progress->n_bytes + OMG_BUS_BYTES_PER_STEP;
        const char *name;
        int r;

        for (guint i = 0; i < OMG_BUS_PACKAGES_PER_STEP && progress->n_bytes < end; i++) {
                r = sd_bus_message_read_basic(call, 's', &name);
                if (r == 0)
                        return append_rest(snapshot, call, reply, progress, error);
                if (r < 0 || (r = append_one(snapshot, name, reply, progress, error)) < 0)
                        return r;
        }
        return -EINPROGRESS;
}

/* They stand behind the names. */
static int read_options(OmgService *service, sd_bus_message *call, GError **error)
{
        OmgBusPage page = {};
        const OmgBusOption table[] = {OMG_BUS_AGE_OPTION(&page)};
        int r;

        if ((r = sd_bus_message_skip(call, "as")) < 0 ||
            (r = omg_bus_options_read(call, table, G_N_ELEMENTS(table), error)) < 0 ||
            (r = omg_bus_page_check(&page, service, error)) < 0)
                return r;
        r = sd_bus_message_rewind(call, true);
        return r < 0 ? r : 0;
}

static int run_details(OmgService *service, sd_bus_message *call, sd_bus_message *reply,
                       AppendName append, OmgBusAur aur, GError **error)
{
        g_autoptr(Progress) progress = g_new0(Progress, 1);
        int r;

        progress->append = append;
        progress->aur = aur;
        progress->missing = g_ptr_array_new();
        if ((r = read_options(service, call, error)) < 0 ||
            (r = sd_bus_message_enter_container(call, 'a', "s")) < 0 ||
            (r = sd_bus_message_open_container(reply, 'a', "(sa{sv})")) < 0)
                return r;
        r = step_get_details(service->snapshot, call, reply, progress, error);
        if (r != -EINPROGRESS)
                return r;
        return omg_calls_go_on(service->calls, step_get_details, g_steal_pointer(&progress),
                               (GDestroyNotify)progress_free);
}

static int run_get_details(OmgService *service, sd_bus_message *call, sd_bus_message *reply,
                           GError **error)
{
        return run_details(service, call, reply, append_name, OMG_BUS_AUR_NONE, error);
}

static int run_get_aur_details(OmgService *service, sd_bus_message *call, sd_bus_message *reply,
                               GError **error)
{
        if (!service->snapshot->aur) {
                omg_aur_feed_set_missing(&service->snapshot->aur_feed, error);
                return -EBADMSG;
        }
        return run_details(service, call, reply, append_aur_name, OMG_BUS_AUR_ALONE, error);
}

OMG_DEFINE_PACKAGES_METHOD(get_details, details_calls)
OMG_DEFINE_PACKAGES_METHOD(get_aur_details, details_calls)
