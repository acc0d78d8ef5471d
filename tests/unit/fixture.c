/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fixture.h"

#include <string.h>

static guint find_repository(GPtrArray *names, OmgLayerBuilder *builder, const char *name)
{
        for (guint i = 0; i < names->len; i++)
                if (strcmp(g_ptr_array_index(names, i), name) == 0)
                        return i;
        g_ptr_array_add(names, (gpointer)name);
        omg_layer_builder_add_repository(builder, name);
        return names->len - 1;
}

static void set_relations(OmgPackage *package, const char *text)
{
        static const struct {
                char letter;
                OmgField field;
        } kinds[] = {
                {'P', OMG_FIELD_PROVIDES},       {'D', OMG_FIELD_DEPENDS},
                {'O', OMG_FIELD_OPTDEPENDS},     {'M', OMG_FIELD_MAKEDEPENDS},
                {'C', OMG_FIELD_CHECKDEPENDS},   {'L', OMG_FIELD_LICENSES},
                {'V', OMG_FIELD_VALIDATION},     {'X', OMG_FIELD_CONFLICTS},
                {'K', OMG_FIELD_CO_MAINTAINERS},
        };
        /* Not g_strsplit(): with strict string checks that takes the square of a long text. */
        g_auto(GStrv) words = g_strsplit_set(text, " ", -1);

        for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
                g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
                for (char **w = words; *w; w++)
                        if ((*w)[0] == kinds[i].letter && (*w)[1] == ':' &&
                            g_strdelimit(*w, "_", kinds[i].letter == 'L' ? ' ' : '_'))
                                g_strv_builder_add(builder, *w + 2);
                omg_package_take_strv(package, kinds[i].field, g_strv_builder_end(builder));
        }
}

/* "I:1700000000": the first word of that letter as a number. */
static void set_number(OmgPackage *package, OmgField field, const char *text, const char *letter)
{
        const char *at = text ? strstr(text, letter) : NULL;

        if (at)
                omg_package_set_number(package, field,
                                       g_ascii_strtoull(at + strlen(letter), NULL, 10));
}

static void set_aur_fields(OmgPackage *package, const FixturePackage *p)
{
        omg_package_set_real(package, OMG_FIELD_POPULARITY, p->popularity);
        omg_package_set_number(package, OMG_FIELD_VOTES, p->votes);
        omg_package_set_string(package, OMG_FIELD_MAINTAINER, p->maintainer);
        if (p->flags & OMG_PACKAGE_OUT_OF_DATE)
                omg_package_set_number(package, OMG_FIELD_OUT_OF_DATE, 1600000000);
}

GBytes *fixture_layer_bytes(OmgLayerKind kind, const FixturePackage *packages)
{
        g_autoptr(OmgLayerBuilder) builder = omg_layer_builder_new(kind);
        g_autoptr(GPtrArray) names = g_ptr_array_new();
        g_autoptr(GBytes) stamps = g_bytes_new_static("stamps", 6);
        g_autoptr(GError) error = NULL;

        for (const FixturePackage *p = packages; p->name; p++) {
                g_autoptr(OmgPackage) package =
                        omg_package_new(p->name, p->version, p->description);
                package->repository =
                        find_repository(names, builder, p->repository ? p->repository : "local");
                package->flags = p->flags;
                if (p->groups)
                        omg_package_take_strv(package, OMG_FIELD_GROUPS,
                                              g_strsplit(p->groups, " ", -1));
                if (p->replaces)
                        omg_package_take_strv(package, OMG_FIELD_REPLACES,
                                              g_strsplit(p->replaces, " ", -1));
                if (p->relations)
                        set_relations(package, p->relations);
                omg_package_set_string(package, OMG_FIELD_BASE, p->base);
                set_number(package, OMG_FIELD_INSTALL_DATE, p->relations, "I:");
                set_number(package, OMG_FIELD_LAST_MODIFIED, p->relations, "T:");
                if (kind == OMG_LAYER_AUR)
                        set_aur_fields(package, p);
                else
                        omg_package_set_number(package, OMG_FIELD_INSTALLED_SIZE, 100);
                g_assert_true(omg_layer_builder_add_package(builder, package, &error));
        }
        GBytes *bytes = omg_layer_builder_finish(builder, stamps, 1000000, &error);
        g_assert_no_error(error);
        return bytes;
}

OmgLayer *fixture_layer(OmgLayerKind kind, const FixturePackage *packages)
{
        g_autoptr(GBytes) bytes = fixture_layer_bytes(kind, packages);
        g_autoptr(GError) error = NULL;
        OmgLayer *layer = omg_layer_new_from_bytes(bytes, kind, &error);

        g_assert_no_error(error);
        return layer;
}

