/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Version files and configuration of mise, by their bytes. */

#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "sources/version-files.h"

static GPtrArray *wishes_new(void)
{
        return g_ptr_array_new_with_free_func((GDestroyNotify)omg_runtime_wish_free);
}

/* "node=20 go=1.22"; "error: message" when it is refused. New. */
static char *parse(const char *name, const char *text, gsize length)
{
        g_autoptr(GPtrArray) wishes = wishes_new();
        g_autoptr(GBytes) bytes = g_bytes_new_static(text, length);
        g_autoptr(GString) out = g_string_new(NULL);
        g_autoptr(GError) error = NULL;

        if (!omg_version_file_parse(name, "/p/file", bytes, wishes, &error)) {
                g_assert_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS);
                return g_strdup_printf("error: %s", error->message);
        }
        for (guint i = 0; i < wishes->len; i++) {
                const OmgRuntimeWish *wish = wishes->pdata[i];

                g_assert_cmpint(wish->source, ==, OMG_RUNTIME_FILE);
                g_assert_cmpstr(wish->origin, ==, "/p/file");
                g_string_append_printf(out, "%s%s=%s", i > 0 ? " " : "", wish->name, wish->wanted);
        }
        return g_string_free(g_steal_pointer(&out), FALSE);
}

static const struct {
        const char *name;
        const char *text;
        const char *result;
} files[] = {
        {".node-version", "20.1.0\n", "node=20.1.0"},
        {".node-version", "  v20.1.0  \r\n", "node=20.1.0"},
        {".node-version", "", ""},
        {".node-version", "\n# none\n\n", ""},
        {".nvmrc", "lts/hydrogen # what else", "node=lts/hydrogen"},
        {".nvmrc", "v18", "node=18"},
        {".nvmrc", "vnext", "node=vnext"},
        {".python-version", "3.12.1\n3.11\n", "python=3.12.1"},
        {".python-version", "3.12.1 3.11\n", "python=3.12.1"},
        {".ruby-version", "ruby-3.3.0\n", "ruby=3.3.0"},
        {".ruby-version", "jruby-9.4\n", "ruby=jruby-9.4"},
        {".go-version", "go1.22\n", "go=1.22"},
        {".go-version", "1.22.3", "go=1.22.3"},
        {".java-version", "temurin-21\n", "java=temurin-21"},
        {".bun-version", "1.0.29", "bun=1.0.29"},
        {"go.mod", "module example // go 1\n\ngo 1.22.1 // why\n\ntoolchain go1.23\n", "go=1.22.1"},
        {"go.mod", "module gopher\nrequire golang v1\n", ""},
        {"rust-toolchain", "nightly-2024-01-01\n", "rust=nightly-2024-01-01"},
        {"rust-toolchain", "[toolchain]\nchannel = \"1.75\"\n", "rust=1.75"},
        {"rust-toolchain", "\n[toolchain]\nchannel = \"1.75\"\n", "rust=1.75"},
        {"rust-toolchain.toml", "[toolchain]\nchannel = 'stable'\ncomponents = ['x']",
         "rust=stable"},
        {"rust-toolchain.toml", "[toolchain]\npath = '/opt/rust'", "rust=path:/opt/rust"},
        {"rust-toolchain.toml", "[toolchain]\nprofile = 'minimal'", ""},
        {"rust-toolchain.toml", "[toolchain]\nchannel = 5", ""},
        {"rust-toolchain.toml", "stable", "error: line 1, column 7: \"=\" is expected here"},
        {".tool-versions",
         "nodejs 20.1.0 18.0 # both\npython\t3.12\n\nterraform  1.5\nbare\n# go 1\n",
         "node=20.1.0 python=3.12 terraform=1.5"},
        {".tool-versions", "node 1\nnodejs 2\n", "node=1"},
        {".mise.toml",
         "[tools]\nnode = ['20', '18']\npython3 = {version = '3.12', x = 1}\ngo = 'prefix:1.22'\n"
         "'npm:@a/b[x=1]' = 'latest'\n'core:ruby' = [{version = '3.3'}, '3.2']\nbun = "
         "1\njava=21.5\n",
         "node=20 python=3.12 go=prefix:1.22 npm-a-b=latest ruby=3.3 bun=1 java=21.5"},
        {"mise.toml", "[env]\nA = 'b'\n", ""},
        {"mise.toml", "tools = 5", ""},
        {"mise.toml", "tools = ['a']", "error: line 1, column 10: this is no version of a tool"},
        {"mise.toml", "[tools]\nnode = {}",
         "error: line 2, column 8: this is no version of a tool"},
        {"mise.toml", "[tools]\nnode = []",
         "error: line 2, column 8: this is no version of a tool"},
        {"mise.toml", "[tools]\nnode = ''",
         "error: line 2, column 8: this is no version of a tool"},
        {".mise.local.toml",
         "[tools]\nnode =", "error: line 2, column 7: a value is expected here"},
        {"package.json", "{\"engines\": {\"node\": \">=18 <21\", \"npm\": \"9\"}}",
         "node=>=18 <21"},
        {"package.json", "{\"volta\": {\"node\": \"20.1.0\"}, \"engines\": {\"bun\": \"^1\"}}",
         "node=20.1.0 bun=^1"},
        {"package.json", "{\"engines\": {\"node\": \"18\"}, \"volta\": {\"node\": \"20\"}}",
         "node=18"},
        {"package.json", "{\"name\": \"x\\\"{[\"}", ""},
        {"package.json", "{\"engines\": [\"node\"]}", ""},
        {"package.json", "{\"engines\": {\"node\": 18}}", ""},
        {"package.json", "[]", ""},
        {"package.json", "{\"engines\": {\"node\": \"a\\u0001b\"}}",
         "error: node: this is no version"},
        {"package.json", "", "error: this is no JSON"},
        {"package.json", "{'engines': 1}", "error: this is no JSON"},
        {"package.json", "{} // x", "error: this is no JSON"},
        {"package.json", "{\n\"a\":\n}", "error: line 3: this is no JSON"},
        {".node-version", "\377\376", "error: there is a NUL in it, or it is no valid UTF-8"},
        {".node-version", "20\0330", "error: this is no version"},
        {"other", "20", ""},
};

