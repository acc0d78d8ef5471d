/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The security audit of 1,500 installed packages against 3,000 groups of the tracker and 10,000
 * records of OSV, all made up, beside a walk that reads each of these once: what no audit that
 * looks at all of them can be below. (The audit looks only at those of installed packages.)
 *
 *   bench-audit */

#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/limits.h"
#include "bench-common.h"
#include "bench-made.h"
#include "engine/finding-list.h"
#include "engine/security.h"
#include "faces/bus-audit.h"
#include "sources/osv.h"
#include "sources/tracker.h"
#include "store/advisory-builder.h"

#define N_PACKAGES 15000u
#define N_GROUPS   3000u
#define N_RECORDS  10000u
#define N_VERSIONS 30u /* listed in a record */
#define SECONDS    10

typedef struct {
        OmgAuditParams params;
        OmgAudit *audit;
        const OmgLayer *local;
        OmgSecurityParts parts;
        sd_bus *bus;
        guint64 sum;
} Work;

static GStrv make_list(const char *text)
{
        return g_strsplit(text, " ", -1);
}

/* Every tenth group is one that the installed version is in. */
static OmgTrackerGroup *make_group(const OmgSnapshot *snapshot, guint i, GRand *rand)
{
        OmgTrackerGroup *group = g_new0(OmgTrackerGroup, 1);
        const OmgLayer *layer = i % 3 ? snapshot->local : snapshot->sync;
        guint id = (guint)g_rand_int_range(rand, 0, (gint32)omg_layer_get_n_packages(layer));
        const char *version = omg_layer_get_version(layer, id);

        group->id = g_strdup_printf("AVG-%u", i + 1);
        group->packages = make_list(omg_layer_get_name(layer, id));
        group->status = i % 4 == 0 ? OMG_TRACKER_VULNERABLE : OMG_TRACKER_FIXED;
        group->severity = i % OMG_SEVERITY_N;
        group->type = g_strdup("arbitrary code execution");
        group->affected = g_strdup(version);
        group->fixed = i % 10 == 0   ? g_strconcat(version, ".9", NULL)
                       : i % 10 == 1 ? NULL
                                     : g_strdup("0.0.1-1");
        g_autofree char *issues = g_strdup_printf("CVE-2022-%u CVE-2021-%u", 2 * i, 2 * i + 1);
        group->issues = make_list(issues);
        group->advisories = make_list("ASA-202201-1");
        group->references = make_list("https://example.org/a https://example.org/b");
        group->notes = g_strdup("A note");
        return group;
}

static void add_event(GArray *events, OmgOsvEventKind kind, char *version)
{
        OmgOsvEvent event = {kind, version};

        g_array_append_val(events, event);
}

static OmgOsvRange *make_range(guint i)
{
        OmgOsvRange *range = g_new0(OmgOsvRange, 1);

        range->events = g_array_new(FALSE, FALSE, sizeof(OmgOsvEvent));
        add_event(range->events, OMG_OSV_INTRODUCED, g_strdup("0"));
        /* Every twentieth is one without an end. */
        if (i % 20 > 0)
                add_event(range->events, OMG_OSV_FIXED, g_strdup_printf("0.0.%u", i % 100));
        return range;
}

static OmgOsvRecord *make_record(const char *name, guint i)
{
        OmgOsvRecord *record = g_new0(OmgOsvRecord, 1);
        OmgOsvAffected *affected = g_new0(OmgOsvAffected, 1);
        g_autofree char *alias = g_strdup_printf("CVE-2022-%u", i);
        g_autoptr(GString) versions = g_string_new("0.0.0");

        for (guint j = 1; j < N_VERSIONS; j++)
                g_string_append_printf(versions, " 0.0.%u", j);
        record->id = g_strdup_printf("GHSA-%u", i);
        record->summary = g_strdup("A flaw");
        record->aliases = make_list(alias);
        record->references = make_list("https://example.org/a https://example.org/b");
        record->vectors = make_list("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H");
        record->affected = g_ptr_array_new();
        affected->ecosystem = g_strdup("PyPI");
        affected->name = g_strdup(name);
        affected->ranges = g_ptr_array_new();
        g_ptr_array_add(affected->ranges, make_range(i));
        affected->versions = make_list(versions->str);
        affected->vectors = g_new0(char *, 1);
        g_ptr_array_add(record->affected, affected);
        return record;
}

