/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "info-text.h"

#include <glib/gi18n.h>

#include "format.h"
#include "message-json.h"

/* Where a field is shown. */
typedef enum {
        SHOWN_AVAILABLE = 1 << 0,
        SHOWN_INSTALLED = 1 << 1,
        SHOWN_BOTH = SHOWN_AVAILABLE | SHOWN_INSTALLED,
        SHOWN_AUR = 1 << 2,   /* of a package that is only there */
        SHOWN_STATE = 1 << 3, /* of one that is installed, too */
        SHOWN_ALL = SHOWN_BOTH | SHOWN_AUR,
        SHOWN_THERE = SHOWN_AUR | SHOWN_STATE,
} Shown;

/* The value of a key as text; a new string. */
typedef char *(*FormatField)(JsonObject *object, const char *key);

static char *format_text(JsonObject *object, const char *key)
{
        const char *text = omg_json_get_string(object, key);
        return g_strdup(text ? text : _("None"));
}

static char *format_list(JsonObject *object, const char *key)
{
        JsonArray *array = omg_json_get_array(object, key);
        guint length = array ? json_array_get_length(array) : 0;
        GString *text = g_string_new(length == 0 ? _("None") : NULL);

        for (guint i = 0; i < length; i++)
                g_string_append_printf(text, "%s%s", i == 0 ? "" : "  ",
                                       omg_json_get_element(array, i));
        return g_string_free(text, FALSE);
}

/* What is not known must not look like nothing at all. */
static char *format_size(JsonObject *object, const char *key)
{
        gint64 bytes = omg_json_get_int(object, key, -1);
        return bytes < 0 ? g_strdup(_("Unknown")) : omg_format_size(bytes);
}

static char *format_date(JsonObject *object, const char *key)
{
        gint64 seconds = omg_json_get_int(object, key, G_MININT64);
        return seconds == G_MININT64 ? g_strdup(_("Unknown")) : omg_format_date(seconds);
}

static char *format_count(JsonObject *object, const char *key)
{
        gint64 count = omg_json_get_int(object, key, -1);
        return count < 0 ? g_strdup(_("Unknown")) : g_strdup_printf("%" G_GINT64_FORMAT, count);
}

static char *format_popularity(JsonObject *object, const char *key)
{
        return json_object_has_member(object, key)
                       ? g_strdup_printf("%.2f", json_object_get_double_member(object, key))
                       : g_strdup(_("Unknown"));
}

/* Since when; what is not there is not flagged. */
static char *format_flagged(JsonObject *object, const char *key)
{
        return json_object_has_member(object, key) ? format_date(object, key) : g_strdup(_("No"));
}

static char *format_reason(JsonObject *object, const char *key)
{
        const char *reason = omg_json_get_string(object, key);
        if (!reason)
                return g_strdup(_("Unknown"));
        return g_strdup(g_str_equal(reason, "explicit")
                                ? _("Explicitly installed")
                                : _("Installed as a dependency for another package"));
}

static char *format_yes_no(JsonObject *object, const char *key)
{
        return g_strdup(omg_json_get_boolean(object, key) ? _("Yes") : _("No"));
}

static char *format_validation(JsonObject *object, const char *key)
{
        static const struct {
                const char *word;
                const char *text;
        } names[] = {
                {"none", N_("None")},
                {"md5", N_("MD5 Sum")},
                {"sha256", N_("SHA-256 Sum")},
                {"pgp", N_("Signature")},
        };
        JsonArray *array = omg_json_get_array(object, key);
        guint length = array ? json_array_get_length(array) : 0;
        GString *text = g_string_new(length == 0 ? _("Unknown") : NULL);

        for (guint i = 0; i < length; i++) {
                const char *word = omg_json_get_element(array, i);
                for (gsize n = 0; n < G_N_ELEMENTS(names); n++)
                        if (g_str_equal(word, names[n].word))
                                word = _(names[n].text);
                g_string_append_printf(text, "%s%s", i == 0 ? "" : "  ", word);
        }
        return g_string_free(text, FALSE);
}

