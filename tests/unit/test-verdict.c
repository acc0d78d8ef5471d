/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the policy says of packages: grades, and each reason to refuse one. */
#include <string.h>

#include "base/error.h"
#include "engine/verdict.h"
#include "fixture.h"

/* pacman's own default is Required; [odd] takes signatures of anybody, [lax] unsigned packages,
 * [off] looks at none. */
#define CONF                                     \
        "[options]\n"                            \
        "SigLevel = Required DatabaseOptional\n" \
        "[core]\n"                               \
        "[mine]\n"                               \
        "[extra]\n"                              \
        "SigLevel = Optional\n"                  \
        "[multilib]\n"                           \
        "SigLevel = Never\n"                     \
        "[testing]\n"                            \
        "SigLevel = Required TrustAll\n"

static const FixturePackage sync_packages[] = {
        {"core", "glibc", "2-1", "", NULL, NULL, 0, "L:LGPL-2.1-or-later"},
        {"core", "bash", "5-1", "", NULL, NULL, 0, "L:GPL-3.0-or-later"},
        {"core", "both", "1-1", "", NULL, NULL, 0, "L:MIT L:GPL-3.0-only"},
        {"core", "either", "1-1", "", NULL, NULL, 0, "L:MIT_AND_(GPL-3.0-only_OR_Zlib)"},
        {"core", "old-name", "1-1", "", NULL, NULL, 0, "L:LGPL2.1 L:custom:MIT"},
        {"core", "exception", "1-1", "", NULL, NULL, 0,
         "L:LGPL-2.1-or-later_WITH_Classpath-exception-2.0"},
        {"core", "built", "1-1", "", NULL, NULL, 0, "L:MIT"},
        {"mine", "tool", "1-1", "", NULL, NULL, 0, "L:MIT"},
        {"extra", "signed", "1-1", "", NULL, NULL, 0, "L:MIT V:sha256 V:pgp"},
        {"extra", "plain", "1-1", "", NULL, NULL, 0, "L:MIT V:sha256"},
        {"multilib", "lib32-glibc", "2-1", "", NULL, NULL, 0, "L:MIT V:pgp"},
        {"testing", "trusted", "1-1", "", NULL, NULL, 0, "L:MIT V:pgp"},
        {"extra", "twice", "1-1", "", NULL, NULL, 0, "L:MIT V:sha256"},
        {},
};
static const FixturePackage local_packages[] = {
        {NULL, "glibc", "1-1", "", NULL, NULL, 0, "L:LGPL-2.1-or-later V:pgp"},
        {NULL, "built", "1-1", "", NULL, NULL, 0, "L:MIT V:none"},
        {NULL, "tool", "1-1", "", NULL, NULL, 0, "L:MIT V:pgp"},
        {NULL, "yay-bin", "1-1", "", NULL, NULL, 0, "L:MIT V:none"},
        {NULL, "unlicensed", "1-1", "", NULL, NULL, 0, "V:pgp"},
        {NULL, "twice", "1-1", "", NULL, NULL, 0, "L:MIT V:pgp"},
        {},
};

typedef struct {
        OmgSnapshot *snapshot;
        OmgPolicy *policy;
        OmgJudge judge;
        guint64 local[1], sync[1];
} Fixture;

static void set_up(Fixture *f, gconstpointer text)
{
        g_autoptr(GBytes) bytes = g_bytes_new_static(text, strlen(text));
        g_autoptr(GError) error = NULL;

        f->snapshot = fixture_snapshot(sync_packages, local_packages, CONF);
        f->policy = omg_policy_parse("/p", bytes, &error);
        g_assert_no_error(error);
        f->judge = (OmgJudge){.snapshot = f->snapshot,
                              .policy = f->policy,
                              .vulnerable_local = f->local,
                              .vulnerable_sync = f->sync};
}

