/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/verdict.h"

#include <string.h>

#include "engine/licence.h"
#include "engine/lookup.h"
#include "store/postings.h"
#include "store/relation-index.h"

/* A package as it is judged: the installed one, a repository's, or the AUR's. */
typedef struct {
        const OmgJudge *judge;
        const OmgLayer *layer;
        guint32 id;
        const char *name;
        const OmgRepository
                *repository; /* NULL: of no repository, or none of pacman.conf any more */
        gboolean is_foreign;
        const char *where;             /* a foreign one is, in a sentence */
        const OmgMaintainerMark *mark; /* of another maintainer; NULL: none */
        gboolean is_official;
        gboolean is_signed;
        gboolean is_vulnerable;
        gboolean is_audited;
} Subject;

const char *omg_refusal_get_word(OmgRefusal refusal)
{
        static const char *const words[OMG_N_REFUSALS] = {
                [OMG_REFUSAL_UNKNOWN] = "unknown",
                [OMG_REFUSAL_BANNED] = "banned",
                [OMG_REFUSAL_GRADE] = "grade",
                [OMG_REFUSAL_AUR] = "aur",
                [OMG_REFUSAL_PGP] = "pgp",
                [OMG_REFUSAL_LICENSE] = "license",
                [OMG_REFUSAL_MAINTAINER] = "maintainer",
        };

        return words[refusal];
}

gboolean omg_repository_is_official(const char *name)
{
        static const char *const names[] = {
                "core",         "extra",         "multilib",         "community",
                "core-testing", "extra-testing", "multilib-testing", "community-testing",
                "core-staging", "extra-staging", "multilib-staging", "community-staging",
                "testing",      "staging",       "gnome-unstable",   "kde-unstable",
                NULL,
        };

        return g_strv_contains(names, name);
}

/* ---- what is known of it ---- */

static gboolean has_validation(const OmgLayer *layer, guint32 id, const char *wanted)
{
        OmgStrvCursor cursor = omg_layer_get_strv(layer, id, OMG_FIELD_VALIDATION);
        const char *text;
        gsize length;

        while (omg_strv_cursor_next(&cursor, &text, &length)) {
                if (length == strlen(wanted) && memcmp(text, wanted, length) == 0)
                        return TRUE;
        }
        return FALSE;
}

/* Whether pacman would install it only with a signature of a key that somebody vouches for:
 * SigLevel demands one, or looks at those that are there and the database has this one's. */
static gboolean will_be_checked(const Subject *subject)
{
        guint level = subject->repository ? subject->repository->siglevel : 0;

        if (!(level & OMG_SIGLEVEL_PACKAGE) || (level & OMG_SIGLEVEL_PACKAGE_UNKNOWN_OK))
                return FALSE;
        return !(level & OMG_SIGLEVEL_PACKAGE_OPTIONAL) ||
               has_validation(subject->layer, subject->id, "pgp");
}

static const char *get_repository(const OmgSnapshot *snapshot, guint32 sync_id)
{
        const OmgPackageRecord *record = omg_layer_get_record(snapshot->sync, sync_id);

        return omg_layer_get_text(
                snapshot->sync, omg_layer_get_repository(snapshot->sync, record->repository)->name);
}

static Subject make_subject(const OmgJudge *judge, const OmgLayer *layer, guint32 id,
                            const guint64 *vulnerable)
{
        return (Subject){
                .judge = judge,
                .layer = layer,
                .id = id,
                .name = omg_layer_get_name(layer, id),
                .is_audited = vulnerable != NULL,
                .is_vulnerable = vulnerable && omg_bitmap_has(vulnerable, id),
        };
}

static const char *describe_place(const OmgSnapshot *snapshot, guint32 aur_id)
{
        if (aur_id != OMG_NO_PACKAGE)
                return "it is in the AUR, and in no repository";
        return snapshot->aur ? "it is neither in a repository nor in the AUR"
                             : "it is in no repository";
}

