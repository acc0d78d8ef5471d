/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>
#include <sys/utsname.h>

#include "base/error.h"
#include "base/text.h"
#include "sources/pacman-conf-private.h"

/* pacman's own defaults (--sysconfdir=/etc --localstatedir=/var). */
#define DEFAULT_DB_PATH   "/var/lib/pacman/"
#define DEFAULT_LOG_FILE  "/var/log/pacman.log"
#define DEFAULT_CACHE_DIR "/var/cache/pacman/pkg/"
#define DEFAULT_GPG_DIR   "/etc/pacman.d/gnupg/"
#define DEFAULT_HOOK_DIR  "/etc/pacman.d/hooks/"

static void repository_free(OmgRepository *repository)
{
        g_free(repository->name);
        g_strfreev(repository->servers);
        g_strfreev(repository->cache_servers);
        g_free(repository);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgRepository, repository_free)

/* Absolute, no empty components; ".." stays, for beyond a symlink it is not what it looks like. */
static char *make_path(const char *path)
{
        g_autofree char *cwd = g_path_is_absolute(path) ? NULL : g_get_current_dir();
        g_autofree char *whole = cwd ? g_build_filename(cwd, path, NULL) : g_strdup(path);
        char *to = whole;

        for (const char *from = whole; *from; from++)
                if (*from != '/' || to == whole || to[-1] != '/')
                        *to++ = *from;
        *to = '\0';
        return g_steal_pointer(&whole);
}

static char *make_dir(const char *path)
{
        g_autofree char *plain = make_path(path);

        return g_str_has_suffix(plain, "/") ? g_steal_pointer(&plain)
                                            : g_strconcat(plain, "/", NULL);
}

static char *make_below(const char *root, const char *path)
{
        g_autofree char *whole = g_strconcat(root, path, NULL);

        return make_path(whole);
}

static GStrv take_list(GPtrArray *list)
{
        g_ptr_array_add(list, NULL);
        return (GStrv)g_ptr_array_steal(list, NULL);
}

static GStrv make_dirs(const GPtrArray *list, const char *fallback)
{
        g_autoptr(GPtrArray) dirs = g_ptr_array_new();

        for (guint i = 0; i < list->len; i++)
                g_ptr_array_add(dirs, make_dir(g_ptr_array_index(list, i)));
        if (list->len == 0)
                g_ptr_array_add(dirs, g_strdup(fallback));
        return take_list(dirs);
}

static GStrv make_architectures(const GPtrArray *list)
{
        g_autoptr(GPtrArray) architectures = g_ptr_array_new();
        struct utsname machine;

        for (guint i = 0; i < list->len; i++) {
                const char *name = g_ptr_array_index(list, i);
                gboolean automatic = strcmp(name, "auto") == 0 && uname(&machine) == 0;
                g_ptr_array_add(architectures, g_strdup(automatic ? machine.machine : name));
        }
        return take_list(architectures);
}

static char *replace(const char *text, const char *variable, const char *value)
{
        g_auto(GStrv) parts = g_strsplit(text, variable, -1);

        return g_strjoinv(value, parts);
}

/* The first architecture stands for $arch, as in pacman. */
static GStrv make_servers(const OmgPacmanConf *conf, const char *repository, GPtrArray *texts,
                          GError **error)
{
        g_autoptr(GPtrArray) servers = g_ptr_array_new_with_free_func(g_free);
        const char *architecture = conf->architectures[0];

        for (guint i = 0; i < texts->len; i++) {
                const OmgConfText *text = g_ptr_array_index(texts, i);
                OmgConfPlace place = {text->file, text->line};

                if (!architecture && strstr(text->text, "$arch")) {
                        omg_conf_fail(error, &place,
                                      "mirror '%s' contains the '$arch' variable, but no "
                                      "'Architecture' is defined",
                                      text->text);
                        return NULL;
                }
                g_autofree char *server = architecture ? replace(text->text, "$arch", architecture)
                                                       : g_strdup(text->text);
                g_ptr_array_add(servers, replace(server, "$repo", repository));
        }
        return take_list(servers);
}

static OmgRepository *make_repository(const OmgPacmanConf *conf, OmgConfSection *section,
                                      GError **error)
{
        g_autoptr(OmgRepository) repository = g_new0(OmgRepository, 1);

        repository->name = g_strdup(section->name->text);
        repository->usage = section->usage ? section->usage : OMG_USAGE_ALL;
        repository->siglevel = omg_conf_siglevel_merge(conf->siglevel, &section->siglevel);
        repository->servers = make_servers(conf, repository->name, section->servers, error);
        if (!repository->servers)
                return NULL;
        repository->cache_servers =
                make_servers(conf, repository->name, section->cache_servers, error);
        if (!repository->cache_servers)
                return NULL;
        return g_steal_pointer(&repository);
}

/* What alpm_register_syncdb refuses: pacman then says so and goes on without the repository. */
static const char *find_refusal(const OmgPacmanConf *conf, const char *name)
{
        if (!*name)
                return "it has no name";
        if (strchr(name, '/'))
                return "its name contains a '/'";
        if (strcmp(name, "local") == 0)
                return "the name is that of the installed packages";
        if (omg_pacman_conf_get_repository(conf, name))
                return "the name is taken by one further up";
        return NULL;
}

static gboolean add_repositories(OmgPacmanConf *conf, OmgConfState *state, GError **error)
{
        for (guint i = 0; i < state->sections->len; i++) {
                OmgConfSection *section = g_ptr_array_index(state->sections, i);
                g_autoptr(OmgRepository) repository = make_repository(conf, section, error);
                if (!repository)
                        return FALSE;

                const char *refusal = find_refusal(conf, repository->name);
                if (refusal) {
                        OmgConfPlace place = {section->name->file, section->name->line};
                        omg_conf_warn(state, &place, "repository '%s' is left out: %s",
                                      repository->name, refusal);
                        continue;
                }
                g_ptr_array_add(conf->repositories, g_steal_pointer(&repository));
        }
        return TRUE;
}

