/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The files in which a project says which runtimes it wants, as the previous daemon read them:
 * .node-version, .nvmrc, .python-version, .ruby-version, .go-version, go.mod, .java-version,
 * .bun-version, rust-toolchain, rust-toolchain.toml, .tool-versions, .mise.toml, .mise.local.toml,
 * mise.toml, package.json. Bytes to wishes: nothing is read here. */

#include "sources/runtime.h"

/* By precedence within one directory; ends in NULL. */
extern const char *const omg_version_file_names[];

/* Adds what a file of that name asks for, its source OMG_RUNTIME_FILE, with @path as origin. A file
 * that asks for nothing adds nothing. Where several versions of a runtime are named, the first
 * counts. Error: INVALID_ARGS: it cannot be what its name says; without the path. */
gboolean omg_version_file_parse(const char *name, const char *path, GBytes *bytes,
                                GPtrArray *wishes, GError **error);

/* The [tools] of a configuration of mise (mise.jdx.dev/configuration): strings, arrays of them, and
 * tables with the key version. */
gboolean omg_mise_config_parse(OmgRuntimeSource source, const char *path, GBytes *bytes,
                               GPtrArray *wishes, GError **error);

/* How mise calls the directory of a tool: "npm:@a/b" is "npm-a-b", "core:node" is "node". New. */
char *omg_mise_tool_get_folder(const char *tool);

/* package.json: of node and bun what "engines" says, else "volta". */
gboolean omg_package_json_parse(const char *path, GBytes *bytes, GPtrArray *wishes, GError **error);
