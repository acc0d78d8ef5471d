/* SPDX-License-Identifier: GPL-3.0-or-later */
/* org.omgd1.Packages: ResolveAur. */
#include <errno.h>

#include "base/limits-resolve.h"
#include "engine/aur-resolve.h"
#include "engine/vcs.h"
#include "faces/bus-call.h"
#include "faces/bus-meta.h"
#include "faces/bus-options.h"
#include "faces/bus-packages.h"

/* A question with its own copy of the names, and its answer: it is worked on by another thread. */
typedef struct {
        OmgAurQuery query;
        GStrv names;
        OmgAurPlan *plan;
} Question;

static void question_free(Question *question)
{
        omg_aur_plan_free(question->plan);
        g_strfreev(question->names);
        g_free(question);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Question, question_free)

static int question_read(OmgService *service, sd_bus_message *call, Question *question,
                         GError **error)
{
        OmgBusPage page = {};
        int check = TRUE, optional = FALSE, needed = FALSE, installed = FALSE;
        const OmgBusOption table[] = {
                OMG_BUS_AGE_OPTION(&page),
                {"check", OMG_BUS_OPTION_BOOL, &check, NULL},
                {"optional", OMG_BUS_OPTION_BOOL, &optional, NULL},
                {"needed", OMG_BUS_OPTION_BOOL, &needed, NULL},
                {"installed", OMG_BUS_OPTION_BOOL, &installed, NULL},
        };
        int r;

        if ((r = omg_bus_strv_read(call, "names", OMG_LIMIT_AUR_RESOLVE_NAMES, &question->names,
                                   error)) < 0 ||
            (r = omg_bus_options_read(call, table, G_N_ELEMENTS(table), error)) < 0 ||
            (r = omg_bus_page_check(&page, service, error)) < 0)
                return r;
        question->query = (OmgAurQuery){
                .names = (const char *const *)question->names,
                .without_check = !check,
                .with_optional = optional,
                .skip_installed = needed,
                .with_installed = installed,
        };
        return 0;
}

static gboolean work_resolve(const OmgSnapshot *snapshot, const OmgPoolJob *job, gpointer data,
                             GError **error)
{
        Question *question = data;
        OmgInterrupt interrupt = {omg_bus_is_cancelled, job};

        question->plan = omg_aur_resolve(snapshot, &question->query, &interrupt, error);
        return question->plan != NULL;
}

/* ---- an item ---- */

/* Nothing for an empty list. */
static int append_names(sd_bus_message *reply, const char *key, const GPtrArray *names)
{
        int r;

        if (!names || names->len == 0)
                return 0;
        if ((r = sd_bus_message_open_container(reply, 'e', "sv")) < 0 ||
            (r = sd_bus_message_append_basic(reply, 's', key)) < 0 ||
            (r = sd_bus_message_open_container(reply, 'v', "as")) < 0 ||
            (r = omg_bus_strings_append(reply, names, G_MAXUINT)) < 0 ||
            (r = sd_bus_message_close_container(reply)) < 0)
                return r;
        return sd_bus_message_close_container(reply);
}

static int append_kinds(sd_bus_message *reply, guint kinds)
{
        static const struct {
                OmgAurNeedKind kind;
                const char *word;
        } words[] = {
                {OMG_AUR_NEED_RUN, "depends"},
                {OMG_AUR_NEED_MAKE, "makedepends"},
                {OMG_AUR_NEED_CHECK, "checkdepends"},
                {OMG_AUR_NEED_OPTIONAL, "optdepends"},
        };
        const char *strv[G_N_ELEMENTS(words) + 1] = {};
        gsize n = 0;

        for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
                if (kinds & words[i].kind)
                        strv[n++] = words[i].word;
        return n > 0 ? omg_bus_entry_append_strv(reply, "kinds", strv) : 0;
}

/* What follows from the package alone. */
static int append_package(sd_bus_message *reply, const OmgAurItem *item, const OmgPackageView *view)
{
        const char *vcs = item->base ? omg_vcs_find(view->name) : NULL;
        int r;

        if (item->base && (r = omg_bus_entry_append(reply, "base", 's', item->base)) < 0)
                return r;
        if (*view->installed_version && (r = omg_bus_entry_append(reply, "installed-version", 's',
                                                                  view->installed_version)) < 0)
                return r;
        if (vcs && (r = omg_bus_entry_append(reply, "vcs", 's', vcs)) < 0)
                return r;
        return omg_bus_entry_append(reply, "flags", 'u', &view->flags);
}

static int append_extra(sd_bus_message *reply, const OmgAurItem *item, const OmgPackageView *view)
{
        int requested = item->requested, make_only = item->make_only;
        int r;

        if ((r = sd_bus_message_open_container(reply, 'a', "{sv}")) < 0 ||
            (r = append_package(reply, item, view)) < 0 ||
            (r = omg_bus_entry_append(reply, "requested", 'b', &requested)) < 0 ||
            (r = omg_bus_entry_append(reply, "make-only", 'b', &make_only)) < 0 ||
            (r = append_kinds(reply, item->kinds)) < 0 ||
            (r = append_names(reply, "builds", item->builds)) < 0 ||
            (r = append_names(reply, "needed-by", item->needed_by)) < 0 ||
            (r = append_names(reply, "alternatives", item->alternatives)) < 0 ||
            (r = append_names(reply, "conflicts", item->conflicts)) < 0)
                return r;
        return sd_bus_message_close_container(reply);
}

