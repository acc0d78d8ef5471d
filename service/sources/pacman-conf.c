/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sources/pacman-conf.h"

#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/text.h"
#include "sources/pacman-conf-private.h"
#include "sources/pacman-ini.h"

OmgConfText *omg_conf_text_new(const OmgConfPlace *place, const char *text)
{
        OmgConfText *copy = g_new(OmgConfText, 1);

        *copy = (OmgConfText){g_strdup(text), g_strdup(place->file), place->line};
        return copy;
}

void omg_conf_text_free(OmgConfText *text)
{
        g_free(text->text);
        g_free(text->file);
        g_free(text);
}

static OmgConfSection *section_new(const OmgConfPlace *place, const char *name)
{
        OmgConfSection *section = g_new0(OmgConfSection, 1);

        section->name = omg_conf_text_new(place, name);
        section->servers = g_ptr_array_new_with_free_func((GDestroyNotify)omg_conf_text_free);
        section->cache_servers = g_ptr_array_new_with_free_func((GDestroyNotify)omg_conf_text_free);
        return section;
}

static void section_free(OmgConfSection *section)
{
        omg_conf_text_free(section->name);
        g_ptr_array_unref(section->servers);
        g_ptr_array_unref(section->cache_servers);
        g_free(section);
}

static void state_init(OmgConfState *state, const OmgPacmanConfReader *reader,
                       const char *root_override, const char *db_path_override)
{
        *state = (OmgConfState){
                .reader = reader,
                .files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
                .sections = g_ptr_array_new_with_free_func((GDestroyNotify)section_free),
                .root_dir = g_strdup(root_override),
                .db_path = g_strdup(db_path_override),
                .cache_dirs = g_ptr_array_new_with_free_func(g_free),
                .hook_dirs = g_ptr_array_new_with_free_func(g_free),
                .architectures = g_ptr_array_new_with_free_func(g_free),
                .ignore_packages = g_ptr_array_new_with_free_func(g_free),
                .ignore_groups = g_ptr_array_new_with_free_func(g_free),
                .hold_packages = g_ptr_array_new_with_free_func(g_free),
                .siglevel = {OMG_CONF_SIGLEVEL_DEFAULT, 0},
                .warnings = g_ptr_array_new_with_free_func(g_free),
        };
}

