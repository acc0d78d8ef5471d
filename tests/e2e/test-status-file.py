#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""omg.status, the 32 bytes for shell prompts, beside the real pacman."""

import os
import shutil
import signal
import struct
import time

import omgtest
from omgtest import Bench, pacman, pacman_lines, same, test, wait_until

CONTENT = struct.Struct("<IB3sIIIIQ")
MAGIC = 0x4F4D4753
OTHER_USER = 65534


def path_of(bench):
    return os.path.join(bench.runtime, "omg.status")


def read(bench):
    """(counts, when written), or None where there is no file."""
    try:
        with open(path_of(bench), "rb") as f:
            data = f.read()
    except FileNotFoundError:
        return None
    same(len(data), 32, "length")
    magic, version, zero, *counts, written = CONTENT.unpack(data)
    same((magic, version, zero), (MAGIC, 1, bytes(3)), "head")
    return tuple(counts), written


def truth(bench):
    """What pacman counts. -Qu names ignored updates, which do not come, and no replacements, which
    do: these are ListUpdates's, whose truth is tested elsewhere (test-agreement.py)."""
    root = bench.root
    updates = [line for line in pacman_lines(root, "-Qu") if not line.endswith("[ignored]")]
    rows, _ = bench.list("ListUpdates", ignored=False)
    replaced = [row for row in rows if row[6] & omgtest.UPDATE_REPLACES]
    return (len(pacman_lines(root, "-Q")), len(pacman_lines(root, "-Qe")),
            len(pacman_lines(root, "-Qdtq")), len(updates) + len(replaced))


def wait_file(bench, seconds=10):
    return wait_until(lambda: read(bench), seconds, "the status file")


@test("the counts are those of pacman, in a fresh file for its owner alone, gone after SIGTERM")
def _():
    omgtest.need_pacman()
    with Bench() as bench:
        begun = int(time.time())
        bench.start()
        counts, written = wait_file(bench)
        same(counts, truth(bench), "counts (total, explicit, orphans, updates)")
        if not begun <= written <= time.time():
            raise AssertionError("written at %d, but began at %d" % (written, begun))
        same(os.stat(path_of(bench)).st_mode & 0o7777, 0o600, "mode")
        status = bench.properties()
        same(counts, tuple(status[name] for name in ("TotalPackages", "ExplicitPackages",
                                                     "OrphanPackages", "UpdatesAvailable")),
             "counts on the bus")
        same(bench.stop(), 0, "exit code")
        same(sorted(os.listdir(bench.runtime)), [], "what is left in the runtime directory")


@test("a pacman run shows in the file within two seconds")
def _():
    omgtest.need_pacman()
    with Bench() as bench:
        bench.start()
        before, _ = wait_file(bench)
        name = pacman_lines(bench.root, "-Qqe")[0]
        pacman(bench.root, "-Rdd", "--noconfirm", "--dbonly", name)
        wait_until(lambda: (read(bench) or [before])[0] != before, 2, "the new counts")
        counts, _ = read(bench)
        same(counts, truth(bench), "counts after the removal")
        same(counts[0], before[0] - 1, "packages after the removal")


@test("no file while the local database cannot be read; it comes with the database")
def _():
    with Bench() as bench:
        bench.start()
        wait_file(bench)
        bench.stop()
        shutil.rmtree(bench.data)
        os.rename(bench.local, bench.local + ".away")
        # What an earlier omgd left must not stand for what this one does not know.
        with open(path_of(bench), "wb") as f:
            f.write(CONTENT.pack(MAGIC, 1, bytes(3), 1, 2, 3, 4, int(time.time())))
        bench.start()
        wait_until(lambda: bench.properties()["State"] != "never", 10, "the first look")
        same(read(bench), None, "the file without a local database")
        os.rename(bench.local + ".away", bench.local)
        wait_file(bench)


def foreign_case(bench, make, look):
    """Something foreign at the path is as it was after a life of omgd, and was said once."""
    make(path_of(bench))
    before = look(path_of(bench))
    bench.start()
    bench.wait_loaded()
    bench.process.send_signal(signal.SIGHUP)
    time.sleep(0.5)
    same(look(path_of(bench)), before, "while omgd runs")
    same(bench.stop(), 0, "exit code")
    same(look(path_of(bench)), before, "after omgd")
    same(bench.log().count("No status file for shell prompts"), 1, "lines in the log")


@test("a symbolic link at the path is neither followed nor replaced")
def _():
    with Bench() as bench:
        target = os.path.join(bench.folder, "target")
        with open(target, "w", encoding="utf-8") as f:
            f.write("mine")

        def look(path):
            with open(target, encoding="utf-8") as f:
                return os.readlink(path), f.read(), os.stat(target).st_mtime_ns
        foreign_case(bench, lambda path: os.symlink(target, path), look)


@test("another user's file at the path stays as it is")
def _():
    if os.geteuid() != 0:
        raise omgtest.Skip("only root can make another user's file")
    with Bench() as bench:
        def make(path):
            with open(path, "w", encoding="utf-8") as f:
                f.write("theirs")
            os.chown(path, OTHER_USER, OTHER_USER)

        def look(path):
            with open(path, encoding="utf-8") as f:
                return f.read(), os.stat(path).st_mtime_ns, os.stat(path).st_ino
        foreign_case(bench, make, look)


@test("kill -9 leaves the file, and the next omgd does not let it stand")
def _():
    with Bench() as bench:
        bench.start()
        counts, _ = wait_file(bench)
        bench.stop(signal.SIGKILL)
        same(read(bench)[0], counts, "counts after kill -9")
        stale = CONTENT.pack(MAGIC, 1, bytes(3), 1, 2, 3, 4, 5)
        with open(path_of(bench), "wb") as f:
            f.write(stale)
        bench.start().wait_loaded()
        wait_until(lambda: (read(bench) or [None])[0] == counts, 5, "the true counts again")


@test("idle, it is written anew well within the minute that readers allow")
def _():
    with Bench() as bench:
        bench.start()
        _, first = wait_file(bench)
        # The first refreshes may still write; the last of them counts.
        time.sleep(2)
        _, first = read(bench)
        began = time.time()
        written = wait_until(lambda: read(bench)[1] != first and read(bench)[1], 50,
                             "the second stamp")
        if not 40 <= written - first <= 50:
            raise AssertionError("written again after %d s" % (written - first))
        if time.time() - written > 5:
            raise AssertionError("written with a time %d s ago (waited since %d)" %
                                 (time.time() - written, began))


if __name__ == "__main__":
    omgtest.run_tests()
