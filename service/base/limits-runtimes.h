/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The part of limits.h, which includes it, that is about org.omgd1.Runtimes, and
 * the files that are read for it. */

#define OMG_LIMIT_TOML        (1u << 20) /* a TOML file */
#define OMG_LIMIT_TOML_DEPTH  64u        /* arrays and tables in one another; parts of a key */
#define OMG_LIMIT_TOML_VALUES 50000u     /* values of a file, tables and arrays among them */

#define OMG_LIMIT_RUNTIMES          4096u      /* versions that are listed */
#define OMG_LIMIT_RUNTIME_ENTRIES   16384u     /* names of one directory that are looked at */
#define OMG_LIMIT_RUNTIME_TEXT      255u       /* a version, or what a file asks for */
#define OMG_LIMIT_RUNTIME_WISHES    4096u      /* of all configuration files of a look */
#define OMG_LIMIT_RUNTIME_PROBLEMS  32u        /* kept; the others are not */
#define OMG_LIMIT_RUNTIME_WATCHES   1024u      /* paths under watch */
#define OMG_LIMIT_RUNTIME_MANIFESTS 64u        /* rustup's manifests that are read, each up to */
#define OMG_LIMIT_RUSTUP_MANIFEST   (4u << 20) /* so many bytes */
#define OMG_LIMIT_VERSION_FILE      (1u << 20) /* .node-version, package.json and their like */
#define OMG_LIMIT_JSON_DEPTH        64u        /* of package.json */
#define OMG_LIMIT_PROJECT_DEPTH     64u        /* directories upwards that are looked at */
#define OMG_LIMIT_SEARCH_PATH       64u        /* directories of PATH */