/* Nothing records where an installed package came from: the repository is the first that holds its
 * name, and that it was signed is what pacman recorded. */
static Subject make_installed(const OmgJudge *judge, guint32 local_id)
{
        const OmgSnapshot *s = judge->snapshot;
        Subject subject = make_subject(judge, s->local, local_id, judge->vulnerable_local);
        guint32 sync_id = s->installed[local_id].sync_id;

        subject.is_foreign = sync_id == OMG_NO_PACKAGE;
        subject.where = describe_place(s, s->installed[local_id].aur_id);
        subject.mark = omg_snapshot_get_maintainer_mark(s, local_id);
        subject.is_official =
                !subject.is_foreign && omg_repository_is_official(get_repository(s, sync_id));
        subject.is_signed = has_validation(s->local, local_id, "pgp");
        return subject;
}

static Subject make_candidate(const OmgJudge *judge, guint32 sync_id)
{
        const OmgSnapshot *s = judge->snapshot;
        Subject subject = make_subject(judge, s->sync, sync_id, judge->vulnerable_sync);
        const char *repository = get_repository(s, sync_id);

        subject.repository = s->conf ? omg_pacman_conf_get_repository(s->conf, repository) : NULL;
        subject.is_official = omg_repository_is_official(repository);
        subject.is_signed = will_be_checked(&subject);
        return subject;
}

/* As it would be built now. Whoever has it installed would get it from other hands, too. */
static Subject make_aur(const OmgJudge *judge, guint32 aur_id)
{
        const OmgSnapshot *s = judge->snapshot;
        Subject subject = make_subject(judge, s->aur, aur_id, NULL);
        const OmgAuditPackage package = {subject.name, omg_layer_get_version(s->aur, aur_id)};
        guint32 local_id = omg_layer_find(s->local, subject.name, strlen(subject.name), NULL);

        subject.is_foreign = TRUE;
        subject.where = describe_place(s, aur_id);
        subject.is_audited = judge->audit.advisories != NULL;
        subject.is_vulnerable =
                subject.is_audited && omg_audit_is_affected(&judge->audit, &package);
        if (local_id != OMG_NO_PACKAGE)
                subject.mark = omg_snapshot_get_maintainer_mark(s, local_id);
        return subject;
}

/* Never LOCKED: nothing checks where a package's bytes come from. */
static OmgGrade grade(const Subject *subject)
{
        if (subject->is_vulnerable)
                return OMG_GRADE_RISK;
        return subject->is_official && subject->is_signed ? OMG_GRADE_VERIFIED
                                                          : OMG_GRADE_COMMUNITY;
}

/* ---- what the policy makes of it ---- */

/* Of @messages, which may be NULL, this one's is the next. */
static G_GNUC_PRINTF(3, 4) guint
        refuse(OmgRefusal refusal, GPtrArray *messages, const char *format, ...)
{
        va_list arguments;

        if (messages) {
                va_start(arguments, format);
                g_ptr_array_add(messages, g_strdup_vprintf(format, arguments));
                va_end(arguments);
        }
        return 1u << refusal;
}

static guint judge_name(const OmgPolicy *policy, const char *name, GPtrArray *messages)
{
        const char *ban = omg_policy_find_ban(policy, name);

        return ban ? refuse(OMG_REFUSAL_BANNED, messages, "banned_packages has \"%s\"", ban) : 0;
}

static guint judge_licence(const Subject *subject, GPtrArray *messages)
{
        const OmgJudge *judge = subject->judge;
        OmgStrvCursor licences;
        g_autofree char *reason = NULL;

        if (!judge->policy->licenses)
                return 0;
        licences = omg_layer_get_strv(subject->layer, subject->id, OMG_FIELD_LICENSES);
        if (judge->memo && !messages)
                return omg_licence_is_allowed_again(judge->policy, licences, judge->memo)
                               ? 0
                               : 1u << OMG_REFUSAL_LICENSE;
        if (omg_licence_is_allowed(judge->policy, licences, &reason))
                return 0;
        return refuse(OMG_REFUSAL_LICENSE, messages, "%s", reason);
}

