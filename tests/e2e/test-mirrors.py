#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""omgd's own sync databases: which copy counts, how they come from mirrors that may fail in every
way, that the real pacman agrees on them, and that its files and its lock stay as they are."""

import glob
import json
import os
import re
import shutil
import signal
import subprocess
import threading
import time

import omgtest
from httpfake import PORTAL, HttpFake, Reply, http_date
from omgtest import Bench, GLib, omgroot, same, test, wait_until

TIME = 1700000000


def packages(version, built, names=("core-a", "core-b")):
    made = []
    for number, name in enumerate(names):
        package = omgroot.Package(name, version, DESC="a package").fill(number)
        package.values["BUILDDATE"] = str(built + number)
        made.append(package)
    return made


def make_root(root):
    """core at 1-1 as installed, extra likewise."""
    core, extra = packages("1-1", TIME), packages("1-1", TIME, ("extra-a",))
    installed = [omgroot.as_installed(p, n, True) for n, p in enumerate(core + extra)]
    omgroot.write_root(root, [("core", core), ("extra", extra)], installed)
    for name in ("core", "extra"):
        set_time(os.path.join(omgroot.db_folder(root), "sync", name + ".db"), TIME)


def set_time(path, seconds):
    os.utime(path, (seconds, seconds))


def tree(folder):
    """Everything that can be seen of what is below it: names, kinds, times, contents."""
    seen = {}
    for here, folders, files in os.walk(folder):
        for name in folders + files:
            path = os.path.join(here, name)
            status = os.lstat(path)
            content = None
            if os.path.isfile(path):
                with open(path, "rb") as f:
                    content = f.read()
            seen[path] = (status.st_mode, status.st_mtime_ns, status.st_ino, content)
    return seen


def copies(bench, *parts):
    return os.path.join(bench.folder, "cache/pacman", *parts)


def make_copies(bench):
    """What omgd makes when it first asks a mirror."""
    os.makedirs(copies(bench, "sync"), mode=0o700)
    os.symlink(os.path.join(omgroot.db_folder(bench.root), "local"), copies(bench, "local"))


def put_copy(bench, name, content, seconds):
    omgroot.write_file(copies(bench, "new"), content)
    set_time(copies(bench, "new"), seconds)
    os.rename(copies(bench, "new"), copies(bench, "sync", name + ".db"))


def refresh(bench, *what):
    said = bench.signals()
    path = bench.call(omgtest.MANAGER, "Refresh", "asa{sv}", list(what), {})[0]
    ended = said.wait("Completed", 20)
    said.close()
    return path, ended


def updates(bench):
    return sorted((row[0], row[1], row[2]) for row in bench.list("ListUpdates")[0])


def pacman_updates(bench, folder):
    """What the real pacman -Qu says of a DBPath."""
    omgtest.need_pacman()
    got = []
    for line in omgtest.pacman(bench.root, "--dbpath", folder, "-Qu").text.splitlines():
        name, old, _, new = line.split()[:4]
        got.append((name, old, new))
    return sorted(got)


@test("a newer copy counts, and the real pacman agrees; pacman's files stay as they are")
def newer_copy():
    with Bench(root=make_root) as bench:
        before = tree(omgroot.db_folder(bench.root))
        bench.start().wait_loaded()
        same(updates(bench), [], "updates of pacman's databases")
        same(os.path.exists(bench.folder + "/cache"), False, "nothing is made without need")
        make_copies(bench)
        put_copy(bench, "core", omgroot.sync_db_bytes(packages("2-1", TIME + 500)), TIME + 1000)
        refresh(bench, "status")
        expected = [("core-a", "1-1", "2-1"), ("core-b", "1-1", "2-1")]
        same(updates(bench), expected, "updates of the copy")
        same(pacman_updates(bench, copies(bench)), expected, "pacman -Qu of the same")
        rows = {row[0]: row for row in bench.call(omgtest.PACKAGES, "ListRepositories",
                                                  "a{sv}", {})[0]}
        same([rows["core"][3]["path"], rows["extra"][3]["path"]],
             [copies(bench, "sync/core.db"), bench.sync + "/extra.db"], "the paths that count")
        same(tree(omgroot.db_folder(bench.root)), before, "pacman's files")
        # Over a restart, without a rebuild.
        bench.stop()
        bench.start().wait_loaded()
        same(updates(bench), expected, "updates after a restart")
        same(bench.metrics()["rebuilds-sync"], 0, "rebuilds after a restart")


@test("pacman's database counts again once it is newer, and the copy follows")
def pacman_newer():
    with Bench(root=make_root) as bench:
        make_copies(bench)
        put_copy(bench, "core", omgroot.sync_db_bytes(packages("2-1", TIME + 500)), TIME + 1000)
        bench.start().wait_loaded()
        same(len(updates(bench)), 2, "updates of the copy")
        said = bench.signals()
        path = os.path.join(bench.sync, "core.db")
        omgroot.write_file(path + ".part", omgroot.sync_db_bytes(packages("3-1", TIME + 1500)))
        set_time(path + ".part", TIME + 2000)
        os.rename(path + ".part", path)
        said.wait("UpdatesChanged", 3)
        said.close()
        same(updates(bench)[0], ("core-a", "1-1", "3-1"), "updates of pacman's")
        with open(path, "rb") as theirs, open(copies(bench, "sync/core.db"), "rb") as own:
            same(own.read() == theirs.read(), True, "the copy is pacman's")
        same(os.stat(copies(bench, "sync/core.db")).st_mtime_ns, os.stat(path).st_mtime_ns,
             "its time")
        same(pacman_updates(bench, copies(bench)),
             pacman_updates(bench, os.path.dirname(bench.sync)), "pacman -Qu of both")


@test("a copy that cannot be read is removed, and pacman's counts")
def bad_copy():
    good = omgroot.sync_db_bytes(packages("2-1", TIME + 500))
    for content in (b"<html>no</html>", good[:len(good) // 2]):
        with Bench(root=make_root) as bench:
            make_copies(bench)
            put_copy(bench, "core", content, TIME + 1000)
            bench.start().wait_loaded()
            wait_until(lambda: bench.properties()["State"] == "ok", 5, "a good state")
            same(updates(bench), [], "updates of pacman's")
            wait_until(lambda: not os.path.exists(copies(bench, "sync/core.db")), 5,
                       "the end of the bad copy")
            if "core.db cannot be read" not in bench.log():
                raise AssertionError("not logged: " + bench.log())
            # One that was good, and the only one that can be read, goes too; its packages stay.
            omgroot.write_file(bench.sync + "/core.db", "nonsense")
            wait_until(lambda: bench.properties()["State"] == "stale", 5, "a bad database")
            same(bench.details(["core-a"])[0][0][0] if bench.details(["core-a"])[0] else None,
                 "core-a", "the last good packages")


@test("copies of another DBPath do not count")
def foreign_copies():
    with Bench(root=make_root) as bench:
        os.makedirs(copies(bench, "sync"))
        os.symlink("/nonexistent/local", copies(bench, "local"))
        put_copy(bench, "core", omgroot.sync_db_bytes(packages("2-1", TIME + 500)), TIME + 1000)
        bench.start().wait_loaded()
        same(updates(bench), [], "updates")


# ---------------------------------------------------------------------------------------------
# What omgd-index says of a database that was fetched


def check(bench, content, signature=None, name="core"):
    """(answer of omgd-index check, exit code)."""
    staged = copies(bench, "staging", name + ".db")
    os.makedirs(os.path.dirname(staged), exist_ok=True)
    for path, data in ((staged, content), (staged + ".sig", signature)):
        if data is not None:
            omgroot.write_file(path, data)
        elif os.path.exists(path):
            os.unlink(path)
    done = subprocess.run([omgtest.program("OMG_INDEX_HELPER"), "check", "--config", bench.conf,
                           "--cache", bench.folder + "/cache", "--repository", name],
                          capture_output=True, check=False, timeout=60)
    if done.returncode not in (0, 1):
        raise AssertionError(done.stderr.decode())
    left = [f for f in os.listdir(os.path.dirname(staged)) if f.startswith(".")]
    same(left, [], "what the check leaves behind")
    return json.loads(done.stdout)


def numbers(answer):
    return tuple(answer[key] for key in ("packages", "newer", "older", "added", "removed",
                                         "newest"))


@test("check: a fetched database beside the one that counts")
def check_good():
    with Bench(root=make_root, bus=False) as bench:
        for made, expected in (
                (packages("2-1", TIME + 500), (2, 2, 0, 0, 0, TIME + 501)),
                (packages("0-1", TIME - 500), (2, 0, 2, 0, 0, TIME - 499)),
                (packages("1-1", TIME), (2, 0, 0, 0, 0, TIME + 1)),
                (packages("1-1", TIME, ("core-a", "core-c")), (2, 0, 0, 1, 1, TIME + 1)),
                (packages("2-1", TIME + 9, ("core-a",)) + packages("0-1", TIME - 9, ("core-b",)),
                 (2, 1, 1, 0, 0, TIME + 9)),
                ([], (0, 0, 0, 0, 2, 0))):
            for kind in ("gz", "zst", "none"):
                answer = check(bench, omgroot.sync_db_bytes(made, kind))
                same((answer["ok"], numbers(answer)), (True, expected), "check of " + kind)
        # Against our copy, where that counts.
        make_copies(bench)
        put_copy(bench, "core", omgroot.sync_db_bytes(packages("2-1", TIME + 500)), TIME + 1000)
        answer = check(bench, omgroot.sync_db_bytes(packages("1-1", TIME)))
        same(numbers(answer), (2, 0, 2, 0, 0, TIME + 1), "older than the copy")
        # Nothing to compare with.
        os.unlink(copies(bench, "sync/core.db"))
        omgroot.write_file(bench.sync + "/core.db", "nonsense")
        answer = check(bench, omgroot.sync_db_bytes(packages("1-1", TIME)))
        same(numbers(answer), (2, 0, 0, 2, 0, TIME + 1), "beside a broken one")


@test("check: what is no database, cut, empty, missing or of no repository")
def check_bad():
    good = omgroot.sync_db_bytes(packages("2-1", TIME + 500))
    corrupt = "org.omgd1.Error.DatabaseCorrupt"
    with Bench(root=make_root, bus=False) as bench:
        for content in (b"<html><body>Log in first</body></html>", good[:len(good) // 2],
                        good[:-9], b""):
            answer = check(bench, content)
            same((answer["ok"], answer.get("error")), (False, corrupt), repr(content[:20]))
            if copies(bench, "staging/core.db") not in answer["message"]:
                raise AssertionError("no path in %r" % answer["message"])
        same(check(bench, None)["error"], omgtest.DATABASE_MISSING, "missing")
        same(check(bench, good, name="nothere")["error"], omgtest.INVALID_ARGS, "no repository")


class Key:
    """A key that the root's pacman trusts, or, elsewhere, one that it does not know."""

    def __init__(self, folder):
        self.folder = folder
        os.makedirs(folder, mode=0o700, exist_ok=True)
        self.gpg("--quick-generate-key", "Test <test@example.org>", "ed25519", "sign", "never")

    def gpg(self, *arguments, data=None):
        done = subprocess.run(["gpg", "--homedir", self.folder, "--batch", "--pinentry-mode",
                               "loopback", "--passphrase", "", *arguments], input=data,
                              capture_output=True, check=False, timeout=120)
        if done.returncode != 0:
            raise AssertionError("gpg: %s" % done.stderr.decode())
        return done.stdout

    def sign(self, data):
        return self.gpg("--detach-sign", data=data)

    def close(self):
        subprocess.run(["gpgconf", "--homedir", self.folder, "--kill", "all"], check=False,
                       capture_output=True)