/* With its length before it, so that two texts never run together. */
static void digest_text(GChecksum *checksum, const char *text)
{
        g_autofree char *part = g_strdup_printf("%" G_GSIZE_FORMAT ":%s", strlen(text), text);

        g_checksum_update(checksum, (const guchar *)part, -1);
}

static void digest_list(GChecksum *checksum, const char *const *list)
{
        for (; *list; list++)
                digest_text(checksum, *list);
        g_checksum_update(checksum, (const guchar *)";", 1);
}

static char *make_digest(const OmgPacmanConf *conf)
{
        g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);

        digest_text(checksum, conf->root_dir);
        digest_text(checksum, conf->db_path);
        digest_text(checksum, conf->gpg_dir);
        digest_list(checksum, (const char *const *)conf->ignore_packages);
        digest_list(checksum, (const char *const *)conf->ignore_groups);
        for (guint i = 0; i < conf->repositories->len; i++) {
                const OmgRepository *repository = g_ptr_array_index(conf->repositories, i);
                g_autofree char *flags =
                        g_strdup_printf("%u %u", repository->usage, repository->siglevel);
                digest_text(checksum, repository->name);
                digest_text(checksum, flags);
        }
        return g_strdup(g_checksum_get_string(checksum));
}

GStrv omg_conf_take_files(OmgConfState *state)
{
        g_autoptr(GPtrArray) files = g_ptr_array_new();
        GHashTableIter iter;
        gpointer path;

        g_hash_table_iter_init(&iter, state->files);
        while (g_hash_table_iter_next(&iter, &path, NULL))
                g_ptr_array_add(files, path);
        g_hash_table_steal_all(state->files);
        g_ptr_array_sort(files, omg_text_compare_pointers);
        return take_list(files);
}

static GStrv take_warnings(OmgConfState *state)
{
        if (state->n_warnings > state->warnings->len)
                g_ptr_array_add(state->warnings,
                                g_strdup_printf("%u more warnings",
                                                state->n_warnings - state->warnings->len));
        return take_list(state->warnings);
}

/* RootDir moves the databases and the log, unless they are said, and nothing else: the other
 * folders hold configuration (pacman(8), --root). */
static void set_paths(OmgPacmanConf *conf, const OmgConfState *state)
{
        conf->root_dir = make_dir(state->root_dir ? state->root_dir : "/");
        conf->db_path = state->db_path ? make_dir(state->db_path)
                                       : make_below(conf->root_dir, DEFAULT_DB_PATH);
        conf->log_file = state->log_file ? make_path(state->log_file)
                                         : make_below(conf->root_dir, DEFAULT_LOG_FILE);
        conf->gpg_dir = make_dir(state->gpg_dir ? state->gpg_dir : DEFAULT_GPG_DIR);
        conf->cache_dirs = make_dirs(state->cache_dirs, DEFAULT_CACHE_DIR);
        conf->hook_dirs = make_dirs(state->hook_dirs, DEFAULT_HOOK_DIR);
}

OmgPacmanConf *omg_conf_finish(OmgConfState *state, GError **error)
{
        g_autoptr(OmgPacmanConf) conf = g_new0(OmgPacmanConf, 1);
        g_atomic_ref_count_init(&conf->ref_count);

        set_paths(conf, state);
        conf->architectures = make_architectures(state->architectures);
        conf->ignore_packages = take_list(state->ignore_packages);
        conf->ignore_groups = take_list(state->ignore_groups);
        conf->hold_packages = take_list(state->hold_packages);
        conf->siglevel = state->siglevel.level;
        conf->local_file_siglevel =
                omg_conf_siglevel_merge(conf->siglevel, &state->local_file_siglevel);
        conf->remote_file_siglevel =
                omg_conf_siglevel_merge(conf->siglevel, &state->remote_file_siglevel);

        conf->repositories = g_ptr_array_new_with_free_func((GDestroyNotify)repository_free);
        if (!add_repositories(conf, state, error))
                return NULL;

        conf->warnings = take_warnings(state);
        conf->files = omg_conf_take_files(state);
        conf->digest = make_digest(conf);
        return g_steal_pointer(&conf);
}

const OmgRepository *omg_pacman_conf_get_repository(const OmgPacmanConf *conf, const char *name)
{
        for (guint i = 0; i < conf->repositories->len; i++) {
                const OmgRepository *repository = g_ptr_array_index(conf->repositories, i);
                if (strcmp(repository->name, name) == 0)
                        return repository;
        }
        return NULL;
}

OmgPacmanConf *omg_pacman_conf_ref(OmgPacmanConf *conf)
{
        g_atomic_ref_count_inc(&conf->ref_count);
        return conf;
}

void omg_pacman_conf_unref(OmgPacmanConf *conf)
{
        if (!conf || !g_atomic_ref_count_dec(&conf->ref_count))
                return;

        g_free(conf->root_dir);
        g_free(conf->db_path);
        g_free(conf->copy_dir);
        g_free(conf->log_file);
        g_free(conf->gpg_dir);
        g_strfreev(conf->cache_dirs);
        g_strfreev(conf->hook_dirs);
        g_strfreev(conf->architectures);
        g_strfreev(conf->ignore_packages);
        g_strfreev(conf->ignore_groups);
        g_strfreev(conf->hold_packages);
        g_clear_pointer(&conf->repositories, g_ptr_array_unref);
        g_strfreev(conf->warnings);
        g_strfreev(conf->files);
        g_free(conf->digest);
        g_free(conf);
}
