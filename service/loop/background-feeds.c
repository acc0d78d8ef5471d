/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When the security feeds and the AUR are asked. */
#include "loop/background-private.h"

/* OSV is asked about what was installed since it was asked last, but not more often than that. */
#define OSV_SOONEST_USEC (3600 * (guint64)G_USEC_PER_SEC)

static gboolean is_tracker_near(gpointer data)
{
        const OmgBackground *self = data;
        return omg_refresh_feed_is_near(self->refresh, OMG_ADVISORY_TRACKER);
}

static gboolean is_osv_near(gpointer data)
{
        const OmgBackground *self = data;
        return omg_refresh_feed_is_near(self->refresh, OMG_ADVISORY_OSV);
}

static gboolean is_aur_near(gpointer data)
{
        const OmgBackground *self = data;
        return omg_refresh_aur_is_near(self->refresh);
}

static void run_aur(gpointer data)
{
        const OmgBackground *self = data;
        omg_refresh_request(self->refresh, 0, (OmgRefreshWhat)(OMG_REFRESH_ALL | OMG_REFRESH_AUR),
                            FALSE);
}

static void run_feed(OmgBackground *self, OmgAdvisoryOrigin origin)
{
        omg_refresh_request(self->refresh, 0,
                            (OmgRefreshWhat)(OMG_REFRESH_ALL | omg_refresh_get_feed_bit(origin)),
                            FALSE);
}

static void run_tracker(gpointer data)
{
        run_feed(data, OMG_ADVISORY_TRACKER);
}

static void run_osv(gpointer data)
{
        run_feed(data, OMG_ADVISORY_OSV);
}

/* When each was last asked with success is known from the first look at the machine on, and OSV is
 * asked about what that found. */
static void set_feed_intervals(OmgBackground *self)
{
        for (guint i = 0; self->has_looked && i < OMG_ADVISORY_SOURCE_N; i++)
                omg_schedule_set_interval(self->schedule, omg_refresh_get_feed_name(i),
                                          self->feeds_sec[i]);
        if (self->has_looked)
                omg_schedule_set_interval(self->schedule, OMG_REFRESH_AUR_NAME, self->aur_sec);
}

void omg_background_restore_feeds(OmgBackground *self)
{
        for (guint i = 0; i < OMG_ADVISORY_SOURCE_N; i++)
                omg_schedule_restore(
                        self->schedule, omg_refresh_get_feed_name(i),
                        omg_refresh_get_feed_good_usec(self->refresh, i),
                        omg_records_get_task(self->records, omg_refresh_get_feed_name(i)));
        omg_schedule_restore(self->schedule, OMG_REFRESH_AUR_NAME,
                             omg_refresh_get_aur_fetched_usec(self->refresh),
                             omg_records_get_task(self->records, OMG_REFRESH_AUR_NAME));
        set_feed_intervals(self);
}

static void set_aur(OmgBackground *self, const OmgConf *conf)
{
        OmgRefreshAurSettings settings = {
                .is_on = conf->aur_enabled && conf->aur_sec > 0,
                .interval_sec = conf->aur_sec,
                .launcher = self->launcher,
                .db = omg_records_get_db(self->records),
                .may_ask = omg_background_may_ask,
                .data = self,
        };

        (void)g_strlcpy(settings.url, conf->aur_url, OMG_CONF_URL_SIZE);
        omg_refresh_set_aur(self->refresh, &settings);
        self->aur_sec = settings.is_on ? settings.interval_sec : 0;
}

