/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Where language runtimes and their managers keep what they have. */

#include "base/paths.h"

typedef struct {
        char *omg_versions;  /* OMG's own: RUNTIME/VERSION/, and the symlink RUNTIME/current */
        char *mise_installs; /* $MISE_INSTALLS_DIR, or installs in $MISE_DATA_DIR: TOOL/VERSION/ */
        char *mise_shims;    /* beside it */
        char *mise_config;   /* $MISE_CONFIG_DIR: conf.d/ */
        char *mise_global;   /* $MISE_GLOBAL_CONFIG_FILE, or config.toml in there */
        char *mise_system;   /* $MISE_SYSTEM_CONFIG_DIR, $MISE_SYSTEM_DIR, or /etc/mise */
        char *rustup_home;   /* $RUSTUP_HOME or ~/.rustup */
        char *rustup_system; /* /etc/rustup/settings.toml */
        char *jvm;           /* /usr/lib/jvm */
        GStrv search_path;   /* $PATH: absolute directories, each once, OMG_LIMIT_SEARCH_PATH */
} OmgRuntimePaths;

/* As omg_paths_new(), whose data directory is @data_dir. mise: mise.jdx.dev/directories; without
 * its own variables the XDG directories count. rustup: rust-lang.github.io/rustup, "Environment
 * variables" and "Configuration". Relative values are ignored. */
OmgRuntimePaths *omg_runtime_paths_new(OmgGetenv getenv_func, void *userdata, uid_t uid,
                                       const char *data_dir, GError **error);
void omg_runtime_paths_free(OmgRuntimePaths *paths);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgRuntimePaths, omg_runtime_paths_free)
