/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sources/version-files.h"

#include <string.h>

#include "base/error.h"
#include "base/toml.h"

typedef struct {
        const char *path;
        GBytes *bytes;
        const char *runtime; /* of files for one runtime */
        GPtrArray *wishes;
} Reading;

typedef gboolean (*ReadFunc)(Reading *reading, GError **error);

static gboolean fail(GError **error, const char *what)
{
        g_set_error_literal(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS, what);
        return FALSE;
}

/* The first wish for a runtime counts. */
static gboolean add(Reading *reading, const char *name, const char *wanted, GError **error)
{
        const char *usual = omg_runtime_get_name(name);

        for (guint i = 0; i < reading->wishes->len; i++) {
                const OmgRuntimeWish *wish = reading->wishes->pdata[i];
                if (g_str_equal(wish->name, usual) && g_str_equal(wish->origin, reading->path))
                        return TRUE;
        }
        return omg_runtime_wish_add(reading->wishes, OMG_RUNTIME_FILE, name, wanted,
                                    reading->path) ||
               fail(error, "this is no version");
}

/* ---- files of lines ---- */

/* The lines without comments, which begin with a mark at the start of a word; NULL: no text. */
static GStrv read_lines(const Reading *reading, const char *comment, GError **error)
{
        gsize length;
        const char *data = g_bytes_get_data(reading->bytes, &length);
        g_autofree char *text = g_strndup(data ?: "", length);
        GStrv lines;

        if (!g_utf8_validate_len(text, length, NULL)) {
                (void)fail(error, "there is a NUL in it, or it is no valid UTF-8");
                return NULL;
        }
        lines = g_strsplit(text, "\n", -1);
        for (gsize i = 0; lines[i]; i++) {
                char *mark = strstr(lines[i], comment);

                if (mark && (mark == lines[i] || g_ascii_isspace(mark[-1])))
                        *mark = '\0';
                (void)g_strstrip(lines[i]);
        }
        return lines;
}

/* ".ruby-version" may say "ruby-3.3.0", ".go-version" "go1.22". */
static const char *skip_prefix(const char *word, const char *runtime)
{
        gsize n = strlen(runtime);

        if (!g_str_has_prefix(word, runtime))
                return word;
        n += word[n] == '-';
        return g_ascii_isdigit(word[n]) ? word + n : word;
}

/* The first word of the file. */
static gboolean read_word(Reading *reading, GError **error)
{
        g_auto(GStrv) lines = read_lines(reading, "#", error);

        for (gsize i = 0; lines && lines[i]; i++) {
                if (lines[i][0] == '\0')
                        continue;
                lines[i][strcspn(lines[i], " \t")] = '\0';
                return add(reading, reading->runtime, skip_prefix(lines[i], reading->runtime),
                           error);
        }
        return lines != NULL;
}

/* "go 1.22" (go.dev/ref/mod, "go directive"). */
static gboolean read_go_mod(Reading *reading, GError **error)
{
        g_auto(GStrv) lines = read_lines(reading, "//", error);

        for (gsize i = 0; lines && lines[i]; i++)
                if (g_str_has_prefix(lines[i], "go") && g_ascii_isspace(lines[i][2]))
                        return add(reading, "go", g_strstrip(lines[i] + 3), error);
        return lines != NULL;
}

/* "node 20.1.0 system": a tool, and versions of which the first counts. */
static gboolean read_tool_versions(Reading *reading, GError **error)
{
        g_auto(GStrv) lines = read_lines(reading, "#", error);

        for (gsize i = 0; lines && lines[i]; i++) {
                g_autofree char *folder = NULL;
                char *version = lines[i] + strcspn(lines[i], " \t");

                if (*version == '\0')
                        continue;
                *version++ = '\0';
                version += strspn(version, " \t");
                version[strcspn(version, " \t")] = '\0';
                folder = omg_mise_tool_get_folder(lines[i]);
                if (!add(reading, folder, version, error))
                        return FALSE;
        }
        return lines != NULL;
}

/* ---- TOML ---- */

static OmgToml *read_toml(const Reading *reading, GError **error)
{
        gsize length;
        const char *data = g_bytes_get_data(reading->bytes, &length);

        return omg_toml_parse(data, length, error);
}

/* rust-lang.github.io/rustup/overrides.html */
static gboolean read_rust_toml(Reading *reading, GError **error)
{
        g_autoptr(OmgToml) root = read_toml(reading, error);
        const OmgToml *toolchain = omg_toml_lookup(root, "toolchain");
        const char *channel = omg_toml_get_string(omg_toml_lookup(toolchain, "channel"));
        const char *path = omg_toml_get_string(omg_toml_lookup(toolchain, "path"));
        g_autofree char *wanted = path ? g_strconcat("path:", path, NULL) : g_strdup(channel);

        if (!root)
                return FALSE;
        return wanted ? add(reading, "rust", wanted, error) : TRUE;
}

