/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which policy is in force after which look. */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "sources/policy-state.h"

typedef struct {
        char *dir;
        char *path;
        char *copy;
} Fixture;

static void set_up(Fixture *f, gconstpointer unused)
{
        f->dir = g_dir_make_tmp("omg-policy-XXXXXX", NULL);
        f->path = g_build_filename(f->dir, "policy.toml", NULL);
        f->copy = g_build_filename(f->dir, "copy", NULL);
}

static void tear_down(Fixture *f, gconstpointer unused)
{
        (void)g_unlink(f->path);
        (void)g_unlink(f->copy);
        g_assert_cmpint(g_rmdir(f->dir), ==, 0);
        g_free(f->path);
        g_free(f->copy);
        g_free(f->dir);
}

static OmgPolicyState *look(Fixture *f, const char *text, const OmgPolicyState *before)
{
        if (text)
                g_assert_true(g_file_set_contents(f->path, text, -1, NULL));
        else
                (void)g_unlink(f->path);
        return omg_policy_state_new(f->path, NULL, before);
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

/* The place of a mistake, where it has one. */
static void test_place(Fixture *f, gconstpointer unused)
{
        g_autoptr(OmgPolicyState) broken = look(f, "# x\n\nallow_aur = maybe\n", NULL);
        g_autoptr(OmgPolicyState) unreadable = omg_policy_state_new(f->dir, NULL, broken);
        g_autoptr(OmgPolicyState) good = look(f, "", broken);

        g_assert_cmpuint(broken->line, ==, 3);
        g_assert_cmpuint(broken->column, ==, 13);
        g_assert_cmpint(unreadable->status, ==, OMG_POLICY_INVALID);
        g_assert_cmpuint(unreadable->line, ==, 0);
        g_assert_cmpuint(unreadable->column, ==, 0);
        g_assert_cmpuint(good->line, ==, 0);
}

static void keep(Fixture *f, const OmgPolicyState *state)
{
        g_autoptr(GError) error = NULL;

        g_assert_true(omg_policy_state_keep(state, f->copy, &error));
        g_assert_no_error(error);
}

static OmgPolicyState *start_anew(Fixture *f, const char *text)
{
        g_assert_true(g_file_set_contents(f->path, text, -1, NULL));
        return omg_policy_state_new(f->path, f->copy, NULL);
}

/* The copy is for a first look at a broken file, and for nobody else to read. */
static void test_copy(Fixture *f, gconstpointer unused)
{
        g_autoptr(OmgPolicyState) good = look(f, "allow_aur = false # \xc3\xa4\n", NULL);
        g_autoptr(OmgPolicyState) broken = NULL, fine = NULL, still = NULL, nothing = NULL;
        struct stat st;

        keep(f, good);
        g_assert_cmpint(g_stat(f->copy, &st), ==, 0);
        g_assert_cmpint(st.st_mode & 0777, ==, 0600);
        broken = start_anew(f, "x\n");
        g_assert_true(broken->is_stored);
        g_assert_cmpstr(broken->policy->digest, ==, good->policy->digest);
        keep(f, broken);
        still = omg_policy_state_new(f->path, NULL, broken);
        g_assert_true(still->is_stored);
        g_assert_true(still->policy == broken->policy);
        fine = start_anew(f, "require_pgp = true\n");
        g_assert_false(fine->is_stored);
        g_assert_true(fine->policy->allow_aur);

        /* Once there was a look, it is over with the copy. */
        {
                g_autoptr(OmgPolicyState) never = look(f, "x\n", NULL);
                g_autoptr(OmgPolicyState) later = omg_policy_state_new(f->path, f->copy, never);
                g_assert_null(later->policy);
        }

        /* One that is damaged is none. */
        g_assert_true(g_file_set_contents(f->copy, "y\n", -1, NULL));
        nothing = start_anew(f, "x\n");
        g_assert_null(nothing->policy);
        g_assert_false(nothing->is_stored);
}

/* Without a file there is no copy; the same one is not written twice; a fault says where. */
static void test_keep(Fixture *f, gconstpointer unused)
{
        g_autoptr(OmgPolicyState) good = look(f, "", NULL);
        g_autoptr(OmgPolicyState) other = look(f, "# other\n", NULL);
        g_autoptr(OmgPolicyState) none = look(f, NULL, NULL);
        g_autoptr(GError) error = NULL;
        struct stat first, second;

        keep(f, none);
        keep(f, good);
        g_assert_cmpint(g_stat(f->copy, &first), ==, 0);
        keep(f, good);
        g_assert_cmpint(g_stat(f->copy, &second), ==, 0);
        g_assert_true(first.st_ino == second.st_ino && first.st_mtime == second.st_mtime);
        keep(f, other);
        g_assert_cmpint(g_stat(f->copy, &second), ==, 0);
        g_assert_cmpint(second.st_size, ==, 8);
        keep(f, none);
        g_assert_false(g_file_test(f->copy, G_FILE_TEST_EXISTS));

        g_assert_cmpint(g_mkdir(f->copy, 0700), ==, 0);
        g_assert_false(omg_policy_state_keep(good, f->copy, &error));
        g_assert_nonnull(strstr(error->message, f->copy));
        g_clear_error(&error);
        g_assert_false(omg_policy_state_keep(none, f->copy, &error));
        g_assert_nonnull(strstr(error->message, f->copy));
        g_assert_cmpint(g_rmdir(f->copy), ==, 0);
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
        g_test_add("/policy-state/place", Fixture, NULL, set_up, test_place, tear_down);
        g_test_add("/policy-state/copy", Fixture, NULL, set_up, test_copy, tear_down);
        g_test_add("/policy-state/keep", Fixture, NULL, set_up, test_keep, tear_down);
        g_test_add_func("/policy-state/names", test_names);
        return g_test_run();
}