static void state_clear(OmgConfState *state)
{
        g_hash_table_unref(state->files);
        g_ptr_array_unref(state->sections);
        g_free(state->root_dir);
        g_free(state->db_path);
        g_free(state->gpg_dir);
        g_free(state->log_file);
        g_ptr_array_unref(state->cache_dirs);
        g_ptr_array_unref(state->hook_dirs);
        g_ptr_array_unref(state->architectures);
        g_ptr_array_unref(state->ignore_packages);
        g_ptr_array_unref(state->ignore_groups);
        g_ptr_array_unref(state->hold_packages);
        g_ptr_array_unref(state->warnings);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(OmgConfState, state_clear)

static char *G_GNUC_PRINTF(2, 0) describe(const OmgConfPlace *place, const char *format, va_list ap)
{
        g_autofree char *what = g_strdup_vprintf(format, ap);
        g_autofree char *whole = g_strdup_printf("%s:%u: %s", place->file, place->line, what);

        return omg_text_make_valid(whole, -1);
}

void omg_conf_warn(OmgConfState *state, const OmgConfPlace *place, const char *format, ...)
{
        if (state->n_warnings++ >= OMG_LIMIT_CONFIG_WARNINGS)
                return;

        va_list ap;
        va_start(ap, format);
        g_ptr_array_add(state->warnings, describe(place, format, ap));
        va_end(ap);
}

gboolean omg_conf_fail(GError **error, const OmgConfPlace *place, const char *format, ...)
{
        va_list ap;
        va_start(ap, format);
        g_autofree char *message = describe(place, format, ap);
        va_end(ap);

        g_set_error_literal(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE, message);
        return FALSE;
}

static gboolean has_magic(const char *text)
{
        return strpbrk(text, "*?[\\") != NULL;
}

static void add_file(OmgConfState *state, const char *path)
{
        g_hash_table_add(state->files, g_canonicalize_filename(path, NULL));
}

/* Notes each folder that a file could appear in and be matched: for "/etc/?/x*" it is /etc and
 * every match of "/etc/?". */
static void add_glob_dirs(OmgConfState *state, const char *pattern)
{
        g_auto(GStrv) parts = g_strsplit(pattern, "/", -1);
        g_autoptr(GString) prefix = g_string_new(NULL);

        for (gsize i = 0; parts[i]; i++) {
                if (has_magic(prefix->str)) {
                        g_auto(GStrv) dirs =
                                state->reader->glob(prefix->str, NULL, state->reader->userdata);
                        for (gsize d = 0; dirs && dirs[d]; d++)
                                if (!has_magic(dirs[d]))
                                        add_file(state, dirs[d]);
                } else if (has_magic(parts[i])) {
                        add_file(state, prefix->len > 0 ? prefix->str : i > 0 ? "/" : ".");
                }
                if (i > 0)
                        g_string_append_c(prefix, '/');
                g_string_append(prefix, parts[i]);
        }
}

static gboolean read_file(OmgConfState *state, const OmgConfPlace *from, const char *path,
                          GError **error);

static gboolean include(OmgConfState *state, const OmgConfPlace *place, const char *pattern,
                        GError **error)
{
        if (!pattern)
                return omg_conf_fail(error, place, "directive 'Include' needs a value");
        if (state->depth >= OMG_LIMIT_CONFIG_DEPTH)
                return omg_conf_fail(error, place, "Include is nested deeper than %u",
                                     OMG_LIMIT_CONFIG_DEPTH);

        g_autoptr(GError) local_error = NULL;
        g_auto(GStrv) paths = state->reader->glob(pattern, &local_error, state->reader->userdata);
        if (local_error)
                return omg_conf_fail(error, place, "%s", local_error->message);
        if (has_magic(pattern))
                add_glob_dirs(state, pattern);

        state->depth++;
        for (gsize i = 0; paths && paths[i]; i++)
                if (!read_file(state, place, paths[i], error))
                        return FALSE;
        state->depth--;
        return TRUE;
}

static gboolean begin_section(OmgConfState *state, const OmgConfPlace *place, const char *name,
                              GError **error)
{
        state->in_section = TRUE;
        state->section = NULL;
        if (strcmp(name, "options") == 0)
                return TRUE;

        /* The bus carries the name, and the name is part of a path. */
        if (!g_utf8_validate(name, -1, NULL))
                return omg_conf_fail(error, place, "the name of section '%s' is not UTF-8", name);
        if (state->sections->len >= OMG_LIMIT_REPOSITORIES)
                return omg_conf_fail(error, place, "more than %u repositories",
                                     OMG_LIMIT_REPOSITORIES);
        state->section = section_new(place, name);
        g_ptr_array_add(state->sections, state->section);
        return TRUE;
}

static gboolean parse(OmgConfState *state, const char *path, GBytes *bytes, GError **error)
{
        gsize length;
        const char *text = g_bytes_get_data(bytes, &length);
        g_autofree OmgIni *ini = g_new(OmgIni, 1);
        OmgIniEntry entry;

        omg_ini_init(ini, text, length);
        while (omg_ini_next(ini, &entry)) {
                OmgConfPlace place = {path, entry.line};
                gboolean done;

                if (entry.oddity == OMG_INI_ODDITY_NUL)
                        omg_conf_warn(state, &place, "a NUL byte ends the line early");
                else if (entry.oddity == OMG_INI_ODDITY_LONG)
                        omg_conf_warn(state, &place,
                                      "the line is longer than %u bytes; pacman takes the rest for "
                                      "a line of its own",
                                      OMG_INI_LINE);

                if (entry.kind == OMG_INI_SECTION)
                        done = begin_section(state, &place, entry.key, error);
                else if (strcmp(entry.key, "Include") == 0)
                        done = include(state, &place, entry.value, error);
                else
                        done = omg_conf_apply(state, &place, entry.key, entry.value, error);
                if (!done)
                        return FALSE;
        }
        return TRUE;
}

/* from: the Include that asked for it; NULL for the first file. */
static gboolean read_file(OmgConfState *state, const OmgConfPlace *from, const char *path,
                          GError **error)
{
        OmgConfPlace start = from ? *from : (OmgConfPlace){path, 0};
        g_autoptr(GError) local_error = NULL;
        g_autoptr(GBytes) bytes = NULL;

        if (state->n_reads++ >= OMG_LIMIT_CONFIG_FILES)
                return omg_conf_fail(error, &start, "more than %u files", OMG_LIMIT_CONFIG_FILES);
        add_file(state, path);

        if (!state->reader->read_file(path, &bytes, &local_error, state->reader->userdata)) {
                g_autofree char *where =
                        from ? g_strdup_printf("%s:%u: ", from->file, from->line) : g_strdup("");
                g_autofree char *whole = g_strconcat(where, local_error->message, NULL);
                g_autofree char *message = omg_text_make_valid(whole, -1);
                g_set_error_literal(error, OMG_ERROR, omg_error_get_code(local_error), message);
                return FALSE;
        }
        state->n_bytes += g_bytes_get_size(bytes);
        if (state->n_bytes > OMG_LIMIT_CONFIG_TOTAL)
                return omg_conf_fail(error, &start, "more than %u bytes in all",
                                     OMG_LIMIT_CONFIG_TOTAL);
        return parse(state, path, bytes, error);
}

OmgPacmanConf *omg_pacman_conf_load_with(const OmgPacmanConfReader *reader, const char *path,
                                         const char *root_override, const char *db_path_override,
                                         GError **error)
{
        g_auto(OmgConfState) state;
        state_init(&state, reader, root_override, db_path_override);

        if (!read_file(&state, NULL, path, error))
                return NULL;
        return omg_conf_finish(&state, error);
}

OmgPacmanConf *omg_pacman_conf_load(const char *path, const char *root_override,
                                    const char *db_path_override, GError **error)
{
        return omg_pacman_conf_load_with(&omg_conf_disk, path, root_override, db_path_override,
                                         error);
}

GStrv omg_pacman_conf_list_files(const char *path)
{
        g_auto(OmgConfState) state;
        state_init(&state, &omg_conf_disk, NULL, NULL);

        (void)read_file(&state, NULL, path, NULL);
        return omg_conf_take_files(&state);
}
