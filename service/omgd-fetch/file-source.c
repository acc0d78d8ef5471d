/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "omgd-fetch/file-source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "omgd-fetch/answer.h"

#define COPY_BYTES (64u << 10)

static void fail(OmgFetchResult *result, int code, const char *path, const char *why)
{
        g_autofree char *message = g_strdup_printf("%s: %s", path, why);
        omg_fetch_result_set_error(result, code, message);
}

static void set_validators(OmgFetchResult *result, const struct stat *st)
{
        result->etag = g_strdup_printf("\"%" G_GINT64_MODIFIER "x-%" G_GINT64_MODIFIER
                                       "x.%lx-%" G_GINT64_MODIFIER "x\"",
                                       (guint64)st->st_size, (gint64)st->st_mtim.tv_sec,
                                       st->st_mtim.tv_nsec, (guint64)st->st_ino);
        result->last_modified = omg_http_date_format(st->st_mtim.tv_sec);
}

/* As a server: where there is an ETag the date does not count. */
static gboolean is_unchanged(const OmgFetchRequest *request, const OmgFetchResult *result,
                             const struct stat *st)
{
        gint64 date;

        if (request->etag)
                return strcmp(request->etag, result->etag) == 0;
        return request->last_modified && omg_http_date_parse(request->last_modified, &date) &&
               st->st_mtim.tv_sec <= date;
}

/* At most max bytes, also of a file that grows. */
static void copy(int fd, const char *path, guint64 max, OmgBodyFile *body, OmgFetchResult *result)
{
        g_autofree char *buffer = g_malloc(COPY_BYTES);
        g_autoptr(GError) error = NULL;
        ssize_t n;

        while ((n = read(fd, buffer, COPY_BYTES)) > 0) {
                if (body->size + (guint64)n > max) {
                        fail(result, OMG_ERROR_UPSTREAM_INVALID, path, "is too large");
                        return;
                }
                if (!omg_body_file_write(body, buffer, (gsize)n, &error)) {
                        omg_fetch_result_set_error(result, error->code, error->message);
                        return;
                }
        }
        if (n < 0)
                fail(result, OMG_ERROR_NETWORK, path, g_strerror(errno));
        else if (body->size == 0)
                fail(result, OMG_ERROR_UPSTREAM_INVALID, path, "is empty");
        else
                result->outcome = OMG_FETCH_STORED;
}

static void read_file(int fd, const char *path, const OmgFetchRequest *request, OmgBodyFile *body,
                      OmgFetchResult *result)
{
        struct stat st;

        if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
                fail(result, OMG_ERROR_UPSTREAM_INVALID, path, "is no regular file");
                return;
        }
        set_validators(result, &st);
        if (is_unchanged(request, result, &st))
                result->outcome = OMG_FETCH_UNCHANGED;
        else
                copy(fd, path, omg_fetch_request_get_max(request), body, result);
}

void omg_file_source_read(const char *url, const OmgFetchRequest *request, OmgBodyFile *body,
                          OmgFetchResult *result)
{
        g_autofree char *path = g_filename_from_uri(url, NULL, NULL);
        int fd;

        result->url = g_strdup(url);
        if (!path || request->body || request->form) {
                fail(result, OMG_ERROR_INVALID_ARGS, url, "is no path to be read");
                return;
        }
        fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (fd < 0 && errno == ENOENT && request->is_optional)
                result->outcome = OMG_FETCH_ABSENT;
        else if (fd < 0)
                fail(result, OMG_ERROR_NETWORK, path, g_strerror(errno));
        else
                read_file(fd, path, request, body, result);
        if (fd >= 0)
                (void)close(fd);
}
