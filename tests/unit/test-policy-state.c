/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which policy is in force after which look. */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "base/error.h"
#include "sources/policy-state.h"

typedef struct {
        char *dir;
        char *path;
} Fixture;

static void set_up(Fixture *f, gconstpointer unused)
{
        f->dir = g_dir_make_tmp("omg-policy-XXXXXX", NULL);
        f->path = g_build_filename(f->dir, "policy.toml", NULL);
}

static void tear_down(Fixture *f, gconstpointer unused)
{
        (void)g_unlink(f->path);
        g_assert_cmpint(g_rmdir(f->dir), ==, 0);
        g_free(f->path);
        g_free(f->dir);
}

static OmgPolicyState *look(Fixture *f, const char *text, const OmgPolicyState *before)
{
        if (text)
                g_assert_true(g_file_set_contents(f->path, text, -1, NULL));
        else
                (void)g_unlink(f->path);
        return omg_policy_state_new(f->path, before);
}

/* A broken file keeps the last good one, over several looks; without a file the presets count. */
static void test_last_good(Fixture *f, gconstpointer unused)
{
        g_autoptr(OmgPolicyState) none = look(f, NULL, NULL);
        g_autoptr(OmgPolicyState) good = look(f, "allow_aur = false\n", none);
        g_autoptr(OmgPolicyState) broken = look(f, "allow_aur = maybe\n", good);
        g_autoptr(OmgPolicyState) still = look(f, "allow_aur = \n", broken);
        g_autoptr(OmgPolicyState) gone = look(f, NULL, still);
        g_autoptr(GError) error = NULL;

        g_assert_cmpint(none->status, ==, OMG_POLICY_NONE);
        g_assert_true(none->policy->allow_aur);
        g_assert_cmpint(good->status, ==, OMG_POLICY_OK);
        g_assert_cmpstr(good->message, ==, "");
        g_assert_false(good->policy->allow_aur);
        g_assert_cmpint(still->status, ==, OMG_POLICY_INVALID);
        g_assert_nonnull(strstr(broken->message, "line 1, column 13: "));
        g_assert_true(broken->policy == good->policy && still->policy == good->policy);
        g_assert_true(omg_policy_state_get_policy(still, &error) == good->policy);
        g_assert_no_error(error);
        g_assert_cmpint(gone->status, ==, OMG_POLICY_NONE);
        g_assert_true(gone->policy->allow_aur);
}

/* A file that was broken from the start is not "no policy": nothing can be said. */
static void test_never_good(Fixture *f, gconstpointer unused)
{
        g_autoptr(OmgPolicyState) broken = look(f, "allow_aur = maybe\n", NULL);
        g_autoptr(OmgPolicyState) still = look(f, "allow_aur = perhaps\n", broken);
        g_autoptr(GError) error = NULL;

        g_assert_cmpint(still->status, ==, OMG_POLICY_INVALID);
        g_assert_null(still->policy);
        g_assert_null(omg_policy_state_get_policy(still, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_POLICY_INVALID);
        g_assert_cmpstr(error->message, ==, still->message);
}

static void test_equal(Fixture *f, gconstpointer unused)
{
        g_autoptr(OmgPolicyState) none = look(f, NULL, NULL);
        g_autoptr(OmgPolicyState) empty = look(f, "", NULL);
        g_autoptr(OmgPolicyState) same = look(f, "", none);
        g_autoptr(OmgPolicyState) other = look(f, "# comment\n", none);
        g_autoptr(OmgPolicyState) broken = look(f, "x\n", NULL);
        g_autoptr(OmgPolicyState) kept = look(f, "x\n", same);
        g_autoptr(OmgPolicyState) elsewhere = look(f, "\nx\n", same);

        g_assert_true(omg_policy_state_equal(empty, same));
        g_assert_false(omg_policy_state_equal(none, empty));
        g_assert_false(omg_policy_state_equal(same, other));
        g_assert_false(omg_policy_state_equal(broken, kept));
        g_assert_false(omg_policy_state_equal(kept, elsewhere));
        g_assert_false(omg_policy_state_equal(NULL, none));
}

static void test_names(void)
{
        g_assert_cmpstr(omg_policy_status_get_name(OMG_POLICY_NONE), ==, "none");
        g_assert_cmpstr(omg_policy_status_get_name(OMG_POLICY_OK), ==, "ok");
        g_assert_cmpstr(omg_policy_status_get_name(OMG_POLICY_INVALID), ==, "invalid");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);

        g_test_add("/policy-state/last-good", Fixture, NULL, set_up, test_last_good, tear_down);
        g_test_add("/policy-state/never-good", Fixture, NULL, set_up, test_never_good, tear_down);
        g_test_add("/policy-state/equal", Fixture, NULL, set_up, test_equal, tear_down);
        g_test_add_func("/policy-state/names", test_names);
        return g_test_run();
}