/* One line is the name of a toolchain, more is TOML. */
static gboolean read_rust_toolchain(Reading *reading, GError **error)
{
        gsize length;
        const char *data = g_bytes_get_data(reading->bytes, &length);
        g_autofree char *text = g_strndup(data ?: "", length);

        return strchr(g_strstrip(text), '\n') || text[0] == '[' ? read_rust_toml(reading, error)
                                                                : read_word(reading, error);
}

char *omg_mise_tool_get_folder(const char *tool)
{
        g_autoptr(GString) folder = g_string_new(NULL);

        if (g_str_has_prefix(tool, "core:"))
                tool += strlen("core:");
        for (; *tool && *tool != '['; tool++) {
                if (g_ascii_isalnum(*tool) || *tool == '_' || *tool == '.' || (*tool & 0x80))
                        g_string_append_c(folder, *tool);
                else if (folder->len > 0 && folder->str[folder->len - 1] != '-')
                        g_string_append_c(folder, '-');
        }
        if (folder->len > 0 && folder->str[folder->len - 1] == '-')
                g_string_truncate(folder, folder->len - 1);
        return g_string_free(g_steal_pointer(&folder), FALSE);
}

/* A tool's first version; new, or NULL. */
static char *dup_tool_version(const OmgToml *value)
{
        const OmgToml *first = value;
        gint64 number;

        if (omg_toml_get_type(first) == OMG_TOML_ARRAY && omg_toml_get_n_members(first) > 0)
                first = omg_toml_get_member(first, 0);
        if (omg_toml_get_type(first) == OMG_TOML_TABLE)
                first = omg_toml_lookup(first, "version");
        if (omg_toml_get_integer(first, &number))
                return g_strdup_printf("%" G_GINT64_FORMAT, number);
        return g_strdup(omg_toml_get_string(first) ?: omg_toml_get_written(first));
}

gboolean omg_mise_config_parse(OmgRuntimeSource source, const char *path, GBytes *bytes,
                               GPtrArray *wishes, GError **error)
{
        g_autoptr(OmgToml) root = read_toml(&(Reading){.bytes = bytes}, error);
        const OmgToml *tools = omg_toml_lookup(root, "tools");

        for (guint i = 0; i < omg_toml_get_n_members(tools); i++) {
                const OmgToml *value = omg_toml_get_member(tools, i);
                g_autofree char *folder = omg_mise_tool_get_folder(
                        omg_toml_get_type(tools) == OMG_TOML_TABLE ? omg_toml_get_key(tools, i)
                                                                   : "");
                g_autofree char *wanted = dup_tool_version(value);
                guint line, column;

                if (wanted && omg_runtime_wish_add(wishes, source, folder, wanted, path))
                        continue;
                omg_toml_get_position(value, &line, &column);
                g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS,
                            "line %u, column %u: this is no version of a tool", line, column);
                return FALSE;
        }
        return root != NULL;
}

static gboolean read_mise(Reading *reading, GError **error)
{
        return omg_mise_config_parse(OMG_RUNTIME_FILE, reading->path, reading->bytes,
                                     reading->wishes, error);
}

static gboolean read_package_json(Reading *reading, GError **error)
{
        return omg_package_json_parse(reading->path, reading->bytes, reading->wishes, error);
}

/* ---- all of them ---- */

/* X(name, runtime, how it is read), in the order of omg_version_file_names. */
#define FILES_TABLE(X)                                   \
        X(".node-version", "node", read_word)            \
        X(".nvmrc", "node", read_word)                   \
        X(".python-version", "python", read_word)        \
        X(".ruby-version", "ruby", read_word)            \
        X(".go-version", "go", read_word)                \
        X("go.mod", "go", read_go_mod)                   \
        X(".java-version", "java", read_word)            \
        X(".bun-version", "bun", read_word)              \
        X("rust-toolchain", "rust", read_rust_toolchain) \
        X("rust-toolchain.toml", "rust", read_rust_toml) \
        X(".tool-versions", NULL, read_tool_versions)    \
        X(".mise.toml", NULL, read_mise)                 \
        X(".mise.local.toml", NULL, read_mise)           \
        X("mise.toml", NULL, read_mise)                  \
        X("package.json", NULL, read_package_json)

const char *const omg_version_file_names[] = {
#define X(name, runtime, read) name,
        FILES_TABLE(X)
#undef X
                NULL,
};

static const struct {
        const char *runtime;
        ReadFunc read;
} files[] = {
#define X(name, runtime, read) {runtime, read},
        FILES_TABLE(X)
#undef X
};

gboolean omg_version_file_parse(const char *name, const char *path, GBytes *bytes,
                                GPtrArray *wishes, GError **error)
{
        g_autofree char *origin = g_utf8_make_valid(path, -1);

        for (gsize i = 0; i < G_N_ELEMENTS(files); i++)
                if (g_str_equal(omg_version_file_names[i], name))
                        return files[i].read(&(Reading){.path = origin,
                                                        .bytes = bytes,
                                                        .runtime = files[i].runtime,
                                                        .wishes = wishes},
                                             error);
        return TRUE;
}