/* The same with the AUR, where two packages have other maintainers than when they were built. */
static void set_up_aur(Fixture *f, gconstpointer text)
{
        static const FixturePackage aur[] = {
                {"aur", "glibc", "9-1", "", .maintainer = "eve", .relations = "L:MIT"},
                {"aur", "yay-bin", "2-1", "", .maintainer = "eve", .relations = "L:MIT"},
                {"aur", "twice-git", "2-1", "", .relations = "L:MIT"},
                {"aur", "lib32-new", "2-1", "", .relations = "L:GPL-3.0-only"},
                {"aur", "new", "2-1", ""},
                {},
        };
        const FixtureSystem system = {
                .sync = sync_packages, .local = local_packages, .aur = aur, .conf = CONF};
        guint32 id;

        set_up(f, text);
        omg_snapshot_unref(f->snapshot);
        f->snapshot = fixture_system_snapshot(&system);
        f->judge.snapshot = f->snapshot;
        id = omg_layer_find(f->snapshot->local, "yay-bin", strlen("yay-bin"), NULL);
        f->snapshot->maintainer_marks =
                g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)omg_maintainer_mark_free);
        (void)g_hash_table_insert(f->snapshot->maintainer_marks, GUINT_TO_POINTER(id),
                                  omg_maintainer_mark_new("jguer", "eve"));
        id = omg_layer_find(f->snapshot->local, "unlicensed", strlen("unlicensed"), NULL);
        (void)g_hash_table_insert(f->snapshot->maintainer_marks, GUINT_TO_POINTER(id),
                                  omg_maintainer_mark_new("jguer", NULL));
}

static void tear_down(Fixture *f, gconstpointer unused)
{
        omg_policy_unref(f->policy);
        omg_snapshot_unref(f->snapshot);
}

static void mark(guint64 *bits, const OmgLayer *layer, const char *name)
{
        *bits |= (guint64)1 << omg_layer_find(layer, name, strlen(name), NULL);
}

/* "Grade word word: message; message" */
static char *judge(Fixture *f, const char *name, gboolean candidate)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(OmgVerdict) verdict = omg_verdict_new(&f->judge, name, candidate, &error);
        GString *text = g_string_new(NULL);
        guint n = 0;

        g_assert_no_error(error);
        g_assert_cmpstr(verdict->name, ==, name);
        g_string_append(text, verdict->is_known ? omg_grade_get_name(verdict->grade) : "?");
        for (OmgRefusal i = 0; i < OMG_N_REFUSALS; i++) {
                if (verdict->refusals & (1u << i)) {
                        g_string_append_printf(text, " %s", omg_refusal_get_word(i));
                        n++;
                }
        }
        g_assert_cmpuint(verdict->messages->len, ==, n);
        return g_string_free(text, FALSE);
}

static void assert_judged(Fixture *f, const char *name, gboolean candidate, const char *expected)
{
        g_autofree char *got = judge(f, name, candidate);

        g_assert_cmpstr(got, ==, expected);
}

static void assert_message(Fixture *f, const char *name, const char *expected)
{
        g_autoptr(OmgVerdict) verdict = omg_verdict_new(&f->judge, name, FALSE, NULL);

        g_assert_cmpuint(verdict->messages->len, ==, 1);
        g_assert_cmpstr(verdict->messages->pdata[0], ==, expected);
}

/* Of installed packages what pacman recorded counts, of others what SigLevel demands. */
static void test_grades(Fixture *f, gconstpointer unused)
{
        assert_judged(f, "glibc", FALSE, "Verified");
        assert_judged(f, "built", FALSE, "Community");
        assert_judged(f, "tool", FALSE, "Community");
        assert_judged(f, "yay-bin", FALSE, "Community");
        assert_judged(f, "bash", FALSE, "Verified");
        assert_judged(f, "tool", TRUE, "Community");
        assert_judged(f, "signed", FALSE, "Verified");
        assert_judged(f, "plain", FALSE, "Community");
        assert_judged(f, "lib32-glibc", FALSE, "Community");
        assert_judged(f, "trusted", FALSE, "Community");
        assert_judged(f, "twice", FALSE, "Verified");
        assert_judged(f, "twice", TRUE, "Community");
        assert_judged(f, "yay-bin", TRUE, "Community");
}

/* The presets ask for Community: a known vulnerability is less. */
static void test_risk(Fixture *f, gconstpointer unused)
{
        mark(f->local, f->snapshot->local, "glibc");
        mark(f->sync, f->snapshot->sync, "bash");
        assert_judged(f, "glibc", FALSE, "Risk grade");
        assert_message(f, "glibc", "its grade is Risk, and minimum_grade is Community");
        assert_judged(f, "glibc", TRUE, "Verified");
        assert_judged(f, "bash", FALSE, "Risk grade");
        assert_judged(f, "tool", FALSE, "Community");
}

