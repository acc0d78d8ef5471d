#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The AUR's archive, one pass at a time: what comes from a server that does everything wrong, what
is kept, and when it is asked again.

usage: test-aur-pass.py DRIVE_AUR"""
import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True

from httpfake import (AUR_ARCHIVE, PORTAL, HttpFake, Reply, gzip_bomb, http_date,  # noqa: E402
                      redirect)
from omgtest import SLOW, program, run_tests, same, test, wait_until

DRIVE = sys.argv.pop(1)
TIME = 1700000000
HOUR = 3600
NETWORK, INVALID, LIMITED, UNAVAILABLE, OFFLINE, CANCELLED = (
    "org.omgd1.Error." + name for name in ("Network", "UpstreamInvalid", "UpstreamRateLimited",
                                           "Unavailable", "Offline", "Cancelled"))


def record(name, **more):
    return dict({"ID": 1, "Name": name, "PackageBaseID": 1, "PackageBase": name, "Version": "1.0-1",
                 "Description": "a package", "URL": "https://example.org", "NumVotes": 3,
                 "Popularity": 0.5, "OutOfDate": None, "Maintainer": "somebody",
                 "Submitter": "somebody", "FirstSubmitted": TIME, "LastModified": TIME,
                 "URLPath": "/cgit/aur.git/snapshot/%s.tar.gz" % name}, **more)


class Aur:
    """A folder with cache and data, and passes in it."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="omg-aur-")
        for name in ("cache", "data"):
            os.mkdir(os.path.join(self.folder, name), 0o700)
        self.index = program("OMG_INDEX_HELPER")
        self.fetch = program("OMG_FETCH_HELPER")
        self.archive = os.path.join(self.folder, "cache/aur/packages-meta-ext-v1.json.gz")
        self.layer = os.path.join(self.folder, "data/aur.idx")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder)

    def script(self, name, body):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write("#!/bin/sh\n%s\n" % body)
        os.chmod(path, 0o755)
        return path

    def start(self, fake, *options, fetch=None, index=None):
        environment = {k: v for k, v in os.environ.items() if "proxy" not in k.lower()}
        environment.update(OMG_FETCH_HELPER=fetch or self.fetch,
                           OMG_INDEX_HELPER=index or self.index)
        return subprocess.Popen(
            [DRIVE, *options, fake if isinstance(fake, str) else fake.url(), self.folder],
            env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)

    def run(self, fake, *options, **helpers):
        """What a pass reports."""
        process = self.start(fake, *options, **helpers)
        out, self.log = process.communicate(timeout=100 * SLOW)
        if process.returncode:
            raise AssertionError("drive-aur: exit code %d\n%s" % (process.returncode, self.log))
        self.check_tidy()
        return json.loads(out)

    def check_tidy(self):
        same(os.listdir(os.path.join(self.folder, "cache/aur/staging")), [], "staging")
        same([n for n in os.listdir(self.path("data")) if "aur" in n and n != "aur.idx"], [],
             "what is left in the data directory")

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def read(self):
        with open(self.archive, "rb") as f:
            return f.read()

    def stat(self):
        """The identity of both files."""
        return [(s.st_ino, s.st_size, s.st_mtime_ns) for s in
                (os.stat(path) for path in (self.archive, self.layer))]


def good(report, names, **more):
    same((report["error"], report["error-message"], report["index-error"]), ("", "", ""), "errors")
    same(sorted(report["names"]), sorted(names), "names")
    same(report["feed"]["state"], "ok", "state")
    same({k: report[k.replace("_", "-")] for k in more}, more, "report %r" % (report,))


def bad(report, error, *texts, state="failed", names=(), **more):
    same((report["error"], report["feed"]["error"], report["feed"]["state"]),
         (error, error, state), "error %r" % (report,))
    for text in texts:
        if text not in report["error-message"]:
            raise AssertionError("%r is not in %r" % (text, report["error-message"]))
    same(sorted(report["names"]), sorted(names), "names")
    same({k: report[k.replace("_", "-")] for k in more}, more, "report %r" % (report,))