def need_gpg():
    if not shutil.which("gpg") or not shutil.which("gpgconf"):
        raise omgtest.Skip("no gpg")


def set_siglevel(bench, level):
    with open(bench.conf, encoding="utf-8") as f:
        conf = f.read()
    omgroot.write_file(bench.conf, re.sub("SigLevel = .*", "SigLevel = " + level, conf))


@test("check: signatures as SigLevel says")
def check_signatures():
    need_gpg()
    good = omgroot.sync_db_bytes(packages("2-1", TIME + 500))
    other = omgroot.sync_db_bytes(packages("2-2", TIME + 500))
    with Bench(root=make_root, bus=False) as bench:
        key = Key(os.path.join(bench.root, "etc/pacman.d/gnupg"))
        stranger = Key(os.path.join(bench.folder, "stranger"))
        try:
            signatures = {"good": key.sign(good), "of another": key.sign(other),
                          "of a stranger": stranger.sign(good), "nonsense": b"nonsense",
                          "empty": b"", "none": None}
            for level, accepted in (("Required", ("good",)),
                                    ("Required DatabaseOptional", ("good", "none")),
                                    ("Never", tuple(signatures))):
                set_siglevel(bench, level)
                for name, signature in signatures.items():
                    answer = check(bench, good, signature)
                    same((answer["ok"], answer.get("error")),
                         (True, None) if name in accepted else
                         (False, "org.omgd1.Error.SignatureInvalid"), level + ", " + name)
        finally:
            key.close()
            stranger.close()


