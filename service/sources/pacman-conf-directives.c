/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <limits.h>
#include <string.h>

#include "sources/pacman-conf-private.h"

typedef gboolean (*Apply)(OmgConfState *state, const OmgConfPlace *place, gsize offset,
                          const char *value, GError **error);

/* Which form of a directive pacman knows: one in the other form is "not recognized". */
typedef enum {
        FORM_FLAG,  /* no '=' */
        FORM_VALUE, /* key = value */
        FORM_NEEDS, /* as VALUE, but the bare key is an error */
} Form;

typedef struct {
        const char *key;
        Form form;
        Apply apply;  /* NULL: known, and of no use to us */
        gsize offset; /* the member the value goes to */
} Directive;

#define MEMBER(state, offset, type) ((type *)(gpointer)((char *)(state) + (offset)))

/* Words are divided by blanks alone: a tab is part of a word, as in pacman. */
static void append_words(GPtrArray *list, const char *value)
{
        g_auto(GStrv) parts = g_strsplit(value, " ", -1);

        for (gsize i = 0; parts[i]; i++)
                if (*parts[i])
                        g_ptr_array_add(list, g_strdup(parts[i]));
}

static gboolean apply_list(OmgConfState *state, const OmgConfPlace *place, gsize offset,
                           const char *value, GError **error)
{
        append_words(*MEMBER(state, offset, GPtrArray *), value);
        return TRUE;
}

static gboolean apply_path(OmgConfState *state, const OmgConfPlace *place, gsize offset,
                           const char *value, GError **error)
{
        char **member = MEMBER(state, offset, char *);

        if (!*value)
                return omg_conf_fail(error, place, "the path is empty");
        if (!*member)
                *member = g_strdup(value);
        return TRUE;
}

static gboolean apply_siglevel(OmgConfState *state, const OmgConfPlace *place, gsize offset,
                               const char *value, GError **error)
{
        return omg_conf_siglevel_apply(MEMBER(state, offset, OmgConfSiglevel), value, place, error);
}

static gboolean check_parallel_downloads(OmgConfState *state, const OmgConfPlace *place,
                                         gsize offset, const char *value, GError **error)
{
        gint64 number;
        /* strtol, as pacman: it takes a leading blank or '+' that g_ascii_string_to_signed refuses,
         * and the value has no blanks around it any more. */
        const char *digits = *value == '+' ? value + 1 : value;

        if (!g_ascii_isdigit(*digits) ||
            !g_ascii_string_to_signed(digits, 10, 1, INT_MAX, &number, NULL))
                return omg_conf_fail(error, place, "invalid value for 'ParallelDownloads': '%s'",
                                     value);
        return TRUE;
}

static gboolean check_clean_method(OmgConfState *state, const OmgConfPlace *place, gsize offset,
                                   const char *value, GError **error)
{
        g_auto(GStrv) parts = g_strsplit(value, " ", -1);

        for (gsize i = 0; parts[i]; i++)
                if (*parts[i] && strcmp(parts[i], "KeepInstalled") != 0 &&
                    strcmp(parts[i], "KeepCurrent") != 0)
                        return omg_conf_fail(error, place, "invalid value for 'CleanMethod': '%s'",
                                             parts[i]);
        return TRUE;
}

/* pacman refuses a command with a quote that is not closed; an escaped quote counts as none. */
static gboolean check_command(OmgConfState *state, const OmgConfPlace *place, gsize offset,
                              const char *value, GError **error)
{
        char quote = '\0';

        for (const char *p = value; *p; p++) {
                if (*p == '\\' && p[1] && (quote ? p[1] == quote : strchr("'\"", p[1]) != NULL))
                        p++;
                else if (quote ? *p == quote : *p == '\'' || *p == '"')
                        quote = quote ? '\0' : *p;
        }
        if (quote)
                return omg_conf_fail(error, place, "invalid value for 'XferCommand': '%s'", value);
        return TRUE;
}

static gboolean apply_server(OmgConfState *state, const OmgConfPlace *place, gsize offset,
                             const char *value, GError **error)
{
        g_ptr_array_add(*MEMBER(state->section, offset, GPtrArray *),
                        omg_conf_text_new(place, value));
        return TRUE;
}

static gboolean apply_section_siglevel(OmgConfState *state, const OmgConfPlace *place, gsize offset,
                                       const char *value, GError **error)
{
        return omg_conf_siglevel_apply(MEMBER(state->section, offset, OmgConfSiglevel), value,
                                       place, error);
}

