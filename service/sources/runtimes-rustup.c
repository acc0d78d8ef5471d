/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rustup: toolchains/CHANNEL[-DATE]-HOST, and settings.toml with the default toolchain and those of
 * directories (rust-lang.github.io/rustup: "Toolchains", "Overrides", "Configuration"). */
#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/toml.h"
#include "sources/runtimes-private.h"

/* ---- names of toolchains ---- */

static gsize measure_digits(const char *text, const char *more)
{
        gsize n = 0;

        while (g_ascii_isdigit(text[n]) || (text[n] != '\0' && strchr(more, text[n])))
                n++;
        return n;
}

static gsize measure_channel(const char *name)
{
        static const char *const words[] = {"stable", "beta", "nightly"};
        gsize n;

        for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
                if (g_str_has_prefix(name, words[i]))
                        return strlen(words[i]);
        n = measure_digits(name, ".");
        if (n > 0 && g_str_has_prefix(name + n, "-beta"))
                n += strlen("-beta") + measure_digits(name + n + strlen("-beta"), ".");
        return n;
}

/* The length of CHANNEL[-DATE]; 0: it is a name of somebody's own. */
static gsize measure_release(const char *name)
{
        gsize n = measure_channel(name);

        if (n > 0 && name[n] == '-' && measure_digits(name + n + 1, "-") >= strlen("2024-01-01") &&
            name[n + 5] == '-')
                n += 1 + strlen("2024-01-01");
        return name[n] == '\0' || name[n] == '-' ? n : 0;
}

/* ---- toolchains ---- */

/* "stable" is a version only in the manifest that it was installed from. New, or NULL. */
static char *read_manifest_version(OmgRuntimesLook *look, const char *dir)
{
        static const char key[] = "\n[pkg.rustc]\nversion = \"";
        g_autofree char *path =
                g_build_filename(dir, "lib", "rustlib", "multirust-channel-manifest.toml", NULL);
        g_autofree char *version = NULL;
        g_autoptr(GBytes) bytes = NULL;
        const char *data, *found, *end;
        gsize length;

        if (look->n_manifests++ >= OMG_LIMIT_RUNTIME_MANIFESTS)
                return NULL;
        bytes = omg_runtimes_read(look, OMG_RUNTIME_RUSTUP, path, OMG_LIMIT_RUSTUP_MANIFEST);
        data = bytes ? g_bytes_get_data(bytes, &length) : NULL;
        found = data ? memmem(data, length, key, strlen(key)) : NULL;
        if (!found)
                return NULL;
        found += strlen(key);
        for (end = found; end < data + length && !strchr(" \"\n", *end);)
                end++;
        version = g_strndup(found, (gsize)(end - found));
        return omg_runtime_text_check(version) ? g_steal_pointer(&version) : NULL;
}

static void add_toolchain(OmgRuntimesLook *look, const char *toolchain)
{
        g_autofree char *dir =
                g_build_filename(look->paths->rustup_home, "toolchains", toolchain, NULL);
        g_autofree char *bin = g_build_filename(dir, "bin", NULL);
        gsize n = measure_release(toolchain);
        g_autofree char *release = g_strndup(toolchain, n);
        g_autofree char *version = NULL;
        OmgRuntime *runtime;

        if (!omg_runtimes_is_dir(dir))
                return;
        version = read_manifest_version(look, dir);
        if (!version && g_ascii_isdigit(release[0]))
                version = g_strdup(release);
        runtime = omg_runtime_new(OMG_RUNTIME_RUSTUP, "rust", version, dir, bin);
        g_ptr_array_add(runtime->aliases, g_strdup(toolchain));
        if (n > 0 && toolchain[n] != '\0' && g_strcmp0(release, version) != 0)
                g_ptr_array_add(runtime->aliases, g_steal_pointer(&release));
        omg_runtimes_add(look, runtime);
}

/* ---- settings ---- */

static OmgToml *read_settings(OmgRuntimesLook *look, const char *path)
{
        g_autoptr(GBytes) bytes =
                omg_runtimes_read(look, OMG_RUNTIME_RUSTUP, path, OMG_LIMIT_VERSION_FILE);
        g_autoptr(GError) error = NULL;
        const char *data;
        gsize length;
        OmgToml *root;

        if (!bytes)
                return NULL;
        data = g_bytes_get_data(bytes, &length);
        root = omg_toml_parse(data, length, &error);
        if (!root)
                omg_runtime_problem_add(look->found->problems, OMG_RUNTIME_RUSTUP, path, error);
        return root;
}

static void add_overrides(OmgRuntimesLook *look, const OmgToml *overrides, const char *path)
{
        GPtrArray *wishes = look->found->wishes;

        for (guint i = 0; i < omg_toml_get_n_members(overrides); i++) {
                const char *toolchain = omg_toml_get_string(omg_toml_get_member(overrides, i));
                guint before = wishes->len;

                if (toolchain && omg_toml_get_type(overrides) == OMG_TOML_TABLE)
                        (void)omg_runtime_wish_add(wishes, OMG_RUNTIME_RUSTUP, "rust", toolchain,
                                                   path);
                if (wishes->len > before)
                        ((OmgRuntimeWish *)wishes->pdata[before])->directory =
                                g_strdup(omg_toml_get_key(overrides, i));
        }
}

static gboolean add_default(OmgRuntimesLook *look, const OmgToml *root, const char *path)
{
        const char *toolchain = omg_toml_get_string(omg_toml_lookup(root, "default_toolchain"));

        return toolchain && omg_runtime_wish_add(look->found->wishes, OMG_RUNTIME_RUSTUP, "rust",
                                                 toolchain, path);
}

void omg_runtimes_look_rustup(OmgRuntimesLook *look)
{
        const OmgRuntimePaths *paths = look->paths;
        g_autofree char *folder = g_build_filename(paths->rustup_home, "toolchains", NULL);
        g_autofree char *hashes = g_build_filename(paths->rustup_home, "update-hashes", NULL);
        g_autofree char *path = g_build_filename(paths->rustup_home, "settings.toml", NULL);
        g_autoptr(OmgToml) settings = read_settings(look, path);
        g_autoptr(GPtrArray) toolchains = omg_runtimes_list(look, OMG_RUNTIME_RUSTUP, folder);

        for (guint i = 0; i < toolchains->len; i++)
                add_toolchain(look, toolchains->pdata[i]);
        /* Written at the end of an update, which changes no name in toolchains/. */
        omg_runtimes_watch(look, hashes);
        add_overrides(look, omg_toml_lookup(settings, "overrides"), path);
        if (!add_default(look, settings, path)) {
                g_autoptr(OmgToml) system = read_settings(look, paths->rustup_system);
                (void)add_default(look, system, paths->rustup_system);
        }
}