# ---------------------------------------------------------------------------------------------
# The mirrors themselves


class Mirrored(Bench):
    """A bench whose mirrors are asked: HttpFakes, or addresses, in order of preference."""

    def __init__(self, *mirrors, **how):
        super().__init__(root=make_root, **how)
        self.drop_in("10-mirrors", "[sync]\nmirrors=3600\n[network]\nmode=online\n")
        self.set_mirrors(*mirrors)
        self.pacman_tree = tree(omgroot.db_folder(self.root))

    def set_mirrors(self, *mirrors):
        urls = [m if isinstance(m, str) else m.url("") for m in mirrors]
        omgroot.write_file(os.path.join(self.root, "etc/pacman.d/mirrorlist"),
                           "".join("Server = %s/$repo/os/$arch\n" % url for url in urls))

    def check_pacman(self):
        """pacman's files and its lock are as they were."""
        same(tree(omgroot.db_folder(self.root)), self.pacman_tree, "pacman's files")

    def refresh(self, *what, **how):
        """Runs the job to its end: (status, error name, message, errors)."""
        said = self.signals()
        path = self.call(omgtest.MANAGER, "Refresh", "asa{sv}", list(what or ("sync",)),
                         omgtest.options(**how))[0]
        # A job that is done at once has said so before its path was known.
        status, error, message, result = wait_until(
            lambda: self.job_result(path), 60, "the end of the job")
        said.pump(0.1)
        said.close()
        self.said = said
        return status, error.rpartition(".")[2], message, result.get("errors", [])


