/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sources/omgd-conf.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/text.h"
#include "sources/omgd-conf-keys.h"
#include "sources/omgd-conf-lines.h"

/* A message quotes a value or a line, which may be as long as the file. */
#define QUOTED_CHARS 80

typedef struct {
        OmgConf conf;                     /* as the files say, so far */
        gboolean is_bad[OMG_CONF_N_KEYS]; /* a value of it was refused */
        const char *rates_from;           /* the last file with one of [limits], or NULL */
        guint rates_line;                 /* there */
        gboolean is_unknown;              /* what some file says */
        OmgConfMessages *messages;
} Reading;

OmgConfMessages *omg_conf_messages_new(void)
{
        OmgConfMessages *messages = g_new0(OmgConfMessages, 1);

        messages->errors = g_ptr_array_new_with_free_func(g_free);
        messages->warnings = g_ptr_array_new_with_free_func(g_free);
        return messages;
}

void omg_conf_messages_free(OmgConfMessages *messages)
{
        if (!messages)
                return;
        g_ptr_array_unref(messages->errors);
        g_ptr_array_unref(messages->warnings);
        g_free(messages);
}

static G_GNUC_PRINTF(3, 4) void say(OmgConfMessages *messages, GPtrArray *where, const char *format,
                                    ...)
{
        va_list arguments;
        g_autofree char *text = NULL;

        if (where->len >= OMG_LIMIT_CONFIG_WARNINGS) {
                messages->n_left_out++;
                return;
        }
        va_start(arguments, format);
        text = g_strdup_vprintf(format, arguments);
        va_end(arguments);
        g_ptr_array_add(where, omg_text_make_valid(text, -1));
}

/* At most QUOTED_CHARS of it, and a mark where that is not all. */
static char *quote(const char *text)
{
        g_autofree char *valid = omg_text_make_valid(text, -1);
        g_autofree char *start = NULL;

        if (g_utf8_strlen(valid, -1) <= QUOTED_CHARS)
                return g_steal_pointer(&valid);
        start = g_utf8_substring(valid, 0, QUOTED_CHARS);
        return g_strconcat(start, "...", NULL);
}

void omg_conf_init(OmgConf *conf)
{
        for (gsize i = 0; i < OMG_CONF_N_KEYS; i++)
                omg_conf_key_preset(&omg_conf_keys[i], conf);
}

static gssize find_key(const char *group, const char *name)
{
        for (gsize i = 0; i < OMG_CONF_N_KEYS; i++) {
                if (g_str_equal(omg_conf_keys[i].group, group) &&
                    g_str_equal(omg_conf_keys[i].name, name))
                        return (gssize)i;
        }
        return -1;
}

static gboolean is_known_group(const char *group)
{
        for (gsize i = 0; i < OMG_CONF_N_KEYS; i++) {
                if (g_str_equal(omg_conf_keys[i].group, group))
                        return TRUE;
        }
        return FALSE;
}

/* A file that is read. */
typedef struct {
        const char *path;
        GKeyFile *file;
        OmgConfLines *lines;
} Source;

static void read_value(Reading *reading, const Source *source, gsize index, const char *value,
                       guint line)
{
        const OmgConfKey *key = &omg_conf_keys[index];
        g_autofree char *quoted = NULL, *reason = NULL;

        if (g_str_equal(key->group, "limits")) {
                reading->rates_from = source->path;
                reading->rates_line = line;
        }
        if (omg_conf_key_take(key, &reading->conf, value, &reason))
                return;
        /* Where an address has a password the log gets none of it. */
        quoted = key->preset_url && strchr(value, '@') ? g_strdup("...") : quote(value);
        reading->is_bad[index] = TRUE;
        say(reading->messages, reading->messages->errors, "%s:%u: [%s] %s: \"%s\" %s", source->path,
            line, key->group, key->name, quoted, reason);
}

static void read_group(Reading *reading, const Source *source, const char *group)
{
        /* GLib names a key as often as it stands there. */
        g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
        g_auto(GStrv) names = g_key_file_get_keys(source->file, group, NULL, NULL);

        for (gsize i = 0; names && names[i]; i++) {
                if (!g_hash_table_add(seen, names[i]))
                        continue;
                gssize index = find_key(group, names[i]);
                guint line = omg_conf_lines_find(source->lines, group, names[i]);
                g_autofree char *value = g_key_file_get_value(source->file, group, names[i], NULL);

                if (index >= 0) {
                        read_value(reading, source, (gsize)index, value ? g_strstrip(value) : "",
                                   line);
                } else {
                        g_autofree char *quoted = quote(names[i]);
                        say(reading->messages, reading->messages->warnings,
                            "%s:%u: [%s] %s: there is no such key", source->path, line, group,
                            quoted);
                }
        }
}

static void read_groups(Reading *reading, const Source *source)
{
        g_auto(GStrv) groups = g_key_file_get_groups(source->file, NULL);

        for (gsize i = 0; groups[i]; i++) {
                if (is_known_group(groups[i])) {
                        read_group(reading, source, groups[i]);
                } else {
                        g_autofree char *quoted = quote(groups[i]);
                        say(reading->messages, reading->messages->warnings,
                            "%s:%u: [%s]: there is no such group", source->path,
                            omg_conf_lines_find(source->lines, groups[i], NULL), quoted);
                }
        }
}