static gboolean apply_usage(OmgConfState *state, const OmgConfPlace *place, gsize offset,
                            const char *value, GError **error)
{
        static const struct {
                const char *word;
                guint usage;
        } words[] = {
                {"Sync", OMG_USAGE_SYNC},       {"Search", OMG_USAGE_SEARCH},
                {"Install", OMG_USAGE_INSTALL}, {"Upgrade", OMG_USAGE_UPGRADE},
                {"All", OMG_USAGE_ALL},
        };
        g_auto(GStrv) parts = g_strsplit(value, " ", -1);

        for (gsize i = 0; parts[i]; i++) {
                gsize w = 0;
                if (!*parts[i])
                        continue;
                while (w < G_N_ELEMENTS(words) && strcmp(words[w].word, parts[i]) != 0)
                        w++;
                if (w == G_N_ELEMENTS(words))
                        return omg_conf_fail(error, place, "invalid value for 'Usage': '%s'",
                                             parts[i]);
                *MEMBER(state->section, offset, guint) |= words[w].usage;
        }
        return TRUE;
}

#define OPTION(member)  G_STRUCT_OFFSET(OmgConfState, member)
#define SECTION(member) G_STRUCT_OFFSET(OmgConfSection, member)

/* pacman.conf(5) of pacman 6.0 to 7.1. */
static const Directive option_directives[] = {
        {"Architecture", FORM_VALUE, apply_list, OPTION(architectures)},
        {"CacheDir", FORM_VALUE, apply_list, OPTION(cache_dirs)},
        {"CheckSpace", FORM_FLAG, NULL, 0},
        {"CleanMethod", FORM_VALUE, check_clean_method, 0},
        {"Color", FORM_FLAG, NULL, 0},
        {"DBPath", FORM_VALUE, apply_path, OPTION(db_path)},
        {"DisableDownloadTimeout", FORM_FLAG, NULL, 0},
        {"DisableSandbox", FORM_FLAG, NULL, 0},
        {"DisableSandboxFilesystem", FORM_FLAG, NULL, 0},
        {"DisableSandboxNetwork", FORM_FLAG, NULL, 0},
        {"DisableSandboxSyscalls", FORM_FLAG, NULL, 0},
        {"DownloadUser", FORM_VALUE, NULL, 0},
        {"GPGDir", FORM_VALUE, apply_path, OPTION(gpg_dir)},
        {"HoldPkg", FORM_VALUE, apply_list, OPTION(hold_packages)},
        {"HookDir", FORM_VALUE, apply_list, OPTION(hook_dirs)},
        {"ILoveCandy", FORM_FLAG, NULL, 0},
        {"IgnoreGroup", FORM_VALUE, apply_list, OPTION(ignore_groups)},
        {"IgnorePkg", FORM_VALUE, apply_list, OPTION(ignore_packages)},
        {"LocalFileSigLevel", FORM_VALUE, apply_siglevel, OPTION(local_file_siglevel)},
        {"LogFile", FORM_VALUE, apply_path, OPTION(log_file)},
        {"NoExtract", FORM_VALUE, NULL, 0},
        {"NoProgressBar", FORM_FLAG, NULL, 0},
        {"NoUpgrade", FORM_VALUE, NULL, 0},
        {"ParallelDownloads", FORM_VALUE, check_parallel_downloads, 0},
        {"RemoteFileSigLevel", FORM_VALUE, apply_siglevel, OPTION(remote_file_siglevel)},
        {"RootDir", FORM_VALUE, apply_path, OPTION(root_dir)},
        {"SigLevel", FORM_VALUE, apply_siglevel, OPTION(siglevel)},
        {"UseSyslog", FORM_FLAG, NULL, 0},
        {"VerbosePkgLists", FORM_FLAG, NULL, 0},
        {"XferCommand", FORM_VALUE, check_command, 0},
        {NULL, FORM_FLAG, NULL, 0},
};

static const Directive section_directives[] = {
        {"CacheServer", FORM_NEEDS, apply_server, SECTION(cache_servers)},
        {"Server", FORM_NEEDS, apply_server, SECTION(servers)},
        {"SigLevel", FORM_NEEDS, apply_section_siglevel, SECTION(siglevel)},
        {"Usage", FORM_NEEDS, apply_usage, SECTION(usage)},
        {NULL, FORM_FLAG, NULL, 0},
};

gboolean omg_conf_apply(OmgConfState *state, const OmgConfPlace *place, const char *key,
                        const char *value, GError **error)
{
        if (!state->in_section)
                return omg_conf_fail(error, place, "all directives must belong to a section");

        const Directive *known = state->section ? section_directives : option_directives;
        while (known->key && strcmp(known->key, key) != 0)
                known++;
        if (known->key && known->form == FORM_NEEDS && !value)
                return omg_conf_fail(error, place, "directive '%s' needs a value", key);

        if (!known->key || (known->form == FORM_FLAG) != (value == NULL)) {
                omg_conf_warn(state, place, "directive '%s' in section '%s' not recognized", key,
                              state->section ? state->section->name->text : "options");
                return TRUE;
        }
        return !known->apply || known->apply(state, place, known->offset, value, error);
}