DATABASE = "/%s/os/x86_64/%s.db"


def put(mirror, content=None, modified=None, name="core", signature=None):
    """Has the mirror serve a database; a Reply: that instead."""
    path = DATABASE % (name, name)
    if isinstance(content, (Reply, list)):
        mirror.answer(path, content)
    else:
        mirror.serve(path, content, modified=modified)
    if isinstance(signature, bytes):
        mirror.serve(path + ".sig", signature, modified=modified)
    else:
        mirror.answer(path + ".sig", signature or Reply(b"no", 404))


def put_extra(mirror):
    """What is here of extra is today's."""
    put(mirror, omgroot.sync_db_bytes(packages("1-1", TIME, ("extra-a",))), TIME, "extra")


def newer(version="2-1", seconds=500):
    return omgroot.sync_db_bytes(packages(version, TIME + seconds))


def expect_updates(bench, version):
    """What omgd says, and pacman of the same databases."""
    expected = [(name, "1-1", version) for name in ("core-a", "core-b")] if version else []
    same(updates(bench), expected, "updates")
    if os.path.exists(copies(bench)):
        same(pacman_updates(bench, copies(bench)), expected, "pacman -Qu of the copies")


def expect_errors(errors, source, name, *parts):
    """The one error of a job, of META and in words."""
    same([(e[0], e[1].partition(":")[0].rpartition(".")[2]) for e in errors], [(source, name)],
         "errors")
    for part in parts:
        if part not in errors[0][1]:
            raise AssertionError("%r is not in %r" % (part, errors[0][1]))


@test("a newer database comes from the mirror; asked again, it is unchanged")
def fetched():
    with HttpFake() as mirror, Mirrored(mirror) as bench:
        put(mirror, newer(), TIME + 1000)
        put_extra(mirror)
        bench.start().wait_loaded()
        same(len(mirror.requests), 0, "requests before anybody asks")
        same(bench.refresh(), (0, "", "", []), "the job")
        expect_updates(bench, "2-1")
        bench.check_pacman()
        said = bench.said
        same(len(said.of("UpdatesChanged")), 1, "UpdatesChanged")
        same([a[1] for a in said.of("DatabasesChanged")], [["core"]], "DatabasesChanged")
        same(said.of("InstalledChanged"), [], "InstalledChanged")
        same(len([a for a in said.of("PropertiesChanged") if a[0] == omgtest.STATUS]), 1,
             "PropertiesChanged of Status")
        stages = [a[1]["Stage"] for a in said.of("PropertiesChanged")
                  if a[0] == "org.omgd1.Job" and "Stage" in a[1]]
        same(stages[:1], ["fetching"], "the first stage")
        same(os.stat(copies(bench, "sync/core.db")).st_mtime, TIME + 1000, "time of the copy")
        same(os.listdir(copies(bench, "staging")), [], "what is staged")
        # Both were asked for with what was known of them; the signature was not wanted.
        same([r.headers.get("If-Modified-Since") for r in mirror.requests],
             [http_date(TIME)] * 2, "If-Modified-Since")

        first = bench.properties()["AsOfUSec"]
        rebuilt = bench.metrics()["rebuilds-sync"]
        same(bench.refresh(), (0, "", "", []), "the second job")
        same({r.path: r.headers.get("If-Modified-Since") for r in mirror.requests[2:]},
             {DATABASE % ("core", "core"): http_date(TIME + 1000),
              DATABASE % ("extra", "extra"): http_date(TIME)}, "If-Modified-Since")
        same(all(r.headers.get("If-None-Match") for r in mirror.requests[2:]), True, "ETags")
        same(bench.properties()["AsOfUSec"] > first, True, "unchanged is news of the age")
        same(bench.metrics()["rebuilds-sync"], rebuilt, "rebuilds")
        for member in ("UpdatesChanged", "DatabasesChanged", "InstalledChanged"):
            same(bench.said.of(member), [], member)
        # "status" is about this machine alone; a young answer is good enough for who says so.
        bench.refresh("status")
        bench.refresh("sync", max_age=3600)
        same(len(mirror.requests), 4, "requests")
        # force: the whole again, which is the same.
        same(bench.refresh(force=True), (0, "", "", []), "the forced job")
        same([r.headers.get("If-Modified-Since") for r in mirror.requests[4:]], [None] * 2,
             "If-Modified-Since of a forced job")
        expect_updates(bench, "2-1")
        bench.check_pacman()