static void refuse_file(Reading *reading, const char *path, guint line, const char *reason)
{
        g_autofree char *quoted = quote(reason);

        reading->is_unknown = TRUE;
        say(reading->messages, reading->messages->errors, "%s:%u: %s", path, line, quoted);
}

static void read_text(Reading *reading, const char *path, const char *text, gsize length)
{
        g_autoptr(GKeyFile) file = g_key_file_new();
        g_autoptr(OmgConfLines) lines = NULL;
        g_autoptr(GError) error = NULL;
        const char *nul = memchr(text, '\0', length);

        /* GLib ends silently at a NUL, and without that flag it leaves out "rate[de]". */
        if (nul) {
                refuse_file(reading, path, omg_conf_lines_count(text, (gsize)(nul - text)),
                            "there is a NUL in it");
                return;
        }
        if (!g_key_file_load_from_data(file, text, length, G_KEY_FILE_KEEP_TRANSLATIONS, &error)) {
                refuse_file(reading, path, omg_conf_lines_find_bad(text, length), error->message);
                return;
        }
        lines = omg_conf_lines_new(text, length);
        read_groups(reading, &(Source){.path = path, .file = file, .lines = lines});
}

static void read_file(Reading *reading, const OmgConfFile *source)
{
        const char *text;
        gsize length;

        if (!source->bytes) {
                reading->is_unknown = TRUE;
                say(reading->messages, reading->messages->errors, "%s", source->error);
                return;
        }
        text = g_bytes_get_data(source->bytes, &length);
        if (length > 0) /* else also a NULL for GLib */
                read_text(reading, source->path, text, length);
}

/* With a rate, a burst of 0 would refuse every request. Both keep their values, for the one
 * that is left would mean something else without the other. */
static void check_rates(Reading *reading, OmgConf *before)
{
        if (reading->conf.rate == 0 || reading->conf.burst > 0)
                return;
        say(reading->messages, reading->messages->errors,
            "%s:%u: [limits] burst: 0 with a rate of %u would refuse everything; rate=0 is no "
            "limit",
            reading->rates_from ?: "omgd.conf", reading->rates_line, reading->conf.rate);
        reading->conf.rate = before->rate;
        reading->conf.burst = before->burst;
}

void omg_conf_read(OmgConf *conf, const OmgConfFile *files, gsize n_files,
                   OmgConfMessages *messages)
{
        Reading reading = {.messages = messages};

        omg_conf_init(&reading.conf);
        for (gsize i = 0; i < n_files; i++)
                read_file(&reading, &files[i]);
        if (reading.is_unknown)
                return;
        for (gsize i = 0; i < OMG_CONF_N_KEYS; i++) {
                if (reading.is_bad[i])
                        omg_conf_key_copy(&omg_conf_keys[i], &reading.conf, conf);
        }
        check_rates(&reading, conf);
        *conf = reading.conf;
}

/* ---- the disk ---- */

static void file_clear(gpointer data)
{
        OmgConfFile *file = data;

        g_free((char *)file->path);
        g_free((char *)file->error);
        g_clear_pointer(&file->bytes, g_bytes_unref);
}

static void add_error(GArray *files, char *path, char *error)
{
        OmgConfFile file = {.path = path, .error = error};

        g_array_append_val(files, file);
}

/* Takes the path. A symlink that leads nowhere is not "no file": somebody wanted one. */
static void add_file(GArray *files, char *path)
{
        OmgConfFile file = {.path = path};
        g_autoptr(GError) error = NULL;
        struct stat st;

        if (lstat(path, &st) < 0 && (errno == ENOENT || errno == ENOTDIR)) {
                g_free(path);
                return;
        }
        if (!omg_file_read(path, OMG_LIMIT_CONFIG_FILE, &file.bytes, &error))
                file.error = g_strdup(error->message);
        g_array_append_val(files, file);
}

static GPtrArray *list_drop_ins(const char *dir, GError **error)
{
        g_autoptr(GDir) folder = g_dir_open(dir, 0, error);
        g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

        if (!folder)
                return NULL;
        for (const char *name; (name = g_dir_read_name(folder));) {
                if (name[0] != '.' && g_str_has_suffix(name, ".conf"))
                        g_ptr_array_add(names, g_strdup(name));
        }
        g_ptr_array_sort(names, omg_text_compare_pointers);
        return g_steal_pointer(&names);
}

static void add_drop_ins(GArray *files, const char *dir)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) names = list_drop_ins(dir, &error);

        if (!names) {
                if (!g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
                        add_error(files, g_strdup(dir), g_strdup(error->message));
                return;
        }
        if (names->len > OMG_LIMIT_CONFIG_FILES) {
                add_error(files, g_strdup(dir),
                          g_strdup_printf("%s: more than %u files", dir, OMG_LIMIT_CONFIG_FILES));
                return;
        }
        for (guint i = 0; i < names->len; i++)
                add_file(files, g_build_filename(dir, names->pdata[i], NULL));
}

void omg_conf_load(OmgConf *conf, const char *dir, OmgConfMessages *messages)
{
        g_autoptr(GArray) files = g_array_new(FALSE, TRUE, sizeof(OmgConfFile));
        g_autofree char *drop_ins = g_build_filename(dir, "omgd.conf.d", NULL);

        g_array_set_clear_func(files, file_clear);
        add_file(files, g_build_filename(dir, "omgd.conf", NULL));
        add_drop_ins(files, drop_ins);
        omg_conf_read(conf, (const OmgConfFile *)(gpointer)files->data, files->len, messages);
}