/* Records of the installed packages' own: no others are ever asked for. */
static void make_records(const OmgSnapshot *snapshot, const OmgOsvNames *names, GPtrArray *records)
{
        g_autoptr(GPtrArray) known = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GString) buffer = g_string_new(NULL);
        OmgOsvTarget targets[OMG_LIMIT_OSV_TARGETS];

        for (guint id = 0; id < omg_layer_get_n_packages(snapshot->local); id++)
                if (omg_osv_names_find(names, omg_layer_get_name(snapshot->local, id), buffer,
                                       targets) > 0)
                        g_ptr_array_add(known, g_strdup(targets[0].name));
        bench_print(known->len, "packages", "audit: installed ones that OSV knows");
        for (guint i = 0; known->len > 0 && i < N_RECORDS; i++)
                g_ptr_array_add(records, make_record(g_ptr_array_index(known, i % known->len), i));
}

/* What is made here is left to the end of the process. */
static OmgAdvisoryLayer *make_layer(const OmgSnapshot *snapshot, const OmgOsvNames *names)
{
        g_autoptr(GRand) rand = g_rand_new_with_seed(7);
        OmgAdvisoryParts parts = {g_ptr_array_new(), g_ptr_array_new(), {}};
        GByteArray *whole = g_byte_array_new();

        for (guint i = 0; i < N_GROUPS; i++)
                g_ptr_array_add(parts.groups, make_group(snapshot, i, rand));
        make_records(snapshot, names, parts.records);
        g_autoptr(GPtrArray) pieces = omg_advisory_layer_make(&parts, 1, NULL);
        for (guint i = 0; i < pieces->len; i++) {
                gsize size;
                const guint8 *data = g_bytes_get_data(g_ptr_array_index(pieces, i), &size);
                if (size > 0)
                        g_byte_array_append(whole, data, (guint)size);
        }
        bench_print(whole->len / 1048576.0, "MiB", "audit: size of the index of advisories");
        g_autoptr(GBytes) bytes = g_byte_array_free_to_bytes(whole);
        return omg_advisory_layer_new_from_bytes(bytes, NULL);
}

static void audit_all(gpointer data, guint i)
{
        Work *work = data;
        g_autoptr(OmgAudit) audit = omg_audit_new(&work->params, NULL);

        work->sum += audit->findings->len;
}

static void audit_one(gpointer data, guint i)
{
        Work *work = data;
        guint n = omg_layer_get_n_packages(work->local);
        const char *const changed[] = {omg_layer_get_name(work->local, i * 7 % n), NULL};
        g_autoptr(OmgAudit) audit = omg_audit_update(work->audit, &work->params, changed, NULL);

        work->sum += audit->findings->len;
}

static void audit_candidates(gpointer data, guint i)
{
        Work *work = data;
        g_autoptr(GBytes) bits = omg_audit_list_candidates(&work->params, NULL);

        work->sum += g_bytes_get_size(bits);
}

/* All that a refresh does for the security of a snapshot. */
static void make_security(gpointer data, guint i)
{
        Work *work = data;
        g_autoptr(OmgSecurity) security = omg_security_new(&work->parts);

        work->sum += security->audit->findings->len;
}

/* What ListVulnerabilities does on main: all findings chosen, and the first page of them written.
 */
static void list_all(gpointer data, guint i)
{
        static const OmgFindingFilter filter = {.states = OMG_FINDING_STATES_DEFAULT};
        Work *work = data;
        g_autoptr(GPtrArray) found = omg_findings_select(work->audit->findings, &filter);
        sd_bus_message *message = NULL;

        if (found->len > OMG_LIMIT_ROWS)
                g_ptr_array_set_size(found, OMG_LIMIT_ROWS);
        if (sd_bus_message_new_signal(work->bus, &message, "/x", "x.x", "x") < 0 ||
            omg_bus_findings_append(message, found) < 0)
                g_error("no message");
        sd_bus_message_unref(message);
        work->sum += found->len;
}

static guint64 read_text(const OmgAdvisoryLayer *layer, guint32 offset)
{
        return strlen(omg_advisory_layer_get_text(layer, offset));
}