static const char *describe_user(const char *name)
{
        return *name ? name : "nobody";
}

static guint judge_maintainer(const Subject *subject, GPtrArray *messages)
{
        const OmgPolicy *policy = subject->judge->policy;
        const OmgMaintainerMark *mark = subject->mark;

        if (!mark || policy->allow_maintainer_change ||
            omg_policy_trusts_maintainer(policy, mark->now))
                return 0;
        return refuse(OMG_REFUSAL_MAINTAINER, messages,
                      "its maintainer in the AUR was %s and is %s, and allow_maintainer_change is "
                      "false",
                      describe_user(mark->before), describe_user(mark->now));
}

static guint judge_subject(const Subject *subject, GPtrArray *messages)
{
        const OmgPolicy *policy = subject->judge->policy;
        guint refusals = judge_name(policy, subject->name, messages);

        if (grade(subject) < policy->minimum_grade)
                refusals |= refuse(OMG_REFUSAL_GRADE, messages,
                                   "its grade is %s, and minimum_grade is %s",
                                   omg_grade_get_name(grade(subject)),
                                   omg_grade_get_name(policy->minimum_grade));
        if (subject->is_foreign && !policy->allow_aur)
                refusals |= refuse(OMG_REFUSAL_AUR, messages, "%s, and allow_aur is false",
                                   subject->where);
        if (!subject->is_signed && policy->require_pgp)
                refusals |= refuse(OMG_REFUSAL_PGP, messages,
                                   "its signature is not checked, and require_pgp is true");
        refusals |= judge_licence(subject, messages);
        return refusals | judge_maintainer(subject, messages);
}

guint omg_judge_installed(const OmgJudge *judge, guint32 local_id)
{
        const Subject subject = make_installed(judge, local_id);

        return judge_subject(&subject, NULL);
}

guint omg_judge_candidate(const OmgJudge *judge, guint32 sync_id)
{
        const Subject subject = make_candidate(judge, sync_id);

        return judge_subject(&subject, NULL);
}

guint omg_judge_aur(const OmgJudge *judge, guint32 aur_id, gboolean *ret_affected)
{
        const Subject subject = make_aur(judge, aur_id);

        *ret_affected = subject.is_vulnerable;
        return judge->policy ? judge_subject(&subject, NULL) : 0;
}

/* ---- verdicts ---- */

void omg_verdict_free(OmgVerdict *verdict)
{
        if (!verdict)
                return;
        g_ptr_array_unref(verdict->messages);
        g_free(verdict->name);
        g_free(verdict->version);
        g_free(verdict);
}

static OmgVerdict *verdict_new(const char *name)
{
        OmgVerdict *verdict = g_new0(OmgVerdict, 1);

        verdict->name = g_strdup(name);
        verdict->messages = g_ptr_array_new_with_free_func(g_free);
        return verdict;
}

static OmgVerdict *pass(const Subject *subject, gboolean is_installed)
{
        OmgVerdict *verdict = verdict_new(subject->name);

        verdict->version = g_strdup(omg_layer_get_version(subject->layer, subject->id));
        verdict->is_known = TRUE;
        verdict->is_installed = is_installed;
        verdict->is_audited = subject->is_audited;
        verdict->grade = grade(subject);
        verdict->refusals = judge_subject(subject, verdict->messages);
        return verdict;
}

OmgVerdict *omg_verdict_new_installed(const OmgJudge *judge, guint32 local_id)
{
        const Subject subject = make_installed(judge, local_id);

        return pass(&subject, TRUE);
}