@test("the archive comes into its place as it was sent, and what is unchanged is not sent again")
def fetched():
    for compressed in (True, False):
        with HttpFake() as fake, Aur() as aur:
            body = fake.aur_archive([record("yay"), record("paru")], modified=TIME,
                                    compressed=compressed)
            report = aur.run(fake)
            good(report, ["yay", "paru"], was_asked=True, is_made=True, pause=0)
            same(report["feed"]["as-of"], TIME * 10**6, "as of")
            same(aur.read(), body, "the archive")
            sent = fake.of(AUR_ARCHIVE)[-1].headers
            same((sent.get("Accept-Encoding") in (None, "identity"), sent["If-None-Match"]),
                 (True, None), "headers")
            same(sent["User-Agent"].startswith("omgd"), True, sent["User-Agent"])
            before = aur.stat()
            report = aur.run(fake, "--later=%d" % HOUR)
            good(report, ["yay", "paru"], was_asked=True, is_made=False)
            sent = fake.of(AUR_ARCHIVE)[-1].headers
            same(sent["If-None-Match"] is not None and sent["If-Modified-Since"], http_date(TIME),
                 "validators")
            same(aur.stat(), before, "files")
            # Another one.
            fake.aur_archive([record("yay"), record("pikaur")], modified=TIME + 300,
                             compressed=compressed)
            good(aur.run(fake, "--later=%d" % HOUR), ["yay", "pikaur"], is_made=True)


@test("nobody asks twice within the hour, nor insists twice within the minute")
def hour():
    with HttpFake() as fake, Aur() as aur:
        fake.aur_archive([record("yay")], modified=TIME)
        good(aur.run(fake), ["yay"])
        fake.aur_archive([record("paru")], modified=TIME + 1)
        for options, requests in (((), 0), (("--force",), 0), (("--later=61",), 0),
                                  (("--later=3400",), 0), (("--later=200",), 1), ((), 1),
                                  (("--later=61", "--force"), 2)):
            report = aur.run(fake, *options)
            good(report, ["paru" if requests else "yay"])
            same(len(fake.of(AUR_ARCHIVE)), 1 + requests, "requests after %r" % (options,))
        # A try that failed since is made again when the schedule says.
        fake.answer(AUR_ARCHIVE, Reply(b"", 500))
        bad(aur.run(fake, "--later=61", "--force"), NETWORK, names=["paru"])
        fake.aur_archive([record("paru")], modified=TIME + 1)
        good(aur.run(fake), ["paru"], was_asked=True)
        good(aur.run(fake, "--later=61"), ["paru"], was_asked=False)
        # A clock that was wrong.
        good(aur.run(fake, "--later=%d" % (-2 * HOUR)), ["paru"], was_asked=True)


