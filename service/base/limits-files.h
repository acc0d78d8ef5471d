/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The part of limits.h, which includes it, that is about file lists. */

#define OMG_LIMIT_PATH        4095u        /* one path of a file list, PATH_MAX without its NUL */
#define OMG_LIMIT_FILES_TEXT  (64u << 20)  /* `files` of one installed package */
#define OMG_LIMIT_FILES_TOTAL (2ull << 30) /* one .files database, unpacked */
/* In one file layer, so that building it fits into the helper's memory. */
#define OMG_LIMIT_PATHS      (32u << 20)
#define OMG_LIMIT_PATH_PARTS (16u << 20)  /* distinct folders and last parts */
#define OMG_LIMIT_PATH_TEXT  (512u << 20) /* all their bytes */
