#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""omgd's own sync databases: which copy counts, that the real pacman agrees on it, and that
pacman's files and its lock stay as they are."""

import json
import os
import re
import shutil
import subprocess

import omgtest
from omgtest import Bench, omgroot, same, test, wait_until

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
            same(os.path.exists(copies(bench, "sync/core.db")), False, "the bad copy is there")
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


if __name__ == "__main__":
    omgtest.run_tests()