/* Without an audit nothing is known to be vulnerable, and that is said. */
static void test_not_audited(Fixture *f, gconstpointer unused)
{
        g_autoptr(OmgVerdict) audited = omg_verdict_new(&f->judge, "glibc", FALSE, NULL);
        g_autoptr(OmgVerdict) verdict = NULL;
        g_autoptr(OmgVerdict) candidate = NULL;

        g_assert_true(audited->is_audited);
        f->judge.vulnerable_local = NULL;
        verdict = omg_verdict_new(&f->judge, "glibc", FALSE, NULL);
        candidate = omg_verdict_new(&f->judge, "glibc", TRUE, NULL);
        g_assert_false(verdict->is_audited);
        g_assert_true(verdict->is_installed);
        g_assert_cmpint(verdict->grade, ==, OMG_GRADE_VERIFIED);
        g_assert_true(candidate->is_audited);
        g_assert_false(candidate->is_installed);
}

static void test_minimum(Fixture *f, gconstpointer unused)
{
        assert_judged(f, "glibc", FALSE, "Verified");
        assert_judged(f, "tool", FALSE, "Community grade");
}

static void test_no_minimum(Fixture *f, gconstpointer unused)
{
        mark(f->local, f->snapshot->local, "glibc");
        assert_judged(f, "glibc", FALSE, "Risk");
}

/* Nothing checks provenance: nothing is Locked, whatever it is called. */
static void test_locked(Fixture *f, gconstpointer unused)
{
        assert_judged(f, "glibc", FALSE, "Verified grade");
        assert_judged(f, "bash", FALSE, "Verified grade");
        assert_message(f, "bash", "its grade is Verified, and minimum_grade is Locked");
}

static void test_aur(Fixture *f, gconstpointer unused)
{
        assert_judged(f, "yay-bin", FALSE, "Community aur");
        assert_message(f, "yay-bin", "it is in no repository, and allow_aur is false");
        assert_judged(f, "tool", FALSE, "Community");
        assert_judged(f, "built", FALSE, "Community");
}

static void test_pgp(Fixture *f, gconstpointer unused)
{
        assert_judged(f, "glibc", FALSE, "Verified");
        assert_judged(f, "tool", FALSE, "Community");
        assert_judged(f, "built", FALSE, "Community pgp");
        assert_message(f, "built", "its signature is not checked, and require_pgp is true");
        assert_judged(f, "built", TRUE, "Verified");
        assert_judged(f, "trusted", FALSE, "Community pgp");
}

static void test_bans(Fixture *f, gconstpointer unused)
{
        assert_judged(f, "lib32-glibc", FALSE, "Community banned");
        assert_message(f, "lib32-glibc", "banned_packages has \"lib32-*\"");
        assert_judged(f, "glibc", FALSE, "Verified");
}

/* All that a package lists must be allowed, one side of an OR; none at all is not known. */
static void test_licences(Fixture *f, gconstpointer unused)
{
        assert_judged(f, "glibc", FALSE, "Verified");
        assert_judged(f, "bash", FALSE, "Verified license");
        assert_message(f, "bash", "its licence GPL-3.0-or-later is not in allowed_licenses");
        assert_judged(f, "tool", FALSE, "Community");
        assert_judged(f, "twice", TRUE, "Community");
        assert_judged(f, "unlicensed", FALSE, "Community license");
        assert_message(f, "unlicensed", "it names no licence, and allowed_licenses is not empty");
        assert_judged(f, "both", FALSE, "Verified license");
        assert_judged(f, "either", FALSE, "Verified");
        assert_judged(f, "old-name", FALSE, "Verified");
        assert_judged(f, "exception", FALSE, "Verified license");
}

/* Not known is not allowed, and what its name alone tells is told too. */
static void test_unknown(Fixture *f, gconstpointer unused)
{
        assert_judged(f, "nosuch", FALSE, "? unknown");
        assert_message(f, "nosuch", "no repository has it, and it is not installed");
        assert_judged(f, "lib32-nosuch", TRUE, "? unknown banned");
}

