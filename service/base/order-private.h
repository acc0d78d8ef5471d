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
