/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What the readers of version-order.h share. */

#include <glib.h>

/* A piece of a version; borrowed. */
typedef struct {
        const char *text;
        gsize len;
} OmgSpan;

/* Digits as a number of any length. */
int omg_span_compare_numbers(OmgSpan a, OmgSpan b);

/* By their bytes, a shorter one first. */
int omg_span_compare_bytes(OmgSpan a, OmgSpan b);

/* Takes the digits at *text; empty when there are none. */
OmgSpan omg_span_take_digits(const char **text);

gboolean omg_order_compare_pep440(const char *a, const char *b, int *ret_result);
gboolean omg_order_compare_gem(const char *a, const char *b, int *ret_result);

/* What separates in keys, in this order; texts in them are ASCII from '-' on. */
#define OMG_KEY_END    "\001"
#define OMG_KEY_FIRST  "\002"
#define OMG_KEY_SECOND "\003"
#define OMG_KEY_THIRD  "\004"
#define OMG_KEY_FOURTH "\005"
#define OMG_KEY_FIFTH  "\006"

/* A count of at most OMG_LIMIT_ADVISORY_VERSION, smaller ones first. */
void omg_key_append_count(GString *key, gsize count);

/* Digits as a number of any length. */
void omg_key_append_number(GString *key, OmgSpan digits);

/* Bytes, a shorter text first; letters as small ones when @fold. */
void omg_key_append_text(GString *key, OmgSpan text, gboolean fold);

gboolean omg_order_append_key_pep440(const char *version, GString *key);
gboolean omg_order_append_key_gem(const char *version, GString *key);
