/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench-made.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "bench-common.h"
#include "store/layer-builder.h"

/* Measured on core, extra, multilib and a large third-party repository of 2022 (6,960 packages):
 * names of 13 bytes and 2.2 words, descriptions of 50 bytes and 7.8 words; of descriptions 22 % are
 * a dozen small words, half hold a word of the name. n words have 7.3 n^0.63 different ones in
 * descriptions and 3.4 n^0.75 in names (Heaps), and their frequencies fall as Zipf's: what follows
 * when a word that is not new is one drawn from all written before (Simon's model). 15,000 made
 * here have names of 15 bytes and descriptions of 48. */

#define OFFICIAL       15000u
#define MOST_WORD      24
#define COMMON_WORDS   1500
#define MOST_INSTALLED 1500u

/* Words of which most texts are made from the beginning. */
static const char *const seed_words =
        "linux system files client python tool module git open source desktop audio applications "
        "manager c application gnome c++ platform video implementation simple file using api qt "
        "framework server documentation kernel interface data support theme kde image network "
        "plugin editor gtk format text fast terminal web engine utility utilities tools font fonts "
        "program programs language libraries bindings perl java ruby rust go php lua support "
        "driver "
        "drivers package development common core generic plugins extension display window music "
        "player game http json xml database security encryption password command line shell remote "
        "local code compiler cross windows graphical lightweight free unicode dictionary protocol "
        "parser object test testing type async class functions time control build color access";

typedef struct {
        const char *text;
        double percent;
} Share;

static const Share small_words[] = {
        {"for", 5.8},   {"and", 3.0},   {"a", 2.9},    {"the", 1.9},  {"library", 1.8},
        {"to", 1.7},    {"of", 1.3},    {"with", 0.9}, {"in", 0.6},   {"an", 0.5},
        {"based", 0.5}, {"that", 0.45}, {"on", 0.43},  {"from", 0.4}, {"version", 0.4},
};

static const Share official_starts[] = {
        {"lib", 9.0},          {"python-", 12.0},  {"perl-", 5.0},  {"lib32-", 2.0},
        {"haskell-", 7.0},     {"ruby-", 2.0},     {"gnome-", 1.2}, {"xorg-", 0.8},
        {"qemu-", 0.5},        {"ttf-", 0.7},      {"xfce4-", 0.6}, {"vim-", 0.5},
        {"libreoffice-", 1.0}, {"firefox-", 0.9},  {"php-", 0.6},   {"qt5-", 0.6},
        {"qt6-", 0.6},         {"kde-", 0.4},      {"r-", 0.4},     {"go-", 0.3},
        {"texlive-", 0.3},     {"hunspell-", 0.3}, {"gst-", 0.3},   {"k", 2.0},
};

static const Share aur_starts[] = {
        {"python-", 11.0},
        {"perl-", 5.0},
        {"lib", 4.0},
        {"lib32-", 2.0},
        {"ruby-", 1.5},
        {"r-", 3.0},
        {"nodejs-", 1.5},
        {"mingw-w64-", 2.0},
        {"ttf-", 1.5},
        {"haskell-", 1.0},
        {"gnome-shell-extension-", 0.8},
        {"emacs-", 0.6},
        {"vim-", 1.0},
        {"php-", 1.0},
        {"python2-", 1.5},
        {"linux-", 1.0},
        {"otf-", 0.6},
        {"plasma5-", 0.6},
        {"go-", 0.5},
};

static const Share official_ends[] = {
        {"-docs", 1.5}, {"-tools", 0.7}, {"-utils", 0.5}, {"-common", 0.4}, {"-data", 0.4},
        {"-libs", 0.4}, {"-qt", 0.4},    {"-gtk", 0.3},   {"-cli", 0.3},    {"-headers", 0.2},
};

static const Share aur_ends[] = {
        {"-git", 22.0}, {"-bin", 11.0}, {"-appimage", 1.0}, {"-svn", 0.5},
        {"-dkms", 0.5}, {"-hg", 0.3},   {"-cli", 0.5},      {"-theme", 0.7},
};

/* Words written so far. */
typedef struct {
        GPtrArray *words;     /* the different ones */
        GArray *history;      /* guint32 into words, all in the order of writing */
        double factor, power; /* Heaps */
} Urn;

typedef struct {
        GRand *rand;
        GStringChunk *strings;
        GHashTable *known; /* all words, so that a new one is new */
        GHashTable *names; /* all names */
        GPtrArray *cores;  /* names without start and end */
        Urn name_words, description_words;
        GString *name, *description;
} Maker;

