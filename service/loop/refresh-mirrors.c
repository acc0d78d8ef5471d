/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The mirrors in a refresh: asked first where that is wanted, and what is known of them since. */
#include "base/error.h"
#include "loop/log.h"
#include "loop/mirror-pass.h"
#include "loop/network-state.h"
#include "loop/refresh-private.h"

static void on_pass_progress(double progress, gpointer data)
{
        OmgRefresh *refresh = data;

        omg_refresh_post_progress_of(refresh, refresh->fetching->id, "fetching", progress);
}

static void set_error(GError **target, const GError *error)
{
        g_clear_error(target);
        *target = error ? g_error_copy(error) : NULL;
}

/* Goes on with what is on the machine, whatever came of it; but not when it was cancelled. */
static void on_pass_done(const OmgMirrorReport *report, gpointer data)
{
        OmgRefresh *refresh = data;

        gboolean is_cancelled = g_error_matches(report->error, OMG_ERROR, OMG_ERROR_CANCELLED);

        refresh->fetching->mirrors = (OmgRefreshAnswers){
                .is_asked = TRUE,
                .n_asked = report->n_asked,
                .n_known = report->n_known,
                .error = report->error ? g_error_copy(report->error) : NULL,
                .pause_sec = report->pause_sec,
        };
        g_clear_pointer(&refresh->pass, omg_mirror_pass_free);
        omg_refresh_unpark(refresh, &refresh->fetching, OMG_REFRESH_MIRRORS, is_cancelled);
}

/* NULL: they may all be asked. */
static GError *get_hindrance(OmgRefresh *refresh)
{
        const OmgRefreshMirrors *settings = &refresh->mirrors_settings;

        return settings->may_ask
                       ? settings->may_ask(omg_refresh_get_request(refresh)->what, settings->data)
                       : NULL;
}

gboolean omg_refresh_wants_mirrors(OmgRefresh *refresh)
{
        const OmgRefreshRequest *request = omg_refresh_get_request(refresh);

        return (request->what & ~request->asked & OMG_REFRESH_MIRRORS) &&
               refresh->mirrors_settings.is_enabled;
}

gboolean omg_refresh_ask_mirrors(OmgRefresh *refresh)
{
        g_autoptr(GError) hindrance = NULL;
        const OmgMirrorPassEvents events = {on_pass_progress, on_pass_done, refresh};

        if (!omg_refresh_wants_mirrors(refresh))
                return FALSE;
        hindrance = get_hindrance(refresh);
        const OmgMirrorPassSetup setup = {
                .paths = refresh->paths,
                .launcher = refresh->mirrors_settings.launcher,
                .conf = refresh->conf,
                .notes = refresh->notes,
                .sync = refresh->slots[SLOT_SYNC].layer,
                .force = omg_refresh_get_request(refresh)->force,
                .why_not = hindrance,
        };
        OmgRefreshAnswers *answers = &omg_refresh_get_request(refresh)->mirrors;
        refresh->pass = omg_mirror_pass_start(&setup, &events, &answers->error);
        answers->is_asked = !refresh->pass;
        set_error(&refresh->mirrors_error, answers->error);
        return refresh->pass != NULL;
}

/* Where nobody asks, nobody wants to know; but who is asking now writes into them. */
void omg_refresh_load_notes(OmgRefresh *refresh)
{
        if (refresh->mirrors_settings.is_enabled && !refresh->notes)
                refresh->notes = omg_mirror_notes_load(refresh->conf);
        if (!refresh->mirrors_settings.is_enabled && !refresh->pass) {
                g_clear_pointer(&refresh->notes, omg_mirror_notes_free);
                g_clear_error(&refresh->mirrors_error);
        }
}

GPtrArray *omg_refresh_dup_mirror_errors(OmgRefresh *refresh)
{
        GPtrArray *errors = g_ptr_array_new_with_free_func((GDestroyNotify)omg_source_error_free);

        if (refresh->mirrors_error)
                g_ptr_array_add(errors, omg_source_error_new("mirrors", refresh->mirrors_error));
        for (guint i = 0; refresh->notes && i < refresh->conf->repositories->len; i++) {
                const OmgRepository *repository = g_ptr_array_index(refresh->conf->repositories, i);
                const OmgMirrorNote *note = omg_mirror_notes_get(refresh->notes, repository->name);
                if (!note->error || !omg_mirror_wants(repository))
                        continue;
                g_autofree char *source = g_strconcat("mirrors/", repository->name, NULL);
                g_ptr_array_add(errors, omg_source_error_new(source, note->error));
        }
        return errors;
}

void omg_refresh_set_mirrors(OmgRefresh *refresh, const OmgRefreshMirrors *mirrors)
{
        refresh->mirrors_settings = *mirrors;
}

gboolean omg_refresh_mirrors_are_near(OmgRefresh *refresh)
{
        const OmgPacmanConf *conf = refresh->last_conf;

        for (guint i = 0; conf && i < conf->repositories->len; i++) {
                const OmgRepository *repository = g_ptr_array_index(conf->repositories, i);
                for (char **url = repository->servers; omg_mirror_wants(repository) && *url; url++)
                        if (!omg_network_is_local(*url))
                                return FALSE;
        }
        return TRUE;
}

guint64 omg_refresh_get_mirrors_as_of(OmgRefresh *refresh)
{
        guint64 as_of = refresh->notes && refresh->last_conf
                                ? omg_mirror_notes_get_as_of(refresh->notes, refresh->last_conf)
                                : 0;

        return as_of == G_MAXUINT64 ? 0 : as_of;
}