/* What one repository has, or what is installed, by that name. */
static void test_repository(Fixture *f, gconstpointer unused)
{
        g_autoptr(OmgVerdict) plain = omg_verdict_new(&f->judge, "extra/plain", FALSE, NULL);
        g_autoptr(OmgVerdict) built = omg_verdict_new(&f->judge, "local/built", TRUE, NULL);
        g_autoptr(OmgVerdict) candidate = omg_verdict_new(&f->judge, "core/glibc", FALSE, NULL);
        g_autoptr(GError) error = NULL;

        g_assert_true(plain->is_known && !plain->is_installed);
        g_assert_cmpstr(plain->name, ==, "plain");
        g_assert_true(built->is_known && built->is_installed);
        g_assert_cmpstr(candidate->version, ==, "2-1");
        assert_message(f, "core/plain", "core does not have it");
        assert_message(f, "local/plain", "it is not installed");
        assert_message(f, "cor/glibc", "cor does not have it");
        g_assert_null(omg_verdict_new(&f->judge, "core/", FALSE, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS);
}

static void test_missing(Fixture *f, gconstpointer unused)
{
        g_autoptr(OmgSnapshot) no_sync = fixture_snapshot(NULL, local_packages, CONF);
        g_autoptr(OmgSnapshot) no_local = fixture_snapshot(sync_packages, NULL, CONF);
        g_autoptr(GError) error = NULL;

        f->judge.snapshot = no_sync;
        g_assert_null(omg_verdict_new(&f->judge, "glibc", FALSE, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE);
        g_clear_error(&error);
        f->judge.snapshot = no_local;
        g_assert_null(omg_verdict_new(&f->judge, "glibc", FALSE, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE);
}

/* What is neither installed nor in a repository is the AUR's, as it would be built. */
static void test_aur_names(Fixture *f, gconstpointer unused)
{
        g_autoptr(OmgVerdict) update = omg_verdict_new(&f->judge, "yay-bin", TRUE, NULL);
        g_autoptr(OmgVerdict) named = omg_verdict_new(&f->judge, "aur/glibc", FALSE, NULL);

        assert_judged(f, "new", FALSE, "Community");
        assert_judged(f, "glibc", TRUE, "Verified");
        g_assert_cmpstr(named->name, ==, "glibc");
        g_assert_cmpstr(named->version, ==, "9-1");
        g_assert_false(named->is_installed);
        g_assert_cmpint(named->grade, ==, OMG_GRADE_COMMUNITY);
        g_assert_false(named->is_audited);
        g_assert_cmpstr(update->version, ==, "2-1");
        assert_judged(f, "nosuch", FALSE, "? unknown");
        assert_message(f, "nosuch",
                       "neither a repository nor the AUR has it, and it is not installed");
        assert_message(f, "aur/nosuch", "the AUR does not have it");
        assert_message(f, "local/new", "it is not installed");
}

static void test_aur_policy(Fixture *f, gconstpointer unused)
{
        assert_judged(f, "new", FALSE, "Community grade aur pgp license");
        assert_judged(f, "lib32-new", FALSE, "Community banned grade aur pgp license");
        assert_judged(f, "twice-git", FALSE, "Community grade aur pgp");
}

static void test_aur_places(Fixture *f, gconstpointer unused)
{
        assert_message(f, "new", "it is in the AUR, and in no repository, and allow_aur is false");
        assert_message(f, "yay-bin",
                       "it is in the AUR, and in no repository, and allow_aur is false");
        assert_message(f, "unlicensed",
                       "it is neither in a repository nor in the AUR, and allow_aur is false");
}

/* What is not known is not missing. */
static void test_aur_unknown(Fixture *f, gconstpointer unused)
{
        const FixturePackage own[] = {{"core", "glibc", "2-1"}, {"aur", "mine", "1-1"}, {}};
        g_autoptr(OmgSnapshot) with_own =
                fixture_snapshot(own, local_packages, "[options]\n[core]\n[aur]\n");
        g_autoptr(GError) off = NULL, never = NULL;
        g_autoptr(OmgVerdict) mine = NULL;

        g_assert_null(omg_verdict_new(&f->judge, "aur/new", FALSE, &off));
        g_assert_error(off, OMG_ERROR, OMG_ERROR_UNAVAILABLE);
        g_assert_nonnull(strstr(off->message, "the AUR is off"));
        assert_message(f, "new", "no repository has it, and it is not installed");
        f->snapshot->aur_feed.is_on = TRUE;
        g_assert_null(omg_verdict_new(&f->judge, "aur/new", FALSE, &never));
        g_assert_nonnull(strstr(never->message, "never asked"));
        assert_message(f, "new",
                       "no repository has it, and it is not installed; of the AUR "
                       "nothing is known");
        /* Somebody's own repository may be called so. */
        f->judge.snapshot = with_own;
        mine = omg_verdict_new(&f->judge, "aur/mine", FALSE, NULL);
        g_assert_cmpstr(mine->version, ==, "1-1");
        assert_message(f, "aur/new", "the AUR does not have it");
}

/* The installed package and its update; nobody's else. */
static void test_maintainers(Fixture *f, gconstpointer unused)
{
        assert_judged(f, "yay-bin", FALSE, "Community maintainer");
        assert_message(f, "yay-bin",
                       "its maintainer in the AUR was jguer and is eve, and "
                       "allow_maintainer_change is false");
        assert_judged(f, "yay-bin", TRUE, "Community maintainer");
        assert_judged(f, "unlicensed", FALSE, "Community maintainer");
        assert_message(f, "unlicensed",
                       "its maintainer in the AUR was jguer and is nobody, and "
                       "allow_maintainer_change is false");
        assert_judged(f, "glibc", FALSE, "Verified");
        assert_judged(f, "new", FALSE, "Community");
}

static void test_trusted(Fixture *f, gconstpointer unused)
{
        assert_judged(f, "yay-bin", FALSE, "Community");
        assert_judged(f, "yay-bin", TRUE, "Community");
        assert_judged(f, "unlicensed", FALSE, "Community maintainer");
}

static void test_allowed(Fixture *f, gconstpointer unused)
{
        assert_judged(f, "yay-bin", FALSE, "Community");
        assert_judged(f, "unlicensed", FALSE, "Community");
}

static void test_official(void)
{
        g_assert_true(omg_repository_is_official("core"));
        g_assert_true(omg_repository_is_official("extra-testing"));
        g_assert_false(omg_repository_is_official("Core"));
        g_assert_false(omg_repository_is_official("core-mine"));
        g_assert_false(omg_repository_is_official("local"));
}

static void add(const char *path, const char *policy, void (*test)(Fixture *, gconstpointer))
{
        g_test_add(path, Fixture, policy, set_up, test, tear_down);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);

        add("/verdict/grades", "", test_grades);
        add("/verdict/risk", "", test_risk);
        add("/verdict/not-audited", "", test_not_audited);
        add("/verdict/minimum", "minimum_grade = 'Verified'", test_minimum);
        add("/verdict/no-minimum", "minimum_grade = 'Risk'", test_no_minimum);
        add("/verdict/locked", "minimum_grade = 'Locked'", test_locked);
        add("/verdict/aur", "allow_aur = false", test_aur);
        add("/verdict/pgp", "require_pgp = true", test_pgp);
        add("/verdict/bans", "banned_packages = ['lib32-*']", test_bans);
        add("/verdict/licences", "allowed_licenses = ['MIT', 'LGPL-2.1-or-later', 'Zlib']",
            test_licences);
        add("/verdict/unknown", "banned_packages = ['lib32-*']", test_unknown);
        add("/verdict/repository", "", test_repository);
        add("/verdict/missing", "", test_missing);
        add("/verdict/aur/unknown", "", test_aur_unknown);
#define add_aur(path, policy, test) \
        g_test_add("/verdict/" path, Fixture, policy, set_up_aur, test, tear_down)
        add_aur("aur/names", "", test_aur_names);
        add_aur("aur/policy",
                "minimum_grade = 'Verified'\nallow_aur = false\nrequire_pgp = true\n"
                "allowed_licenses = ['MIT']\nbanned_packages = ['lib32-*']",
                test_aur_policy);
        add_aur("aur/places", "allow_aur = false", test_aur_places);
        add_aur("maintainers/refused", "allow_maintainer_change = false", test_maintainers);
        add_aur("maintainers/trusted",
                "allow_maintainer_change = false\ntrusted_maintainers = ['bob', 'eve']",
                test_trusted);
        add_aur("maintainers/allowed", "", test_allowed);
        g_test_add_func("/verdict/official", test_official);
        return g_test_run();
}
