/* SPDX-License-Identifier: GPL-3.0-or-later */
/* org.omgd1.Audit.GenerateSbom. The document itself is engine/sbom.c. */
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "engine/sbom-security.h"
#include "faces/bus-audit.h"
#include "faces/bus-call-worker.h"
#include "faces/bus-options.h"
#include "faces/bus-packages.h"

#define FORMAT "cyclonedx-1.6"

typedef struct {
        OmgService *service; /* main's */
        char *uuid;
        char *machine;
        guint64 time_usec;
        int vulnerabilities; /* they are wanted */
        OmgSbomFile file;    /* written on the pool */
} Work;

static void work_free(Work *work)
{
        g_free(work->uuid);
        g_free(work->machine);
        if (work->file.fd >= 0)
                (void)close(work->file.fd);
        g_free(work);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Work, work_free)

static gboolean work_sbom(const OmgSnapshot *snapshot, const OmgPoolJob *job, gpointer data,
                          GError **error)
{
        Work *work = data;
        g_autoptr(OmgSbomSecurity) security =
                omg_sbom_security_new(snapshot, work->vulnerabilities);
        OmgSbomParams params = {
                .uuid = work->uuid,
                .time_usec = work->time_usec,
                .omgd_version = OMG_VERSION,
                .machine = work->machine,
                .is_cancelled = omg_bus_is_cancelled,
                .cancel_data = job,
        };

        omg_sbom_security_fill(security, &params);
        return omg_sbom_write(snapshot, &params, &work->file, error);
}

static int append_sbom(const OmgSnapshot *snapshot, sd_bus_message *reply, gpointer data,
                       GError **error)
{
        const Work *work = data;
        OmgAuditEvents *events = omg_audit_events_new((guint64)g_get_real_time(), OMG_AUDIT_SELF);

        omg_audit_events_add_sbom(events, FORMAT, work->uuid, work->file.n_components,
                                  work->file.n_vulnerabilities);
        omg_bus_audit_record(work->service, omg_calls_get_message(work->service->calls), events);
        /* sd-bus keeps a descriptor of its own. */
        return sd_bus_message_append_basic(reply, 'h', &work->file.fd);
}

/* What is not given is another with each call. */
static int fill(Work *work, const char *serial, const char *machine, GError **error)
{
        if (serial && !g_uuid_string_is_valid(serial))
                return omg_call_fail(error, OMG_ERROR_INVALID_ARGS,
                                     "Option \"serial\": \"%.64s\" is no UUID", serial);
        if (work->time_usec > (guint64)253402300799 * G_USEC_PER_SEC) /* the last of year 9999 */
                return omg_call_fail(error, OMG_ERROR_INVALID_ARGS,
                                     "Option \"time\" is after the year 9999");
        work->uuid = serial ? g_strdup(serial) : g_uuid_string_random();
        work->machine = g_utf8_make_valid(machine ?: g_get_host_name(), -1);
        return 0;
}

static int run_generate_sbom(OmgService *service, sd_bus_message *call, sd_bus_message *reply,
                             GError **error)
{
        g_autoptr(Work) work = g_new0(Work, 1);
        const char *format, *serial = NULL, *machine = NULL;
        const OmgBusOption table[] = {
                {"serial", OMG_BUS_OPTION_STRING, &serial, NULL},
                {"time", OMG_BUS_OPTION_UINT64, &work->time_usec, NULL},
                {"machine", OMG_BUS_OPTION_STRING, &machine, NULL},
                {"vulnerabilities", OMG_BUS_OPTION_BOOL, &work->vulnerabilities, NULL},
        };
        int r;

        work->service = service;
        work->file.fd = -1;
        work->vulnerabilities = TRUE;
        work->time_usec = (guint64)g_get_real_time();
        if ((r = sd_bus_message_read_basic(call, 's', &format)) < 0)
                return r;
        if (strcmp(format, FORMAT) != 0)
                return omg_call_fail(error, OMG_ERROR_INVALID_ARGS,
                                     "format: \"%.64s\" is not \"%s\", which is the only one",
                                     format, FORMAT);
        if ((r = omg_bus_options_read(call, table, G_N_ELEMENTS(table), error)) < 0 ||
            (r = fill(work, serial, machine, error)) < 0)
                return r;
        return omg_calls_run_on_pool(service->calls, work_sbom, append_sbom, g_steal_pointer(&work),
                                     (GDestroyNotify)work_free);
}

OMG_DEFINE_AUDIT_METHOD(generate_sbom, fd_calls, TRUE, FALSE)
