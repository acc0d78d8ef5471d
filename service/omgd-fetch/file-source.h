/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* A file:// URL, read without curl, which would wait for ever at a FIFO. */

#include "fetch/fetch-request.h"
#include "fetch/fetch-result.h"
#include "omgd-fetch/body-file.h"

/* Copies the file into body, unless the request's validators hold. Sets outcome, size, url and
 * validators of result: STORED (body is not committed yet), UNCHANGED, ABSENT for an optional file
 * that is not there, or FAILED. The ETag is of size, time in ns and inode. */
void omg_file_source_read(const char *url, const OmgFetchRequest *request, OmgBodyFile *body,
                          OmgFetchResult *result);
