/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What fuzz-layer.c does to a file, for tests that make hostile files by plan. */

#include <glib.h>
#include <stdint.h>

/* Puts right the size in the header and all checksums, so that only what else is wrong with the
 * file can be found out. Sections that point outside keep their checksum. */
void fuzz_layer_mend(guint8 *data, gsize size);

/* Opens the bytes as a layer of each kind, mended, and reads and asks all there is. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