static const struct {
        const char *label;
        const char *key;
        FormatField format; /* NULL: optional dependencies, a line each */
        Shown shown;
} fields[] = {
        {N_("Repository"), "repository", format_text, SHOWN_ALL},
        {N_("Name"), "name", format_text, SHOWN_ALL},
        {N_("Version"), "version", format_text, SHOWN_ALL},
        {N_("Available"), "available", format_text, SHOWN_INSTALLED},
        {N_("Installed"), "installed-version", format_text, SHOWN_AUR},
        {N_("Description"), "description", format_text, SHOWN_ALL},
        {N_("Architecture"), "architecture", format_text, SHOWN_BOTH},
        {N_("URL"), "url", format_text, SHOWN_ALL},
        {N_("Licenses"), "licenses", format_list, SHOWN_ALL},
        {N_("Groups"), "groups", format_list, SHOWN_ALL},
        {N_("Provides"), "provides", format_list, SHOWN_ALL},
        {N_("Depends On"), "depends", format_list, SHOWN_ALL},
        {N_("Make Deps"), "makedepends", format_list, SHOWN_AUR},
        {N_("Check Deps"), "checkdepends", format_list, SHOWN_AUR},
        {N_("Optional Deps"), "optdepends", NULL, SHOWN_ALL},
        {N_("Required By"), "required-by", format_list, SHOWN_INSTALLED},
        {N_("Optional For"), "optional-for", format_list, SHOWN_INSTALLED},
        {N_("Conflicts With"), "conflicts", format_list, SHOWN_ALL},
        {N_("Replaces"), "replaces", format_list, SHOWN_ALL},
        {N_("Download Size"), "download-size", format_size, SHOWN_AVAILABLE},
        {N_("Installed Size"), "installed-size", format_size, SHOWN_BOTH},
        {N_("Packager"), "packager", format_text, SHOWN_BOTH},
        {N_("Build Date"), "build-date", format_date, SHOWN_BOTH},
        {N_("Install Date"), "install-date", format_date, SHOWN_INSTALLED},
        {N_("Install Reason"), "install-reason", format_reason, SHOWN_INSTALLED},
        {N_("Install Script"), "install-script", format_yes_no, SHOWN_INSTALLED},
        {N_("Validated By"), "validation", format_validation, SHOWN_BOTH},
        {N_("Package Base"), "base", format_text, SHOWN_AUR},
        {N_("Keywords"), "keywords", format_list, SHOWN_AUR},
        {N_("Maintainer"), "maintainer", format_text, SHOWN_THERE},
        {N_("Formerly"), "maintainer-before", format_text, SHOWN_THERE},
        {N_("Co-Maintainers"), "co-maintainers", format_list, SHOWN_THERE},
        {N_("Submitter"), "submitter", format_text, SHOWN_AUR},
        {N_("Votes"), "votes", format_count, SHOWN_THERE},
        {N_("Popularity"), "popularity", format_popularity, SHOWN_THERE},
        {N_("Submitted"), "first-submitted", format_date, SHOWN_AUR},
        {N_("Last Modified"), "last-modified", format_date, SHOWN_THERE},
        {N_("Out Of Date"), "out-of-date", format_flagged, SHOWN_THERE},
};

static guint label_width(void)
{
        guint width = 0;

        for (gsize i = 0; i < G_N_ELEMENTS(fields); i++)
                width = MAX(width, omg_output_width(_(fields[i].label)));
        return width;
}

static gboolean is_satisfied(JsonArray *satisfied, const char *dependency)
{
        for (guint i = 0; satisfied && i < json_array_get_length(satisfied); i++)
                if (g_str_equal(omg_json_get_element(satisfied, i), dependency))
                        return TRUE;
        return FALSE;
}

static void append_optional(OmgOutput *out, JsonObject *object, const char *key, const char *label,
                            guint width)
{
        JsonArray *array = omg_json_get_array(object, key);
        JsonArray *satisfied = omg_json_get_array(object, "optdepends-installed");
        guint length = array ? json_array_get_length(array) : 0;

        if (length == 0)
                omg_output_append_field(out, label, width, _("None"));
        for (guint i = 0; i < length; i++) {
                const char *dependency = omg_json_get_element(array, i);
                g_autofree char *value =
                        is_satisfied(satisfied, dependency)
                                ? g_strdup_printf("%s [%s]", dependency, _("installed"))
                                : g_strdup(dependency);
                if (i == 0) {
                        omg_output_append_field(out, label, width, value);
                        continue;
                }
                omg_output_append_format(out, "%*s", (int)width + 3, "");
                omg_output_append_wrapped(out, value, width + 3, width + 3);
                omg_output_append_format(out, "\n");
        }
}

/* The installed package as an object of its own, with what only the outer one knows. */
static JsonObject *make_installed(JsonObject *package, JsonObject *installed)
{
        JsonObject *aur = omg_json_get_object(package, "aur");
        const char *available = omg_json_get_string(aur ? aur : package, "version");
        const char *repository = omg_json_get_string(package, "repository");

        if (repository)
                json_object_set_string_member(installed, "repository", repository);
        if (available && g_strcmp0(available, omg_json_get_string(installed, "version")) != 0)
                json_object_set_string_member(installed, "available", available);
        return installed;
}

/* Left out where they say nothing. */
static gboolean is_optional(const char *key)
{
        return g_str_equal(key, "available") || g_str_equal(key, "installed-version") ||
               g_str_equal(key, "maintainer-before");
}

static void append_fields(OmgOutput *out, JsonObject *object, Shown shown)
{
        guint width = label_width();

        for (gsize i = 0; i < G_N_ELEMENTS(fields); i++) {
                const char *label = _(fields[i].label);
                if (!(fields[i].shown & shown) ||
                    (is_optional(fields[i].key) && !json_object_has_member(object, fields[i].key)))
                        continue;
                if (!fields[i].format) {
                        append_optional(out, object, fields[i].key, label, width);
                        continue;
                }
                g_autofree char *value = fields[i].format(object, fields[i].key);
                omg_output_append_field(out, label, width, value);
        }
}

void omg_info_text_append(OmgOutput *out, JsonObject *package)
{
        JsonObject *installed = omg_json_get_object(package, "installed");
        JsonObject *aur = omg_json_get_object(package, "aur");

        if (installed)
                append_fields(out, make_installed(package, installed), SHOWN_INSTALLED);
        else if (g_strcmp0(omg_json_get_string(package, "repository"), "aur") == 0)
                append_fields(out, package, SHOWN_AUR);
        else
                append_fields(out, package, SHOWN_AVAILABLE);
        if (installed && aur)
                append_fields(out, aur, SHOWN_STATE);
        omg_output_append_format(out, "\n");
}