static void urn_init(Urn *urn, double factor, double power)
{
        urn->words = g_ptr_array_new();
        urn->history = g_array_new(FALSE, FALSE, sizeof(guint32));
        urn->factor = factor;
        urn->power = power;
}

static void urn_clear(Urn *urn)
{
        g_ptr_array_unref(urn->words);
        g_array_unref(urn->history);
}

/* One of the few that are written often, or NULL. */
static const char *draw_share(Maker *m, const Share *shares, gsize n)
{
        double at = g_rand_double(m->rand) * 100;

        for (gsize i = 0; i < n; i++)
                if ((at -= shares[i].percent) < 0)
                        return shares[i].text;
        return NULL;
}

#define DRAW_SHARE(m, shares) draw_share(m, shares, G_N_ELEMENTS(shares))

/* Earlier ones of a list more often than later ones, as with letters of a language. */
static const char *draw_skewed(Maker *m, const char *const *list, guint n)
{
        double u = g_rand_double(m->rand);
        return list[(guint)(n * u * u)];
}

static const char *invent_word(Maker *m)
{
        static const char *const starts[] = {"s", "c",  "p",  "m",  "t",  "r",  "l",  "d",  "b",
                                             "f", "n",  "g",  "h",  "st", "tr", "w",  "v",  "ch",
                                             "k", "pr", "gr", "cl", "sh", "j",  "br", "th", "z",
                                             "x", "y",  "qu", "ph", "fl", "dr", "sc", "gl", "kn"};
        static const char *const middles[] = {"e", "a", "i", "o", "u", "ea", "io", "y", "ou", "ee"};
        static const char *const ends[] = {"r", "n",  "t",  "s",   "l",  "d",  "m", "c",
                                           "x", "st", "nt", "ing", "er", "ck", "g", "p",
                                           "k", "b",  "ng", "z",   "ss", "f"};
        /* The first words are those that come most often, and such are short. */
        gboolean common = g_hash_table_size(m->known) < COMMON_WORDS;
        for (;;) {
                char word[MOST_WORD * 2] = "";
                double u = g_rand_double(m->rand) * (common ? 0.6 : 1);
                guint syllables = u < 0.2 ? 1 : u < 0.55 ? 2 : u < 0.88 ? 3 : 4;
                for (guint i = 0; i < syllables; i++) {
                        (void)g_strlcat(word, draw_skewed(m, starts, G_N_ELEMENTS(starts)),
                                        sizeof(word));
                        (void)g_strlcat(word, draw_skewed(m, middles, G_N_ELEMENTS(middles)),
                                        sizeof(word));
                        if (g_rand_double(m->rand) < (i + 1 < syllables ? 0.2 : 0.6))
                                (void)g_strlcat(word, draw_skewed(m, ends, G_N_ELEMENTS(ends)),
                                                sizeof(word));
                }
                if (strlen(word) <= MOST_WORD && !g_hash_table_contains(m->known, word)) {
                        char *kept = g_string_chunk_insert(m->strings, word);
                        (void)g_hash_table_add(m->known, kept);
                        return kept;
                }
        }
}

static void urn_put(Urn *urn, const char *word)
{
        guint32 index = urn->words->len;

        g_ptr_array_add(urn->words, (gpointer)word);
        g_array_append_val(urn->history, index);
}

static const char *urn_draw(Maker *m, Urn *urn)
{
        guint n = urn->history->len;

        if (n == 0 || urn->words->len < urn->factor * pow(n, urn->power)) {
                urn_put(urn, invent_word(m));
                return g_ptr_array_index(urn->words, urn->words->len - 1);
        }
        guint32 index = g_array_index(urn->history, guint32,
                                      (guint)g_rand_int_range(m->rand, 0, (gint32)n));
        g_array_append_val(urn->history, index);
        return g_ptr_array_index(urn->words, index);
}

