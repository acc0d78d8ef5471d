/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/verdict.h"

#include <string.h>

#include "engine/licence.h"
#include "engine/lookup.h"
#include "store/postings.h"
#include "store/relation-index.h"

/* A package as it is judged: the installed one, or a repository's. */
typedef struct {
        const OmgJudge *judge;
        const OmgLayer *layer;
        guint32 id;
        const char *name;
        const OmgRepository
                *repository; /* NULL: of no repository, or none of pacman.conf any more */
        gboolean is_foreign;
        gboolean is_official;
        gboolean is_signed;
        gboolean is_vulnerable;
        gboolean is_audited;
} Subject;

const char *omg_refusal_get_word(OmgRefusal refusal)
{
        static const char *const words[OMG_N_REFUSALS] = {
                [OMG_REFUSAL_UNKNOWN] = "unknown", [OMG_REFUSAL_BANNED] = "banned",
                [OMG_REFUSAL_GRADE] = "grade",     [OMG_REFUSAL_AUR] = "aur",
                [OMG_REFUSAL_PGP] = "pgp",         [OMG_REFUSAL_LICENSE] = "license",
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

/* Nothing records where an installed package came from: the repository is the first that holds its
 * name, and that it was signed is what pacman recorded. */
static Subject make_installed(const OmgJudge *judge, guint32 local_id)
{
        const OmgSnapshot *s = judge->snapshot;
        Subject subject = make_subject(judge, s->local, local_id, judge->vulnerable_local);
        guint32 sync_id = s->installed[local_id].sync_id;

        subject.is_foreign = sync_id == OMG_NO_PACKAGE;
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
                refusals |= refuse(OMG_REFUSAL_AUR, messages,
                                   "it is in no repository, and allow_aur is false");
        if (!subject->is_signed && policy->require_pgp)
                refusals |= refuse(OMG_REFUSAL_PGP, messages,
                                   "its signature is not checked, and require_pgp is true");
        return refusals | judge_licence(subject, messages);
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

OmgVerdict *omg_verdict_new_candidate(const OmgJudge *judge, guint32 sync_id)
{
        const Subject subject = make_candidate(judge, sync_id);

        return pass(&subject, FALSE);
}

static OmgVerdict *pass_unknown(const OmgPolicy *policy, const OmgName *name)
{
        OmgVerdict *verdict = verdict_new(name->name);

        if (omg_name_is_local(name))
                verdict->refusals =
                        refuse(OMG_REFUSAL_UNKNOWN, verdict->messages, "it is not installed");
        else if (name->repository_len > 0)
                verdict->refusals =
                        refuse(OMG_REFUSAL_UNKNOWN, verdict->messages, "%.*s does not have it",
                               (int)name->repository_len, name->repository);
        else
                verdict->refusals = refuse(OMG_REFUSAL_UNKNOWN, verdict->messages,
                                           "no repository has it, and it is not installed");
        verdict->refusals |= judge_name(policy, name->name, verdict->messages);
        return verdict;
}

OmgVerdict *omg_verdict_new(const OmgJudge *judge, const char *text, gboolean candidate,
                            GError **error)
{
        const OmgSnapshot *s = judge->snapshot;
        guint local_id = OMG_NO_PACKAGE, sync_id = OMG_NO_PACKAGE;
        OmgName name;

        if (!omg_name_parse(text, &name, error))
                return NULL;
        if (!s->local || !s->sync) {
                omg_snapshot_set_missing(s, s->local ? "sync" : "local", error);
                return NULL;
        }
        if (name.repository_len == 0 || omg_name_is_local(&name))
                local_id = omg_name_find_local(s, &name);
        if (!omg_name_is_local(&name))
                sync_id = omg_name_find_sync(s, &name, NULL);
        if (sync_id != OMG_NO_PACKAGE && (candidate || local_id == OMG_NO_PACKAGE))
                return omg_verdict_new_candidate(judge, sync_id);
        if (local_id != OMG_NO_PACKAGE)
                return omg_verdict_new_installed(judge, local_id);
        return pass_unknown(judge->policy, &name);
}