static int append_item(const OmgSnapshot *snapshot, sd_bus_message *reply, const OmgAurItem *item)
{
        OmgPackageView view;
        int r;

        omg_row_view(snapshot, item->row, &view);
        const char *source =
                item->row.source == OMG_ROW_LOCAL ? OMG_AUR_SOURCE_INSTALLED : view.repository;
        if ((r = sd_bus_message_open_container(reply, 'r', "sssa{sv}")) < 0 ||
            (r = sd_bus_message_append(reply, "sss", view.name, view.version, source)) < 0 ||
            (r = append_extra(reply, item, &view)) < 0)
                return r;
        return sd_bus_message_close_container(reply);
}

/* ---- META ---- */

static int append_missing_by(sd_bus_message *reply, const OmgAurPlan *plan)
{
        int r;

        r = sd_bus_message_open_container(reply, 'a', "{sas}");
        for (guint i = 0; r >= 0 && i < plan->missing->len; i++) {
                if ((r = sd_bus_message_open_container(reply, 'e', "sas")) < 0 ||
                    (r = sd_bus_message_append_basic(reply, 's', plan->missing->pdata[i])) < 0 ||
                    (r = omg_bus_strings_append(reply, plan->missing_by->pdata[i], G_MAXUINT)) < 0)
                        return r;
                r = sd_bus_message_close_container(reply);
        }
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int append_cycles(sd_bus_message *reply, const OmgAurPlan *plan)
{
        int r;

        r = sd_bus_message_open_container(reply, 'a', "as");
        for (guint i = 0; r >= 0 && i < plan->cycles->len; i++)
                r = omg_bus_strings_append(reply, plan->cycles->pdata[i], G_MAXUINT);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int append_conflicts(sd_bus_message *reply, const OmgAurPlan *plan)
{
        int r;

        r = sd_bus_message_open_container(reply, 'a', "(ss)");
        for (guint i = 0; r >= 0 && i < plan->conflicts->len; i += 2)
                r = sd_bus_message_append(reply, "(ss)", plan->conflicts->pdata[i],
                                          plan->conflicts->pdata[i + 1]);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int append_entry(sd_bus_message *reply, const char *key, const char *type,
                        int (*append)(sd_bus_message *reply, const OmgAurPlan *plan),
                        const OmgAurPlan *plan)
{
        int r;

        if ((r = sd_bus_message_open_container(reply, 'e', "sv")) < 0 ||
            (r = sd_bus_message_append_basic(reply, 's', key)) < 0 ||
            (r = sd_bus_message_open_container(reply, 'v', type)) < 0 ||
            (r = append(reply, plan)) < 0 || (r = sd_bus_message_close_container(reply)) < 0)
                return r;
        return sd_bus_message_close_container(reply);
}

static int append_meta_entries(sd_bus_message *reply, gconstpointer data)
{
        const OmgAurPlan *plan = data;
        int cut = plan->cycles_cut;
        int r;

        if ((r = append_entry(reply, "missing-by", "a{sas}", append_missing_by, plan)) < 0 ||
            (r = append_entry(reply, "cycles", "aas", append_cycles, plan)) < 0 ||
            (r = omg_bus_entry_append(reply, "cycles-truncated", 'b', &cut)) < 0)
                return r;
        return append_entry(reply, "conflicts", "a(ss)", append_conflicts, plan);
}

/* ---- the method ---- */

static int append_resolve(const OmgSnapshot *snapshot, sd_bus_message *reply, gpointer data,
                          GError **error)
{
        const OmgAurPlan *plan = ((const Question *)data)->plan;
        OmgBusMeta meta = {
                .total = plan->items->len,
                .total_exact = TRUE,
                .aur = OMG_BUS_AUR_WANTED,
                .append_entries = append_meta_entries,
                .entries = plan,
        };
        int r;

        r = sd_bus_message_open_container(reply, 'a', "(sssa{sv})");
        for (guint i = 0; r >= 0 && i < plan->items->len; i++)
                r = append_item(snapshot, reply, plan->items->pdata[i]);
        if (r < 0 || (r = sd_bus_message_close_container(reply)) < 0 ||
            (r = omg_bus_strings_append(reply, plan->missing, G_MAXUINT)) < 0)
                return r;
        return omg_bus_meta_append_more(reply, snapshot, &meta);
}

/* On the pool: some packages come to thousands. */
static int run_resolve_aur(OmgService *service, sd_bus_message *call, sd_bus_message *reply,
                           GError **error)
{
        g_autoptr(Question) question = g_new0(Question, 1);
        int r;

        r = question_read(service, call, question, error);
        if (r < 0)
                return r;
        return omg_calls_run_on_pool(service->calls, work_resolve, append_resolve,
                                     g_steal_pointer(&question), (GDestroyNotify)question_free);
}

OMG_DEFINE_PACKAGES_METHOD(resolve_aur, depends_calls)
