/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bill of materials, into a file or to standard output. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "client.h"
#include "terminal-text.h"

typedef struct {
        const char *machine; /* NULL: its host name */
        gboolean without;    /* known flaws */
} Options;

static int append_options(sd_bus_message *call, const Options *options)
{
        int r = sd_bus_message_open_container(call, 'a', "{sv}");

        if (r >= 0)
                r = sd_bus_message_append(call, "{sv}", "vulnerabilities", "b", !options->without);
        if (r >= 0 && options->machine)
                r = sd_bus_message_append(call, "{sv}", "machine", "s", options->machine);
        return r < 0 ? r : sd_bus_message_close_container(call);
}

/* A sealed file: it has its size, and keeps it. */
static int read_document(int fd, GBytes **ret_document)
{
        g_autofree char *text = NULL;
        struct stat st;
        gsize at = 0;

        if (fstat(fd, &st) < 0)
                return -errno;
        text = g_malloc((gsize)st.st_size + 1);
        while (at < (gsize)st.st_size) {
                gssize n = pread(fd, text + at, (gsize)st.st_size - at, (off_t)at);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return n < 0 ? -errno : -EIO;
                at += (gsize)n;
        }
        text[at] = '\0';
        *ret_document = g_bytes_new_take(g_steal_pointer(&text), at);
        return 0;
}

static int fetch(OmgClient *client, const Options *options, GBytes **ret_document,
                 sd_bus_error *error)
{
        g_autoptr(sd_bus_message) call = NULL;
        g_autoptr(sd_bus_message) reply = NULL;
        int r, fd;

        if ((r = omg_bus_open(client, error)) < 0 ||
            (r = omg_bus_new_call(client, OMG_BUS_AUDIT, "GenerateSbom", &call)) < 0 ||
            (r = sd_bus_message_append(call, "s", "cyclonedx-1.6")) < 0 ||
            (r = append_options(call, options)) < 0 ||
            (r = omg_bus_call(client, call, "h", &reply, error)) < 0 ||
            (r = sd_bus_message_read_basic(reply, 'h', &fd)) < 0)
                return r;
        return read_document(fd, ret_document);
}

/* As any program makes a file: for whom the umask lets. */
static gboolean set_mode(int fd, GError **error)
{
        mode_t mask = umask(0);

        (void)umask(mask);
        if (fchmod(fd, 0666 & ~mask) == 0)
                return TRUE;
        g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno), "%s", g_strerror(errno));
        return FALSE;
}

static int write_all(int fd, const char *data, gsize size)
{
        for (gsize at = 0; at < size;) {
                gssize n = write(fd, data + at, size - at);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0) {
                        omg_output_error(_("Cannot write: %s"), g_strerror(errno));
                        return OMG_CLIENT_ERROR;
                }
                at += (gsize)n;
        }
        return OMG_CLIENT_OK;
}

/* A terminal gets what it would obey as escapes, which say the same in JSON; a pipe the bytes. */
static int print(int fd, GBytes *document)
{
        g_autoptr(GString) escaped = NULL;
        gsize size;
        const char *data = g_bytes_get_data(document, &size);

        if (isatty(fd)) {
                escaped = g_string_new(NULL);
                omg_terminal_text_escape_json(escaped, data);
                data = escaped->str;
                size = escaped->len;
        }
        return write_all(fd, data, size);
}

/* What is there under that name and no file of its own: a device, a pipe. It is written to, for
 * nothing may take its place. */
static gboolean is_special(const char *path)
{
        struct stat st;

        return stat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

static int write_special(const char *path, GBytes *document)
{
        int fd = open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC), r;

        if (fd < 0) {
                omg_output_error("%s: %s", path, g_strerror(errno));
                return OMG_CLIENT_ERROR;
        }
        r = print(fd, document);
        (void)close(fd);
        return r;
}

static int write_file(const char *path, GBytes *document)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(OmgFileWriter) writer = omg_file_writer_new(path, &error);
        gsize size;
        gconstpointer data = g_bytes_get_data(document, &size);

        if (writer && set_mode(omg_file_writer_get_fd(writer), &error) &&
            omg_file_writer_write(writer, data, size, &error) &&
            omg_file_writer_commit(writer, &error))
                return OMG_CLIENT_OK;
        omg_output_error("%s", error->message);
        return OMG_CLIENT_ERROR;
}

int omg_command_sbom(OmgClient *client, const OmgCommand *command, int argc, char **argv)
{
        g_auto(GStrv) words = NULL;
        g_auto(sd_bus_error) error = SD_BUS_ERROR_NULL;
        g_autoptr(GBytes) document = NULL;
        g_autofree char *path = NULL, *machine = NULL;
        gboolean without = FALSE;
        const GOptionEntry entries[] = {
                {"output", 'o', 0, G_OPTION_ARG_FILENAME, &path,
                 N_("Write this file; - is standard output, the default"), N_("FILE")},
                {"machine", 0, 0, G_OPTION_ARG_STRING, &machine,
                 N_("The machine's name, instead of its host name"), N_("NAME")},
                {"without-vulnerabilities", 0, 0, G_OPTION_ARG_NONE, &without,
                 N_("Leave known flaws out"), NULL},
                {NULL},
        };
        int r;

        if (!omg_command_parse(client, command, entries, argc, argv, &words))
                return OMG_CLIENT_USAGE;
        if (words[0])
                return omg_command_usage_error(command, _("sbom takes no names"));
        r = fetch(client, &(Options){machine, without}, &document, &error);
        if (r < 0)
                return omg_bus_report(r, &error);
        if (!path || g_str_equal(path, "-"))
                return print(STDOUT_FILENO, document);
        return is_special(path) ? write_special(path, document) : write_file(path, document);
}