static void maker_init(Maker *m)
{
        g_auto(GStrv) words = g_strsplit(seed_words, " ", -1);

        *m = (Maker){
                .rand = g_rand_new_with_seed(7),
                .strings = g_string_chunk_new(1 << 16),
                .known = g_hash_table_new(g_str_hash, g_str_equal),
                .names = g_hash_table_new(g_str_hash, g_str_equal),
                .cores = g_ptr_array_new(),
                .name = g_string_new(NULL),
                .description = g_string_new(NULL),
        };
        urn_init(&m->name_words, 3.4, 0.75);
        urn_init(&m->description_words, 7.3, 0.63);
        for (char **word = words; *word; word++) {
                char *kept = g_string_chunk_insert_const(m->strings, *word);
                (void)g_hash_table_add(m->known, kept);
                urn_put(&m->description_words, kept);
                if (g_rand_int_range(m->rand, 0, 3) == 0)
                        urn_put(&m->name_words, kept);
        }
}

static void maker_clear(Maker *m)
{
        g_rand_free(m->rand);
        g_string_chunk_free(m->strings);
        g_hash_table_unref(m->known);
        g_hash_table_unref(m->names);
        g_ptr_array_unref(m->cores);
        urn_clear(&m->name_words);
        urn_clear(&m->description_words);
        (void)g_string_free(m->name, TRUE);
        (void)g_string_free(m->description, TRUE);
}

static const char *draw_core(Maker *m, gboolean official)
{
        double u = g_rand_double(m->rand);
        g_autoptr(GString) core = g_string_new(NULL);

        /* Many packages of the AUR are builds of others, and families share their stem. */
        if (m->cores->len > 0 && u < (official ? 0.15 : 0.25))
                return g_ptr_array_index(
                        m->cores, (guint)g_rand_int_range(m->rand, 0, (gint32)m->cores->len));
        guint n = g_rand_double(m->rand) < 0.55 ? 1 : g_rand_double(m->rand) < 0.8 ? 2 : 3;
        for (guint i = 0; i < n; i++) {
                if (i > 0)
                        g_string_append_c(core, '-');
                g_string_append(core, urn_draw(m, &m->name_words));
        }
        char *kept = g_string_chunk_insert(m->strings, core->str);
        g_ptr_array_add(m->cores, kept);
        return kept;
}

static void make_name(Maker *m, gboolean official)
{
        const char *start = official ? DRAW_SHARE(m, official_starts) : DRAW_SHARE(m, aur_starts);
        const char *end = official ? DRAW_SHARE(m, official_ends) : DRAW_SHARE(m, aur_ends);

        g_string_printf(m->name, "%s%s", start ? start : "", draw_core(m, official));
        while (m->name->len < 2 || g_hash_table_contains(m->names, m->name->str))
                g_string_append_printf(m->name, "-%s", urn_draw(m, &m->name_words));
        gsize len = m->name->len;
        g_string_append(m->name, end ? end : "");
        if (g_hash_table_contains(m->names, m->name->str))
                g_string_truncate(m->name, len);
        (void)g_hash_table_add(m->names, g_string_chunk_insert(m->strings, m->name->str));
}

static void make_description(Maker *m)
{
        guint n = 4 + (guint)(-3.8 * log(1 - g_rand_double(m->rand)));
        g_auto(GStrv) own = g_strsplit(m->name->str, "-", -1);
        guint n_own = g_strv_length(own);

        g_string_truncate(m->description, 0);
        for (guint i = 0; i < n; i++) {
                const char *word = DRAW_SHARE(m, small_words);
                if (!word && g_rand_double(m->rand) < 0.1)
                        word = own[g_rand_int_range(m->rand, 0, (gint32)n_own)];
                if (!word)
                        word = urn_draw(m, &m->description_words);
                if (i > 0)
                        g_string_append_c(m->description, ' ');
                g_string_append(m->description, word);
        }
        m->description->str[0] = g_ascii_toupper(m->description->str[0]);
        if (g_str_has_prefix(m->name->str, "lib32-"))
                g_string_append(m->description, " (32-bit)");
}

/* The layer as omgd has it: a file in its own map. */
static OmgLayer *map_layer(GBytes *bytes, OmgLayerKind kind)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *path = NULL;
        gsize size;
        const char *data = g_bytes_get_data(bytes, &size);
        int fd = g_file_open_tmp("omg-bench-XXXXXX", &path, &error);

        if (fd < 0 || !g_file_set_contents(path, data, (gssize)size, &error) ||
            g_chmod(path, 0600) < 0)
                g_error("%s", error ? error->message : path);
        (void)close(fd);
        OmgLayer *layer = omg_layer_open(path, kind, &error);
        (void)g_remove(path);
        if (!layer)
                g_error("%s", error->message);
        return layer;
}