/* Each group's and each record's words and versions, and each installed package's name. */
static void walk(gpointer data, guint unused)
{
        Work *work = data;
        const OmgAdvisoryLayer *layer = work->params.advisories;

        for (guint i = 0; i < omg_layer_get_n_packages(work->local); i++)
                work->sum += strlen(omg_layer_get_name(work->local, i)) +
                             strlen(omg_layer_get_version(work->local, i));
        for (guint i = 0; i < omg_advisory_layer_get_n_groups(layer); i++) {
                const OmgAdvisoryGroup *group = omg_advisory_layer_get_group(layer, i);
                work->sum += group->status + read_text(layer, group->fixed) +
                             read_text(layer, group->affected);
        }
        for (guint i = 0; i < omg_advisory_layer_get_n_records(layer); i++) {
                const OmgAdvisoryAffected *affected = omg_advisory_layer_get_affected(layer, i);
                const OmgAdvisoryRange *range =
                        omg_advisory_layer_get_range(layer, affected->ranges.first);
                for (guint j = 0; j < range->events.count; j++)
                        work->sum += read_text(
                                layer, omg_advisory_layer_get_event(layer, range->events.first + j)
                                               ->version);
                work->sum += strlen(omg_advisory_layer_get_listed(layer, &affected->versions, 0));
        }
}

/* Of the processor alone, µs: other work on the machine takes turns with what lasts this long. */
static double measure_processor(const char *name, BenchFunction function, Work *work, guint n)
{
        struct timespec from, to;

        (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
        for (guint i = 0; i < n; i++)
                function(work, i);
        (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
        double usec =
                ((double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec)) /
                1e3 / n;
        bench_print(usec, "us", "%s: processor time", name);
        return usec;
}

/* One that nobody listens to: messages are only made. */
static sd_bus *make_bus(void)
{
        sd_bus *bus = NULL;
        int fds[2];

        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0 || sd_bus_new(&bus) < 0 ||
            sd_bus_set_fd(bus, fds[0], fds[0]) < 0 || sd_bus_start(bus) < 0)
                g_error("no bus");
        return bus;
}

int main(void)
{
        static const char rules[] = "[Prefixes]\npython-=PyPI\n";
        g_autoptr(GBytes) text = g_bytes_new_static(rules, sizeof(rules) - 1);
        g_autoptr(OmgOsvNames) names = omg_osv_names_new(&text, 1, NULL, NULL);
        double seconds;
        gsize size;
        g_autoptr(OmgSnapshot) snapshot = bench_made_snapshot(N_PACKAGES, &seconds, &size);
        g_autoptr(OmgAdvisoryLayer) layer = make_layer(snapshot, names);
        Work work = {.params = {.snapshot = snapshot, .advisories = layer, .names = names},
                     .local = snapshot->local};

        work.audit = omg_audit_new(&work.params, NULL);
        work.bus = make_bus();
        bench_print(omg_layer_get_n_packages(snapshot->local), "packages", "audit: installed");
        bench_print(work.audit->findings->len, "findings", "audit: found");
        (void)bench_measure("audit: of all", audit_all, &work, 200, SECONDS);
        (void)bench_measure("audit: after one changed", audit_one, &work, 500, SECONDS);
        (void)bench_measure("audit: a walk over all of it", walk, &work, 200, SECONDS);
        double full = measure_processor("audit: of all", audit_all, &work, 100);
        double one = measure_processor("audit: after one changed", audit_one, &work, 1000);
        double floor = measure_processor("audit: a walk over all of it", walk, &work, 200);
        bench_print(full / floor, "x", "audit: of all, of the walk");
        bench_print(one / floor, "x", "audit: after one changed, of the walk");
        (void)bench_measure("audit: ListVulnerabilities, its rows", list_all, &work, 200, SECONDS);
        (void)measure_processor("audit: ListVulnerabilities, its rows", list_all, &work, 500);
        (void)measure_processor("audit: of what the repositories have", audit_candidates, &work,
                                50);
        work.parts = (OmgSecurityParts){
                .snapshot = snapshot,
                .advisories = layer,
                .names = names,
                .feeds = {{.is_enabled = TRUE, .good_usec = 1},
                          {.is_enabled = TRUE, .good_usec = 1}},
                .now_usec = 2,
        };
        (void)measure_processor("audit: the security of a snapshot", make_security, &work, 50);
        omg_audit_unref(work.audit);
        sd_bus_unref(work.bus);
        return work.sum == 0;
}
