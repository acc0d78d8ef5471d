#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The helper takes unchanged installed packages from the layer before: the file it writes must be
the one it would write without, byte for byte, whatever changed."""

import json
import os
import random
import shutil
import subprocess
import time

import omgtest
from omgtest import Bench, omgroot, pacman, same, test

INSTALLED = 120


def synthetic(root):
    omgroot.make_synthetic(root, 600, INSTALLED, 5)


def small(root):
    omgroot.make_synthetic(root, 150, 40, 5)


def index(bench, output, previous=None, kind="local"):
    """Runs the helper. Returns its reply and the file without the time and what depends on it."""
    path = os.path.join(bench.folder, output)
    done = subprocess.run(
        [omgtest.program("OMG_INDEX_HELPER"), kind, "--config", bench.conf, "--output", path]
        + (["--previous", os.path.join(bench.folder, previous)] if previous else []),
        capture_output=True, check=False)
    reply = json.loads(done.stdout)
    if not reply["ok"]:
        return reply, None
    with open(path, "rb") as f:
        data = bytearray(f.read())
    data[24:32] = data[40:48] = bytes(8)
    return reply, bytes(data)


def settle(bench):
    """As if everything was installed an hour ago."""
    for folder in os.listdir(bench.local):
        for name in ("desc", "files"):
            path = os.path.join(bench.local, folder, name)
            if os.path.exists(path):
                os.utime(path, (time.time() - 3600,) * 2)


def compare(bench, what):
    """Updates the layer and reads all anew: the same. Returns how many were taken over."""
    updated, new = index(bench, "new.idx", "old.idx")
    whole, expected = index(bench, "whole.idx")
    same(updated.get("message"), whole.get("message"), "the error after " + what)
    if not updated["ok"]:
        return -1
    same(whole["reused"], 0, "reused without a layer before")
    same(new == expected, True, "the same bytes after %s (%d reused)" % (what, updated["reused"]))
    os.replace(bench.folder + "/new.idx", bench.folder + "/old.idx")
    return updated["reused"]


class System:
    """Changes to an installed system, each the name of what was done."""

    def __init__(self, bench, seed):
        self.bench, self.rng, self.number = bench, random.Random(seed), 0
        with open(bench.sync + "/extra.db", "rb") as f:
            self.offered = omgroot.read_sync_db(f.read())

    def folders(self):
        return sorted(f for f in os.listdir(self.bench.local) if f != "ALPM_DB_VERSION")

    def name(self):
        return self.rng.choice(self.folders()).rsplit("-", 2)[0]

    def remove(self):
        name = self.name()
        pacman(self.bench.root, "-Rdd", "--noconfirm", "--dbonly", name)
        return "the removal of " + name

    def install(self):
        there = {f.rsplit("-", 2)[0] for f in self.folders()}
        package = self.rng.choice([p for p in self.offered if p.name not in there])
        self.number += 1
        local = omgroot.as_installed(package, self.number, self.rng.random() < 0.5)
        local.backup = ["etc/%s.conf" % package.name] if self.rng.random() < 0.5 else []
        local.script = self.rng.random() < 0.5
        omgroot.write_local_package(self.bench.root, local)
        return "the installation of " + package.name

    def upgrade(self):
        folder = self.rng.choice(self.folders())
        self.number += 1
        with open(os.path.join(self.bench.local, folder, "desc"), "rb") as f:
            package = omgroot.parse_desc(f.read())
        shutil.rmtree(os.path.join(self.bench.local, folder))
        local = omgroot.as_installed(package, self.number, True, "99.%d-1" % self.number)
        omgroot.write_local_package(self.bench.root, local)
        return "the upgrade of " + package.name

    def reason(self):
        name, how = self.name(), self.rng.choice(("--asdeps", "--asexplicit"))
        pacman(self.bench.root, "-D", how, name)
        return "pacman -D %s %s" % (how, name)

    def same_version(self):
        name = self.name()
        version = [f for f in self.folders() if f.rsplit("-", 2)[0] == name][0][len(name) + 1:]
        package = os.path.join(self.bench.folder, "p.pkg.tar.zst")
        omgroot.build_package(package, omgroot.Package(
            name, version, DESC="Built anew", ARCH="any", DEPENDS=[self.name()],
            BUILDDATE="1700000000", PACKAGER="P <p@example.org>", ISIZE="1"))
        done = pacman(self.bench.root, "-Udd", "--noconfirm", "--overwrite", "*", package)
        same(done.returncode, 0, "pacman -U: " + done.errors)
        return "another %s of the same version" % name

    def change(self):
        doing = (self.remove, self.install, self.upgrade, self.reason, self.same_version)
        return " and ".join(self.rng.choice(doing)() for _ in range(self.rng.randint(1, 3)))


@test("after any change of installed packages an updated layer is the one made anew")
def random_changes():
    omgtest.need_pacman()
    with Bench(root=synthetic, bus=False) as bench:
        system = System(bench, 1)
        settle(bench)
        index(bench, "old.idx")
        for _ in range(25):
            what = system.change()
            reused = compare(bench, what)
            # Three changes, and those before them, which may not have settled yet.
            if reused < INSTALLED / 2:
                raise AssertionError("only %d packages reused after %s" % (reused, what))
            settle(bench)
            index(bench, "old.idx")


@test("without a change all packages are reused; what was just written is read again")
def nothing_changed():
    with Bench(root=synthetic, bus=False) as bench:
        settle(bench)
        index(bench, "old.idx")
        same(compare(bench, "nothing"), INSTALLED, "reused")
        folder = System(bench, 1).folders()[0]
        os.utime(os.path.join(bench.local, folder, "desc"))
        same(compare(bench, "a touch"), INSTALLED - 1, "reused, one touched")
        same(compare(bench, "nothing since a touch"), INSTALLED - 1, "reused, one just touched")


@test("a forced refresh reads what has not changed, too")
def forced():
    with Bench(root=small) as bench:
        settle(bench)
        bench.start().wait_loaded()
        name = bench.call(omgtest.PACKAGES, "ListInstalled", "a{sv}", omgtest.options())[0][0][0]
        folder = [f for f in os.listdir(bench.local) if f.rsplit("-", 2)[0] == name][0]
        with open(os.path.join(bench.local, folder, "files"), "w", encoding="utf-8") as f:
            f.write("%FILES%\netc/\netc/new.conf\n\n%BACKUP%\netc/new.conf\t0123456789abcdef\n\n")
        backups = []
        for how in ({}, {"force": True}):
            bench.call(omgtest.MANAGER, "Refresh", "asa{sv}", [], omgtest.options(**how))
            omgtest.wait_until(lambda: all(job[2] not in ("queued", "running") for job in
                                           bench.call(omgtest.MANAGER, "ListJobs")[0]), 30, "job")
            installed = bench.details([name])[0][0][1]["installed"]
            backups.append(list(installed.get("backup", [])))
        same(backups[1], ["etc/new.conf"], "backup after a forced refresh")
        same(backups[0] == backups[1], False, "noticed without force (nothing stamps files)")


def spoil_desc(bench, folder, text):
    with open(os.path.join(bench.local, folder, "desc"), "ab") as f:
        f.write(text)


ODD = {
    "an unreadable desc": lambda b, f: os.remove(b.local + "/" + f + "/desc"),
    "an empty desc": lambda b, f: os.truncate(b.local + "/" + f + "/desc", 0),
    # With the desc touched: files alone is not looked at, see omgd-index/local-update.h.
    "no files": lambda b, f: (os.remove(b.local + "/" + f + "/files"), spoil_desc(b, f, b"\n")),
    "another name inside": lambda b, f: spoil_desc(b, f, b"\n%NAME%\nother\n"),
    "another version inside": lambda b, f: spoil_desc(b, f, b"\n%VERSION%\n0-0\n"),
    "an unknown key": lambda b, f: spoil_desc(b, f, b"\n%NEW%\nx\n"),
    "an unknown reason": lambda b, f: spoil_desc(b, f, b"\n%REASON%\n7\n"),
    "bytes that are no text": lambda b, f: spoil_desc(b, f, b"\n%PACKAGER%\n\xff\xfe\n"),
    "a folder of no package": lambda b, f: os.mkdir(b.local + "/nothing"),
    "a folder without desc": lambda b, f: os.mkdir(b.local + "/x-1-1"),
    "a name twice": lambda b, f: shutil.copytree(
        b.local + "/" + f, "%s/%s-99-9" % (b.local, f.rsplit("-", 2)[0])),
    "a name that is no text": lambda b, f: shutil.copytree(
        b.local + "/" + f, b.local + "/" + os.fsdecode(b"\xff-1-1")),
    "a link to a folder": lambda b, f: os.symlink(f, b.local + "/linked-1-1"),
    "a folder that became a link": lambda b, f: (
        os.rename(b.local + "/" + f, b.folder + "/" + f),
        os.symlink(b.folder + "/" + f, b.local + "/" + f)),
    "no version file": lambda b, f: os.remove(b.local + "/ALPM_DB_VERSION"),
    "another version": lambda b, f: omgroot.write_file(b.local + "/ALPM_DB_VERSION", "8\n"),
    "a file beside the folders": lambda b, f: omgroot.write_file(b.local + "/x", "x"),
    "an empty database": lambda b, f: [shutil.rmtree(b.local + "/" + g)
                                       for g in os.listdir(b.local) if g != "ALPM_DB_VERSION"],
}


@test("a local database that is odd is shown, or refused, as without a layer before")
def odd_databases():
    for what, spoil in ODD.items():
        with Bench(root=small, bus=False) as bench:
            settle(bench)
            index(bench, "old.idx")
            folder = System(bench, 3).folders()[20]
            if os.path.exists(os.path.join(bench.local, folder)):
                spoil(bench, folder)
            if compare(bench, what) >= 0:
                # What is odd now is in the layer before now.
                os.utime(os.path.join(bench.local, System(bench, 3).folders()[7], "desc")
                         if System(bench, 3).folders() else bench.local)
                compare(bench, "a change after " + what)
            same([f for f in os.listdir(bench.folder) if f.startswith(".alpm")], [], "left behind")


@test("a layer before of another DBPath, or a damaged one, is not used")
def foreign_layer():
    with Bench(root=synthetic, bus=False) as bench, Bench(root=synthetic, bus=False) as other:
        settle(bench)
        settle(other)
        index(other, "old.idx")
        shutil.copy(other.folder + "/old.idx", bench.folder + "/old.idx")
        same(compare(bench, "another DBPath"), 0, "reused of another DBPath")
        with open(bench.folder + "/old.idx", "r+b") as f:
            f.seek(-20, os.SEEK_END)
            f.write(b"xxxx")
        same(compare(bench, "damage"), 0, "reused of a damaged file")


omgtest.run_tests()
