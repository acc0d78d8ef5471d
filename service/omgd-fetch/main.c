/* SPDX-License-Identifier: GPL-3.0-or-later */

/* omgd-fetch: the helper process that alone talks to the network.
 *
 *   omgd-fetch [--connect-sec N] [--api-sec N] [--stall-sec N] DIRECTORY
 *
 * Requests on standard input: fetch/fetch-request.h. Results on standard output:
 * fetch/fetch-result.h. It fetches and judges by what HTTP says; it parses no body. What it could
 * not finish leaves nothing behind, and what kill -9 left goes at the next run.
 *
 * Exit codes: 0 each request has its result; 1 cancelled, or nothing could be done (the reason is
 * on standard error); 2 wrong command line. */

#include <curl/curl.h>
#include <locale.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "omgd-fetch/batch.h"
#include "omgd-fetch/body-file.h"
#include "omgd-fetch/confine.h"
#include "omgd-fetch/fetch-options.h"
#include "omgd-fetch/queue.h"
#include "omgd-fetch/report.h"

/* Blocked from here on also in the threads that resolve names. */
static int watch_signals(void)
{
        sigset_t set;

        (void)sigemptyset(&set);
        (void)sigaddset(&set, SIGTERM);
        (void)sigaddset(&set, SIGINT);
        (void)sigaddset(&set, SIGHUP);
        (void)sigprocmask(SIG_BLOCK, &set, NULL);
        return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static gboolean report_ready(guint landlock)
{
        g_auto(OmgFetchResult) result;

        omg_fetch_result_init(&result);
        result.event = OMG_FETCH_EVENT_READY;
        result.landlock = landlock;
        return omg_report(&result);
}

static gboolean run(const OmgFetchOptions *options, int dir_fd, GError **error)
{
        guint landlock = 0;

        if (!omg_confine(dir_fd, &landlock, error))
                return FALSE;
        if (landlock == 0)
                g_printerr("omgd-fetch: this kernel has no Landlock: nothing but file modes keeps "
                           "it from writing elsewhere than in %s\n",
                           options->directory);
        if (!report_ready(landlock))
                return FALSE;
        g_autoptr(GPtrArray) requests = omg_batch_read(STDIN_FILENO, error);
        /* Before, they may end it as they do. */
        return requests && omg_queue_run(requests, options, dir_fd, STDIN_FILENO, watch_signals());
}

int main(int argc, char **argv)
{
        g_auto(OmgFetchOptions) options = {};
        g_autoptr(GError) error = NULL;
        gboolean is_done = FALSE;
        int dir_fd;

        (void)setlocale(LC_ALL, "C.UTF-8");
        (void)umask(077);
        (void)signal(SIGPIPE, SIG_IGN);
        /* libcurl waits for the thread that resolves a name, also when time is up or it is
         * cancelled: about as long as a connection may take, not half a minute. */
        (void)g_setenv("RES_OPTIONS", "timeout:2 attempts:2", FALSE);
        (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (!omg_fetch_options_parse(argc, argv, &options, &error)) {
                g_printerr("omgd-fetch: %s\n", error->message);
                return 2;
        }
        dir_fd = omg_body_dir_open(options.directory, &error);
        if (dir_fd >= 0 && curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK) {
                is_done = run(&options, dir_fd, &error);
                curl_global_cleanup();
        }
        if (error)
                g_printerr("omgd-fetch: %s\n", error->message);
        if (dir_fd >= 0)
                (void)close(dir_fd);
        return is_done ? 0 : 1;
}
