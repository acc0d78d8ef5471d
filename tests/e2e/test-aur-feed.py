#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The AUR's archive through the whole of omgd: when it is asked for, what is known of the AUR then,
and what stays when it fails. One pass by itself is test-aur-pass.py's.

usage: test-aur-feed.py DRIVE_AUR [WORD...]"""
import os
import shutil
import signal
import subprocess
import sys

import omgtest
from httpfake import AUR_ARCHIVE, HttpFake, Reply
from omgtest import MANAGER, Bench, CallError, omgroot, same, test, wait_until

DRIVE = sys.argv.pop(1)
TIME = 1700000000
HOUR = 3600
REMOTE = "http://aur.example.invalid"


def record(name, **more):
    return dict({"ID": 1, "Name": name, "PackageBaseID": 1, "PackageBase": name, "Version": "1.0-1",
                 "Description": "a package of the aur", "URL": "https://example.org", "NumVotes": 3,
                 "Popularity": 0.5, "OutOfDate": None, "Maintainer": "somebody",
                 "Submitter": "somebody", "FirstSubmitted": TIME, "LastModified": TIME,
                 "URLPath": "/cgit/aur.git/snapshot/%s.tar.gz" % name}, **more)


class Known(Bench):
    """A bench whose omgd knows an AUR: a HttpFake, or an address."""

    def __init__(self, aur, **how):
        super().__init__(**how)
        self.index = omgtest.program("OMG_INDEX_HELPER")
        self.set_aur(aur)

    def set_aur(self, aur, interval=HOUR, enabled="true", network="mode=online"):
        if not isinstance(aur, str):
            self.url = aur.url()
        url = aur if isinstance(aur, str) else aur.url()
        self.drop_in("20-aur", "[sync]\naur=%d\n[aur]\nurl=%s\nenabled=%s\n[network]\n%s\n"
                     % (interval, url, enabled, network))

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    def begin(self, *what, **how):
        return self.call(MANAGER, "Refresh", "asa{sv}", list(what or ("aur",)),
                         omgtest.options(**how))[0]

    def refresh(self, *what, **how):
        """A job to its end: its status and the name of its error."""
        path = self.begin(*what, **how)
        status, error, self.message, _ = wait_until(lambda: self.job_result(path), 60,
                                                    "the end of the job")
        return status, error.rpartition(".")[2]

    def known(self):
        """The names that the AUR has, or the name of the error."""
        try:
            rows, self.meta = self.search("aur", sources=["aur"])
        except CallError as error:
            self.message = error.message
            return error.name.rpartition(".")[2]
        return sorted(row[0] for row in rows)

    def wait_known(self, names, seconds=10):
        wait_until(lambda: self.known() == names, seconds, "%r in the AUR" % (names,))

    def age(self, seconds=HOUR):
        """As if so much time had gone by since the AUR said anything. While omgd does not run."""
        subprocess.run([DRIVE, "--only-age", "--later=%d" % seconds, self.url, self.folder],
                       check=True, timeout=60)

    def restart(self, seconds=0, **environment):
        if self.process:
            self.stop()
        if seconds:
            self.age(seconds)
        self.start(**environment).wait_loaded()

    def slow_index(self, body):
        """A helper that does this before it makes the layer of the AUR."""
        path = os.path.join(self.folder, "slow-index")
        with open(path, "w", encoding="utf-8") as f:
            f.write('#!/bin/sh\n[ "$1" = aur ] && { %s; }\nexec %s "$@"\n' % (body, self.index))
        os.chmod(path, 0o755)
        return {"OMG_INDEX_HELPER": path}

    def cache(self, *names):
        return os.path.join(self.folder, "cache/aur", *names)


def size(path):
    return os.stat(path).st_size


@test("the AUR is asked by itself soon after the start, once, and what it has is found")
def by_itself():
    with HttpFake() as fake, Known(fake) as bench:
        fake.aur_archive([record("yay"), record("paru")])
        bench.start().wait_loaded()
        same(bench.known(), "Unavailable", "before anybody asked")
        generation = bench.properties()["IndexGeneration"]
        bench.wait_known(["paru", "yay"], 40)
        same(bench.properties()["IndexGeneration"] != generation, True, "another generation")
        same((bench.meta["stale"], bench.meta["complete"], bench.meta["errors"]),
             (False, True, []), "META")
        same(len(fake.of(AUR_ARCHIVE)), 1, "requests")
        metrics = bench.metrics()
        same([metrics[k] for k in ("aur-fetches", "aur-failures", "rebuilds-aur")], [1, 0, 1],
             "metrics")
        info = bench.call(MANAGER, "GetCacheInfo")[0]
        same([row[:2] for row in info["index"] if row[0] == "aur.idx"],
             [("aur.idx", size(os.path.join(bench.data, "aur.idx")))], "the index file")
        same(bench.call(MANAGER, "ListJobs")[0], [], "jobs")


@test("within the hour nobody is asked, by jobs, force and restarts neither; later by all")
def hour():
    with HttpFake() as fake, Known(fake) as bench:
        fake.aur_archive([record("yay")], modified=TIME)
        bench.start().wait_loaded()
        same(bench.refresh(), (0, ""), "the job")
        same(bench.known(), ["yay"], "names")
        same(bench.refresh(), (0, ""), "a second job")
        same(bench.refresh(force=True), (0, ""), "one that insists")
        same(bench.refresh(max_age=0), (0, ""), "one that wants it new")
        bench.restart()
        same(bench.known(), ["yay"], "names after a restart, at once")
        same(bench.refresh(), (0, ""), "a job after a restart")
        same(len(fake.of(AUR_ARCHIVE)), 1, "requests")
        fake.aur_archive([record("paru")], modified=TIME + 1)
        bench.restart(100)
        same(bench.refresh(max_age=1000), (0, ""), "new enough")
        same(bench.refresh(), (0, ""), "a job")
        same((len(fake.of(AUR_ARCHIVE)), bench.known()), (1, ["yay"]), "requests and names")
        same(bench.refresh(force=True), (0, ""), "one that insists")
        same((len(fake.of(AUR_ARCHIVE)), bench.known()), (2, ["paru"]), "requests and names")
        bench.restart(HOUR)
        rebuilt = bench.metrics()["rebuilds-aur"]
        same(bench.refresh(), (0, ""), "a job an hour later")
        sent = fake.of(AUR_ARCHIVE)
        same((len(sent), sent[-1].headers["If-None-Match"] is not None), (3, True), "requests")
        same((bench.known(), bench.metrics()["rebuilds-aur"]), (["paru"], rebuilt), "unchanged")


@test("a failing AUR leaves what is known, with its age, and touches no other answer")
def failing():
    with HttpFake() as fake, Known(fake) as bench:
        fake.answer(AUR_ARCHIVE, Reply(b"", 502))
        bench.start().wait_loaded()
        same(bench.refresh(), (1, "Network"), "the job")
        same(bench.known(), "Network", "nothing was ever fetched")
        _, meta = bench.search("a", sources=["repo"])
        same((meta["stale"], meta["complete"], meta["errors"]), (False, True, []), "META of repo")
        _, meta = bench.search("a")
        same((meta["complete"], [e[0] for e in meta["errors"]]), (False, ["aur"]), "META of all")
        same(bench.properties()["State"], "ok", "State")
        fake.aur_archive([record("yay")], modified=TIME)
        same(bench.refresh(), (0, ""), "the job")
        same(bench.known(), ["yay"], "names")
        cases = [(Reply(b"", 500), "Network"), (Reply(b"no", 404), "UpstreamInvalid"),
                 (Reply(b"<html>"), "UpstreamInvalid"), (Reply(hang_up=True), "Network"),
                 (Reply(b"", 429, {"Retry-After": "4000"}), "UpstreamRateLimited")]
        for reply, name in cases:
            bench.restart(HOUR)
            fake.answer(AUR_ARCHIVE, reply)
            same(bench.refresh(), (1, name), "the job")
            same(bench.known(), ["yay"], "names")
            same((bench.meta["stale"], bench.meta["complete"]), (True, True), "META")
            same([(e[0], e[1].partition(":")[0].rpartition(".")[2]) for e in bench.meta["errors"]],
                 [("aur", name)], "errors")
            _, meta = bench.search("a", sources=["repo"])
            same((meta["stale"], meta["errors"]), (False, []), "META of repo")
        # The server wanted a pause.
        n = len(fake.of(AUR_ARCHIVE))
        same(bench.refresh(force=True), (1, "UpstreamRateLimited"), "within the pause")
        same(len(fake.of(AUR_ARCHIVE)), n, "requests")
        metrics = bench.metrics()
        same((metrics["aur-fetches"], metrics["aur-failures"]), (1, 1), "metrics")


@test("what is old is said to be so")
def old():
    with HttpFake() as fake, Known(fake) as bench:
        fake.aur_archive([record("yay")])
        bench.start().wait_loaded()
        same(bench.refresh(), (0, ""), "the job")
        bench.set_aur(REMOTE, network="mode=offline")
        bench.restart(2 * HOUR)
        same((bench.known(), bench.meta["stale"]), (["yay"], False), "two hours old")
        bench.restart(2 * HOUR)
        same((bench.known(), bench.meta["stale"]), (["yay"], True), "four hours old")
        same("confirmed" in bench.meta["errors"][0][1], True, bench.meta["errors"])
        same(bench.meta["as-of"] < bench.properties()["AsOfUSec"] - 3 * HOUR * 10**6, True, "as-of")


@test("offline it is a task for when the network is back, over kill -9 too")
def offline():
    def queued():
        return bench.properties(MANAGER)["QueuedTasks"]

    with HttpFake() as fake, Known(REMOTE) as bench:
        fake.aur_archive([record("yay")])
        bench.set_aur(REMOTE, network="mode=offline")
        bench.start().wait_loaded()
        same(bench.refresh(), (1, "Offline"), "the job")
        wait_until(lambda: queued() == 1, 5, "the task")
        bench.stop(signal.SIGKILL)
        bench.start().wait_loaded()
        wait_until(lambda: queued() == 1, 5, "the task after kill -9")
        bench.set_aur(fake)
        bench.reload()
        bench.wait_known(["yay"], 20)
        wait_until(lambda: queued() == 0, 5, "the task's end")
        same(len(fake.of(AUR_ARCHIVE)), 1, "requests")


@test("a metered link and an inhibitor hold back what nobody waits for")
def metered():
    with HttpFake() as fake, Known(REMOTE) as bench:
        fake.aur_archive([record("yay")])
        bench.set_aur(REMOTE, network="mode=online\nmetered=yes")
        bench.start().wait_loaded()
        same(bench.refresh(background=True), (1, "Metered"), "in the background")
        # There is no such server: it was asked.
        same(bench.refresh(background=True, allow_metered=True), (1, "Network"), "where allowed")
        same(bench.refresh(), (1, "Network"), "where somebody waits")
        bench.set_aur(REMOTE)
        bench.restart()
        with open(os.devnull, "rb"):
            reply, descriptors = bench.connection.call_with_unix_fd_list_sync(
                omgtest.NAME, omgtest.PATH, MANAGER, "Inhibit",
                omgtest.GLib.Variant("(sss)", ("network", "a test", "quiet")), None, 0, 5000, None,
                None)
            descriptor = descriptors.get(reply.unpack()[0])
            same(bench.refresh(background=True), (1, "Inhibited"), "while it is held")
            os.close(descriptor)
        # A server on this machine costs nothing.
        bench.set_aur(fake, network="mode=online\nmetered=yes")
        bench.restart()
        same(bench.refresh(background=True), (0, ""), "on this machine")
        same(bench.known(), ["yay"], "names")


@test("switched off nothing is asked, and what was known does not count; on again it does")
def off():
    with HttpFake() as fake, Known(fake) as bench:
        fake.aur_archive([record("yay")])
        for how in ({"interval": 0}, {"enabled": "false"}):
            bench.set_aur(fake, **how)
            bench.restart()
            same(bench.refresh(), (1, "Unavailable"), "the job")
            same("omgd.conf" in bench.message, True, bench.message)
            same(bench.known(), "Unavailable", "names")
            _, meta = bench.search("a")
            same((meta["complete"], meta["errors"]), (True, []), "META of all")
            same(bench.refresh("aur", "sync"), (0, ""), "beside something else")
        same(fake.requests, [], "requests")
        bench.set_aur(fake)
        bench.restart()
        same(bench.refresh(), (0, ""), "the job")
        same(bench.known(), ["yay"], "names")
        bench.set_aur(fake, interval=0)
        bench.reload()
        bench.wait_known("Unavailable")
        bench.set_aur(fake)
        bench.reload()
        bench.wait_known(["yay"])
        same(len(fake.of(AUR_ARCHIVE)), 1, "requests")


@test("an index that is damaged, gone or of another version is made anew, and nobody is asked")
def index():
    with HttpFake() as fake, Known(fake) as bench:
        fake.aur_archive([record("yay"), record("paru")])
        bench.start().wait_loaded()
        same(bench.refresh(), (0, ""), "the job")
        path = os.path.join(bench.data, "aur.idx")
        content = read(path)

        def cut():
            os.truncate(path, len(content) // 2)

        def version():
            with open(path, "r+b") as f:
                f.seek(8)
                f.write(b"\xff")

        def garbage():
            with open(path, "r+b") as f:
                f.seek(len(content) // 2)
                f.write(b"\xff" * 64)

        for damage in (cut, version, garbage, lambda: os.unlink(path),
                       lambda: os.chmod(path, 0o000)):
            bench.stop()
            damage()
            bench.start().wait_loaded()
            bench.wait_known(["paru", "yay"])
        # Under the map, too, where whoever reads it finds out.
        os.truncate(path, 0)
        bench.wait_known(["paru", "yay"])
        wait_until(lambda: os.path.exists(path) and size(path) > 0, 10, "another one")
        same(len(fake.of(AUR_ARCHIVE)), 1, "requests")


def read(path):
    with open(path, "rb") as f:
        return f.read()


@test("without the archive what was made from it is known, and it is asked for again by itself")
def lost():
    with HttpFake() as fake, Known(fake) as bench:
        fake.aur_archive([record("yay")])
        bench.start().wait_loaded()
        same(bench.refresh(), (0, ""), "the job")
        shutil.rmtree(bench.cache())
        bench.restart(61)
        same(bench.known(), ["yay"], "names")
        wait_until(lambda: len(fake.of(AUR_ARCHIVE)) == 2, 30, "another request")
        same(fake.of(AUR_ARCHIVE)[-1].headers["If-None-Match"], None, "validators")
        wait_until(lambda: os.path.exists(bench.cache("packages-meta-ext-v1.json.gz")), 10,
                   "the archive")
        same(bench.known(), ["yay"], "names")
        # Without both nobody knows anything.
        bench.stop()
        shutil.rmtree(bench.cache())
        os.unlink(os.path.join(bench.data, "aur.idx"))
        bench.set_aur(REMOTE, network="mode=offline")
        bench.start().wait_loaded()
        same(bench.known(), "Unavailable", "names")


@test("an archive that cannot be read any more leaves what is known, and comes again")
def unreadable():
    with HttpFake() as fake, Known(fake) as bench:
        fake.aur_archive([record("yay")])
        bench.start().wait_loaded()
        same(bench.refresh(), (0, ""), "the job")
        bench.stop()
        os.truncate(bench.cache("packages-meta-ext-v1.json.gz"), 20)
        bench.age(61)
        bench.start().wait_loaded()
        same(bench.known(), ["yay"], "names")
        wait_until(lambda: len(fake.of(AUR_ARCHIVE)) == 2, 30, "another request")
        wait_until(lambda: os.path.exists(bench.cache("packages-meta-ext-v1.json.gz")), 10,
                   "the archive")
        same(bench.known(), ["yay"], "names")


@test("while the layer is made, which takes its time, everything else goes on")
def beside():
    with HttpFake() as fake, Known(fake) as bench:
        fake.aur_archive([record("yay")])
        gate = os.path.join(bench.folder, "gate")
        os.mkfifo(gate)
        begun = os.path.join(bench.folder, "begun")
        helper = bench.slow_index("touch %s; read line <%s" % (begun, gate))
        bench.start(**helper).wait_loaded()
        job = bench.begin()
        wait_until(lambda: os.path.exists(begun), 10, "omgd-index")
        said = bench.signals()
        shutil.rmtree(os.path.join(bench.local, os.listdir(bench.local)[0]))
        said.wait("InstalledChanged", 5)
        said.close()
        same(bench.refresh("status"), (0, ""), "a look at this machine")
        same(bench.job_result(job), None, "the job of the AUR")
        with open(gate, "w", encoding="utf-8") as f:
            f.write("go\n")
        wait_until(lambda: bench.job_result(job), 20, "the job")
        same(bench.known(), ["yay"], "names")
        # A start without the layer does not wait for it either.
        bench.stop()
        os.unlink(os.path.join(bench.data, "aur.idx"))
        os.unlink(begun)
        bench.start(**helper).wait_loaded()
        wait_until(lambda: os.path.exists(begun), 10, "omgd-index")
        same(bench.known(), "Unavailable", "names")
        same("being read" in bench.message, True, bench.message)
        same(bench.search("a", sources=["repo"])[1]["complete"], True, "META of repo")
        with open(gate, "w", encoding="utf-8") as f:
            f.write("go\n")
        bench.wait_known(["yay"])
        same(len(fake.of(AUR_ARCHIVE)), 1, "requests")


@test("kill -9 of omgd, or of its helper, in between costs nothing of what is known")
def killed():
    with HttpFake() as fake, Known(fake) as bench:
        fake.aur_archive([record("yay")], modified=TIME)
        bench.start().wait_loaded()
        same(bench.refresh(), (0, ""), "the job")
        fake.aur_archive([record("paru")], modified=TIME + 1)
        begun = os.path.join(bench.folder, "begun")
        bench.restart(HOUR, **bench.slow_index("touch %s; exec sleep 60" % begun))
        bench.begin()
        wait_until(lambda: os.path.exists(begun), 10, "omgd-index")
        bench.stop(signal.SIGKILL)
        bench.start().wait_loaded()
        same(bench.known(), ["yay"], "names")
        same(bench.refresh(), (0, ""), "the job")
        same(bench.known(), ["paru"], "names")
        same(os.listdir(bench.cache("staging")), [], "what is staged")
        fake.aur_archive([record("pikaur")], modified=TIME + 2)
        bench.restart(HOUR, **bench.slow_index("kill -9 $$"))
        same(bench.refresh(), (1, "Unavailable"), "the job")
        same((bench.known(), bench.meta["stale"]), (["paru"], True), "names")
        # It came, so that it does not come again at once, whoever is to blame.
        n = len(fake.of(AUR_ARCHIVE))
        same(bench.refresh(), (1, "Unavailable"), "another job")
        same(len(fake.of(AUR_ARCHIVE)), n, "requests")
        bench.restart(HOUR)
        same(bench.refresh(), (0, ""), "the job")
        same(bench.known(), ["pikaur"], "names")


@test("equal jobs are one, and a job that is given up ends")
def jobs():
    with HttpFake() as fake, Known(fake) as bench:
        fake.answer(AUR_ARCHIVE, Reply(bytes(1 << 20), stall=100000))
        bench.start().wait_loaded()
        job = bench.begin()
        wait_until(lambda: fake.of(AUR_ARCHIVE), 10, "the request")
        same(bench.begin(), job, "the job of one who asks for the same")
        bench.raw_call(omgtest.NAME, job, "org.omgd1.Job", "Cancel",
                       omgtest.GLib.Variant("(a{sv})", ({},)))
        same(wait_until(lambda: bench.job_result(job), 10, "the end")[:2],
             (2, "org.omgd1.Error.Cancelled"), "the job")
        same(len(fake.of(AUR_ARCHIVE)), 1, "requests")
        fake.aur_archive([record("yay")])
        same(bench.refresh(), (0, ""), "after that")
        same(bench.known(), ["yay"], "names")
        try:
            bench.begin("aurora")
            raise AssertionError("a word that is none")
        except CallError as error:
            same((error.name, "aur" in error.message), (omgtest.INVALID_ARGS, True), "the error")


omgtest.run_tests()