static OmgVerdict *pass_candidate(const OmgJudge *judge, guint32 sync_id)
{
        const Subject subject = make_candidate(judge, sync_id);

        return pass(&subject, FALSE);
}

static OmgVerdict *pass_aur(const OmgJudge *judge, guint32 aur_id)
{
        const Subject subject = make_aur(judge, aur_id);

        return pass(&subject, FALSE);
}

static gboolean is_aur(const OmgName *name)
{
        return name->repository_len == strlen(OMG_REPOSITORY_AUR) &&
               memcmp(name->repository, OMG_REPOSITORY_AUR, name->repository_len) == 0;
}

static guint32 find_aur(const OmgSnapshot *snapshot, const OmgName *name)
{
        return snapshot->aur && (name->repository_len == 0 || is_aur(name))
                       ? omg_layer_find(snapshot->aur, name->name, strlen(name->name), NULL)
                       : OMG_NO_PACKAGE;
}

/* Why there is no such package, as far as anybody knows. */
static char *dup_missing(const OmgSnapshot *snapshot, const OmgName *name)
{
        if (omg_name_is_local(name))
                return g_strdup("it is not installed");
        if (is_aur(name))
                return g_strdup("the AUR does not have it");
        if (name->repository_len > 0)
                return g_strdup_printf("%.*s does not have it", (int)name->repository_len,
                                       name->repository);
        if (snapshot->aur)
                return g_strdup("neither a repository nor the AUR has it, and it is not installed");
        return g_strdup_printf("no repository has it, and it is not installed%s",
                               snapshot->aur_feed.is_on ? "; of the AUR nothing is known" : "");
}

static OmgVerdict *pass_unknown(const OmgJudge *judge, const OmgName *name)
{
        OmgVerdict *verdict = verdict_new(name->name);
        g_autofree char *missing = dup_missing(judge->snapshot, name);

        verdict->refusals = refuse(OMG_REFUSAL_UNKNOWN, verdict->messages, "%s", missing);
        verdict->refusals |= judge_name(judge->policy, name->name, verdict->messages);
        return verdict;
}

static gboolean check_known(const OmgSnapshot *s, const OmgName *name, GError **error)
{
        if (!s->local || !s->sync) {
                omg_snapshot_set_missing(s, s->local ? "sync" : "local", error);
                return FALSE;
        }
        /* pacman.conf may have a repository of that name. */
        if (is_aur(name) && !s->aur &&
            !omg_pacman_conf_get_repository(s->conf, OMG_REPOSITORY_AUR)) {
                omg_aur_feed_set_missing(&s->aur_feed, error);
                return FALSE;
        }
        return TRUE;
}

/* What would be installed, if somebody has it; else NULL. */
static OmgVerdict *pass_offered(const OmgJudge *judge, const OmgName *name)
{
        guint32 id = omg_name_find_sync(judge->snapshot, name, NULL);

        if (id != OMG_NO_PACKAGE)
                return pass_candidate(judge, id);
        id = find_aur(judge->snapshot, name);
        return id != OMG_NO_PACKAGE ? pass_aur(judge, id) : NULL;
}

OmgVerdict *omg_verdict_new(const OmgJudge *judge, const char *text, gboolean candidate,
                            GError **error)
{
        guint32 local_id = OMG_NO_PACKAGE;
        OmgVerdict *verdict = NULL;
        OmgName name;

        if (!omg_name_parse(text, &name, error) || !check_known(judge->snapshot, &name, error))
                return NULL;
        if (name.repository_len == 0 || omg_name_is_local(&name))
                local_id = omg_name_find_local(judge->snapshot, &name);
        if (!omg_name_is_local(&name) && (candidate || local_id == OMG_NO_PACKAGE))
                verdict = pass_offered(judge, &name);
        if (!verdict && local_id != OMG_NO_PACKAGE)
                verdict = omg_verdict_new_installed(judge, local_id);
        return verdict ?: pass_unknown(judge, &name);
}