static guint get_repository(guint i, guint n)
{
        guint official = MIN(n, OFFICIAL), ends = MAX(official / 50, 1);

        return i < ends ? 0 : i < official - ends ? 1 : 2;
}

/* Few are popular, most are not at all. */
static void set_popularity(Maker *m, OmgPackage *package)
{
        double votes = 1 / pow(1 - g_rand_double(m->rand), 0.9) - 1;

        omg_package_set_number(package, OMG_FIELD_VOTES, (guint64)MIN(votes, 3000));
        omg_package_set_real(package, OMG_FIELD_POPULARITY,
                             MIN(votes, 3000) * g_rand_double(m->rand) * 0.02);
}

static void add(OmgLayerBuilder *builder, Maker *m, guint repository, gboolean is_aur)
{
        g_autoptr(OmgPackage) package =
                omg_package_new(m->name->str, "1.2.3-1", m->description->str);
        g_autoptr(GError) error = NULL;

        package->repository = (guint16)repository;
        if (is_aur)
                set_popularity(m, package);
        if (!omg_layer_builder_add_package(builder, package, &error))
                g_error("%s", error->message);
}

static OmgLayer *finish(OmgLayerBuilder *builder, OmgLayerKind kind, gsize *ret_size)
{
        g_autoptr(GBytes) stamps = g_bytes_new_static("", 0);
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) bytes = omg_layer_builder_finish(builder, stamps, 1, &error);

        if (!bytes)
                g_error("%s", error->message);
        *ret_size += g_bytes_get_size(bytes);
        return map_layer(bytes, kind);
}

static gboolean read_conf(const char *path, GBytes **ret_bytes, GError **error, void *userdata)
{
        static const char text[] = "[options]\n[core]\n[extra]\n[multilib]\n";

        *ret_bytes = g_bytes_new_static(text, sizeof(text) - 1);
        return TRUE;
}

/* Names of all, a tenth of which is installed. */
static void fill(Maker *m, guint n, OmgLayerBuilder *sync, OmgLayerBuilder *aur,
                 OmgLayerBuilder *local, guint64 *spent)
{
        for (guint i = 0; i < n; i++) {
                gboolean official = i < OFFICIAL;
                make_name(m, official);
                make_description(m);
                guint64 start = bench_now_ns();
                add(official ? sync : aur, m, official ? get_repository(i, n) : 0, !official);
                *spent += bench_now_ns() - start;
                if (i % 10 == 0 && i < MOST_INSTALLED * 10)
                        add(local, m, 0, FALSE);
        }
}

OmgSnapshot *bench_made_snapshot(guint n, double *ret_seconds, gsize *ret_size)
{
        static const char *const repositories[] = {"core", "extra", "multilib"};
        OmgPacmanConfReader reader = {.read_file = read_conf};
        g_autoptr(OmgLayerBuilder) sync = omg_layer_builder_new(OMG_LAYER_SYNC);
        g_autoptr(OmgLayerBuilder) aur = omg_layer_builder_new(OMG_LAYER_AUR);
        g_autoptr(OmgLayerBuilder) local = omg_layer_builder_new(OMG_LAYER_LOCAL);
        guint64 spent = 0;
        gsize local_size = 0;
        Maker m;

        maker_init(&m);
        for (gsize i = 0; i < G_N_ELEMENTS(repositories); i++)
                omg_layer_builder_add_repository(sync, repositories[i]);
        omg_layer_builder_add_repository(aur, "aur");
        omg_layer_builder_add_repository(local, "local");
        fill(&m, n, sync, aur, local, &spent);
        maker_clear(&m);

        *ret_size = 0;
        guint64 start = bench_now_ns();
        g_autoptr(OmgLayer) sync_layer = finish(sync, OMG_LAYER_SYNC, ret_size);
        g_autoptr(OmgLayer) aur_layer = n > OFFICIAL ? finish(aur, OMG_LAYER_AUR, ret_size) : NULL;
        spent += bench_now_ns() - start;
        g_autoptr(OmgLayer) local_layer = finish(local, OMG_LAYER_LOCAL, &local_size);
        OmgSnapshotParts parts = {
                .sync = sync_layer,
                .local = local_layer,
                .aur = aur_layer,
                .aur_feed.is_on = aur_layer != NULL,
                .conf = omg_pacman_conf_load_with(&reader, "/pacman.conf", NULL, NULL, NULL),
        };
        *ret_seconds = spent / 1e9;
        return omg_snapshot_new(&parts, 1);
}