@test("what is older is refused and said to be stale, however it is dated")
def older():
    for content, modified in ((omgroot.sync_db_bytes(packages("0-1", TIME - 500)), TIME + 2000),
                              (omgroot.sync_db_bytes(packages("0-1", TIME - 500)), None),
                              (omgroot.sync_db_bytes(packages("0-1", TIME - 500)), TIME - 500),
                              (omgroot.sync_db_bytes(packages("1-1", TIME, ("core-a",))),
                               TIME - 10)):
        with HttpFake() as mirror, Mirrored(mirror) as bench:
            # A server that does not care what is asked for.
            headers = {} if modified is None else {"Last-Modified": http_date(modified)}
            put(mirror, Reply(content, 200, headers))
            put_extra(mirror)
            bench.start().wait_loaded()
            status, error, _, errors = bench.refresh()
            same((status, error), (0, ""), "the job, which knows of extra")
            expect_errors(errors, "mirrors/core", "UpstreamInvalid", "stale", mirror.url("/core"))
            same(bench.properties()["State"], "stale", "State")
            expect_updates(bench, None)
            bench.check_pacman()
            same(bench.details(["core-b"])[2]["stale"], True, "stale in META")
            # The next mirror has a better one.
            with HttpFake() as other:
                put(other, newer(), TIME + 1000)
                put_extra(other)
                bench.set_mirrors(mirror, other)
                same(bench.refresh(), (0, "", "", []), "with another mirror")
                expect_updates(bench, "2-1")
                same(bench.properties()["State"], "ok", "State")


