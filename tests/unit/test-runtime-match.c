/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Wishes beside installed versions. */

#include "engine/runtime-match.h"

static void add(GPtrArray *installed, OmgRuntimeSource source, const char *name,
                const char *version, const char *alias)
{
        g_autofree char *origin =
                g_strdup_printf("/%s/%s/%s", omg_runtime_source_words[source], name, version);
        OmgRuntime *runtime = omg_runtime_new(source, name, version, origin, "/bin");

        if (alias)
                g_ptr_array_add(runtime->aliases, g_strdup(alias));
        runtime->is_first = source == OMG_RUNTIME_PATH;
        g_ptr_array_add(installed, runtime);
}

static GPtrArray *make_installed(void)
{
        GPtrArray *installed = g_ptr_array_new_with_free_func((GDestroyNotify)omg_runtime_free);

        add(installed, OMG_RUNTIME_OMG, "node", "18.2.0", NULL);
        add(installed, OMG_RUNTIME_OMG, "node", "20.1.0", NULL);
        add(installed, OMG_RUNTIME_OMG, "node", "21.0.0-rc.1", NULL);
        add(installed, OMG_RUNTIME_OMG, "node", "0.3.4", NULL);
        add(installed, OMG_RUNTIME_RUSTUP, "rust", "1.81.0", "stable");
        add(installed, OMG_RUNTIME_RUSTUP, "rust", "", "mine");
        add(installed, OMG_RUNTIME_PATH, "node", "18.10.0", NULL);
        add(installed, OMG_RUNTIME_MISE, "node", "18.2.0", "lts");
        add(installed, OMG_RUNTIME_MISE, "node", "20.11.1", "20");
        add(installed, OMG_RUNTIME_MISE, "java", "temurin-21.0.2", NULL);
        add(installed, OMG_RUNTIME_MISE, "go", "1.20", NULL);
        add(installed, OMG_RUNTIME_MISE, "go", "1.20.2", NULL);
        return installed;
}