/* Each kind of file: what it asks for, and what is refused. */
static void test_files(void)
{
        for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
                g_autofree char *result =
                        parse(files[i].name, files[i].text, strlen(files[i].text));

                g_test_message("case %" G_GSIZE_FORMAT " %s", i, files[i].name);
                g_assert_cmpstr(result, ==, files[i].result);
        }
}

/* A NUL is refused by every kind. */
static void test_nul(void)
{
        for (gsize i = 0; omg_version_file_names[i]; i++) {
                g_autofree char *result = parse(omg_version_file_names[i], "1\0002", 3);

                g_assert_true(g_str_has_prefix(result, "error: "));
        }
}

/* OMG_LIMIT_RUNTIME_TEXT: a version as long as that, and one byte more. */
static void test_long(void)
{
        g_autofree char *fits = g_strnfill(OMG_LIMIT_RUNTIME_TEXT, '1');
        g_autofree char *longer = g_strnfill(OMG_LIMIT_RUNTIME_TEXT + 1, '1');
        g_autofree char *taken = parse(".nvmrc", fits, strlen(fits));
        g_autofree char *refused = parse(".nvmrc", longer, strlen(longer));

        g_assert_cmpuint(strlen(taken), ==, strlen("node=") + OMG_LIMIT_RUNTIME_TEXT);
        g_assert_cmpstr(refused, ==, "error: this is no version");
}

/* OMG_LIMIT_JSON_DEPTH, and far beyond it: the parser behind it would run out of stack. */
static void test_deep_json(void)
{
        for (guint n = OMG_LIMIT_JSON_DEPTH; n <= OMG_LIMIT_JSON_DEPTH + 1; n++) {
                g_autoptr(GString) text = g_string_new(NULL);
                g_autofree char *result = NULL;

                for (guint i = 0; i < n; i++)
                        g_string_append_c(text, '[');
                for (guint i = 0; i < n; i++)
                        g_string_append_c(text, ']');
                result = parse("package.json", text->str, text->len);
                g_assert_cmpstr(result, ==,
                                n == OMG_LIMIT_JSON_DEPTH
                                        ? ""
                                        : "error: more than 64 objects and arrays in one another");
        }
        g_autofree char *deep = g_strnfill(1000000, '[');
        g_autofree char *result = parse("package.json", deep, 1000000);
        g_assert_true(g_str_has_prefix(result, "error: more than 64"));
}

/* OMG_LIMIT_RUNTIME_WISHES. */
static void test_many(void)
{
        g_autoptr(GString) text = g_string_new("[tools]\n");
        g_autoptr(GPtrArray) wishes = wishes_new();
        g_autoptr(GBytes) bytes = NULL;

        for (guint i = 0; i <= OMG_LIMIT_RUNTIME_WISHES; i++)
                g_string_append_printf(text, "t%u = '1'\n", i);
        bytes = g_bytes_new(text->str, text->len);
        g_assert_true(omg_mise_config_parse(OMG_RUNTIME_MISE, "/c", bytes, wishes, NULL));
        g_assert_cmpuint(wishes->len, ==, OMG_LIMIT_RUNTIME_WISHES);
}

/* The names by which a tool's directory is found. */
static void test_folders(void)
{
        static const char *const pairs[][2] = {
                {"node", "node"},
                {"core:node", "node"},
                {"npm:@a/b", "npm-a-b"},
                {"ubi:x/y[exe=z]", "ubi-x-y"},
                {"cargo:eza", "cargo-eza"},
                {"a.b_c-", "a.b_c"},
                {"@", ""},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(pairs); i++) {
                g_autofree char *folder = omg_mise_tool_get_folder(pairs[i][0]);
                g_assert_cmpstr(folder, ==, pairs[i][1]);
        }
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/version-files/files", test_files);
        g_test_add_func("/version-files/nul", test_nul);
        g_test_add_func("/version-files/long", test_long);
        g_test_add_func("/version-files/deep-json", test_deep_json);
        g_test_add_func("/version-files/many", test_many);
        g_test_add_func("/version-files/folders", test_folders);
        return g_test_run();
}