void omg_background_set_feeds(OmgBackground *self, const OmgConf *conf)
{
        OmgRefreshFeeds settings = {
                .is_enabled = {[OMG_ADVISORY_TRACKER] = conf->tracker_enabled,
                               [OMG_ADVISORY_OSV] = conf->osv_enabled},
                .interval_sec = {[OMG_ADVISORY_TRACKER] = conf->tracker_sec,
                                 [OMG_ADVISORY_OSV] = conf->osv_sec},
                .launcher = self->launcher,
                .db = omg_records_get_db(self->records),
                .may_ask = omg_background_may_ask,
                .data = self,
        };

        (void)g_strlcpy(settings.url[OMG_ADVISORY_TRACKER], conf->tracker_url, OMG_CONF_URL_SIZE);
        (void)g_strlcpy(settings.url[OMG_ADVISORY_OSV], conf->osv_url, OMG_CONF_URL_SIZE);
        omg_refresh_set_feeds(self->refresh, &settings);
        set_aur(self, conf);
        for (guint i = 0; i < OMG_ADVISORY_SOURCE_N; i++)
                self->feeds_sec[i] = settings.is_enabled[i] ? settings.interval_sec[i] : 0;
        set_feed_intervals(self);
}

void omg_background_add_feeds(OmgBackground *self)
{
        const OmgFeed tracker = {.name = omg_refresh_get_feed_name(OMG_ADVISORY_TRACKER),
                                 .is_near = is_tracker_near,
                                 .run = run_tracker,
                                 .data = self};
        const OmgFeed osv = {.name = omg_refresh_get_feed_name(OMG_ADVISORY_OSV),
                             .is_near = is_osv_near,
                             .run = run_osv,
                             .data = self};

        /* An hour is what its rules ask for, at the least. */
        const OmgFeed aur = {.name = OMG_REFRESH_AUR_NAME,
                             .is_near = is_aur_near,
                             .is_never_early = TRUE,
                             .run = run_aur,
                             .data = self};

        omg_schedule_add(self->schedule, &tracker);
        omg_schedule_add(self->schedule, &osv);
        omg_schedule_add(self->schedule, &aur);
}

/* What was installed since may have flaws that nobody asked about. */
static void ask_osv_again(OmgBackground *self)
{
        guint64 good = omg_refresh_get_feed_good_usec(self->refresh, OMG_ADVISORY_OSV);

        if (self->feeds_sec[OMG_ADVISORY_OSV] > 0 &&
            (guint64)g_get_real_time() >= good + OSV_SOONEST_USEC &&
            omg_refresh_has_new_questions(self->refresh))
                omg_schedule_trigger(self->schedule, omg_refresh_get_feed_name(OMG_ADVISORY_OSV));
}

/* Once: from then on the schedule knows when to try again. */
static void ask_lost_again(OmgBackground *self)
{
        for (guint i = 0; i < OMG_ADVISORY_SOURCE_N; i++) {
                const gboolean was_lost = self->is_lost[i];

                self->is_lost[i] = omg_refresh_feed_is_lost(self->refresh, i);
                if (self->is_lost[i] && !was_lost && self->feeds_sec[i] > 0)
                        omg_schedule_trigger(self->schedule, omg_refresh_get_feed_name(i));
        }
        const gboolean was_aur_lost = self->is_aur_lost;

        self->is_aur_lost = omg_refresh_aur_is_lost(self->refresh);
        if (self->is_aur_lost && !was_aur_lost && self->aur_sec > 0)
                omg_schedule_trigger(self->schedule, OMG_REFRESH_AUR_NAME);
}

void omg_background_take_feeds(OmgBackground *self, const OmgRefreshOutcome *outcome)
{
        for (guint i = 0; i < OMG_ADVISORY_SOURCE_N; i++)
                if (outcome->what & omg_refresh_get_feed_bit(i))
                        omg_schedule_done(self->schedule, omg_refresh_get_feed_name(i),
                                          outcome->feeds[i].is_asked ? outcome->feeds[i].error
                                                                     : outcome->error,
                                          outcome->feeds[i].pause_sec);
        if (outcome->what & OMG_REFRESH_AUR)
                omg_schedule_done(self->schedule, OMG_REFRESH_AUR_NAME,
                                  outcome->aur.is_asked ? outcome->aur.error : outcome->error,
                                  outcome->aur.pause_sec);
        ask_lost_again(self);
        ask_osv_again(self);
}