static const struct {
        OmgRuntimeSource source;
        const char *name;
        const char *wanted;
        const char *origin; /* NULL: nothing */
} cases[] = {
        {OMG_RUNTIME_FILE, "node", "20.1.0", "/omg/node/20.1.0"},
        {OMG_RUNTIME_FILE, "node", "18.2.0", "/omg/node/18.2.0"},
        {OMG_RUNTIME_MISE, "node", "18.2.0", "/mise/node/18.2.0"},
        {OMG_RUNTIME_MISE, "node", "20.1.0", NULL},
        {OMG_RUNTIME_FILE, "node", "lts", "/mise/node/18.2.0"},
        {OMG_RUNTIME_FILE, "node", "lts/iron", NULL},
        {OMG_RUNTIME_FILE, "node", "20", "/mise/node/20.11.1"},
        {OMG_RUNTIME_OMG, "node", "20", "/omg/node/20.1.0"},
        {OMG_RUNTIME_FILE, "node", "18", "/path/node/18.10.0"},
        {OMG_RUNTIME_FILE, "node", "1", NULL},
        {OMG_RUNTIME_FILE, "node", "2", NULL},
        {OMG_RUNTIME_FILE, "node", "22", NULL},
        {OMG_RUNTIME_FILE, "node", "latest", "/omg/node/21.0.0-rc.1"},
        {OMG_RUNTIME_FILE, "node", "*", "/omg/node/21.0.0-rc.1"},
        {OMG_RUNTIME_FILE, "node", "system", "/path/node/18.10.0"},
        {OMG_RUNTIME_FILE, "node", "path:/omg/node/0.3.4", "/omg/node/0.3.4"},
        {OMG_RUNTIME_FILE, "node", "path:/none", NULL},
        {OMG_RUNTIME_FILE, "java", "temurin-21", "/mise/java/temurin-21.0.2"},
        {OMG_RUNTIME_FILE, "java", "latest", NULL},
        {OMG_RUNTIME_MISE, "go", "1.20", "/mise/go/1.20"},
        {OMG_RUNTIME_MISE, "go", "prefix:1.20", "/mise/go/1.20.2"},
        {OMG_RUNTIME_FILE, "rust", "stable", "/rustup/rust/1.81.0"},
        {OMG_RUNTIME_FILE, "rust", "mine", "/rustup/rust/"},
        {OMG_RUNTIME_FILE, "rust", "1.81", "/rustup/rust/1.81.0"},
        {OMG_RUNTIME_FILE, "ruby", "latest", NULL},
        /* Ranges. */
        {OMG_RUNTIME_FILE, "node", ">=18", "/mise/node/20.11.1"},
        {OMG_RUNTIME_FILE, "node", ">=18 <20", "/path/node/18.10.0"},
        {OMG_RUNTIME_FILE, "node", ">= 18 < 20", "/path/node/18.10.0"},
        {OMG_RUNTIME_FILE, "node", ">18", "/mise/node/20.11.1"},
        {OMG_RUNTIME_FILE, "node", ">20", NULL},
        {OMG_RUNTIME_FILE, "node", "<=18", "/path/node/18.10.0"},
        {OMG_RUNTIME_FILE, "node", "<18", "/omg/node/0.3.4"},
        {OMG_RUNTIME_FILE, "node", "<18.2.1 >=1", "/omg/node/18.2.0"},
        {OMG_RUNTIME_FILE, "node", "^18.3", "/path/node/18.10.0"},
        {OMG_RUNTIME_FILE, "node", "^19", NULL},
        {OMG_RUNTIME_FILE, "node", "^0.3.1", "/omg/node/0.3.4"},
        {OMG_RUNTIME_FILE, "node", "^0.2", NULL},
        {OMG_RUNTIME_FILE, "node", "~18.2", "/omg/node/18.2.0"},
        {OMG_RUNTIME_FILE, "node", "~18.1", NULL},
        {OMG_RUNTIME_FILE, "node", "~20", "/mise/node/20.11.1"},
        {OMG_RUNTIME_FILE, "node", "=20.1", "/omg/node/20.1.0"},
        {OMG_RUNTIME_FILE, "node", "18.x", "/path/node/18.10.0"},
        {OMG_RUNTIME_FILE, "node", "16.x || 18.2.x", "/omg/node/18.2.0"},
        {OMG_RUNTIME_FILE, "node", "16||^20.2", "/mise/node/20.11.1"},
        {OMG_RUNTIME_FILE, "node", "18 - 20.1", "/omg/node/20.1.0"},
        {OMG_RUNTIME_FILE, "node", "17 - 18", "/path/node/18.10.0"},
        {OMG_RUNTIME_FILE, "node", ">=18 and more", NULL},
        {OMG_RUNTIME_FILE, "node", "||", "/mise/node/20.11.1"},
        {OMG_RUNTIME_FILE, "node", "!18", NULL},
        {OMG_RUNTIME_FILE, "node", ">=", NULL},
        {OMG_RUNTIME_FILE, "node", ">=99999999999999999999999", NULL},
        {OMG_RUNTIME_FILE, "node", "18 |", NULL},
        {OMG_RUNTIME_FILE, "node", "~18.2 | 20", NULL},
};

/* What each kind of wish comes to, and what it must not come to. */
static void test_match(void)
{
        g_autoptr(GPtrArray) installed = make_installed();

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                OmgRuntimeWish wish = {.source = cases[i].source,
                                       .name = (char *)cases[i].name,
                                       .wanted = (char *)cases[i].wanted};
                const OmgRuntime *found = omg_runtime_match(installed, &wish);

                g_test_message("case %" G_GSIZE_FORMAT ": %s", i, cases[i].wanted);
                g_assert_cmpstr(found ? found->origin : NULL, ==, cases[i].origin);
        }
}

/* What stands for a version itself when nothing matches. */
static void test_is_version(void)
{
        g_assert_true(omg_runtime_is_version("20"));
        g_assert_true(omg_runtime_is_version("1.82.0-nightly"));
        g_assert_false(omg_runtime_is_version("lts/iron"));
        g_assert_false(omg_runtime_is_version(">=18"));
        g_assert_false(omg_runtime_is_version("18.x"));
        g_assert_false(omg_runtime_is_version("18 || 20"));
        g_assert_false(omg_runtime_is_version(""));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/runtime-match/match", test_match);
        g_test_add_func("/runtime-match/is-version", test_is_version);
        return g_test_run();
}