@test("a mirror that fails, in whatever way: the next one answers; without one the good one stays")
def failing():
    good = newer()
    broken = {
        "refused": None,
        "404": Reply(b"no", 404),
        "500": Reply(b"no", 500),
        "portal": Reply(PORTAL, 200, {"Content-Type": "text/html"}),
        "portal that lies": Reply(PORTAL, 200, {"Content-Type": "application/octet-stream"}),
        "cut": Reply(good, cut=len(good) // 2),
        "wrong length": Reply(good, length=len(good) + 100),
        "hangs up": Reply(hang_up=True),
        "half a gzip": Reply(good[:len(good) // 2]),
        "nonsense": Reply(b"nonsense" * 100),
        "empty": Reply(b""),
    }
    for name, reply in broken.items():
        with HttpFake() as first, HttpFake() as second, Mirrored(first) as bench:
            if reply:
                put(first, reply)
                put_extra(first)
            else:
                first.stop()
            put(second, good, TIME + 1000)
            put_extra(second)
            bench.start().wait_loaded()
            status, error, _, errors = bench.refresh()
            same(status, 0 if reply else 1, "status of the job, " + name)
            core = [e for e in errors if e[0] == "mirrors/core"]
            same(len(core), 1, "an error of core, " + name)
            expect_errors(core, "mirrors/core",
                          "Network" if name in ("refused", "500", "cut", "wrong length",
                                                "hangs up") else
                          "UpstreamInvalid",
                          "127.0.0.1:%d" % first.port)
            same(bench.properties()["State"], "stale", "State, " + name)
            expect_updates(bench, None)
            same(os.listdir(copies(bench, "staging")), [], "what is staged, " + name)
            bench.set_mirrors(first, second)
            same(bench.refresh(), (0, "", "", []), "with a second mirror, " + name)
            expect_updates(bench, "2-1")
            same(bench.properties()["State"], "ok", "State afterwards, " + name)
            bench.check_pacman()


@test("many bad mirrors: of three databases at most, and the good one that is here stays")
def many_bad():
    with HttpFake() as mirror, Mirrored() as bench:
        bench.set_mirrors(*[mirror.url("/m%d" % i) for i in range(10)])
        for i in range(10):
            mirror.answer("/m%d/core/os/x86_64/core.db" % i, Reply(b"nonsense %d" % i))
        mirror.serve("/m0/extra/os/x86_64/extra.db",
                     omgroot.sync_db_bytes(packages("1-1", TIME, ("extra-a",))), modified=TIME)
        bench.start().wait_loaded()
        _, _, _, errors = bench.refresh()
        expect_errors(errors, "mirrors/core", "UpstreamInvalid", "/m2/core")
        same(len([r for r in mirror.requests if r.path.endswith("core.db")]), 3, "databases")
        expect_updates(bench, None)


@test("Retry-After is obeyed, also by who asks again")
def retry_after():
    with HttpFake() as mirror, Mirrored(mirror) as bench:
        put(mirror, Reply(b"slow down", 429, {"Retry-After": "1000"}))
        put_extra(mirror)
        bench.start().wait_loaded()
        for _ in range(3):
            _, _, _, errors = bench.refresh()
            expect_errors(errors, "mirrors/core", "UpstreamRateLimited", mirror.url("/core"))
        same(len(mirror.of(DATABASE % ("core", "core"))), 1, "requests for core")
        bench.stop()
        bench.start().wait_loaded()
        same(bench.properties()["State"], "stale", "State after a restart")
        bench.refresh()
        same(len(mirror.of(DATABASE % ("core", "core"))), 1, "requests after a restart")


@test("signatures from mirrors, as SigLevel says")
def signed():
    need_gpg()
    good = newer()
    with HttpFake() as mirror, HttpFake() as second, Mirrored(mirror) as bench:
        key = Key(os.path.join(bench.root, "etc/pacman.d/gnupg"))
        stranger = Key(os.path.join(bench.folder, "stranger"))
        try:
            # What is here is not signed, so nothing is readable at first.
            set_siglevel(bench, "Required")
            extra = omgroot.sync_db_bytes(packages("1-1", TIME, ("extra-a",)))
            for fake in (mirror, second):
                put(fake, extra, TIME, "extra", key.sign(extra))
            bench.start()
            for signature, name in ((None, "SignatureInvalid"),
                                    (stranger.sign(good), "SignatureInvalid"),
                                    (key.sign(extra), "SignatureInvalid"),
                                    (b"x" * 20000, "UpstreamInvalid"),
                                    (Reply(b"no", 500), "Network")):
                put(mirror, good, TIME + 1000, signature=signature)
                _, _, _, errors = bench.refresh()
                of_mirror = [e for e in errors if e[0] == "mirrors/core"]
                expect_errors(of_mirror, "mirrors/core", name, mirror.url("/core"))
                same([e[0] for e in errors if e[0] == "sync/core"], ["sync/core"], "of pacman's")
                same(os.path.exists(copies(bench, "sync/core.db")) and
                     os.path.exists(copies(bench, "sync/core.db.sig")), False, "a bad one comes in")
            put(second, good, TIME + 1000, signature=key.sign(good))
            bench.set_mirrors(mirror, second)
            same(bench.refresh(), (0, "", "", []), "with a good signature on another mirror")
            expect_updates(bench, "2-1")
            # Optional: without one it is good, with a wrong one it is not.
            set_siglevel(bench, "Optional TrustedOnly")
            put(mirror, newer("3-1", 600), TIME + 2000)
            same(bench.refresh(), (0, "", "", []), "optional, and none")
            expect_updates(bench, "3-1")
            same(os.path.exists(copies(bench, "sync/core.db.sig")), False, "the old signature")
            put(mirror, newer("4-1", 700), TIME + 3000, signature=key.sign(good))
            put(second, newer("4-1", 700), TIME + 3000, signature=key.sign(good))
            _, _, _, errors = bench.refresh()
            expect_errors(errors, "mirrors/core", "SignatureInvalid")
            expect_updates(bench, "3-1")
            bench.check_pacman()
        finally:
            key.close()
            stranger.close()


@test("file URLs, also without network; other mirrors then are Offline")
def files_and_offline():
    with HttpFake() as mirror, Mirrored() as bench:
        folder = os.path.join(bench.folder, "mirror")
        for name, content, seconds in (("core", newer(), TIME + 1000),
                                       ("extra", omgroot.sync_db_bytes(
                                           packages("1-1", TIME, ("extra-a",))), TIME)):
            path = folder + DATABASE % (name, name)
            os.makedirs(os.path.dirname(path))
            omgroot.write_file(path, content)
            set_time(path, seconds)
        bench.set_mirrors("http://mirror.example.org", "file://" + folder)
        bench.drop_in("20-offline", "[network]\nmode=offline\n")
        bench.start().wait_loaded()
        same(bench.refresh(), (0, "", "", []), "the job")
        expect_updates(bench, "2-1")
        bench.check_pacman()
        bench.set_mirrors("http://mirror.example.org")
        status, error, message, _ = bench.refresh()
        same((status, error), (1, "Offline"), "without a mirror on this machine")
        same("offline" in message, True, message)
        same(mirror.requests, [], "requests")
        # What is on the machine is looked at all the same.
        os.unlink(copies(bench, "sync/core.db"))
        bench.refresh()
        expect_updates(bench, None)


@test("a mirror that takes its time holds nothing else up")
def slow_mirror():
    answer = threading.Event()

    def late(_request):
        answer.wait(30)
        return Reply(newer(), headers={"Last-Modified": http_date(TIME + 1000)})

    with HttpFake() as mirror, Mirrored(mirror) as bench:
        put_extra(mirror)
        mirror.handle("/core/os/x86_64/core.db", late)
        bench.start().wait_loaded()
        said = bench.signals()
        try:
            job = bench.call(omgtest.MANAGER, "Refresh", "asa{sv}", ["sync"], {})[0]
            wait_until(lambda: any("core" in r.path for r in mirror.requests), 5, "the request")
            # What pacman does meanwhile is seen, and a look asked for is had.
            shutil.rmtree(os.path.join(bench.local, "extra-a-1-1"))
            said.wait("InstalledChanged", 5)
            second = bench.call(omgtest.MANAGER, "Refresh", "asa{sv}", ["status"], {})[0]
            wait_until(lambda: bench.job_result(second), 5, "the look at this machine")
            same(bench.job_result(job), None, "the job of the mirrors")
            same(bench.call(omgtest.MANAGER, "Refresh", "asa{sv}", ["sync"], {})[0], job,
                 "the job of one who asks for the same")
            # Who asks the mirrors as well waits for them, and may give up.
            third = bench.call(omgtest.MANAGER, "Refresh", "asa{sv}", ["sync"],
                               omgtest.options(force=True))[0]
            bench.raw_call(omgtest.NAME, third, "org.omgd1.Job", "Cancel",
                           GLib.Variant("(a{sv})", ({},)))
            same(wait_until(lambda: bench.job_result(third), 5, "the end")[1].rpartition(".")[2],
                 "Cancelled", "the job given up")
        finally:
            answer.set()
        same(wait_until(lambda: bench.job_result(job), 20, "the mirrors")[:2], (0, ""), "the job")
        same(updates(bench)[0], ("core-a", "1-1", "2-1"), "updates of the mirror")
        said.close()


@test("what was asked for offline is queued, over kill -9 too, and done when the link is back")
def queued_over_kill():
    def queued():
        return bench.properties(omgtest.MANAGER)["QueuedTasks"]

    with HttpFake() as mirror, Mirrored("http://mirror.example.invalid") as bench:
        put(mirror, newer(), TIME + 1000)
        put_extra(mirror)
        bench.drop_in("20-link", "[network]\nmode=offline\n")
        bench.start().wait_loaded()
        same(bench.refresh("sync")[1], "Offline", "the job")
        wait_until(lambda: queued() == 1, 5, "the task")
        bench.stop(signal.SIGKILL)
        bench.start().wait_loaded()
        wait_until(lambda: queued() == 1, 5, "the task after kill -9")
        bench.set_mirrors(mirror)
        # Another interval at the same time makes it wait no longer.
        bench.drop_in("20-link", "[network]\nmode=online\n[sync]\nmirrors=7200\n")
        bench.process.send_signal(signal.SIGHUP)
        wait_until(lambda: queued() == 0, 15, "the task's end")
        expect_updates(bench, "2-1")


@test("mirrors=0, no Sync in Usage and no Server: nobody is asked")
def not_asked():
    with HttpFake() as mirror, Mirrored(mirror) as bench:
        put(mirror, newer(), TIME + 1000)
        put_extra(mirror)
        bench.drop_in("20-never", "[sync]\nmirrors=0\n")
        bench.start().wait_loaded()
        same(bench.refresh(), (0, "", "", []), "the job")
        same(mirror.requests, [], "requests")
        same(os.path.exists(copies(bench)), False, "a folder of copies")
        expect_updates(bench, None)
        bench.stop()
        os.unlink(os.path.join(bench.config, "omgd.conf.d/20-never.conf"))
        with open(bench.conf, encoding="utf-8") as f:
            conf = f.read()
        omgroot.write_file(bench.conf, conf.replace("[core]\n", "[core]\nUsage = Search\n"))
        bench.start().wait_loaded()
        same(bench.refresh(), (0, "", "", []), "the job")
        same([r.path for r in mirror.requests], [DATABASE % ("extra", "extra")], "requests")
        bench.set_mirrors()
        same(bench.refresh(), (0, "", "", []), "without servers")


@test("what is not known to be today's is asked for by itself")
def by_itself():
    with HttpFake() as mirror, Mirrored(mirror) as bench:
        put(mirror, newer(), TIME + 1000)
        put_extra(mirror)
        os.unlink(os.path.join(bench.sync, "core.db"))
        bench.drop_in("20-metered", "[network]\nmetered=yes\n")
        bench.start().wait_loaded()
        # A mirror on this machine costs nothing.
        wait_until(lambda: bench.properties()["UpdatesAvailable"] == 2, 90, "the updates")
        wait_until(lambda: bench.properties()["State"] == "ok", 5, "State")
        same(len(mirror.of(DATABASE % ("core", "core"))), 1, "requests")
        same(bench.call(omgtest.MANAGER, "ListJobs")[0], [], "jobs")


def begin_slow(bench, mirror):
    """A refresh whose database is on its way, and stays there."""
    put(mirror, Reply(newer() * 3000, stall=100000))
    put_extra(mirror)
    bench.start().wait_loaded()
    path = bench.call(omgtest.MANAGER, "Refresh", "asa{sv}", ["sync"], {})[0]
    wait_until(lambda: glob.glob(copies(bench, "staging/.*")), 10, "a file on its way")
    return path


@test("cancelled while it is fetching: nothing is left, and the next one works")
def cancelled():
    with HttpFake() as mirror, Mirrored(mirror) as bench:
        path = begin_slow(bench, mirror)
        same(bench.properties()["State"], "ok", "State meanwhile")
        bench.raw_call(omgtest.NAME, path, "org.omgd1.Job", "Cancel",
                       GLib.Variant("(a{sv})", ({},)))
        status, error, _, _ = wait_until(lambda: bench.job_result(path), 10, "the end")
        same((status, error.rpartition(".")[2]), (2, "Cancelled"), "the job")
        same(os.listdir(copies(bench, "staging")), [], "what is staged")
        same(bench.properties()["State"], "ok", "State afterwards")
        put(mirror, newer(), TIME + 1000)
        same(bench.refresh(), (0, "", "", []), "the next job")
        expect_updates(bench, "2-1")
        bench.check_pacman()


@test("killed while it is fetching: after a restart all is as before, and the next one works")
def killed():
    with HttpFake() as mirror, Mirrored(mirror) as bench:
        begin_slow(bench, mirror)
        bench.process.kill()
        bench.process.wait()
        bench.check_pacman()
        expect_updates_of = pacman_updates(bench, copies(bench))
        same(expect_updates_of, [], "pacman -Qu of the copies")
        put(mirror, newer(), TIME + 1000)
        bench.start().wait_loaded()
        expect_updates(bench, None)
        same(bench.refresh(), (0, "", "", []), "the next job")
        expect_updates(bench, "2-1")
        same(os.listdir(copies(bench, "staging")), [], "what is staged")
        bench.check_pacman()


@test("pacman -Sy brings a newer one: it counts, and mirrors are asked about that one")
def pacman_sync():
    with HttpFake() as mirror, Mirrored(mirror) as bench:
        put(mirror, newer(), TIME + 1000)
        put_extra(mirror)
        bench.start().wait_loaded()
        bench.refresh()
        expect_updates(bench, "2-1")
        said = bench.signals()
        path = os.path.join(bench.sync, "core.db")
        omgroot.write_file(path + ".part", newer("3-1", 1500))
        set_time(path + ".part", TIME + 2000)
        os.rename(path + ".part", path)
        said.wait("UpdatesChanged", 3)
        said.close()
        expect_updates(bench, "3-1")
        same(bench.properties()["State"], "ok", "State")
        put(mirror, newer("3-1", 1500), TIME + 2000)
        same(bench.refresh(), (0, "", "", []), "the job")
        last = mirror.of(DATABASE % ("core", "core"))[-1]
        same((last.headers.get("If-Modified-Since"), last.headers.get("If-None-Match")),
             (http_date(TIME + 2000), None), "what the mirror is asked")
        # The mirror is behind pacman's: what is newer stays.
        put(mirror, Reply(newer(), 200, {"Last-Modified": http_date(TIME + 1000)}))
        _, _, _, errors = bench.refresh()
        expect_errors(errors, "mirrors/core", "UpstreamInvalid", "stale")
        expect_updates(bench, "3-1")


@test("what is known of the mirrors outlives omgd, with its true age")
def age():
    with HttpFake() as mirror, Mirrored(mirror) as bench:
        put(mirror, newer(), TIME + 1000)
        put_extra(mirror)
        bench.start().wait_loaded()
        bench.refresh()
        before = time.time() * 1e6
        put(mirror, Reply(b"no", 500))
        put_extra(mirror)
        _, _, _, errors = bench.refresh()
        expect_errors(errors, "mirrors/core", "Network", "500")
        as_of = bench.properties()["AsOfUSec"]
        same(before - 60e6 < as_of < before, True, "AsOf is as old as what is known of core")
        bench.refresh("status")
        same(bench.properties()["AsOfUSec"], as_of, "AsOf after a look at this machine")
        bench.stop()
        bench.start().wait_loaded()
        got = bench.properties()
        same((got["AsOfUSec"], got["State"]), (as_of, "stale"), "after a restart")
        expect_updates(bench, "2-1")


if __name__ == "__main__":
    omgtest.run_tests()