GBytes *fixture_join_pieces(GPtrArray *pieces)
{
        GByteArray *file = g_byte_array_new();

        for (guint i = 0; i < pieces->len; i++) {
                gsize size;
                gconstpointer data = g_bytes_get_data(g_ptr_array_index(pieces, i), &size);
                if (size > 0)
                        g_byte_array_append(file, data, size);
        }
        return g_byte_array_free_to_bytes(file);
}

GBytes *fixture_files_bytes(OmgLayerKind kind, const FixtureFiles *packages)
{
        g_autoptr(OmgFilesLayerBuilder) builder = omg_files_layer_builder_new(kind, NULL);
        g_autoptr(GBytes) stamps = g_bytes_new_static("stamps", 6);
        g_autoptr(GError) error = NULL;
        const char *repository = NULL;

        for (const FixtureFiles *p = packages; p->name; p++) {
                const char *name = p->repository ? p->repository : "local";
                g_auto(GStrv) paths = g_strsplit(p->paths ?: "", " ", -1);
                if (g_strcmp0(name, repository) != 0)
                        omg_files_layer_builder_add_repository(builder, name);
                repository = name;
                if (!p->paths) {
                        omg_files_layer_builder_set_error(builder, OMG_REPOSITORY_ABSENT,
                                                          OMG_ERROR_DATABASE_MISSING, p->name);
                        continue;
                }
                g_assert_true(omg_files_layer_builder_begin_package(builder, p->name, p->version,
                                                                    &error));
                for (char **s = paths; *s; s++)
                        g_assert_true(
                                omg_files_layer_builder_add_path(builder, *s, strlen(*s), &error));
                omg_files_layer_builder_end_package(builder);
        }
        g_autoptr(GPtrArray) pieces =
                omg_files_layer_builder_finish(builder, stamps, 1000000, &error);
        g_assert_no_error(error);
        return fixture_join_pieces(pieces);
}

OmgFilesLayer *fixture_files(OmgLayerKind kind, const FixtureFiles *packages)
{
        g_autoptr(GBytes) bytes = fixture_files_bytes(kind, packages);
        g_autoptr(GError) error = NULL;
        OmgFilesLayer *layer = omg_files_layer_new_from_bytes(bytes, kind, &error);

        g_assert_no_error(error);
        return layer;
}

static gboolean read_text(const char *path, GBytes **ret_bytes, GError **error, void *userdata)
{
        *ret_bytes = g_bytes_new_static(userdata, strlen(userdata));
        return TRUE;
}

static GStrv no_glob(const char *pattern, GError **error, void *userdata)
{
        return NULL;
}

OmgPacmanConf *fixture_conf(const char *text)
{
        OmgPacmanConfReader reader = {read_text, no_glob, (void *)text};
        g_autoptr(GError) error = NULL;
        OmgPacmanConf *conf =
                omg_pacman_conf_load_with(&reader, "/etc/pacman.conf", NULL, NULL, &error);

        g_assert_no_error(error);
        return conf;
}

OmgSnapshot *fixture_system_snapshot(const FixtureSystem *system)
{
        static const OmgLayerKind kinds[] = {
                [OMG_FILES_LOCAL] = OMG_LAYER_LOCAL_FILES,
                [OMG_FILES_REPO] = OMG_LAYER_SYNC_FILES,
        };
        g_autoptr(OmgLayer) sync =
                system->sync ? fixture_layer(OMG_LAYER_SYNC, system->sync) : NULL;
        g_autoptr(OmgLayer) local =
                system->local ? fixture_layer(OMG_LAYER_LOCAL, system->local) : NULL;
        g_autoptr(OmgLayer) aur = system->aur ? fixture_layer(OMG_LAYER_AUR, system->aur) : NULL;
        OmgSnapshotParts parts = {
                .sync = sync,
                .local = local,
                .aur = aur,
                .aur_feed = {.is_on = aur != NULL, .good_usec = aur ? 900000 : 0},
                .conf = fixture_conf(system->conf),
                .as_of_usec = 1000000,
        };

        for (guint i = 0; i < OMG_FILES_N; i++)
                if (system->files[i])
                        parts.files[i].layer = fixture_files(kinds[i], system->files[i]);
        OmgSnapshot *snapshot = omg_snapshot_new(&parts, 1);
        for (guint i = 0; i < OMG_FILES_N; i++)
                omg_files_layer_unref(parts.files[i].layer);
        return snapshot;
}

OmgSnapshot *fixture_snapshot(const FixturePackage *sync, const FixturePackage *local,
                              const char *conf)
{
        return fixture_system_snapshot(
                &(FixtureSystem){.sync = sync, .local = local, .conf = conf});
}
