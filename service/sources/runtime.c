/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sources/runtime.h"

#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/text.h"

const char *const omg_runtime_source_words[] = {
        [OMG_RUNTIME_FILE] = "file",     [OMG_RUNTIME_OMG] = "omg",   [OMG_RUNTIME_MISE] = "mise",
        [OMG_RUNTIME_RUSTUP] = "rustup", [OMG_RUNTIME_PATH] = "path", NULL,
};

const OmgRuntimeKind omg_runtime_kinds[] = {
        {"bun", {"bunjs"}, {"bun"}, "bun"},
        {"go", {"golang"}, {"go"}, "go"},
        {"java", {"openjdk"}, {"java"}, NULL},
        {"node", {"nodejs"}, {"node"}, "nodejs"},
        {"python", {"python3"}, {"python3", "python"}, "python"},
        {"ruby", {}, {"ruby"}, "ruby"},
        {"rust", {"rustlang"}, {"rustc"}, "rust"},
};
const gsize omg_runtime_n_kinds = G_N_ELEMENTS(omg_runtime_kinds);

const OmgRuntimeKind *omg_runtime_find_kind(const char *name)
{
        for (gsize i = 0; i < omg_runtime_n_kinds; i++)
                if (g_str_equal(omg_runtime_kinds[i].name, name))
                        return &omg_runtime_kinds[i];
        return NULL;
}

const char *omg_runtime_get_name(const char *name)
{
        for (gsize i = 0; i < omg_runtime_n_kinds; i++)
                if (g_strv_contains(omg_runtime_kinds[i].other_names, name))
                        return omg_runtime_kinds[i].name;
        return name;
}

gboolean omg_runtime_text_check(const char *text)
{
        gsize length = strnlen(text, OMG_LIMIT_RUNTIME_TEXT + 1);

        if (length == 0 || length > OMG_LIMIT_RUNTIME_TEXT || !g_utf8_validate(text, -1, NULL))
                return FALSE;
        for (const char *at = text; *at; at = g_utf8_next_char(at))
                if (g_unichar_iscntrl(g_utf8_get_char(at)))
                        return FALSE;
        return TRUE;
}

/* What has no text, such as a directory whose path is not UTF-8, is not in the list at all. */
static char *copy_text(const char *text)
{
        return g_utf8_make_valid(text ?: "", -1);
}

OmgRuntime *omg_runtime_new(OmgRuntimeSource source, const char *name, const char *version,
                            const char *origin, const char *bin)
{
        OmgRuntime *runtime = g_new0(OmgRuntime, 1);

        runtime->source = source;
        runtime->name = copy_text(name);
        runtime->version = copy_text(version);
        runtime->origin = copy_text(origin);
        runtime->bin = copy_text(bin);
        runtime->aliases = g_ptr_array_new_with_free_func(g_free);
        return runtime;
}

void omg_runtime_free(OmgRuntime *runtime)
{
        if (!runtime)
                return;
        g_free(runtime->name);
        g_free(runtime->version);
        g_free(runtime->origin);
        g_free(runtime->bin);
        g_free(runtime->program);
        g_free(runtime->package);
        g_free(runtime->package_version);
        g_ptr_array_unref(runtime->aliases);
        g_free(runtime);
}

OmgRuntimeWish *omg_runtime_wish_new(OmgRuntimeSource source, const char *name, const char *wanted,
                                     const char *origin)
{
        OmgRuntimeWish *wish = g_new0(OmgRuntimeWish, 1);

        wish->source = source;
        wish->name = copy_text(omg_runtime_get_name(name));
        wish->wanted = copy_text(wanted);
        wish->origin = copy_text(origin);
        return wish;
}

void omg_runtime_wish_free(OmgRuntimeWish *wish)
{
        if (!wish)
                return;
        g_free(wish->name);
        g_free(wish->wanted);
        g_free(wish->origin);
        g_free(wish->directory);
        g_free(wish);
}

gboolean omg_runtime_wish_add(GPtrArray *wishes, OmgRuntimeSource source, const char *name,
                              const char *wanted, const char *origin)
{
        if (!omg_runtime_text_check(wanted) || !omg_runtime_text_check(name))
                return FALSE;
        if (wishes->len >= OMG_LIMIT_RUNTIME_WISHES)
                return TRUE;
        if (wanted[0] == 'v' && g_ascii_isdigit(wanted[1]))
                wanted++;
        g_ptr_array_add(wishes, omg_runtime_wish_new(source, name, wanted, origin));
        return TRUE;
}

void omg_runtime_problem_free(OmgRuntimeProblem *problem)
{
        if (!problem)
                return;
        g_free(problem->message);
        g_free(problem);
}

void omg_runtime_problem_add(GPtrArray *problems, OmgRuntimeSource source, const char *path,
                             const GError *error)
{
        g_autofree char *message = g_str_has_prefix(error->message, path)
                                           ? g_strdup(error->message)
                                           : g_strdup_printf("%s: %s", path, error->message);
        OmgRuntimeProblem *problem;

        if (problems->len >= OMG_LIMIT_RUNTIME_PROBLEMS)
                return;
        problem = g_new0(OmgRuntimeProblem, 1);
        problem->source = source;
        problem->code = omg_error_get_code(error);
        problem->message = omg_text_make_valid(message, -1);
        g_ptr_array_add(problems, problem);
}
