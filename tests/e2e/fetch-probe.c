/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Loaded into omgd-fetch (LD_PRELOAD) it tries, when the batch begins, what the program must not be
 * able to do any more, and says on standard error what it could and could not. The directories
 * OMG_PROBE_OUTSIDE, with a file "victim", and OMG_PROBE_INSIDE come from the environment. */

#include <curl/curl.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static char outside[4096], inside[4096];

static const char *in(char *folder, const char *name)
{
        static char paths[4][8192];
        static unsigned int next;
        char *path = paths[next++ % 4];

        (void)snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
        return path;
}

static void say(const char *what, int result)
{
        (void)fprintf(stderr, "probe: %s: %s\n", what, result >= 0 ? "done" : strerror(errno));
}

static int listen_tcp(void)
{
        const struct sockaddr_in address = {.sin_family = AF_INET,
                                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        return bind(fd, (const struct sockaddr *)&address, sizeof(address));
}

static void try_all(void)
{
        char *const argv[] = {(char *)"/bin/sh", (char *)"-c", (char *)"exit 0", NULL};

        say("make", open(in(outside, "new"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        say("write", open(in(outside, "victim"), O_WRONLY | O_CLOEXEC));
        say("truncate", truncate(in(outside, "victim"), 0));
        say("remove", unlink(in(outside, "victim")));
        say("rename", rename(in(outside, "victim"), in(outside, "moved")));
        say("move in", rename(in(outside, "victim"), in(inside, "moved")));
        say("folder", mkdir(in(outside, "folder"), 0700));
        say("link", symlink("/", in(outside, "link")));
        say("device", open("/dev/null", O_RDWR | O_CLOEXEC));
        say("execute", execv(argv[0], argv));
        say("listen", listen_tcp());
        say("signal", kill(getppid(), 0));
        say("read", open(in(outside, "victim"), O_RDONLY | O_CLOEXEC));
        say("make inside", open(in(inside, "new"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        say("rename inside", rename(in(inside, "new"), in(inside, "newer")));
        say("remove inside", unlink(in(inside, "newer")));
        say("folder inside", mkdir(in(inside, "folder"), 0700));
        say("link inside", symlink("/", in(inside, "link")));
}

CURLM *curl_multi_init(void)
{
        CURLM *(*real)(void);
        void *symbol = dlsym(RTLD_NEXT, "curl_multi_init");

        (void)snprintf(outside, sizeof(outside), "%s", getenv("OMG_PROBE_OUTSIDE"));
        (void)snprintf(inside, sizeof(inside), "%s", getenv("OMG_PROBE_INSIDE"));
        try_all();
        (void)memcpy(&real, &symbol, sizeof(real));
        return real();
}
