/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Language runtimes: what is installed, and what configuration asks for. Records, and the names of
 * the runtimes that omgd knows by itself: node, bun, python, go, rust, java, ruby. */

#include <glib.h>

/* Where a version is from, or who asks for it; by precedence. */
typedef enum {
        OMG_RUNTIME_FILE, /* a version file of a project; of wishes and rows only */
        OMG_RUNTIME_OMG,
        OMG_RUNTIME_MISE,
        OMG_RUNTIME_RUSTUP,
        OMG_RUNTIME_PATH,
        OMG_RUNTIME_N_SOURCES,
} OmgRuntimeSource;

/* "file", "omg", "mise", "rustup", "path". */
extern const char *const omg_runtime_source_words[];

/* An installed version. All texts are valid UTF-8. */
typedef struct {
        OmgRuntimeSource source;
        char *name;
        char *version;      /* "": it is there, its version is not known */
        char *origin;       /* its directory, or its program where that is all there is */
        char *bin;          /* the directory that PATH would need */
        char *program;      /* of OMG_RUNTIME_PATH: as found; else NULL */
        GPtrArray *aliases; /* other names of the version, strings */
        gboolean is_first;  /* of OMG_RUNTIME_PATH: the one that PATH finds */
        char *package;      /* it belongs to; NULL: not known */
        char *package_version;
} OmgRuntime;

/* origin and bin are copied; version NULL: not known. */
OmgRuntime *omg_runtime_new(OmgRuntimeSource source, const char *name, const char *version,
                            const char *origin, const char *bin);
void omg_runtime_free(OmgRuntime *runtime);

/* A version that somebody asks for. */
typedef struct {
        OmgRuntimeSource source;
        char *name;
        char *wanted;    /* "20", "lts/iron", ">=18", "path:/opt/x", "stable", ... */
        char *origin;    /* the file that says so */
        char *directory; /* it holds only in there; NULL: everywhere */
} OmgRuntimeWish;

OmgRuntimeWish *omg_runtime_wish_new(OmgRuntimeSource source, const char *name, const char *wanted,
                                     const char *origin);
void omg_runtime_wish_free(OmgRuntimeWish *wish);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgRuntimeWish, omg_runtime_wish_free)

/* Adds a wish unless the text can be no version: empty, too long, not UTF-8, with control
 * characters. A leading v before a digit is dropped. FALSE: it was none. */
gboolean omg_runtime_wish_add(GPtrArray *wishes, OmgRuntimeSource source, const char *name,
                              const char *wanted, const char *origin);

/* What could not be read. */
typedef struct {
        OmgRuntimeSource source;
        int code;      /* OmgError */
        char *message; /* with the path; valid UTF-8 */
} OmgRuntimeProblem;

void omg_runtime_problem_free(OmgRuntimeProblem *problem);

/* Adds one, with the message of the error and the path unless it has it; at most
 * OMG_LIMIT_RUNTIME_PROBLEMS. */
void omg_runtime_problem_add(GPtrArray *problems, OmgRuntimeSource source, const char *path,
                             const GError *error);

/* What is known of a runtime. */
typedef struct {
        const char *name;
        const char *other_names[3]; /* how others call it; ends in NULL */
        const char *programs[3];    /* its interpreter or compiler; likewise */
        const char *package;        /* what packages of it are called or provide; NULL: none */
} OmgRuntimeKind;

extern const OmgRuntimeKind omg_runtime_kinds[];
extern const gsize omg_runtime_n_kinds;

/* The usual name: "nodejs" is "node"; others are as they are. Borrowed. */
const char *omg_runtime_get_name(const char *name);

const OmgRuntimeKind *omg_runtime_find_kind(const char *name);

/* Whether a text is short enough, valid UTF-8 and without control characters. */
gboolean omg_runtime_text_check(const char *text);
