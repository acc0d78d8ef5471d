#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who maintains what is installed from the AUR: an adoption, an orphaning or another maintainer is
marked, said and logged, once, whatever happens to omgd in between; and nothing else is.

usage: test-maintainers.py DRIVE_AUR [WORD...]"""
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import omgtest
from httpfake import AUR_ARCHIVE, HttpFake, Reply
from omgtest import MANAGER, PACKAGES, Bench, omgroot, options, same, test, wait_until

DRIVE = sys.argv.pop(1)
AUDIT = "org.omgd1.Audit"
EVENT = "aur_maintainer_changed"
TIME = 1700000000
HOUR = 3600
CHANGED, NO_MAINTAINER, REFUSED = 1024, 512, 256
UPDATE_CHANGED, UPDATE_REFUSED = 64, 32
YAY = omgroot.Package("yay", "12-1", LICENSE=["GPL3"])
OTHERS = ["other-%d" % n for n in range(5)]


def write_root(root):
    core = [omgroot.Package("bash", "5.2-1", LICENSE=["GPL-3.0-or-later"])]
    omgroot.write_root(root, [("core", core)],
                       [omgroot.as_installed(core[0], 0, True),
                        omgroot.as_installed(YAY, 1, True, VALIDATION=["none"])])
    omgroot.write_configuration(root, ["core"])


def record(name, maintainer, others=(), version="12-1"):
    return {"ID": 1, "Name": name, "PackageBaseID": 1, "PackageBase": name, "Version": version,
            "Description": "a package of the aur", "URL": "https://example.org", "NumVotes": 3,
            "Popularity": 0.5, "OutOfDate": None, "Maintainer": maintainer,
            "CoMaintainers": list(others), "Submitter": "somebody", "FirstSubmitted": TIME,
            "LastModified": TIME, "License": ["GPL3"],
            "URLPath": "/cgit/aur.git/snapshot/%s.tar.gz" % name}


class Watching(Bench):
    """An omgd that watches yay in the AUR."""

    def __init__(self, fake):
        super().__init__(root=write_root)
        self.fake = fake
        self.number = 0
        self.drop_in("20-aur", "[sync]\naur=%d\n[aur]\nurl=%s\n" % (HOUR, fake.url()))

    def serve(self, maintainer, others=(), version="12-1", without=False):
        """What the AUR says from now on."""
        self.number += 1
        yay = [] if without else [record("yay", maintainer, others, version)]
        self.fake.aur_archive(yay + [record(name, "other") for name in OTHERS],
                              modified=TIME + self.number)

    def policy(self, text):
        with open(os.path.join(self.config, "policy.toml"), "w", encoding="utf-8") as f:
            f.write(text)

    def age(self):
        """As if an hour had gone by. While omgd does not run."""
        subprocess.run([DRIVE, "--only-age", "--later=%d" % HOUR, self.fake.url(), self.folder],
                       check=True, timeout=60)

    def begin(self):
        return self.call(MANAGER, "Refresh", "asa{sv}", ["aur"], options())[0]

    def refresh(self):
        """The name of the error of a job, at its end; "": none."""
        path = self.begin()
        return wait_until(lambda: self.job_result(path), 60,
                          "the end of the job")[1].rpartition(".")[2]

    def restart(self):
        """An hour later, before anybody has asked the AUR again."""
        if self.process:
            self.stop()
            self.age()
        return self.start().wait_loaded()

    def look(self, *serve, **how):
        """The AUR says that, an hour later; (flag of the package, of the update)."""
        self.serve(*serve, **how)
        self.restart()
        same(self.refresh(), "", "the job")
        return self.flags()

    def flags(self):
        """Whether yay and its update are said to have another maintainer."""
        row, = [row for row in self.list("ListForeign")[0] if row[0] == "yay"]
        updates = [row[6] for row in self.list("ListUpdates")[0] if row[0] == "yay"]
        self.row_flags, self.update_flags = row[5], updates[0] if updates else None
        return bool(row[5] & CHANGED), bool(updates and updates[0] & UPDATE_CHANGED)

    def logged(self, *keys):
        """(change, before, after) of all records, the oldest first; or what else they have."""
        rows = self.call(AUDIT, "ListLog", "a{sv}", options(events=[EVENT], limit=1000))[0]
        same({row[5] for row in rows} <= {"yay"}, True, "who is logged")
        return [tuple(json.loads(row[7]["metadata"]).get(key, "")
                      for key in keys or ("change", "old", "new")) for row in reversed(rows)]


@test("another maintainer: flags, one signal, one record, over restarts, until it is built anew")
def changed():
    with HttpFake() as fake, Watching(fake) as bench:
        same(bench.look("jguer"), (False, False), "first sight")
        bench.serve("eve", version="13-1")
        bench.restart()
        said = bench.signals()
        same(bench.refresh(), "", "the job")
        generation, changes, truncated = said.wait("AurMaintainersChanged")
        same([c[:4] for c in changes], [("yay", "changed", "jguer", "eve")], "the signal")
        same((changes[0][4]["flagged"], changes[0][4]["last-modified"], truncated),
             (True, TIME, False), "its rest")
        same(bench.list("ListForeign")[1]["generation"], generation, "the generation")
        same(bench.flags(), (True, True), "flags")
        same(bench.logged(), [("changed", "jguer", "eve")], "the log")
        said.wait("LogAppended")
        same(bench.refresh(), "", "the same once more")
        said.pump(0.2)
        same(len(said.of("AurMaintainersChanged")), 1, "signals")
        said.close()
        bench.restart()
        same(bench.flags(), (True, True), "after a restart")
        bench.stop(signal.SIGKILL)
        bench.start().wait_loaded()
        same(bench.flags(), (True, True), "after a kill")
        # It is built anew, by eve's PKGBUILD.
        shutil.rmtree(omgroot.local_folder(bench.root, YAY))
        omgroot.write_local_package(bench.root, omgroot.as_installed(YAY, 2, True, "13-1",
                                                                     VALIDATION=["none"]))
        wait_until(lambda: bench.flags() == (False, False), 10, "no flags")
        bench.restart()
        same((bench.flags(), bench.logged()), ((False, False), [("changed", "jguer", "eve")]),
             "after another restart")


@test("orphaned, adopted, the former maintainer back; co-maintainers; vanished and back")
def others():
    with HttpFake() as fake, Watching(fake) as bench:
        same(bench.look("jguer", ["bob"]), (False, False), "first sight")
        same(bench.look(None, ["bob"]), (True, False), "orphaned")
        same(bool(bench.row_flags & NO_MAINTAINER), True, "nobody maintains it")
        same(bench.look("eve"), (True, False), "adopted")
        same(bench.look("jguer"), (False, False), "as it was")
        same(bench.look("jguer", ["bob", "alice"]), (False, False), "co-maintainers")
        same(bench.logged("co-maintainers-before", "co-maintainers")[-1],
             ("", ["alice", "bob"]), "who they are")
        same(bench.look(None, without=True), (False, False), "vanished")
        same(bench.look("eve"), (True, False), "back under another one")
        same(bench.logged(),
             [("orphaned", "jguer", ""), ("adopted", "", "eve"), ("changed", "eve", "jguer"),
              ("co-maintainers", "jguer", "jguer"), ("vanished", "jguer", ""),
              ("reappeared", "jguer", "eve")], "the log")


@test("a failing AUR, none, a cut archive and a lost cache raise no alarm and hide none")
def failing():
    with HttpFake() as fake, Watching(fake) as bench:
        same(bench.look("jguer"), (False, False), "first sight")
        for reply, name in ((Reply(b"", 502), "Network"), (Reply(b"<html>"), "UpstreamInvalid"),
                            (Reply(hang_up=True), "Network")):
            fake.answer(AUR_ARCHIVE, reply)
            bench.restart()
            same((bench.refresh(), bench.flags(), bench.logged()), (name, (False, False), []), name)
        # Most of it is missing.
        fake.aur_archive([record(OTHERS[0], "other")], modified=TIME + 50)
        bench.number = 50
        bench.restart()
        bench.refresh()
        same((bench.flags(), bench.logged()), ((False, False), []), "a cut archive")
        same(bench.look("eve"), (True, False), "another maintainer")
        fake.answer(AUR_ARCHIVE, Reply(b"", 502))
        bench.restart()
        same((bench.refresh(), bench.flags()), ("Network", (True, False)), "it fails again")
        bench.stop()
        shutil.rmtree(os.path.join(bench.folder, "cache/aur"))
        bench.start().wait_loaded()
        same(bench.flags(), (True, False), "without the archive")
        bench.stop()
        for name in ("cache.db", "cache.db-wal"):
            if os.path.exists(os.path.join(bench.data, name)):
                os.unlink(os.path.join(bench.data, name))
        bench.start().wait_loaded()
        same(bench.flags(), (False, False), "without cache.db the watch begins anew")
        same(bench.logged(), [("changed", "jguer", "eve")], "the log")


@test("what is hostile in a record costs that record at most")
def hostile():
    with HttpFake() as fake, Watching(fake) as bench:
        same(bench.look("jguer"), (False, False), "first sight")
        # The reader of the archive leaves such a record out.
        for name in ("e\x1b[31mve", "e\0ve", "x" * 100000, ["eve"], {"a": 1}):
            same(bench.look(name), (False, False), "%.99r" % (name,))
            same(bench.logged(), [("vanished", "jguer", "")], "%.99r" % (name,))
        same(bench.look("jguer"), (False, False), "as it was")
        # A long name is one all the same.
        same(bench.look("e" * 1000), (True, False), "a long one")
        same(bench.logged()[-1], ("changed", "jguer", "e" * 1000), "the log")


@test("killed at any instant, each change is in the log once")
def killed():
    seed = random.randrange(1 << 30)
    choose = random.Random(seed)
    sys.stdout.write("# seed %d\n" % seed)
    with HttpFake() as fake, Watching(fake) as bench:
        same(bench.look("m0"), (False, False), "first sight")
        for number in range(1, 7):
            bench.serve("m%d" % number)
            bench.restart()
            bench.begin()
            time.sleep(choose.random() * 0.3)
            bench.stop(signal.SIGKILL)
            bench.age()
            bench.start().wait_loaded()
            same(bench.refresh(), "", "the job")
            same(bench.logged(), [("changed", "m%d" % (n - 1), "m%d" % n)
                                  for n in range(1, number + 1)], "the log")
            same(bench.flags(), (True, False), "flags")


@test("allow_maintainer_change = false refuses the package and its update, but for trusted users")
def refused():
    with HttpFake() as fake, Watching(fake) as bench:
        bench.policy("allow_maintainer_change = false\n")
        same(bench.look("jguer"), (False, False), "first sight")
        same(bool(bench.row_flags & REFUSED), False, "not refused")
        bench.serve("eve", version="13-1")
        bench.restart()
        said = bench.signals()
        same(bench.refresh(), "", "the job")
        same(said.wait("PolicyViolation"), ("yay", ["maintainer"]), "the signal")
        said.close()
        bench.flags()
        same((bool(bench.row_flags & REFUSED), bool(bench.update_flags & UPDATE_REFUSED)),
             (True, True), "refused")
        verdict, = bench.call(AUDIT, "EvaluatePolicy", "asa{sv}", ["yay"], {})[0]
        same((verdict[1], verdict[3]), (False, ["maintainer"]), "the verdict")
        rows = bench.call(AUDIT, "ListLog", "a{sv}", options(events=["policy_violation"]))[0]
        same(len(rows), 1, "violations in the log")
        bench.policy("allow_maintainer_change = false\ntrusted_maintainers = ['eve']\n")
        bench.call(AUDIT, "ReloadPolicy")
        bench.flags()
        same((bool(bench.row_flags & REFUSED), bool(bench.update_flags & UPDATE_REFUSED)),
             (False, False), "trusted")


@test("omgctl shows what is marked, and the record")
def shown():
    with HttpFake() as fake, Watching(fake) as bench:
        bench.look("jguer")
        same(bench.look("eve", version="13-1"), (True, True), "flags")

        def omgctl(*arguments):
            return subprocess.run([omgtest.program("OMGCTL"), *arguments], timeout=30,
                                  env=bench.environment(), stdin=subprocess.DEVNULL,
                                  capture_output=True, check=True).stdout.decode()

        for arguments in (["updates"], ["list", "--foreign"], ["search", "yay"]):
            same("maintainer-changed" in omgctl("--json", *arguments), True, arguments[0])
            same("[maintainer changed]" in omgctl(*arguments), True, "omgctl " + arguments[0])
        details, = bench.call(PACKAGES, "GetAurDetails", "asa{sv}", ["yay"], {})[0]
        same((details[1]["maintainer"], details[1]["maintainer-before"]), ("eve", "jguer"),
             "GetAurDetails")
        text = omgctl("info", "yay")
        same("jguer" in text and "eve" in text, True, text)
        text = omgctl("log", "--event", EVENT)
        same("yay went from maintainer jguer to eve" in text, True, text)
        same(omgctl("log", "--severity", "warning").count(EVENT), 1, "by its severity")


if __name__ == "__main__":
    omgtest.run_tests()