@test("what is wrong with an archive costs nothing of what is here, and it is not asked for again")
def wrong():
    text = ("[\n%s\n]\n" % json.dumps(record("other"))).encode()
    packed = gzip.compress(text)
    encoded = {"Content-Encoding": "gzip", "Last-Modified": http_date(TIME + 1)}
    cases = [
        (Reply(PORTAL, headers={"Content-Type": "text/html"}), INVALID, False),
        (Reply(b"", 404), INVALID, False),
        (Reply(b"no", 500), NETWORK, False),
        (Reply(b"no", 502), NETWORK, False),
        (Reply(hang_up=True), NETWORK, False),
        (Reply(packed, headers=encoded, cut=len(packed) // 2), NETWORK, False),
        (Reply(packed, headers=encoded, length=len(packed) + 10), NETWORK, False),
        (Reply(b"", length=129 << 20), INVALID, False),
        (redirect(AUR_ARCHIVE), INVALID, False),
        (Reply(packed[:-12], headers=encoded), INVALID, True),
        (Reply(packed[:10] + bytes(20) + packed[30:], headers=encoded), INVALID, True),
        (Reply(text[:-20]), INVALID, True),
        (Reply(b"{}"), INVALID, True),
        (Reply(gzip_bomb(300 << 20), headers=encoded), INVALID, True),
    ]
    with HttpFake() as fake, Aur() as aur:
        # Without anything here, and with a good one.
        for names in ([], ["yay"]):
            if names:
                fake.aur_archive([record("yay")], modified=TIME)
                good(aur.run(fake, "--later=%d" % HOUR), names)
            before = names and aur.stat()
            for reply, error, is_whole in cases:
                fake.answer(AUR_ARCHIVE, reply)
                report = aur.run(fake, "--later=%d" % HOUR)
                bad(report, error, fake.url(), names=names, was_asked=True, is_made=False)
                same(report["pause"], HOUR if is_whole else 0, "pause of %r" % reply.__dict__)
                same(os.path.exists(aur.archive), bool(names), "an archive")
                same(names and aur.stat(), before, "files")
                if is_whole and names:
                    n = len(fake.requests)
                    again = aur.run(fake, "--later=100")
                    bad(again, error, "asked again in", names=names, was_asked=False)
                    same(len(fake.requests), n, "requests")
        fake.aur_archive([record("paru")], modified=TIME + 1)
        good(aur.run(fake, "--later=%d" % HOUR), ["paru"])


@test("a server that wants a pause is left alone for so long, by those who insist too")
def paused():
    with HttpFake() as fake, Aur() as aur:
        fake.aur_archive([record("yay")])
        good(aur.run(fake), ["yay"])
        for status in (429, 503):
            fake.answer(AUR_ARCHIVE, Reply(b"", status, {"Retry-After": "500"}))
            bad(aur.run(fake, "--later=%d" % HOUR), LIMITED, names=["yay"], pause=500)
            n = len(fake.requests)
            report = aur.run(fake, "--force", "--later=100")
            same((report["error"], report["was-asked"]), (LIMITED, False), "report")
            same(390 < report["pause"] <= 400, True, report["pause"])
            same(len(fake.requests), n, "requests")
            fake.aur_archive([record("yay")])
            good(aur.run(fake, "--later=%d" % HOUR), ["yay"], was_asked=True)
        # It does not say, or nothing that makes sense, for how long: an hour.
        for headers in ({}, {"Retry-After": "-1"}):
            fake.answer(AUR_ARCHIVE, Reply(b"", 429, headers))
            bad(aur.run(fake, "--later=%d" % HOUR), LIMITED, names=["yay"], pause=HOUR)
            n = len(fake.requests)
            report = aur.run(fake, "--force", "--later=%d" % (HOUR - 100))
            same((report["error"], report["was-asked"]), (LIMITED, False), "report")
            same(len(fake.requests), n, "requests")
            fake.aur_archive([record("yay")])
            good(aur.run(fake, "--later=%d" % HOUR), ["yay"], was_asked=True)


@test("an archive that is older than the one here is refused and said to be stale; force takes it")
def older():
    with HttpFake() as fake, Aur() as aur:
        fake.aur_archive([record("yay")], modified=TIME)
        good(aur.run(fake), ["yay"])
        fake.aur_archive([record("old")], modified=TIME - 1)
        bad(aur.run(fake, "--later=%d" % HOUR), INVALID, "stale", "older", state="stale",
            names=["yay"], is_made=False)
        report = aur.run(fake)
        same((report["error"], report["was-asked"]), (INVALID, False), "within the hour")
        good(aur.run(fake, "--later=61", "--force"), ["old"])
        # What the server does not date, or what is of the future here, makes nothing older.
        fake.aur_archive([record("undated")], modified=None)
        good(aur.run(fake, "--later=%d" % HOUR), ["undated"])
        fake.aur_archive([record("future")], modified=int(time.time()) + 86400)
        good(aur.run(fake, "--later=%d" % HOUR), ["future"])
        fake.aur_archive([record("now")], modified=int(time.time()) - 300)
        good(aur.run(fake, "--later=%d" % HOUR), ["now"])


@test("the archive of another server is not taken for that of the first, which is asked anew")
def servers():
    with HttpFake() as first, HttpFake() as second, Aur() as aur:
        first.aur_archive([record("first")], modified=TIME)
        second.aur_archive([record("second")], modified=TIME - 1)
        good(aur.run(first), ["first"])
        good(aur.run(second), ["second"])
        good(aur.run(first), ["first"], was_asked=True)
        same("If-None-Match" in first.requests[-1].headers, False, "a validator")
        good(aur.run(first), ["first"], was_asked=False)


@test("the layer is made anew of what is here when it is gone, whatever the server says")
def index():
    with HttpFake() as fake, Aur() as aur:
        fake.aur_archive([record("yay")])
        good(aur.run(fake), ["yay"])
        n = len(fake.requests)
        os.unlink(aur.layer)
        good(aur.run(fake, "--only-index"), ["yay"], was_asked=False, is_made=True)
        os.unlink(aur.layer)
        good(aur.run(fake), ["yay"], was_asked=False, is_made=True)
        same(len(fake.requests), n, "requests")
        os.unlink(aur.layer)
        good(aur.run(fake, "--later=%d" % HOUR), ["yay"], was_asked=True, is_made=True)
        fake.answer(AUR_ARCHIVE, Reply(b"", 500))
        os.unlink(aur.layer)
        bad(aur.run(fake, "--later=%d" % HOUR), NETWORK, names=["yay"], is_made=True)
        # Nothing to do.
        report = aur.run(fake, "--only-index")
        same((report["is-made"], report["index-error"]), (False, ""), "report")


@test("an archive that was damaged here comes again as a whole, though the server says unchanged")
def damaged():
    with HttpFake() as fake, Aur() as aur:
        body = fake.aur_archive([record("yay")], modified=TIME)
        good(aur.run(fake), ["yay"])
        with open(aur.archive, "r+b") as f:
            f.truncate(len(body) - 5)
        n = len(fake.requests)
        good(aur.run(fake, "--later=%d" % HOUR), ["yay"], is_made=True)
        same([r.headers["If-None-Match"] is None for r in fake.requests[n:]], [False, True],
             "requests")
        same(aur.read(), body, "the archive")
        # Where nobody can be asked it goes, so that it comes whole when somebody is; the layer that
        # was made from it before is what is known.
        with open(aur.archive, "r+b") as f:
            f.truncate(len(body) - 5)
        report = aur.run(fake, "--only-index")
        same((report["index-error"], report["names"]), (INVALID, ["yay"]), "report")
        same(os.path.exists(aur.archive), False, "the archive")
        good(aur.run(fake, "--later=61"), ["yay"], was_asked=True)
        same(fake.requests[-1].headers["If-None-Match"], None, "validators")


@test("an archive that is gone is asked for within the hour, and not within the minute")
def gone():
    with HttpFake() as fake, Aur() as aur:
        fake.aur_archive([record("yay")])
        good(aur.run(fake), ["yay"])
        shutil.rmtree(os.path.dirname(aur.archive))
        report = aur.run(fake)
        same((report["error"], report["was-asked"], 0 < report["pause"] <= 60),
             (UNAVAILABLE, False, True), "report %r" % (report,))
        good(aur.run(fake, "--later=61"), ["yay"], was_asked=True)


@test("offline only a server on this machine is asked, and what is not asked changes nothing")
def offline():
    with HttpFake() as fake, Aur() as aur:
        fake.aur_archive([record("yay")])
        good(aur.run(fake, "--offline"), ["yay"], was_asked=True)
        report = aur.run("http://aur.example.invalid", "--offline")
        same((report["error"], report["was-asked"], report["feed"]["state"]),
             (OFFLINE, False, "ok"), "report")
        same(report["names"], ["yay"], "names")


@test("helpers that cannot be started, die or say nothing are said to be so")
def helpers():
    with HttpFake() as fake, Aur() as aur:
        fake.aur_archive([record("yay")], modified=TIME)
        bad(aur.run(fake, fetch="/nonexistent"), UNAVAILABLE, was_asked=True)
        for body, text in (("exit 0", "did not say"), ("kill -9 $$", "SIGKILL"), ("exit 3", "3")):
            report = aur.run(fake, "--later=%d" % HOUR, index=aur.script("index", body))
            bad(report, UNAVAILABLE, text, pause=HOUR)
            same(os.path.exists(aur.archive), False, "an archive")
        good(aur.run(fake, "--later=%d" % HOUR), ["yay"])
        # It says that it wrote what it has not, or what is no layer of that archive.
        aur.script("none", "echo '{\"ok\":true}'")
        junk = ('while [ "$1" != --output ]; do shift; done\n'
                'echo nonsense >"$2"; echo \'{"ok":true}\'')
        other = ('while [ "$1" != --output ]; do shift; done\n'
                 'cp %s "$2"; chmod 600 "$2"; echo \'{"ok":true}\'' % aur.path("aur.copy"))
        shutil.copy(aur.layer, aur.path("aur.copy"))
        fake.aur_archive([record("paru")], modified=TIME + 1)
        before = aur.stat()
        for name, body in (("none", "echo '{\"ok\":true}'"), ("junk", junk), ("other", other)):
            report = aur.run(fake, "--later=%d" % HOUR, index=aur.script(name, body))
            same((report["error"] != "", report["names"]), (True, ["yay"]), name)
            same(aur.stat(), before, "files after " + name)


@test("a cancelled pass leaves what is here, and nothing behind")
def cancelled():
    with HttpFake() as fake, Aur() as aur:
        fake.aur_archive([record("yay")], modified=TIME)
        good(aur.run(fake), ["yay"])
        before = aur.stat()
        fake.answer(AUR_ARCHIVE, Reply(bytes(1 << 20), stall=100000))
        report = aur.run(fake, "--later=%d" % HOUR, "--cancel=fetching")
        same((report["error"], report["feed"]["state"]), (CANCELLED, "ok"), "report")
        fake.aur_archive([record("paru")], modified=TIME + 1)
        report = aur.run(fake, "--later=%d" % HOUR, "--cancel=reading",
                         index=aur.script("slow", "exec sleep 60"))
        same((report["error"], report["names"], report["feed"]["state"]),
             (CANCELLED, ["yay"], "ok"), "report")
        same(aur.stat(), before, "files")


@test("what stalls ends, and what takes its time does, too")
def slow():
    with HttpFake() as fake, Aur() as aur:
        hasty = aur.script("fetch", 'exec %s --stall-sec=1 "$@"' % aur.fetch)
        fake.answer(AUR_ARCHIVE, Reply(bytes(1 << 20), stall=10000))
        bad(aur.run(fake, fetch=hasty), NETWORK, was_asked=True)
        fake.answer(AUR_ARCHIVE, Reply(bytes(1 << 20), pause=0.1))
        bad(aur.run(fake, "--limit=1"), NETWORK, "longer than 1 s", was_asked=True)


@test("killed anywhere, the next pass has it right")
def killed():
    with HttpFake() as fake, Aur() as aur:
        fake.aur_archive([record("yay")], modified=TIME)
        good(aur.run(fake), ["yay"])
        fake.aur_archive([record("paru")], modified=TIME + 1)
        # While omgd-index makes the layer.
        slow_index = aur.script("slow", "touch %s; exec sleep 5" % aur.path("begun"))
        process = aur.start(fake, "--later=%d" % HOUR, index=slow_index)
        wait_until(lambda: os.path.exists(aur.path("begun")), 20, "omgd-index")
        process.kill()
        process.communicate()
        same(sorted(os.listdir(aur.path("cache/aur/staging"))) != [], True, "something is staged")
        good(aur.run(fake), ["paru"], was_asked=True, is_made=True)
        # With the archive in its place, and the layer not yet.
        body = fake.aur_archive([record("pikaur")], modified=TIME + 2)
        with open(aur.archive + ".new", "wb") as f:
            f.write(body)
        os.utime(aur.archive + ".new", (TIME + 2, TIME + 2))
        os.rename(aur.archive + ".new", aur.archive)
        good(aur.run(fake), ["pikaur"], was_asked=False, is_made=True)
        # What was known of it was not noted: it comes again, which is no harm.
        good(aur.run(fake, "--later=%d" % HOUR), ["pikaur"], was_asked=True)


@test("a folder that is not ours is an error, and nothing is asked")
def folders():
    with HttpFake() as fake, Aur() as aur:
        fake.aur_archive([record("yay")])
        with open(aur.path("cache/aur"), "w", encoding="utf-8"):
            pass
        process = aur.start(fake)
        _, log = process.communicate(timeout=60 * SLOW)
        same((process.returncode, "aur" in log), (1, True), log)
        same(fake.requests, [], "requests")


run_tests()
